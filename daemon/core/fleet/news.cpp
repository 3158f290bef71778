#include "daemon/core/fleet/news.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "daemon/core/fleet/overview_parts.hpp"
#include "daemon/core/words.hpp"

namespace tykup::fleet {
namespace {

using notify::Notification;
using notify::Subject;
using notify::Topic;

constexpr std::size_t kLongestTitle = 150;
constexpr std::size_t kDigestShown = 12;

std::string code(std::string const& command) { return "`" + command + "`"; }

std::string because(Word const& said) { return said.why.empty() ? std::string{} : ": " + said.why; }
std::string by(Word const& said) { return (said.by.empty() ? std::string{} : " by " + said.by) + because(said); }

std::string targets(Rollout const& rollout) {
  std::vector<std::string> names;
  for (auto const& pin : rollout.pins) names.push_back(pin.component + " " + pin.version);
  return join(names);
}

std::vector<Subject> moved(Rollout const& rollout) {
  std::vector<Subject> found;
  for (auto const& pin : rollout.pins) {
    auto const before = std::ranges::find(rollout.before, pin.component, &Before::component);
    found.push_back({pin.component, before == rollout.before.end() ? std::string{} : before->version, pin.version});
  }
  return found;
}

/// A failure is another one when it happens again.
std::string event_of(Failure const& failure) {
  auto const at = std::chrono::floor<std::chrono::seconds>(failure.at.time_since_epoch()).count();
  return "failed." + failure.host + "." + failure.component + "." + std::to_string(at);
}

class Accountant {
 public:
  Accountant(KnownNews known, NewsFrom const& from) : made_{std::move(known), {}, {}}, from_(from) {}

  void record(Rollout const& rollout) {
    bool const other = made_.known.rollout != rollout.id;
    bool const past = !rollout.open() && made_.known == KnownNews{};
    if (other) made_.known = {rollout.id, {}, {}, made_.known.offered};
    if (past) return note("over");
    if (knows("over") || rollout.state == RolloutState::Preparing) return;
    if (rollout.open()) started(rollout);
    for (auto const& failure : rollout.failures) failed(rollout, failure);
    stand(rollout);
    if (rollout.state == RolloutState::Aborted) aborted(rollout);
    if (rollout.state == RolloutState::Done) done(rollout);
  }

  void board(Board const& board, Suspected const& before) {
    if (board.rollout) {
      catch_up(board);
      record(*board.rollout);
      stuck(board, before);
    } else {
      note("none");
    }
    versions(board);
  }

  Account take() { return std::move(made_); }

 private:
  [[nodiscard]] bool knows(std::string const& event) const {
    return std::ranges::find(made_.known.events, event) != made_.known.events.end();
  }
  void note(std::string event) {
    if (!knows(event)) made_.known.events.push_back(std::move(event));
  }

  void add(std::string const& key, Notification told) {
    told.key = "fleet " + from_.cluster + " " + key;
    told.id = from_.digest(told.key).substr(0, 32);
    told.at = from_.now;
    told.host = from_.host;
    told.cluster = from_.cluster;
    told.title = one_line(told.title, kLongestTitle);
    made_.news.push_back(std::move(told));
  }
  void tell(std::string const& event, Notification told) {
    if (knows(event)) return;
    note(event);
    told.rollout = made_.known.rollout;
    add(made_.known.rollout + " " + event, std::move(told));
  }

  [[nodiscard]] std::string name() const { return "rollout " + made_.known.rollout; }
  [[nodiscard]] std::string whole_name() const { return "Rollout " + made_.known.rollout + " of the fleet " + from_.cluster; }

  void started(Rollout const& rollout) {
    bool const back = rollout.direction == Direction::Back;
    auto const what = back ? "takes back " + rollout.undoes + ", to " + targets(rollout) : "goes to " + targets(rollout);
    tell("started", {.topic = Topic::RolloutStarted,
                     .title = name() + (back ? " has begun, it takes back " + rollout.undoes + ": " : " has begun: ") + targets(rollout),
                     .text = whole_name() + ", begun" + by(rollout.began) + ", " + what + ".",
                     .next = code("tykup fleet status --watch") + " shows how far it is",
                     .components = moved(rollout)});
  }

  void failed(Rollout const& rollout, Failure const& failure) {
    bool const stops = rollout.failures.size() >= rollout.policy.max_failed || rollout.state == RolloutState::Stopped;
    auto const what = failure.component + " failed on " + failure.host;
    auto const budget = std::to_string(rollout.failures.size()) + " failed, max_failed is " + std::to_string(rollout.policy.max_failed);
    tell(event_of(failure),
         {.topic = Topic::RolloutStopped,
          .title = stops ? "ROLLOUT " + rollout.id + " IS STOPPED: " + what : what + ", " + name() + " goes on",
          .text = whole_name() + ": " + what + ": " + failure.reason + ". The host keeps its slot. " +
                  (stops ? "Steps that have begun are finished, nobody starts another (" + budget + ")."
                         : "The others go on (" + budget + ")."),
          .next = code("tykup history") + " on " + failure.host + " has the details; mend it, then " + code("tykup fleet retry " + failure.host) + "; or " +
                  code("tykup fleet exclude " + failure.host) + "; or " + code("tykup fleet rollback"),
          .components = {{failure.component, {}, {}, "failed", failure.reason, failure.host}}});
  }

  /// A pause or a stop is told when it begins; failures say themselves that they stop it.
  void stand(Rollout const& rollout) {
    bool const paused = rollout.state == RolloutState::Paused;
    bool const stopped = rollout.state == RolloutState::Stopped && rollout.halt != Halt::Failures;
    std::string const kind = paused ? "paused." : stopped ? "stopped." : "";
    auto& standing = made_.known.standing;
    if (kind.empty() || standing.starts_with(kind)) {
      if (kind.empty()) standing.clear();
      return;
    }
    auto const times = std::ranges::count_if(made_.known.events, [&](std::string const& event) { return event.starts_with(kind); });
    standing = kind + std::to_string(times + 1);
    auto const event = standing;
    auto const said = bare_view(rollout);
    tell(event, {.topic = paused ? Topic::RolloutPaused : Topic::RolloutStopped,
                 .title = paused ? name() + " is paused" + by(rollout.last) : "ROLLOUT " + rollout.id + " IS STOPPED" + by(rollout.last),
                 .text = whole_name() + (paused ? " is paused" : " is stopped") + by(rollout.last) + ". Steps that have begun are finished, nobody starts another.",
                 .next = said.remedy});
  }

  void aborted(Rollout const& rollout) {
    tell("over", {.topic = Topic::RolloutPaused,
                  .title = name() + " was aborted" + by(rollout.last),
                  .text = whole_name() + " was aborted" + by(rollout.last) + ". Hosts stay at the version that they have.",
                  .next = code("tykup fleet status") + " shows who has which; " + code("tykup fleet rollback") + " takes back what was done"});
  }

  void done(Rollout const& rollout) {
    std::vector<std::string> out;
    for (auto const& each : rollout.excluded) out.push_back(each.host + by(each.said));
    tell("over", {.topic = Topic::RolloutDone,
                  .title = name() + " is done: " + targets(rollout),
                  .text = whole_name() + " is done: every host that takes part is at " + targets(rollout) + "." +
                          (out.empty() ? std::string{} : " Left out: " + join(out, "; ") + "."),
                  .next = out.empty() ? std::string{} : "hosts that were left out have their old versions: " + code("tykup fleet start") + " takes them along next time",
                  .components = moved(rollout)});
  }

  // ---- what a reading of everything shows

  /// Another rollout has begun since: the end of the one before is in the history.
  void catch_up(Board const& board) {
    auto const& known = made_.known.rollout;
    if (known.empty() || known == board.rollout->id) return;
    auto const past = std::ranges::find(board.past_rollouts, known, &Rollout::id);
    if (past != board.past_rollouts.end() && !past->open()) record(*past);
  }

  void stuck(Board const& board, Suspected const& before) {
    auto const& rollout = *board.rollout;
    if (rollout.state == RolloutState::Preparing) return prepares(rollout);
    auto const view = overview(board, from_.now);
    if (view.condition == Condition::Promotion) promotion(rollout, view);
    if (view.condition == Condition::Stalled) suspect(view, before);
  }

  void prepares(Rollout const& rollout) {
    if (from_.now - rollout.began.at < kPreparesLong) return;
    tell("preparing", {.topic = Topic::RolloutStalled,
                       .title = name() + " was not prepared to its end",
                       .text = whole_name() + ", begun" + by(rollout.began) + " at " + to_rfc3339(std::chrono::floor<std::chrono::seconds>(rollout.began.at)) +
                               ", is still being prepared: who began it was cut short. No host starts.",
                       .next = code("tykup fleet start") + " on any host finishes it, " + code("tykup fleet abort") + " ends it"});
  }

  void promotion(Rollout const& rollout, Overview const& view) {
    std::set<std::string> waits;
    for (auto const& centre : view.centres)
      for (auto const& stage : centre.stages)
        for (auto const& step : stage.steps)
          if (step.at_turn && step.remedy == view.remedy) waits.insert(step.text);
    std::vector<std::string> const texts(waits.begin(), waits.end());
    tell("promotion." + std::to_string(rollout.promoted.size()),
         {.topic = Topic::RolloutPromotion,
          .title = name() + " waits for a promotion",
          .text = whole_name() + ": a group is done, and the next one begins when somebody says so (" + join(texts, "; ") + ").",
          .next = code(view.remedy)});
  }

  /// The same stall is told once however often it comes and goes: another one has other hosts, remedies, or more that is done.
  void suspect(Overview const& view, Suspected const& before) {
    std::set<std::string> lines;
    for (auto const& each : view.stalled) lines.insert(each.host + " " + each.component + " " + each.remedy + "\n");
    std::string all = std::to_string(view.done) + "\n";
    for (auto const& line : lines) all += line;
    auto const event = "stalled." + from_.digest(all).substr(0, kDigestShown);
    made_.suspected = {event, before.event == event ? before.since : from_.now};
    if (from_.now - made_.suspected.since >= kStallIsReal) stalled(event, view);
  }

  void stalled(std::string const& event, Overview const& view) {
    std::vector<Subject> hosts;
    for (auto const& each : view.stalled) hosts.push_back({each.component, {}, {}, {}, each.text, each.host, each.remedy});
    tell(event, {.topic = Topic::RolloutStalled,
                 .title = "ROLLOUT " + made_.known.rollout + " IS STALLED: " + view.stalled.front().host + ": " + view.stalled.front().text,
                 .text = whole_name() + " is stalled: none of the hosts that are left can start (" + std::to_string(view.done) + " of " +
                         std::to_string(view.all) + " steps are done).",
                 .next = "what stands behind each host resolves it; " + code("tykup fleet status") + " shows all of it",
                 .components = std::move(hosts)});
  }

  // ---- versions

  struct Offer {
    std::string version;
    std::string installed;
    unsigned hosts = 0;
    unsigned all = 0;
  };

  static bool is_newer(Carried const& carried, std::string const& version, std::string const& than) {
    return compare_versions(carried.installed.front().of.format, version, than) > 0;
  }
  /// Upstream; empty where nothing newer than what is installed is offered.
  static std::string newest_above(Carried const& carried) {
    if (carried.installed.empty()) return {};
    auto const newest = std::ranges::find(carried.candidates, carried.installed.front().of, &Build::of);
    if (newest == carried.candidates.end()) return {};
    auto version = upstream_of(newest->version);
    return is_newer(carried, version, carried.version()) ? version : std::string{};
  }
  /// The newest version that any host is offered, component by component.
  static std::map<std::string, Offer> offers(Board const& board) {
    std::map<std::string, Offer> found;
    for (auto const& host : board.hosts) {
      for (auto const& carried : host.record.carried) {
        auto& offer = found[carried.component];
        ++offer.all;
        auto const newest = newest_above(carried);
        if (newest.empty()) continue;
        bool const other = offer.version.empty() || is_newer(carried, newest, offer.version);
        if (other) offer = {newest, carried.version(), 0, offer.all};
        if (newest == offer.version) ++offer.hosts;
      }
    }
    return found;
  }

  void versions(Board const& board) {
    for (auto const& [component, offer] : offers(board)) {
      if (offer.version.empty()) continue;
      auto& known = made_.known.offered;
      auto const last = std::ranges::find(known, component, &Before::component);
      // Versions of one component are of one format in practice, and the rule of Debian orders upstream versions as rpm's does.
      if (last != known.end() && compare_versions(PackageFormat::Deb, offer.version, last->version) <= 0) continue;
      last == known.end() ? known.push_back({component, offer.version}) : void(last->version = offer.version);
      add("new-version " + component + " " + offer.version,
          {.topic = Topic::NewVersion,
           .title = component + " " + offer.version + " is available",
           .text = component + " " + offer.version + " is offered to " + std::to_string(offer.hosts) + " of the " + std::to_string(offer.all) +
                   " hosts of the fleet " + from_.cluster + " that carry it; installed is " + offer.installed + ". No host goes there before a rollout does.",
           .next = code("tykup fleet plan") + " shows what a rollout would do, " + code("tykup fleet start") + " begins it",
           .components = {{component, offer.installed, offer.version}}});
    }
  }

  Account made_;
  NewsFrom const& from_;
};

}  // namespace

Account account_of(Rollout const& rollout, KnownNews known, NewsFrom const& from) {
  Accountant accountant(std::move(known), from);
  accountant.record(rollout);
  return accountant.take();
}

Account account_of(Board const& board, KnownNews known, NewsFrom const& from, Suspected const& before) {
  Accountant accountant(std::move(known), from);
  accountant.board(board, before);
  return accountant.take();
}

}  // namespace tykup::fleet
