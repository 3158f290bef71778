#pragma once

#include <string>

#include "daemon/core/job.hpp"
#include "daemon/core/rollout.hpp"

namespace tykup::agent {

/// What the core is told of a job's end.
rollout::Event event_of(std::string const& job, Result<job::Outcome> outcome);

}  // namespace tykup::agent
