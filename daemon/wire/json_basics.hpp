#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"
#include "daemon/core/time.hpp"

namespace tykup::wire {

using Json = nlohmann::json;

/// The first defect of a document that is being read. Reading goes on with empty values after it, so that a reader is
/// straight code; whoever began it asks once, at the end.
class Defect {
 public:
  void report(std::string const& place, std::string const& what);
  [[nodiscard]] std::optional<Error> const& error() const { return error_; }

 private:
  std::optional<Error> error_;
};

/// A value of a document and its place in it ("request.arguments.packages[0].name").
class Node {
 public:
  Node(Json const& value, std::string place, Defect& defect) : value_(&value), place_(std::move(place)), defect_(&defect) {}

  /// An object with these fields and no others; `optional` ones may be absent or null.
  void fields(std::initializer_list<std::string_view> required, std::initializer_list<std::string_view> optional = {}) const;
  [[nodiscard]] Node at(std::string_view field) const;
  [[nodiscard]] std::optional<Node> maybe(std::string_view field) const;
  /// The one field of an object that bears exactly one: what kind it is, and its value.
  [[nodiscard]] std::optional<std::pair<std::string, Node>> only_field() const;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool flag() const;
  [[nodiscard]] double number() const;
  [[nodiscard]] std::int64_t integer(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::uint64_t bytes() const;  ///< a whole number, not negative
  [[nodiscard]] Instant instant() const;    ///< RFC 3339
  [[nodiscard]] Duration duration() const;  ///< microseconds, not negative

  template <typename Read>
  [[nodiscard]] auto list(Read read) const {
    std::vector<decltype(read(*this))> out;
    if (!value_->is_array()) {
      report("must be a list");
      return out;
    }
    for (std::size_t i = 0; i < value_->size(); ++i)
      out.push_back(read(Node((*value_)[i], place_ + "[" + std::to_string(i) + "]", *defect_)));
    return out;
  }
  [[nodiscard]] std::vector<std::string> texts() const;
  [[nodiscard]] std::map<std::string, std::string> texts_by_name() const;
  [[nodiscard]] std::string const& place() const { return place_; }
  void report(std::string const& what) const { defect_->report(place_, what); }

 private:
  Json const* value_;
  std::string place_;
  Defect* defect_;
};

/// Reads a text with `read`; BadRequest with the place of the first defect.
template <typename Read>
auto read_document(std::string_view text, std::string const& name, Read read)
    -> Result<decltype(read(std::declval<Node const&>()))> {
  Json const document = Json::parse(text, nullptr, false);
  Defect defect;
  if (document.is_discarded()) return fail(ErrorKind::BadRequest, name + ": is not JSON");
  auto value = read(Node(document, name, defect));
  if (defect.error()) return fail(*defect.error());
  return value;
}

/// The version in which a document was written, by the number in its field; 1 where it has none. One that is above `known`
/// is a defect of the document: a newer tykup wrote it.
int written_version(Node const& node, std::string_view field, int known);

/// One line without its end; bytes that are no UTF-8 become U+FFFD.
std::string to_line(Json const& value);

Json error_json(Error const& error);
Error read_error(Node const& node);

template <typename Range, typename Write>
Json list_json(Range const& range, Write write) {
  Json out = Json::array();
  for (auto const& item : range) out.push_back(write(item));
  return out;
}

}  // namespace tykup::wire
