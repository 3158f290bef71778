#include "daemon/core/notify_news.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "daemon/core/result.hpp"
#include "daemon/core/words.hpp"

namespace tykup::notify {
namespace {

using rollout::RunRecord;
using rollout::RunResult;
using rollout::StepResult;
using std::chrono::days;

/// Days before its end at which a key is spoken of; 0: it has ended.
constexpr std::array kThresholds{0, 1, 7, 30};
constexpr std::size_t kShortHash = 12;
constexpr std::size_t kLongestTitle = 150;

std::string day_of(Instant at) { return to_rfc3339(std::chrono::floor<days>(at)).substr(0, 10); }

std::string move_text(PlanStep const& step) { return step.component + " " + step.from_version() + " to " + step.to_version(); }

std::vector<std::string> moves(std::vector<PlanStep> const& steps) {
  std::vector<std::string> texts;
  for (auto const& step : steps) texts.push_back(move_text(step));
  return texts;
}

std::vector<Subject> subjects(std::vector<PlanStep> const& steps) {
  std::vector<Subject> found;
  for (auto const& step : steps) found.push_back({step.component, step.from_version(), step.to_version()});
  return found;
}

std::vector<Subject> subjects(RunRecord const& run) {
  std::vector<Subject> found;
  for (auto const& at : run.steps)
    found.push_back({at.step.component, at.step.from_version(), at.step.to_version(), std::string(to_string(at.result)), at.reason});
  return found;
}

std::vector<std::string> components_of(RunRecord const& run, StepResult result) {
  std::vector<std::string> names;
  for (auto const& at : run.steps)
    if (at.result == result) names.push_back(at.step.component);
  return names;
}

/// The smallest threshold that the key is past; nothing: it is good for longer.
std::optional<int> threshold_of(Instant expires, Instant now) {
  for (auto const threshold : kThresholds)
    if (expires - now <= days{threshold}) return threshold;
  return std::nullopt;
}

/// What the plan that follows does with that version.
std::string fate_text(rollout::State const& next, std::string const& component, std::string const& version) {
  auto const* plan = rollout::plan_of(next.phase);
  if (plan == nullptr) return "tykup has not decided on it yet.";
  auto const step = std::ranges::find(plan->steps, component, &PlanStep::component);
  if (step != plan->steps.end())
    return step->to_version() == version ? "It is in the plan." : "The plan goes to " + step->to_version() + ", as far as [policy] allows.";
  auto const staying = std::ranges::find(plan->staying, component, &Choice::component);
  if (staying == plan->staying.end() || staying->reasons.empty()) return "[policy] does not go there.";
  std::vector<std::string> reasons;
  for (auto const& reason : staying->reasons) reasons.push_back(reason.text);
  return "It is not taken yet: " + join(reasons, "; ") + ".";
}

class News {
 public:
  explicit News(NewsQuery const& query) : query_(query) {}

  std::vector<Notification> all() {
    if (auto const* inspected = std::get_if<rollout::event::Inspected>(&query_.event)) {
      if (!in_fleet()) tell_versions(inspected->result.facts);
      tell_keys(inspected->result.facts);
    }
    if (!is_step_of_fleet())
      for (auto const& command : query_.transition.commands)
        if (auto const* said = std::get_if<rollout::command::Announce>(&command)) tell_rollback(said->announcement);
    tell_end();
    if (in_fleet()) return std::move(found_);
    tell_approval();
    tell_ended_approval();
    return std::move(found_);
  }

 private:
  [[nodiscard]] rollout::Context const& context() const { return query_.context; }
  /// One host tells for all of it what is new, and how its rollouts go.
  [[nodiscard]] bool in_fleet() const { return context().fleet != nullptr; }
  [[nodiscard]] bool is_step_of_fleet() const {
    auto const* run = rollout::run_of(query_.before.phase);
    if (run == nullptr) run = rollout::run_of(query_.transition.next.phase);
    return in_fleet() && run != nullptr && run->grant;
  }

  void tell(Notification told) {
    auto const& events = context().config.notify.events;
    bool const is_wanted = std::ranges::find(events, told.topic) != events.end();
    if (!is_wanted || std::ranges::find(context().memory.told, told.key) != context().memory.told.end()) return;
    told.id = context().digest(context().machine_id + "\n" + told.key).substr(0, 32);
    told.at = context().now;
    told.host = query_.host;
    told.title = one_line(told.title, kLongestTitle);
    found_.push_back(std::move(told));
  }

  /// The newest of those that a component had not been offered before.
  void tell_versions(HostFacts const& facts) {
    std::set<std::string> done;
    for (auto const& record : query_.transition.records) {
      auto const* seen = std::get_if<rollout::record::Seen>(&record);
      if (seen == nullptr || !done.insert(seen->version.component).second || was_seen(seen->version)) continue;
      tell_version(seen->version, facts.find(seen->version.component));
    }
  }

  /// The same version in other bytes is no news.
  [[nodiscard]] bool was_seen(SeenVersion const& version) const {
    return std::ranges::any_of(context().memory.seen, [&](SeenVersion const& known) {
      return known.component == version.component && known.version == version.version;
    });
  }

  void tell_version(SeenVersion const& seen, ComponentFacts const* facts) {
    auto const installed = facts == nullptr || facts->installed.empty() ? std::string{} : facts->installed.front().version;
    auto const what = seen.component + " " + seen.version;
    tell({.key = "new-version " + what,
          .topic = Topic::NewVersion,
          .title = what + " is available",
          .text = what + " is offered; installed is " + installed + ". " + fate_text(query_.transition.next, seen.component, seen.version),
          .next = "`tykup plan` shows what is done and when, and why what stays does",
          .components = {{seen.component, installed, seen.version}}});
  }

  /// Several components may share a key.
  void tell_keys(HostFacts const& facts) {
    std::map<std::pair<std::string, Instant>, std::vector<std::string>> keys;
    for (auto const& component : facts.components) {
      auto const& subscription = component.subscription;
      if (subscription.key_expires) keys[{subscription.key_fingerprint, *subscription.key_expires}].push_back(component.component);
    }
    for (auto const& [key, components] : keys) tell_key(key.first, key.second, components);
  }

  void tell_key(std::string const& fingerprint, Instant expires, std::vector<std::string> const& components) {
    auto const threshold = threshold_of(expires, context().now);
    if (!threshold) return;
    auto const whose = "the repository key of " + join(components);
    auto const left = std::chrono::ceil<days>(expires - context().now).count();
    auto const when = *threshold == 0 ? std::string("expired on ") + day_of(expires)
                                      : "expires in " + std::to_string(left) + (left == 1 ? " day" : " days") + ", on " + day_of(expires);
    std::vector<Subject> about;
    for (auto const& component : components) about.push_back({component});
    tell({.key = "key-expiring " + fingerprint + " " + day_of(expires) + " " + std::to_string(*threshold),
          .topic = Topic::KeyExpiring,
          .title = whose + " " + when,
          .text = "The key " + fingerprint + ", which signs what is subscribed for " + join(components) + ", " + when +
                  ". Without a valid key nothing of it is upgraded.",
          .next = "get the publisher's new key, compare its fingerprint with the one that is published, and subscribe anew with `tykup subscribe`",
          .components = std::move(about)});
  }

  /// A plan that waits for somebody's word, whatever else it waits for.
  void tell_approval() {
    auto const* waiting = std::get_if<rollout::phase::Waiting>(&query_.transition.next.phase);
    if (waiting == nullptr) return;
    auto const word = std::ranges::find_if(waiting->reasons, [](Reason const& reason) {
      return reason.gate == Gate::Approval || reason.gate == Gate::WithoutRollback;
    });
    if (word == waiting->reasons.end()) return;
    auto const& plan = waiting->plan;
    tell({.key = "approval " + plan.hash,
          .topic = Topic::Approval,
          .title = "plan " + plan.hash.substr(0, kShortHash) + " waits for an operator: " + join(moves(plan.steps)),
          .text = "Everything for " + join(moves(plan.steps)) + " is fetched and verified, and nothing begins before somebody says so: " +
                  word->text + ".",
          .next = "read `tykup plan`, then `" + word->remedy + "`",
          .plan = plan.hash,
          .components = subjects(plan.steps)});
  }

  /// The plan stands and waits again.
  void tell_ended_approval() {
    auto const& given = context().memory.approval;
    auto const* plan = rollout::plan_of(query_.before.phase);
    if (plan == nullptr) plan = rollout::plan_of(query_.transition.next.phase);
    auto const is_taken_back = [](rollout::Record const& record) { return std::holds_alternative<rollout::record::Unapproved>(record); };
    if (!given || !given->until || context().now < *given->until || plan == nullptr || plan->hash != given->plan_hash ||
        std::ranges::none_of(query_.transition.records, is_taken_back))
      return;
    auto const name = plan->hash.substr(0, kShortHash);
    tell({.key = "approval " + plan->hash + " " + to_rfc3339(*given->until),
          .topic = Topic::Approval,
          .title = "the approval of plan " + name + " has ended: " + join(moves(plan->steps)),
          .text = "The approval by " + given->by + " ended " + to_rfc3339(*given->until) + " before the plan was run. It waits again.",
          .next = "read `tykup plan`, then `tykup approve " + name + "`",
          .plan = plan->hash,
          .components = subjects(plan->steps)});
  }

  void tell_rollback(rollout::Announcement const& said) {
    if (said.said != rollout::Said::RolledBack) return;
    bool const is_withdrawn = said.reason == to_string(ErrorKind::Withdrawn);
    tell({.key = "rollback " + said.run + " " + said.component,
          .topic = Topic::Rollback,
          .title = said.component + " is back on " + said.from + ": " + said.to + (is_withdrawn ? " was taken back by an operator" : " failed"),
          .text = said.message,
          .next = "`tykup history " + said.run + "` has the details",
          .run = said.run,
          .components = {{said.component, said.from, said.to, std::string(to_string(StepResult::RolledBack)), said.reason}}});
  }

  void tell_end() {
    for (auto const& record : query_.transition.records) {
      auto const* history = std::get_if<rollout::record::History>(&record);
      bool const is_told = history != nullptr && history->run.ended && (!is_step_of_fleet() || history->run.result == RunResult::NeedsAdmin);
      if (is_told) tell_end_of(history->run);
    }
  }

  void tell_end_of(RunRecord const& run) {
    // An operator takes a component back: that it is back is told already, and what did not begin he has seen himself.
    bool const is_withdrawal = !run.undoes.empty();
    if (is_withdrawal && (run.result == RunResult::RolledBack || run.result == RunResult::Partial)) return;
    Notification told{.key = "run " + run.id, .run = run.id, .plan = run.plan_hash, .components = subjects(run)};
    auto const later = "`tykup history " + run.id + "` has the details";
    if (run.result == RunResult::Done) {
      std::vector<std::string> done;
      for (auto const& at : run.steps) done.push_back(move_text(at.step));
      told.topic = Topic::RunDone;
      told.title = "run done: " + join(done);
      told.text = "Run " + run.id + " is done: every component is new and healthy.";
      return tell(std::move(told));
    }
    if (run.result == RunResult::Partial) return tell_early_end(run, std::move(told));
    told.topic = Topic::RunFailed;
    auto const& trouble = query_.transition.next.standing.trouble;
    bool const needs_admin = run.result == RunResult::NeedsAdmin;
    auto const who = needs_admin ? components_of(run, StepResult::NeedsAdmin) : components_of(run, StepResult::RolledBack);
    told.title = needs_admin ? "RUN FAILED, " + join(who) + " NEEDS AN ADMINISTRATOR"
                             : "RUN FAILED" + (who.empty() ? ": " + run.reason : ", " + join(who) + " is back on the old version");
    told.text = "Run " + run.id + " stopped: " + (trouble ? trouble->text : run.reason) + ". Later components are untouched.";
    told.next = trouble ? trouble->remedy : later;
    if (!needs_admin) told.next = later + "; nothing is tried again before the next window";
    tell(std::move(told));
  }

  /// What could not begin is tried again by itself: that is told once for a plan.
  void tell_early_end(RunRecord const& run, Notification told) {
    auto const done = components_of(run, StepResult::Done);
    told.topic = done.empty() ? Topic::RunFailed : Topic::RunDone;
    if (done.empty()) told.key = "put-off " + run.plan_hash;
    told.title = (done.empty() ? "run put off: " : "run ended early, " + join(done) + " done: ") + run.reason;
    told.text = "Run " + run.id + " ended early: " + run.reason + ". What is left waits and is tried again by itself" +
                (done.empty() ? "; as long as the plan stays the same this is not told again." : ".");
    told.next = "`tykup status` says what it waits for";
    tell(std::move(told));
  }

  NewsQuery const& query_;
  std::vector<Notification> found_;
};

}  // namespace

std::vector<Notification> news(NewsQuery const& query) { return News(query).all(); }

bool add_news(rollout::Transition& transition, std::vector<Notification> const& news, NotifyConfig const& config, Digest const& digest) {
  std::vector<std::string> ways;
  for (auto const& way : ways_of(config, digest)) ways.push_back(way.id);
  if (ways.empty()) return false;
  for (auto const& notification : news) transition.records.emplace_back(rollout::record::Told{notification, ways});
  return !news.empty();
}

}  // namespace tykup::notify
