#include "daemon/core/result.hpp"

#include <algorithm>
#include <array>

namespace tykup {
namespace {

struct Name {
  ErrorKind kind;
  std::string_view text;
};

constexpr std::array kNames{
    Name{ErrorKind::BadConfig, "bad_config"},
    Name{ErrorKind::BadRequest, "bad_request"},
    Name{ErrorKind::NotAllowed, "not_allowed"},
    Name{ErrorKind::UnknownPackage, "unknown_package"},
    Name{ErrorKind::UnknownVersion, "unknown_version"},
    Name{ErrorKind::RepositoryUnreachable, "repository_unreachable"},
    Name{ErrorKind::RepositoryCertificate, "repository_certificate"},
    Name{ErrorKind::RepositoryUnsigned, "repository_unsigned"},
    Name{ErrorKind::RepositoryWrongKey, "repository_wrong_key"},
    Name{ErrorKind::KeyTooWeak, "key_too_weak"},
    Name{ErrorKind::RepositoryExpired, "repository_expired"},
    Name{ErrorKind::RepositoryStale, "repository_stale"},
    Name{ErrorKind::HashMismatch, "hash_mismatch"},
    Name{ErrorKind::LockHeld, "lock_held"},
    Name{ErrorKind::NoSpace, "no_space"},
    Name{ErrorKind::PlanRefused, "plan_refused"},
    Name{ErrorKind::PackageHeld, "package_held"},
    Name{ErrorKind::PackageBroken, "package_broken"},
    Name{ErrorKind::PackageFailed, "package_failed"},
    Name{ErrorKind::NoWayBack, "no_way_back"},
    Name{ErrorKind::UnitFailed, "unit_failed"},
    Name{ErrorKind::UnitLost, "unit_lost"},
    Name{ErrorKind::Unhealthy, "unhealthy"},
    Name{ErrorKind::Dependency, "dependency"},
    Name{ErrorKind::HookFailed, "hook_failed"},
    Name{ErrorKind::Withdrawn, "withdrawn"},
    Name{ErrorKind::Interrupted, "interrupted"},
    Name{ErrorKind::NotFound, "not_found"},
    Name{ErrorKind::Busy, "busy"},
    Name{ErrorKind::ExecutorUnavailable, "executor_unavailable"},
    Name{ErrorKind::OtherVersion, "other_version"},
    Name{ErrorKind::StateUnusable, "state_unusable"},
    Name{ErrorKind::EtcdUnavailable, "etcd_unavailable"},
    Name{ErrorKind::EtcdUnknown, "etcd_unknown"},
    Name{ErrorKind::LeaseLost, "lease_lost"},
    Name{ErrorKind::Stopping, "stopping"},
    Name{ErrorKind::Internal, "internal"},
};

}  // namespace

std::string_view to_string(ErrorKind kind) {
  auto const* found = std::ranges::find(kNames, kind, &Name::kind);
  return found == kNames.end() ? "internal" : found->text;
}

ErrorKind error_kind_from(std::string_view name) {
  auto const* found = std::ranges::find(kNames, name, &Name::text);
  return found == kNames.end() ? ErrorKind::Internal : found->kind;
}

std::string with_kind(Error const& error) { return error.message + " (" + std::string(to_string(error.kind)) + ")"; }

Error with_context(Error error, std::string_view context) {
  error.message = std::string(context) + ": " + error.message;
  return error;
}

}  // namespace tykup
