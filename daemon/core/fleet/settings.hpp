#pragma once

#include <string>
#include <vector>

/// What one host's configuration says of its fleet; everything that concerns the whole fleet is the policy record.
namespace tykup::fleet {

struct Settings {
  std::vector<std::string> endpoints = {};  ///< of etcd, "https://etcd-1:2379"; empty: no fleet, nothing is contacted
  std::string cluster = {};                 ///< the fleet's name, a part of every key
  std::string datacenter = {};
  std::string group = {};                   ///< for canary and blue-green; may be empty
  std::string host = {};                    ///< the name of this host in the fleet; empty: the host's own
  std::string ca_file = {};                 ///< trusted instead of the host's own store; empty: that one
  std::string cert_file = {};               ///< shown to an etcd that asks for a client's certificate
  std::string key_file = {};
  std::string user = {};                    ///< of etcd; empty: etcd asks for none
  std::string password_file = {};           ///< its first line

  [[nodiscard]] bool exists() const { return !endpoints.empty(); }
  friend bool operator==(Settings const&, Settings const&) = default;
};

/// Why that is no name of a cluster, data centre, group or host: a-z, 0-9, "-" and ".", beginning and ending with a letter or
/// digit, at most 253 characters. Empty: it is one.
[[nodiscard]] std::string name_problem(std::string_view name);

}  // namespace tykup::fleet
