#include "pkg/apt/offers.hpp"

#include <apt-pkg/cachefile.h>
#include <apt-pkg/indexfile.h>
#include <apt-pkg/metaindex.h>
#include <apt-pkg/pkgrecords.h>
#include <apt-pkg/policy.h>
#include <apt-pkg/sourcelist.h>
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <map>
#include <set>

#include "daemon/core/version.hpp"
#include "pkg/apt/library.hpp"
#include "pkg/apt/sources.hpp"

namespace tykup::pkg::apt {
namespace fs = std::filesystem;
namespace {

bool speaks_of(std::string const& file, std::string const& package) {
  std::ifstream stream(file);
  constexpr std::string_view kField = "Package:";
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind(kField, 0) != 0) continue;
    std::istringstream words(line.substr(kField.size()));
    for (std::string word; words >> word;) {
      if (fnmatch(word.c_str(), package.c_str(), 0) == 0) return true;
    }
  }
  return false;
}

/// Which preferences file the operator has to look at. apt does not remember it.
std::string preferences_for(std::string const& package) {
  std::vector<std::string> files{apt_file("Dir::Etc::preferences")};
  std::error_code failed;
  for (auto const& entry : fs::directory_iterator(apt_dir("Dir::Etc::preferencesparts"), failed)) {
    files.push_back(entry.path());
  }
  for (auto const& file : files) {
    if (speaks_of(file, package)) return file;
  }
  return "its repository or APT::Default-Release";
}

class Offers {
 public:
  Offers(pkgCacheFile& cache, std::function<bool(metaIndex const&)> const& accept) : cache_(cache), records_(cache) {
    for (auto* source : *cache.GetSourceList()) {
      if (!accept(*source)) continue;
      auto const release = source->FindInCache(*cache.GetPkgCache(), false);
      if (!release.end()) sources_[release->ID] = source;
    }
  }

  void add(std::string const& name, std::vector<Offer>& offers) {
    auto const package = cache_.GetPkgCache()->FindPkg(name);
    if (package.end()) return;
    for (auto version = package.VersionList(); !version.end(); ++version) {
      for (auto file = version.FileList(); !file.end(); ++file) {
        if (auto offer = offer_of(package, version, file)) offers.push_back(std::move(*offer));
      }
    }
  }

 private:
  std::optional<Offer> offer_of(pkgCache::PkgIterator const& package, pkgCache::VerIterator const& version,
                                pkgCache::VerFileIterator const& where) {
    auto const file = where.File();
    auto const release = file.ReleaseFile();
    auto const source = release.end() ? sources_.end() : sources_.find(release->ID);
    pkgIndexFile* index = nullptr;
    if (source == sources_.end() || !cache_.GetSourceList()->FindIndex(file, index) || !index->IsTrusted()) {
      return std::nullopt;
    }
    auto& record = records_.Lookup(where);
    auto const hashes = record.Hashes();
    auto const* sum = hashes.find("SHA256");
    if (sum == nullptr) return std::nullopt;
    Offer offer;
    offer.candidate = {package.Name(), version.VerStr(), sum->HashValue(),
                       shown_url(*source->second) + " " + source->second->GetDist(), version->Size, version->InstalledSize};
    offer.uri = index->ArchiveURI(record.FileName());
    offer.kept_away = kept_away(package, version);
    return offer;
  }

  /// A negative pin, or one that makes apt itself prefer an older version.
  std::string kept_away(pkgCache::PkgIterator const& package, pkgCache::VerIterator const& version) {
    auto* policy = cache_.GetPolicy();
    int const priority = policy->GetPriority(version);
    auto const chosen = policy->GetCandidateVer(package);
    bool const older = !chosen.end() && chosen.CompareVer(version) < 0 && chosen != version;
    if (priority >= 0 && !older) return {};
    return fmt::format("apt's pin priority {} keeps {} {} away (see {})", priority, package.Name(), version.VerStr(),
                       preferences_for(package.Name()));
  }

  pkgCacheFile& cache_;
  pkgRecords records_;
  std::map<unsigned, metaIndex*> sources_;
};

bool newer(Offer const& a, Offer const& b) {
  if (a.candidate.package != b.candidate.package) return a.candidate.package < b.candidate.package;
  auto const order = compare_versions(PackageFormat::Deb, a.candidate.version, b.candidate.version);
  return order != 0 ? order > 0 : a.candidate.sha256 < b.candidate.sha256;
}

}  // namespace

std::vector<Offer> offers_of(pkgCacheFile& cache, std::vector<std::string> const& packages,
                             std::function<bool(metaIndex const&)> const& accept) {
  Offers collector(cache, accept);
  std::vector<Offer> offers;
  for (auto const& package : packages) collector.add(package, offers);
  std::sort(offers.begin(), offers.end(), newer);
  auto const same = [](Offer const& a, Offer const& b) {
    return a.candidate.package == b.candidate.package && a.candidate.version == b.candidate.version &&
           a.candidate.sha256 == b.candidate.sha256;
  };
  offers.erase(std::unique(offers.begin(), offers.end(), same), offers.end());
  return offers;
}

}  // namespace tykup::pkg::apt
