#include "daemon/wire/state_json.hpp"

#include <utility>

#include "daemon/wire/state_fields.hpp"

namespace tykup::wire {

namespace {

using nlohmann::json;

std::string dump(json const& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Makes the phase of that name with nothing in it.
template <std::size_t... Index>
rollout::Phase empty_phase(std::string const& name, std::index_sequence<Index...>) {
  rollout::Phase phase;
  auto const take = [&]<std::size_t I>() {
    rollout::Phase const candidate(std::in_place_index<I>);
    if (rollout::name_of(candidate) != name) return false;
    phase = candidate;
    return true;
  };
  if ((take.template operator()<Index>() || ...)) return phase;
  throw Malformed("phase is \"" + name + "\", which this version does not know");
}

json write_phase(rollout::Phase const& phase) {
  return std::visit([](auto const& alternative) { return FieldWriter::write(alternative); }, phase);
}

rollout::Phase read_phase(std::string const& name, json const& fields) {
  auto phase = empty_phase(name, std::make_index_sequence<std::variant_size_v<rollout::Phase>>{});
  std::visit([&](auto& alternative) { FieldReader::read(fields, name, alternative); }, phase);
  return phase;
}

rollout::State read_state(json const& document) {
  FieldReader io(document, "state");
  std::string name;
  json const* fields = nullptr;
  rollout::State state;
  io("phase", name);
  io("standing", state.standing);
  io("fields", fields);
  io.finish();
  state.phase = read_phase(name, *fields);
  return state;
}

rollout::RunRecord read_run(json const& document) {
  rollout::RunRecord run;
  FieldReader::read(document, "run", run);
  return run;
}

template <typename Read>
auto parse(std::string_view text, Read read) -> Result<decltype(read(json{}))> {
  try {
    return read(json::parse(text));
  } catch (Malformed const& problem) {
    return fail(ErrorKind::StateUnusable, problem.what());
  } catch (json::exception const& problem) {
    return fail(ErrorKind::StateUnusable, "it is no JSON", problem.what());
  }
}

}  // namespace

std::string state_text(rollout::State const& state) {
  json document;
  document["phase"] = rollout::name_of(state.phase);
  document["fields"] = write_phase(state.phase);
  document["standing"] = FieldWriter::write(state.standing);
  return dump(document);
}

std::string run_text(rollout::RunRecord const& run) {
  return dump(FieldWriter::write(run));
}

Result<rollout::State> parse_state(std::string_view text) {
  return parse(text, &read_state);
}

Result<rollout::RunRecord> parse_run(std::string_view text) {
  return parse(text, &read_run);
}

}  // namespace tykup::wire
