#include "daemon/wire/fleet_json.hpp"
#include "tests/simulation/fleet/fleet_network.hpp"

/// Watches: what etcd tells by itself.
namespace tykup::simulation {

using namespace std::chrono_literals;

void FleetNetwork::watch(FleetMember& member, fleet::command::Watch watch) {
  unwatch(member, watch.which);
  ++world_.cost.requests;
  Watch const own{&member, watch.which, watch.deletions, member.watch_serial(watch.which), member.life(), {}};
  world_.time.after(latency(), [this, &member, own, keys = std::move(watch.keys), from = watch.from] { open(member, own, keys, from); });
}

void FleetNetwork::open(FleetMember& member, Watch watch, etcd::KeyRange const& keys, etcd::Revision from) {
  if (member.life() != watch.life || member.watch_serial(watch.which) != watch.serial) return;
  auto const unreachable = [this, watch] { tell(watch, fleet::event::WatchEnded{watch.which}, true); };
  if (!arrives(member, unreachable)) return;
  if (world_.befalls(300)) compact();
  world_.catch_up();
  auto const id = world_.etcd.watch(keys, from);
  watches_.emplace(id, watch);
  open_[{&member, watch.which}] = id;
  pump();
}

void FleetNetwork::unwatch(FleetMember& member, fleet::Watched which) {
  member.watch_is_over(which);
  auto const found = open_.find({&member, which});
  if (found == open_.end()) return;
  world_.etcd.cancel(found->second);
  watches_.erase(found->second);
  open_.erase(found);
}

void FleetNetwork::drop(FleetMember& member, bool tells) {
  for (auto const which : {fleet::Watched::Rollout, fleet::Watched::Gate}) {
    auto const found = open_.find({&member, which});
    if (found == open_.end()) continue;
    auto const watch = watches_.at(found->second);
    if (tells) tell(watch, fleet::event::WatchEnded{which}, true);
    else unwatch(member, which);
  }
}

void FleetNetwork::end_a_watch() {
  if (watches_.empty()) return;
  // The order of a hash map is nobody's: the oldest of a few.
  auto chosen = watches_.begin()->first;
  auto const wanted = world_.dice.roll(1'000'000);
  auto distance = [&](fakes::FakeEtcd::WatchId id) { return (id * 2654435761ULL + static_cast<std::uint64_t>(wanted)) % 1'000'003; };
  for (auto const& [id, watch] : watches_)
    if (std::pair(distance(id), id) < std::pair(distance(chosen), chosen)) chosen = id;
  using Reason = etcd::WatchEnd::Reason;
  world_.etcd.end(chosen, world_.dice.one_of(std::vector{Reason::Closed, Reason::NoLeader, Reason::Refused, Reason::Compacted}));
  pump();
}

/// Everything that was is gone; whoever watches from before it is told so.
void FleetNetwork::compact() {
  world_.catch_up();
  static_cast<void>(world_.etcd.txn({{}, {etcd::Put{"/other/key", "1"}}, {}}));
  if (world_.etcd.compact(world_.etcd.header().revision)) world_.count("fault: compacted");
}

void FleetNetwork::pump() {
  plan_expiry();
  for (auto const id : world_.etcd.take_ready()) {
    auto const news = world_.etcd.take(id);
    auto const found = watches_.find(id);
    if (found == watches_.end()) continue;
    send_news(found->second, news);
    if (!news.end) continue;
    open_.erase({found->second.member, found->second.which});
    watches_.erase(found);
  }
}

fleet::Stored<fleet::Rollout> const& FleetNetwork::rollout_of(etcd::WatchEvent const& event) {
  auto const known = rollouts_.find(event.value.mod_revision);
  if (known != rollouts_.end() && known->second.created == event.value.create_revision) return known->second;
  auto rollout = wire::parse_fleet<fleet::Rollout>(event.value.value);
  auto& stored = rollouts_[event.value.mod_revision];
  stored = {};
  if (rollout) stored = {std::move(*rollout), event.value.create_revision, event.value.mod_revision};
  return stored;
}

namespace {

fleet::event::FreezeChanged freeze_changed(etcd::WatchEvent const& event) {
  fleet::event::FreezeChanged changed{{}, event.value.mod_revision};
  if (auto freeze = wire::parse_fleet<fleet::FleetFreeze>(event.value.value)) changed.freeze = {std::move(*freeze), event.value.create_revision, event.value.mod_revision};
  return changed;
}

}  // namespace

void FleetNetwork::send_news(Watch& watch, etcd::WatchNews const& news) {
  auto const delay = [&]() -> Duration {
    if (!world_.befalls(3000)) return latency();
    world_.count("fault: watch event delayed");
    return world_.dice.between(1s, 40s);
  };
  // What one watch tells stays in its order.
  watch.last = std::max(watch.last, world_.time.now() + delay());
  auto const send = [&](fleet::Event event, bool ends) {
    world_.time.at(watch.last, [this, watch, event = std::make_shared<fleet::Event const>(std::move(event)), ends] { tell(watch, *event, ends); });
  };
  for (auto const& event : news.events) {
    bool const deleted = event.kind == etcd::WatchEvent::Kind::Delete;
    // etcd is asked to leave these out.
    if (watch.deletions && !deleted) continue;
    ++(watch.which == fleet::Watched::Rollout ? world_.cost.words : world_.cost.events);
    bool const twice = world_.befalls(2000);
    if (twice) world_.count("fault: watch event repeated");
    for (int time = 0; time < (twice ? 2 : 1); ++time) {
      if (event.value.key == world_.keys.freeze())
        send(freeze_changed(event), false);
      else if (watch.which == fleet::Watched::Rollout)
        send(fleet::event::RolloutChanged{deleted ? fleet::Stored<fleet::Rollout>{} : rollout_of(event), event.value.mod_revision}, false);
      else
        send(fleet::event::GateChanged{event.value.mod_revision}, false);
    }
  }
  if (news.end) send(fleet::event::WatchEnded{watch.which}, true);
}

/// A host that hears nothing is told when it does again: of the end of its watches.
void FleetNetwork::tell(Watch const& watch, fleet::Event const& event, bool ends) {
  auto& member = *watch.member;
  if (member.life() != watch.life || member.watch_serial(watch.which) != watch.serial) return;
  if (member.is_cut_in() && !ends) return;
  if (ends) unwatch(member, watch.which);
  member.answered(watch.life, event);
}

}  // namespace tykup::simulation
