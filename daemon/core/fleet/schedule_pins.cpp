#include <algorithm>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/fleet/schedule_parts.hpp"
#include "daemon/core/one_way.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

PackageFormat format_of(Member const& member) { return member.carried->installed.front().of.format; }

/// The newest file of that version for what the host has installed of this package.
Build const* newest_of(std::vector<Build> const& builds, BuildClass const& of, std::string const& version) {
  Build const* newest = nullptr;
  for (auto const& build : builds) {
    if (build.of != of || upstream_of(build.version) != version) continue;
    if (newest == nullptr || is_newer(of.format, build.version, newest->version)) newest = &build;
  }
  return newest;
}

bool is_prerelease(std::string const& version) {
  auto const release = release_of(version);
  return !release || release->prerelease;
}

/// At it, or newer on its line.
bool is_past(Carried const& carried, std::string const& version) {
  auto const here = release_of(carried.version());
  auto const there = release_of(version);
  bool const one_line = here && there && here->major == there->major && here->minor == there->minor;
  auto const format = carried.installed.front().of.format;
  return carried.version() == version || (one_line && is_newer(format, carried.version(), version));
}

bool is_offered(Carried const& carried, std::string const& version) {
  return newest_of(carried.candidates, carried.installed.front().of, version) != nullptr;
}

std::vector<std::string> newest_first(std::vector<std::string> versions, PackageFormat format) {
  std::ranges::sort(versions, [&](auto const& a, auto const& b) { return is_newer(format, a, b); });
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  return versions;
}

std::vector<std::string> offered_to(std::vector<Member> const& members) {
  std::vector<std::string> versions;
  for (auto const& member : members)
    for (auto const& build : member.carried->candidates)
      if (auto const version = upstream_of(build.version); build.of == member.carried->installed.front().of && !is_prerelease(version)) versions.push_back(version);
  return newest_first(std::move(versions), format_of(members.front()));
}

/// Who could neither go there nor is past it.
std::vector<std::string> without(std::vector<Member> const& members, std::string const& version) {
  std::vector<std::string> names;
  for (auto const& member : members)
    if (!is_past(*member.carried, version) && !is_offered(*member.carried, version)) names.push_back(member.host->host);
  return names;
}
std::vector<std::string> behind(std::vector<Member> const& members, std::string const& version) {
  std::vector<std::string> names;
  for (auto const& member : members)
    if (!is_past(*member.carried, version)) names.push_back(member.host->host);
  return names;
}

void refuse(Schedule& schedule, std::string const& component, std::string text, std::string remedy) {
  schedule.refusals.push_back({{}, component, std::move(text), std::move(remedy)});
}

constexpr char const* kCheckThere = "tykup check on these hosts, or tykup fleet start --exclude HOST for each";

/// The newest that everybody can go to or is past; nothing where nobody would move, or there is none, which is refused.
std::optional<std::string> newest_common(std::string const& component, std::vector<Member> const& members, Schedule& schedule) {
  auto const offered = offered_to(members);
  for (auto const& version : offered) {
    if (!without(members, version).empty()) continue;
    if (version != offered.front())
      schedule.notes.push_back(component + " " + offered.front() + " is not offered to " + some_of(without(members, offered.front())) + ": " + version + " is the newest that all are offered");
    if (behind(members, version).empty()) return {};
    return version;
  }
  if (offered.empty() || behind(members, offered.front()).empty()) return {};
  refuse(schedule, component, "no version of " + component + " is offered to every host: " + offered.front() + " is not to " + some_of(without(members, offered.front())), kCheckThere);
  return {};
}

std::optional<std::string> version_for(std::string const& component, std::vector<Member> const& members, Wanted const& wanted, Schedule& schedule) {
  auto const* version = wanted_version(wanted, component);
  if (version == nullptr) return newest_common(component, members, schedule);
  if (auto const names = without(members, *version); !names.empty()) {
    refuse(schedule, component, component + " " + *version + " is offered to none of " + some_of(names) + ", and they are not past it", kCheckThere);
    return {};
  }
  if (behind(members, *version).empty()) return {};
  return *version;
}

/// The package that gives the component its version goes to it; others of a custom component to their newest.
Build const* file_for(Carried const& carried, Build const& installed, std::string const& version) {
  if (auto const* build = newest_of(carried.candidates, installed.of, version)) return build;
  bool const leads = &installed == &carried.installed.front();
  auto const found = leads ? carried.candidates.end() : std::ranges::find(carried.candidates, installed.of, &Build::of);
  return found == carried.candidates.end() ? nullptr : &*found;
}

std::vector<Offer> offers_of(std::vector<Member> const& members, std::string const& version) {
  std::vector<Offer> offers;
  for (auto const& member : members)
    for (auto const& installed : member.carried->installed)
      if (auto const* build = file_for(*member.carried, installed, version)) add_offer(offers, *build, member.host->host);
  return offers;
}

/// A class of which nobody is offered the file, for all of it are past it: what is installed stands for it.
void add_installed(std::vector<Member> const& members, std::string const& version, std::vector<Offer>& offers) {
  for (auto const& member : members) {
    for (auto const& installed : member.carried->installed) {
      bool const known = std::ranges::any_of(offers, [&](Offer const& offer) { return offer.build.of == installed.of; });
      if (!known && upstream_of(installed.version) == version) add_offer(offers, installed, member.host->host);
    }
  }
}

void check_classes(std::string const& component, std::vector<Member> const& members, Pin const& pin, Schedule& schedule) {
  std::vector<std::string> names;
  for (auto const& member : members)
    if (packages_for(*member.carried, pin).empty()) names.push_back(member.host->host);
  if (names.empty()) return;
  refuse(schedule, component, "nobody knows the file of " + component + " " + pin.version + " for the distribution and architecture of " + some_of(names), kCheckThere);
}

void note_migration(std::string const& component, Member const& member, std::string const& to, Schedule& schedule) {
  auto const& known = tyk_components();
  auto const found = std::ranges::find(known, component, &Component::name);
  if (found == known.end()) return;
  auto const migration = migration_between(found->kind, format_of(member), member.carried->installed.front().version, to);
  if (migration && std::ranges::find(schedule.notes, component + ": " + migration->text) == schedule.notes.end())
    schedule.notes.push_back(component + ": " + migration->text);
}

}  // namespace

bool is_newer(PackageFormat format, std::string const& a, std::string const& b) { return compare_versions(format, a, b) > 0; }

std::string const* wanted_version(Wanted const& wanted, std::string const& component) {
  auto const found = std::ranges::find(wanted.versions, component, &NamedVersion::component);
  return found == wanted.versions.end() ? nullptr : &found->version;
}

void add_offer(std::vector<Offer>& offers, Build const& build, std::string const& host) {
  // What was installed before we were has no digest: it is no other file for that.
  auto found = std::ranges::find_if(offers, [&](Offer const& offer) {
    bool const same = offer.build.of == build.of && offer.build.version == build.version;
    return same && (offer.build.sha256 == build.sha256 || offer.build.sha256.empty() || build.sha256.empty());
  });
  if (found != offers.end() && found->build.sha256.empty()) found->build.sha256 = build.sha256;
  if (found == offers.end()) found = offers.insert(offers.end(), Offer{build, {}});
  found->hosts.push_back(host);
}

Pin pin_of_offers(std::string const& component, std::string const& version, std::vector<Offer> const& offers, Schedule& schedule) {
  Pin pin{component, version, {}};
  for (auto const& offer : offers) {
    auto const rival = std::ranges::find_if(offers, [&](Offer const& other) { return other.build.of == offer.build.of && other.build != offer.build; });
    bool const first = std::ranges::find(pin.builds, offer.build.of, &Build::of) == pin.builds.end();
    if (first) pin.builds.push_back(offer.build);
    if (first && rival != offers.end()) {
      auto const said = [](Offer const& of) { return of.build.version + " (" + of.build.sha256.substr(0, 12) + ") on " + some_of(of.hosts); };
      refuse(schedule, component, "hosts of one kind have different files of " + offer.build.of.package + ": " + said(offer) + ", " + said(*rival),
             "tykup check on these hosts; if they still differ, their repositories do");
    }
  }
  return pin;
}

std::optional<Pin> choose_pin(std::string const& component, std::vector<Member> const& members, Wanted const& wanted, Schedule& schedule) {
  if (members.empty()) return {};
  auto const version = version_for(component, members, wanted, schedule);
  if (!version) return {};
  auto offers = offers_of(members, *version);
  add_installed(members, *version, offers);
  auto pin = pin_of_offers(component, *version, offers, schedule);
  check_classes(component, members, pin, schedule);
  for (auto const& member : members)
    if (!is_past(*member.carried, *version)) note_migration(component, member, *version, schedule);
  return pin;
}

std::optional<Pin> choose_pin_back(Pin const& undone, std::string const* before, std::vector<Member> const& members, Wanted const& wanted, Schedule& schedule) {
  std::vector<Member> moved;
  std::vector<std::string> kept;
  for (auto const& member : members) {
    if (!is_settled(progress_of(*member.carried, undone, Direction::Forwards))) continue;
    moved.push_back(member);
    for (auto const& build : member.carried->kept)
      if (is_newer(build.of.format, member.carried->version(), upstream_of(build.version))) kept.push_back(upstream_of(build.version));
  }
  if (moved.empty()) return {};
  auto const lacks = [&](std::string const& version) {
    std::vector<std::string> names;
    for (auto const& member : moved)
      if (newest_of(member.carried->kept, member.carried->installed.front().of, version) == nullptr) names.push_back(member.host->host);
    return names;
  };
  auto const versions = newest_first(kept, format_of(moved.front()));
  auto const* given = wanted_version(wanted, undone.component);
  if (given == nullptr && before != nullptr) given = before;
  auto const found = given == nullptr ? std::ranges::find_if(versions, [&](auto const& version) { return lacks(version).empty(); }) : std::ranges::find(versions, *given);
  auto const name = given != nullptr ? *given : versions.empty() ? std::string{} : versions.front();
  if (found == versions.end() || !lacks(*found).empty()) {
    auto const text = name.empty() ? "no version of " + undone.component + " before " + undone.version + " is kept on the hosts that moved"
                                   : undone.component + " " + name + " is not kept on " + some_of(lacks(name));
    refuse(schedule, undone.component, text, "tykup fleet rollback --exclude HOST for each, and tykup rollback " + undone.component + " there where it can");
    return {};
  }
  std::vector<Offer> offers;
  for (auto const& member : members)
    for (auto const& installed : member.carried->installed)
      if (auto const* build = newest_of(member.carried->kept, installed.of, *found)) add_offer(offers, *build, member.host->host);
  add_installed(members, *found, offers);
  auto pin = pin_of_offers(undone.component, *found, offers, schedule);
  for (auto const& member : moved) note_migration(undone.component, member, *found, schedule);
  return pin;
}

}  // namespace tykup::fleet
