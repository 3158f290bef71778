#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "daemon/core/config.hpp"
#include "daemon/core/facts.hpp"
#include "daemon/core/notify.hpp"
#include "daemon/core/rollout.hpp"
#include "daemon/core/way_back.hpp"

namespace tykup::wire {

/// The version of every JSON text that people's programs read (status, plan, history). Fields may be added under the
/// same number; a change of meaning raises it.
inline constexpr int kSchema = 1;

/// Everything the status shows, as the agent has it.
struct StatusInputs {
  rollout::State const& state;
  rollout::Context const& context;
  HostFacts const* facts = nullptr;                 ///< null until the host was read once
  job::Progress const* progress = nullptr;          ///< of the job at work
  std::string host;
  std::string status;  ///< the line of `systemctl status`
  std::vector<notify::WayStanding> ways = {};  ///< of [notify]
};

/// {"schema":1,"version","host","now","state","status","trouble":null|{run,component,text,remedy,since},
///  "hindrance","source_problems":{"URL SUITE":text},"next_refresh","refreshed",
///  "window":{"open","until","opens","reason","seconds_to_open","seconds_left","host_begins","seconds_to_begin"},
///  "freeze_problems":[text],
///  "components":[{"name","title","unit","package","installed","newest","target","unit_state":{active,sub,enabled},
///    "reasons":[{gate,text,remedy}],"subscription":{file,url,suite,key_fingerprint,key_expires,refreshed,problem,weakness}}],
///  "run":null|{…a run as in history…,"progress":{phase,percent,message},"expected_seconds"},
///  "plan":{"hash","steps":[{component,from,to,way_back,way_back_note,one_way,database_backup,estimate_seconds,fits}],
///    "staying":[{component,newest,target,reasons}]},
///  "holds":[{component,by,since,until,reason}],"approval":{"mode":"auto"|"manual",plan_hash,by,since,until,
///    "without_way_back":["COMPONENT=VERSION"]},
///  "bad_versions":[{component,version,reason,since,failures,until,in_force,remedy}],
///  "concerns":[{kind,component,text,remedy,trouble}],
///  "notify":[{way,to,waiting,"trouble":null|{since,why,lost}}]}
/// `way_back` is false where no package of the old version is kept or the new one migrates data (`one_way`);
/// `database_backup`: a hook has to save a shared database in that step. `fits` is next_window, later_window, never, or null without windows. An empty component of a hold stands for all.
/// Instants are RFC 3339 in UTC or null. Texts that tell of an error end with its kind: "… (repository_unsigned)".
nlohmann::json status_json(StatusInputs const& inputs);

/// {"schema":1,"hash","steps":[…],"staying":[…],"window":{…},"approval":{…},"bad_versions":[…]}
nlohmann::json plan_json(StatusInputs const& inputs);

/// {"schema":1,"runs":[{"id","plan_hash","trigger","by","undoes","started","ended","result","reason",
///  "steps":[{component,from,to,result,reason,started,ended,notes}]}]}
nlohmann::json history_json(std::vector<rollout::RunRecord> const& runs);

/// What the run at work does, for those who watch: {"schema":1,"run":null|{id,step,steps,component,from,to,phase,
///  "progress":null|{phase,percent,message},started,expected_seconds}}. Nothing in it changes with the time alone.
nlohmann::json progress_json(StatusInputs const& inputs);

/// {"schema":1,"component","installed","possible","run","from","to","hindrance","remedy","config_backup"}: from the version that
/// it would leave to the one before it.
nlohmann::json way_back_json(rollout::WayBack const& way);

}  // namespace tykup::wire
