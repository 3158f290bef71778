#include "tests/bench/fleet_parts/counters.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <sstream>
#include <stdexcept>

#include "daemon/net/http_get.hpp"
#include "tests/fakes/await_on.hpp"

namespace tykup::bench {
namespace {

constexpr std::string_view kCalls = "grpc_server_started_total{";
constexpr std::string_view kMethod = "grpc_method=\"";
constexpr std::string_view kEvents = "etcd_debugging_mvcc_events_total ";

double value_of(std::string const& line) { return std::stod(line.substr(line.rfind(' ') + 1)); }

std::string method_of(std::string const& line) {
  auto const from = line.find(kMethod) + kMethod.size();
  return line.substr(from, line.find('"', from) - from);
}

}  // namespace

double Counters::all_calls() const {
  double all = 0;
  for (auto const& [method, number] : calls) all += number;
  return all;
}

Counters parse_counters(std::string const& page) {
  Counters counters;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kCalls)) counters.calls[method_of(line)] += value_of(line);
    if (line.starts_with(kEvents)) counters.events = value_of(line);
  }
  return counters;
}

Counters operator-(Counters const& later, Counters const& earlier) {
  auto between = later;
  between.events -= earlier.events;
  for (auto const& [method, number] : earlier.calls) between.calls[method] -= number;
  return between;
}

Counters read_counters(std::string const& url) {
  boost::asio::io_context loop;
  auto target = net::parse_url(url + "/metrics");
  auto const reply = fakes::await_on(loop, net::http_get(std::move(*target), net::ServerProof::NotAsked, std::chrono::seconds{20}));
  if (reply.status != 200) throw std::runtime_error("etcd does not show its counters: " + reply.problem);
  return parse_counters(reply.body);
}

}  // namespace tykup::bench
