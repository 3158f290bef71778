#include "daemon/fault/fault.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "daemon/core/names.hpp"

namespace tykup::fault {
namespace {

constexpr char const* kFolder = "/run/tykup-fault/";
constexpr std::chrono::milliseconds kLook{10};

enum class Road { There, Waits, Mended, Back, Undone, Recovered, Plugins, Fleet, Doomed, PutRight, LeftOut };
constexpr std::array<std::string_view, 11> kRoads{"there", "waits", "mended", "back", "undone", "recovered",
                                                  "plugins", "fleet", "doomed", "put-right", "left-out"};
constexpr std::array<std::string_view, 4> kWhose{"daemon", "executor", "apt", "rpm"};

struct Listed {
  std::string name;
  Whose whose;
  Road road;
};

/// Not all members are met on the way there.
Road road_of(std::string_view member) {
  auto const one_of = [&](auto const&... names) { return ((member == names) || ...); };
  if (one_of("rolling-back", "restoring", "restarting-back", "gating-back", "restore")) return Road::Back;
  if (one_of("recovering", "reconciling", "recover")) return Road::Recovered;
  if (one_of("waiting")) return Road::Waits;
  if (one_of("needs-admin", "assessing")) return Road::Doomed;
  if (one_of("checking", "proving")) return Road::PutRight;
  if (one_of("undoing")) return Road::Undone;
  if (one_of("checking-plugins", "check-plugin")) return Road::Plugins;
  if (one_of("confirming")) return Road::Fleet;
  return Road::There;
}

enum class Members { Phases, Operations };

std::vector<std::string_view> names_of(Members members) {
  if (members == Members::Operations) {
    auto const all = job::operation_names();
    std::vector<std::string_view> names(all.begin(), all.end());
    std::erase(names, "result");  // only asks
    return names;
  }
  auto const all = rollout::phase_names();
  return {all.begin(), all.end()};
}

void add_family(std::vector<Listed>& all, std::string const& name, Whose whose, Members members) {
  for (auto const member : names_of(members)) {
    // An inspection leaves no record.
    if (whose == Whose::Executor && member == "inspect") continue;
    all.push_back({name + "-" + std::string(member), whose, road_of(member)});
  }
}

std::vector<Listed> const& all_points() {
  static std::vector<Listed> const all = [] {
    std::vector<Listed> points;
#define TYKUP_FAULT_ENTRY(identifier, name, whose, road) points.push_back({name, Whose::whose, Road::road});
    TYKUP_FAULT_POINTS(TYKUP_FAULT_ENTRY)
#undef TYKUP_FAULT_ENTRY
#define TYKUP_FAULT_ENTRY(identifier, name, whose, members) add_family(points, name, Whose::whose, Members::members);
    TYKUP_FAULT_FAMILIES(TYKUP_FAULT_ENTRY)
#undef TYKUP_FAULT_ENTRY
    return points;
  }();
  return all;
}

#define TYKUP_FAULT_NAME(identifier, name, ...) name,
constexpr std::array kPointNames{TYKUP_FAULT_POINTS(TYKUP_FAULT_NAME)};
constexpr std::array kFamilyNames{TYKUP_FAULT_FAMILIES(TYKUP_FAULT_NAME)};
#undef TYKUP_FAULT_NAME

struct Armed {
  std::string point;
  std::string kind;
  long time = 1;
};

std::vector<Armed>& armed() {
  static std::vector<Armed> all;
  return all;
}
bool tracing = false;

bool read_word(std::string const& word) {
  auto const colon = word.find(':');
  auto const at = word.find('@');
  if (colon == std::string::npos) return false;
  Armed one{word.substr(0, colon), word.substr(colon + 1, at == std::string::npos ? at : at - colon - 1)};
  if (at != std::string::npos) one.time = std::strtol(word.c_str() + at + 1, nullptr, 10);
  bool const known = std::ranges::find(all_points(), one.point, &Listed::name) != all_points().end();
  constexpr std::array<std::string_view, 4> kKinds{"kill", "hold", "fail", "skip"};
  if (!known || one.time < 1 || std::ranges::find(kKinds, one.kind) == kKinds.end()) return false;
  armed().push_back(std::move(one));
  return true;
}

void print(std::vector<Whose> const& programs) {
  for (auto const& point : all_points()) {
    if (std::ranges::find(programs, point.whose) == programs.end()) continue;
    std::printf("%s %s %s\n", point.name.c_str(), kWhose.at(static_cast<std::size_t>(point.whose)).data(),
                kRoads.at(static_cast<std::size_t>(point.road)).data());
  }
}

/// Adds to a file of the fault's folder and returns the file's size then; -1 where it cannot.
long add_to(std::string const& name, std::string const& text) {
  int const file = open((kFolder + name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  struct stat status {};
  bool const written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fstat(file, &status) == 0;
  close(file);
  return written ? static_cast<long>(status.st_size) : -1;
}

Armed const* armed_at(std::string const& point) {
  auto const found = std::ranges::find(armed(), point, &Armed::point);
  return found == armed().end() ? nullptr : &*found;
}

/// Whether the fault of that point, if there is one, happens now.
Armed const* due(std::string const& point) {
  if (tracing) add_to("trace", point + "\n");
  auto const* fault = armed_at(point);
  return fault != nullptr && add_to(point, "x") == fault->time ? fault : nullptr;
}

void meet(std::string const& point) {
  auto const* fault = due(point);
  if (fault == nullptr) return;
  if (fault->kind == "kill") kill(getpid(), SIGKILL);
  auto const let_go = kFolder + point + ".go";
  while (fault->kind == "hold" && access(let_go.c_str(), F_OK) != 0) std::this_thread::sleep_for(kLook);
}

std::string name_of(Point point) { return kPointNames.at(static_cast<std::size_t>(point)); }

}  // namespace

std::optional<int> obey(std::vector<std::string> const& words, std::vector<Whose> const& programs) {
  for (auto const& word : words) {
    if (word == "list") {
      print(programs);
      return EXIT_SUCCESS;
    }
    if (word == "trace") {
      tracing = true;
    } else if (!read_word(word)) {
      std::fprintf(stderr, "--fault %s: no such fault; it is POINT:KIND[@N], `--fault list` prints the points\n", word.c_str());
      return EXIT_FAILURE;
    }
  }
  return {};
}

void reached(Point point) { meet(name_of(point)); }
void reached(Family family, std::string_view member) {
  meet(std::string(kFamilyNames.at(static_cast<std::size_t>(family))) + "-" + std::string(member));
}

bool fails(Point point) {
  auto const* fault = due(name_of(point));
  return fault != nullptr && fault->kind == "fail";
}

bool skipped(Point point) {
  auto const* fault = armed_at(name_of(point));
  if (fault == nullptr || fault->kind != "skip") return false;
  add_to(fault->point, "x");
  return true;
}

}  // namespace tykup::fault
