#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/config.hpp"

namespace tykup {

/// What is wrong with a configuration, each with its place. All of it is collected: an operator mends a file once.
class Defects {
 public:
  /// `more` are further lines, a caret under the offending character, say.
  void add(Source const& at, std::string what, std::string more = {});
  [[nodiscard]] bool empty() const { return found_.empty(); }
  /// In the order of files, lines and columns. Precondition: not empty.
  [[nodiscard]] Error to_error() const;

 private:
  struct Defect {
    Source at;
    std::string what;
    std::string more;
  };
  std::vector<Defect> found_;
};

/// "; did you mean "track"?" where one of `known` is near, else the list of them.
[[nodiscard]] std::string suggestion(std::string_view given, std::vector<std::string> const& known);

/// A text and where it stands.
struct TextAt {
  std::string text;
  Source at;
};

/// One table being read. Each getter takes a key and so makes it known; `finish` reports the keys that nobody took.
/// A getter answers nothing where the key is absent, or is no such thing, which is a defect then.
class ConfigTable {
 public:
  /// `name` is what messages call it: "policy", "component.gateway", "window". A value that is no table is a defect and
  /// reads as an empty table.
  ConfigTable(ConfigValue const& value, std::string name, Defects& defects);

  [[nodiscard]] bool has(std::string_view key) const;
  ConfigValue const* take(std::string const& key);
  std::optional<TextAt> text(std::string const& key);
  std::optional<bool> boolean(std::string const& key);
  std::optional<std::int64_t> integer(std::string const& key, std::int64_t lowest, std::int64_t highest);
  std::optional<Duration> duration(std::string const& key, Duration shortest);
  /// The place in `names` of the text at the key.
  std::optional<std::size_t> one_of(std::string const& key, std::vector<std::string> const& names);
  /// A list of texts, none empty, none twice.
  std::vector<TextAt> texts(std::string const& key);
  /// The table at the key, if it is there.
  std::optional<ConfigTable> table(std::string const& key);
  /// The tables of an array of tables; each is called like the key.
  std::vector<ConfigTable> tables(std::string const& key);
  /// Every key with its table, for tables whose keys are names.
  std::vector<std::pair<TextAt, ConfigTable>> named_tables();

  /// Keys that were not taken are defects, with the nearest of those that were.
  void finish() const;

  /// A defect at the value of the key, or of the whole table where the key is absent.
  void defect(std::string const& key, std::string const& what, std::string more = {});
  /// The same at one entry of a list.
  void defect_at(Source const& at, std::string const& key, std::string const& what);
  [[nodiscard]] std::string path(std::string_view key) const;

 private:
  [[nodiscard]] ConfigValue const* find(std::string_view key) const;
  void wrong_type(std::string const& key, ConfigValue const& value, std::string_view expected);

  ConfigValue::Table const* entries_;
  Source at_;
  std::string name_;
  Defects* defects_;
  std::vector<std::string> known_;
};

}  // namespace tykup
