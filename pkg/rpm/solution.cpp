#include "pkg/rpm/solution.hpp"

#include <libdnf/libdnf.h>

#include <algorithm>
#include <set>

#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace {

using List = GPtrArray* (*)(HyGoal, GError**);

std::vector<DnfPackage*> listed(List list, HyGoal goal) {
  GError* error = nullptr;
  auto* const packages = list(goal, &error);
  drain_error(error);
  std::vector<DnfPackage*> found;
  for (guint at = 0; packages != nullptr && at < packages->len; ++at) found.push_back(static_cast<DnfPackage*>(g_ptr_array_index(packages, at)));
  return found;
}

Result<std::vector<Package>> add_files(DnfSack* sack, std::vector<VerifiedFile> const& files) {
  std::vector<Package> packages;
  for (auto const& file : files) {
    packages.emplace_back(dnf_sack_add_cmdline_package(sack, file.path().c_str()));
    if (packages.back() == nullptr) return fail(ErrorKind::HashMismatch, file.path() + " is no package that libdnf can read");
  }
  return packages;
}

bool same(DnfPackage* a, DnfPackage* b) { return dnf_package_get_id(a) == dnf_package_get_id(b); }

}  // namespace

void PackageRelease::operator()(_DnfPackage* package) const { g_object_unref(package); }

Solution::Solution() : goal_(nullptr, hy_goal_free) {}
Solution::~Solution() = default;

libdnf::Goal* Solution::goal() const { return goal_.get(); }

Result<bool> Solution::find(RpmPaths const& paths, Configuration const& configuration, std::vector<VerifiedFile> const& files,
                            std::vector<VerifiedFile> const& others) {
  auto sack = make_sack(paths, configuration, {}, Installed::Loaded);
  if (!sack) return fail(sack.error());
  sack_ = std::move(*sack);
  auto targets = add_files(sack_.get(), files);
  if (!targets) return fail(targets.error());
  auto more = add_files(sack_.get(), others);
  if (!more) return fail(more.error());
  targets_ = std::move(*targets);
  others_ = std::move(*more);
  for (int const flags : {int{DNF_IGNORE_WEAK_DEPS}, DNF_IGNORE_WEAK_DEPS | DNF_ALLOW_UNINSTALL}) {
    goal_.reset(hy_goal_create(sack_.get()));
    for (auto const& target : targets_) hy_goal_install(goal_.get(), target.get());
    bool const solved = hy_goal_run_flags(goal_.get(), static_cast<DnfGoalActions>(flags)) == 0;
    // The second time only to learn what would have to go.
    if (solved) return flags == DNF_IGNORE_WEAK_DEPS;
  }
  goal_.reset();
  return false;
}

bool Solution::is_target(_DnfPackage* package) const {
  return std::any_of(targets_.begin(), targets_.end(), [&](Package const& target) { return same(target.get(), package); });
}

bool Solution::needs(_DnfPackage* package, _DnfPackage* other) const {
  auto* const requirements = dnf_package_get_requires(package);
  auto* const query = hy_query_create(sack_.get());
  hy_query_filter_reldep_in(query, HY_PKG_PROVIDES, requirements);
  auto* const found = hy_query_run(query);
  bool needed = false;
  for (guint at = 0; at < found->len; ++at) needed = needed || same(static_cast<DnfPackage*>(g_ptr_array_index(found, at)), other);
  g_ptr_array_unref(found);
  hy_query_free(query);
  dnf_reldep_list_free(requirements);
  return needed;
}

std::vector<std::size_t> Solution::required() const {
  if (!goal_) return {};
  auto changed = listed(hy_goal_list_installs, goal_.get());
  auto const upgrades = listed(hy_goal_list_upgrades, goal_.get());
  changed.insert(changed.end(), upgrades.begin(), upgrades.end());
  std::vector<std::size_t> reached;
  std::vector<DnfPackage*> open;
  for (auto const& target : targets_) open.push_back(target.get());
  while (!open.empty()) {
    auto* const package = open.back();
    open.pop_back();
    for (std::size_t at = 0; at < others_.size(); ++at) {
      auto* const other = others_[at].get();
      bool const changes = std::any_of(changed.begin(), changed.end(), [&](DnfPackage* one) { return same(one, other); });
      if (!changes || std::find(reached.begin(), reached.end(), at) != reached.end() || !needs(package, other)) continue;
      reached.push_back(at);
      open.push_back(other);
    }
  }
  return reached;
}

std::vector<std::string> Solution::besides() const {
  if (!goal_) return {};
  std::set<std::string> out;
  auto const wanted = required();
  auto const planned = [&](DnfPackage* package) {
    return is_target(package) || std::any_of(wanted.begin(), wanted.end(), [&](std::size_t at) { return same(others_[at].get(), package); });
  };
  auto const note = [&](List list, char const* verb) {
    for (auto* package : listed(list, goal_.get())) {
      if (!planned(package)) out.insert(std::string(verb) + dnf_package_get_nevra(package));
    }
  };
  note(hy_goal_list_erasures, "remove ");
  for (auto const list : {hy_goal_list_installs, hy_goal_list_upgrades, hy_goal_list_downgrades, hy_goal_list_reinstalls}) note(list, "change ");
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
