// `tykup subscribe`: root's own command. It alone writes package sources and keys; the executor never does.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>

#include "daemon/core/words.hpp"
#include "daemon/os/config_loader.hpp"
#include "pkg/apt/subscriptions.hpp"
#include "pkg/common/keyring.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/subscribe.hpp"

namespace {

using namespace tykup;
namespace apt = pkg::apt;
namespace fs = std::filesystem;

struct Wanted {
  std::vector<std::string> components = {};
  std::string key = {};
  std::string fingerprint = {};
  bool replace = false;
  std::string config = "/etc/tykup/tykup.toml";
};

/// Private, and gone at the end: what was fetched but is not trusted yet.
class Workspace {
 public:
  Workspace() : path_(mkdtemp(name_) != nullptr ? name_ : "") {}
  Workspace(Workspace const&) = delete;
  Workspace& operator=(Workspace const&) = delete;
  ~Workspace() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(std::string const& name) const { return path_ + "/" + name; }

 private:
  char name_[32] = "/tmp/tykup-subscribe-XXXXXX";
  std::string path_;
};

/// What is written for one component.
struct Target {
  Component component;
  std::string url;     ///< BASE/REPO
  std::string source;  ///< the entry's file
  std::string keyring;
};

Target target_of(Component const& component, Config const& config) {
  std::string const name = "tykup-" + component.repository;
  return {component, config.repository.base_url + "/" + component.repository, "/etc/apt/sources.list.d/" + name + ".sources",
          "/etc/apt/keyrings/" + name + ".gpg"};
}

Result<std::string> obtain_key(Wanted const& wanted, Target const& target, Workspace const& work) {
  std::string const file = work.file("key");
  std::string const from = wanted.key.empty() ? target.url + "/gpgkey" : wanted.key;
  if (from.find("://") != std::string::npos) {
    if (auto done = apt::fetch_file({}, from, file); !done) return fail(done.error());
    return file;
  }
  std::error_code error;
  fs::copy_file(from, file, fs::copy_options::overwrite_existing, error);
  if (error) return fail(ErrorKind::RepositoryWrongKey, "the key " + from + " cannot be read: " + error.message());
  return file;
}

void describe(pkg::KeyFacts const& key, Target const& target) {
  std::cout << target.url << "\n  is signed with the key of " << key.owner << "\n  fingerprint  " << executor::spaced(key.fingerprint)
            << "\n  expires      " << (key.expires ? to_rfc3339(*key.expires) : "never") << "\n";
  if (key.sha1_bound)
    std::cout << "  note         the key is bound by SHA-1 only: Debian 13 and later refuse it (key_too_weak)\n";
}

Result<void> confirm(Wanted const& wanted, pkg::KeyFacts const& key) {
  auto const now = std::chrono::system_clock::now();
  if (key.expires && *key.expires <= now)
    return fail(ErrorKind::RepositoryWrongKey, "the key " + key.fingerprint + " expired at " + to_rfc3339(*key.expires) + ": ask the publisher for its successor");
  if (!wanted.fingerprint.empty()) {
    auto const given = executor::parse_fingerprint(wanted.fingerprint);
    if (!given) return fail(given.error());
    if (*given == key.fingerprint) return {};
    return fail(ErrorKind::RepositoryWrongKey, "the key has the fingerprint " + key.fingerprint + ", not the given " + *given + ": nothing was written");
  }
  if (isatty(STDIN_FILENO) == 0)
    return fail(ErrorKind::NotAllowed, "no key is trusted silently: give --fingerprint, or confirm it on a terminal");
  std::cout << "Compare the fingerprint with one from another source than this repository. Trust this key? Type yes: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (trimmed(answer) == "yes") return {};
  return fail(ErrorKind::NotAllowed, "the key was not confirmed: nothing was written");
}

/// Nothing: reused as it is. An error: in the way.
Result<void> judge(Subscription const& entry, std::string const& fingerprint) {
  if (!entry.problem.empty())
    return fail(ErrorKind::NotAllowed, entry.file + " subscribes " + entry.url + " already, but " + entry.problem + ": put that right, or replace the entry with --replace");
  if (entry.key_fingerprint != fingerprint)
    return fail(ErrorKind::RepositoryWrongKey, entry.file + " subscribes " + entry.url + " already, with the key " + entry.key_fingerprint +
                                                   " and not " + fingerprint + ": put that right, or replace the entry with --replace");
  return {};
}

Result<void> take_out(executor::Changes& changes, std::string const& file, std::string const& url_prefix) {
  auto const text = executor::read_file(file);
  if (!text) return fail(text.error());
  bool const deb822 = file.ends_with(".sources");
  if (deb822 && !executor::only_entry(*text, url_prefix))
    return fail(ErrorKind::NotAllowed, file + " holds other sources too: take the entry for " + url_prefix + " out of it by hand");
  if (auto done = changes.set_aside(file); !done) return done;
  std::cout << "  replaced     " << file << ", kept as " << file << ".save\n";
  if (deb822) return changes.remove(file);
  return changes.write(file, executor::without_entry(*text, url_prefix));
}

Result<void> write_entry(executor::Changes& changes, Target const& target, std::string const& key_file) {
  auto const os = executor::read_file("/etc/os-release");
  if (!os) return fail(os.error());
  auto const release = executor::release_from(*os);
  if (!release) return fail(release.error());
  auto const architecture = apt::native_architecture({});
  if (!architecture) return fail(architecture.error());
  std::error_code ignored;
  fs::create_directories("/etc/apt/keyrings", ignored);
  if (auto done = changes.remember(target.keyring); !done) return done;
  if (auto done = pkg::write_keyring(key_file, target.keyring); !done) return done;
  return changes.write(target.source, executor::source_entry(target.url, *release, *architecture, target.keyring));
}

Result<void> replace_or_write(Target const& target, std::vector<Subscription> const& entries, std::string const& key_file) {
  executor::Changes changes;
  std::vector<std::string> files;
  for (auto const& entry : entries) {
    if (entry.file == target.source || std::ranges::find(files, entry.file) != files.end()) continue;
    files.push_back(entry.file);
    if (auto done = take_out(changes, entry.file, target.url + "/"); !done) return done;
  }
  if (auto done = write_entry(changes, target, key_file); !done) return done;
  if (auto parsed = apt::check_source_lists({}); !parsed)
    return fail(with_context(parsed.error(), "with the new entry apt's sources cannot be read any more, so it was taken back"));
  changes.keep();
  std::cout << "  subscribed   " << target.source << "\n";
  return {};
}

Result<void> subscribe(Wanted const& wanted, Target const& target) {
  if (target.component.repository.empty())
    return fail(ErrorKind::NotAllowed, target.component.name + " comes from the sources of its own distribution: there is nothing to subscribe");
  Workspace const work;
  auto const entries = apt::existing_entries({}, target.url + "/");
  if (!entries) return fail(entries.error());
  auto const file = obtain_key(wanted, target, work);
  if (!file) return fail(file.error());
  auto const key = pkg::read_key(*file);
  if (!key) return fail(key.error());
  describe(*key, target);
  if (auto done = confirm(wanted, *key); !done) return done;
  if (wanted.replace || entries->empty()) return replace_or_write(target, *entries, *file);
  for (auto const& entry : *entries)
    if (auto ok = judge(entry, key->fingerprint); !ok) return ok;
  std::cout << "  reused       " << entries->front().file << " is as it should be\n";
  return {};
}

Result<std::vector<Target>> targets(Wanted const& wanted) {
  auto const config = load_config({wanted.config, wanted.config + ".d"});
  if (!config) return fail(config.error());
  std::vector<Target> out;
  for (auto const& name : wanted.components) {
    auto const component = executor::configured(*config, name);
    if (!component) return fail(component.error());
    out.push_back(target_of(*component, *config));
  }
  if (!wanted.components.empty()) return out;
  for (auto const& component : config->components)
    if (!component.repository.empty()) out.push_back(target_of(component, *config));
  return out;
}

int complain(Error const& error) {
  std::cerr << "tykup subscribe: " << error.message << " (" << to_string(error.kind) << ")\n";
  if (!error.detail.empty()) std::cerr << error.detail << "\n";
  return EXIT_FAILURE;
}

int run(Wanted const& wanted) {
  auto const all = targets(wanted);
  if (!all) return complain(all.error());
  for (auto const& target : *all)
    if (auto done = subscribe(wanted, target); !done) return complain(with_context(done.error(), target.component.name));
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  Wanted wanted;
  CLI::App app{"Subscribes this host to the signed repositories of its components.", "tykup subscribe"};
  app.add_option("component,--component", wanted.components, "components of the configuration; default: all of them");
  app.add_option("--key", wanted.key, "the signing key: a file or a URL; default: gpgkey in the repository");
  app.add_option("--fingerprint", wanted.fingerprint, "the key's fingerprint, as you know it; else you are asked on the terminal");
  app.add_flag("--replace", wanted.replace, "replace an entry for the same repository; it is kept as FILE.save");
  app.add_option("--config", wanted.config, "configuration file")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (geteuid() != 0) return complain({ErrorKind::NotAllowed, "this writes package sources and keys: run it as root"});
  try {
    return run(wanted);
  } catch (std::exception const& defect) {
    return complain({ErrorKind::Internal, defect.what()});
  }
}
