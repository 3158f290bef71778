#include "daemon/wire/job_json.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "daemon/core/words.hpp"
#include "daemon/wire/facts_json.hpp"

namespace tykup::wire {
namespace {

using namespace job;

constexpr std::array<std::string_view, 3> kDirections{"upgrade", "rollback", "reinstall"};

Json step_json(StepId const& step) { return {{"run", step.run}, {"component", step.component}}; }

StepId read_step(Node const& node) {
  node.fields({"run", "component"});
  StepId step{node.at("run").text(), node.at("component").text()};
  if (!is_id(step.run)) node.at("run").report("must be 1 to 120 of A-Z a-z 0-9 . _ -");
  return step;
}

Apply::Direction read_direction(Node const& node) {
  auto const name = node.text();
  auto const at = std::find(kDirections.begin(), kDirections.end(), name);
  if (at != kDirections.end()) return static_cast<Apply::Direction>(at - kDirections.begin());
  node.report("must be \"upgrade\", \"rollback\" or \"reinstall\"");
  return Apply::Direction::Upgrade;
}

constexpr std::array<std::string_view, 6> kHookResults{"done", "not-done", "rolled-back", "partial", "stopped", ""};

Hook::Point read_point(Node const& node) {
  auto const name = node.text();
  for (std::size_t i = 0; i < kHookPoints; ++i)
    if (name_of(static_cast<Hook::Point>(i)) == name) return static_cast<Hook::Point>(i);
  node.report("must be \"pre-run\", \"pre-step\", \"backup\", \"post-step\", \"post-run\", \"promote\" or \"gate\"");
  return Hook::Point::PreRun;
}

/// It goes into the environment of root's programs: nothing that a careless script could take for something else.
std::string read_hook_version(Node const& node) {
  auto const text = node.text();
  auto const plain = [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view(".+~:_-^").find(static_cast<char>(c)) != std::string_view::npos; };
  if (text.size() > 120 || !std::all_of(text.begin(), text.end(), plain)) node.report("is no version");
  return text;
}

std::string read_hook_result(Node const& node) {
  auto const text = node.text();
  if (std::find(kHookResults.begin(), kHookResults.end(), text) == kHookResults.end()) node.report("is no result");
  return text;
}

constexpr std::array<std::string_view, 4> kGateAfter{"", "first", "stage", "datacenter"};

/// Like a version it goes into the environment; `more` are characters besides letters, digits and '-'.
std::string read_fleet_name(Node const& node, std::string_view more) {
  auto const text = node.text();
  auto const plain = [&](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || more.find(static_cast<char>(c)) != std::string_view::npos; };
  if (text.size() > 253 || !std::all_of(text.begin(), text.end(), plain)) node.report("is no name");
  return text;
}

Hook::OfFleet read_of_fleet(Node const& node) {
  node.fields({"datacenter", "group", "after", "gate", "limit_us"});
  Hook::OfFleet of{read_fleet_name(node.at("datacenter"), "._"), read_fleet_name(node.at("group"), "._"), node.at("after").text(),
                   read_fleet_name(node.at("gate"), "_"), node.at("limit_us").duration()};
  if (std::find(kGateAfter.begin(), kGateAfter.end(), of.after) == kGateAfter.end()) node.at("after").report("must be \"first\", \"stage\" or \"datacenter\"");
  return of;
}

Json of_fleet_json(Hook::OfFleet const& of) {
  return {{"datacenter", of.datacenter}, {"group", of.group}, {"after", of.after}, {"gate", of.gate}, {"limit_us", of.limit.count()}};
}

struct Arguments {
  Json operator()(Inspect const& o) const { return {{"components", o.components}}; }
  Json operator()(Refresh const&) const { return Json::object(); }
  Json operator()(Download const& o) const {
    return {{"component", o.component}, {"packages", list_json(o.packages, pin_json)}};
  }
  Json operator()(Backup const& o) const {
    Json out{{"step", step_json(o.step)}};
    if (!o.undoes.empty()) out["undoes"] = o.undoes;
    return out;
  }
  Json operator()(Apply const& o) const {
    return {{"step", step_json(o.step)},
            {"direction", kDirections.at(static_cast<std::size_t>(o.direction))},
            {"packages", list_json(o.packages, pin_json)},
            {"lock_wait_us", o.lock_wait.count()}};
  }
  Json operator()(Restart const& o) const { return {{"step", step_json(o.step)}}; }
  Json operator()(Restore const& o) const { return {{"step", step_json(o.step)}}; }
  Json operator()(Recover const&) const { return Json::object(); }
  Json operator()(Hook const& o) const {
    Json out{{"step", step_json(o.step)}, {"point", name_of(o.point)}, {"from", o.from}, {"to", o.to}, {"result", o.result}};
    if (o.fleet) out["fleet"] = of_fleet_json(*o.fleet);
    return out;
  }
  Json operator()(ResultOf const& o) const { return {{"job", o.job}, {"wait_us", o.wait.count()}}; }
  Json operator()(CheckPlugin const& o) const {
    return {{"component", o.check.component},
            {"package", pin_json(o.check.package)},
            {"plugins", list_json(o.check.plugins, build_json)}};
  }
};

template <typename WithStep>
Operation read_step_operation(Node const& node) {
  node.fields({"step"});
  return WithStep{read_step(node.at("step"))};
}

Operation read_inspect(Node const& node) {
  node.fields({}, {"components"});
  auto const components = node.maybe("components");
  return Inspect{components ? components->texts() : std::vector<std::string>{}};
}

Operation read_backup(Node const& node) {
  node.fields({"step"}, {"undoes"});
  Backup backup{read_step(node.at("step"))};
  if (auto const undoes = node.maybe("undoes")) backup.undoes = undoes->text();
  if (!backup.undoes.empty() && !is_id(backup.undoes)) node.at("undoes").report("must be 1 to 120 of A-Z a-z 0-9 . _ -");
  return backup;
}

template <typename Empty>
Operation read_empty(Node const& node) {
  node.fields({});
  return Empty{};
}

Operation read_download(Node const& node) {
  node.fields({"component", "packages"});
  return Download{node.at("component").text(), node.at("packages").list(read_pin)};
}

Operation read_apply(Node const& node) {
  node.fields({"step", "direction", "packages"}, {"lock_wait_us"});
  Apply apply{read_step(node.at("step")), read_direction(node.at("direction")), node.at("packages").list(read_pin)};
  if (auto const wait = node.maybe("lock_wait_us")) apply.lock_wait = wait->duration();
  if (apply.packages.empty()) node.at("packages").report("must name at least one package");
  return apply;
}

Operation read_hook(Node const& node) {
  node.fields({"step", "point", "from", "to", "result"}, {"fleet"});
  Hook hook{read_step(node.at("step")), read_point(node.at("point")), read_hook_version(node.at("from")),
            read_hook_version(node.at("to")), read_hook_result(node.at("result"))};
  if (auto const fleet = node.maybe("fleet")) hook.fleet = read_of_fleet(*fleet);
  bool const of_fleet = hook.point == Hook::Point::Promote || hook.point == Hook::Point::Gate;
  if (of_fleet != hook.fleet.has_value()) node.report("only \"promote\" and \"gate\" are of a fleet, and say of which place");
  if (hook.fleet && hook.fleet->gate.empty() != (hook.point == Hook::Point::Promote)) node.report("\"gate\" names one file, \"promote\" none");
  return hook;
}

Operation read_result_of(Node const& node) {
  node.fields({"job"}, {"wait_us"});
  ResultOf result{node.at("job").text()};
  if (auto const wait = node.maybe("wait_us")) result.wait = wait->duration();
  if (!is_id(result.job)) node.at("job").report("must be 1 to 120 of A-Z a-z 0-9 . _ -");
  return result;
}

Operation read_check_plugin(Node const& node) {
  node.fields({"component", "package", "plugins"});
  CheckPlugin check{{node.at("component").text(), read_pin(node.at("package")), node.at("plugins").list(read_build)}};
  if (check.check.plugins.empty()) node.at("plugins").report("must name at least one plugin");
  return check;
}

struct Reading {
  std::string_view name;
  Operation (*read)(Node const&);
};
constexpr std::array<Reading, std::variant_size_v<Operation>> kOperations{{{"inspect", read_inspect},
                                                                           {"refresh", read_empty<Refresh>},
                                                                           {"download", read_download},
                                                                           {"backup", read_backup},
                                                                           {"apply", read_apply},
                                                                           {"restart", read_step_operation<Restart>},
                                                                           {"restore", read_step_operation<Restore>},
                                                                           {"recover", read_empty<Recover>},
                                                                           {"hook", read_hook},
                                                                           {"result", read_result_of},
                                                                           {"check-plugin", read_check_plugin}}};

Operation read_operation(Node const& name, Node const& arguments) {
  auto const wanted = name.text();
  for (auto const& known : kOperations)
    if (known.name == wanted) return known.read(arguments);
  name.report("unknown operation " + tykup::quoted(wanted));
  return Recover{};
}

Request read_request_node(Node const& node) {
  if (auto const protocol = node.maybe("protocol")) (void)protocol->integer(0, 1 << 30);
  node.fields({"protocol", "job", "operation", "arguments"});
  Request request{node.at("job").text(), read_operation(node.at("operation"), node.at("arguments"))};
  if (!is_id(request.id)) node.at("job").report("must be 1 to 120 of A-Z a-z 0-9 . _ -");
  return request;
}

Json source_json(RefreshedSource const& source) {
  return {{"url", source.url},
          {"suite", source.suite},
          {"error", source.error ? error_json(*source.error) : Json(nullptr)}};
}

std::optional<Error> read_maybe_error(std::optional<Node> const& node) {
  return node ? std::optional{read_error(*node)} : std::nullopt;
}

RefreshedSource read_source(Node const& node) {
  node.fields({"url", "suite"}, {"error"});
  return {node.at("url").text(), node.at("suite").text(), read_maybe_error(node.maybe("error"))};
}

struct Outcomes {
  Json operator()(Inspected const& o) const { return {{"inspected", host_json(o.facts)}}; }
  Json operator()(Refreshed const& o) const {
    return {{"refreshed", {{"sources", list_json(o.sources, source_json)}}}};
  }
  Json operator()(Downloaded const& o) const {
    return {{"downloaded",
             {{"kept", list_json(o.kept, kept_json)},
              {"no_way_back", o.no_way_back ? error_json(*o.no_way_back) : Json(nullptr)}}}};
  }
  Json operator()(BackedUp const& o) const {
    return {{"backed_up", {{"file", o.file}, {"was_running", o.was_running}}}};
  }
  Json operator()(Applied const& o) const {
    return {{"applied", {{"installed", list_json(o.installed, installed_json)}, {"notes", o.notes}, {"repairs", o.repairs}}}};
  }
  Json operator()(Restarted const& o) const {
    return {{"restarted",
             {{"was_running", o.was_running},
              {"at", to_rfc3339(o.at)},
              {"unit", unit_json(o.unit)},
              {"notes", o.notes},
              {"repairs", o.repairs},
              {"by_boot", o.by_boot}}}};
  }
  Json operator()(Restored const& o) const { return {{"restored", {{"files", o.files}, {"notes", o.notes}}}}; }
  Json operator()(Recovered const& o) const { return {{"recovered", {{"packages", o.packages}}}}; }
  Json operator()(Hooked const& o) const { return {{"hooked", {{"ran", o.ran}}}}; }
  Json operator()(PluginsChecked const& o) const {
    return {{"plugins_checked", {{"plugins", list_json(o.plugins, checked_json)}}}};
  }
};

Outcome read_refreshed(Node const& node) {
  node.fields({"sources"});
  return Refreshed{node.at("sources").list(read_source)};
}

Outcome read_downloaded(Node const& node) {
  node.fields({"kept"}, {"no_way_back"});
  return Downloaded{node.at("kept").list(read_kept), read_maybe_error(node.maybe("no_way_back"))};
}

Outcome read_backed_up(Node const& node) {
  node.fields({"file", "was_running"});
  return BackedUp{node.at("file").text(), node.at("was_running").flag()};
}

Outcome read_applied(Node const& node) {
  node.fields({"installed", "notes", "repairs"});
  return Applied{node.at("installed").list(read_installed), node.at("notes").texts(), node.at("repairs").texts()};
}

Outcome read_restarted(Node const& node) {
  node.fields({"was_running", "at", "unit", "notes", "repairs"}, {"by_boot"});
  auto const by_boot = node.maybe("by_boot");
  return Restarted{node.at("was_running").flag(), node.at("at").instant(), read_unit(node.at("unit")),
                   node.at("notes").texts(), node.at("repairs").texts(), by_boot && by_boot->flag()};
}

Outcome read_restored(Node const& node) {
  node.fields({"files", "notes"});
  return Restored{node.at("files").texts(), node.at("notes").texts()};
}

Outcome read_recovered(Node const& node) {
  node.fields({"packages"});
  return Recovered{node.at("packages").texts()};
}

Outcome read_hooked(Node const& node) {
  node.fields({"ran"});
  return Hooked{node.at("ran").texts()};
}

Outcome read_plugins_checked(Node const& node) {
  node.fields({"plugins"});
  return PluginsChecked{node.at("plugins").list(read_checked)};
}

struct OutcomeReading {
  std::string_view name;
  Outcome (*read)(Node const&);
};
constexpr std::array<OutcomeReading, std::variant_size_v<Outcome>> kOutcomes{
    {{"inspected", [](Node const& node) -> Outcome { return Inspected{read_host(node)}; }},
     {"refreshed", read_refreshed},
     {"downloaded", read_downloaded},
     {"backed_up", read_backed_up},
     {"applied", read_applied},
     {"restarted", read_restarted},
     {"restored", read_restored},
     {"recovered", read_recovered},
     {"hooked", read_hooked},
     {"plugins_checked", read_plugins_checked}}};

Outcome read_outcome(Node const& node) {
  if (auto const field = node.only_field()) {
    for (auto const& known : kOutcomes)
      if (known.name == field->first) return known.read(field->second);
    node.report("unknown outcome " + tykup::quoted(field->first));
  }
  return Recovered{};
}

Progress read_progress(Node const& node) {
  node.fields({"phase"}, {"percent", "message"});
  Progress progress{node.at("phase").text()};
  if (auto const percent = node.maybe("percent")) progress.percent = percent->number();
  if (auto const message = node.maybe("message")) progress.message = message->text();
  return progress;
}

Answer read_answer_node(Node const& node) {
  auto const field = node.only_field();
  if (field && field->first == "progress") return read_progress(field->second);
  if (field && field->first == "ok") return Result<Outcome>(read_outcome(field->second));
  if (field && field->first == "error") return Result<Outcome>(fail(read_error(field->second)));
  node.report("must be progress, ok or error");
  return Progress{};
}

/// The number of a request, whatever else it says; ours where it says none.
int protocol_of(std::string_view line) {
  Json const document = Json::parse(line, nullptr, false);
  if (!document.is_object()) return kProtocol;
  auto const number = document.find("protocol");
  return number != document.end() && number->is_number_integer() ? number->get<int>() : kProtocol;
}

}  // namespace

std::string request_line(Request const& request) {
  return to_line({{"protocol", kProtocol},
                  {"job", request.id},
                  {"operation", name_of(request.operation)},
                  {"arguments", std::visit(Arguments{}, request.operation)}});
}

Result<Request> read_request(std::string_view line) {
  if (auto const theirs = protocol_of(line); theirs != kProtocol)
    return fail(ErrorKind::OtherVersion, "the executor speaks protocol " + std::to_string(kProtocol) + ", the request is of " +
                                             std::to_string(theirs) + ": restart tykupd, so that both are of one version");
  return read_document(line, "request", read_request_node);
}

std::string progress_line(Progress const& progress) {
  Json const percent = progress.percent < 0 ? Json(nullptr) : Json(progress.percent);
  return to_line({{"progress", {{"phase", progress.phase}, {"percent", percent}, {"message", progress.message}}}});
}

std::string final_line(Result<Outcome> const& outcome) {
  if (!outcome) return to_line({{"error", error_json(outcome.error())}});
  return to_line({{"ok", std::visit(Outcomes{}, *outcome)}});
}

Result<Answer> read_answer(std::string_view line) { return read_document(line, "answer", read_answer_node); }

bool is_id(std::string_view id) {
  auto const allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; };
  return !id.empty() && id.size() <= 120 && id.front() != '.' && std::all_of(id.begin(), id.end(), allowed);
}

}  // namespace tykup::wire
