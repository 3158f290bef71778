#include "daemon/os/store.hpp"

#include <algorithm>
#include <sstream>

#include "daemon/os/store_schema.hpp"
#include "daemon/wire/facts_json.hpp"
#include "daemon/wire/notify_json.hpp"
#include "daemon/wire/state_json.hpp"

namespace tykup::os {

namespace {

/// How many durations of one component are kept.
constexpr std::int64_t kDurationsKept = 10;

std::int64_t stored(Duration length) {
  return length.count();
}
std::int64_t stored(Instant at) {
  return stored(at.time_since_epoch());
}
SqlValue stored(std::optional<Instant> const& at) {
  return at ? SqlValue{stored(*at)} : SqlValue{nullptr};
}
/// One to a line: neither a component nor a version has such a character.
std::string stored(std::vector<NamedVersion> const& named) {
  std::string text;
  for (auto const& each : named) text += to_string(each) + "\n";
  return text;
}
Result<std::vector<NamedVersion>> named_versions(std::string const& text) {
  std::vector<NamedVersion> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto named = parse_named_version(line);
    if (!named) return fail(ErrorKind::StateUnusable, "the approval: " + named.error().message);
    found.push_back(std::move(*named));
  }
  return found;
}
Instant instant(SqlRow const& row, int column) {
  return Instant{Duration{row.number(column)}};
}
std::optional<Instant> maybe_instant(SqlRow const& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional{instant(row, column)};
}

/// Writes one record inside the transaction at work.
class RecordWriter {
 public:
  explicit RecordWriter(Database& database) : database_(database) {}

  Result<void> operator()(rollout::record::Seen const& record) const {
    auto const& seen = record.version;
    return database_.run("INSERT OR IGNORE INTO seen (component, version, sha256, first_us) VALUES (?, ?, ?, ?)",
                         {seen.component, seen.version, seen.sha256, stored(seen.first)});
  }
  Result<void> operator()(rollout::record::Outgrown const& record) const {
    return database_.run("DELETE FROM seen WHERE component = ? AND version = ?", {record.component, record.version});
  }
  Result<void> operator()(rollout::record::Bad const& record) const {
    auto const& bad = record.version;
    return database_.run(
        "INSERT OR REPLACE INTO bad (component, version, reason, since_us, failures, until_us) VALUES (?, ?, ?, ?, ?, "
        "?)",
        {bad.component, bad.version, bad.reason, stored(bad.since), std::int64_t{bad.failures}, stored(bad.until)});
  }
  Result<void> operator()(rollout::record::Took const& record) const {
    auto done = database_.run("INSERT INTO took (component, duration_us) VALUES (?, ?)",
                              {record.component, stored(record.duration)});
    if (!done) return done;
    return database_.run(
        "DELETE FROM took WHERE component = ?1 AND id NOT IN "
        "(SELECT id FROM took WHERE component = ?1 ORDER BY id DESC LIMIT ?2)",
        {record.component, kDurationsKept});
  }
  Result<void> operator()(rollout::record::History const& record) const {
    auto done =
        database_.run("INSERT INTO run (id, text) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text",
                      {record.run.id, wire::run_text(record.run)});
    if (!done) return done;
    return database_.run("DELETE FROM run WHERE number NOT IN (SELECT number FROM run ORDER BY number DESC LIMIT ?)",
                         {std::int64_t{kRunsKept}});
  }

  Result<void> operator()(rollout::record::Held const& record) const {
    auto const& hold = record.hold;
    return database_.run("INSERT OR REPLACE INTO hold (component, by, since_us, until_us, reason) VALUES (?, ?, ?, ?, ?)",
                         {hold.component, hold.by, stored(hold.since), stored(hold.until), hold.reason});
  }
  Result<void> operator()(rollout::record::Released const& record) const {
    return database_.run("DELETE FROM hold WHERE component = ?", {record.component});
  }
  Result<void> operator()(rollout::record::Approved const& record) const {
    auto const& given = record.approval;
    return database_.run(
        "INSERT OR REPLACE INTO approval (id, plan_hash, by, since_us, until_us, without_way_back) VALUES (1, ?, ?, ?, ?, ?)",
        {given.plan_hash, given.by, stored(given.since), stored(given.until), stored(given.without_way_back)});
  }
  Result<void> operator()(rollout::record::Unapproved const&) const { return database_.run("DELETE FROM approval", {}); }
  Result<void> operator()(rollout::record::Forgot const& record) const {
    return database_.run("DELETE FROM bad WHERE (?1 = '' OR component = ?1) AND (?2 = '' OR version = ?2)",
                         {record.component, record.version});
  }
  Result<void> operator()(rollout::record::PluginChecked const& record) const {
    auto const& said = record.plugin;
    auto done = database_.run("INSERT OR REPLACE INTO plugin (package, plugin, symbol, verdict, words, at_us) VALUES (?, ?, ?, ?, ?, ?)",
                              {said.package, said.plugin, said.symbol, wire::word_of(said.verdict), said.words, stored(said.at)});
    if (!done) return done;
    return database_.run("DELETE FROM plugin WHERE number NOT IN (SELECT number FROM plugin ORDER BY number DESC LIMIT ?)",
                         {std::int64_t{rollout::kPluginAnswersKept}});
  }
  Result<void> operator()(rollout::record::Told const& record) const {
    auto const& told = record.notification;
    auto const text = wire::notification_text(told);
    auto done = database_.run("INSERT OR IGNORE INTO told (key) VALUES (?)", {told.key});
    for (auto const& way : record.ways)
      if (done) done = database_.run("INSERT INTO parcel (way, text) VALUES (?, ?)", {way, text});
    if (!done) return done;
    return database_.run("DELETE FROM told WHERE number NOT IN (SELECT number FROM told ORDER BY number DESC LIMIT ?)",
                         {std::int64_t{notify::kKeysKept}});
  }

 private:
  Database& database_;
};

/// What operators said.
Result<void> load_words(Database& database, Memory& memory) {
  auto const hold = [&](SqlRow const& row) -> Result<void> {
    memory.holds.push_back({row.text(0), row.text(1), instant(row, 2), maybe_instant(row, 3), row.text(4)});
    return {};
  };
  auto const approval = [&](SqlRow const& row) -> Result<void> {
    auto named = named_versions(row.text(4));
    if (!named) return fail(std::move(named.error()));
    memory.approval = Approval{row.text(0), row.text(1), instant(row, 2), maybe_instant(row, 3), std::move(*named)};
    return {};
  };
  auto read = database.each("SELECT component, by, since_us, until_us, reason FROM hold ORDER BY rowid", {}, hold);
  if (read) read = database.each("SELECT plan_hash, by, since_us, until_us, without_way_back FROM approval", {}, approval);
  return read;
}

/// What programs said of plugins.
Result<void> load_plugins(Database& database, Memory& memory) {
  auto const plugin = [&](SqlRow const& row) -> Result<void> {
    auto const verdict = wire::plugin_verdict_from(row.text(3));
    if (!verdict) return fail(ErrorKind::StateUnusable, "a plugin's verdict in " + database.file().string() + " is not understood: " + row.text(3));
    memory.plugins.push_back({row.text(0), row.text(1), row.text(2), *verdict, row.text(4), instant(row, 5)});
    return {};
  };
  return database.each("SELECT package, plugin, symbol, verdict, words, at_us FROM plugin ORDER BY number", {}, plugin);
}

Result<void> load_told(Database& database, Memory& memory) {
  auto const told = [&](SqlRow const& row) -> Result<void> {
    memory.told.push_back(row.text(0));
    return {};
  };
  return database.each("SELECT key FROM told ORDER BY number", {}, told);
}

Result<Memory> load_memory(Database& database) {
  Memory memory;
  auto const seen = [&](SqlRow const& row) -> Result<void> {
    memory.seen.push_back({row.text(0), row.text(1), row.text(2), instant(row, 3)});
    return {};
  };
  auto const bad = [&](SqlRow const& row) -> Result<void> {
    auto const failures = static_cast<unsigned>(row.number(4));
    memory.bad.push_back({row.text(0), row.text(1), row.text(2), instant(row, 3), failures, instant(row, 5)});
    return {};
  };
  auto const took = [&](SqlRow const& row) -> Result<void> {
    memory.durations[row.text(0)].emplace_back(row.number(1));
    return {};
  };
  auto read = database.each("SELECT component, version, sha256, first_us FROM seen ORDER BY rowid", {}, seen);
  if (read) {
    read = database.each("SELECT component, version, reason, since_us, failures, until_us FROM bad ORDER BY rowid", {},
                         bad);
  }
  if (read) read = database.each("SELECT component, duration_us FROM took ORDER BY id DESC", {}, took);
  if (read) read = load_words(database, memory);
  if (read) read = load_plugins(database, memory);
  if (read) read = load_told(database, memory);
  if (!read) return fail(read.error());
  return memory;
}

tl::unexpected<Error> not_understood(Error const& error, Database const& database, std::string const& what) {
  return fail(ErrorKind::StateUnusable,
              what + " in " + database.file().string() + " is not understood: " + start_anew_advice(database.file()),
              error.message);
}

}  // namespace

Result<std::unique_ptr<FileStore>> FileStore::open(std::filesystem::path const& file) {
  auto lock = StoreLock::take(file.string() + ".lock");
  if (!lock) return fail(lock.error());
  auto database = Database::open(file);
  if (!database) return fail(database.error());
  if (auto migrated = migrate(*database); !migrated) return fail(migrated.error());
  return std::unique_ptr<FileStore>(new FileStore(std::move(*lock), std::move(*database)));
}

Result<agent::Store::Saved> FileStore::load() {
  Saved saved;
  auto const take = [&](SqlRow const& row) -> Result<void> {
    auto state = wire::parse_state(row.text(0));
    if (!state) return not_understood(state.error(), database_, "the state");
    saved.state = std::move(*state);
    return {};
  };
  if (auto read = database_.each("SELECT text FROM state", {}, take); !read) return fail(read.error());
  auto memory = load_memory(database_);
  if (!memory) return fail(memory.error());
  saved.memory = std::move(*memory);
  return saved;
}

Result<void> FileStore::commit(rollout::State const& state, std::vector<rollout::Record> const& records) {
  auto const write_all = [&]() -> Result<void> {
    auto done = database_.run("INSERT OR REPLACE INTO state (id, text) VALUES (1, ?)", {wire::state_text(state)});
    for (auto const& record : records) {
      if (done) done = std::visit(RecordWriter(database_), record);
    }
    return done;
  };
  return database_.transaction(write_all);
}

Result<std::vector<rollout::RunRecord>> FileStore::history(std::size_t limit, std::string const& run) {
  std::vector<rollout::RunRecord> runs;
  auto const take = [&](SqlRow const& row) -> Result<void> {
    auto record = wire::parse_run(row.text(1));
    if (!record) return not_understood(record.error(), database_, "run " + row.text(0));
    runs.push_back(std::move(*record));
    return {};
  };
  auto const most = static_cast<std::int64_t>(std::min<std::size_t>(limit, kRunsKept));
  auto read = database_.each("SELECT id, text FROM run WHERE ?1 = '' OR id = ?1 ORDER BY number DESC LIMIT ?2",
                             {run, most}, take);
  if (!read) return fail(read.error());
  return runs;
}

}  // namespace tykup::os
