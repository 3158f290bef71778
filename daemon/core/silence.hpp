#pragma once

#include <string>

#include "daemon/core/job.hpp"
#include "daemon/core/time.hpp"

namespace tykup {

/// A package change of Tyk's takes seconds, a restart less than its unit's limit. What says nothing for so long wants a look.
inline constexpr Duration kSilenceIsLong = std::chrono::minutes{10};

/// How long a job has said nothing new, and when that is to be reported: after `patience`, then after twice that, and so on. It
/// is never a reason to end the job. All times are of one steady clock.
class Silence {
 public:
  Silence(job::Operation const& operation, Duration patience, Duration now);

  /// The job said something. What it says again is no progress.
  void broken(job::Progress const& progress, Duration now);
  /// When the next report is due.
  [[nodiscard]] Duration due() const { return since_ + wait_; }
  /// At least one report was made of this silence.
  [[nodiscard]] bool is_long() const { return wait_ > patience_; }
  /// "apply of gateway has been at configure for 12min; nothing is killed; …"
  [[nodiscard]] std::string text(Duration now) const;
  /// The text, and the next report is due after twice the time.
  std::string report(Duration now);

 private:
  std::string what_;
  job::Progress last_ = {};
  Duration patience_;
  Duration wait_;
  Duration since_;
};

}  // namespace tykup
