#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/health.hpp"

/// The pieces that `judge` is made of. Private to the health gate.
namespace tykup {

/// What was found, collected by weight: what of, as `Unwell` names it, and a sentence.
class Findings {
 public:
  void broken(std::string of, std::string text) { add(broken_, unwell_.own, std::move(of), std::move(text)); }
  void own(std::string of, std::string text) { add(own_, unwell_.own, std::move(of), std::move(text)); }
  void dependency(std::string of, std::string text) { add(dependencies_, unwell_.dependencies, std::move(of), std::move(text)); }
  [[nodiscard]] bool has_dependency() const { return !dependencies_.empty(); }
  [[nodiscard]] std::string first_dependency() const { return has_dependency() ? unwell_.dependencies.front() : std::string{}; }
  [[nodiscard]] HealthVerdict verdict() const;

 private:
  static void add(std::vector<std::string>& texts, std::vector<std::string>& names, std::string of, std::string text);

  std::vector<std::string> broken_;
  std::vector<std::string> own_;
  std::vector<std::string> dependencies_;
  Unwell unwell_;
};

/// One look at one component.
struct Look {
  HealthExpectation const& expected;
  Sighting const& seen;

  /// The answer of the endpoint of that purpose; nothing if it was not asked.
  [[nodiscard]] Sighting::Answer const* answer(std::string_view purpose) const;
  /// The URL of that purpose, for messages; the purpose itself where none is known.
  [[nodiscard]] std::string url(std::string const& purpose) const;
};

/// Empty: a 2xx answer. Else why it is none, as a sentence about the URL.
[[nodiscard]] std::string no_success(Look const& look, std::string const& purpose);
[[nodiscard]] std::string field(Sighting::Answer const& answer, std::string const& name);

/// The Gateway by /hello and /ready. Returns the dependencies that it says are well.
std::set<std::string> judge_gateway(Look const& look, Findings& findings);
/// Dashboard, Pump, MDCB, Identity Broker, Portal, each by its own endpoints.
void judge_service(Look const& look, Findings& findings);
/// The journal since the restart. What is said of a dependency in `well` is over.
void judge_journal(Look const& look, std::set<std::string> const& well, Findings& findings);

/// What a service said in one journal line, without time, level and fields; the line itself where it has no such form.
[[nodiscard]] std::string message_of(std::string_view line);
/// The sighting without the first `known` lines of trouble that passes (a dependency that was away), and their number
/// in all: what was there at the last look is not news.
struct Recent {
  Sighting sighting;
  std::size_t passing = 0;
};
[[nodiscard]] Recent without_known_trouble(Sighting sighting, ServiceKind kind, std::size_t known);

}  // namespace tykup
