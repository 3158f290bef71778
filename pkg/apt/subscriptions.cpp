#include "pkg/apt/subscriptions.hpp"

#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/configuration.h>
#include <apt-pkg/error.h>
#include <apt-pkg/hashes.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "pkg/apt/child.hpp"
#include "pkg/apt/errors.hpp"
#include "pkg/apt/keyring.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/sources.hpp"

namespace tykup::pkg::apt {
namespace {

namespace fs = std::filesystem;

Result<void> read_list(AptPaths const& paths, pkgSourceList& list) {
  if (auto opened = open_library(paths); !opened) return opened;
  if (list.ReadMainList() && !_error->PendingError()) return {};
  return fail(library_error(ErrorKind::Internal, "apt's list of sources cannot be read"));
}

std::string folder_of(std::string const& file) { return fs::path(file).parent_path().string(); }

std::vector<std::string> gpg(std::string const& home, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"gpg", "--batch", "--no-tty", "--yes", "--homedir", home});
  return arguments;
}

/// The tenth field of the first "uid" line.
std::string owner_in(std::string const& listing) {
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("uid:", 0) != 0) continue;
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i < 10; ++i) std::getline(fields, field, ':');
    return field;
  }
  return "(no name)";
}

/// gpg's packet listing says "digest algo N": 2 is SHA-1.
bool only_sha1(std::string const& packets) {
  bool sha1 = false;
  for (auto at = packets.find("digest algo "); at != std::string::npos; at = packets.find("digest algo ", at + 1)) {
    if (packets.compare(at + 12, 2, "2,") != 0) return false;
    sha1 = true;
  }
  return sha1;
}

}  // namespace

Result<void> check_source_lists(AptPaths const& paths) {
  pkgSourceList list;
  return read_list(paths, list);
}

Result<std::vector<Subscription>> existing_entries(AptPaths const& paths, std::string const& url_prefix) {
  pkgSourceList list;
  if (auto read = read_list(paths, list); !read) return fail(read.error());
  Scope scope;
  scope.url_prefix = url_prefix;
  std::vector<Subscription> out;
  for (auto const* source : sources_of(list, scope)) out.push_back(subscription_of(*source));
  return out;
}

Result<void> fetch_file(AptPaths const& paths, std::string const& url, std::string const& file) {
  if (auto opened = open_library(paths); !opened) return opened;
  pkgAcquire fetcher;
  auto* const item = new pkgAcqFile(&fetcher, url, HashStringList(), 0, url, url, folder_of(file), file);
  bool const ran = fetcher.Run() != pkgAcquire::Failed;
  if (ran && item->Status == pkgAcquire::Item::StatDone && fs::exists(file)) return {};
  std::string const words = item->ErrorText.empty() ? drain_errors() : item->ErrorText;
  auto const kind = classify_fetch(words);
  return fail(kind, fmt::format("{} {}", url, said_of_repository(kind)), words);
}

Result<std::string> native_architecture(AptPaths const& paths) {
  if (auto opened = open_library(paths); !opened) return fail(opened.error());
  return _config->Find("APT::Architecture");
}

Result<KeyFacts> read_key(std::string const& file) {
  auto const keys = keys_in(file);
  if (!keys) return fail(keys.error());
  if (keys->size() != 1)
    return fail(ErrorKind::RepositoryWrongKey,
                fmt::format("{} holds {} keys; a repository is trusted with exactly one: put it into a file of its own", file, keys->size()));
  KeyFacts facts{keys->front().fingerprint, {}, keys->front().expires};
  auto const home = folder_of(file);
  auto const listing = run_child(gpg(home, {"--with-colons", "--show-keys", file}));
  if (listing) facts.owner = owner_in(listing->output);
  auto const packets = run_child(gpg(home, {"--list-packets", file}));
  facts.sha1_bound = packets && only_sha1(packets->output);
  return facts;
}

Result<void> write_keyring(std::string const& key_file, std::string const& keyring) {
  std::string start(5, '\0');
  std::ifstream(key_file, std::ios::binary).read(start.data(), 5);
  std::string const temporary = keyring + ".tmp";
  std::error_code failed;
  if (start == "-----") {
    auto const done = run_child(gpg(folder_of(key_file), {"--output", temporary, "--dearmor", key_file}));
    if (!done) return fail(done.error());
    if (done->status != 0) return fail(ErrorKind::RepositoryWrongKey, "the key in " + key_file + " cannot be read", done->output);
  } else {
    fs::copy_file(key_file, temporary, fs::copy_options::overwrite_existing, failed);
  }
  if (!failed && chmod(temporary.c_str(), 0644) == 0) fs::rename(temporary, keyring, failed);
  if (failed) return fail(ErrorKind::Internal, "cannot write " + keyring + ": " + failed.message());
  return {};
}

}  // namespace tykup::pkg::apt
