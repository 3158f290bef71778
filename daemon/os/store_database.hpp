#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tykup::os {

/// What a statement's `?` stands for.
using SqlValue = std::variant<std::int64_t, std::string, std::nullptr_t>;

/// One row of an answer, valid during the call that hands it over.
class SqlRow {
 public:
  explicit SqlRow(sqlite3_stmt* statement) : statement_(statement) {}
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One SQLite file. Every commit is on disk when it returns (WAL, synchronous=FULL). Errors name the file and what to
/// do: NoSpace, else StateUnusable.
class Database {
 public:
  /// Opens or creates. The file is checked as a whole.
  static Result<Database> open(std::filesystem::path const& file);

  Result<void> run(std::string_view sql, std::vector<SqlValue> const& values = {});
  /// Calls `take` for every row; stops at its first error.
  Result<void> each(std::string_view sql, std::vector<SqlValue> const& values,
                    std::function<Result<void>(SqlRow const&)> const& take);
  /// Several statements, without values.
  Result<void> script(std::string const& sql);
  /// The first column of the first row; 0 without rows.
  Result<std::int64_t> number(std::string_view sql);
  /// All of `work` or, where it fails, nothing of it.
  Result<void> transaction(std::function<Result<void>()> const& work);

  [[nodiscard]] std::filesystem::path const& file() const { return file_; }

 private:
  using Handle = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;
  Database(Handle handle, std::filesystem::path file) : handle_(std::move(handle)), file_(std::move(file)) {}
  Result<void> configure();
  [[nodiscard]] tl::unexpected<Error> failed(int code) const;

  Handle handle_;
  std::filesystem::path file_;
};

/// What the operator can do about a state file that is of no use, as the end of a sentence.
[[nodiscard]] std::string start_anew_advice(std::filesystem::path const& file);

}  // namespace tykup::os
