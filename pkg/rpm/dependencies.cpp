#include "pkg/rpm/dependencies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pkg/rpm/solution.hpp"
#include "pkg/rpm/source_refresh.hpp"
#include "pkg/rpm/sources.hpp"

namespace tykup::pkg::rpm {
namespace {

/// Every other enabled repository, refreshed, where it can be trusted; why not, where it cannot.
void add_other_sources(RpmPaths const& paths, Configuration const& configuration, std::vector<Source>& sources,
                       std::vector<std::string>& refused, ProgressSink const& progress) {
  for (auto const& entry : configuration.repositories) {
    auto const known =
        std::any_of(sources.begin(), sources.end(), [&](Source const& one) { return one.trusted.entry == &entry; });
    if (!entry.enabled || known) continue;
    auto trusted = trust(paths, configuration, entry, false);
    auto trouble = trusted ? SourceRefresh(paths, *trusted).run(progress) : std::optional(trusted.error());
    if (trouble) {
      refused.push_back(trouble->message);
      continue;
    }
    auto metadata = check_metadata(*trusted, metadata_folder(paths, entry));
    if (metadata) sources.push_back({std::move(*trusted), std::move(*metadata)});
  }
}

std::vector<std::string> obstacles(Solution const& solution) {
  auto against = solution.besides();
  for (auto const& name : solution.missing())
    against.push_back(fmt::format("need {}, which no trusted repository offers", name));
  if (against.empty()) against.emplace_back("need what cannot be installed here");
  return against;
}

std::string names_of(std::vector<VerifiedFile> const& files) {
  std::vector<std::string> names;
  for (auto const& file : files) names.push_back(file.pin().name + " " + file.pin().version);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<Required> required_before(RpmPaths const& paths, Configuration const& configuration, Scope const& scope,
                                 std::vector<VerifiedFile> const& files, ProgressSink const& progress) {
  auto sources = checked_sources(paths, configuration, scope);
  if (!sources) return fail(sources.error());
  Required out{std::move(*sources), {}};
  std::vector<std::string> refused;
  for (bool widened : {false, true}) {
    if (widened) add_other_sources(paths, configuration, out.sources, refused, progress);
    Solution solution;
    auto const found = solution.find(paths, configuration, files, {}, out.sources);
    if (!found) return fail(found.error());
    if (*found && solution.besides().empty()) {
      out.builds = offers_in(paths, configuration, out.sources, solution.required_packages()).builds;
      return out;
    }
    if (!widened && !*found) continue;
    return fail(
        ErrorKind::PlanRefused,
        fmt::format(
            "installing {} would also {}; do that by hand with dnf, or wait for a version that does not need it",
            names_of(files), fmt::join(obstacles(solution), ", ")),
        fmt::format("{}", fmt::join(refused, "\n")));
  }
  return out;
}

}  // namespace tykup::pkg::rpm
