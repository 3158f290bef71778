#include "pkg/rpm/solution.hpp"

#include <libdnf/libdnf.h>

#include <algorithm>
#include <set>

#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace {

using List = GPtrArray* (*)(HyGoal, GError**);

std::vector<Package> taken(GPtrArray* packages) {
  std::vector<Package> out;
  for (guint at = 0; packages != nullptr && at < packages->len; ++at) {
    out.emplace_back(static_cast<DnfPackage*>(g_object_ref(g_ptr_array_index(packages, at))));
  }
  if (packages != nullptr) g_ptr_array_unref(packages);
  return out;
}

std::vector<Package> listed(List list, HyGoal goal) {
  GError* error = nullptr;
  auto packages = taken(list(goal, &error));
  drain_error(error);
  return packages;
}

Result<std::vector<Package>> add_files(DnfSack* sack, std::vector<VerifiedFile> const& files) {
  std::vector<Package> packages;
  for (auto const& file : files) {
    packages.emplace_back(dnf_sack_add_cmdline_package(sack, file.path().c_str()));
    if (packages.back() == nullptr)
      return fail(ErrorKind::HashMismatch, file.path() + " is no package that libdnf can read");
  }
  return packages;
}

void leave_out_what_is_kept_away(DnfSack* sack, RpmPaths const& paths, Configuration const& configuration,
                                 std::vector<Source> const& sources) {
  auto const holds = Holds::read(paths, configuration);
  auto* const query = hy_query_create(sack);
  auto* const away = dnf_packageset_new(sack);
  for (auto const& package : taken(hy_query_run(query))) {
    auto const id = std::string_view(dnf_package_get_reponame(package.get()));
    auto const source =
        std::find_if(sources.begin(), sources.end(), [&](Source const& one) { return one.trusted.entry->id == id; });
    if (source == sources.end()) continue;
    Build const build{dnf_package_get_name(package.get()), dnf_package_get_evr(package.get()),
                      dnf_package_get_arch(package.get())};
    if (!holds.kept_away(build, source->trusted.entry).empty()) dnf_packageset_add(away, package.get());
  }
  dnf_sack_add_excludes(sack, away);
  dnf_packageset_free(away);
  hy_query_free(query);
}

bool same(DnfPackage* a, DnfPackage* b) {
  return dnf_package_get_id(a) == dnf_package_get_id(b);
}

}  // namespace

void PackageRelease::operator()(_DnfPackage* package) const {
  g_object_unref(package);
}

Solution::Solution() : goal_(nullptr, hy_goal_free) {}
Solution::~Solution() = default;

libdnf::Goal* Solution::goal() const {
  return goal_.get();
}

Result<bool> Solution::find(RpmPaths const& paths, Configuration const& configuration,
                            std::vector<VerifiedFile> const& files, std::vector<VerifiedFile> const& others,
                            std::vector<Source> const& sources) {
  auto sack = make_sack(paths, configuration, sources, Installed::Loaded);
  if (!sack) return fail(sack.error());
  sack_ = std::move(*sack);
  auto targets = add_files(sack_.get(), files);
  if (!targets) return fail(targets.error());
  auto more = add_files(sack_.get(), others);
  if (!more) return fail(more.error());
  targets_ = std::move(*targets);
  others_ = std::move(*more);
  if (!sources.empty()) leave_out_what_is_kept_away(sack_.get(), paths, configuration, sources);
  for (int const flags : {int{DNF_IGNORE_WEAK_DEPS}, DNF_IGNORE_WEAK_DEPS | DNF_ALLOW_UNINSTALL}) {
    goal_.reset(hy_goal_create(sack_.get()));
    for (auto const& target : targets_) hy_goal_install(goal_.get(), target.get());
    bool const solved = hy_goal_run_flags(goal_.get(), static_cast<DnfGoalActions>(flags)) == 0;
    if (!solved) continue;
    changed_ = listed(hy_goal_list_installs, goal_.get());
    for (auto& package : listed(hy_goal_list_upgrades, goal_.get())) changed_.push_back(std::move(package));
    // The second time only to learn what would have to go.
    return flags == DNF_IGNORE_WEAK_DEPS;
  }
  goal_.reset();
  return false;
}

bool Solution::is_target(_DnfPackage* package) const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [&](Package const& target) { return same(target.get(), package); });
}

bool Solution::needs(_DnfPackage* package, _DnfPackage* other) const {
  auto* const requirements = dnf_package_get_requires(package);
  auto* const query = hy_query_create(sack_.get());
  hy_query_filter_reldep_in(query, HY_PKG_PROVIDES, requirements);
  auto const found = taken(hy_query_run(query));
  hy_query_free(query);
  dnf_reldep_list_free(requirements);
  return std::any_of(found.begin(), found.end(), [&](Package const& one) { return same(one.get(), other); });
}

std::vector<_DnfPackage*> Solution::required_packages() const {
  std::vector<DnfPackage*> reached;
  std::vector<DnfPackage*> open;
  for (auto const& target : targets_) open.push_back(target.get());
  while (!open.empty()) {
    auto* const package = open.back();
    open.pop_back();
    for (auto const& other : changed_) {
      bool const known = std::find(reached.begin(), reached.end(), other.get()) != reached.end();
      if (known || is_target(other.get()) || !needs(package, other.get())) continue;
      reached.push_back(other.get());
      open.push_back(other.get());
    }
  }
  return reached;
}

std::vector<std::size_t> Solution::required() const {
  std::vector<std::size_t> places;
  for (auto* package : required_packages()) {
    auto const other =
        std::find_if(others_.begin(), others_.end(), [&](Package const& one) { return same(one.get(), package); });
    if (other != others_.end()) places.push_back(static_cast<std::size_t>(other - others_.begin()));
  }
  return places;
}

std::vector<std::string> Solution::besides() const {
  if (!goal_) return {};
  std::set<std::string> out;
  auto const wanted = required_packages();
  auto const planned = [&](DnfPackage* package) {
    return is_target(package) ||
           std::any_of(wanted.begin(), wanted.end(), [&](DnfPackage* one) { return same(one, package); });
  };
  auto const note = [&](List list, char const* verb) {
    for (auto const& package : listed(list, goal_.get())) {
      if (!planned(package.get())) out.insert(std::string(verb) + dnf_package_get_nevra(package.get()));
    }
  };
  note(hy_goal_list_erasures, "remove ");
  for (auto const list :
       {hy_goal_list_installs, hy_goal_list_upgrades, hy_goal_list_downgrades, hy_goal_list_reinstalls})
    note(list, "change ");
  note(hy_goal_list_obsoleted, "remove ");
  return {out.begin(), out.end()};
}

std::vector<std::string> Solution::missing() const {
  std::vector<std::string> names;
  for (auto const& target : targets_) {
    auto* const requirements = dnf_package_get_requires(target.get());
    for (int at = 0; at < dnf_reldep_list_count(requirements); ++at) {
      auto* const one = dnf_reldep_list_index(requirements, at);
      std::string const text = dnf_reldep_to_string(one);
      auto* const query = hy_query_create(sack_.get());
      hy_query_filter_reldep(query, HY_PKG_PROVIDES, one);
      if (!text.starts_with("rpmlib(") && hy_query_is_empty(query)) names.push_back(text);
      hy_query_free(query);
      dnf_reldep_free(one);
    }
    dnf_reldep_list_free(requirements);
  }
  return names;
}

}  // namespace tykup::pkg::rpm
