#include "pkg/rpm/subscriptions.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include "pkg/common/words.hpp"
#include "pkg/rpm/errors.hpp"
#include "pkg/rpm/fetch.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/repositories.hpp"

namespace tykup::pkg::rpm {
namespace {

Result<Configuration> read(RpmPaths const& paths) {
  if (auto opened = open_library(paths); !opened) return fail(opened.error());
  return read_configuration(paths);
}

}  // namespace

Result<void> check_source_lists(RpmPaths const& paths) {
  auto const configuration = read(paths);
  if (!configuration) return fail(configuration.error());
  for (auto const& entry : configuration->repositories) {
    if (!entry.trouble.empty())
      return fail(ErrorKind::BadConfig, fmt::format("{} says {}", place_of(entry), entry.trouble));
  }
  return {};
}

Result<std::vector<Subscription>> existing_entries(RpmPaths const& paths, std::string const& url_prefix,
                                                   bool unsigned_metadata) {
  auto configuration = read(paths);
  if (!configuration) return fail(configuration.error());
  std::vector<bool> disabled;
  for (auto& entry : configuration->repositories) {
    disabled.push_back(!entry.enabled);
    entry.enabled = true;
  }
  Scope scope;
  scope.url_prefix = url_prefix;
  std::vector<Subscription> out;
  for (auto const* entry : sources_of(*configuration, scope)) {
    auto subscription = subscription_of(paths, *configuration, *entry, unsigned_metadata);
    auto const at = static_cast<std::size_t>(entry - configuration->repositories.data());
    if (disabled[at]) subscription.problem = place_of(*entry) + " is disabled (enabled=0)";
    out.push_back(std::move(subscription));
  }
  return out;
}

Result<void> fetch_file(RpmPaths const& paths, std::string const& url, std::string const& file) {
  auto const configuration = read(paths);
  if (!configuration) return fail(configuration.error());
  unlink(file.c_str());
  Fetcher fetcher(configuration->transport);
  auto const got = fetcher.fetch({url}, file, "download", {});
  if (got) return {};
  auto const& error = got.error();
  return fail(error.kind, fmt::format("{} {}", without_users(url), said_of_repository(error.kind)), error.detail);
}

Result<std::string> native_architecture(RpmPaths const& paths) {
  auto const configuration = read(paths);
  if (!configuration) return fail(configuration.error());
  return configuration->arch;
}

}  // namespace tykup::pkg::rpm
