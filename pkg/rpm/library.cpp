#include "pkg/rpm/library.hpp"

#include <libdnf/libdnf.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

/// dnf.conf may define repositories too; libdnf is not to see them.
std::string main_section_of(std::string const& file) {
  std::ifstream stream(file);
  std::string text = "[main]\n";
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with('[')) {
      inside = line.starts_with("[main]");
    } else if (inside) {
      text += line + '\n';
    }
  }
  return text;
}

}  // namespace

std::string below_root(RpmPaths const& paths, std::string const& path) {
  return paths.root == "/" ? path : paths.root + path;
}

Result<void> open_library(RpmPaths const& paths) {
  // Messages are classified by their text, and go to the operator in one language.
  setenv("LC_ALL", "C.UTF-8", 1);
  unsetenv("LANGUAGE");
  // libdnf reads rpm's configuration when it is first asked anything; later it would undo the root's macros.
  dnf_context_globals_init(nullptr);
  rpmFreeMacros(nullptr);
  rpmFreeRpmrc();
  if (rpmReadConfigFiles(nullptr, nullptr) != 0) return fail(ErrorKind::BadConfig, "rpm's configuration cannot be read; see rpm --showrc");
  if (paths.root != "/") {
    auto const macros = below_root(paths, "/etc/rpm/macros");
    if (fs::exists(macros)) rpmLoadMacroFile(nullptr, macros.c_str());
  }
  rpmSetVerbosity(RPMLOG_WARNING);
  return {};
}

void ContextRelease::operator()(_DnfContext* context) const { g_object_unref(context); }

Result<Context> open_context(RpmPaths const& paths) {
  std::error_code failed;
  auto const nothing = paths.metadata + ".none";
  auto const solv = paths.metadata + ".solv";
  // Locks of libdnf's own, below those that we hold: one of an earlier start must not be there any more.
  auto const locks = below_root(paths, "/run/tykup-executor");
  for (auto const& folder : {paths.metadata, nothing, solv, locks}) fs::create_directories(folder, failed);
  if (failed) return fail(ErrorKind::Internal, paths.metadata + " cannot be made: " + failed.message());
  auto const config = nothing + "/dnf.conf";
  std::ofstream(config, std::ios::trunc) << main_section_of(below_root(paths, "/etc/dnf/dnf.conf"));
  dnf_context_set_config_file_path(config.c_str());
  dnf_context_set_plugins_all_disabled(TRUE);
  Context context(dnf_context_new());
  std::array<char const*, 2> const folders{nothing.c_str(), nullptr};
  dnf_context_set_repos_dir(context.get(), folders.data());
  dnf_context_set_install_root(context.get(), paths.root.c_str());
  dnf_context_set_cache_dir(context.get(), paths.metadata.c_str());
  dnf_context_set_solv_dir(context.get(), solv.c_str());
  dnf_context_set_lock_dir(context.get(), locks.c_str());
  GError* error = nullptr;
  if (dnf_context_setup(context.get(), nullptr, &error) == FALSE) {
    return fail(library_error(ErrorKind::Internal, "libdnf does not start on " + paths.root, error));
  }
  return context;
}

}  // namespace tykup::pkg::rpm
