#include "daemon/net/target.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>

namespace tykup::net {

namespace {

namespace urls = boost::urls;

tl::unexpected<Error> refuse(std::string_view given, std::string_view why) {
  return fail(ErrorKind::BadConfig, "\"" + std::string(given) + "\" cannot be probed: " + std::string(why));
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= 65535;
}

std::optional<std::string_view> defect_of(urls::url_view const& url) {
  if (url.scheme_id() != urls::scheme::http && url.scheme_id() != urls::scheme::https) {
    return "it must begin with http:// or https://";
  }
  if (url.has_userinfo()) return "a probe sends no user name or password";
  if (url.has_fragment()) return "a fragment (#…) is never sent";
  if (url.host_address().empty()) return "it names no host";
  if (url.has_port() && !is_port(std::string(url.port()))) return "its port is not between 1 and 65535";
  return std::nullopt;
}

}  // namespace

bool Target::loopback() const {
  if (host == "localhost") return true;
  boost::system::error_code error;
  auto const address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

Result<Target> parse_url(std::string_view text) {
  auto const parsed = urls::parse_uri(text);
  if (!parsed) return refuse(text, "it is not a URL such as http://127.0.0.1:8080/hello");
  auto const& url = *parsed;
  if (auto const defect = defect_of(url)) return refuse(text, *defect);
  Target target;
  target.tls = url.scheme_id() == urls::scheme::https;
  target.host = url.host_address();
  target.port = url.has_port() ? std::string(url.port()) : target.tls ? "443" : "80";
  target.path = std::string(url.encoded_resource());
  if (target.path.empty() || target.path.front() != '/') target.path.insert(0, "/");
  target.authority = std::string(url.encoded_host_and_port());
  return target;
}

Result<Target> parse_host_port(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(text, "write HOST:PORT, for instance 127.0.0.1:6379");
  auto host = text.substr(0, colon);
  auto const port = text.substr(colon + 1);
  if (!is_port(port)) return refuse(text, "its port is not between 1 and 65535");
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return refuse(text, "it names no host");
  if (!bracketed && host.find(':') != std::string_view::npos) {
    return refuse(text, "write an IPv6 address in brackets, for instance [::1]:6379");
  }
  Target target;
  target.host = std::string(host);
  target.port = std::string(port);
  return target;
}

}  // namespace tykup::net
