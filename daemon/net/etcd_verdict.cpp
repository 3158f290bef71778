#include "daemon/net/etcd_verdict.hpp"

#include <algorithm>
#include <array>

#include "daemon/core/words.hpp"

namespace tykup::net {

namespace {

using Kind = EtcdVerdict::Kind;

std::string at(EtcdAsked const& asked) { return "etcd at " + asked.endpoint + ": "; }

EtcdVerdict refused(ErrorKind kind, std::string message) { return {Kind::Refused, false, {kind, std::move(message)}}; }
EtcdVerdict not_done(std::string message) { return {Kind::NotDone, true, {ErrorKind::EtcdUnavailable, std::move(message)}}; }
EtcdVerdict unknown(std::string message) { return {Kind::Unknown, true, {ErrorKind::EtcdUnknown, std::move(message)}}; }

std::string name_of(EtcdAsked const& asked) { return asked.user.empty() ? "nobody" : "the user " + quoted(asked.user); }

EtcdVerdict wants_a_user(EtcdAsked const& asked) {
  auto const* const hint = asked.user.empty() ? "it wants a user and a password: set user and password_file" : "it wants a token";
  return {asked.user.empty() ? Kind::Refused : Kind::StaleToken, false, {ErrorKind::NotAllowed, at(asked) + hint}};
}

EtcdVerdict wrong_password(EtcdAsked const& asked) {
  return refused(ErrorKind::NotAllowed, at(asked) + name_of(asked) + " with the password in " + asked.password_file +
                                            " is not accepted: mend the file, or the user with etcdctl user passwd");
}

EtcdVerdict not_permitted(EtcdAsked const& asked) {
  return refused(ErrorKind::NotAllowed, at(asked) + name_of(asked) + " may not read or write " + asked.keys +
                                            ": give one of its roles that with etcdctl role grant-permission");
}

EtcdVerdict no_leader(EtcdAsked const& asked) {
  return not_done(at(asked) + "it has no leader: most members of its cluster are down or do not reach one another");
}

EtcdVerdict shut_out_of_itself(EtcdAsked const& asked) {
  return not_done(at(asked) + "its gateway does not get into it (\"connection closed\"): most likely the server's own certificate "
                              "lacks the usage clientAuth, which --client-cert-auth demands of it");
}

EtcdVerdict full(EtcdAsked const& asked) {
  return refused(ErrorKind::EtcdUnavailable,
                 at(asked) + "its database is full and takes no more: compact and defragment it, then etcdctl alarm disarm");
}

/// What etcd says in words that only it has.
struct Known {
  std::string_view words;
  EtcdVerdict (*verdict)(EtcdAsked const&);
};

constexpr std::array kKnown{
    Known{"invalid auth token", &wants_a_user},
    Known{"user name is empty", &wants_a_user},
    Known{"invalid user ID or password", &wrong_password},
    Known{"permission denied", &not_permitted},
    Known{"no leader", &no_leader},
    Known{"connection closed", &shut_out_of_itself},
    Known{"database space exceeded", &full},
};

EtcdVerdict lost(std::string const& why, EtcdAsked const& asked) {
  // That is all that an etcd with TLS says to somebody without.
  bool const wants_tls = asked.endpoint.starts_with("http://") && why == "the connection was closed without an answer";
  auto const* const hint = wants_tls ? " (if it speaks TLS, write https://)" : "";
  return unknown(at(asked) + "its answer was lost, and with it whether it was done: " + why + hint);
}

/// What is heard of a gateway that does not get into its own etcd, or does no longer; also of the same certificate, by chance.
bool is_about_its_inside(std::string const& words) {
  constexpr std::array<std::string_view, 3> known{"use of closed network connection", "broken pipe", "connection reset by peer"};
  return std::ranges::any_of(known, [&words](auto const part) { return words.find(part) != std::string::npos; });
}

/// gRPC's codes of what was never begun.
constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kOutOfRange = 11;
constexpr int kUnimplemented = 12;

EtcdVerdict judge_status(HttpReply const& reply, EtcdAsked const& asked) {
  auto const code = std::to_string(reply.status);
  if (reply.status >= 500) return lost("it answered " + code + ", and not in etcd's words", asked);
  if (reply.body.find("HTTP request to an HTTPS server") != std::string::npos)
    return not_done(at(asked) + "it speaks TLS: write https://");
  if (reply.status == 404) return not_done(at(asked) + "it answered 404: it is no etcd of 3.4 or later, or has its gateway switched off");
  return not_done(at(asked) + "it answered " + code + ": something else is in etcd's place");
}

}  // namespace

EtcdVerdict judge(etcd_json::Said const& said, EtcdAsked const& asked) {
  for (auto const& known : kKnown) {
    if (said.words.find(known.words) != std::string::npos) return known.verdict(asked);
  }
  auto const words = one_line(said.words);
  if (said.words.find("authentication is not enabled") != std::string::npos)
    return {Kind::NoAuth, false, {ErrorKind::NotAllowed, at(asked) + "it has no users"}};
  if (said.code == kNotFound && said.words.find("lease") != std::string::npos)
    return refused(ErrorKind::LeaseLost, at(asked) + "it knows no such lease: it has expired or was revoked");
  switch (said.code) {
    case kInvalidArgument:
    case kNotFound:
    case kFailedPrecondition:
    case kOutOfRange: return refused(ErrorKind::BadRequest, at(asked) + "it refuses the request: " + words);
    case kResourceExhausted:
    case kUnimplemented: return not_done(at(asked) + words);
    default: break;
  }
  auto const* const hint = is_about_its_inside(words) ? " (if that stays: the server's own certificate may lack the usage clientAuth)" : "";
  return lost(words + hint, asked);
}

EtcdVerdict judge(HttpReply const& reply, EtcdAsked const& asked) {
  if (reply.status == 0 && reply.asked) return lost(reply.problem, asked);
  if (reply.status == 0) return not_done(at(asked) + reply.problem);
  if (reply.status == 200) return {};
  if (auto const said = etcd_json::said(reply.body)) return judge(*said, asked);
  return judge_status(reply, asked);
}

}  // namespace tykup::net
