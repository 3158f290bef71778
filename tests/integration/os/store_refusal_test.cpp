#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "daemon/os/store.hpp"
#include "daemon/os/store_schema.hpp"
#include "daemon/wire/fleet_memory.hpp"
#include "daemon/wire/notify_json.hpp"
#include "daemon/wire/state_json.hpp"
#include "tests/fakes/filled_states.hpp"
#include "tests/fakes/temporary_folder.hpp"

namespace tykup::os {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StoreRefusalTest : public testing::Test {
 protected:
  /// Changes the file as a stranger would.
  void with_database(std::function<void(Database&)> const& work) {
    auto database = Database::open(file_);
    ASSERT_TRUE(database) << database.error().message;
    work(*database);
  }
  void make_store() {
    auto const store = FileStore::open(file_);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->commit({}, {}));
  }
  Error refusal() {
    auto const store = FileStore::open(file_);
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
  }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fakes::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "state.db";
};

TEST_F(StoreRefusalTest, a_second_daemon_is_told_who_is_at_work) {
  auto const first = FileStore::open(file_);
  ASSERT_TRUE(first) << first.error().message;
  auto const error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::Busy);
  EXPECT_THAT(error.message, HasSubstr("another tykupd (pid " + std::to_string(getpid()) + ") is at work"));
}

TEST_F(StoreRefusalTest, the_lock_is_gone_with_its_holder) {
  auto const child = fork();
  if (child == 0) {
    auto const store = FileStore::open(file_);
    _exit(store ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  make_store();
  make_store();
}

TEST_F(StoreRefusalTest, a_newer_schema_is_refused_and_left_alone) {
  make_store();
  with_database([](Database& database) { ASSERT_TRUE(database.script("PRAGMA user_version=7")); });
  auto const before = content();
  auto const error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::StateUnusable);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr(file_.string() + " was written by a newer tykup (schema 7, this one knows 6)"),
                    HasSubstr("install that version again, or to start anew stop tykupd, move")));
  EXPECT_EQ(content(), before);
}

TEST_F(StoreRefusalTest, another_programs_database_is_refused_and_left_alone) {
  with_database([](Database& database) { ASSERT_TRUE(database.script("CREATE TABLE mine (x)")); });
  auto const before = content();
  auto const error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::StateUnusable);
  EXPECT_THAT(error.message, HasSubstr("is another program's database: move it away"));
  EXPECT_EQ(content(), before);
}

TEST_F(StoreRefusalTest, a_file_that_is_no_database_is_refused_with_advice) {
  std::ofstream(file_) << std::string(8192, 'x');
  auto const error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::StateUnusable);
  EXPECT_THAT(error.message, AllOf(HasSubstr(file_.string() + " is damaged: to start anew stop tykupd, move"),
                                   HasSubstr("this forgets the history")));
}

TEST_F(StoreRefusalTest, a_damaged_page_is_found_at_the_start) {
  make_store();
  with_database([](Database& database) { ASSERT_TRUE(database.script("PRAGMA wal_checkpoint(TRUNCATE)")); });
  {
    std::fstream out(file_, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(4096);
    out << std::string(4096, '\x5a');
  }
  auto const error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::StateUnusable);
  EXPECT_THAT(error.message, HasSubstr("is damaged: to start anew"));
}

TEST_F(StoreRefusalTest, a_state_that_is_not_understood_is_told_with_its_place) {
  make_store();
  with_database([](Database& database) { ASSERT_TRUE(database.script(R"(UPDATE state SET text='{"phase":1}')")); });
  auto const store = FileStore::open(file_);
  ASSERT_TRUE(store);
  auto const saved = (*store)->load();
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().kind, ErrorKind::StateUnusable);
  EXPECT_THAT(saved.error().message,
              AllOf(HasSubstr("the state in " + file_.string() + " is not understood: to start anew")));
  EXPECT_EQ(saved.error().detail, "state.phase is not a text");
}

TEST_F(StoreRefusalTest, a_run_that_is_not_understood_is_told_by_its_id) {
  make_store();
  with_database(
      [](Database& database) { ASSERT_TRUE(database.script("INSERT INTO run (id, text) VALUES ('r1', 'x')")); });
  auto const store = FileStore::open(file_);
  auto const runs = (*store)->history(5, "");
  ASSERT_FALSE(runs);
  EXPECT_THAT(runs.error().message, HasSubstr("run r1 in " + file_.string() + " is not understood"));
}

TEST_F(StoreRefusalTest, a_missing_folder_is_told) {
  auto const store = FileStore::open(folder_ / "nowhere" / "state.db");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::StateUnusable);
  EXPECT_THAT(store.error().message,
              HasSubstr("state.db.lock cannot be opened (No such file or directory): its folder must"));
}

TEST_F(StoreRefusalTest, a_file_that_cannot_be_opened_is_told) {
  std::filesystem::create_directory(file_);
  auto const error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::StateUnusable);
  EXPECT_THAT(error.message,
              HasSubstr("cannot be opened for writing: its folder must exist and belong to the user of tykupd"));
}

TEST_F(StoreRefusalTest, a_full_disk_is_told_and_the_last_state_stays) {
  make_store();
  with_database([](Database& database) {
    ASSERT_TRUE(database.script("PRAGMA max_page_count=1"));  // never below what is in use
    auto const full = database.run("INSERT INTO run (id, text) VALUES ('r1', ?)", {std::string(100'000, 'x')});
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().kind, ErrorKind::NoSpace);
    EXPECT_THAT(full.error().message, HasSubstr("no space is left for"));
  });
  auto const store = FileStore::open(file_);
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->load()->state);
}

class SchemaTest : public StoreRefusalTest {};

TEST_F(SchemaTest, a_file_of_an_older_version_takes_each_step_once) {
  std::vector<std::string> const first{"CREATE TABLE t (x); INSERT INTO t VALUES (1)"};
  auto third = first;
  third.emplace_back("ALTER TABLE t ADD COLUMN y DEFAULT 2");
  third.emplace_back("UPDATE t SET y = y * 10");
  with_database([&](Database& database) {
    ASSERT_TRUE(migrate(database, first));
    ASSERT_TRUE(migrate(database, third));
    ASSERT_TRUE(migrate(database, third));
    EXPECT_EQ(database.number("SELECT y FROM t"), 20);
    EXPECT_EQ(database.number("PRAGMA user_version"), 3);
  });
}

TEST_F(SchemaTest, a_step_that_fails_leaves_the_version_before_it) {
  std::vector<std::string> const steps{"CREATE TABLE t (x)",
                                       "INSERT INTO t VALUES (1); INSERT INTO nowhere VALUES (1)"};
  with_database([&](Database& database) {
    auto const failed = migrate(database, steps);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message, testing::StartsWith("schema 2: "));
    EXPECT_EQ(database.number("PRAGMA user_version"), 1);
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 0);
  });
}

/// What phases have since schema 3.
void forget_of_phase(nlohmann::json& document) {
  auto const phase = document["phase"].get<std::string>();
  auto const forget = [&](std::string const& of, std::vector<char const*> const& keys) {
    for (auto const* key : keys)
      if (phase == of) document["fields"].erase(key);
  };
  forget("recovering", {"hitch", "attempt", "tries"});
  forget("reconciling", {"hitch"});
  forget("rolling-back", {"attempt"});
  forget("restoring", {"attempt"});
  forget("needs-admin", {"step"});
}

void take_up_phase(rollout::Phase& phase) {
  if (auto* at = std::get_if<rollout::phase::Recovering>(&phase)) *at = {at->run, at->cause, at->endpoints};
  if (auto* at = std::get_if<rollout::phase::Reconciling>(&phase)) at->hitch.reset();
  if (auto* at = std::get_if<rollout::phase::RollingBack>(&phase)) at->attempt = 1;
  if (auto* at = std::get_if<rollout::phase::Restoring>(&phase)) at->attempt = 1;
  if (auto* at = std::get_if<rollout::phase::NeedsAdmin>(&phase)) at->step.reset();
}

void forget_kinds(nlohmann::json& run) {
  for (auto& step : run["steps"]) step.erase("kind");
}

/// Steps without a way back, taken out of a document wherever they stand.
void without_named_steps(nlohmann::json& document) {
  if (document.is_object())
    for (char const* key : {"without_way_back", "one_way", "database_backup"}) document.erase(key);
  for (auto& child : document)
    if (child.is_structured()) without_named_steps(child);
}

void empty_named_steps(rollout::RunRecord& record) {
  for (auto& step : record.steps) {
    step.step.one_way.clear();
    step.step.needs_database_backup = false;
  }
}

/// And what they are taken for.
void empty_named_steps(rollout::State& state) {
  if (auto* run = const_cast<rollout::Run*>(rollout::run_of(state.phase)); run != nullptr) {
    run->without_way_back.clear();
    empty_named_steps(run->record);
  }
  auto* plan = const_cast<Plan*>(rollout::plan_of(state.phase));
  if (plan == nullptr) return;
  for (auto& step : plan->steps) {
    step.one_way.clear();
    step.needs_database_backup = false;
  }
}

/// What a saved state of that schema did not know yet, and what it is taken for since.
nlohmann::json as_of(rollout::State const& state, std::size_t schema) {
  auto document = nlohmann::json::parse(wire::state_text(state));
  if (schema < 6) document["standing"].erase("asked");
  if (schema < 5) document["standing"].erase("fleet_step");
  if (schema < 5 && document["fields"].contains("run")) document["fields"]["run"].erase("grant");
  if (schema < 4 && document["fields"].contains("run")) document["fields"]["run"]["record"].erase("undoes");
  if (schema >= 3) return document;
  auto const forget = [&](std::vector<char const*> const& standing, std::vector<char const*> const& run) {
    for (auto const* key : standing) document["standing"].erase(key);
    for (auto const* key : run)
      if (document["fields"].contains("run")) document["fields"]["run"].erase(key);
  };
  without_named_steps(document);
  forget({"boot", "obstacles", "look_again_us", "vetoes", "put_off"}, {"hooks", "run_asked", "step_asked", "baseline", "lock_waits", "undo"});
  forget_of_phase(document);
  if (document["fields"].contains("run")) forget_kinds(document["fields"]["run"]["record"]);
  if (document["fields"].contains("plan")) document["fields"]["plan"].erase("plugin_checks");
  if (schema < 2) forget({"watched_opening_us", "watched_since_us", "concerns"}, {"override_freeze"});
  return document;
}

rollout::State taken_up(rollout::State state, std::size_t schema) {
  auto* run = const_cast<rollout::Run*>(rollout::run_of(state.phase));
  if (schema < 6) state.standing.asked.reset();
  if (schema < 5) state.standing.fleet_step.reset();
  if (schema < 5 && run != nullptr) run->grant.reset();
  if (schema < 4 && run != nullptr) run->record.undoes.clear();
  if (schema >= 3) return state;
  auto& standing = state.standing;
  standing.boot.clear();
  standing.obstacles.clear();
  standing.look_again = {};
  standing.vetoes = 0;
  standing.put_off.clear();
  take_up_phase(state.phase);
  empty_named_steps(state);
  if (auto* plan = const_cast<Plan*>(rollout::plan_of(state.phase)); plan != nullptr) plan->plugin_checks.clear();
  if (run != nullptr) {
    run->hooks.clear();
    run->run_asked = run->step_asked = false;
    run->baseline.clear();
    run->lock_waits = 0;
    run->undo.reset();
    for (auto& step : run->record.steps) step.kind.clear();
  }
  if (schema >= 2) return state;
  standing.watched_opening = standing.watched_since = {};
  standing.concerns.clear();
  if (run != nullptr) run->override_freeze = false;
  return state;
}

TEST_F(SchemaTest, runs_and_approvals_of_version_2_are_read_on) {
  auto record = fakes::filled<rollout::RunRecord>();
  auto of_then = nlohmann::json::parse(wire::run_text(record));
  without_named_steps(of_then);
  forget_kinds(of_then);
  of_then.erase("undoes");
  with_database([&](Database& database) {
    ASSERT_TRUE(migrate(database, {schema_steps()[0], schema_steps()[1]}));
    ASSERT_TRUE(database.run("INSERT INTO run (id, text) VALUES ('r', ?)", {of_then.dump()}));
    ASSERT_TRUE(database.run("INSERT INTO approval (id, plan_hash, by, since_us) VALUES (1, 'abc', 'alice', 7)"));
  });
  auto const store = FileStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  auto const saved = (*store)->load();
  ASSERT_TRUE(saved) << saved.error().detail;
  EXPECT_TRUE(fakes::same(*saved->memory.approval, Approval{"abc", "alice", Instant{Duration{7}}}));
  empty_named_steps(record);
  for (auto& step : record.steps) step.kind.clear();
  record.undoes.clear();
  auto const history = (*store)->history(10, "");
  ASSERT_TRUE(history) << history.error().detail;
  EXPECT_TRUE(fakes::same(*history, {record}));
}

TEST_F(SchemaTest, what_version_5_knew_of_its_fleet_is_read_on) {
  auto memory = fakes::filled<fleet::Memory>();
  auto of_then = nlohmann::json::parse(wire::memory_text(memory));
  of_then.erase("untold");
  with_database([&](Database& database) {
    ASSERT_TRUE(migrate(database, {schema_steps().begin(), schema_steps().begin() + 5}));
    ASSERT_TRUE(database.run("INSERT INTO fleet (id, text) VALUES (1, ?)", {of_then.dump()}));
  });
  auto const store = FileStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  auto const found = (*store)->load_fleet();
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  memory.untold.clear();
  EXPECT_EQ(**found, memory);
}

/// Phases that no daemon before schema 3 was ever in.
bool is_new(rollout::State const& state) {
  auto const known = {"confirming", "asking-hooks", "telling-hooks", "undoing", "assessing", "checking", "proving", "checking-plugins"};
  return std::ranges::find(known, rollout::name_of(state.phase)) != known.end();
}

TEST_F(SchemaTest, notifications_of_version_5_are_read_on) {
  auto told = fakes::filled<notify::Notification>();
  ASSERT_FALSE(told.components.empty());
  auto of_then = nlohmann::json::parse(wire::notification_text(told));
  for (auto const* key : {"cluster", "rollout"}) of_then.erase(key);
  for (auto& component : of_then["components"])
    for (auto const* key : {"host", "next"}) component.erase(key);
  with_database([&](Database& database) {
    ASSERT_TRUE(migrate(database, {schema_steps().begin(), schema_steps().begin() + 5}));
    ASSERT_TRUE(database.run("INSERT INTO parcel (way, text) VALUES ('email', ?)", {of_then.dump()}));
    of_then["components"] = nlohmann::json::array();
    ASSERT_TRUE(database.run("INSERT INTO parcel (way, text) VALUES ('email', ?)", {of_then.dump()}));
  });
  auto const store = FileStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  auto const parcels = (*store)->parcels();
  ASSERT_TRUE(parcels) << parcels.error().message;
  told.cluster.clear();
  told.rollout.clear();
  for (auto& about : told.components) about.host = about.next = {};
  ASSERT_EQ(parcels->size(), 2U);
  EXPECT_EQ(parcels->front().notification, told);
  EXPECT_TRUE(parcels->back().notification.components.empty());
}

TEST_F(SchemaTest, a_state_of_every_earlier_version_is_read_on) {
  // As a daemon of that time left it, in the middle of a run too.
  for (std::size_t schema = 1; schema < schema_steps().size(); ++schema) {
    for (auto const& state : fakes::filled_states()) {
      if (schema < 3 && is_new(state)) continue;
      std::filesystem::remove(file_);
      with_database([&](Database& database) {
        std::vector<std::string> const then(schema_steps().begin(), schema_steps().begin() + static_cast<std::ptrdiff_t>(schema));
        ASSERT_TRUE(migrate(database, then));
        ASSERT_TRUE(database.run("INSERT INTO state (id, text) VALUES (1, ?)", {as_of(state, schema).dump()}));
      });
      auto const store = FileStore::open(file_);
      ASSERT_TRUE(store) << store.error().message;
      auto const saved = (*store)->load();
      ASSERT_TRUE(saved) << saved.error().detail;
      EXPECT_TRUE(fakes::same(*saved->state, taken_up(state, schema))) << schema << ": " << wire::state_text(state);
    }
  }
}

}  // namespace
}  // namespace tykup::os
