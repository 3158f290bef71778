#include "pkg/rpm/metadata.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <librepo/librepo.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <memory>

#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

std::string text_or_empty(char const* text) {
  return text == nullptr ? std::string() : std::string(text);
}

/// createrepo_c writes the time of its run; others write a counter, which is no date.
std::int64_t revision_time(char const* revision) {
  auto const text = text_or_empty(revision);
  std::int64_t value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr std::int64_t kYear2001 = 1'000'000'000;
  return failed == std::errc{} && end == text.data() + text.size() && value > kYear2001 ? value : 0;
}

std::optional<Instant> date_of(LrYumRepoMd* repomd) {
  GError* error = nullptr;
  auto const newest = lr_yum_repomd_get_highest_timestamp(repomd, &error);
  drain_error(error);
  auto const seconds = std::max<std::int64_t>(newest, revision_time(repomd->revision));
  if (seconds <= 0) return std::nullopt;
  return Instant{std::chrono::seconds{seconds}};
}

class File {
 public:
  explicit File(std::string const& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(File const&) = delete;
  File& operator=(File const&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<void> check_digest(std::string const& file, Index const& index) {
  File const opened(file);
  GError* error = nullptr;
  gboolean same = FALSE;
  if (opened.get() < 0 ||
      lr_checksum_fd_cmp(lr_checksum_type(index.checksum_type.c_str()), opened.get(), index.checksum.c_str(), FALSE,
                         &same, &error) == FALSE ||
      same == FALSE) {
    return fail(ErrorKind::HashMismatch, file + " is not the index that its signed repomd.xml names; refresh again",
                drain_error(error));
  }
  return {};
}

}  // namespace

Result<RepoMd> read_repomd(std::string const& file) {
  File const opened(file);
  std::unique_ptr<LrYumRepoMd, decltype(&lr_yum_repomd_free)> const repomd(lr_yum_repomd_init(), lr_yum_repomd_free);
  GError* error = nullptr;
  if (opened.get() < 0 || lr_yum_repomd_parse_file(repomd.get(), opened.get(), nullptr, nullptr, &error) == FALSE) {
    return fail(library_error(ErrorKind::HashMismatch, file + " is no repomd.xml", error));
  }
  auto* record = lr_yum_repomd_get_record(repomd.get(), "primary");
  if (record == nullptr || record->location_href == nullptr || record->checksum == nullptr ||
      record->checksum_type == nullptr) {
    return fail(ErrorKind::HashMismatch, file + " names no index of packages");
  }
  if (lr_checksum_type(record->checksum_type) < LR_CHECKSUM_SHA256) {
    return fail(ErrorKind::KeyTooWeak, fmt::format("{} names its index by a {} digest", file, record->checksum_type));
  }
  RepoMd out{{record->location_href, record->checksum_type, record->checksum}, date_of(repomd.get())};
  if (record->size > 0) out.primary.size = static_cast<std::uint64_t>(record->size);
  return out;
}

std::string metadata_name(RepositoryEntry const& entry) {
  auto name = entry.id + "_" + shown_url(entry);
  for (auto& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '.' && letter != '-') letter = '_';
  }
  constexpr std::size_t kLongest = 200;
  if (name.size() <= kLongest) return name;
  std::unique_ptr<char, decltype(&g_free)> const digest(
      g_compute_checksum_for_string(G_CHECKSUM_SHA256, name.c_str(), -1), g_free);
  return fmt::format("{}_{:.16}", name.substr(0, kLongest), digest.get());
}

std::string metadata_folder(RpmPaths const& paths, RepositoryEntry const& entry) {
  return paths.metadata + "/" + metadata_name(entry);
}

bool has_metadata(RpmPaths const& paths, RepositoryEntry const& entry) {
  return fs::exists(metadata_folder(paths, entry) + "/repomd.xml");
}

Result<Metadata> check_metadata(TrustedEntry const& source, std::string const& folder) {
  auto const repomd = folder + "/repomd.xml";
  if (source.entry->repo_gpgcheck) {
    if (auto good = check_signature(source.keys, repomd, repomd + ".asc"); !good) return fail(good.error());
  }
  auto const said = read_repomd(repomd);
  if (!said) return fail(said.error());
  auto const primary = folder + "/" + fs::path(said->primary.path).filename().string();
  if (auto right = check_digest(primary, said->primary); !right) return fail(right.error());
  return Metadata{repomd, primary, said->date};
}

}  // namespace tykup::pkg::rpm
