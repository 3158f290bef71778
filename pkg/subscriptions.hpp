#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"

namespace tykup::pkg {

/// A key that a subscription is to trust, and where its publisher keeps it.
struct KeyNeed {
  enum class Role { Repository, Package } role = Role::Repository;
  std::string url;
};

/// A key that the operator confirmed by its fingerprint.
struct ConfirmedKey {
  std::string file;  ///< holds it alone, binary or armor
  std::string fingerprint;
};

/// What is to be subscribed.
struct Draft {
  std::string repository;  ///< "tyk-gateway"
  std::string url;         ///< BASE/REPO
  std::map<std::string, std::string> os_release;
  std::vector<ConfirmedKey> keys;
  bool metadata_signature = true;  ///< false: waived by the operator
};

struct NewFile {
  std::string path;
  std::string contents;
};

/// The files of a subscription, and what the operator should know of it.
struct Entry {
  std::vector<NewFile> files;
  std::vector<std::string> notes = {};
};

/// How a package manager's sources are written. Nothing here writes: the caller does, and takes it back.
class Subscriptions {
 public:
  virtual ~Subscriptions() = default;

  /// The file that bears our entry for a repository.
  virtual std::string entry_file(std::string const& repository) const = 0;

  /// The keys to confirm. NotAllowed where the signature of the metadata cannot be waived.
  virtual Result<std::vector<KeyNeed>> keys(std::string const& url, bool metadata_signature) const = 0;

  /// Every entry for sources below that URL, with what is wrong with it; a waived check is a weakness, no problem.
  virtual Result<std::vector<Subscription>> entries(std::string const& url_prefix, bool metadata_signature) = 0;

  /// Fetches a URL into a file by the package manager's own means: certificates are verified, the proxy is its own.
  virtual Result<void> fetch(std::string const& url, std::string const& file) = 0;

  /// What is left of a file without its entries for that URL; nothing: the file goes. NotAllowed where they cannot be
  /// taken out without others.
  virtual Result<std::optional<std::string>> without(std::string const& file, std::string const& text,
                                                     std::string const& url_prefix) const = 0;

  /// NotAllowed for a host that the publisher has no packages for.
  virtual Result<Entry> write(Draft const& draft) = 0;

  /// Can the package manager still read all of its sources? Its own words if not.
  virtual Result<void> check() = 0;
};

/// Those of this host: a program is linked with one backend, apt's or rpm's.
std::unique_ptr<Subscriptions> host_subscriptions();

}  // namespace tykup::pkg
