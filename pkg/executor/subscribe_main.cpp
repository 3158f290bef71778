// `tykup subscribe`: root's own command. It alone writes package sources and keys; the executor never does.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "daemon/os/config_loader.hpp"
#include "pkg/executor/subscribing.hpp"

namespace {

using namespace tykup;

/// As `tykup --help` has them.
constexpr int kMistyped = 2;
constexpr int kNotRoot = 4;

struct Words {
  executor::SubscribeRequest request;
  std::string config = "/etc/tykup/tykup.toml";
  bool json = false;
};

std::optional<std::string> ask_terminal(std::string const& question) {
  if (isatty(STDIN_FILENO) == 0) return std::nullopt;
  std::cerr << question << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

int complain(Error const& error) {
  std::cerr << "tykup subscribe: " << error.message << " (" << to_string(error.kind) << ")\n";
  if (!error.detail.empty()) std::cerr << error.detail << "\n";
  return EXIT_FAILURE;
}

nlohmann::json document_of(std::vector<executor::Subscribed> const& done) {
  auto subscriptions = nlohmann::json::array();
  for (auto const& one : done)
    subscriptions.push_back({{"component", one.component},
                             {"url", one.url},
                             {"file", one.file},
                             {"reused", one.reused},
                             {"fingerprints", one.fingerprints},
                             {"metadata_signature", one.metadata_signature}});
  return {{"schema", 1}, {"subscriptions", std::move(subscriptions)}};
}

/// With --json standard output is the document's alone.
int run(Words const& words) {
  auto const config = load_config({words.config, words.config + ".d"});
  if (!config) return complain(config.error());
  auto const sources = pkg::host_subscriptions();
  executor::Paths const paths;
  auto const done = executor::subscribe(*sources, paths, *config, words.request, {words.json ? std::cerr : std::cout, ask_terminal});
  if (!done) return complain(done.error());
  if (words.json) std::cout << document_of(*done).dump(2) << "\n";
  return EXIT_SUCCESS;
}

void add_options(CLI::App& app, Words& words) {
  auto& request = words.request;
  app.add_option("component,--component", request.components, "components of the configuration; default: all of them");
  app.add_option("--key", request.key, "the repository's signing key: a file or a URL; default: gpgkey in the repository");
  app.add_option("--fingerprint", request.fingerprint, "the key's fingerprint, as you know it; else you are asked on the terminal");
  app.add_option("--package-key", request.package_key, "rpm: the key that signs the packages: a file or a URL; default: Tyk's");
  app.add_option("--package-fingerprint", request.package_fingerprint, "rpm: the fingerprint of that key");
  app.add_flag("!--without-metadata-signature", request.metadata_signature,
               "rpm: do without the signature of the metadata, where the host refuses its key; packages are checked all the same");
  app.add_flag("--replace", request.replace, "replace an entry for the same repository; it is kept as FILE.save");
  app.add_flag("--json", words.json, "print JSON, for programs; what is said to people goes to standard error");
  app.add_option("--config", words.config, "configuration file")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  Words words;
  CLI::App app{"Subscribes this host to the signed repositories of its components.", "tykup subscribe"};
  add_options(app, words);
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kMistyped;
  }
  if (geteuid() != 0) {
    complain({ErrorKind::NotAllowed, "this writes package sources and keys: run it as root"});
    return kNotRoot;
  }
  umask(0022);
  try {
    return run(words);
  } catch (std::exception const& defect) {
    return complain({ErrorKind::Internal, defect.what()});
  }
}
