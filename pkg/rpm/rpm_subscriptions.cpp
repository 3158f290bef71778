#include "pkg/rpm/rpm_subscriptions.hpp"

#include "pkg/common/keyring.hpp"
#include "pkg/rpm/release_path.hpp"
#include "pkg/rpm/repo_entry.hpp"
#include "pkg/rpm/subscriptions.hpp"

namespace tykup::pkg {
namespace rpm {
namespace {

constexpr char const* kPackageKey = "https://keyserver.tyk.io/tyk.io.rpm.signing.key.2020";

class RpmSubscriptions final : public Subscriptions {
 public:
  explicit RpmSubscriptions(RpmPaths paths) : paths_(std::move(paths)) {}

  std::string entry_file(std::string const& repository) const override { return "/etc/yum.repos.d/tykup-" + repository + ".repo"; }

  Result<std::vector<KeyNeed>> keys(std::string const& url, bool metadata_signature) const override {
    std::vector<KeyNeed> needs;
    if (metadata_signature) needs.push_back({KeyNeed::Role::Repository, url + "/gpgkey"});
    needs.push_back({KeyNeed::Role::Package, kPackageKey});
    return needs;
  }
  Result<std::vector<Subscription>> entries(std::string const& url_prefix, bool metadata_signature) override {
    return existing_entries(paths_, url_prefix, !metadata_signature);
  }
  Result<void> fetch(std::string const& url, std::string const& file) override { return fetch_file(paths_, url, file); }

  Result<std::optional<std::string>> without(std::string const& file, std::string const& text,
                                             std::string const& url_prefix) const override {
    return without_section(file, text, url_prefix);
  }
  Result<Entry> write(Draft const& draft) override {
    auto const release = release_path(draft.os_release);
    if (!release) return fail(release.error());
    auto const architecture = native_architecture(paths_);
    if (!architecture) return fail(architecture.error());
    if (auto known = check_architecture(*architecture); !known) return fail(known.error());
    Entry entry;
    RepoEntry repo{draft.repository, draft.url + "/" + release->path, {}, draft.metadata_signature};
    for (auto const& key : draft.keys) {
      auto armor = armored_key(key.file);
      if (!armor) return fail(armor.error());
      repo.key_files.push_back("/etc/pki/tykup/" + key.fingerprint + ".asc");
      entry.files.push_back({repo.key_files.back(), std::move(*armor)});
    }
    entry.files.push_back({entry_file(draft.repository), repo_text(repo)});
    if (!release->note.empty()) entry.notes.push_back(release->note);
    return entry;
  }
  Result<void> check() override { return check_source_lists(paths_); }

 private:
  RpmPaths paths_;
};

}  // namespace

std::unique_ptr<Subscriptions> subscriptions_of(RpmPaths paths) { return std::make_unique<RpmSubscriptions>(std::move(paths)); }

}  // namespace rpm

std::unique_ptr<Subscriptions> host_subscriptions() { return rpm::subscriptions_of({}); }

}  // namespace tykup::pkg
