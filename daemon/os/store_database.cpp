#include "daemon/os/store_database.hpp"

#include "daemon/fault/fault.hpp"
#include <sqlite3.h>

namespace tykup::os {

namespace {

using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

int bind(sqlite3_stmt* statement, int index, SqlValue const& value) {
  if (auto const* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (std::holds_alternative<std::nullptr_t>(value)) return sqlite3_bind_null(statement, index);
  auto const& text = std::get<std::string>(value);
  return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

Result<void> ignore_row(SqlRow const& /*row*/) {
  return {};
}

}  // namespace

std::string start_anew_advice(std::filesystem::path const& file) {
  return "to start anew stop tykupd, move " + file.string() +
         " and its -wal file away and start it again (this forgets the "
         "history, the versions that failed and since when versions are known)";
}

std::int64_t SqlRow::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool SqlRow::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string SqlRow::text(int column) const {
  auto const* const data = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
  auto const size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string{} : std::string(data, size);
}

Result<Database> Database::open(std::filesystem::path const& file) {
  sqlite3* raw = nullptr;
  int const code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(Handle(raw, &sqlite3_close), file);
  if (code != SQLITE_OK) return database.failed(code);
  if (auto configured = database.configure(); !configured) return fail(configured.error());
  return database;
}

Result<void> Database::configure() {
  sqlite3_extended_result_codes(handle_.get(), 1);
  auto const* synchronous = fault::skipped(fault::Point::StoreSync) ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL";
  // The history is long and hardly read: SQLite's own cache would grow to 2 MB with it.
  for (auto const* pragma : {"PRAGMA journal_mode=WAL", synchronous, "PRAGMA trusted_schema=OFF", "PRAGMA cache_size=-64"}) {
    if (auto done = script(pragma); !done) return done;
  }
  std::string defect;
  auto const first_defect = [&](SqlRow const& row) -> Result<void> {
    defect = row.text(0);
    return {};
  };
  if (auto checked = each("PRAGMA quick_check(1)", {}, first_defect); !checked) return checked;
  if (defect == "ok") return {};
  return fail(ErrorKind::StateUnusable, file_.string() + " is damaged: " + start_anew_advice(file_), defect);
}

tl::unexpected<Error> Database::failed(int code) const {
  std::string const detail = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  auto const name = file_.string();
  switch (code & 0xff) {
    case SQLITE_FULL:
      return fail(ErrorKind::NoSpace, "no space is left for " + name + ": free some on its file system", detail);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(ErrorKind::StateUnusable, name + " is damaged: " + start_anew_advice(file_), detail);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return fail(ErrorKind::StateUnusable,
                  name + " cannot be opened for writing: its folder must exist and belong to the user of tykupd",
                  detail);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(ErrorKind::StateUnusable, name + " is held by another program: end it and restart tykupd", detail);
    default:
      return fail(ErrorKind::StateUnusable, name + " cannot be used (" + detail + "): look at the disk it lies on",
                  detail);
  }
}

Result<void> Database::run(std::string_view sql, std::vector<SqlValue> const& values) {
  return each(sql, values, ignore_row);
}

Result<void> Database::each(std::string_view sql, std::vector<SqlValue> const& values,
                            std::function<Result<void>(SqlRow const&)> const& take) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  if (code != SQLITE_OK) return failed(code);
  Statement const statement(raw, &sqlite3_finalize);
  for (std::size_t i = 0; i < values.size(); ++i) {
    code = bind(raw, static_cast<int>(i) + 1, values[i]);
    if (code != SQLITE_OK) return failed(code);
  }
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
    if (auto taken = take(SqlRow(raw)); !taken) return taken;
  }
  if (code != SQLITE_DONE) return failed(code);
  return {};
}

Result<void> Database::script(std::string const& sql) {
  int const code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(code);
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  std::int64_t value = 0;
  auto const take = [&](SqlRow const& row) -> Result<void> {
    value = row.number(0);
    return {};
  };
  if (auto read = each(sql, {}, take); !read) return fail(read.error());
  return value;
}

Result<void> Database::transaction(std::function<Result<void>()> const& work) {
  if (auto begun = script("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = work();
  if (done) done = script("COMMIT");
  // The error that is told is the one that led here.
  if (!done) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

}  // namespace tykup::os
