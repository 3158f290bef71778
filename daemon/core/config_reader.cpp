#include "daemon/core/config_reader.hpp"

#include <algorithm>
#include <tuple>

#include "daemon/core/words.hpp"

namespace tykup {
namespace {

ConfigValue::Table const kNothing;

std::string kind_of(ConfigValue const& value) {
  struct Name {
    bool date_time;
    std::string operator()(bool) const { return "true or false"; }
    std::string operator()(std::int64_t) const { return "a number"; }
    std::string operator()(double) const { return "a number with a fraction"; }
    std::string operator()(std::string const&) const { return date_time ? "a date or time" : "a text"; }
    std::string operator()(ConfigValue::Array const&) const { return "a list"; }
    std::string operator()(ConfigValue::Table const&) const { return "a table"; }
  };
  return std::visit(Name{value.date_time}, value.value);
}

std::string place_of(Source const& at) {
  return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
}

bool is_table(ConfigValue const& value) {
  return std::holds_alternative<ConfigValue::Table>(value.value);
}

/// A text that TOML did not read as a date.
std::string const* plain_text(ConfigValue const& value) {
  return value.date_time ? nullptr : std::get_if<std::string>(&value.value);
}

}  // namespace

void Defects::add(Source const& at, std::string what, std::string more) {
  found_.push_back({at, std::move(what), std::move(more)});
}

Error Defects::to_error() const {
  auto sorted = found_;
  auto const place = [](Defect const& d) { return std::tie(d.at.file, d.at.line, d.at.column); };
  std::ranges::stable_sort(sorted, [&](Defect const& a, Defect const& b) { return place(a) < place(b); });
  std::vector<std::string> lines;
  for (Defect const& defect : sorted) {
    lines.push_back(place_of(defect.at) + defect.what);
    if (!defect.more.empty()) lines.push_back(defect.more);
  }
  return Error{ErrorKind::BadConfig, lines.front(), join(lines, "\n")};
}

std::string suggestion(std::string_view given, std::vector<std::string> const& known) {
  if (auto const near = nearest_name(given, known)) return "; did you mean " + quoted(*near) + "?";
  return known.empty() ? "" : "; known are: " + join(known);
}

ConfigTable::ConfigTable(ConfigValue const& value, std::string name, Defects& defects)
    : entries_(std::get_if<ConfigValue::Table>(&value.value)),
      at_(value.source),
      name_(std::move(name)),
      defects_(&defects) {
  if (entries_ != nullptr) return;
  entries_ = &kNothing;
  defects.add(at_, name_ + " must be a table, not " + kind_of(value));
}

ConfigValue const* ConfigTable::find(std::string_view key) const {
  auto const found = std::ranges::find(*entries_, key, &ConfigValue::Entry::first);
  return found == entries_->end() ? nullptr : &found->second;
}

bool ConfigTable::has(std::string_view key) const {
  return find(key) != nullptr;
}

ConfigValue const* ConfigTable::take(std::string const& key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  return find(key);
}

std::string ConfigTable::path(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

void ConfigTable::wrong_type(std::string const& key, ConfigValue const& value, std::string_view expected) {
  defects_->add(value.source, path(key) + " must be " + std::string(expected) + ", not " + kind_of(value));
}

void ConfigTable::defect(std::string const& key, std::string const& what, std::string more) {
  auto const* value = find(key);
  defects_->add(value == nullptr ? at_ : value->source, path(key) + ": " + what, std::move(more));
}

void ConfigTable::defect_at(Source const& at, std::string const& key, std::string const& what) {
  defects_->add(at, path(key) + ": " + what);
}

std::optional<TextAt> ConfigTable::text(std::string const& key) {
  auto const* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (auto const* text = plain_text(*value)) return TextAt{*text, value->source};
  wrong_type(key, *value, "a text in quotes");
  return std::nullopt;
}

std::optional<bool> ConfigTable::boolean(std::string const& key) {
  auto const* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (auto const* truth = std::get_if<bool>(&value->value)) return *truth;
  wrong_type(key, *value, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> ConfigTable::integer(std::string const& key, std::int64_t lowest, std::int64_t highest) {
  auto const* value = take(key);
  if (value == nullptr) return std::nullopt;
  std::string const range = "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  auto const* number = std::get_if<std::int64_t>(&value->value);
  if (number == nullptr) {
    wrong_type(key, *value, range);
    return std::nullopt;
  }
  if (*number >= lowest && *number <= highest) return *number;
  defect(key, std::to_string(*number) + " is out of range, expected " + range);
  return std::nullopt;
}

std::optional<Duration> ConfigTable::duration(std::string const& key, Duration shortest) {
  auto const* value = take(key);
  if (value == nullptr) return std::nullopt;
  auto const* text = plain_text(*value);
  if (text == nullptr) {
    wrong_type(key, *value, "a duration in quotes, such as \"90s\", \"2m\", \"1h 30m\" or \"3d\"");
    return std::nullopt;
  }
  auto const length = parse_duration(*text);
  if (!length) {
    defect(key, length.error().message);
    return std::nullopt;
  }
  if (*length >= shortest) return *length;
  defect(key, quoted(*text) + " is too short, at least " + to_human(shortest) + " is needed");
  return std::nullopt;
}

std::optional<std::size_t> ConfigTable::one_of(std::string const& key, std::vector<std::string> const& names) {
  auto const given = text(key);
  if (!given) return std::nullopt;
  auto const found = std::ranges::find(names, given->text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  defect(key, "unknown value " + quoted(given->text) + suggestion(given->text, names));
  return std::nullopt;
}

std::vector<TextAt> ConfigTable::texts(std::string const& key) {
  auto const* value = take(key);
  if (value == nullptr) return {};
  auto const* list = std::get_if<ConfigValue::Array>(&value->value);
  if (list == nullptr) {
    wrong_type(key, *value, "a list of texts, such as [\"gateway\", \"pump\"]");
    return {};
  }
  std::vector<TextAt> out;
  for (ConfigValue const& item : *list) {
    auto const* text = plain_text(item);
    if (text == nullptr) {
      defects_->add(item.source, path(key) + ": each entry must be a text in quotes, not " + kind_of(item));
    } else if (text->empty()) {
      defects_->add(item.source, path(key) + ": an entry is empty");
    } else if (std::ranges::find(out, *text, &TextAt::text) != out.end()) {
      defects_->add(item.source, path(key) + ": " + quoted(*text) + " is named twice");
    } else {
      out.push_back({*text, item.source});
    }
  }
  return out;
}

std::optional<ConfigTable> ConfigTable::table(std::string const& key) {
  auto const* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (!is_table(*value)) {
    wrong_type(key, *value, "a table");
    return std::nullopt;
  }
  return ConfigTable(*value, path(key), *defects_);
}

std::vector<ConfigTable> ConfigTable::tables(std::string const& key) {
  auto const* value = take(key);
  if (value == nullptr) return {};
  auto const* list = std::get_if<ConfigValue::Array>(&value->value);
  if (list == nullptr) {
    std::string const hint = name_.empty() ? "; write [[" + key + "]] with double brackets" : "";
    defects_->add(value->source, path(key) + " must be a list of tables, not " + kind_of(*value) + hint);
    return {};
  }
  std::vector<ConfigTable> out;
  for (ConfigValue const& item : *list) {
    if (is_table(item)) {
      out.emplace_back(item, path(key), *defects_);
    } else {
      wrong_type(key, item, "a list of tables");
    }
  }
  return out;
}

std::vector<std::pair<TextAt, ConfigTable>> ConfigTable::named_tables() {
  std::vector<std::pair<TextAt, ConfigTable>> out;
  for (auto const& [key, value] : *entries_) {
    if (auto entry = table(key)) out.emplace_back(TextAt{key, value.key_source}, std::move(*entry));
  }
  return out;
}

void ConfigTable::finish() const {
  for (auto const& [key, value] : *entries_) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    std::string const where = name_.empty() ? "" : " in " + name_;
    std::string const what = is_table(value) ? "unknown table " : "unknown key ";
    defects_->add(value.key_source, what + quoted(key) + where + suggestion(key, known_));
  }
}

}  // namespace tykup
