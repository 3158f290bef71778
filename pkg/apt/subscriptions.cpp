#include "pkg/apt/subscriptions.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/error.h>
#include <apt-pkg/hashes.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>

#include <filesystem>

#include "pkg/apt/errors.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/sources.hpp"

namespace tykup::pkg::apt {
namespace {

namespace fs = std::filesystem;

Result<void> read_list(AptPaths const& paths, pkgSourceList& list) {
  if (auto opened = open_library(paths); !opened) return opened;
  if (list.ReadMainList() && !_error->PendingError()) return {};
  return fail(library_error(ErrorKind::Internal, "apt's list of sources cannot be read"));
}

std::string folder_of(std::string const& file) { return fs::path(file).parent_path().string(); }

}  // namespace

Result<void> check_source_lists(AptPaths const& paths) {
  pkgSourceList list;
  return read_list(paths, list);
}

Result<std::vector<Subscription>> existing_entries(AptPaths const& paths, std::string const& url_prefix) {
  pkgSourceList list;
  if (auto read = read_list(paths, list); !read) return fail(read.error());
  Scope scope;
  scope.url_prefix = url_prefix;
  std::vector<Subscription> out;
  for (auto const* source : sources_of(list, scope)) out.push_back(subscription_of(*source));
  return out;
}

Result<void> fetch_file(AptPaths const& paths, std::string const& url, std::string const& file) {
  if (auto opened = open_library(paths); !opened) return opened;
  pkgAcquire fetcher;
  auto* const item = new pkgAcqFile(&fetcher, url, HashStringList(), 0, url, url, folder_of(file), file);
  bool const ran = fetcher.Run() != pkgAcquire::Failed;
  if (ran && item->Status == pkgAcquire::Item::StatDone && fs::exists(file)) return {};
  std::string const words = item->ErrorText.empty() ? drain_errors() : item->ErrorText;
  auto const kind = classify_fetch(words);
  return fail(kind, fmt::format("{} {}", url, said_of_repository(kind)), words);
}

Result<std::string> native_architecture(AptPaths const& paths) {
  if (auto opened = open_library(paths); !opened) return fail(opened.error());
  return _config->Find("APT::Architecture");
}

}  // namespace tykup::pkg::apt
