#include "tests/simulation/fleet/fleet_network.hpp"

#include "daemon/wire/fleet_json.hpp"
#include "daemon/wire/fleet_txn.hpp"

namespace tykup::simulation {

using namespace std::chrono_literals;

namespace {

constexpr Duration kTimeout = 5s;

Error gone() { return {ErrorKind::EtcdUnknown, "etcd does not answer"}; }

}  // namespace

Duration FleetNetwork::latency() {
  if (world_.befalls(400)) {
    world_.count("fault: request or answer very late");
    return world_.dice.between(3s, 25s);
  }
  if (world_.befalls(2000)) return std::chrono::milliseconds{100 + world_.dice.roll(3000)};
  return std::chrono::milliseconds{1 + world_.dice.roll(4)};
}

bool FleetNetwork::arrives(FleetMember const& member, std::function<void()> lost) {
  bool const drops = world_.befalls(700);
  if (drops) world_.count("fault: request lost");
  if (world_.etcd_up && !member.is_cut_out() && !drops) return true;
  world_.time.after(kTimeout, std::move(lost));
  return false;
}

void FleetNetwork::reply(FleetMember& member, std::uint64_t life, fleet::Event answer, std::function<void()> lost) {
  world_.time.after(latency(), [this, &member, life, answer = std::move(answer), lost = std::move(lost)] {
    bool const drops = world_.befalls(1500);
    if (drops) world_.count("fault: reply lost after commit");
    if (drops || member.is_cut_in()) return world_.time.after(kTimeout, lost);
    member.heard_of_etcd();
    member.answered(life, answer);
  });
}

void FleetNetwork::transact(FleetMember& member, std::uint64_t number, fleet::Ask ask) {
  ++world_.cost.requests;
  member.asks();
  world_.count("ask: " + std::string(fleet::name_of(ask)));
  auto perform = [this, &member, number, ask, life = member.life(), files = member.files(), sent = world_.time.now()] {
    this->perform(member, number, life, ask, files, sent);
  };
  auto const* take = std::get_if<fleet::ask::Take>(&ask);
  if (take == nullptr && !std::holds_alternative<fleet::ask::Confirm>(ask)) return world_.time.after(latency(), std::move(perform));
  auto const place = take != nullptr ? std::optional(take->step.stage.component_rank) : std::nullopt;
  world_.time.after(latency(), [this, &member, place, perform = std::move(perform)] {
    auto const held_up = at_the_worst_moment(member, place);
    if (held_up == Duration{0}) return perform();
    world_.time.after(held_up, perform);
  });
}

void FleetNetwork::perform(FleetMember& member, std::uint64_t number, std::uint64_t life, fleet::Ask const& ask,
                           std::vector<File> const& files, Instant sent) {
  auto lost = [&member, life, number] { member.answered(life, fleet::event::Lost{number, gone()}); };
  if (!arrives(member, lost)) return;
  world_.catch_up();
  auto const done = world_.etcd.txn(wire::txn_of(world_.keys, ask));
  if (!done) return reply(member, life, fleet::event::Lost{number, done.error()}, lost);
  ++world_.changes;
  auto told = wire::judge(world_.keys, ask, *done);
  if (!told) {
    world_.judge.violation("records", "an answer cannot be read: " + told.error().message, {member.number()});
    return reply(member, life, fleet::event::Unreadable{number, told.error()}, lost);
  }
  if (done->succeeded) note(member, ask, *told, files, sent);
  count_answer(ask, *told);
  pump();
  reply(member, life, fleet::event::Answered{number, std::move(*told)}, lost);
}

/// What the judge has to know of what etcd did.
void FleetNetwork::note(FleetMember& member, fleet::Ask const& ask, fleet::Told const& told, std::vector<File> const& files, Instant sent) {
  auto const place_of = [&](fleet::Stage const& stage) { return stage.component_rank; };
  auto const number = member.number();
  if (auto const* fail = std::get_if<fleet::ask::Fail>(&ask)) {
    auto const& of = fail->holding.step;
    if (of.rollout && of.rollout->id == fail->slot.rollout) world_.judge.failure_told(number, place_of(of.stage), world_.changes);
    world_.tell(number, "etcd has its failure");
  }
  if (auto const* done = std::get_if<fleet::ask::Complete>(&ask)) world_.judge.gives_back(number, place_of(done->holding.step.stage));
  if (auto const* freed = std::get_if<fleet::ask::Release>(&ask)) world_.judge.gives_back(number, place_of(freed->holding.step.stage));
  auto const* completed = std::get_if<fleet::told::Completed>(&told);
  bool const with_record = completed != nullptr && completed->registered != 0;
  if (with_record || std::holds_alternative<fleet::ask::Register>(ask)) world_.judge.registered(number, files);
  if (std::holds_alternative<fleet::ask::Stop>(ask)) {
    world_.count("a host stops the rollout");
    world_.judge.rollout_runs(false, world_.changes);
  }
  if (std::holds_alternative<fleet::ask::Dispute>(ask)) world_.judge.disputed(number, true, world_.changes);
  if (auto const* take = std::get_if<fleet::ask::Take>(&ask)) {
    bool const long_closed = !member.is_open_at(member.clock()) && !member.is_open_at(member.clock() - 2min) &&
                             member.was_steady_since(world_.time.now() - 3min) && member.life() > 0 && sent > world_.time.now() - 30s;
    world_.judge.slot_taken(number, place_of(take->step.stage), world_.changes, long_closed);
    world_.tell(number, "takes slot " + std::to_string(take->go.k) + " of " + take->step.stage.component);
  }
  if (auto const* confirm = std::get_if<fleet::ask::Confirm>(&ask)) member.confirmed_by_etcd(confirm->holding.created, sent);
  if (auto const* done = std::get_if<fleet::told::Completed>(&told); done != nullptr && done->ended) world_.judge.rollout_runs(false, world_.changes);
  if (auto const* done = std::get_if<fleet::told::Registered>(&told); done != nullptr && done->ended) world_.judge.rollout_runs(false, world_.changes);
}

void FleetNetwork::count_answer(fleet::Ask const& ask, fleet::Told const& told) {
  world_.count("told: " + std::string(fleet::name_of(told)));
  auto const* look = std::get_if<fleet::ask::Look>(&ask);
  auto const* looked = std::get_if<fleet::told::Looked>(&told);
  if (look == nullptr || looked == nullptr) return;
  constexpr std::array kDecisions{"rule: go", "rule: wait", "rule: join", "rule: stop"};
  world_.count(kDecisions.at(fleet::decide(looked->sight, {look->step.host, look->step.stage}, world_.keys).index()));
}

void FleetNetwork::grant(FleetMember& member, std::uint64_t number, Duration ttl) {
  ++world_.cost.leases;
  world_.time.after(latency(), [this, &member, number, ttl, life = member.life()] {
    auto lost = [&member, life, number] { member.answered(life, fleet::event::Lost{number, gone()}); };
    if (!arrives(member, lost)) return;
    world_.catch_up();
    auto const lease = world_.etcd.grant(std::chrono::ceil<std::chrono::seconds>(ttl));
    plan_expiry();
    if (lease) return reply(member, life, fleet::event::Granted{number, lease->id}, lost);
    reply(member, life, fleet::event::Lost{number, lease.error()}, lost);
  });
}

void FleetNetwork::keep_alive(FleetMember& member, etcd::LeaseId lease) {
  ++world_.cost.keep_alives;
  world_.time.after(latency(), [this, &member, lease, life = member.life()] {
    if (!arrives(member, [] {})) return;
    world_.catch_up();
    auto const kept = world_.etcd.keep_alive(lease);
    if (kept || kept.error().kind != ErrorKind::LeaseLost) return;
    reply(member, life, fleet::event::LeaseLost{lease}, [] {});
  });
}

void FleetNetwork::revoke(FleetMember& member, etcd::LeaseId lease) {
  ++world_.cost.leases;
  world_.time.after(latency(), [this, &member, lease] {
    if (!arrives(member, [] {})) return;
    world_.catch_up();
    static_cast<void>(world_.etcd.revoke(lease));
    pump();
  });
}

/// The next lease that ends is somebody's news.
void FleetNetwork::plan_expiry() {
  auto const next = world_.etcd.next_expiry();
  if (!next || (expiry_planned_ && *expiry_planned_ <= *next)) return;
  expiry_planned_ = next;
  world_.time.after(*next - world_.etcd.now() + 1ms, [this, at = *next] {
    if (expiry_planned_ == at) expiry_planned_.reset();
    world_.catch_up();
    pump();
    plan_expiry();
  });
}

void FleetNetwork::restart_etcd(Duration away) {
  if (!world_.etcd_up) return;
  world_.catch_up();
  world_.etcd_up = false;
  world_.tell(FleetWorld::kEverybody, "etcd is down");
  world_.etcd.end_all(etcd::WatchEnd::Reason::Closed);
  pump();
  world_.time.after(away, [this] {
    world_.catch_up();
    world_.etcd_up = true;
    world_.etcd.elect();
    world_.tell(FleetWorld::kEverybody, "etcd is up");
  });
}

}  // namespace tykup::simulation
