#include "daemon/wire/prometheus_json.hpp"

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace tykup::wire {
namespace {

using nlohmann::json;

std::string text_in(json const& object, char const* key) {
  auto const found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// `[1435781451.781, "1"]`: a sample's time and value.
double value_of(json const& sample) {
  if (!sample.is_array() || sample.size() != 2 || !sample[1].is_string()) return std::nan("");
  auto const text = sample[1].get<std::string>();
  char* end = nullptr;
  auto const value = std::strtod(text.c_str(), &end);
  return text.empty() || *end != '\0' ? std::nan("") : value;
}

std::optional<std::vector<double>> values_of(json const& document) {
  auto const data = document.find("data");
  if (data == document.end() || !data->is_object()) return {};
  auto const result = data->find("result");
  if (result == data->end() || !result->is_array()) return {};
  auto const type = text_in(*data, "resultType");
  if (type == "scalar") return std::vector<double>{value_of(*result)};
  if (type != "vector") return {};
  std::vector<double> values;
  for (auto const& each : *result) values.push_back(each.is_object() && each.contains("value") ? value_of(each.at("value")) : std::nan(""));
  return values;
}

}  // namespace

fleet::PrometheusAnswer prometheus_answer(int status, std::string const& body, std::string const& problem) {
  if (!problem.empty()) return {0, "Prometheus does not answer: " + problem, {}};
  auto const document = json::parse(body, nullptr, false);
  if (!document.is_object()) return {status, {}, {}};
  if (text_in(document, "status") == "error") return {status, "Prometheus refuses the query: " + text_in(document, "error"), {}};
  return {status, {}, values_of(document)};
}

}  // namespace tykup::wire
