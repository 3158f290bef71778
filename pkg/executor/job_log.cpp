#include "pkg/executor/job_log.hpp"

#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <algorithm>
#include <chrono>

#include "daemon/core/job_id.hpp"
#include "daemon/core/words.hpp"

namespace tykup::executor {
namespace {

struct Details {
  std::string operator()(job::Download const& o) const { return " of " + o.component + pins(o.packages); }
  std::string operator()(job::Apply const& o) const {
    bool const back = o.direction == job::Apply::Direction::Rollback;
    return std::string(back ? ", back," : "") + " of " + o.step.component + pins(o.packages);
  }
  std::string operator()(job::Hook const& o) const {
    return " " + std::string(name_of(o.point)) + (o.step.component.empty() ? "" : " of " + o.step.component);
  }
  std::string operator()(job::CheckPlugin const& o) const { return " of " + o.check.component; }
  template <typename Operation>
  std::string operator()(Operation const& operation) const {
    if constexpr (requires { operation.step; }) return " of " + operation.step.component;
    return {};
  }
  static std::string pins(std::vector<PackagePin> const& packages) {
    std::vector<std::string> names;
    for (auto const& pin : packages) names.push_back(pin.name + " " + pin.version);
    return ": " + join(names);
  }
};

struct ComponentOf {
  std::string operator()(job::Download const& o) const { return o.component; }
  std::string operator()(job::CheckPlugin const& o) const { return o.check.component; }
  template <typename Operation>
  std::string operator()(Operation const&) const {
    return {};
  }
};

std::string described(job::Operation const& operation) {
  return std::string(job::name_of(operation)) + std::visit(Details{}, operation);
}

std::vector<std::string> fields_of(job::Request const& request, std::string_view id, std::string_view event, std::string message) {
  auto place = job::place_of(request.id);
  if (place.component.empty()) place.component = std::visit(ComponentOf{}, request.operation);
  std::vector<std::string> fields{"MESSAGE=" + std::move(message), "MESSAGE_ID=" + std::string(id),
                                  "SYSLOG_IDENTIFIER=tykup-executor", "TYKUP_EVENT=" + std::string(event),
                                  "TYKUP_JOB=" + request.id, "TYKUP_OPERATION=" + std::string(job::name_of(request.operation))};
  if (!place.run.empty()) fields.push_back("TYKUP_RUN=" + place.run);
  if (!place.component.empty()) fields.push_back("TYKUP_COMPONENT=" + place.component);
  return fields;
}

}  // namespace

bool is_told(job::Request const& request) {
  return !std::holds_alternative<job::Inspect>(request.operation) || !job::place_of(request.id).run.empty();
}

std::vector<std::string> begun_fields(job::Request const& request) {
  auto fields = fields_of(request, kJobBegun, "job-begun", described(request.operation) + " begins");
  fields.emplace_back("PRIORITY=6");
  return fields;
}

std::vector<std::string> ended_fields(job::Request const& request, Result<job::Outcome> const& outcome, Duration took) {
  auto const after = " after " + to_human(std::chrono::round<std::chrono::seconds>(took));
  auto message = described(request.operation) + (outcome ? " is done" + after : " failed" + after + ": " + with_kind(outcome.error()));
  auto fields = fields_of(request, kJobEnded, "job-ended", std::move(message));
  fields.emplace_back(outcome ? "PRIORITY=6" : "PRIORITY=4");
  if (!outcome) fields.push_back("TYKUP_REASON=" + std::string(to_string(outcome.error().kind)));
  return fields;
}

void send_to_journal(std::vector<std::string> const& fields) {
  std::vector<iovec> parts;
  // The interface is not const-correct; it only reads.
  for (auto const& field : fields) parts.push_back({const_cast<char*>(field.data()), field.size()});
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace tykup::executor
