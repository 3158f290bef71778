#include "daemon/net/etcd_options.hpp"

#include <memory>
#include <random>

namespace tykup::net {

Result<EtcdOptions> etcd_options(fleet::Settings const& settings) {
  auto endpoints = parse_etcd_endpoints(settings.endpoints);
  if (!endpoints) return fail(endpoints.error());
  EtcdOptions options;
  options.endpoints = std::move(*endpoints);
  options.trust.ca_file = settings.ca_file;
  options.trust.cert_file = settings.cert_file;
  options.trust.key_file = settings.key_file;
  options.user = settings.user;
  options.password_file = settings.password_file;
  auto dice = std::make_shared<std::mt19937_64>(std::random_device{}());
  options.chance = [dice] { return std::uniform_real_distribution<>{}(*dice); };
  options.now = [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); };
  return options;
}

}  // namespace tykup::net
