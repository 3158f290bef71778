#include "pkg/common/keyring.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pkg/common/child.hpp"
#include "pkg/common/scratch_folder.hpp"

namespace tykup::pkg {
namespace {

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

namespace fs = std::filesystem;

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

/// RFC 4880, 6.1.
std::uint32_t crc24(std::string const& bytes) {
  std::uint32_t crc = 0xB704CE;
  for (char const byte : bytes) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << 16U;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1U;
      if ((crc & 0x1000000U) != 0) crc ^= 0x1864CFBU;
    }
  }
  return crc & 0xFFFFFFU;
}

std::string base64(std::string const& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto const* data = reinterpret_cast<unsigned char const*>(bytes.data());
  auto const size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), data, static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// Written here and not by gpg, which would judge the key by this host's policy first.
std::string armor_of(std::string const& bytes) {
  constexpr std::size_t kWidth = 64;
  auto const crc = crc24(bytes);
  std::string const sum{static_cast<char>(crc >> 16U), static_cast<char>(crc >> 8U), static_cast<char>(crc)};
  std::string out = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n";
  auto const text = base64(bytes);
  for (std::size_t at = 0; at < text.size(); at += kWidth) out += text.substr(at, kWidth) + "\n";
  return out + "=" + base64(sum) + "\n-----END PGP PUBLIC KEY BLOCK-----\n";
}

}  // namespace

Result<std::vector<Key>> keys_in(std::string const& file) {
  if (access(file.c_str(), R_OK) != 0) {
    return fail(ErrorKind::RepositoryWrongKey, fmt::format("the keyring {} cannot be read", file));
  }
  ScratchFolder const home;  // gpg insists on one; the operator's is none of our business
  auto listing = run_child({"gpg", "--batch", "--no-tty", "--homedir", home.path(), "--with-colons", "--show-keys", file});
  if (!listing) return fail(with_context(listing.error(), "the keyring " + file + " cannot be listed"));
  auto keys = parse_listing(listing->output);
  if (keys.empty()) {
    return fail(ErrorKind::RepositoryWrongKey, fmt::format("the keyring {} holds no OpenPGP key", file), listing->output);
  }
  return keys;
}

bool sha1_bound(std::string const& file) {
  ScratchFolder const home;  // gpg insists on one; the operator's is none of our business
  auto const packets = run_child(gpg(home.path(), {"--list-packets", file}));
  return packets && only_sha1(packets->output);
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
  facts.sha1_bound = sha1_bound(file);
  return facts;
}

Result<std::string> armored_key(std::string const& key_file) {
  std::string const keyring = key_file + ".binary";
  if (auto written = write_keyring(key_file, keyring); !written) return fail(written.error());
  std::stringstream bytes;
  bytes << std::ifstream(keyring, std::ios::binary).rdbuf();
  return armor_of(bytes.str());
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

}  // namespace tykup::pkg
