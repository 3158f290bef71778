#include "pkg/rpm/transaction.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libdnf/libdnf.h>

#include <memory>

#include "daemon/fault/fault.hpp"
#include "pkg/common/progress.hpp"
#include "pkg/rpm/errors.hpp"
#include "pkg/rpm/library.hpp"
#include "pkg/rpm/rpm_log.hpp"
#include "pkg/rpm/script_output.hpp"
#include "pkg/rpm/solution.hpp"

namespace tykup::pkg::rpm {
namespace {

struct ObjectRelease {
  void operator()(gpointer object) const { g_object_unref(object); }
};
using State = std::unique_ptr<DnfState, ObjectRelease>;
using Handle = std::unique_ptr<DnfTransaction, ObjectRelease>;

Error refusal(std::vector<VerifiedFile> const& files, std::vector<std::string> const& what) {
  std::vector<std::string> names;
  for (auto const& file : files) names.push_back(file.pin().name + " " + file.pin().version);
  return {
      ErrorKind::PlanRefused,
      fmt::format("installing {} would also {}; nothing was changed: do that by hand with dnf, or wait for a version "
                  "that does not need it",
                  fmt::join(names, ", "), fmt::join(what, ", "))};
}

/// Solves, and refuses whatever is more than the files and what they require.
Result<void> solve(Solution& solution, RpmPaths const& paths, Configuration const& configuration,
                   std::vector<VerifiedFile> const& files, std::vector<VerifiedFile> const& others) {
  auto const found = solution.find(paths, configuration, files, others);
  if (!found) return fail(found.error());
  auto refused = solution.besides();
  if (*found && refused.empty()) return {};
  if (refused.empty()) {
    for (auto const& name : solution.missing()) refused.push_back(fmt::format("need {}, which nobody offers", name));
  }
  if (refused.empty()) refused.emplace_back("need what cannot be installed here");
  return fail(refusal(files, refused));
}

char const* phase_of(DnfStateAction action) {
  switch (action) {
    case DNF_STATE_ACTION_INSTALL:
    case DNF_STATE_ACTION_UPDATE:
    case DNF_STATE_ACTION_DOWNGRADE:
    case DNF_STATE_ACTION_REINSTALL:
      return "unpack";
    case DNF_STATE_ACTION_CLEANUP:
      return "configure";
    default:
      return "install";
  }
}

/// "tyk-gateway;5.8.1-1;x86_64;installed"
std::string name_in(char const* package_id) {
  std::string const id = package_id == nullptr ? "" : package_id;
  return id.substr(0, id.find(';'));
}

struct Audience {
  ProgressSink const& progress;
  RpmLog const& log;
};

void acted(DnfState*, DnfStateAction action, gchar const* hint, gpointer data) {
  auto const& audience = *static_cast<Audience const*>(data);
  // libdnf's own check of signatures, which comes before the first action, leaves librpm without a listener.
  audience.log.listen();
  if (hint != nullptr) report(audience.progress, phase_of(action), -1, name_in(hint));
}
void advanced(DnfState*, gchar const* package_id, DnfStateAction action, guint percentage, gpointer data) {
  report(static_cast<Audience const*>(data)->progress, phase_of(action), percentage, name_in(package_id));
}

State watched_state(Audience& audience) {
  State state(dnf_state_new());
  g_signal_connect(state.get(), "action-changed", G_CALLBACK(acted), &audience);
  g_signal_connect(state.get(), "package-progress-changed", G_CALLBACK(advanced), &audience);
  return state;
}

bool has(std::string const& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

/// What rpm finds before it begins is a plan refused; nothing was changed then.
Error failure(GError*& error) {
  auto failed = library_error(ErrorKind::PackageFailed, "rpm failed", error);
  auto const& words = failed.detail;
  if (has(words, "filesystem") && has(words, "needs")) failed.kind = ErrorKind::NoSpace;
  for (auto const* sign :
       {"conflicts between", "conflicts with", "is needed by", "is obsoleted by", "file from package"}) {
    if (has(words, sign)) failed.kind = ErrorKind::PlanRefused;
  }
  if (has(words, "does not verify")) {
    failed.kind = ErrorKind::RepositoryWrongKey;
    failed.message +=
        "; rpm's policy (%_pkgverify_level) wants the key in its own database as well: rpm --import the repository's key file";
  }
  if (failed.kind != ErrorKind::PackageFailed) failed.message += "; nothing was changed";
  return failed;
}

Result<void> commit(DnfContext* context, HyGoal goal, Audience audience) {
  Handle const transaction(dnf_transaction_new(context));
  std::unique_ptr<GPtrArray, decltype(&g_ptr_array_unref)> const none(g_ptr_array_new(), g_ptr_array_unref);
  dnf_transaction_set_repos(transaction.get(), none.get());
  // Not ONLY_TRUSTED: libdnf would believe /etc/pki/rpm-gpg, and not the keys that our repositories name.
  dnf_transaction_set_flags(transaction.get(),
                            DNF_TRANSACTION_FLAG_ALLOW_REINSTALL | DNF_TRANSACTION_FLAG_ALLOW_DOWNGRADE);
  auto const state = watched_state(audience);
  GError* error = nullptr;
  if (dnf_transaction_commit(transaction.get(), goal, state.get(), &error) == TRUE) return {};
  return fail(failure(error));
}

}  // namespace

Result<std::vector<PackagePin>> required_of(RpmPaths const& paths, Configuration const& configuration,
                                            std::vector<VerifiedFile> const& files,
                                            std::vector<VerifiedFile> const& others) {
  Solution solution;
  if (auto solved = solve(solution, paths, configuration, files, others); !solved) return fail(solved.error());
  std::vector<PackagePin> pins;
  for (auto const at : solution.required()) pins.push_back(others[at].pin());
  return pins;
}

Result<void> run_transaction(RpmPaths const& paths, Configuration const& configuration,
                             std::vector<VerifiedFile> const& files, ProgressSink const& progress, Said& said) {
  auto const context = open_context(paths);
  if (!context) return fail(context.error());
  dnf_context_set_check_disk_space(context->get(), TRUE);
  dnf_context_set_check_transaction(context->get(), TRUE);
  dnf_context_set_keep_cache(context->get(), TRUE);
  dnf_context_set_rpm_verbosity(context->get(), "warn");
  Solution solution;
  if (auto solved = solve(solution, paths, configuration, files, {}); !solved) return solved;
  for (auto const& file : files) {
    if (file.unchanged()) continue;
    return fail(ErrorKind::HashMismatch, file.path() + " was exchanged after it was checked; nothing was installed");
  }
  ScriptOutput const output;
  RpmLog const log([&](std::string const& line) { report(progress, "configure", -1, line); });
  fault::reached(fault::Point::RpmBegins);
  auto const done = commit(context->get(), solution.goal(), {progress, log});
  fault::reached(fault::Point::RpmDone);
  said.warnings += log.words();
  said.output += output.tail();
  return done;
}

}  // namespace tykup::pkg::rpm
