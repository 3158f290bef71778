#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace tykup {

/// What went wrong, as a closed list: the executor's protocol, D-Bus errors, exit codes and the journal use these names.
/// `to_string` gives the name on the wire (snake_case); names are stable, a new one may be added.
enum class ErrorKind {
  BadConfig,             ///< the configuration does not say what it should; place and nearest name are in the message
  BadRequest,            ///< a malformed or oversized request
  NotAllowed,            ///< the caller, package, version, path or origin is not allowed by configuration or polkit
  UnknownPackage,        ///< no subscribed repository knows the package
  UnknownVersion,        ///< the package is known, the exact version or digest is not in its repository nor kept
  RepositoryUnreachable, ///< DNS, connection, timeout, HTTP error
  RepositoryCertificate, ///< the server's TLS certificate is not trusted or not for this host
  RepositoryUnsigned,    ///< metadata without a signature, or an option that switches the check off
  RepositoryWrongKey,    ///< metadata or package signed by a key the subscription does not name
  KeyTooWeak,            ///< the key or its binding is refused by the crypto policy of this host
  RepositoryExpired,     ///< `Valid-Until` has passed
  RepositoryStale,       ///< metadata older than what was seen before
  HashMismatch,          ///< bytes differ from the signed index or from the pin
  LockHeld,              ///< the package manager's lock stayed taken past the deadline; the message names pid and command
  NoSpace,               ///< bytes or inodes; the message names the file system and how much is missing
  PlanRefused,           ///< the transaction would touch more than the component and the dependencies its target requires
  PackageHeld,           ///< held or pinned by the operator in the package manager
  PackageBroken,         ///< something is half-installed or half-configured; `recover` first
  PackageFailed,         ///< the package manager reported a failure while changing the package
  NoWayBack,             ///< no verified package of the installed version could be kept
  UnitFailed,            ///< the unit did not start, or its main process is not the new binary
  UnitLost,              ///< another unit that was up is down
  Unhealthy,             ///< the health gate did not pass in time
  Dependency,            ///< only what the component depends on is unwell, and it is so without the new version, too
  HookFailed,
  Withdrawn,             ///< nothing failed: an operator took the version back
  Interrupted,           ///< the job ended without an outcome: killed, or the host went down
  NotFound,              ///< a job, run or component of that name does not exist
  Busy,                  ///< another changing operation, or another daemon, is at work; the message names it
  ExecutorUnavailable,   ///< the executor's socket does not answer
  OtherVersion,          ///< tykupd and its executor speak different protocols: one of them was upgraded just now
  StateUnusable,         ///< the state store cannot be read or written, or was written by a newer version
  EtcdUnavailable,       ///< no endpoint of etcd answers, or those that do have no leader; nothing was changed
  EtcdUnknown,           ///< etcd was asked and its answer was lost: it may have been done or not
  LeaseLost,             ///< etcd knows no such lease: it has expired or was revoked, and its keys are gone
  Stopping,              ///< the host or the daemon is shutting down
  Internal,              ///< a defect of ours, or an error of a library that we have no name for
};

std::string_view to_string(ErrorKind kind);
/// The kind of that wire name; `Internal` where the name is unknown (a newer peer).
ErrorKind error_kind_from(std::string_view name);

/// A failure that a person can act on. `message` is one sentence (what, where, what to do); `detail` is optional raw
/// material, several lines at most (the package manager's own words, a log excerpt), never a secret.
struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string message;
  std::string detail = {};

  friend bool operator==(Error const&, Error const&) = default;
};

/// The message with its kind behind it, for people and for those who grep: "… (lock_held)".
[[nodiscard]] std::string with_kind(Error const& error);

/// The same error seen from further up: "context: message".
[[nodiscard]] Error with_context(Error error, std::string_view context);

template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string detail = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(detail)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace tykup
