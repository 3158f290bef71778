#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/core/config.hpp"
#include "pkg/executor/paths.hpp"
#include "pkg/subscriptions.hpp"

namespace tykup::executor {

/// What the operator asked for.
struct SubscribeRequest {
  std::vector<std::string> components = {};  ///< empty: all that come from Tyk's repositories
  std::string key = {};                      ///< of the repository: a file or a URL; empty: where the publisher keeps it
  std::string fingerprint = {};              ///< empty: asked
  std::string package_key = {};
  std::string package_fingerprint = {};
  bool replace = false;
  bool metadata_signature = true;
};

/// Who is told and asked. `ask` answers nothing where nobody can be asked.
struct Operator {
  std::ostream& out;
  std::function<std::optional<std::string>(std::string const& question)> ask;
};

/// What a component's packages come from now.
struct Subscribed {
  std::string component;
  std::string url;
  std::string file;                       ///< the source entry's
  bool reused = false;                    ///< the entry was there as it should be
  std::vector<std::string> fingerprints;  ///< of the confirmed keys
  bool metadata_signature = true;
};

/// Subscribes each component: its keys are fetched, shown and confirmed, then key and entry are written; an entry for
/// the same repository is reused or, if so asked, replaced. Nothing is written of a component that fails; where the
/// package manager cannot read its sources afterwards, all of it is taken back.
Result<std::vector<Subscribed>> subscribe(pkg::Subscriptions& sources, Paths const& paths, Config const& config,
                                          SubscribeRequest const& request, Operator const& person);

}  // namespace tykup::executor
