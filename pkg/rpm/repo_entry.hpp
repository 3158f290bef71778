#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/result.hpp"

namespace tykup::pkg::rpm {

/// One repository as a .repo file has it.
struct RepoEntry {
  std::string repository;  ///< "tyk-gateway"
  std::string url;         ///< BASE/REPO/el/9
  std::vector<std::string> key_files;
  bool metadata_signature = true;
};
/// The file's text: one section, `tykup-REPOSITORY`. Packages are checked always, the metadata unless that was waived.
std::string repo_text(RepoEntry const& entry);

/// The text of a .repo file with every section below that URL turned into comments; nothing: no section is left.
/// NotAllowed where no section is, or one has other URLs besides.
Result<std::optional<std::string>> without_section(std::string const& file, std::string const& text, std::string const& url_prefix);

}  // namespace tykup::pkg::rpm
