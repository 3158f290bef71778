#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/facts.hpp"
#include "daemon/core/result.hpp"

namespace tykup::pkg {

/// An open package file whose bytes were hashed through the descriptor that is still held.
class VerifiedFile {
 public:
  VerifiedFile(int descriptor, std::string path, PackagePin pin);
  VerifiedFile(VerifiedFile&& other) noexcept;
  VerifiedFile& operator=(VerifiedFile&&) = delete;
  VerifiedFile(VerifiedFile const&) = delete;
  ~VerifiedFile();

  [[nodiscard]] std::string const& path() const { return path_; }
  [[nodiscard]] PackagePin const& pin() const { return pin_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// True while the path still names the file that was hashed, with the size and change time it had then.
  [[nodiscard]] bool unchanged() const;

 private:
  int descriptor_;
  std::string path_;
  PackagePin pin_;
  std::int64_t changed_ = 0;
};

/// What a package file says of itself.
struct PackageLabel {
  std::string name;
  std::string version;  ///< as the package database spells it
  std::string architecture;
};

/// How a package manager's files are kept: how they end, how their versions compare, how a file's label is read.
struct ArchiveFormat {
  PackageFormat format;
  std::string suffix;  ///< ".deb"
  /// HashMismatch where the file is no package.
  std::function<Result<PackageLabel>(std::string const& file)> label;
};

/// The folder of kept packages: NAME_VERSION_ARCH_SHA256.deb, root's alone. A republished build is another file.
class Archive {
 public:
  Archive(std::string folder, ArchiveFormat format);

  /// Makes the folder, 0700. NotAllowed where it belongs to somebody else or others may write it.
  Result<void> prepare() const;
  /// What the names say; bytes are checked by `open`.
  [[nodiscard]] std::vector<KeptPackage> list() const;
  /// Opens and hashes. UnknownVersion: not kept; HashMismatch: the bytes are not those of the pin.
  [[nodiscard]] Result<VerifiedFile> open(PackagePin const& pin) const;
  /// HashMismatch, naming it, where files of this version are kept and none of them is what was kept.
  [[nodiscard]] Result<void> require_way_back(std::string const& name, std::string const& version) const;
  /// All of them, or the first error.
  [[nodiscard]] Result<std::vector<VerifiedFile>> open_all(std::vector<PackagePin> const& pins) const;
  /// Copies a file in, hashing what is copied, with fsync and rename: it is wholly there or not at all.
  /// HashMismatch where `sha256` is given and differs. Name, version and architecture are the package's own words.
  Result<KeptPackage> adopt(std::string const& file, std::optional<std::string> const& sha256) const;
  /// Where downloads grow. Removed and made again, owned by `user` where that exists.
  Result<std::string> fresh_partial(std::string const& user) const;
  void drop_partial() const;
  /// Keeps the files of `wanted` and the newest `others` besides, for each package.
  void prune(std::vector<KeptPackage> const& wanted, std::size_t others) const;

  [[nodiscard]] std::string const& folder() const { return folder_; }

 private:
  [[nodiscard]] std::optional<std::string> path_of(PackagePin const& pin) const;
  [[nodiscard]] std::optional<KeptPackage> parse_name(std::string const& file) const;
  std::string folder_;
  ArchiveFormat format_;
};

/// Makes new names in a folder survive a loss of power, as far as the file system can.
void sync_folder(std::string const& folder);

/// SHA-256 of everything behind a descriptor, from its beginning; lower-case hex.
Result<std::string> sha256_of(int descriptor);

}  // namespace tykup::pkg
