#include "pkg/rpm/database.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libdnf/libdnf.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmtd.h>
#include <rpm/rpmts.h>

#include <fcntl.h>
#include <algorithm>
#include <map>

#include "pkg/rpm/library.hpp"

namespace tykup::pkg::rpm {
namespace {

std::string text_of(Header header, rpmTagVal tag) {
  auto const* text = headerGetString(header, tag);
  return text == nullptr ? std::string{} : text;
}

std::vector<std::string> texts_of(Header header, rpmTagVal tag) {
  std::vector<std::string> texts;
  auto* data = rpmtdNew();
  if (headerGet(header, tag, data, HEADERGET_MINMEM) != 0) {
    while (auto const* text = rpmtdNextString(data)) texts.emplace_back(text);
  }
  rpmtdFreeData(data);
  rpmtdFree(data);
  return texts;
}

/// With `name` null: every header.
Result<std::vector<DatabasePackage>> read_headers(RpmPaths const& paths, char const* name) {
  auto const set = open_database(paths);
  if (!set) return fail(set.error());
  std::vector<DatabasePackage> found;
  auto* iterator = rpmtsInitIterator(set->get(), name == nullptr ? RPMDBI_PACKAGES : RPMDBI_NAME, name, 0);
  while (auto* header = rpmdbNextIterator(iterator)) {
    DatabasePackage package{text_of(header, RPMTAG_NAME), version_of(header), text_of(header, RPMTAG_ARCH),
                            headerGetInstance(header)};
    // Trusted keys stand in the database as packages without an architecture.
    if (package.name == "gpg-pubkey") continue;
    package.provides = texts_of(header, RPMTAG_PROVIDENAME);
    found.push_back(std::move(package));
  }
  rpmdbFreeIterator(iterator);
  std::sort(found.begin(), found.end(), [](auto const& a, auto const& b) { return a.instance < b.instance; });
  return found;
}

Result<std::vector<std::string>> side_by_side(RpmPaths const& paths) {
  auto const context = open_context(paths);
  if (!context) return fail(context.error());
  std::vector<std::string> names;
  for (auto const* const* name = dnf_context_get_installonly_pkgs(context->get()); name != nullptr && *name != nullptr;
       ++name) {
    names.emplace_back(*name);
  }
  return names;
}

bool is_any(DatabasePackage const& package, std::vector<std::string> const& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string const& name) {
    return package.name == name ||
           std::find(package.provides.begin(), package.provides.end(), name) != package.provides.end();
  });
}

}  // namespace

void TransactionSetRelease::operator()(rpmts_s* set) const {
  rpmtsFree(set);
}

Result<TransactionSet> open_database(RpmPaths const& paths) {
  TransactionSet set(rpmtsCreate());
  rpmtsSetVSFlags(set.get(), _RPMVSF_NOSIGNATURES);
  if (rpmtsSetRootDir(set.get(), paths.root.c_str()) == 0 && rpmtsOpenDB(set.get(), O_RDONLY) == 0) return set;
  return fail(ErrorKind::PackageBroken,
              fmt::format("rpm's database in {} cannot be read; see rpm --verifydb and rpm --rebuilddb",
                          database_folder(paths)));
}

std::string version_of(headerToken_s* header) {
  auto const epoch = headerGetNumber(header, RPMTAG_EPOCH);
  return fmt::format("{}{}-{}", epoch == 0 ? "" : std::to_string(epoch) + ":", text_of(header, RPMTAG_VERSION),
                     text_of(header, RPMTAG_RELEASE));
}

Result<std::vector<DatabasePackage>> headers_of(RpmPaths const& paths, std::string const& name) {
  return read_headers(paths, name.c_str());
}

Result<std::vector<InstalledPackage>> installed_packages(RpmPaths const& paths, std::vector<std::string> const& names) {
  std::vector<InstalledPackage> installed;
  for (auto const& name : names) {
    auto const headers = headers_of(paths, name);
    if (!headers) return fail(headers.error());
    if (headers->empty()) continue;
    auto const& last = headers->back();
    auto const same = std::count_if(headers->begin(), headers->end(),
                                    [&](auto const& h) { return h.architecture == last.architecture; });
    installed.push_back({last.name, last.version, last.architecture, same > 1 ? "duplicate" : "installed"});
  }
  return installed;
}

Result<std::vector<Duplicates>> duplicates_in(RpmPaths const& paths) {
  auto const headers = read_headers(paths, nullptr);
  if (!headers) return fail(headers.error());
  std::map<std::string, Duplicates> groups;
  for (auto const& header : *headers) groups[header.name + "." + header.architecture].headers.push_back(header);
  std::erase_if(groups, [](auto const& group) { return group.second.headers.size() < 2; });
  if (groups.empty()) return std::vector<Duplicates>{};
  auto const allowed = side_by_side(paths);
  if (!allowed) return fail(allowed.error());
  std::vector<Duplicates> found;
  for (auto const& [name, group] : groups) {
    if (!is_any(group.headers.front(), *allowed)) found.push_back(group);
  }
  return found;
}

std::string described(Duplicates const& duplicates) {
  std::vector<std::string> versions;
  for (auto const& header : duplicates.headers) versions.push_back(header.version);
  return fmt::format("{} (duplicate: {})", duplicates.headers.front().name, fmt::join(versions, " and "));
}

std::string database_folder(RpmPaths const& paths) {
  auto* path = rpmExpand("%{_dbpath}", nullptr);
  auto folder = below_root(paths, path);
  free(path);
  return folder + "/";
}

}  // namespace tykup::pkg::rpm
