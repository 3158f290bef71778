#pragma once

#include <boost/pfr.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

/// Values of any aggregate with something in every field, and their comparison field by field: what a struct gains
/// tomorrow takes part without a word in the tests.
namespace tykup::fakes {

class Filler {
 public:
  void fill(std::string& value) { value = "text " + std::to_string(++count_) + " \"ä\"\n"; }
  void fill(bool& value) { value = !value; }
  template <typename T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }
  template <typename T>
  void fill(std::vector<T>& values) {
    values.resize(2);
    for (auto& value : values) fill(value);
  }
  template <typename T>
  void fill(std::map<std::string, T>& values) {
    for (auto const* key : {"one", "two words"}) fill(values[key]);
  }
  template <typename Rep, typename Period>
  void fill(std::chrono::duration<Rep, Period>& value) {
    value = std::chrono::duration<Rep, Period>(1'700'000'000'000'001 + ++count_);
  }
  template <typename Clock, typename Span>
  void fill(std::chrono::time_point<Clock, Span>& value) {
    Span since{};
    fill(since);
    value = std::chrono::time_point<Clock, Span>(since);
  }
  template <typename T>
  void fill(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(1);
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(++count_);
    } else {
      boost::pfr::for_each_field(value, [this](auto& field) { fill(field); });
    }
  }

 private:
  int count_ = 0;
};

/// Something in every field.
template <typename T>
T filled() {
  T value;
  Filler().fill(value);
  return value;
}

template <typename T>
bool same(T const& a, T const& b);

template <typename T>
bool same(std::vector<T> const& a, std::vector<T> const& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}
template <typename T>
bool same(std::optional<T> const& a, std::optional<T> const& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}
template <typename... T>
bool same(std::variant<T...> const& a, std::variant<T...> const& b) {
  if (a.index() != b.index()) return false;
  auto const same_alternative = [&b](auto const& value) {
    return same(value, std::get<std::decay_t<decltype(value)>>(b));
  };
  return std::visit(same_alternative, a);
}
/// Field by field, whatever the types' own idea of equality.
template <typename T>
bool same(T const& a, T const& b) {
  if constexpr (std::is_aggregate_v<T> && std::is_class_v<T>) {
    bool equal = true;
    auto const left = boost::pfr::structure_tie(a);
    auto const right = boost::pfr::structure_tie(b);
    auto const compare = [&]<std::size_t... I>(std::index_sequence<I...>) {
      equal = (same(std::get<I>(left), std::get<I>(right)) && ...);
    };
    compare(std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
    return equal;
  } else {
    return a == b;
  }
}

}  // namespace tykup::fakes
