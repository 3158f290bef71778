#include "pkg/rpm/configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libdnf/conf/ConfigMain.hpp>
#include <libdnf/conf/ConfigParser.hpp>
#include <libdnf/conf/ConfigRepo.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

#include "pkg/rpm/library.hpp"
#include "pkg/rpm/variables.hpp"

namespace tykup::pkg::rpm {
namespace fs = std::filesystem;
namespace {

using Priority = libdnf::Option::Priority;
using Options = libdnf::PreserveOrderMap<std::string, std::string>;
using Variables = std::map<std::string, std::string>;

/// What dnf does not know it passes over with a warning, and so do we; what it knows and cannot read is returned.
std::string set_options(libdnf::OptionBinds& binds, Priority priority, Options const& options,
                        Variables const& variables) {
  for (auto const& [key, value] : options) {
    auto const bind = binds.find(key);
    if (bind == binds.end()) continue;
    auto text = value;
    libdnf::ConfigParser::substitute(text, variables);
    try {
      bind->second.newString(priority, text);
    } catch (std::exception const& error) {
      return fmt::format("{}={}: {}", key, text, error.what());
    }
  }
  return {};
}

std::string pair_of(std::string const& name, std::string const& password) {
  return name.empty() ? std::string() : name + ":" + password;
}

/// An option without a default throws where nobody set it.
std::string text_of(libdnf::Option const& option) {
  return option.empty() ? std::string() : option.getValueString();
}

template <typename Config>
Transport transport_of(Config& config) {
  Transport out;
  out.proxy = text_of(config.proxy());
  out.proxy_user = pair_of(text_of(config.proxy_username()), text_of(config.proxy_password()));
  out.proxy_method = text_of(config.proxy_auth_method());
  out.user = pair_of(text_of(config.username()), text_of(config.password()));
  out.ca_file = text_of(config.sslcacert());
  out.client_certificate = text_of(config.sslclientcert());
  out.client_key = text_of(config.sslclientkey());
  out.proxy_ca_file = text_of(config.proxy_sslcacert());
  out.proxy_client_certificate = text_of(config.proxy_sslclientcert());
  out.proxy_client_key = text_of(config.proxy_sslclientkey());
  out.ip_resolve = text_of(config.ip_resolve());
  out.user_agent = text_of(config.user_agent());
  out.stapled_status = config.sslverifystatus().getValue();
  // Zero switches dnf's limits off; a fetch of ours always has an end.
  if (auto const timeout = config.timeout().getValue(); timeout > 0)
    out.timeout_seconds = static_cast<std::uint32_t>(timeout);
  if (auto const rate = config.minrate().getValue(); rate > 0) out.least_rate = rate;
  auto const throttle = config.throttle().getValue();
  auto const most =
      throttle > 0 && throttle <= 1 ? throttle * static_cast<float>(config.bandwidth().getValue()) : throttle;
  out.most_rate = most > 0 ? static_cast<std::uint64_t>(most) : 0;
  return out;
}

std::string inherited_from(Priority priority, std::string const& entry_file, std::string const& main_file) {
  return priority == Priority::REPOCONFIG ? entry_file : main_file;
}

class Reader {
 public:
  explicit Reader(RpmPaths const& paths) : paths_(paths) { out_.file = below_root(paths, "/etc/dnf/dnf.conf"); }

  Result<Configuration> read() {
    auto variables = dnf_variables(paths_);
    if (!variables) return fail(variables.error());
    variables_ = std::move(variables->values);
    out_.arch = variables->arch;
    out_.base_arch = variables_["basearch"];
    out_.release = variables_["releasever"];
    if (auto read = read_main(); !read) return fail(read.error());
    for (auto const& file : repository_files()) {
      if (auto read = read_file(file); !read) return fail(read.error());
    }
    return std::move(out_);
  }

 private:
  static Result<void> parse(libdnf::ConfigParser& parser, std::string const& file) {
    try {
      parser.read(file);
      return {};
    } catch (std::exception const& error) {
      return fail(ErrorKind::BadConfig,
                  fmt::format("{} cannot be read: {}; dnf does not work on this host until it is put right", file,
                              error.what()));
    }
  }

  Result<void> read_main() {
    if (!fs::exists(out_.file)) return {};
    libdnf::ConfigParser parser;
    if (auto parsed = parse(parser, out_.file); !parsed) return parsed;
    auto const section = parser.getData().find("main");
    if (section != parser.getData().end()) {
      auto const trouble = set_options(main_.optBinds(), Priority::MAINCONFIG, section->second, variables_);
      if (!trouble.empty()) return fail(ErrorKind::BadConfig, fmt::format("{} says {}", out_.file, trouble));
    }
    out_.excludes = main_.excludepkgs().getValue();
    out_.includes = main_.includepkgs().getValue();
    out_.transport = transport_of(main_);
    auto const& flags = main_.tsflags().getValue();
    if (std::find(flags.begin(), flags.end(), "nocrypto") != flags.end())
      out_.insecure.emplace_back("tsflags=nocrypto");
    for (auto const& [id, options] : parser.getData()) {
      if (id != "main") add_entry(id, out_.file, options);
    }
    return {};
  }

  std::vector<std::string> repository_files() {
    std::vector<std::string> files;
    for (auto const& folder : main_.reposdir().getValue()) {
      std::error_code failed;
      std::vector<std::string> here;
      for (auto const& entry : fs::directory_iterator(below_root(paths_, folder), failed)) {
        if (entry.path().extension() == ".repo") here.push_back(entry.path());
      }
      std::sort(here.begin(), here.end());
      files.insert(files.end(), here.begin(), here.end());
    }
    return files;
  }

  Result<void> read_file(std::string const& file) {
    libdnf::ConfigParser parser;
    if (auto parsed = parse(parser, file); !parsed) return parsed;
    for (auto const& [id, options] : parser.getData()) {
      if (id != "main") add_entry(id, file, options);
    }
    return {};
  }

  void add_entry(std::string const& id, std::string const& file, Options const& options) {
    auto const same = [&](RepositoryEntry const& entry) { return entry.id == id; };
    if (std::any_of(out_.repositories.begin(), out_.repositories.end(), same)) return;
    libdnf::ConfigRepo config(main_);
    RepositoryEntry entry{id, file};
    entry.trouble = set_options(config.optBinds(), Priority::REPOCONFIG, options, variables_);
    entry.urls = config.baseurl().getValue();
    entry.mirrors = text_of(config.mirrorlist());
    entry.metalink = text_of(config.metalink());
    entry.enabled = config.enabled().getValue();
    entry.keys = config.gpgkey().getValue();
    entry.excludes = config.excludepkgs().getValue();
    entry.includes = config.includepkgs().getValue();
    entry.transport = transport_of(config);
    add_checks(entry, config);
    out_.repositories.push_back(std::move(entry));
  }

  void add_checks(RepositoryEntry& entry, libdnf::ConfigRepo& config) const {
    auto const where = [&](auto& option) { return inherited_from(option.getPriority(), entry.file, out_.file); };
    entry.gpgcheck = config.gpgcheck().getValue();
    entry.where_gpgcheck = where(config.gpgcheck());
    entry.repo_gpgcheck = config.repo_gpgcheck().getValue();
    entry.where_repo_gpgcheck = where(config.repo_gpgcheck());
    entry.sslverify = config.sslverify().getValue();
    entry.where_sslverify = where(config.sslverify());
    entry.proxy_sslverify = config.proxy_sslverify().getValue();
    entry.where_proxy_sslverify = where(config.proxy_sslverify());
  }

  RpmPaths const& paths_;
  libdnf::ConfigMain main_;
  Variables variables_;
  Configuration out_;
};

}  // namespace

Result<Configuration> read_configuration(RpmPaths const& paths) {
  try {
    return Reader(paths).read();
  } catch (std::exception const& error) {
    return fail(ErrorKind::BadConfig, fmt::format("dnf's configuration cannot be read: {}", error.what()));
  }
}

Result<void> refuse_insecure_options(Configuration const& configuration) {
  if (configuration.insecure.empty()) return {};
  return fail(ErrorKind::RepositoryUnsigned,
              fmt::format("{} switches off checks that tykup relies on ({}); remove these options from it",
                          configuration.file, fmt::join(configuration.insecure, ", ")));
}

}  // namespace tykup::pkg::rpm
