#include <algorithm>
#include <type_traits>
#include <utility>

#include "daemon/core/fleet/planted.hpp"
#include "daemon/wire/fleet_ops.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

constexpr std::int64_t kNamed = 3;  ///< hosts that are waited for, by name

etcd::Get first_of(etcd::KeyRange keys) { return {.keys = std::move(keys), .limit = kNamed}; }
etcd::Get last_of(etcd::KeyRange keys) {
  return {.keys = std::move(keys), .limit = 1, .order = etcd::Get::Order::Descending};
}
etcd::Get names_of(etcd::KeyRange keys) { return {.keys = std::move(keys), .keys_only = true}; }

etcd::Get last_in_queue(Keys const& keys, Stage const& stage, std::int64_t queued) {
  return {.keys = keys.queue_of(stage.datacenter, stage.component),
          .limit = 1,
          .order = etcd::Get::Order::Descending,
          .keys_only = true,
          .by = etcd::Get::By::CreateRevision,
          .max_create_revision = queued > 0 ? queued - 1 : 0};
}

Stage proven(Step const& step) {
  auto const before = step.rollout ? proven_before(*step.rollout, step.stage) : std::nullopt;
  return before.value_or(step.stage);
}

/// Nearly every answer has the same rollout in it: it is read once. What comes of it depends on the text alone.
Result<Rollout> rollout_in(std::string const& text) {
  thread_local std::pair<std::string, Rollout> last;
  if (!text.empty() && text == last.first) return last.second;
  auto rollout = parse_fleet<Rollout>(text);
  if (rollout) last = {text, *rollout};
  return rollout;
}

template <typename Record>
Result<Record> record_in(std::string const& text) {
  if constexpr (std::is_same_v<Record, Rollout>) return rollout_in(text);
  else return parse_fleet<Record>(text);
}

/// Takes one answer after the other; the first that cannot be read is remembered.
class Answers {
 public:
  explicit Answers(std::vector<etcd::OpDone> const& answers) : answers_(answers) {}

  etcd::Got const& next() {
    static etcd::Got const nothing;
    auto const* got = index_ < answers_.size() ? std::get_if<etcd::Got>(&answers_[index_++]) : nullptr;
    if (got == nullptr) note({ErrorKind::Internal, "etcd's answer has fewer parts than the question"});
    return got == nullptr ? nothing : *got;
  }
  bool any() { return !next().values.empty(); }

  template <typename Record>
  Stored<Record> record() {
    auto const& got = next();
    return got.values.empty() ? Stored<Record>{} : stored<Record>(got.values.front());
  }
  template <typename Record>
  Stored<Record> stored(etcd::KeyValue const& value) {
    auto parsed = record_in<Record>(value.value);
    if (!parsed) note(with_context(parsed.error(), value.key));
    return {parsed ? std::optional<Record>(std::move(*parsed)) : std::nullopt, value.create_revision, value.mod_revision};
  }
  [[nodiscard]] std::optional<Error> const& error() const { return error_; }

 private:
  void note(Error error) {
    if (!error_) error_ = std::move(error);
  }
  std::vector<etcd::OpDone> const& answers_;
  std::size_t index_ = 0;
  std::optional<Error> error_;
};

std::string without_rollout(std::string component, Step const& step) {
  auto const suffix = step.rollout ? "." + step.rollout->id : std::string{};
  if (planted(Bug::SlotByRollout) && !suffix.empty() && component.ends_with(suffix)) component.resize(component.size() - suffix.size());
  return component;
}

std::vector<HeldSlot> read_slots(Keys const& keys, Step const& step, Answers& answers) {
  std::vector<HeldSlot> slots;
  for (auto const& value : answers.next().values) {
    auto const place = keys.read_slot(value.key);
    if (!place) continue;
    slots.push_back({place->datacenter, without_rollout(place->component, step), place->k, answers.stored<Slot>(value)});
  }
  return slots;
}

std::vector<std::string> read_lives(Keys const& keys, Answers& answers) {
  std::vector<std::string> hosts;
  for (auto const& value : answers.next().values)
    if (auto host = keys.read_live(value.key)) hosts.push_back(std::move(*host));
  return hosts;
}

std::vector<Blocker> read_blockers(Keys const& keys, Answers& answers) {
  std::vector<Blocker> blockers;
  for (auto const& value : answers.next().values) {
    auto place = keys.read_pending(value.key);
    auto const pending = answers.stored<Pending>(value);
    if (place && pending) blockers.push_back({std::move(*place), pending->component});
  }
  return blockers;
}

void read_earlier(Keys const& keys, Sight& sight, Answers& answers) {
  sight.earlier = read_blockers(keys, answers);
  for (auto& blocker : read_blockers(keys, answers))
    if (sight.earlier.size() < kNamed) sight.earlier.push_back(std::move(blocker));
  auto const last_rank = read_blockers(keys, answers);
  auto const last_step = read_blockers(keys, answers);
  // What is last in the own chain comes after all lower ranks.
  if (!last_rank.empty()) sight.latest = last_rank.front();
  if (!last_step.empty()) sight.latest = last_step.front();
}

void read_place(Keys const& keys, Sight& sight, Answers& answers) {
  auto const& own = answers.next().values;
  if (!own.empty()) sight.queued = own.front().create_revision;
  if (!own.empty()) sight.queue_lease = own.front().lease;
  auto const& last = answers.next().values;
  if (!last.empty()) sight.predecessor = keys.read_queue(last.front().key).value_or("");
}

void read_stage(Keys const& keys, Sight& sight, Answers& answers) {
  sight.pending = answers.any();
  read_earlier(keys, sight, answers);
  for (auto const& value : answers.next().values) sight.unready.push_back(value.key.substr(value.key.rfind('/') + 1));
  sight.soaking = answers.any();
  sight.previous_done = answers.any();
  sight.begun = answers.any();
  read_place(keys, sight, answers);
  if (planted(Bug::PercentOfCurrent)) sight.hosts = answers.next().count;
}

}  // namespace

std::vector<etcd::Op> sight_ops(Keys const& keys, Step const& step, std::int64_t queued) {
  std::vector<etcd::Op> ops{get(keys.meta()), get(keys.rollout()), get(keys.freeze()), get(keys.host(step.host)), get(keys.forgotten(step.host)),
                            etcd::Get{.keys = keys.all_pending(), .count_only = true},
                            etcd::Get{.keys = keys.all_slots()}, names_of(keys.lives())};
  auto const& stage = step.stage;
  if (stage.component.empty()) {
    ops.push_back(get(keys.policy()));
    return ops;
  }
  auto const place = step.place();
  auto const before = proven(step);
  for (auto& op : std::vector<etcd::Op>{
           names_of(only(keys.pending(place))), first_of(keys.pending_of_lower_ranks(place)), first_of(keys.pending_of_lower_steps(place)),
           last_of(keys.pending_of_lower_ranks(place)), last_of(keys.pending_of_lower_steps(place)),
           first_of(keys.unready_of(stage.datacenter)), get(keys.soak(before)), get(keys.done(before)), get(keys.first(stage)),
           get(keys.queue(stage.datacenter, stage.component, step.host)), last_in_queue(keys, stage, queued)})
    ops.push_back(std::move(op));
  if (planted(Bug::PercentOfCurrent)) ops.emplace_back(etcd::Get{.keys = keys.hosts(), .count_only = true});
  return ops;
}

Result<Sight> read_sight(Keys const& keys, Step const& step, std::vector<etcd::OpDone> const& done, etcd::Revision revision) {
  Answers answers(done);
  Sight sight;
  sight.revision = revision;
  sight.meta = answers.record<Meta>();
  sight.rollout = answers.record<Rollout>();
  sight.freeze = answers.record<FleetFreeze>();
  sight.host = answers.record<HostRecord>();
  // A mark from before the own record was written is no word on that record.
  auto const& marks = answers.next().values;
  sight.forgotten = !marks.empty() && marks.front().mod_revision > step.written;
  sight.left = answers.next().count;
  sight.slots = read_slots(keys, step, answers);
  sight.live = read_lives(keys, answers);
  if (step.stage.component.empty()) {
    sight.policy = answers.record<Policy>();
  } else {
    read_stage(keys, sight, answers);
  }
  if (answers.error()) return fail(*answers.error());
  return sight;
}

std::vector<etcd::Op> review_ops(Keys const& keys, Step const& step) {
  auto ops = sight_ops(keys, step, 0);
  auto const place = step.place();
  for (auto range : {keys.pending_of_stage(place), keys.pending_of_centre(place)})
    ops.emplace_back(etcd::Get{.keys = std::move(range), .limit = 2, .keys_only = true});
  return ops;
}

Result<Sight> read_review(Keys const& keys, Step const& step, std::vector<etcd::OpDone> const& done, etcd::Revision revision) {
  auto sight = read_sight(keys, step, done, revision);
  if (!sight) return sight;
  auto const own = keys.pending(step.place());
  auto const other_in = [&](std::size_t from_end) -> std::string {
    auto const* got = done.size() >= from_end ? std::get_if<etcd::Got>(&done[done.size() - from_end]) : nullptr;
    if (got == nullptr) return {};
    auto const other = std::ranges::find_if(got->values, [&](etcd::KeyValue const& value) { return value.key != own; });
    return other == got->values.end() ? std::string{} : other->key;
  };
  sight->other_of_stage = other_in(2);
  sight->other_of_centre = other_in(1);
  return sight;
}

std::vector<etcd::Op> queue_ops(Keys const& keys, Step const& step) {
  return {etcd::Get{.keys = keys.all_slots()}, names_of(keys.lives()), get(keys.first(step.stage)), last_in_queue(keys, step.stage, 0)};
}

Result<Sight> read_queue(Keys const& keys, Step const& step, std::vector<etcd::OpDone> const& done, etcd::Revision revision) {
  Answers answers(done);
  Sight sight;
  sight.revision = revision;
  sight.rollout = step.rollout;
  sight.freeze = step.freeze;
  sight.pending = true;
  sight.previous_done = true;
  sight.slots = read_slots(keys, step, answers);
  sight.live = read_lives(keys, answers);
  sight.begun = answers.any();
  auto const& last = answers.next().values;
  if (!last.empty()) sight.predecessor = keys.read_queue(last.front().key).value_or("");
  sight.queued = revision;
  if (answers.error()) return fail(*answers.error());
  return sight;
}

}  // namespace tykup::wire
