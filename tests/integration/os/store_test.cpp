#include "daemon/os/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/wire/state_json.hpp"
#include "tests/fakes/filled_states.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

using fakes::filled;
using fakes::same;
using rollout::Record;
using namespace std::chrono_literals;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = FileStore::open(folder_ / "state.db");
    ASSERT_TRUE(opened) << opened.error().message << "\n" << opened.error().detail;
    store_ = std::move(*opened);
  }
  void commit(rollout::State const& state, std::vector<Record> const& records = {}) {
    auto const done = store_->commit(state, records);
    ASSERT_TRUE(done) << done.error().message << "\n" << done.error().detail;
  }
  agent::Store::Saved load() {
    auto saved = store_->load();
    EXPECT_TRUE(saved) << saved.error().message << "\n" << saved.error().detail;
    return saved ? *saved : agent::Store::Saved{};
  }
  std::vector<rollout::RunRecord> history(std::size_t limit, std::string const& run = {}) {
    auto runs = store_->history(limit, run);
    EXPECT_TRUE(runs) << runs.error().message;
    return runs ? *runs : std::vector<rollout::RunRecord>{};
  }
  std::vector<std::string> ids(std::size_t limit, std::string const& run = {}) {
    std::vector<std::string> ids;
    for (auto const& record : history(limit, run)) ids.push_back(record.id);
    return ids;
  }
  static Record run_named(std::string id, std::string reason = {}) {
    auto run = filled<rollout::RunRecord>();
    run.id = std::move(id);
    run.reason = std::move(reason);
    return rollout::record::History{run};
  }

  fakes::TemporaryFolder folder_;
  std::unique_ptr<FileStore> store_;
};

TEST_F(StoreTest, a_new_store_holds_nothing) {
  auto const saved = load();
  EXPECT_FALSE(saved.state);
  EXPECT_TRUE(same(saved.memory, Memory{}));
  EXPECT_TRUE(history(10).empty());
}

TEST_F(StoreTest, every_state_is_there_after_a_restart) {
  for (auto const& state : fakes::filled_states()) {
    commit(state);
    reopen();
    auto const saved = load();
    ASSERT_TRUE(saved.state);
    EXPECT_TRUE(same(*saved.state, state)) << wire::state_text(state);
  }
}

TEST_F(StoreTest, memory_is_what_the_records_make_of_it) {
  auto const at = [](int day) { return Instant{std::chrono::hours{24 * day}}; };
  auto const seen = [&](char const* version, char const* sum, int day) {
    return Record{rollout::record::Seen{{"gateway", version, sum, at(day)}}};
  };
  auto const bad = [&](char const* component, unsigned failures, int day) {
    return Record{
        rollout::record::Bad{{component, "5.8.15", "why " + std::to_string(day), at(day), failures, at(day + 1)}}};
  };
  std::vector<Record> records{seen("5.8.15", "aa", 1), seen("5.8.15", "bb", 2), seen("5.8.16", "aa", 3),
                              bad("gateway", 1, 1),    bad("pump", 1, 2),       bad("gateway", 2, 3)};
  for (int i = 1; i <= 14; ++i) records.emplace_back(rollout::record::Took{"pump", std::chrono::seconds{i}});
  records.emplace_back(rollout::record::Took{"gateway", 7s});

  Memory expected;
  for (auto const& record : records) {
    rollout::apply_record(expected, record);
    commit({}, {record});
  }
  ASSERT_EQ(expected.durations["pump"].size(), 10U);
  ASSERT_EQ(expected.bad.size(), 2U);
  EXPECT_TRUE(same(load().memory, expected));
  reopen();
  EXPECT_TRUE(same(load().memory, expected));
}

TEST_F(StoreTest, what_programs_said_of_plugins_is_there_after_a_restart) {
  auto const at = [](int hour) { return Instant{std::chrono::hours{hour}}; };
  std::vector<Record> records{
      rollout::record::PluginChecked{{"package", "plugin", "Auth", PluginVerdict::Unchecked, "no sandbox", at(1)}},
      rollout::record::PluginChecked{{"package", "plugin", "", PluginVerdict::Loads, "", at(2)}},
      rollout::record::PluginChecked{{"package", "plugin", "Auth", PluginVerdict::Fails, "plugin.Open: \"no\"", at(3)}}};
  for (int i = 0; i < 210; ++i) records.emplace_back(rollout::record::PluginChecked{{"other", std::to_string(i), "A", PluginVerdict::Loads, "", at(4)}});
  Memory expected;
  for (std::size_t i = 0; i < records.size(); ++i) {
    rollout::apply_record(expected, records[i]);
    if (i != 2) continue;
    commit({}, {records[0], records[1], records[2]});
    EXPECT_TRUE(same(load().memory, expected));
  }
  commit({}, {records.begin() + 3, records.end()});
  reopen();
  ASSERT_EQ(expected.plugins.size(), rollout::kPluginAnswersKept);
  EXPECT_TRUE(same(load().memory, expected));
}

TEST_F(StoreTest, holds_and_approvals_are_there_after_a_restart) {
  auto const at = [](int hour) { return Instant{std::chrono::hours{hour}}; };
  std::vector<Record> const records{
      rollout::record::Held{{"gateway", "alice", at(1), at(9), "the audit"}},
      rollout::record::Held{{"", "bob", at(2), std::nullopt, ""}},
      rollout::record::Held{{"pump", "bob", at(3), Instant{}, "at the epoch"}},
      rollout::record::Held{{"gateway", "carol", at(4), std::nullopt, "another"}},
      rollout::record::Released{"pump"},
      rollout::record::Approved{{"abc", "alice", at(1), std::nullopt}},
      rollout::record::Approved{{"def", "bob", at(2), at(5), {{"dashboard", "5.3.0"}, {"portal", "1:1.14.0~rc1-1"}}}},
      rollout::record::Bad{{"pump", "1.16.0", "ill", at(1), 1, at(9)}},
      rollout::record::Bad{{"gateway", "5.8.15", "ill", at(1), 1, at(9)}},
      rollout::record::Bad{{"gateway", "5.8.16", "ill", at(1), 1, at(9)}},
      rollout::record::Forgot{"pump"},
      rollout::record::Forgot{"gateway", "5.8.16"}};
  Memory expected;
  for (auto const& record : records) rollout::apply_record(expected, record);
  commit({}, records);
  reopen();
  ASSERT_EQ(expected.holds.size(), 2U);
  ASSERT_EQ(expected.bad.size(), 1U);
  EXPECT_TRUE(same(load().memory, expected));
  commit({}, {rollout::record::Released{""}, rollout::record::Unapproved{}, rollout::record::Forgot{""}});
  reopen();
  auto const memory = load().memory;
  EXPECT_EQ(memory.holds.size(), 1U);
  EXPECT_FALSE(memory.approval);
  EXPECT_TRUE(memory.bad.empty());
}

notify::Notification told(std::string const& key) {
  auto made = filled<notify::Notification>();
  made.key = key;
  return made;
}

TEST_F(StoreTest, notifications_are_there_after_a_restart_until_they_are_out) {
  commit({}, {rollout::record::Told{told("one"), {"email", "webhook-1"}}, rollout::record::Told{told("two"), {"email"}}});
  reopen();
  EXPECT_EQ(load().memory.told, (std::vector<std::string>{"one", "two"}));
  auto parcels = store_->parcels();
  ASSERT_TRUE(parcels) << parcels.error().message;
  ASSERT_EQ(parcels->size(), 3U);
  EXPECT_EQ((*parcels)[1].way, "webhook-1");
  EXPECT_EQ((*parcels)[2].notification, told("two"));
  ASSERT_TRUE(store_->remove((*parcels)[0].number));
  ASSERT_TRUE(store_->remove((*parcels)[2].number));
  reopen();
  parcels = store_->parcels();
  ASSERT_EQ(parcels->size(), 1U);
  EXPECT_EQ(parcels->front().way, "webhook-1");
  EXPECT_EQ(load().memory.told.size(), 2U) << "what is out is still known to have been told";
}

TEST_F(StoreTest, what_was_told_is_forgotten_at_last) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < notify::kKeysKept + 5; ++i) records.emplace_back(rollout::record::Told{told(std::to_string(i)), {}});
  commit({}, records);
  auto const memory = load().memory;
  ASSERT_EQ(memory.told.size(), notify::kKeysKept);
  EXPECT_EQ(memory.told.front(), "5");
}

TEST_F(StoreTest, ways_that_do_not_get_through_are_known_after_a_restart) {
  notify::Trouble const first{Instant{1h}, "connection refused", 0};
  notify::Trouble const second{Instant{1h}, "it answered 410", 3};
  ASSERT_TRUE(store_->set_trouble("email", first));
  ASSERT_TRUE(store_->set_trouble("webhook-1", first));
  ASSERT_TRUE(store_->set_trouble("webhook-1", second));
  ASSERT_TRUE(store_->set_trouble("email", std::nullopt));
  reopen();
  auto const troubles = store_->troubles();
  ASSERT_TRUE(troubles);
  EXPECT_EQ(*troubles, (std::map<std::string, notify::Trouble>{{"webhook-1", second}}));
}

TEST_F(StoreTest, a_version_is_first_seen_once) {
  auto const seen = [](Instant at) { return Record{rollout::record::Seen{{"gateway", "5.8.15", "aa", at}}}; };
  commit({}, {seen(Instant{1h}), seen(Instant{2h})});
  commit({}, {seen(Instant{3h})});
  auto const memory = load().memory;
  ASSERT_EQ(memory.seen.size(), 1U);
  EXPECT_EQ(memory.seen.front().first, Instant{1h});
  commit({}, {Record{rollout::record::Seen{{"pump", "5.8.15", "aa", Instant{1h}}}}, Record{rollout::record::Outgrown{"gateway", "5.8.15"}}});
  reopen();
  ASSERT_EQ(load().memory.seen.size(), 1U);
  EXPECT_EQ(load().memory.seen.front().component, "pump");
}

TEST_F(StoreTest, history_is_newest_first_and_keeps_the_last_word_on_each_run) {
  commit({}, {run_named("r1", "begun")});
  commit({}, {run_named("r2", "begun")});
  commit({}, {run_named("r3")});
  commit({}, {run_named("r1", "ended")});
  reopen();
  EXPECT_EQ(ids(10), (std::vector<std::string>{"r3", "r2", "r1"}));
  EXPECT_EQ(ids(2), (std::vector<std::string>{"r3", "r2"}));
  EXPECT_EQ(ids(10, "r2"), std::vector<std::string>{"r2"});
  EXPECT_TRUE(ids(10, "r9").empty());
  EXPECT_TRUE(ids(10, "r' OR 1=1 --").empty());
  EXPECT_EQ(history(1, "r1").front().reason, "ended");
  EXPECT_TRUE(same(history(1).front(), std::get<rollout::record::History>(run_named("r3")).run));
}

TEST_F(StoreTest, history_forgets_the_oldest_runs_at_last) {
  std::vector<Record> records;
  for (int i = 0; i < kRunsKept + 5; ++i) records.push_back(run_named("r" + std::to_string(i)));
  commit({}, records);
  auto const kept = ids(kRunsKept * 2);
  ASSERT_EQ(kept.size(), static_cast<std::size_t>(kRunsKept));
  EXPECT_EQ(kept.back(), "r5");
}

TEST_F(StoreTest, any_text_is_kept) {
  std::string const odd = "quote ' \" ; -- \n\t ä \x01";
  commit({}, {rollout::record::Bad{{odd, odd, odd, Instant{}, 1, Instant::max()}}, run_named(odd)});
  auto const memory = load().memory;
  EXPECT_EQ(memory.bad.front().reason, odd);
  EXPECT_EQ(memory.bad.front().until, Instant::max());
  EXPECT_EQ(ids(1, odd), std::vector<std::string>{odd});
}

TEST_F(StoreTest, what_it_knows_of_the_fleet_comes_back_and_the_last_word_counts) {
  EXPECT_EQ(store_->load_fleet().value(), std::nullopt);
  fleet::Memory memory;
  memory.record.host = "gw-1";
  memory.record.identity = {"machine", "nonce"};
  memory.record_revision = 7;
  memory.ended = {"r1", "r2"};
  ASSERT_TRUE(store_->keep_fleet(memory));
  memory.epoch = 2;
  ASSERT_TRUE(store_->keep_fleet(memory));
  reopen();
  EXPECT_EQ(store_->load_fleet().value(), memory);
}

}  // namespace
}  // namespace tykup::os
