#include "pkg/common/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>

#include "daemon/core/version.hpp"
#include "daemon/fault/fault.hpp"

namespace tykup::pkg {
namespace fs = std::filesystem;
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  [[nodiscard]] int get() const { return value_; }
  [[nodiscard]] int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

tl::unexpected<Error> system_failure(std::string_view what, std::string const& path) {
  auto const kind = errno == ENOSPC || errno == EDQUOT ? ErrorKind::NoSpace : ErrorKind::Internal;
  return fail(kind, fmt::format("{} {}: {}", path, what, std::strerror(errno)));
}

std::int64_t change_time(struct stat const& status) {
  return std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
}

// In a file's name a colon cannot stand everywhere, and the underscore parts what it names: "x86_64" bears one.
struct Spelling {
  std::string_view said;
  std::string_view written;
};
constexpr std::array kSpellings{Spelling{":", "%3a"}, Spelling{"_", "%5f"}};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}
std::string spelled(std::string text) {
  for (auto const& spelling : kSpellings) text = replaced(std::move(text), spelling.said, spelling.written);
  return text;
}
std::string unspelled(std::string text) {
  for (auto const& spelling : kSpellings) text = replaced(std::move(text), spelling.written, spelling.said);
  return text;
}

Result<void> copy_bytes(int from, int to, std::string const& path) {
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    auto const got = read(from, buffer.data(), buffer.size());
    if (got < 0) return system_failure("cannot be read", path);
    if (got == 0) return {};
    for (ssize_t done = 0; done < got;) {
      auto const put = write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0) return system_failure("cannot be written", path);
      done += put;
    }
  }
}

}  // namespace

VerifiedFile::VerifiedFile(int descriptor, std::string path, PackagePin pin)
    : descriptor_(descriptor), path_(std::move(path)), pin_(std::move(pin)) {
  struct stat status {};
  if (fstat(descriptor_, &status) == 0) changed_ = change_time(status);
}
VerifiedFile::VerifiedFile(VerifiedFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::move(other.path_)),
      pin_(std::move(other.pin_)),
      changed_(other.changed_) {}
VerifiedFile::~VerifiedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool VerifiedFile::unchanged() const {
  struct stat held {};
  struct stat named {};
  if (fstat(descriptor_, &held) != 0 || lstat(path_.c_str(), &named) != 0) return false;
  return held.st_dev == named.st_dev && held.st_ino == named.st_ino && change_time(held) == changed_;
}

Archive::Archive(std::string folder, ArchiveFormat format) : folder_(std::move(folder)), format_(std::move(format)) {}

std::optional<KeptPackage> Archive::parse_name(std::string const& file) const {
  if (!file.ends_with(format_.suffix)) return std::nullopt;
  auto const stem = file.substr(0, file.size() - format_.suffix.size());
  auto const first = stem.find('_');
  auto const last = stem.rfind('_');
  auto const middle = last == std::string::npos || last == 0 ? std::string::npos : stem.rfind('_', last - 1);
  if (first == std::string::npos || middle == std::string::npos || middle <= first) return std::nullopt;
  auto const digest = stem.substr(last + 1);
  if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  return KeptPackage{unspelled(stem.substr(0, first)), unspelled(stem.substr(first + 1, middle - first - 1)), digest};
}

Result<void> Archive::prepare() const {
  std::error_code failed;
  fs::create_directories(fs::path(folder_).parent_path(), failed);
  if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return system_failure("cannot be made", folder_);
  struct stat status {};
  if (lstat(folder_.c_str(), &status) != 0) return system_failure("cannot be read", folder_);
  if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 0022) != 0) {
    return fail(ErrorKind::NotAllowed,
                fmt::format("{} must be a folder of root's that nobody else may write; packages are installed from it",
                            folder_));
  }
  return {};
}

std::vector<KeptPackage> Archive::list() const {
  std::vector<KeptPackage> kept;
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(folder_, failed)) {
    if (auto package = parse_name(entry.path().filename())) kept.push_back(std::move(*package));
  }
  std::sort(kept.begin(), kept.end(), [this](KeptPackage const& a, KeptPackage const& b) {
    if (a.name != b.name) return a.name < b.name;
    auto const order = compare_versions(format_.format, a.version, b.version);
    return order != 0 ? order > 0 : a.sha256 < b.sha256;
  });
  return kept;
}

void sync_folder(std::string const& folder) {
  Descriptor const handle(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() >= 0) fsync(handle.get());
}

Result<std::string> sha256_of(int descriptor) {
  if (lseek(descriptor, 0, SEEK_SET) != 0) return fail(ErrorKind::Internal, "a package file cannot be read again");
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) return fail(ErrorKind::Internal, "OpenSSL computes no SHA-256");
  std::array<unsigned char, 64 * 1024> buffer{};
  for (;;) {
    auto const got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure("cannot be read", "a package file");
    if (got == 0) break;
    EVP_DigestUpdate(hash.get(), buffer.data(), static_cast<std::size_t>(got));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  EVP_DigestFinal_ex(hash.get(), sum.data(), &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", sum[i]);
  return hex;
}

std::optional<std::string> Archive::path_of(PackagePin const& pin) const {
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(folder_, failed)) {
    auto const package = parse_name(entry.path().filename());
    if (package && package->name == pin.name && package->version == pin.version && package->sha256 == pin.sha256) {
      return entry.path();
    }
  }
  return std::nullopt;
}

Result<VerifiedFile> Archive::open(PackagePin const& pin) const {
  auto const path = path_of(pin);
  if (!path) {
    return fail(ErrorKind::UnknownVersion, fmt::format("{} {} with digest {:.12}… is not kept in {}; download it first",
                                                       pin.name, pin.version, pin.sha256, folder_));
  }
  Descriptor file(::open(path->c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) return system_failure("cannot be opened", *path);
  if (!S_ISREG(status.st_mode) || (status.st_mode & 0022) != 0) {
    return fail(ErrorKind::HashMismatch, fmt::format("{} is not a file of root's alone; remove it", *path));
  }
  auto const digest = sha256_of(file.get());
  if (!digest) return fail(digest.error());
  if (*digest != pin.sha256) {
    return fail(ErrorKind::HashMismatch,
                fmt::format("{} was changed after it was kept: its SHA-256 is {:.12}…, not {:.12}…; remove it, it will be "
                            "downloaded again",
                            *path, *digest, pin.sha256));
  }
  return VerifiedFile(file.release(), *path, pin);
}

Result<void> Archive::require_way_back(std::string const& name, std::string const& version) const {
  std::optional<Error> spoilt;
  for (auto const& kept : list()) {
    if (kept.name != name || kept.version != version) continue;
    auto const file = open({kept.name, kept.version, kept.sha256});
    if (file) return {};
    spoilt = file.error();
  }
  if (!spoilt) return {};
  return fail(with_context(*spoilt, fmt::format("the way back to {} {}", name, version)));
}

Result<std::vector<VerifiedFile>> Archive::open_all(std::vector<PackagePin> const& pins) const {
  std::vector<VerifiedFile> files;
  for (auto const& pin : pins) {
    auto file = open(pin);
    if (!file) return fail(file.error());
    files.push_back(std::move(*file));
  }
  return files;
}

Result<KeptPackage> Archive::adopt(std::string const& file, std::optional<std::string> const& sha256) const {
  Descriptor const from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (from.get() < 0) return system_failure("cannot be opened", file);
  auto const growing = folder_ + "/.incoming" + format_.suffix;
  unlink(growing.c_str());
  Descriptor const to(::open(growing.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (to.get() < 0) return system_failure("cannot be made", growing);
  auto const stop = [&](Error error) {
    unlink(growing.c_str());
    return fail(std::move(error));
  };
  if (auto copied = copy_bytes(from.get(), to.get(), growing); !copied) return stop(copied.error());
  auto const digest = sha256_of(to.get());
  if (!digest) return stop(digest.error());
  if (sha256 && *digest != *sha256) {
    return stop({ErrorKind::HashMismatch,
                 fmt::format("{} has SHA-256 {:.12}…, the signed index says {:.12}…", file, *digest, *sha256)});
  }
  auto const label = format_.label(growing);
  if (!label) return stop(label.error());
  if (fsync(to.get()) != 0) return stop(system_failure("cannot be written", growing).value());
  auto const name = fmt::format("{}/{}_{}_{}_{}{}", folder_, spelled(label->name), spelled(label->version),
                                spelled(label->architecture), *digest, format_.suffix);
  fault::reached(fault::Point::PackageFetched);
  if (rename(growing.c_str(), name.c_str()) != 0) return stop(system_failure("cannot be named", name).value());
  fault::reached(fault::Point::PackageNamed);
  sync_folder(folder_);
  fault::reached(fault::Point::PackageKept);
  return KeptPackage{label->name, label->version, *digest};
}

Result<std::string> Archive::fresh_partial(std::string const& user) const {
  auto const partial = folder_ + ".partial";
  drop_partial();
  if (mkdir(partial.c_str(), 0700) != 0) return system_failure("cannot be made", partial);
  // apt's methods give up root; what they fetch into must be theirs. The bytes are checked when they are copied out.
  auto const* account = getpwnam(user.c_str());
  if (account != nullptr && chown(partial.c_str(), account->pw_uid, account->pw_gid) != 0) {
    return system_failure("cannot be given to " + user, partial);
  }
  return partial;
}

void Archive::drop_partial() const {
  std::error_code ignored;
  fs::remove_all(folder_ + ".partial", ignored);
}

void Archive::prune(std::vector<KeptPackage> const& wanted, std::size_t others) const {
  std::map<std::string, std::size_t> seen;
  for (auto const& package : list()) {
    if (std::find(wanted.begin(), wanted.end(), package) != wanted.end()) continue;
    if (++seen[package.name] <= others) continue;
    if (auto const path = path_of({package.name, package.version, package.sha256})) unlink(path->c_str());
  }
}

}  // namespace tykup::pkg
