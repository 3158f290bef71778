#include "daemon/net/etcd_endpoints.hpp"

#include <algorithm>

#include "daemon/core/words.hpp"

namespace tykup::net {

namespace {

tl::unexpected<Error> refuse(std::string const& url, std::string const& why) {
  return fail(ErrorKind::BadConfig, quoted(url) + " is no endpoint of etcd: " + why);
}

}  // namespace

Result<std::vector<Target>> parse_etcd_endpoints(std::vector<std::string> const& urls) {
  if (urls.empty()) return fail(ErrorKind::BadConfig, "no endpoint of etcd is named");
  std::vector<Target> targets;
  for (auto const& url : urls) {
    auto target = parse_url(url);
    if (!target) return refuse(url, "write it like https://etcd-1.internal:2379");
    if (target->path != "/") return refuse(url, "nothing may follow its port");
    bool const has_port = target->authority.ends_with(":" + target->port);
    if (!has_port) return refuse(url, "it names no port, for instance 2379");
    if (!targets.empty() && targets.front().tls != target->tls) return refuse(url, "either all are https:// or none is");
    auto const same = [&target](Target const& other) { return other.authority == target->authority; };
    if (std::ranges::any_of(targets, same)) return refuse(url, "it is named twice");
    targets.push_back(std::move(*target));
  }
  return targets;
}

EtcdEndpoints::EtcdEndpoints(std::vector<Target> targets, Rest rest, double chance) : rest_(rest) {
  preferred_ = static_cast<std::size_t>(chance * static_cast<double>(targets.size()));
  for (auto& target : targets) all_.push_back({std::move(target)});
}

std::string EtcdEndpoints::name(std::size_t at) const {
  return (all_[at].target.tls ? "https://" : "http://") + all_[at].target.authority;
}

std::optional<std::size_t> EtcdEndpoints::next(std::vector<bool> const& tried, Steady::time_point now) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto const at = (preferred_ + i) % all_.size();
    if (!tried[at] && all_[at].rests_until <= now) return at;
  }
  return std::nullopt;
}

void EtcdEndpoints::answered(std::size_t at) {
  preferred_ = at;
  all_[at].failures = 0;
  all_[at].rests_until = {};
  all_[at].trouble.clear();
}

void EtcdEndpoints::failed(std::size_t at, std::string why, Steady::time_point now, double chance) {
  auto& endpoint = all_[at];
  auto const doubled = rest_.first * (1 << std::min(endpoint.failures, 16));
  auto const rest = std::chrono::duration<double>(std::min(doubled, rest_.longest)) * (0.5 + chance / 2);
  endpoint.rests_until = now + std::chrono::duration_cast<Steady::duration>(rest);
  endpoint.trouble = std::move(why);
  ++endpoint.failures;
}

std::string EtcdEndpoints::troubles() const {
  std::vector<std::string> all;
  for (auto const& endpoint : all_) {
    if (!endpoint.trouble.empty()) all.push_back(endpoint.trouble);
  }
  return join(all, "; ");
}

}  // namespace tykup::net
