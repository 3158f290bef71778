#include "pkg/common/fetching.hpp"

#include <fmt/format.h>

#include "pkg/common/space.hpp"
#include "pkg/common/words.hpp"

namespace tykup::pkg {

PackagePin pin_of(Candidate const& candidate) { return {candidate.package, candidate.version, candidate.sha256}; }
PackagePin pin_of(KeptPackage const& kept) { return {kept.name, kept.version, kept.sha256}; }

Result<void> require_room(Archive const& archive, std::vector<Candidate> const& builds) {
  std::uint64_t bytes = 0;
  for (auto const& build : builds) bytes += 2 * build.size;
  constexpr std::uint64_t kSlack = 1024 * 1024;
  return require_space(archive.folder(), bytes + kSlack, 2 * builds.size() + 8, "the download");
}

Result<KeptPackage> adopt_as(Archive const& archive, std::string const& file, Candidate const& build) {
  auto kept = archive.adopt(file, build.sha256);
  if (!kept || (kept->name == build.package && kept->version == build.version)) return kept;
  return fail(ErrorKind::HashMismatch, fmt::format("the index of {} calls a file {} {} that says it is {} {}", build.repository,
                                                   build.package, build.version, kept->name, kept->version));
}

Error file_is_gone(Candidate const& build, std::string const& detail) {
  return {ErrorKind::UnknownVersion,
          fmt::format("{} {} is in the index of {}, but its file is not there (any more); refresh again later", build.package,
                      build.version, build.repository),
          detail};
}

Error repository_failed(Candidate const& build, ErrorKind kind, std::string const& detail) {
  return {kind,
          fmt::format("{} {}: the repository {} {}", build.package, build.version, build.repository, said_of_repository(kind, detail)),
          detail};
}

}  // namespace tykup::pkg
