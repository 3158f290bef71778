#include "pkg/executor/subscribing.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "daemon/core/words.hpp"
#include "pkg/common/keyring.hpp"
#include "pkg/common/scratch_folder.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/scope.hpp"
#include "pkg/executor/settings.hpp"
#include "pkg/executor/subscribe.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;
using Role = pkg::KeyNeed::Role;

class Subscriber {
 public:
  Subscriber(pkg::Subscriptions& sources, Paths const& paths, SubscribeRequest const& request, Operator const& person)
      : sources_(sources), paths_(paths), request_(request), person_(person) {}

  Result<Subscribed> subscribe(Component const& component, std::string const& url) {
    auto const entries = sources_.entries(url + "/", request_.metadata_signature);
    if (!entries) return fail(entries.error());
    // What was fetched but is not trusted yet.
    pkg::ScratchFolder const work;
    if (work.path().empty())
      return fail(ErrorKind::NoSpace, "no folder can be made in /tmp: make room there and try again");
    auto keys = confirmed_keys(url, work);
    if (!keys) return fail(keys.error());
    pkg::Draft draft{component.repository, url, {}, std::move(*keys), request_.metadata_signature};
    Subscribed done{component.name, url, paths_.host(sources_.entry_file(component.repository)), false, {}, draft.metadata_signature};
    for (auto const& key : draft.keys) done.fingerprints.push_back(key.fingerprint);
    auto const fit = judge(*entries, draft);
    if (fit && !entries->empty() && !request_.replace) {
      person_.out << "  reused       " << entries->front().file << " is as it should be\n";
      done.file = entries->front().file;
      done.reused = true;
      return done;
    }
    if (!fit && !request_.replace && !only_ours(*entries, component.repository)) return fail(fit.error());
    if (auto written = write(*entries, draft); !written) return fail(written.error());
    return done;
  }

 private:
  Result<std::vector<pkg::ConfirmedKey>> confirmed_keys(std::string const& url, pkg::ScratchFolder const& work) {
    auto const needs = sources_.keys(url, request_.metadata_signature);
    if (!needs) return fail(needs.error());
    bool const of_packages = std::ranges::find(*needs, Role::Package, &pkg::KeyNeed::role) != needs->end();
    if (!of_packages && !(request_.package_key.empty() && request_.package_fingerprint.empty()))
      return fail(ErrorKind::BadRequest, "the packages of this host's format bear no signature of their own that is checked: --package-key "
                                         "and --package-fingerprint are for rpm hosts");
    std::vector<pkg::ConfirmedKey> out;
    for (auto const& need : *needs) {
      auto key = confirmed(need, url, work);
      if (!key) return fail(key.error());
      bool const twice = std::ranges::find(out, key->fingerprint, &pkg::ConfirmedKey::fingerprint) != out.end();
      if (!twice) out.push_back(std::move(*key));
    }
    return out;
  }

  Result<pkg::ConfirmedKey> confirmed(pkg::KeyNeed const& need, std::string const& url, pkg::ScratchFolder const& work) {
    bool const package = need.role == Role::Package;
    auto const& given = package ? request_.package_key : request_.key;
    std::string const file = work.path() + (package ? "/package-key" : "/repository-key");
    if (auto got = obtain(given.empty() ? need.url : given, file); !got) return fail(got.error());
    auto const key = pkg::read_key(file);
    if (!key) return fail(key.error());
    bool const way_out = !package && sources_.keys(url, false).has_value();
    describe(*key, way_out, package ? "the packages of " + url + "\n  are" : url + "\n  is");
    auto const& expected = package ? request_.package_fingerprint : request_.fingerprint;
    if (auto ok = confirm(*key, expected, package ? "--package-fingerprint" : "--fingerprint"); !ok) return fail(ok.error());
    return pkg::ConfirmedKey{file, key->fingerprint};
  }

  Result<void> obtain(std::string const& from, std::string const& file) {
    if (from.find("://") != std::string::npos) return sources_.fetch(from, file);
    std::error_code error;
    fs::copy_file(from, file, fs::copy_options::overwrite_existing, error);
    if (error) return fail(ErrorKind::RepositoryWrongKey, "the key " + from + " cannot be read: " + error.message());
    return {};
  }

  void describe(pkg::KeyFacts const& key, bool way_out, std::string const& what) {
    person_.out << what << " signed with the key of " << key.owner << "\n  fingerprint  " << spaced(key.fingerprint)
                << "\n  expires      " << (key.expires ? to_rfc3339(*key.expires) : "never") << "\n";
    if (key.sha1_bound)
      person_.out << "  note         the key is bound by SHA-1 only: Debian 13, EL 9 and later refuse it (key_too_weak)"
                  << (way_out ? "; the way out is --without-metadata-signature\n" : "\n");
  }

  Result<void> confirm(pkg::KeyFacts const& key, std::string const& expected, std::string const& option) {
    auto const now = std::chrono::system_clock::now();
    if (key.expires && *key.expires <= now)
      return fail(ErrorKind::RepositoryWrongKey, "the key " + key.fingerprint + " expired at " + to_rfc3339(*key.expires) +
                                                     ": ask the publisher for its successor");
    if (!expected.empty()) {
      auto const given = parse_fingerprint(expected);
      if (!given) return fail(given.error());
      if (*given == key.fingerprint) return {};
      return fail(ErrorKind::RepositoryWrongKey,
                  "the key has the fingerprint " + key.fingerprint + ", not the given " + *given + ": nothing was written");
    }
    if (trusted_.contains(key.fingerprint)) return {};
    auto const answer = person_.ask("Compare the fingerprint with one from another source than this repository. Trust this key? Type yes: ");
    if (!answer) return fail(ErrorKind::NotAllowed, "no key is trusted silently: give " + option + ", or confirm it on a terminal");
    if (trimmed(*answer) != "yes") return fail(ErrorKind::NotAllowed, "the key was not confirmed: nothing was written");
    trusted_.insert(key.fingerprint);
    return {};
  }

  [[nodiscard]] bool only_ours(std::vector<Subscription> const& entries, std::string const& repository) const {
    return std::ranges::all_of(entries, [&](Subscription const& entry) { return entry.file == paths_.host(sources_.entry_file(repository)); });
  }

  /// An error: an entry is in the way.
  static Result<void> judge(std::vector<Subscription> const& entries, pkg::Draft const& draft) {
    constexpr char const* kCure = ": put that right, or replace the entry with --replace";
    for (auto const& entry : entries) {
      std::string const there = entry.file + " subscribes " + entry.url + " already, ";
      if (!entry.problem.empty()) return fail(ErrorKind::NotAllowed, there + "but " + entry.problem + kCure);
      if (std::ranges::find(draft.keys, entry.key_fingerprint, &pkg::ConfirmedKey::fingerprint) == draft.keys.end())
        return fail(ErrorKind::RepositoryWrongKey,
                    there + "with the key " + entry.key_fingerprint + " and not " + draft.keys.front().fingerprint + kCure);
      if (!draft.metadata_signature && entry.weakness.empty())
        return fail(ErrorKind::NotAllowed, there + "and has the signature of its metadata checked; to waive that, replace the entry with --replace");
    }
    return {};
  }

  Result<void> take_out(Changes& changes, std::string const& file, std::string const& url_prefix) {
    auto const text = read_file(file);
    if (!text) return fail(text.error());
    auto const left = sources_.without(file, *text, url_prefix);
    if (!left) return fail(left.error());
    if (auto done = changes.set_aside(file); !done) return done;
    person_.out << "  replaced     " << file << ", kept as " << file << ".save\n";
    return *left ? changes.write(file, **left) : changes.remove(file);
  }

  Result<void> write(std::vector<Subscription> const& entries, pkg::Draft& draft) {
    auto const os = read_file(paths_.host("/etc/os-release"));
    if (!os) return fail(os.error());
    draft.os_release = read_environment(*os);
    auto const entry = sources_.write(draft);
    if (!entry) return fail(entry.error());
    std::string const own = paths_.host(sources_.entry_file(draft.repository));
    Changes changes;
    std::set<std::string> files{own};
    for (auto const& old : entries)
      if (files.insert(old.file).second)
        if (auto done = take_out(changes, old.file, draft.url + "/"); !done) return done;
    for (auto const& file : entry->files)
      if (auto done = changes.write(paths_.host(file.path), file.contents); !done) return done;
    if (auto readable = sources_.check(); !readable)
      return fail(with_context(readable.error(), "with the new entry the package sources cannot be read any more, so it was taken back"));
    changes.keep();
    for (auto const& note : entry->notes) person_.out << "  note         " << note << "\n";
    person_.out << "  subscribed   " << own << "\n";
    if (!draft.metadata_signature)
      person_.out << "  weaker       the signature of the metadata is not checked. tykup uses it only with\n"
                     "               [repository] metadata_signature = \"waived\" in /etc/tykup/tykup.toml\n";
    return {};
  }

  pkg::Subscriptions& sources_;
  Paths const& paths_;
  SubscribeRequest const& request_;
  Operator const& person_;
  std::set<std::string> trusted_;
};

Result<std::vector<Component>> asked_for(Config const& config, std::vector<std::string> const& names) {
  std::vector<Component> out;
  for (auto const& name : names) {
    auto const component = configured(config, name);
    if (!component) return fail(component.error());
    if (component->repository.empty())
      return fail(ErrorKind::NotAllowed, name + " comes from the sources of its own distribution: there is nothing to subscribe");
    out.push_back(*component);
  }
  if (!names.empty()) return out;
  for (auto const& component : config.components)
    if (!component.repository.empty()) out.push_back(component);
  return out;
}

}  // namespace

Result<std::vector<Subscribed>> subscribe(pkg::Subscriptions& sources, Paths const& paths, Config const& config,
                                          SubscribeRequest const& request, Operator const& person) {
  auto const components = asked_for(config, request.components);
  if (!components) return fail(components.error());
  Subscriber subscriber(sources, paths, request, person);
  std::vector<Subscribed> all;
  for (auto const& component : *components) {
    auto done = subscriber.subscribe(component, config.repository.base_url + "/" + component.repository);
    if (!done) return fail(with_context(done.error(), component.name));
    all.push_back(std::move(*done));
  }
  return all;
}

}  // namespace tykup::executor
