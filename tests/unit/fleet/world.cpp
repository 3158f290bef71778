#include "tests/unit/fleet/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/wire/fleet_json.hpp"
#include "daemon/wire/fleet_steer.hpp"

namespace tykup::fleet::test {

namespace {

constexpr Duration kReply = std::chrono::milliseconds{2};
constexpr unsigned kWithoutEnd = 2'000;  ///< questions of one host
constexpr Duration kInquiry = std::chrono::seconds{20};

Wanted wanted(std::vector<NamedVersion> const& targets) {
  Wanted wanted{.versions = targets};
  for (auto const& target : targets) wanted.components.push_back(target.component);
  return wanted;
}
std::string digest(std::string_view text) { return std::to_string(std::hash<std::string_view>{}(text)); }

}  // namespace

Holding const* holding_of_host(Host const& host) {
  auto const* holding = std::get_if<phase::Holding>(&host.state.phase);
  return holding == nullptr ? nullptr : &holding->held;
}

Build build(std::string const& component, std::string const& version) {
  return {{"tyk-" + component, PackageFormat::Deb, "debian 12", "amd64"}, version, "sha-of-" + component + "-" + version};
}

HostRecord host_record(std::string const& name, std::string const& datacenter, std::vector<std::string> const& components) {
  HostRecord record;
  record.host = name;
  record.identity = {"machine-of-" + name, "nonce-of-" + name};
  record.datacenter = datacenter;
  record.next_opening = kStart;
  for (auto const& component : components) {
    auto const old = build(component, "5.8.14");
    auto const next = build(component, "5.8.15");
    record.carried.push_back({component, {old}, {next, old}, {next, old}});
  }
  return record;
}

Policy policy_of_three_centres() {
  Policy policy;
  policy.centres = {{"cp-1", 0, Topology::MdcbControlPlane, {}}, {"eu", 1, Topology::MdcbDataPlane, {}}, {"us", 1, Topology::MdcbDataPlane, {}}};
  policy.said = word();
  return policy;
}

Word word(std::string const& why) { return {"alice", why, kStart}; }

Result<Rollout> scheduled(Policy const& policy, std::vector<HostRecord> const& hosts, std::vector<NamedVersion> const& targets) {
  Board board;
  board.meta = {Meta{}, 1, 1};
  board.policy = {policy, 2, 2};
  for (auto const& host : hosts) board.hosts.push_back({host, 3, 3});
  auto made = schedule(board, wanted(targets), {"r1", word()}, digest);
  if (!made.rollout) return fail(ErrorKind::NotAllowed, made.refusals.front().text);
  return *made.rollout;
}

World::World() {
  init();
  set_policy(policy_of_three_centres());
}

void World::init() { operate(wire::init_txn(keys, {})); }

Host& World::add(HostRecord record) {
  auto const name = record.host;
  hosts_[name].record = std::move(record);
  start_host(name);
  return hosts_[name];
}

void World::start_host(std::string const& name) {
  auto& host = hosts_[name];
  host.up = true;
  ++host.life;
  feed(host, event::Started{host.saved, host.record.identity});
  // A run that was cut off at a question asks anew, from the first one on; the host is read at its end.
  if (auto const* confirms = std::get_if<need::Confirms>(&host.need)) {
    need::Confirms const anew{confirms->slot, Point::BeforeDrain};
    host.need = anew;
    return feed(host, event::NeedChanged{anew});
  }
  // One that has begun its step finishes it, whatever happened; one that has not come to a question is dropped.
  auto const* ended = std::get_if<need::Ended>(&host.need);
  if (ended != nullptr || !host.begun) feed(host, event::FactsFound{host.record});
  if (ended != nullptr || host.begun) {
    auto const need = host.need;
    feed(host, event::NeedChanged{need});
    if (auto const* works = std::get_if<need::Works>(&host.need); works != nullptr)
      post(host.takes, name, [this, slot = works->slot](Host& one) { end(one, {"", "", slot}); });
  } else {
    host.need = need::Nothing{};
    look(host);
    feed(host, event::NeedChanged{host.need});
  }
}

void World::crash(std::string const& name) {
  auto& host = hosts_[name];
  host.up = false;
  ++host.life;
  for (auto const& [which, watch] : host.watches) etcd.cancel(watch);
  host.watches.clear();
}

void World::facts_changed(Host& host) { feed(host, event::FactsFound{host.record}); }

void World::send_outside(Host& host, need::Outside word) {
  host.outside = std::move(word);
  look(host);
}

void World::post(Duration in, std::string const& host, std::function<void(Host&)> what) {
  auto const life = hosts_[host].life;
  due_.push({now + in, ++number_, [this, host, life, what = std::move(what)] {
               auto& one = hosts_[host];
               if (one.up && one.life == life) what(one);
             }});
}

void World::feed(Host& host, Event const& event) {
  std::uint64_t seed = std::hash<std::string>{}(host.record.host);
  auto transition = step(host.state, event, {keys, now, seed, Duration{0}});
  host.state = std::move(transition.next);
  for (auto const& command : transition.commands) carry_out(host, command);
}

void World::transact(Host& host, command::Transact const& ask) {
  ++host.requests;
  ++host.asks[std::string(name_of(ask.ask))];
  endless_ = endless_ || host.requests > kWithoutEnd;
  if (host.requests == kWithoutEnd) broken.push_back(host.record.host + " asks without end: " + status_line(host.state));
  auto const name = host.record.host;
  auto const lost = [&] {
    post(std::chrono::seconds{5}, name, [this, number = ask.number](Host& one) { feed(one, event::Lost{number, {ErrorKind::RepositoryUnreachable, "no answer", {}}}); });
  };
  if (host.frozen || host.lose_requests-- > 0) return lost();
  host.lose_requests = 0;
  auto const done = etcd.txn(wire::txn_of(keys, ask.ask));
  if (!done) ADD_FAILURE() << name_of(ask.ask) << ": " << done.error().message;
  if (!done || host.lose_replies-- > 0) return lost();
  host.lose_replies = 0;
  auto const told = wire::judge(keys, ask.ask, *done);
  if (!told) ADD_FAILURE() << name_of(ask.ask) << ": " << told.error().message;
  if (!told) return;
  post(kReply, name, [this, number = ask.number, told = *told](Host& one) { feed(one, event::Answered{number, told}); });
}

/// The operator's programs take a while.
void World::inquire(Host& host, command::Inquire const& inquire) {
  post(kInquiry, host.record.host, [this, asked = inquire](Host& one) {
    order.push_back(one.record.host + " asks " + text_of(asked.inquiry) + (one.says_no ? ": no" : ""));
    feed(one, event::Inquired{asked.number, one.says_no});
  });
}

void World::carry_out(Host& host, Command const& command) {
  if (auto const* asked = std::get_if<command::Inquire>(&command)) inquire(host, *asked);
  if (auto const* told = std::get_if<command::Tell>(&command)) host.log.push_back(told->text);
  auto const name = host.record.host;
  if (auto const* ask = std::get_if<command::Transact>(&command)) transact(host, *ask);
  if (auto const* watch = std::get_if<command::Watch>(&command)) {
    auto& id = host.watches[watch->which];
    if (id != 0) etcd.cancel(id);
    id = etcd.watch(watch->keys, watch->from);
    watchers_[id] = {name, watch->which};
    only_deletions_[id] = watch->deletions;
  }
  if (auto const* unwatch = std::get_if<command::Unwatch>(&command)) {
    etcd.cancel(host.watches[unwatch->which]);
    host.watches.erase(unwatch->which);
  }
  if (auto const* grant = std::get_if<command::Grant>(&command)) {
    ++host.requests;
    auto const lease = etcd.grant(std::chrono::duration_cast<std::chrono::seconds>(grant->ttl));
    post(kReply, name, [this, number = grant->number, id = lease->id](Host& one) { feed(one, event::Granted{number, id}); });
  }
  if (auto const* keep = std::get_if<command::KeepAlive>(&command); keep != nullptr && !host.frozen && !etcd.keep_alive(keep->lease))
    post(kReply, name, [this, id = keep->lease](Host& one) { feed(one, event::LeaseLost{id}); });
  if (auto const* revoke = std::get_if<command::Revoke>(&command)) {
    ++host.requests;
    (void)etcd.revoke(revoke->lease);
  }
  if (auto const* wake = std::get_if<command::WakeAt>(&command))
    post(std::max(wake->at - now, Duration{0}), name, [this](Host& one) { feed(one, event::Ticked{}); });
  if (auto const* save = std::get_if<command::Save>(&command)) host.saved = save->memory;
  if (auto const* show = std::get_if<command::Show>(&command)) {
    host.view = show->view;
    post(kReply, name, [this](Host& one) { look(one); });
  }
  if (auto const* heard = std::get_if<command::Heard>(&command)) {
    post(kReply, name, [this, slot = heard->slot](Host& one) {
      auto const* ended = std::get_if<need::Ended>(&one.need);
      if (ended == nullptr || ended->grant.slot != slot) return;
      one.need = need::Nothing{};
      one.begun = false;
      facts_changed(one);
      look(one);
      feed(one, event::NeedChanged{one.need});
    });
  }
}

void World::pump() {
  for (auto const id : etcd.take_ready()) {
    auto const found = watchers_.find(id);
    if (found == watchers_.end()) continue;
    auto const [name, which] = found->second;
    auto news = etcd.take(id);
    if (only_deletions_[id]) std::erase_if(news.events, [](auto const& event) { return event.kind == etcd::WatchEvent::Kind::Put; });
    auto& host = hosts_[name];
    auto const watch = host.watches.find(which);
    if (!host.up || watch == host.watches.end() || watch->second != id) continue;
    host.news += static_cast<unsigned>(news.events.size());
    auto const ended = news.end.has_value();
    if (ended) host.watches.erase(watch);
    if (which == Watched::Rollout) {
      for (auto const& event : news.events) {
        if (event.value.key == keys.freeze()) {
          Stored<FleetFreeze> const freeze{*wire::parse_fleet<FleetFreeze>(event.value.value), event.value.create_revision, event.value.mod_revision};
          post(kReply, name, [this, freeze, at = news.revision](Host& one) { feed(one, event::FreezeChanged{freeze, at}); });
          continue;
        }
        Stored<Rollout> rollout;
        if (event.kind == etcd::WatchEvent::Kind::Put)
          rollout = {*wire::parse_fleet<Rollout>(event.value.value), event.value.create_revision, event.value.mod_revision};
        post(kReply, name, [this, rollout, at = news.revision](Host& one) { feed(one, event::RolloutChanged{rollout, at}); });
      }
    } else if (!news.events.empty()) {
      post(kReply, name, [this, at = news.revision](Host& one) { feed(one, event::GateChanged{at}); });
    }
    if (ended) post(kReply, name, [this, which = which](Host& one) { feed(one, event::WatchEnded{which}); });
  }
}

void World::set_need(Host& host, Need need) {
  if (host.need == need) return;
  host.need = std::move(need);
  feed(host, event::NeedChanged{host.need});
}

/// The run, in few lines.
void World::look(Host& host) {
  if (std::holds_alternative<need::Ended>(host.need) || host.begun) return;
  auto const& grant = host.view.grant;
  if (auto const* confirms = std::get_if<need::Confirms>(&host.need)) {
    auto const& answer = host.view.confirmed;
    if (!answer || answer->slot != confirms->slot || answer->point != confirms->point) return;
    if (!answer->refused.empty()) {
      host.log.push_back("refused " + answer->refused);
      auto const asked_under = grant.value_or(Grant{{}, {}, confirms->slot});
      facts_changed(host);
      return set_need(host, need::Ended{asked_under, false, false, answer->refused});
    }
    if (!grant) return;
    if (confirms->point == Point::BeforeDrain) return set_need(host, need::Confirms{grant->slot, Point::BeforeApply});
    return apply(host, *grant);
  }
  std::string next;
  for (auto const& pin : host.view.pins) {
    auto const* carried = host.record.find(pin.component);
    if (next.empty() && carried->installed.front().version != pin.package.version) next = pin.component;
  }
  if (next.empty() && host.outside && !host.record.carried.empty()) next = host.record.carried.front().component;
  if (next.empty() || !host.wants) return set_need(host, need::Nothing{});
  if (grant && grant->component == next) return set_need(host, need::Confirms{grant->slot, Point::BeforeDrain});
  set_need(host, need::Wants{next, host.outside});
}

void World::apply(Host& host, Grant const& grant) {
  host.at_work = grant.component;
  check_start(host, grant);
  host.begun = true;
  host.log.push_back("applies " + grant.component);
  order.push_back(host.record.host + " " + grant.component);
  set_need(host, need::Works{grant.slot});
  post(host.takes, host.record.host, [this, grant](Host& one) { end(one, grant); });
}

void World::end(Host& host, Grant const& grant) {
  auto const* works = std::get_if<need::Works>(&host.need);
  if (works == nullptr || works->slot != grant.slot) return;
  auto known = grant;
  if (known.component.empty()) known.component = order.empty() ? "" : host.log.back().substr(std::string("applies ").size());
  bool const fails = host.fails == known.component;
  for (auto& carried : host.record.carried)
    if (carried.component == known.component && !fails)
      for (auto const& pin : host.view.pins)
        if (pin.component == known.component) carried.installed.front() = build(known.component, pin.package.version);
  if (!fails) host.at_work.clear();
  host.log.push_back((fails ? "fails " : "done ") + known.component);
  facts_changed(host);
  set_need(host, need::Ended{known, !fails, true, fails ? "it is unhealthy" : ""});
}

/// The invariants that speak of starts.
void World::check_start(Host const& host, Grant const& grant) {
  if (host.outside) return;
  auto const seen = overview();
  auto const& rollout = *seen.rollout;
  auto const name = host.record.host + " " + grant.component;
  auto const stage = *stage_of(rollout.policy, host.record.datacenter, grant.component, host.record.group);
  auto const own = place_of(stage, rollout.direction, host.record.host);
  auto const is_earlier = [&](PendingPlace const& other) {
    return other.rank < own.rank || (other.datacenter == own.datacenter && other.rank == own.rank && other.step < own.step);
  };
  for (auto const& [other_name, other] : hosts_) {
    if (is_excluded(rollout, other_name) || seen.host(other_name) == nullptr) continue;
    for (auto const& behind : duty_of(other.record, rollout).behind)
      if (is_earlier(place_of(behind, rollout.direction, other_name)))
        broken.push_back(name + " starts before " + other_name + " " + behind.component + " is done");
  }
  std::size_t held = 0;
  for (auto const& slot : seen.slots) held += slot.datacenter == stage.datacenter && slot.component == stage.component ? 1 : 0;
  std::size_t working = 0;
  for (auto const& [other_name, other] : hosts_) working += other.at_work == stage.component && other.record.datacenter == stage.datacenter ? 1 : 0;
  if (std::max(held, working) > limit_of(rollout, stage)) broken.push_back(name + " starts as one of " + std::to_string(std::max(held, working)));
  if (rollout.state != RolloutState::Running) broken.push_back(name + " starts while the rollout is " + std::string(to_string(rollout.state)));
  if (auto const stored = etcd.txn({{}, {etcd::Get{.keys = {keys.freeze(), {}}}}, {}}); !std::get<etcd::Got>(stored->answers[0]).values.empty())
    if (wire::parse_fleet<FleetFreeze>(std::get<etcd::Got>(stored->answers[0]).values.front().value)->holds_at(now)) broken.push_back(name + " starts while the fleet is frozen");
  if (rollout.failures.size() >= rollout.policy.max_failed) broken.push_back(name + " starts after max_failed");
}

void World::run_for(Duration time) {
  auto const end = now + time;
  run_until([] { return false; }, time);
  if (now < end) {
    etcd.advance(std::chrono::duration_cast<std::chrono::milliseconds>(end - now));
    now = end;
    pump();
  }
}

bool World::run_until(std::function<bool()> const& until, Duration at_most) {
  auto const end = now + at_most;
  for (;;) {
    pump();
    if (until()) return true;
    if (endless_) return false;
    auto next = due_.empty() ? end : due_.top().at;
    if (auto const expiry = etcd.next_expiry()) next = std::min(next, now + (*expiry - etcd.now()));
    if (next >= end) return false;
    auto const by = std::chrono::duration_cast<std::chrono::milliseconds>(next - now + std::chrono::microseconds{999});
    if (by.count() > 0) etcd.advance(by);
    now = std::max(next, now + by);
    pump();
    while (!due_.empty() && due_.top().at <= now) {
      auto const what = due_.top().what;
      due_.pop();
      what();
      pump();
    }
  }
}

wire::Overview World::overview() { return *wire::read_overview(keys, *etcd.txn(wire::overview_txn(keys))); }

bool World::operate(etcd::Txn const& txn) {
  auto const done = etcd.txn(txn);
  EXPECT_TRUE(done) << done.error().message;
  return done && done->succeeded;
}

void World::set_policy(Policy const& policy) { EXPECT_TRUE(operate(wire::policy_txn(keys, overview(), policy))); }

void World::start_rollout(std::vector<NamedVersion> const& targets, std::string const& id) { start(say::Start{wanted(targets), {}}, id); }
void World::start_rollback(std::string const& id) { start(say::Rollback{}, id); }

void World::start(Saying const& saying, std::string const& id) {
  auto const board = [&] { return *wire::board_of("prod", *etcd.txn(wire::board_txn(keys))); };
  auto const before = board();
  auto const steered = steer(before, saying, {id, {"alice", "because", now}}, digest);
  ASSERT_TRUE(steered) << steered.error().message;
  ASSERT_TRUE(operate(*wire::txn_of(before, steered->change, now)));
  for (auto const& txn : wire::preparation_of(board())) ASSERT_TRUE(operate(txn));
}

bool World::change(Result<Rollout> const& after) {
  EXPECT_TRUE(after) << after.error().message;
  return after && operate(wire::change_txn(keys, overview(), *after));
}

bool World::freeze(std::optional<Instant> until) {
  auto const seen = overview();
  auto const stored = etcd.txn({{}, {etcd::Get{.keys = {keys.freeze(), {}}}}, {}});
  auto const& values = std::get<etcd::Got>(stored->answers[0]).values;
  return operate(wire::freeze_txn(keys, seen, {until, word()}, values.empty() ? 0 : values.front().mod_revision));
}

}  // namespace tykup::fleet::test
