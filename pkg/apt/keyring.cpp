#include "pkg/apt/keyring.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <sstream>

#include "pkg/apt/child.hpp"

namespace tykup::pkg::apt {
namespace {

/// gpg insists on a home folder of its own; the operator's is none of our business.
class GpgHome {
 public:
  GpgHome() : path_(mkdtemp(name_) != nullptr ? name_ : "") {}
  GpgHome(GpgHome const&) = delete;
  GpgHome& operator=(GpgHome const&) = delete;
  ~GpgHome() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string const& path() const { return path_; }

 private:
  char name_[24] = "/tmp/tykup-gpg-XXXXXX";
  std::string path_;
};

std::vector<std::string> fields_of(std::string const& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, ':');) fields.push_back(field);
  return fields;
}

std::optional<Instant> instant_of(std::string const& epoch) {
  long long value = 0;
  auto const [end, failed] = std::from_chars(epoch.data(), epoch.data() + epoch.size(), value);
  if (failed != std::errc{} || epoch.empty()) return std::nullopt;
  return Instant{std::chrono::seconds{value}};
}

/// "pub" opens a key (field 7 is its expiry), the first "fpr" after it is its fingerprint (field 10).
std::vector<Key> parse_listing(std::string const& listing) {
  std::vector<Key> keys;
  std::istringstream stream(listing);
  bool primary = false;
  for (std::string line; std::getline(stream, line);) {
    auto const fields = fields_of(line);
    if (fields.size() < 7) continue;
    if (fields[0] == "pub") {
      keys.push_back(Key{{}, instant_of(fields[6])});
      primary = true;
    } else if (fields[0] == "fpr" && primary && fields.size() > 9) {
      keys.back().fingerprint = fields[9];
      primary = false;
    }
  }
  return keys;
}

}  // namespace

Result<std::vector<Key>> keys_in(std::string const& file) {
  if (access(file.c_str(), R_OK) != 0) {
    return fail(ErrorKind::RepositoryWrongKey, fmt::format("the keyring {} cannot be read", file));
  }
  GpgHome const home;
  auto listing = run_child({"gpg", "--batch", "--no-tty", "--homedir", home.path(), "--with-colons", "--show-keys", file});
  if (!listing) return fail(with_context(listing.error(), "the keyring " + file + " cannot be listed"));
  auto keys = parse_listing(listing->output);
  if (keys.empty()) {
    return fail(ErrorKind::RepositoryWrongKey, fmt::format("the keyring {} holds no OpenPGP key", file), listing->output);
  }
  return keys;
}

}  // namespace tykup::pkg::apt
