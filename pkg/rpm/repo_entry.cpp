#include "pkg/rpm/repo_entry.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "daemon/core/words.hpp"

namespace tykup::pkg::rpm {
namespace {

/// A section with its lines, the heading first; the lines before the first one have no name.
struct Section {
  std::string name;
  std::vector<std::string> lines;
  std::vector<std::string> urls;
};

bool is_comment(std::string const& line) { return line.starts_with('#') || line.starts_with(';'); }

std::string without_user(std::string const& url) {
  auto const scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  auto const host = scheme + 3;
  auto const at = url.find('@', host);
  return at < url.find('/', host) ? url.substr(0, host) + url.substr(at + 1) : url;
}

void add_urls(std::string text, Section& to) {
  std::ranges::replace(text, ',', ' ');
  std::istringstream words(text);
  for (std::string url; words >> url;) to.urls.push_back(without_user(url));
}

std::vector<Section> sections_of(std::string const& text) {
  std::vector<Section> out(1);
  std::istringstream lines(text);
  bool in_urls = false;
  for (std::string line; std::getline(lines, line);) {
    bool const heading = line.starts_with('[');
    if (heading) out.push_back({line.substr(1, line.find(']') - 1), {}, {}});
    auto& section = out.back();
    section.lines.push_back(line);
    if (heading || is_comment(line) || line.empty()) continue;
    bool const continued = std::isspace(static_cast<unsigned char>(line.front())) != 0;
    auto const equals = line.find('=');
    if (!continued) in_urls = equals != std::string::npos && trimmed(line.substr(0, equals)) == "baseurl";
    if (in_urls) add_urls(continued ? line : line.substr(equals + 1), section);
  }
  return out;
}

}  // namespace

std::string repo_text(RepoEntry const& entry) {
  std::string const id = "tykup-" + entry.repository;
  std::string keys;
  for (auto const& file : entry.key_files) keys += (keys.empty() ? "" : "\n       ") + ("file://" + file);
  return "# Written by `tykup subscribe`.\n[" + id + "]\nname=" + id + "\nbaseurl=" + entry.url + "/$basearch\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=" +
         (entry.metadata_signature ? "1" : "0") + "\ngpgkey=" + keys + "\nsslverify=1\nmetadata_expire=300\nskip_if_unavailable=0\n";
}

Result<std::optional<std::string>> without_section(std::string const& file, std::string const& text, std::string const& url_prefix) {
  auto const ours = [&](std::string const& url) { return url.starts_with(url_prefix); };
  std::string out;
  bool found = false;
  bool others = false;
  for (auto const& section : sections_of(text)) {
    bool const gone = std::ranges::any_of(section.urls, ours);
    if (gone && !std::ranges::all_of(section.urls, ours))
      return fail(ErrorKind::NotAllowed, "section [" + section.name + "] of " + file + " has other URLs besides those below " + url_prefix +
                                             ": take them out of it by hand");
    found = found || gone;
    others = others || (!gone && !section.name.empty());
    for (auto const& line : section.lines) out += (gone && !line.empty() && !is_comment(line) ? "# replaced by tykup: " : "") + line + "\n";
  }
  if (!found)
    return fail(ErrorKind::NotAllowed, file + " subscribes " + url_prefix + " by way of variables: take that section out of it by hand");
  if (!others) return std::nullopt;
  return out;
}

}  // namespace tykup::pkg::rpm
