#pragma once

#include <string>

#include "daemon/core/fleet/inquiry.hpp"

namespace tykup::wire {

/// What came back from `/api/v1/query`; `problem`: why nothing did.
[[nodiscard]] fleet::PrometheusAnswer prometheus_answer(int status, std::string const& body, std::string const& problem);

}  // namespace tykup::wire
