#include "pkg/rpm/fetch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <librepo/librepo.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "pkg/common/progress.hpp"
#include "pkg/common/stall.hpp"
#include "pkg/rpm/errors.hpp"

namespace tykup::pkg::rpm {
namespace {

constexpr std::uint64_t kTooMuch = std::uint64_t{256} * 1024 * 1024;

struct Watch {
  std::string const& phase;
  std::string said;
  ProgressSink const& progress;
  std::uint64_t limit;
  int percent = -1;
  StallWatch stall = {};
};

int moved(void* data, double total, double now) {
  auto& watch = *static_cast<Watch*>(data);
  watch.stall.moved(static_cast<std::uint64_t>(now));
  if (watch.progress.told_to_stop() || watch.stall.stands_still()) return LR_CB_ABORT;
  if (now > static_cast<double>(watch.limit)) return LR_CB_ERROR;
  auto const percent = total > 0 ? static_cast<int>(100 * now / total) : -1;
  if (percent > watch.percent) report(watch.progress, watch.phase, watch.percent = percent, watch.said);
  return LR_CB_OK;
}

char const* or_null(std::string const& text) {
  return text.empty() ? nullptr : text.c_str();
}

long proxy_methods(std::string const& name) {
  constexpr std::array kMethods{
      std::pair{"none", long{LR_AUTH_NONE}},      std::pair{"basic", long{LR_AUTH_BASIC}},
      std::pair{"digest", long{LR_AUTH_DIGEST}},  std::pair{"negotiate", long{LR_AUTH_NEGOTIATE}},
      std::pair{"ntlm", long{LR_AUTH_NTLM}},      std::pair{"digest_ie", long{LR_AUTH_DIGEST_IE}},
      std::pair{"ntlm_wb", long{LR_AUTH_NTLM_WB}}};
  for (auto const& [known, method] : kMethods) {
    if (name == known) return method;
  }
  return long{LR_AUTH_ANY};
}

long ip_family(std::string const& name) {
  if (name == "ipv4") return LR_IPRESOLVE_V4;
  return name == "ipv6" ? LR_IPRESOLVE_V6 : LR_IPRESOLVE_WHATEVER;
}

GSList* checksums_of(Remote const& remote) {
  if (remote.checksum.empty()) return nullptr;
  auto const type = lr_checksum_type(remote.checksum_type.c_str());
  return g_slist_prepend(nullptr, lr_downloadtargetchecksum_new(type, remote.checksum.c_str()));
}

std::string name_of(Remote const& remote) {
  auto const& text = remote.path.empty() ? remote.base : remote.path;
  return text.substr(text.rfind('/') + 1);
}

}  // namespace

Fetcher::Fetcher(Transport const& transport) : handle_(lr_handle_init()), ready_(set(transport)) {}
Fetcher::~Fetcher() {
  lr_handle_free(handle_);
}

Result<void> Fetcher::set(Transport const& transport) {
  GError* error = nullptr;
  bool good = true;
  auto const put = [&](LrHandleOption option, auto value) {
    good = good && lr_handle_setopt(handle_, &error, option, value) == TRUE;
  };
  put(LRO_REPOTYPE, static_cast<long>(LR_YUMREPO));
  put(LRO_INTERRUPTIBLE, 0L);
  for (auto const option : {LRO_SSLVERIFYPEER, LRO_SSLVERIFYHOST, LRO_PROXY_SSLVERIFYPEER, LRO_PROXY_SSLVERIFYHOST})
    put(option, 1L);
  put(LRO_SSLVERIFYSTATUS, transport.stapled_status ? 1L : 0L);
  put(LRO_USERAGENT, or_null(transport.user_agent));
  put(LRO_SSLCACERT, or_null(transport.ca_file));
  put(LRO_SSLCLIENTCERT, or_null(transport.client_certificate));
  put(LRO_SSLCLIENTKEY, or_null(transport.client_key));
  put(LRO_PROXY, or_null(transport.proxy));
  put(LRO_PROXYUSERPWD, or_null(transport.proxy_user));
  put(LRO_PROXYAUTHMETHODS, proxy_methods(transport.proxy_method));
  put(LRO_PROXY_SSLCACERT, or_null(transport.proxy_ca_file));
  put(LRO_PROXY_SSLCLIENTCERT, or_null(transport.proxy_client_certificate));
  put(LRO_PROXY_SSLCLIENTKEY, or_null(transport.proxy_client_key));
  put(LRO_USERPWD, or_null(transport.user));
  put(LRO_IPRESOLVE, ip_family(transport.ip_resolve));
  put(LRO_CONNECTTIMEOUT, static_cast<long>(transport.timeout_seconds));
  put(LRO_LOWSPEEDTIME, static_cast<long>(transport.timeout_seconds));
  put(LRO_LOWSPEEDLIMIT, static_cast<long>(transport.least_rate));
  put(LRO_MAXSPEED, static_cast<gint64>(transport.most_rate));
  if (good) return {};
  return fail(library_error(ErrorKind::BadConfig, "librepo does not take dnf's settings", error));
}

Result<void> Fetcher::fetch(Remote const& remote, std::string const& file, std::string const& phase,
                            ProgressSink const& progress) {
  if (!ready_) return ready_;
  int const into = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (into < 0) return fail(ErrorKind::Internal, file + " cannot be made");
  Watch watch{phase, name_of(remote), progress, remote.size != 0 ? remote.size : kTooMuch};
  bool const whole = remote.path.empty();
  auto* target = lr_downloadtarget_new(handle_, whole ? remote.base.c_str() : remote.path.c_str(),
                                       whole ? nullptr : remote.base.c_str(), into, nullptr, checksums_of(remote),
                                       static_cast<gint64>(remote.size), FALSE, moved, &watch, nullptr, nullptr,
                                       nullptr, 0, 0, nullptr, TRUE, FALSE);
  GError* error = nullptr;
  watch.stall.begin(without_users(remote.path.empty() ? remote.base : remote.base + "/" + remote.path));
  bool const arrived = lr_download_target(target, &error) == TRUE;
  lr_downloadtarget_free(target);
  close(into);
  if (arrived) return {};
  auto words = without_users(drain_error(error));
  unlink(file.c_str());
  if (progress.told_to_stop()) return fail(put_off(watch.said));
  if (watch.stall.stands_still()) return fail(ErrorKind::RepositoryUnreachable, watch.stall.words(), watch.stall.words() + "\n" + words);
  return fail(classify_fetch(words), first_line(words), words);
}

Result<std::vector<std::string>> Fetcher::bases_of(RepositoryEntry const& entry) {
  if (!entry.urls.empty()) return entry.urls;
  if (!ready_) return fail(ready_.error());
  GError* error = nullptr;
  bool const mirrors = entry.metalink.empty();
  std::array<char const*, 1> const nothing{nullptr};
  auto* const result = lr_result_init();
  bool const got = lr_handle_setopt(handle_, &error, mirrors ? LRO_MIRRORLISTURL : LRO_METALINKURL,
                                    mirrors ? entry.mirrors.c_str() : entry.metalink.c_str()) == TRUE &&
                   lr_handle_setopt(handle_, &error, LRO_FETCHMIRRORS, 1L) == TRUE &&
                   lr_handle_setopt(handle_, &error, LRO_YUMDLIST, nothing.data()) == TRUE &&
                   lr_handle_perform(handle_, result, &error) == TRUE;
  lr_result_free(result);
  if (!got) {
    auto const words = without_users(drain_error(error));
    return fail(classify_fetch(words), first_line(words), words);
  }
  std::vector<std::string> bases;
  char** found = nullptr;
  if (lr_handle_getinfo(handle_, &error, LRI_MIRRORS, &found) == TRUE && found != nullptr) {
    for (auto** base = found; *base != nullptr; ++base) bases.emplace_back(*base);
    g_strfreev(found);
  }
  drain_error(error);
  if (bases.empty()) return fail(ErrorKind::RepositoryUnreachable, "its list of mirrors is empty");
  return bases;
}

bool is_missing(Error const& error) {
  return error.detail.find("Status code: 404") != std::string::npos ||
         error.detail.find("Status code: 410") != std::string::npos ||
         error.detail.find("Couldn't open file") != std::string::npos ||
         error.detail.find("Couldn't read a file") != std::string::npos;
}

}  // namespace tykup::pkg::rpm
