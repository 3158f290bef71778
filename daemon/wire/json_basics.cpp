#include "daemon/wire/json_basics.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/core/config.hpp"
#include "daemon/core/timestamp.hpp"
#include "daemon/core/words.hpp"

namespace tykup::wire {
namespace {

Json const& nothing() {
  static Json const null;
  return null;
}

bool contains(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string unknown_field(std::string const& name, std::initializer_list<std::string_view> required,
                          std::initializer_list<std::string_view> optional) {
  std::vector<std::string> known(required.begin(), required.end());
  known.insert(known.end(), optional.begin(), optional.end());
  auto const near = nearest_name(name, known);
  return "unknown field " + tykup::quoted(name) + (near ? ", did you mean " + tykup::quoted(*near) + "?" : "");
}

}  // namespace

void Defect::report(std::string const& place, std::string const& what) {
  if (!error_) error_ = Error{ErrorKind::BadRequest, place + ": " + what};
}

void Node::fields(std::initializer_list<std::string_view> required,
                  std::initializer_list<std::string_view> optional) const {
  if (!value_->is_object()) return report("must be an object");
  for (auto const& [name, value] : value_->items())
    if (!contains(required, name) && !contains(optional, name)) return report(unknown_field(name, required, optional));
  for (auto const name : required)
    if (!value_->contains(name)) return report("field " + tykup::quoted(name) + " is missing");
}

Node Node::at(std::string_view field) const {
  std::string place = place_ + "." + std::string(field);
  if (!value_->is_object() || !value_->contains(field)) {
    defect_->report(place, "is missing");
    return {nothing(), std::move(place), *defect_};
  }
  return {(*value_)[std::string(field)], std::move(place), *defect_};
}

std::optional<Node> Node::maybe(std::string_view field) const {
  if (!value_->is_object() || !value_->contains(field)) return std::nullopt;
  Json const& value = (*value_)[std::string(field)];
  if (value.is_null()) return std::nullopt;
  return Node(value, place_ + "." + std::string(field), *defect_);
}

std::optional<std::pair<std::string, Node>> Node::only_field() const {
  if (!value_->is_object() || value_->size() != 1) {
    report("must be an object with exactly one field");
    return std::nullopt;
  }
  auto const field = value_->begin();
  return std::pair{field.key(), Node(field.value(), place_ + "." + field.key(), *defect_)};
}

std::string Node::text() const {
  if (value_->is_string()) return value_->get<std::string>();
  report("must be a text");
  return {};
}

bool Node::flag() const {
  if (value_->is_boolean()) return value_->get<bool>();
  report("must be true or false");
  return false;
}

double Node::number() const {
  if (value_->is_number()) return value_->get<double>();
  report("must be a number");
  return 0;
}

std::int64_t Node::integer(std::int64_t least, std::int64_t most) const {
  bool const fits = value_->is_number_unsigned()
                        ? value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::max<std::int64_t>(most, 0))
                        : value_->is_number_integer() && value_->get<std::int64_t>() <= most;
  if (fits && value_->get<std::int64_t>() >= least) return value_->get<std::int64_t>();
  report("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return least;
}

std::uint64_t Node::bytes() const {
  return static_cast<std::uint64_t>(integer(0, std::numeric_limits<std::int64_t>::max()));
}

Instant Node::instant() const {
  auto const value = text();
  if (auto const at = parse_instant(value)) return *at;
  report("must be an instant such as 2026-11-23T02:00:00Z");
  return {};
}

Duration Node::duration() const { return Duration{integer(0, std::int64_t{400} * 24 * 3600 * 1000000)}; }

std::vector<std::string> Node::texts() const {
  return list([](Node const& item) { return item.text(); });
}

int written_version(Node const& node, std::string_view field, int known) {
  auto const number = node.maybe(field);
  if (!number) return 1;
  auto const version = static_cast<int>(number->integer(1, 1 << 30));
  if (version > known)
    number->report("was written by a newer tykup (" + std::to_string(version) + ", this one knows " + std::to_string(known) +
                   "): install that version again");
  return version;
}

std::map<std::string, std::string> Node::texts_by_name() const {
  std::map<std::string, std::string> out;
  if (!value_->is_object()) report("must be an object");
  if (!value_->is_object()) return out;
  for (auto const& [name, value] : value_->items()) out[name] = Node(value, place_ + "." + name, *defect_).text();
  return out;
}

std::string to_line(Json const& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json error_json(Error const& error) {
  return {{"code", to_string(error.kind)}, {"message", error.message}, {"detail", error.detail}};
}

Error read_error(Node const& node) {
  node.fields({"code", "message"}, {"detail"});
  auto const detail = node.maybe("detail");
  return {error_kind_from(node.at("code").text()), node.at("message").text(), detail ? detail->text() : ""};
}

}  // namespace tykup::wire
