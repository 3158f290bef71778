#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/time.hpp"

/// A struct says its fields once, in `describe(io, value)`, and is written and read by that one list, so that both
/// directions cannot drift apart. Nothing is optional and nothing is ignored: a missing or unknown field is Malformed.
/// Instants and durations are integer microseconds: every value comes back as it was.
namespace tykup::wire {

/// What a text is not, with the place: "phase.run.record: \"steps\" is missing". Stays inside wire/.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename T, typename U>
concept Like = std::same_as<std::remove_const_t<T>, U>;

/// The words of an enumeration, in the order of its values.
template <typename Enum>
struct Words;  // specialised with: static constexpr std::array<std::string_view, N> kAll

class FieldWriter {
 public:
  template <typename T>
  void operator()(char const* key, T const& value) {
    object_[key] = write(value);
  }
  [[nodiscard]] nlohmann::json take() { return std::move(object_); }

  static nlohmann::json write(std::string const& value) { return value; }
  template <std::integral T>
  static nlohmann::json write(T const& value) {
    return value;
  }
  static nlohmann::json write(Duration value) { return value.count(); }
  static nlohmann::json write(Instant value) { return value.time_since_epoch().count(); }

  template <typename T>
  static nlohmann::json write(std::optional<T> const& value) {
    return value ? write(*value) : nlohmann::json(nullptr);
  }
  template <typename T>
  static nlohmann::json write(std::vector<T> const& values) {
    auto array = nlohmann::json::array();
    for (auto const& value : values) array.push_back(write(value));
    return array;
  }
  template <typename T>
  static nlohmann::json write(std::map<std::string, T> const& values) {
    auto object = nlohmann::json::object();
    for (auto const& [key, value] : values) object[key] = write(value);
    return object;
  }
  template <typename T>
  static nlohmann::json write(T const& value) {
    if constexpr (std::is_enum_v<T>) {
      return Words<T>::kAll.at(static_cast<std::size_t>(value));
    } else {
      FieldWriter io;
      describe(io, value);
      return io.take();
    }
  }

 private:
  nlohmann::json object_ = nlohmann::json::object();
};

class FieldReader {
 public:
  FieldReader(nlohmann::json const& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) throw Malformed(path_ + " is not an object");
  }

  template <typename T>
  void operator()(char const* key, T& value) {
    auto const found = object_.find(key);
    if (found == object_.end()) throw Malformed(path_ + ": \"" + key + "\" is missing");
    read(*found, path_ + "." + key, value);
    ++taken_;
  }
  /// After the last field: Malformed if there is one that nobody asked for.
  void finish() const {
    if (taken_ != object_.size()) throw Malformed(path_ + " holds a field that this version does not know");
  }

  static void read(nlohmann::json const& json, std::string const& path, std::string& value) {
    if (!json.is_string()) throw Malformed(path + " is not a text");
    value = json.get<std::string>();
  }
  static void read(nlohmann::json const& json, std::string const& path, bool& value) {
    if (!json.is_boolean()) throw Malformed(path + " is not true or false");
    value = json.get<bool>();
  }
  template <std::integral T>
  static void read(nlohmann::json const& json, std::string const& path, T& value) {
    if (!json.is_number_integer()) throw Malformed(path + " is not a whole number");
    auto const wide = json.get<std::int64_t>();
    if (!std::in_range<T>(wide)) throw Malformed(path + " is out of range");
    value = static_cast<T>(wide);
  }
  /// As it stands, for a field whose type another field tells.
  static void read(nlohmann::json const& json, std::string const&, nlohmann::json const*& value) { value = &json; }
  static void read(nlohmann::json const& json, std::string const& path, Duration& value) {
    std::int64_t count = 0;
    read(json, path, count);
    value = Duration{count};
  }
  static void read(nlohmann::json const& json, std::string const& path, Instant& value) {
    std::int64_t count = 0;
    read(json, path, count);
    value = Instant{Duration{count}};
  }

  template <typename T>
  static void read(nlohmann::json const& json, std::string const& path, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(json, path, value.emplace());
  }
  template <typename T>
  static void read(nlohmann::json const& json, std::string const& path, std::vector<T>& values) {
    if (!json.is_array()) throw Malformed(path + " is not a list");
    values.clear();
    for (auto const& element : json) {
      auto const place = path + "[" + std::to_string(values.size()) + "]";
      read(element, place, values.emplace_back());
    }
  }
  template <typename T>
  static void read(nlohmann::json const& json, std::string const& path, std::map<std::string, T>& values) {
    if (!json.is_object()) throw Malformed(path + " is not an object");
    values.clear();
    for (auto const& [key, element] : json.items()) read(element, path + "." + key, values[key]);
  }
  template <typename T>
  static void read(nlohmann::json const& json, std::string const& path, T& value) {
    if constexpr (std::is_enum_v<T>) {
      std::string word;
      read(json, path, word);
      for (std::size_t i = 0; i < Words<T>::kAll.size(); ++i) {
        if (Words<T>::kAll.at(i) == word) return void(value = static_cast<T>(i));
      }
      throw Malformed(path + " is \"" + word + "\", which this version does not know");
    } else {
      FieldReader io(json, path);
      describe(io, value);
      io.finish();
    }
  }

 private:
  nlohmann::json const& object_;
  std::string path_;
  std::size_t taken_ = 0;
};

}  // namespace tykup::wire
