#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"
#include "pkg/rpm/rpm_package_manager.hpp"

namespace tykup::pkg::rpm {

/// How dnf's configuration wants a repository's bytes fetched. Secrets are in it: never for a message.
struct Transport {
  std::string proxy = {};
  std::string proxy_user = {};  ///< "NAME:PASSWORD"
  std::string proxy_method = "any";
  std::string user = {};  ///< "NAME:PASSWORD" for the server
  std::string ca_file = {};
  std::string client_certificate = {};
  std::string client_key = {};
  std::string proxy_ca_file = {};
  std::string proxy_client_certificate = {};
  std::string proxy_client_key = {};
  std::string ip_resolve = {};  ///< "ipv4", "ipv6", empty: either
  std::string user_agent = {};
  bool stapled_status = false;       ///< `sslverifystatus`
  std::uint32_t timeout_seconds = 30;
  std::uint32_t least_rate = 1000;  ///< bytes a second; slower for `timeout_seconds` ends a transfer
  std::uint64_t most_rate = 0;      ///< bytes a second; 0: no limit
};

/// A section of a .repo file, variables put in, with what it inherits from dnf.conf.
struct RepositoryEntry {
  std::string id;
  std::string file;
  std::vector<std::string> urls = {};
  std::string mirrors = {};   ///< URL of a mirror list
  std::string metalink = {};
  bool enabled = true;
  bool gpgcheck = false;
  bool repo_gpgcheck = false;
  bool sslverify = true;
  bool proxy_sslverify = true;
  std::vector<std::string> keys = {};  ///< `gpgkey` as it stands: URLs and files
  std::vector<std::string> excludes = {};
  std::vector<std::string> includes = {};
  Transport transport = {};
  std::string trouble = {};  ///< a value that dnf does not understand, in words
  /// Where a check was switched off: the entry's own file, or dnf.conf that it inherits from.
  std::string where_gpgcheck = {};
  std::string where_repo_gpgcheck = {};
  std::string where_sslverify = {};
  std::string where_proxy_sslverify = {};
};

/// What dnf would do on this root: dnf.conf, variables, .repo files. Plugins are not asked.
struct Configuration {
  std::string file;  ///< dnf.conf
  std::string release;
  std::string base_arch;
  std::string arch;
  std::vector<std::string> excludes = {};
  std::vector<std::string> includes = {};
  std::vector<std::string> insecure = {};  ///< options of dnf.conf that switch checks off for everything: "tsflags=nocrypto"
  Transport transport = {};                ///< for what belongs to no repository
  std::vector<RepositoryEntry> repositories = {};  ///< enabled ones and others; of two with one id the first, as dnf has it
};

/// BadConfig, with file and place, where dnf.conf or a .repo file cannot be read: dnf itself would stop there.
Result<Configuration> read_configuration(RpmPaths const& paths);

/// RepositoryUnsigned, naming the options, if there are any that switch checks off for everything.
Result<void> refuse_insecure_options(Configuration const& configuration);

}  // namespace tykup::pkg::rpm
