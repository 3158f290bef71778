#include <filesystem>
#include <fstream>
#include <sstream>

#include "pkg/apt/source_entry.hpp"
#include "pkg/apt/subscriptions.hpp"
#include "pkg/common/keyring.hpp"
#include "pkg/subscriptions.hpp"

namespace tykup::pkg {
namespace apt {
namespace {

Result<std::string> binary_key(ConfirmedKey const& key) {
  std::string const keyring = key.file + ".keyring";
  if (auto written = write_keyring(key.file, keyring); !written) return fail(written.error());
  std::stringstream bytes;
  bytes << std::ifstream(keyring, std::ios::binary).rdbuf();
  return bytes.str();
}

/// deb822 entries in /etc/apt/sources.list.d, each with a keyring of its own.
class AptSubscriptions final : public Subscriptions {
 public:
  std::string entry_file(std::string const& repository) const override {
    return "/etc/apt/sources.list.d/tykup-" + repository + ".sources";
  }
  Result<std::vector<KeyNeed>> keys(std::string const& url, bool metadata_signature) const override {
    if (!metadata_signature)
      return fail(ErrorKind::NotAllowed, "apt's packages are vouched for by the signature of the metadata alone: it cannot be waived");
    return std::vector<KeyNeed>{{KeyNeed::Role::Repository, url + "/gpgkey"}};
  }
  Result<std::vector<Subscription>> entries(std::string const& url_prefix, bool) override { return existing_entries({}, url_prefix); }
  Result<void> fetch(std::string const& url, std::string const& file) override { return fetch_file({}, url, file); }
  Result<std::optional<std::string>> without(std::string const& file, std::string const& text,
                                             std::string const& url_prefix) const override {
    if (!file.ends_with(".sources")) return without_entry(text, url_prefix);
    if (only_entry(text, url_prefix)) return std::nullopt;
    return fail(ErrorKind::NotAllowed, file + " holds other sources too: take the entry for " + url_prefix + " out of it by hand");
  }
  Result<Entry> write(Draft const& draft) override {
    auto const release = release_of(draft.os_release);
    if (!release) return fail(release.error());
    auto const architecture = native_architecture({});
    if (!architecture) return fail(architecture.error());
    auto const key = binary_key(draft.keys.front());
    if (!key) return fail(key.error());
    std::string const keyring = "/etc/apt/keyrings/tykup-" + draft.repository + ".gpg";
    return Entry{{{keyring, *key}, {entry_file(draft.repository), source_entry(draft.url, *release, *architecture, keyring)}}};
  }
  Result<void> check() override { return check_source_lists({}); }
};

}  // namespace
}  // namespace apt

std::unique_ptr<Subscriptions> host_subscriptions() { return std::make_unique<apt::AptSubscriptions>(); }

}  // namespace tykup::pkg
