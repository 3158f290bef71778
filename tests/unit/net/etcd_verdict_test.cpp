#include "daemon/net/etcd_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tykup::net {
namespace {

using Kind = EtcdVerdict::Kind;
using testing::HasSubstr;

EtcdAsked const kAsked{"https://a:2379", "tykup", "/etc/tykup/etcd-password", "what begins with /tykup/1/"};

HttpReply answered(int status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.asked = true;
  reply.body = std::move(body);
  return reply;
}
HttpReply said(int status, int code, std::string const& words) {
  return answered(status, R"({"error":")" + words + R"(","message":")" + words + R"(","code":)" + std::to_string(code) + "}");
}
HttpReply lost(bool asked, std::string problem) {
  HttpReply reply;
  reply.asked = asked;
  reply.problem = std::move(problem);
  return reply;
}

struct Row {
  char const* name;
  HttpReply reply;
  Kind kind;
  bool ill;
  ErrorKind error;
  char const* message;
};

TEST(EtcdVerdictTest, says_who_is_ill_what_was_done_and_what_to_do) {
  using enum ErrorKind;
  std::string const stream = R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}})";
  Row const rows[] = {
      {"nobody there", lost(false, "connection refused"), Kind::NotDone, true, EtcdUnavailable, "etcd at https://a:2379: connection refused"},
      {"a certificate", lost(false, "its certificate is not trusted: hostname mismatch"), Kind::NotDone, true, EtcdUnavailable,
       "its certificate is not trusted: hostname mismatch"},
      {"an answer that was lost", lost(true, "the connection was closed without an answer"), Kind::Unknown, true, EtcdUnknown,
       "its answer was lost, and with it whether it was done: the connection was closed without an answer"},
      {"an answer that never came", lost(true, "no answer in 10 s"), Kind::Unknown, true, EtcdUnknown, "no answer in 10 s"},
      {"a token", said(401, 16, "etcdserver: invalid auth token"), Kind::StaleToken, false, NotAllowed, "it wants a token"},
      {"no token", said(400, 3, "etcdserver: user name is empty"), Kind::StaleToken, false, NotAllowed, "it wants a token"},
      {"no users", said(412, 9, "etcdserver: authentication is not enabled"), Kind::NoAuth, false, NotAllowed, "it has no users"},
      {"a password", said(400, 3, "etcdserver: authentication failed, invalid user ID or password"), Kind::Refused, false, NotAllowed,
       "the user \"tykup\" with the password in /etc/tykup/etcd-password is not accepted"},
      {"a permission", said(403, 7, "etcdserver: permission denied"), Kind::Refused, false, NotAllowed,
       "the user \"tykup\" may not read or write what begins with /tykup/1/: give one of its roles that with etcdctl role grant-permission"},
      {"no leader", said(503, 14, "etcdserver: no leader"), Kind::NotDone, true, EtcdUnavailable,
       "it has no leader: most members of its cluster are down or do not reach one another"},
      {"no leader, of a stream", answered(503, stream), Kind::NotDone, true, EtcdUnavailable, "it has no leader"},
      {"a certificate for servers only", said(503, 14, "connection closed"), Kind::NotDone, true, EtcdUnavailable,
       "the server's own certificate lacks the usage clientAuth"},
      {"a full database", said(429, 8, "etcdserver: mvcc: database space exceeded"), Kind::Refused, false, EtcdUnavailable, "its database is full"},
      {"too much to do", said(429, 8, "etcdserver: too many requests"), Kind::NotDone, true, EtcdUnavailable, "too many requests"},
      {"a time-out", said(503, 14, "etcdserver: request timed out"), Kind::Unknown, true, EtcdUnknown, "whether it was done: etcdserver: request timed out"},
      {"another time-out", said(500, 2, "context deadline exceeded"), Kind::Unknown, true, EtcdUnknown, "context deadline exceeded"},
      {"an election", said(503, 14, "etcdserver: leader changed"), Kind::Unknown, true, EtcdUnknown, "leader changed"},
      {"its end", said(503, 14, "transport is closing"), Kind::Unknown, true, EtcdUnknown, "transport is closing"},
      {"the same certificate, by chance", said(503, 14, "write tcp 127.0.0.1:1->127.0.0.1:2379: write: broken pipe"), Kind::Unknown, true, EtcdUnknown,
       "broken pipe (if that stays: the server's own certificate may lack the usage clientAuth)"},
      {"and once more", said(503, 14, "use of closed network connection"), Kind::Unknown, true, EtcdUnknown, "may lack the usage clientAuth"},
      {"words without a code", answered(500, R"({"error":"odd"})"), Kind::Unknown, true, EtcdUnknown, "odd"},
      {"a lease", said(404, 5, "etcdserver: requested lease not found"), Kind::Refused, false, LeaseLost, "it knows no such lease"},
      {"a lease that is there", said(412, 9, "etcdserver: lease already exists"), Kind::Refused, false, BadRequest, "lease already exists"},
      {"too much at once", said(400, 3, "etcdserver: too many operations in txn request"), Kind::Refused, false, BadRequest, "too many operations"},
      {"too long a lease", said(400, 11, "etcdserver: too large lease TTL"), Kind::Refused, false, BadRequest, "too large lease TTL"},
      {"a proxy's 502", answered(502, "<html>Bad Gateway</html>"), Kind::Unknown, true, EtcdUnknown, "it answered 502, and not in etcd's words"},
      {"a server of something else", answered(404, "Not Found\n"), Kind::NotDone, true, EtcdUnavailable, "it is no etcd of 3.4 or later"},
      {"a redirect", answered(302, ""), Kind::NotDone, true, EtcdUnavailable, "it answered 302: something else is in etcd's place"},
      {"http:// towards TLS", answered(400, "Client sent an HTTP request to an HTTPS server.\n"), Kind::NotDone, true, EtcdUnavailable, "write https://"},
  };
  for (auto const& row : rows) {
    auto const verdict = judge(row.reply, kAsked);
    EXPECT_EQ(verdict.kind, row.kind) << row.name;
    EXPECT_EQ(verdict.ill, row.ill) << row.name;
    EXPECT_EQ(verdict.error.kind, row.error) << row.name;
    EXPECT_THAT(verdict.error.message, testing::StartsWith("etcd at https://a:2379: ")) << row.name;
    EXPECT_THAT(verdict.error.message, HasSubstr(row.message)) << row.name;
  }
  EXPECT_EQ(judge(answered(200, "{}"), kAsked), EtcdVerdict{});
}

TEST(EtcdVerdictTest, whoever_names_no_user_is_told_to) {
  auto nobody = kAsked;
  nobody.user.clear();
  auto const verdict = judge(said(400, 3, "etcdserver: user name is empty"), nobody);
  EXPECT_EQ(verdict.kind, Kind::Refused);
  EXPECT_EQ(verdict.error.message, "etcd at https://a:2379: it wants a user and a password: set user and password_file");
}

}  // namespace
}  // namespace tykup::net
