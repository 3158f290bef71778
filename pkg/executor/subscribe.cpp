#include "pkg/executor/subscribe.hpp"

#include <sys/stat.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/core/words.hpp"
#include "pkg/executor/files.hpp"
#include "pkg/executor/settings.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

bool names_url(std::string_view line, std::string const& url_prefix) {
  auto const at = line.find(url_prefix);
  return at != std::string_view::npos && (at == 0 || std::isspace(static_cast<unsigned char>(line[at - 1])) != 0);
}

}  // namespace

Result<std::string> parse_fingerprint(std::string_view text) {
  std::string out;
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) != 0 || c == ':') continue;
    if (std::isxdigit(byte) == 0) return fail(ErrorKind::BadRequest, tykup::quoted(text) + " is no fingerprint: it must be hexadecimal");
    out += static_cast<char>(std::toupper(byte));
  }
  if (out.size() == 40 || out.size() == 64) return out;
  return fail(ErrorKind::BadRequest, tykup::quoted(text) + " is no whole fingerprint: 40 (or 64) hexadecimal digits are needed, shorter key ids can be forged");
}

std::string spaced(std::string const& fingerprint) {
  std::string out;
  for (std::size_t i = 0; i < fingerprint.size(); ++i) {
    if (i != 0 && i % 4 == 0) out += ' ';
    out += fingerprint[i];
  }
  return out;
}

Result<Release> release_from(std::string_view os_release) {
  auto const settings = read_environment(os_release);
  auto const value = [&](char const* name) {
    auto const found = settings.find(name);
    return found == settings.end() ? std::string{} : found->second;
  };
  Release const release{value("ID"), value("VERSION_CODENAME")};
  bool const known = release.os == "debian" || release.os == "ubuntu";
  if (known && !release.codename.empty()) return release;
  return fail(ErrorKind::NotAllowed, "packages are published for Debian and Ubuntu releases; this host says ID=" +
                                         tykup::quoted(release.os) + ", VERSION_CODENAME=" + tykup::quoted(release.codename) + " in /etc/os-release");
}

std::string source_entry(std::string const& repository_url, Release const& release, std::string const& architecture,
                         std::string const& keyring) {
  return "# Written by `tykup subscribe`.\nTypes: deb\nURIs: " + repository_url + "/" + release.os + "/\nSuites: " + release.codename +
         "\nComponents: main\nArchitectures: " + architecture + "\nSigned-By: " + keyring + "\n";
}

std::string without_entry(std::string_view list, std::string const& url_prefix) {
  std::istringstream lines{std::string(list)};
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    bool const ours = !trimmed(line).starts_with('#') && names_url(line, url_prefix);
    out += (ours ? "# replaced by tykup: " : "") + line + "\n";
  }
  return out;
}

bool only_entry(std::string_view sources, std::string const& url_prefix) {
  std::istringstream lines{std::string(sources)};
  bool found = false;
  for (std::string line; std::getline(lines, line);) {
    if (!lowered(line).starts_with("uris:")) continue;
    std::istringstream words(line.substr(5));
    for (std::string url; words >> url;) {
      if (!url.starts_with(url_prefix)) return false;
      found = true;
    }
  }
  return found;
}

Changes::~Changes() {
  if (kept_) return;
  for (auto at = before_.rbegin(); at != before_.rend(); ++at) {
    std::error_code ignored;
    if (!at->there) {
      fs::remove(at->file, ignored);
    } else {
      std::ofstream(at->file, std::ios::binary | std::ios::trunc) << at->text;
    }
  }
}

Result<void> Changes::remember(std::string const& file) {
  auto text = read_file(file);
  if (!text && text.error().kind != ErrorKind::NotFound) return fail(text.error());
  before_.push_back({file, text.has_value(), text ? std::move(*text) : std::string{}});
  return {};
}

Result<void> Changes::write(std::string const& file, std::string const& text) {
  if (auto done = remember(file); !done) return done;
  std::error_code error;
  fs::create_directories(fs::path(file).parent_path(), error);
  if (auto done = write_durably(file, text); !done) return done;
  if (chmod(file.c_str(), 0644) != 0) return fail(file_error("cannot set the mode of", file, errno));
  return {};
}

Result<void> Changes::set_aside(std::string const& file) {
  auto const text = read_file(file);
  if (!text) return fail(text.error());
  return write(file + ".save", *text);
}

Result<void> Changes::remove(std::string const& file) {
  if (auto done = remember(file); !done) return done;
  std::error_code error;
  if (!fs::remove(file, error) && error) return fail(file_error("cannot remove", file, error.value()));
  return {};
}

}  // namespace tykup::executor
