#include "pkg/rpm/dependencies.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libdnf/libdnf.h>

#include <algorithm>
#include <memory>
#include <set>

#include "pkg/rpm/errors.hpp"
#include "pkg/rpm/sack.hpp"
#include "pkg/rpm/source_refresh.hpp"
#include "pkg/rpm/sources.hpp"

namespace tykup::pkg::rpm {
namespace {

using Packages = std::unique_ptr<GPtrArray, decltype(&g_ptr_array_unref)>;
using GoalHandle = std::unique_ptr<libdnf::Goal, decltype(&hy_goal_free)>;

std::string shown(DnfPackage* package) { return dnf_package_get_nevra(package); }

template <typename Visit>
void for_each(GPtrArray* packages, Visit const& visit) {
  for (guint at = 0; packages != nullptr && at < packages->len; ++at) visit(static_cast<DnfPackage*>(g_ptr_array_index(packages, at)));
}

/// One attempt: the files, what is installed, and what some repositories offer.
class Resolution {
 public:
  Resolution(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources)
      : paths_(paths), configuration_(configuration), sources_(sources) {}

  Result<void> prepare(std::vector<VerifiedFile> const& files) {
    auto sack = make_sack(paths_, configuration_, sources_, Installed::Loaded);
    if (!sack) return fail(sack.error());
    sack_ = std::move(*sack);
    for (auto const& file : files) {
      auto* package = dnf_sack_add_cmdline_package(sack_.get(), file.path().c_str());
      if (package == nullptr) return fail(ErrorKind::HashMismatch, file.path() + " is no package that libdnf can read");
      targets_.push_back(package);
    }
    leave_out_what_is_kept_away();
    return {};
  }

  ~Resolution() {
    for (auto* target : targets_) g_object_unref(target);
  }
  Resolution(Resolution const&) = delete;
  Resolution& operator=(Resolution const&) = delete;

  /// The packages to be installed before; PlanRefused with what stands against it.
  Result<std::vector<Offer>> solve() {
    GoalHandle const goal(hy_goal_create(sack_.get()), hy_goal_free);
    for (auto* target : targets_) hy_goal_install(goal.get(), target);
    if (hy_goal_run_flags(goal.get(), static_cast<DnfGoalActions>(DNF_IGNORE_WEAK_DEPS)) != 0) {
      return fail(ErrorKind::PlanRefused, "cannot be installed");
    }
    auto const installs = listed(hy_goal_list_installs, goal.get());
    auto const upgrades = listed(hy_goal_list_upgrades, goal.get());
    std::vector<DnfPackage*> besides;
    for (auto* list : {installs.get(), upgrades.get()}) {
      for_each(list, [&](DnfPackage* package) {
        if (!is_target(package)) besides.push_back(package);
      });
    }
    auto const wanted = required_of(besides);
    auto others = lost_or_lowered(goal.get());
    for (auto* package : besides) {
      if (std::find(wanted.begin(), wanted.end(), package) == wanted.end()) others.insert("change " + shown(package));
    }
    if (!others.empty()) return fail(ErrorKind::PlanRefused, fmt::format("would also {}", fmt::join(others, ", ")));
    return offers_in(paths_, configuration_, sources_, wanted).builds;
  }

  /// What the files require and nobody here provides.
  [[nodiscard]] std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (auto* target : targets_) {
      auto* const requires_these = dnf_package_get_requires(target);
      for (int at = 0; at < dnf_reldep_list_count(requires_these); ++at) {
        auto* const one = dnf_reldep_list_index(requires_these, at);
        std::string const text = dnf_reldep_to_string(one);
        if (!text.starts_with("rpmlib(") && !is_provided(one)) names.push_back(text);
        dnf_reldep_free(one);
      }
      dnf_reldep_list_free(requires_these);
    }
    return names;
  }

 private:
  template <typename List>
  static Packages listed(List list, HyGoal goal) {
    GError* error = nullptr;
    auto* const packages = list(goal, &error);
    drain_error(error);
    return {packages == nullptr ? g_ptr_array_new() : packages, g_ptr_array_unref};
  }

  bool is_target(DnfPackage* package) const {
    return std::any_of(targets_.begin(), targets_.end(), [&](DnfPackage* target) { return dnf_package_get_id(target) == dnf_package_get_id(package); });
  }

  bool is_provided(DnfReldep* capability) const {
    auto* const query = hy_query_create(sack_.get());
    hy_query_filter_reldep(query, HY_PKG_PROVIDES, capability);
    bool const found = !hy_query_is_empty(query);
    hy_query_free(query);
    return found;
  }

  std::set<std::string> lost_or_lowered(HyGoal goal) const {
    std::set<std::string> out;
    auto const note = [&](auto* list, std::string const& verb) {
      auto const packages = listed(list, goal);
      for_each(packages.get(), [&](DnfPackage* package) {
        if (!is_target(package)) out.insert(verb + shown(package));
      });
    };
    note(hy_goal_list_erasures, "remove ");
    note(hy_goal_list_downgrades, "change ");
    note(hy_goal_list_reinstalls, "change ");
    auto const obsoleted = listed(hy_goal_list_obsoleted, goal);
    for_each(obsoleted.get(), [&](DnfPackage* package) {
      auto const same = [&](DnfPackage* target) { return std::string_view(dnf_package_get_name(target)) == dnf_package_get_name(package); };
      if (std::none_of(targets_.begin(), targets_.end(), same)) out.insert("remove " + shown(package));
    });
    return out;
  }

  /// Those that the targets' own requirements lead to, through packages that change.
  std::vector<DnfPackage*> required_of(std::vector<DnfPackage*> const& packages) const {
    std::vector<DnfPackage*> reached;
    std::vector<DnfPackage*> open = targets_;
    while (!open.empty()) {
      auto* const package = open.back();
      open.pop_back();
      for (auto* other : packages) {
        if (std::find(reached.begin(), reached.end(), other) != reached.end() || !needs(package, other)) continue;
        reached.push_back(other);
        open.push_back(other);
      }
    }
    return reached;
  }

  bool needs(DnfPackage* package, DnfPackage* other) const {
    auto* const requires_these = dnf_package_get_requires(package);
    auto* const query = hy_query_create(sack_.get());
    hy_query_filter_reldep_in(query, HY_PKG_PROVIDES, requires_these);
    Packages const found(hy_query_run(query), g_ptr_array_unref);
    bool needed = false;
    for_each(found.get(), [&](DnfPackage* one) { needed = needed || dnf_package_get_id(one) == dnf_package_get_id(other); });
    hy_query_free(query);
    dnf_reldep_list_free(requires_these);
    return needed;
  }

  /// What dnf's excludes and locks keep away is no dependency either.
  void leave_out_what_is_kept_away() {
    auto const holds = Holds::read(paths_, configuration_);
    auto* const query = hy_query_create(sack_.get());
    Packages const all(hy_query_run(query), g_ptr_array_unref);
    auto* const away = dnf_packageset_new(sack_.get());
    for_each(all.get(), [&](DnfPackage* package) {
      auto const id = std::string_view(dnf_package_get_reponame(package));
      auto const source = std::find_if(sources_.begin(), sources_.end(), [&](Source const& one) { return one.trusted.entry->id == id; });
      if (source == sources_.end()) return;
      Build const build{dnf_package_get_name(package), dnf_package_get_evr(package), dnf_package_get_arch(package)};
      if (!holds.kept_away(build, source->trusted.entry).empty()) dnf_packageset_add(away, package);
    });
    dnf_sack_add_excludes(sack_.get(), away);
    dnf_packageset_free(away);
    hy_query_free(query);
  }

  RpmPaths const& paths_;
  Configuration const& configuration_;
  std::vector<Source> const& sources_;
  Sack sack_ = {};
  std::vector<DnfPackage*> targets_ = {};
};

/// Every other enabled repository, refreshed, where it can be trusted; why not, where it cannot.
void add_other_sources(RpmPaths const& paths, Configuration const& configuration, std::vector<Source>& sources,
                       std::vector<std::string>& refused, ProgressSink const& progress) {
  for (auto const& entry : configuration.repositories) {
    auto const known = std::any_of(sources.begin(), sources.end(), [&](Source const& one) { return one.trusted.entry == &entry; });
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
    Resolution resolution(paths, configuration, out.sources);
    if (auto ready = resolution.prepare(files); !ready) return fail(ready.error());
    auto builds = resolution.solve();
    if (builds) {
      out.builds = std::move(*builds);
      return out;
    }
    auto const missing = resolution.missing();
    if (!widened && !missing.empty()) continue;
    auto const lacking = missing.empty() ? std::string() : fmt::format(": nothing that may be asked provides {}", fmt::join(missing, ", "));
    return fail(ErrorKind::PlanRefused,
                fmt::format("{} {}{}; see with dnf what stands against it, and put that right first", names_of(files), builds.error().message, lacking),
                fmt::format("{}", fmt::join(refused, "\n")));
  }
  return out;
}

}  // namespace tykup::pkg::rpm
