#include "tests/unit/architecture/includes.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace tykup::architecture {

namespace {

struct Include {
  std::string file;
  std::string header;
  bool ours;  ///< written in quotes
};

/// Headers that match `header` belong to files whose path matches one of `home`.
struct Home {
  std::regex header;
  std::regex home;
  char const* why;
};

/// Our headers that the files of one folder may include.
struct Layer {
  std::regex file;
  std::regex may_include;
};

std::regex const kConfigReader("daemon/os/(zones|posix_tz|toml_reader|config_loader)\\.hpp");

std::vector<Home> const& homes() {
  static std::vector<Home> const all{
      {std::regex("apt-pkg/.*"), std::regex("pkg/apt/.*"), "libapt-pkg lives in pkg/apt"},
      {std::regex("(libdnf|librepo|rpm|solv)/.*"), std::regex("pkg/rpm/.*"), "libdnf and librpm live in pkg/rpm"},
      {std::regex("systemd/sd-.*"), std::regex("(systemd|pkg/executor)/.*"),
       "libsystemd lives in systemd and pkg/executor"},
      {std::regex("sqlite3.*"), std::regex("daemon/os/store[a-z_]*\\.cpp"), "SQLite lives in daemon/os/store*.cpp"},
      {std::regex("boost/beast.*"), std::regex("daemon/net/[a-z_]+\\.cpp"), "Beast lives in daemon/net"},
      {std::regex("boost/url.*"), std::regex("daemon/net/[a-z_]+\\.cpp"), "Boost.URL lives in daemon/net"},
      {std::regex("openssl/.*"), std::regex("(daemon/(os|net)|pkg)/.*"),
       "OpenSSL lives in daemon/os, daemon/net and pkg"},
      {std::regex("toml\\+\\+/.*|toml\\.hpp"), std::regex("daemon/os/toml_[a-z_]+\\.cpp"),
       "toml++ lives in daemon/os/toml_*.cpp"},
      {std::regex("libical/.*"), std::regex("daemon/os/ics_[a-z]+\\.cpp"), "libical lives in daemon/os/ics_*.cpp"},
      {std::regex("date/.*"), std::regex("daemon/os/zones\\.cpp"), "date-tz lives in daemon/os/zones.cpp"},
      {std::regex("archive(_entry)?\\.h"), std::regex("pkg/.*"), "libarchive lives in pkg"},
      {std::regex("CLI/.*"), std::regex("(daemon/cli/.*|daemon/main|pkg/executor/.*)\\.cpp"),
       "CLI11 lives where main is"},
  };
  return all;
}

std::vector<Layer> const& layers() {
  static std::vector<Layer> const all{
      {std::regex("daemon/core/.*"), std::regex("daemon/core/.*")},
      {std::regex("daemon/wire/.*"), std::regex("daemon/(core|wire)/.*")},
      {std::regex("daemon/fault/.*"), std::regex("daemon/(core|fault)/.*")},
      {std::regex("daemon/agent/.*"), std::regex("daemon/(core|wire|agent|fault)/.*")},
      {std::regex("daemon/net/.*"), std::regex("daemon/(core|agent|net)/.*")},
      {std::regex("daemon/os/.*"), std::regex("daemon/(core|wire|agent|fault|os)/.*")},
      {std::regex("systemd/.*"), std::regex("daemon/(core|agent)/.*|daemon/cli/ports\\.hpp|systemd/.*")},
      {std::regex("pkg/common/.*"), std::regex("daemon/(core|fault)/.*|pkg/package_manager\\.hpp|pkg/common/.*")},
      {std::regex("pkg/apt/.*"), std::regex("daemon/(core|fault)/.*|pkg/(package_manager|subscriptions)\\.hpp|pkg/(apt|common)/.*")},
      {std::regex("pkg/rpm/.*"), std::regex("daemon/(core|fault)/.*|pkg/(package_manager|subscriptions)\\.hpp|pkg/(rpm|common)/.*")},
  };
  return all;
}

/// What the core may have of the world: nothing. The standard library's parts that reach it are named here.
bool reaches_the_world(std::string const& header) {
  static std::regex const kForeign(".*\\.h|.*/.*");
  static std::regex const kStandard(
      "cstdio|ctime|csignal|fstream|iostream|filesystem|thread|mutex|shared_mutex|atomic|"
      "condition_variable|future|random|syncstream|stop_token|semaphore|latch|barrier");
  if (header == "tl/expected.hpp") return false;
  return std::regex_match(header, kForeign) || std::regex_match(header, kStandard);
}

std::vector<Include> includes_of(Sources const& sources) {
  static std::regex const kInclude("#\\s*include\\s*([<\"])([^>\"]+)[>\"].*");
  std::vector<Include> found;
  for (auto const& [file, text] : sources) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::smatch match;
      if (std::regex_match(line, match, kInclude)) found.push_back({file, match[2], match[1] == "\""});
    }
  }
  return found;
}

void check_own(Include const& include, std::vector<std::string>& found) {
  for (auto const& layer : layers()) {
    if (std::regex_match(include.file, layer.file) && !std::regex_match(include.header, layer.may_include)) {
      found.push_back(include.file + " includes \"" + include.header + "\": its layer does not know that one");
    }
  }
  bool const of_the_executor = include.file.starts_with("pkg/executor/") && include.header.starts_with("daemon/");
  bool const of_the_daemon = include.file.starts_with("daemon/") && include.header.starts_with("pkg/");
  bool const shared = std::regex_match(include.header, std::regex("daemon/(core|wire|fault)/.*")) ||
                      std::regex_match(include.header, kConfigReader);
  if ((of_the_executor && !shared) || of_the_daemon) {
    found.push_back(include.file + " includes \"" + include.header +
                    "\": daemon and executor share only core, wire, the faults and the "
                    "reading of the configuration");
  }
}

void check_foreign(Include const& include, std::vector<std::string>& found) {
  for (auto const& home : homes()) {
    if (std::regex_match(include.header, home.header) && !std::regex_match(include.file, home.home)) {
      found.push_back(include.file + " includes <" + include.header + ">: " + home.why);
    }
  }
  if (include.file.starts_with("daemon/core/") && reaches_the_world(include.header)) {
    found.push_back(include.file + " includes <" + include.header + ">: the core is pure");
  }
}

}  // namespace

Sources read_sources(std::filesystem::path const& top) {
  Sources sources;
  for (auto const* folder : {"daemon", "pkg", "systemd"}) {
    for (auto const& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      auto const extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      auto const name = entry.path().lexically_relative(top).generic_string();
      sources[name].assign(std::istreambuf_iterator<char>(in), {});
    }
  }
  return sources;
}

std::vector<std::string> forbidden_includes(Sources const& sources) {
  std::vector<std::string> found;
  std::vector<std::string> beast;
  for (auto const& include : includes_of(sources)) {
    include.ours ? check_own(include, found) : check_foreign(include, found);
    bool const is_beast = include.header.starts_with("boost/beast");
    if (is_beast && (beast.empty() || beast.back() != include.file)) beast.push_back(include.file);
  }
  for (std::size_t i = 3; i < beast.size(); ++i) {
    found.push_back(beast[i] + " includes Beast: at most three files do, each costs half a minute to compile");
  }
  return found;
}

}  // namespace tykup::architecture
