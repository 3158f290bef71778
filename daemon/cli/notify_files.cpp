#include "daemon/cli/notify_files.hpp"

#include <unistd.h>

namespace tykup::cli {
namespace {

namespace fs = std::filesystem;

bool is_there(fs::path const& file) {
  std::error_code error;
  return fs::is_regular_file(file, error);
}

Concern concern(std::string text, std::string remedy) { return {"notify", "", std::move(text), std::move(remedy)}; }

}  // namespace

std::vector<Concern> missing_for_notify(notify::NotifyConfig const& config, fs::path const& sendmail) {
  std::vector<Concern> found;
  if (!config.email.empty() && access(sendmail.c_str(), X_OK) != 0)
    found.push_back(concern("e-mail is configured, but there is no " + sendmail.string() + " on this host",
                            "install a mail system that brings it, such as postfix, exim4 or msmtp-mta"));
  for (auto const& hook : config.webhooks) {
    if (!hook.url_file.empty() && !is_there(hook.url_file))
      found.push_back(concern("the URL of a webhook is to be in " + hook.url_file + ", which is not there",
                              "write it there, readable for tykupd: owner root, group tykup, mode 0640"));
    if (!hook.ca_file.empty() && !is_there(hook.ca_file))
      found.push_back(concern("the certificates that a webhook's server is to be proven by are not there: " + hook.ca_file,
                              "put them there, or take ca_file out for the certificates that this host trusts"));
  }
  return found;
}

}  // namespace tykup::cli
