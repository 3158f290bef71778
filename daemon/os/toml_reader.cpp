#include "daemon/os/toml_reader.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <tuple>

namespace tykup {
namespace {

class Converter {
 public:
  explicit Converter(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] ConfigValue convert(toml::node const& node) const {
    ConfigValue out;
    out.source = place(node.source());
    node.visit([&](auto const& value) { fill(out, value); });
    return out;
  }

 private:
  [[nodiscard]] Source place(toml::source_region const& region) const {
    return {file_, region.begin.line, region.begin.column};
  }

  void fill(ConfigValue& out, toml::table const& table) const {
    ConfigValue::Table entries;
    for (auto const& [key, node] : table) {
      ConfigValue entry = convert(node);
      entry.key_source = place(key.source());
      entries.push_back({std::string(key.str()), std::move(entry)});
    }
    // toml++ sorts by name; messages and merging want the order of the text.
    auto const order = [](auto const& entry) {
      return std::tie(entry.second.key_source.line, entry.second.key_source.column);
    };
    std::ranges::stable_sort(entries, [&](auto const& a, auto const& b) { return order(a) < order(b); });
    out.value = std::move(entries);
  }
  void fill(ConfigValue& out, toml::array const& array) const {
    ConfigValue::Array items;
    for (toml::node const& node : array) items.push_back(convert(node));
    out.value = std::move(items);
  }
  static void fill(ConfigValue& out, toml::value<std::string> const& value) { out.value = value.get(); }
  static void fill(ConfigValue& out, toml::value<std::int64_t> const& value) { out.value = value.get(); }
  static void fill(ConfigValue& out, toml::value<double> const& value) { out.value = value.get(); }
  static void fill(ConfigValue& out, toml::value<bool> const& value) { out.value = value.get(); }
  /// Dates, times and both at once.
  template <typename Value>
  static void fill(ConfigValue& out, Value const& value) {
    std::ostringstream text;
    text << value.get();
    out.value = text.str();
    out.date_time = true;
  }

  std::string file_;
};

/// That line of the text and a caret below the column; tabs stay tabs, so that the caret stands where it should.
std::string caret_line(std::string_view text, unsigned line, unsigned column) {
  for (unsigned i = 1; i < line && !text.empty(); ++i)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  std::string const shown(text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{200})));
  std::string caret;
  for (char const c : std::string_view(shown).substr(0, column > 0 ? column - 1 : 0)) caret += c == '\t' ? '\t' : ' ';
  return shown + "\n" + caret + "^";
}

}  // namespace

Result<ConfigValue> read_toml(std::string_view text, std::string const& file) {
  try {
    return Converter(file).convert(toml::parse(text));
  } catch (toml::parse_error const& error) {
    auto const at = error.source().begin;
    std::string const place = file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    return fail(ErrorKind::BadConfig, place + ": " + std::string(error.description()),
                caret_line(text, at.line, at.column));
  }
}

}  // namespace tykup
