// `tykup subscribe`: root's own command. It alone writes package sources and keys; the executor never does.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/os/config_loader.hpp"
#include "pkg/executor/subscribing.hpp"

namespace {

using namespace tykup;

std::optional<std::string> ask_terminal(std::string const& question) {
  if (isatty(STDIN_FILENO) == 0) return std::nullopt;
  std::cout << question << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

int complain(Error const& error) {
  std::cerr << "tykup subscribe: " << error.message << " (" << to_string(error.kind) << ")\n";
  if (!error.detail.empty()) std::cerr << error.detail << "\n";
  return EXIT_FAILURE;
}

int run(executor::SubscribeRequest const& request, std::string const& file) {
  auto const config = load_config({file, file + ".d"});
  if (!config) return complain(config.error());
  auto const sources = pkg::host_subscriptions();
  executor::Paths const paths;
  auto const done = executor::subscribe(*sources, paths, *config, request, {std::cout, ask_terminal});
  return done ? EXIT_SUCCESS : complain(done.error());
}

void add_options(CLI::App& app, executor::SubscribeRequest& request, std::string& config) {
  app.add_option("component,--component", request.components, "components of the configuration; default: all of them");
  app.add_option("--key", request.key, "the repository's signing key: a file or a URL; default: gpgkey in the repository");
  app.add_option("--fingerprint", request.fingerprint, "the key's fingerprint, as you know it; else you are asked on the terminal");
  app.add_option("--package-key", request.package_key, "rpm: the key that signs the packages: a file or a URL; default: Tyk's");
  app.add_option("--package-fingerprint", request.package_fingerprint, "rpm: the fingerprint of that key");
  app.add_flag("!--without-metadata-signature", request.metadata_signature,
               "rpm: do without the signature of the metadata, where the host refuses its key; packages are checked all the same");
  app.add_flag("--replace", request.replace, "replace an entry for the same repository; it is kept as FILE.save");
  app.add_option("--config", config, "configuration file")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  executor::SubscribeRequest request;
  std::string config = "/etc/tykup/tykup.toml";
  CLI::App app{"Subscribes this host to the signed repositories of its components.", "tykup subscribe"};
  add_options(app, request, config);
  CLI11_PARSE(app, argc, argv);
  if (geteuid() != 0) return complain({ErrorKind::NotAllowed, "this writes package sources and keys: run it as root"});
  umask(0022);
  try {
    return run(request, config);
  } catch (std::exception const& defect) {
    return complain({ErrorKind::Internal, defect.what()});
  }
}
