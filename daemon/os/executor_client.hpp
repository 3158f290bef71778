#pragma once

#include <chrono>
#include <string>

#include "daemon/agent/ports.hpp"

namespace tykup::os {

/// The executor behind its socket. Every request is sent until it is answered: a job whose connection broke is asked
/// for by its id, and sent again only if the executor has no record of it.
class ExecutorClient final : public agent::Executor {
 public:
  using Span = std::chrono::milliseconds;
  struct Patience {
    Span silent =
        std::chrono::seconds{30};  ///< how long nothing may be heard at all before the executor is unavailable
    Span pause = std::chrono::milliseconds{200};  ///< between two attempts, doubled up to ten times as long
    Span result_wait = std::chrono::minutes{10};  ///< how long one `result` waits for the end of a job at work
  };

  explicit ExecutorClient(std::string socket = "/run/tykup/executor.sock");
  ExecutorClient(std::string socket, Patience patience);

  /// Besides the executor's own errors: ExecutorUnavailable if it could not be reached for a while and the job was
  /// never handed over; Interrupted if it was and the outcome cannot be learned, or if the executor ended again and
  /// again before it began; OtherVersion if one of the two was upgraded and does not understand the other. Busy means that this job did not begin.
  agent::Awaitable<Result<job::Outcome>> perform(job::Request request, ProgressSink progress) override;

 private:
  std::string socket_;
  Patience patience_;
};

}  // namespace tykup::os
