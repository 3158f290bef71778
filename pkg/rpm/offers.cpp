#include "pkg/rpm/offers.hpp"

#include <fmt/format.h>
#include <libdnf/libdnf.h>

#include <algorithm>
#include <optional>

#include "daemon/core/version.hpp"
#include "pkg/rpm/sack.hpp"

namespace tykup::pkg::rpm {
namespace {

std::string text_or_empty(char const* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string hex_of(unsigned char const* bytes, std::size_t count) {
  std::string hex;
  for (std::size_t at = 0; at < count; ++at) hex += fmt::format("{:02x}", bytes[at]);
  return hex;
}

char const* name_of_digest(int type) {
  switch (type) {
    case G_CHECKSUM_MD5:
      return "md5";
    case G_CHECKSUM_SHA1:
      return "sha1";
    case G_CHECKSUM_SHA384:
      return "sha384";
    case G_CHECKSUM_SHA512:
      return "sha512";
    default:
      return "unknown";
  }
}

/// dnf takes an epoch of zero for none.
std::string spelled(std::string version) {
  return version.starts_with("0:") ? version.substr(2) : version;
}

class Collector {
 public:
  Collector(Configuration const& configuration, std::vector<Source> const& sources, Holds holds)
      : configuration_(configuration), sources_(sources), holds_(std::move(holds)) {}

  void add(DnfPackage* package) {
    auto const arch = text_or_empty(dnf_package_get_arch(package));
    if (arch != configuration_.arch && arch != "noarch") return;
    auto const* source = source_of(package);
    if (source == nullptr) return;
    Build const build{text_or_empty(dnf_package_get_name(package)),
                      spelled(text_or_empty(dnf_package_get_evr(package))), arch};
    int type = -1;
    auto const* digest = dnf_package_get_chksum(package, &type);
    if (digest == nullptr || type != G_CHECKSUM_SHA256) {
      out_.unpinnable.push_back(
          fmt::format("{} {} ({})", build.name, build.version, digest == nullptr ? "none" : name_of_digest(type)));
      return;
    }
    auto const& entry = *source->trusted.entry;
    Offer offer;
    offer.candidate = {build.name, build.version, hex_of(digest, 32), shown_url(entry) + " " + entry.id,
                       dnf_package_get_downloadsize(package), dnf_package_get_installsize(package)};
    offer.architecture = arch;
    offer.source = source;
    offer.path = text_or_empty(dnf_package_get_location(package));
    offer.base = text_or_empty(dnf_package_get_baseurl(package));
    offer.kept_away = holds_.kept_away(build, &entry);
    out_.builds.push_back(std::move(offer));
  }

  Offers take() {
    auto& builds = out_.builds;
    std::sort(builds.begin(), builds.end(), newer);
    auto const same = [](Offer const& a, Offer const& b) {
      return a.candidate.package == b.candidate.package && a.candidate.version == b.candidate.version &&
             a.candidate.sha256 == b.candidate.sha256;
    };
    builds.erase(std::unique(builds.begin(), builds.end(), same), builds.end());
    return std::move(out_);
  }

 private:
  static bool newer(Offer const& a, Offer const& b) {
    if (a.candidate.package != b.candidate.package) return a.candidate.package < b.candidate.package;
    auto const order = compare_versions(PackageFormat::Rpm, a.candidate.version, b.candidate.version);
    return order != 0 ? order > 0 : a.candidate.sha256 < b.candidate.sha256;
  }

  Source const* source_of(DnfPackage* package) const {
    auto const id = text_or_empty(dnf_package_get_reponame(package));
    auto const found = std::find_if(sources_.begin(), sources_.end(),
                                    [&](Source const& source) { return source.trusted.entry->id == id; });
    return found == sources_.end() ? nullptr : &*found;
  }

  Configuration const& configuration_;
  std::vector<Source> const& sources_;
  Holds holds_;
  Offers out_;
};

}  // namespace

Offers offers_in(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources,
                 std::vector<_DnfPackage*> const& packages) {
  Collector collector(configuration, sources, Holds::read(paths, configuration));
  for (auto* package : packages) collector.add(package);
  return collector.take();
}

Result<Offers> offers_of(RpmPaths const& paths, Configuration const& configuration, std::vector<Source> const& sources,
                         std::vector<std::string> const& packages) {
  auto const sack = make_sack(paths, configuration, sources, Installed::Left);
  if (!sack) return fail(sack.error());
  Collector collector(configuration, sources, Holds::read(paths, configuration));
  for (auto const& name : packages) {
    auto* query = hy_query_create(sack->get());
    hy_query_filter(query, HY_PKG_NAME, HY_EQ, name.c_str());
    auto* found = hy_query_run(query);
    for (guint at = 0; at < found->len; ++at) collector.add(static_cast<DnfPackage*>(g_ptr_array_index(found, at)));
    g_ptr_array_unref(found);
    hy_query_free(query);
  }
  return collector.take();
}

}  // namespace tykup::pkg::rpm
