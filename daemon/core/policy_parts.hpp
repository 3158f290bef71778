#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/policy.hpp"

/// The pieces that `choose` is made of. Private to the policy.
namespace tykup {

/// A release line with long-term support (Gateway and Dashboard only): when it came out, and the first instant without
/// any support. From Tyk's page on long-term support: twelve months in full, twelve more for what is critical.
struct LtsLine {
  int major;
  int minor;
  Instant from;
  Instant unsupported_from;
};
[[nodiscard]] std::vector<LtsLine> const& lts_lines();
/// When support for that release's line ends, or ended. A line that is no LTS line has none from when the next LTS line
/// came out; nothing is known of the end of one that is newer than all.
[[nodiscard]] std::optional<Instant> support_ends(Release const& release, Instant now);

/// The oldest MDCB that works with that Gateway or Dashboard, by Tyk's release notes; nothing is known of older ones.
[[nodiscard]] std::optional<std::string> oldest_mdcb(ServiceKind kind, Release const& release);

/// Which releases a track lets a component go to, from where it stands.
struct Reach {
  enum class Kind { All, Major, Line, None } kind = Kind::All;
  int major = 0;  ///< Major and Line
  int minor = 0;  ///< Line

  [[nodiscard]] bool covers(std::optional<Release> const& release) const;
};
/// `offered` are the releases above the installed one. Only Gateway and Dashboard have LTS lines, and only they (and
/// the operator's own components) are named by a line: Pump, MDCB, Identity Broker and Portal have numbers of their own
/// and are made to work with every supported Gateway, so that both tracks let them go to the latest.
[[nodiscard]] Reach reach_of(Track const& track, ServiceKind kind, std::optional<Release> const& installed,
                             std::vector<Release> const& offered, Instant now);

/// A pre-release as far as a component's versions tell: a distribution's "~deb12u1" is none.
[[nodiscard]] bool is_prerelease(ServiceKind kind, std::string_view version);

/// Where one package may go: the best candidate, and why it must not be taken yet.
struct Target {
  Candidate candidate;
  std::vector<Reason> reasons = {};
};

/// What is asked about one package of a component.
struct TargetQuery {
  Component const& component;
  std::vector<Candidate> const& candidates;
  InstalledPackage const& installed;
  PackageFormat format;
  PolicyConfig const& policy;
  Memory const& memory;
  Instant now;
};
/// Candidates of the package that are a step up at all, newest first, one for each version; pre-releases only to a host
/// that runs one of the same line.
[[nodiscard]] std::vector<Candidate> steps_up(TargetQuery const& query);
/// The newest candidate that the track reaches and that is neither bad nor soaking; where all are hindered, the newest
/// with its reasons. Nothing: there is none.
[[nodiscard]] std::optional<Target> target_of(TargetQuery const& query);

}  // namespace tykup
