#include "daemon/os/store_schema.hpp"

#include "daemon/fault/fault.hpp"
namespace tykup::os {

namespace {

// "tykp": tells our files from everybody else's.
constexpr std::int64_t kApplicationId = 0x74796b70;

constexpr char const* kVersion1 = R"sql(
CREATE TABLE state (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  text TEXT NOT NULL
);
CREATE TABLE seen (
  component TEXT NOT NULL,
  version   TEXT NOT NULL,
  sha256    TEXT NOT NULL,
  first_us  INTEGER NOT NULL,
  PRIMARY KEY (component, version, sha256)
);
CREATE TABLE bad (
  component TEXT NOT NULL,
  version   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  since_us  INTEGER NOT NULL,
  failures  INTEGER NOT NULL,
  until_us  INTEGER NOT NULL,
  PRIMARY KEY (component, version)
);
CREATE TABLE took (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  component   TEXT NOT NULL,
  duration_us INTEGER NOT NULL
);
CREATE TABLE run (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id     TEXT NOT NULL UNIQUE,
  text   TEXT NOT NULL
);
)sql";

// Holds and approvals; and what a saved state knows since then.
constexpr char const* kVersion2 = R"sql(
CREATE TABLE hold (
  component TEXT PRIMARY KEY,
  by        TEXT NOT NULL,
  since_us  INTEGER NOT NULL,
  until_us  INTEGER,
  reason    TEXT NOT NULL
);
CREATE TABLE approval (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  plan_hash TEXT NOT NULL,
  by        TEXT NOT NULL,
  since_us  INTEGER NOT NULL,
  until_us  INTEGER
);
UPDATE state SET text = json_set(text, '$.standing.watched_opening_us', 0, '$.standing.watched_since_us', 0,
                                 '$.standing.concerns', json('[]')) WHERE json_valid(text);
UPDATE state SET text = json_set(text, '$.fields.run.override_freeze', json('false'))
  WHERE json_valid(text) AND json_type(text, '$.fields.run') = 'object';
)sql";

// What a saved state knows since then: each field with what its absence meant. The kind of each step's failure, which steps
// an approval names, and what programs said of plugins.
constexpr char const* kVersion3 = R"sql(
UPDATE state SET text = json_set(text, '$.standing.boot', '', '$.standing.obstacles', json('[]'),
                                 '$.standing.look_again_us', 0, '$.standing.vetoes', 0, '$.standing.put_off', '') WHERE json_valid(text);
UPDATE state SET text = json_set(text, '$.fields.run.hooks', json('[]'), '$.fields.run.run_asked', json('false'),
                                 '$.fields.run.step_asked', json('false'), '$.fields.run.without_way_back', json('[]'))
  WHERE json_valid(text) AND json_type(text, '$.fields.run') = 'object';
UPDATE run SET text = json_set(text, '$.steps',
    (SELECT json_group_array(json_set(value, '$.kind', '')) FROM json_each(text, '$.steps')))
  WHERE json_valid(text);
UPDATE state SET text = json_set(text, '$.fields.run.record.steps',
    (SELECT json_group_array(json_set(value, '$.kind', '')) FROM json_each(text, '$.fields.run.record.steps')),
    '$.fields.run.baseline', json('{}'), '$.fields.run.lock_waits', 0, '$.fields.run.undo', NULL)
  WHERE json_valid(text) AND json_type(text, '$.fields.run') = 'object';
UPDATE state SET text = json_set(text, '$.fields.hitch', NULL)
  WHERE json_valid(text) AND json_extract(text, '$.phase') IN ('recovering', 'reconciling');
UPDATE state SET text = json_set(text, '$.fields.attempt', 1, '$.fields.tries', 1)
  WHERE json_valid(text) AND json_extract(text, '$.phase') = 'recovering';
UPDATE state SET text = json_set(text, '$.fields.attempt', 1)
  WHERE json_valid(text) AND json_extract(text, '$.phase') IN ('rolling-back', 'restoring');
UPDATE state SET text = json_set(text, '$.fields.step', NULL)
  WHERE json_valid(text) AND json_extract(text, '$.phase') = 'needs-admin';
UPDATE state SET text = json_set(text, '$.fields.run.record.steps',
    (SELECT json_group_array(json_set(value, '$.step.one_way', '', '$.step.database_backup', json('false')))
     FROM json_each(state.text, '$.fields.run.record.steps')))
  WHERE json_valid(text) AND json_type(text, '$.fields.run.record.steps') = 'array';
UPDATE state SET text = json_set(text, '$.fields.plan.steps',
    (SELECT json_group_array(json_set(value, '$.one_way', '', '$.database_backup', json('false')))
     FROM json_each(state.text, '$.fields.plan.steps')))
  WHERE json_valid(text) AND json_type(text, '$.fields.plan.steps') = 'array';
UPDATE run SET text = json_set(text, '$.steps',
    (SELECT json_group_array(json_set(value, '$.step.one_way', '', '$.step.database_backup', json('false')))
     FROM json_each(run.text, '$.steps')))
  WHERE json_valid(text) AND json_type(text, '$.steps') = 'array';
ALTER TABLE approval ADD COLUMN without_way_back TEXT NOT NULL DEFAULT '';
CREATE TABLE plugin (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  package TEXT NOT NULL,
  plugin  TEXT NOT NULL,
  symbol  TEXT NOT NULL,
  verdict TEXT NOT NULL,
  words   TEXT NOT NULL,
  at_us   INTEGER NOT NULL,
  UNIQUE (package, plugin, symbol)
);
UPDATE state SET text = json_set(text, '$.fields.plan.plugin_checks', json('[]'))
  WHERE json_valid(text) AND json_type(text, '$.fields.plan') = 'object';
)sql";

// What people are told: what was told once, what is on its way, and which ways do not get through. And a run may take back
// what another one brought.
constexpr char const* kVersion4 = R"sql(
CREATE TABLE told (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key    TEXT NOT NULL UNIQUE
);
CREATE TABLE parcel (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  way    TEXT NOT NULL,
  text   TEXT NOT NULL
);
CREATE TABLE way_trouble (
  way      TEXT PRIMARY KEY,
  since_us INTEGER NOT NULL,
  why      TEXT NOT NULL,
  lost     INTEGER NOT NULL
);
UPDATE run SET text = json_set(text, '$.undoes', '') WHERE json_valid(text);
UPDATE state SET text = json_set(text, '$.fields.run.record.undoes', '')
  WHERE json_valid(text) AND json_type(text, '$.fields.run.record') = 'object';
)sql";

// The fleet: what this host's part in it has to know after a restart, and which slot a run has.
constexpr char const* kVersion5 = R"sql(
CREATE TABLE fleet (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  text TEXT NOT NULL
);
UPDATE state SET text = json_set(text, '$.standing.fleet_step', NULL) WHERE json_valid(text);
UPDATE state SET text = json_set(text, '$.fields.run.grant', NULL)
  WHERE json_valid(text) AND json_type(text, '$.fields.run') = 'object';
)sql";

// A run of a fleet's host that an operator asked for, and steps that the fleet does not know of yet; notifications about a fleet,
// and about components of several hosts.
constexpr char const* kVersion6 = R"sql(
UPDATE state SET text = json_set(text, '$.standing.asked', NULL) WHERE json_valid(text);
UPDATE fleet SET text = json_set(text, '$.untold', json('[]')) WHERE json_valid(text);
UPDATE parcel SET text = json_set(text, '$.cluster', '', '$.rollout', '', '$.components',
    (SELECT json_group_array(json_set(value, '$.host', '', '$.next', '')) FROM json_each(parcel.text, '$.components')))
  WHERE json_valid(text);
)sql";

Result<void> refuse_strangers(Database& database) {
  auto const application = database.number("PRAGMA application_id");
  if (!application) return fail(application.error());
  auto const tables = database.number("SELECT count(*) FROM sqlite_master");
  if (!tables) return fail(tables.error());
  if (*application == kApplicationId || (*application == 0 && *tables == 0)) return {};
  return fail(ErrorKind::StateUnusable, database.file().string() + " is another program's database: move it away");
}

Result<void> refuse_newer(Database const& database, std::int64_t found, std::int64_t known) {
  if (found <= known) return {};
  return fail(ErrorKind::StateUnusable, database.file().string() + " was written by a newer tykup (schema " +
                                            std::to_string(found) + ", this one knows " + std::to_string(known) +
                                            "): install that version again, or " + start_anew_advice(database.file()));
}

}  // namespace

std::vector<std::string> const& schema_steps() {
  static std::vector<std::string> const steps{kVersion1, kVersion2, kVersion3, kVersion4, kVersion5, kVersion6};
  return steps;
}

Result<void> migrate(Database& database, std::vector<std::string> const& steps) {
  if (auto ours = refuse_strangers(database); !ours) return ours;
  auto const found = database.number("PRAGMA user_version");
  if (!found) return fail(found.error());
  auto const known = static_cast<std::int64_t>(steps.size());
  if (auto fits = refuse_newer(database, *found, known); !fits) return fits;
  for (auto version = *found; version < known; ++version) {
    auto const stamps = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                        "; PRAGMA user_version=" + std::to_string(version + 1);
    auto const work = [&] { return database.script(steps[static_cast<std::size_t>(version)] + ";" + stamps); };
    fault::reached(fault::Point::StoreMigrating);
    if (auto done = database.transaction(work); !done) {
      return fail(with_context(done.error(), "schema " + std::to_string(version + 1)));
    }
    fault::reached(fault::Point::StoreMigrated);
  }
  return {};
}

}  // namespace tykup::os
