#include "pkg/apt/library.hpp"

#include <apt-pkg/configuration.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/init.h>
#include <apt-pkg/pkgsystem.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "pkg/apt/errors.hpp"

namespace tykup::pkg::apt {
namespace {

struct Check {
  char const* option;
  bool safe;
};

constexpr std::array kChecks{
    Check{"Acquire::AllowInsecureRepositories", false},
    Check{"Acquire::AllowWeakRepositories", false},
    Check{"Acquire::AllowDowngradeToInsecureRepositories", false},
    Check{"APT::Get::AllowUnauthenticated", false},
    Check{"APT::Authentication::TrustCDROM", false},
    Check{"Acquire::Check-Valid-Until", true},
    Check{"Acquire::Check-Date", true},
    Check{"Acquire::https::Verify-Peer", true},
    Check{"Acquire::https::Verify-Host", true},
};

std::vector<std::string>& found_options() {
  static std::vector<std::string> options;
  return options;
}

/// Acquire::https::HOST::Verify-Peer and its like, for any host.
void refuse_per_host(Configuration& config, std::vector<std::string>& found) {
  auto const* host = config.Tree("Acquire::https");
  for (host = host != nullptr ? host->Child : nullptr; host != nullptr; host = host->Next) {
    for (auto const* name : {"Verify-Peer", "Verify-Host"}) {
      auto const option = "Acquire::https::" + host->Tag + "::" + name;
      if (config.FindB(option, true)) continue;
      found.push_back(option);
      config.Set(option, "true");
    }
  }
}

void switch_checks_on(Configuration& config) {
  auto& found = found_options();
  found.clear();
  for (auto const& check : kChecks) {
    if (config.FindB(check.option, check.safe) != check.safe) found.emplace_back(check.option);
    config.Set(check.option, check.safe ? "true" : "false");
  }
  refuse_per_host(config, found);
}

/// The operator's dpkg options stay, but for those about conffiles: two policies contradict one another.
void set_dpkg_options(Configuration& config, std::string const& root) {
  auto options = config.FindVector("DPkg::Options");
  std::erase_if(options, [](std::string const& option) { return option.rfind("--force-conf", 0) == 0; });
  config.Clear("DPkg::Options");
  if (root != "/") {
    options.insert(options.end(), {"--root=" + root, "--force-script-chrootless", "--log=" + root + "/var/log/dpkg.log"});
  }
  options.insert(options.end(), {"--force-confdef", "--force-confold"});
  for (auto const& option : options) config.Set("DPkg::Options::", option);
}

void set_house_rules(Configuration& config) {
  config.Set("APT::Install-Recommends", "false");
  config.Set("APT::Install-Suggests", "false");
  config.Set("APT::List-Cleanup", "false");
  config.Set("APT::Get::List-Cleanup", "false");
  // A pty is what fills term.log; without it nothing of dpkg's words is kept.
  config.Set("Dpkg::Use-Pty", "true");
  config.CndSet("Acquire::http::Timeout", "30");
  config.CndSet("Acquire::https::Timeout", "30");
  config.CndSet("Acquire::Retries", "2");
}

/// apt does not sync its lists: a loss of power can leave a signed one empty, and then none at all can be read, installed
/// packages included. Without that file the others can, and the next refresh fetches it again.
void drop_empty_lists() {
  std::error_code failed;
  for (auto const& entry : std::filesystem::directory_iterator(_config->FindDir("Dir::State::lists"), failed)) {
    bool const is_signed = entry.path().filename().string().ends_with("Release");
    if (is_signed && entry.is_regular_file(failed) && entry.file_size(failed) == 0) unlink(entry.path().c_str());
  }
}

}  // namespace

Result<void> open_library(AptPaths const& paths) {
  // Messages are classified by their text, and go to the operator in one language.
  setenv("LC_ALL", "C.UTF-8", 1);
  unsetenv("LANGUAGE");
  _error->Discard();
  _config->Clear();
  _config->Set("Dir", paths.root);
  if (!pkgInitConfig(*_config)) return fail(library_error(ErrorKind::BadConfig, "apt's configuration cannot be read"));
  switch_checks_on(*_config);
  set_dpkg_options(*_config, paths.root);
  set_house_rules(*_config);
  if (!pkgInitSystem(*_config, _system)) return fail(library_error(ErrorKind::Internal, "libapt-pkg does not start"));
  _error->Discard();
  drop_empty_lists();
  return {};
}

std::vector<std::string> const& insecure_options() { return found_options(); }

Result<void> refuse_insecure_options() {
  auto const& options = insecure_options();
  if (options.empty()) return {};
  return fail(ErrorKind::RepositoryUnsigned,
              fmt::format("apt.conf switches off checks that tykup relies on ({}); remove these options from "
                          "/etc/apt/apt.conf and /etc/apt/apt.conf.d",
                          fmt::join(options, ", ")));
}

std::string apt_file(char const* option) { return _config->FindFile(option); }
std::string apt_dir(char const* option) { return _config->FindDir(option); }

std::string admin_dir() { return flNotFile(_config->FindFile("Dir::State::status")); }

std::vector<std::string> dpkg_command() {
  std::vector<std::string> command{_config->Find("Dir::Bin::dpkg", "/usr/bin/dpkg")};
  for (auto const& option : _config->FindVector("DPkg::Options")) command.push_back(option);
  return command;
}

}  // namespace tykup::pkg::apt
