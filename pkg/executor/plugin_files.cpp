#include "pkg/executor/plugin_files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "pkg/common/archive.hpp"

namespace tykup::executor {

Result<Fd> open_plain(Paths const& paths, std::string const& path, std::uint64_t limit) {
  Fd file(open(paths.host(path).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return fail(ErrorKind::NotFound, path + " is not there");
  if (!file) return fail(file_error("cannot open", path, errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return fail(file_error("cannot read", path, errno));
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::BadRequest, path + " is no plain file");
  if (static_cast<std::uint64_t>(status.st_size) > limit)
    return fail(ErrorKind::BadRequest, path + " is larger than " + std::to_string(limit >> 20) + " MiB");
  return file;
}

Result<std::string> read_text(Paths const& paths, std::string const& path, std::size_t limit) {
  auto const file = open_plain(paths, path, limit);
  if (!file) return fail(file.error());
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() <= limit) {
    auto const got = read(file->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("cannot read", path, errno));
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return fail(ErrorKind::BadRequest, path + " grows while it is read");
}

PluginFile const* PluginFiles::find(std::string const& path) {
  auto const [at, is_new] = known_.try_emplace(path);
  if (!is_new) return at->second ? &*at->second : nullptr;
  auto const file = open_plain(paths_, path, kLargestPlugin);
  if (!file && file.error().kind == ErrorKind::NotFound) return nullptr;
  auto& found = at->second.emplace(PluginFile{path, "", ""});
  if (!file) {
    found.problem = file.error().message;
  } else if (auto digest = pkg::sha256_of(file->get()); digest) {
    found.sha256 = std::move(*digest);
  } else {
    found.problem = path + " cannot be read";
  }
  return &found;
}

std::string md5_of(std::string const& text) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  // A host in FIPS mode has none: no bundle is found by its name then, and that is said.
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_md5(), nullptr) != 1) return "(no MD5 here)";
  EVP_DigestUpdate(hash.get(), text.data(), text.size());
  EVP_DigestFinal_ex(hash.get(), sum.data(), &length);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += kDigits[sum.at(i) >> 4U];
    hex += kDigits[sum.at(i) & 15U];
  }
  return hex;
}

}  // namespace tykup::executor
