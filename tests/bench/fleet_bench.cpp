// fleet_bench HOSTS STEP-SECONDS BCRYPT-COST: one rollout of a fleet on a real etcd, its figures as a line of JSON. tests/bench/fleet runs it.

#include <sys/resource.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/bench/fleet_parts/scene.hpp"

namespace tykup::bench {
namespace {

unsigned number_of(std::string_view text) {
  unsigned number = 0;
  auto const [end, problem] = std::from_chars(text.begin(), text.end(), number);
  if (problem != std::errc{} || end != text.end() || number == 0) throw std::runtime_error("that is no number: " + std::string(text));
  return number;
}

/// Each host has some connections and timers, and etcd the other ends of them.
void open_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

nlohmann::json json_of(Counters const& counters) { return {{"calls", counters.calls}, {"events", counters.events}}; }

int run(unsigned hosts, unsigned step, std::string bcrypt_cost) {
  open_many_files();
  Trial trial;
  trial.hosts = hosts;
  trial.step = std::chrono::seconds{step};
  trial.bcrypt_cost = std::move(bcrypt_cost);
  Scene scene(trial);
  auto const figures = scene.live();
  nlohmann::json const told{{"hosts", figures.hosts},
                            {"centres", figures.centres},
                            {"steps", figures.steps},
                            {"joining", json_of(figures.joining)},
                            {"rollout", json_of(figures.rollout)},
                            {"operator", figures.of_operator},
                            {"utilisation", figures.utilisation},
                            {"kept_the_limits", figures.kept_the_limits},
                            {"seconds", figures.seconds},
                            {"troubles", figures.troubles}};
  std::cout << told.dump() << '\n';
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tykup::bench

int main(int count, char** words) {
  try {
    if (count != 4) throw std::runtime_error("usage: fleet_bench HOSTS STEP-SECONDS BCRYPT-COST");
    return tykup::bench::run(tykup::bench::number_of(words[1]), tykup::bench::number_of(words[2]), words[3]);
  } catch (std::exception const& problem) {
    std::cerr << "fleet_bench: " << problem.what() << '\n';
    return EXIT_FAILURE;
  }
}
