#include "pkg/executor/step_record.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include "daemon/wire/facts_json.hpp"
#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using wire::Json;
using wire::Node;

constexpr std::array<std::string_view, 5> kRoles{"config", "environment", "unit", "changed", "own"};

Json file_json(SavedFile const& file) {
  return {{"role", kRoles.at(static_cast<std::size_t>(file.role))},
          {"path", file.path},
          {"digest", file.digest},
          {"shipped", file.shipped},
          {"changed", file.changed}};
}

Json link_json(InitLink const& link) { return {{"path", link.path}, {"target", link.target}}; }

InitLink read_link(Node const& node) {
  node.fields({"path", "target"});
  return {node.at("path").text(), node.at("target").text()};
}

Json leftover_json(Leftover const& leftover) { return {{"path", leftover.path}, {"stamp", leftover.stamp}}; }

Leftover read_leftover(Node const& node) {
  node.fields({"path", "stamp"});
  return {node.at("path").text(), node.at("stamp").text()};
}

SavedFile read_saved(Node const& node) {
  node.fields({"role", "path", "digest", "shipped", "changed"});
  SavedFile out;
  auto const role = std::ranges::find(kRoles, node.at("role").text());
  if (role == kRoles.end()) node.at("role").report("is unknown");
  out.role = static_cast<SavedFile::Role>(role - kRoles.begin());
  out.path = node.at("path").text();
  out.digest = node.at("digest").text();
  out.shipped = node.at("shipped").text();
  out.changed = node.at("changed").flag();
  return out;
}

StepRecord read_record(Node const& node) {
  wire::written_version(node, "schema", kStepSchema);
  node.fields({"run", "component", "unit", "masked", "enabled_below", "runs_binary", "packages", "files", "missing",
               "package_units", "init_source", "init_files", "init_links", "leftovers", "failed_units", "up_services",
               "archive", "landing", "pins", "replaced", "kept_new"},
              {"schema", "changed_in"});
  StepRecord out;
  out.step = {node.at("run").text(), node.at("component").text()};
  out.unit = wire::read_unit(node.at("unit"));
  out.masked = node.at("masked").flag();
  out.enabled_below = node.at("enabled_below").flag();
  out.runs_binary = node.at("runs_binary").flag();
  out.packages = node.at("packages").list(wire::read_installed);
  out.files = node.at("files").list(read_saved);
  out.missing = node.at("missing").texts();
  out.package_units = node.at("package_units").texts();
  out.init_source = node.at("init_source").text();
  out.init_files = node.at("init_files").texts();
  out.init_links = node.at("init_links").list(read_link);
  out.leftovers = node.at("leftovers").list(read_leftover);
  out.failed_units = node.at("failed_units").texts();
  out.up_services = node.at("up_services").texts();
  out.archive = node.at("archive").text();
  out.landing = node.at("landing").flag();
  out.pins = node.at("pins").list(wire::read_pin);
  out.replaced = node.at("replaced").list(wire::read_installed);
  out.kept_new = node.at("kept_new").texts();
  if (auto const boot = node.maybe("changed_in")) out.changed_in = boot->text();
  return out;
}

}  // namespace

std::string to_text(StepRecord const& record) {
  return wire::to_line({{"schema", kStepSchema},
                        {"run", record.step.run},
                        {"component", record.step.component},
                        {"unit", wire::unit_json(record.unit)},
                        {"masked", record.masked},
                        {"enabled_below", record.enabled_below},
                        {"runs_binary", record.runs_binary},
                        {"packages", wire::list_json(record.packages, wire::installed_json)},
                        {"files", wire::list_json(record.files, file_json)},
                        {"missing", record.missing},
                        {"package_units", record.package_units},
                        {"init_source", record.init_source},
                        {"init_files", record.init_files},
                        {"init_links", wire::list_json(record.init_links, link_json)},
                        {"leftovers", wire::list_json(record.leftovers, leftover_json)},
                        {"failed_units", record.failed_units},
                        {"up_services", record.up_services},
                        {"archive", record.archive},
                        {"landing", record.landing},
                        {"pins", wire::list_json(record.pins, wire::pin_json)},
                        {"replaced", wire::list_json(record.replaced, wire::installed_json)},
                        {"kept_new", record.kept_new},
                        {"changed_in", record.changed_in}});
}

std::string step_file(Paths const& paths, job::StepId const& step) {
  return paths.steps() + "/" + step.run + "/" + step.component + ".json";
}

Result<void> save(Paths const& paths, StepRecord const& record) {
  if (auto made = make_folder(paths.steps() + "/" + record.step.run); !made) return made;
  return write_durably(step_file(paths, record.step), to_text(record));
}

Result<StepRecord> load_step(Paths const& paths, job::StepId const& step) {
  auto const text = read_file(step_file(paths, step), std::size_t{64} << 20);
  if (!text && text.error().kind == ErrorKind::NotFound)
    return fail(ErrorKind::NotFound, "step " + step.run + " of " + step.component + " has no backup: it must be taken first");
  if (!text) return fail(text.error());
  return wire::read_document(*text, step_file(paths, step), read_record).map_error([](Error error) {
    error.kind = ErrorKind::StateUnusable;
    return error;
  });
}

void prune_backups(Paths const& paths, std::string const& component, unsigned keep, std::vector<std::string> const& at_work) {
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  for (fs::directory_iterator run(paths.backups(), error); !error && run != fs::directory_iterator(); run.increment(error)) {
    auto const archive = run->path() / (component + ".tar.zst");
    std::error_code absent;
    auto const written = fs::last_write_time(archive, absent);
    bool const stays = std::ranges::find(at_work, run->path().filename().string()) != at_work.end();
    if (!absent && !stays) found.emplace_back(written, archive);
  }
  std::ranges::sort(found, std::greater<>());
  std::size_t const others = keep > at_work.size() ? keep - at_work.size() : 0;
  for (std::size_t i = others; i < found.size(); ++i) {
    auto const run = found[i].second.parent_path();
    fs::remove(found[i].second, error);
    fs::remove(fs::path(paths.steps()) / run.filename() / (component + ".json"), error);
    if (fs::is_empty(run, error)) fs::remove(run, error);
    if (fs::is_empty(fs::path(paths.steps()) / run.filename(), error)) fs::remove(fs::path(paths.steps()) / run.filename(), error);
  }
}

}  // namespace tykup::executor
