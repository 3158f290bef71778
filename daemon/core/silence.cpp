#include "daemon/core/silence.hpp"

#include <variant>

namespace tykup {
namespace {

struct ComponentOf {
  std::string operator()(job::Download const& o) const { return " of " + o.component; }
  template <typename Operation>
  std::string operator()(Operation const& operation) const {
    if constexpr (requires { operation.step; }) return " of " + operation.step.component;
    return {};
  }
};

std::string described(job::Operation const& operation) {
  return std::string(job::name_of(operation)) + std::visit(ComponentOf{}, operation);
}

}  // namespace

Silence::Silence(job::Operation const& operation, Duration patience, Duration now)
    : what_(described(operation)), patience_(patience), wait_(patience), since_(now) {}

void Silence::broken(job::Progress const& progress, Duration now) {
  bool const same = progress.phase == last_.phase && progress.percent == last_.percent && progress.message == last_.message;
  if (same) return;
  last_ = progress;
  since_ = now;
  wait_ = patience_;
}

std::string Silence::text(Duration now) const {
  auto const place = last_.phase.empty() ? std::string("at work without a word") : "at " + last_.phase;
  return what_ + " has been " + place + " for " + to_human(std::chrono::floor<std::chrono::seconds>(now - since_)) +
         "; nothing is killed; `systemctl status 'tykup-executor@*'` shows its processes";
}

std::string Silence::report(Duration now) {
  wait_ *= 2;
  return text(now) + ".";
}

}  // namespace tykup
