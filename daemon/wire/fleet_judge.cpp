#include <algorithm>
#include <utility>

#include "daemon/core/fleet/planted.hpp"
#include "daemon/wire/fleet_ops.hpp"
#include "daemon/wire/fleet_txn.hpp"

namespace tykup::wire {

using namespace fleet;

namespace {

/// Whether the nested transaction that the index-th operation was took its first branch.
bool nested_succeeded(etcd::TxnDone const& done, std::size_t index) {
  if (index >= done.answers.size()) return false;
  auto const* answer = std::get_if<etcd::NestedDone>(&done.answers[index]);
  return answer != nullptr && answer->done.size() == 1 && answer->done.front().succeeded;
}

HeldSlot const* own_slot(Sight const& sight, Step const& step) {
  auto const found = std::ranges::find_if(sight.slots, [&](HeldSlot const& held) {
    return held.datacenter == step.stage.datacenter && held.component == step.stage.component && held.slot &&
           held.slot->host == step.host && held.slot->identity == step.identity;
  });
  return found == sight.slots.end() ? nullptr : &*found;
}

bool is_held(Sight const& sight, Holding const& holding) {
  auto const* own = own_slot(sight, holding.step);
  return own != nullptr && own->k == holding.k && own->slot.created == holding.created;
}

class Judge {
 public:
  Judge(Keys const& keys, etcd::TxnDone const& done) : keys_(keys), done_(done) {}

  Result<Told> operator()(ask::Read const& ask) { return looked(ask.step); }
  Result<Told> operator()(ask::Look const& ask) { return looked(ask.step); }

  Result<Told> operator()(ask::Register const& ask) {
    auto const open = ask.step.rollout && ask.step.rollout->open();
    bool const may_end = open && ask.join.empty() && ask.step.rollout->state != RolloutState::Preparing;
    if (done_.succeeded) return Told{told::Registered{done_.revision, may_end && nested_succeeded(done_, done_.answers.size() - 1)}};
    return unless(ask.step, [&](Sight const& sight) -> std::optional<Told> {
      bool const ours = sight.host && *sight.host == ask.record && sight.host.modified != ask.step.host_revision;
      bool const same = sight.rollout.modified == ask.step.rollout.modified && sight.meta.modified == ask.step.meta_revision;
      if (!ours || !same) return {};
      return told::Registered{sight.host.modified, false};
    });
  }

  Result<Told> operator()(ask::Dispute const& ask) {
    if (done_.succeeded) return Told{told::Settled{}};
    return unless(ask.step, [&](Sight const& sight) -> std::optional<Told> {
      if (!sight.host || *sight.host != ask.record) return {};
      return told::Settled{};
    });
  }
  Result<Told> operator()(ask::Enqueue const& ask) {
    if (!done_.succeeded) return refused(ask.step);
    auto sight = read_queue(keys_, ask.step, done_.answers, done_.revision);
    if (!sight) return fail(sight.error());
    return Told{told::Enqueued{std::move(*sight)}};
  }

  /// The own slot among those that stand there is the one of the transaction whose answer was lost.
  Result<Told> operator()(ask::Take const& ask) {
    auto const rollout = ask.step.open_rollout();
    if (done_.succeeded) return Told{told::Taken{ask.go.k, done_.revision, rollout}};
    return unless(ask.step, [&](Sight const& sight) -> std::optional<Told> {
      auto const* own = own_slot(sight, ask.step);
      if (own == nullptr || own->slot->rollout != rollout || own->slot->state != SlotState::InWork) return {};
      return told::Taken{own->k, own->slot.created, rollout};
    });
  }

  Result<Told> operator()(ask::Confirm const& ask) { return settled(ask.holding.step); }
  Result<Told> operator()(ask::Appear const& ask) { return settled(ask.holding.step); }

  Result<Told> operator()(ask::Complete const& ask) {
    constexpr std::size_t kLeave = 2;
    constexpr std::size_t kEnd = 4;
    constexpr std::size_t kRecord = 5;
    if (done_.succeeded) {
      return Told{told::Completed{nested_succeeded(done_, kLeave), nested_succeeded(done_, kEnd),
                                  nested_succeeded(done_, kRecord) ? done_.revision : 0}};
    }
    return unless(ask.holding.step, [&](Sight const& sight) -> std::optional<Told> {
      if (is_held(sight, ask.holding)) return {};
      return told::Completed{!sight.pending, false, 0};
    });
  }

  Result<Told> operator()(ask::Fail const& ask) {
    if (done_.succeeded) return Told{told::Settled{}};
    return unless(ask.holding.step, [&](Sight const& sight) -> std::optional<Told> {
      auto const* own = own_slot(sight, ask.holding.step);
      bool const gone = !is_held(sight, ask.holding);
      if (!gone && own->slot->state != SlotState::Failed) return {};
      return told::Settled{};
    });
  }

  Result<Told> operator()(ask::Release const& ask) {
    if (done_.succeeded) return Told{told::Settled{}};
    return unless(ask.holding.step, [&](Sight const& sight) -> std::optional<Told> {
      if (is_held(sight, ask.holding)) return {};
      return told::Settled{};
    });
  }

  Result<Told> operator()(ask::Record const& ask) { return settled(ask.step); }
  Result<Told> operator()(ask::End const& ask) { return settled(ask.step); }

  Result<Told> operator()(ask::Review const& ask) {
    auto seen = read_review(keys_, ask.holding.step, done_.answers, done_.revision);
    if (!seen) return fail(seen.error());
    return Told{told::Looked{std::move(*seen)}};
  }
  Result<Told> operator()(ask::Note const& ask) { return settled(ask.holding.step); }

  Result<Told> operator()(ask::Promote const& ask) {
    if (done_.succeeded) return Told{told::Taken{0, done_.revision, ask.step.rollout->id}};
    return unless(ask.step, [&](Sight const& sight) -> std::optional<Told> {
      auto const* own = own_slot(sight, ask.step);
      if (own == nullptr || own->slot->rollout != ask.step.rollout->id || own->slot->state != SlotState::Promoting) return {};
      return told::Taken{own->k, own->slot.created, own->slot->rollout};
    });
  }

  Result<Told> operator()(ask::Promoted const& ask) {
    if (done_.succeeded) return Told{told::Settled{}};
    return unless(ask.holding.step, [&](Sight const& sight) -> std::optional<Told> {
      if (is_held(sight, ask.holding)) return {};
      return told::Settled{};
    });
  }

  Result<Told> operator()(ask::Stop const& ask) {
    if (done_.succeeded) return Told{told::Settled{}};
    return unless(ask.step, [&](Sight const& sight) -> std::optional<Told> {
      if (!sight.rollout || *sight.rollout != ask.rollout) return {};
      return told::Settled{};
    });
  }

 private:
  Result<Sight> sight(Step const& step) { return read_sight(keys_, step, done_.answers, done_.revision); }
  Result<Told> looked(Step const& step) {
    auto seen = sight(step);
    if (!seen) return fail(seen.error());
    return Told{told::Looked{std::move(*seen)}};
  }
  Result<Told> refused(Step const& step) {
    auto seen = sight(step);
    if (!seen) return fail(seen.error());
    return Told{told::Refused{std::move(*seen)}};
  }
  Result<Told> settled(Step const& step) { return done_.succeeded ? Result<Told>(told::Settled{}) : refused(step); }

  /// What stands there may be what an earlier try has done.
  template <typename Was>
  Result<Told> unless(Step const& step, Was was_done) {
    auto seen = sight(step);
    if (!seen) return fail(seen.error());
    if (!planted(Bug::LostReplyIsRefusal))
      if (auto const told = was_done(*seen)) return *told;
    return Told{told::Refused{std::move(*seen)}};
  }

  Keys const& keys_;
  etcd::TxnDone const& done_;
};

}  // namespace

Result<Told> judge(Keys const& keys, Ask const& ask, etcd::TxnDone const& done) { return std::visit(Judge{keys, done}, ask); }

}  // namespace tykup::wire
