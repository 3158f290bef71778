#include "daemon/net/http_prober.hpp"

#include "daemon/net/http_get.hpp"
#include "daemon/net/json_fields.hpp"

namespace tykup::net {

namespace {

Sighting::Answer answer_of(std::string purpose, HttpReply reply) {
  Sighting::Answer answer;
  answer.fields = json_fields(reply.body);
  answer.http.purpose = std::move(purpose);
  answer.http.status = reply.status;
  answer.http.body = std::move(reply.body);
  answer.http.problem = std::move(reply.problem);
  return answer;
}

Sighting::Answer unanswerable(std::string purpose, Error const& error) {
  HttpReply reply;
  reply.problem = error.message;
  return answer_of(std::move(purpose), std::move(reply));
}

agent::Awaitable<Sighting::Answer> ask_tcp(std::string purpose, Duration limit) {
  auto target = parse_host_port(purpose);
  if (!target) co_return unanswerable(std::move(purpose), target.error());
  HttpReply reply;
  reply.problem = co_await tcp_connect(std::move(*target), limit);
  if (reply.problem.empty()) reply.status = 200;
  co_return answer_of(std::move(purpose), std::move(reply));
}

}  // namespace

agent::Awaitable<Sighting::Answer> HttpProber::ask(Endpoint endpoint, Duration limit) {
  auto target = parse_url(endpoint.url);
  if (!target) co_return unanswerable(std::move(endpoint.purpose), target.error());
  auto reply = co_await http_get(std::move(*target), ServerProof::NotAsked, limit);
  co_return answer_of(std::move(endpoint.purpose), std::move(reply));
}

agent::Awaitable<Sighting::Answer> HttpProber::ask(Probe probe, Duration limit) {
  if (probe.kind == Probe::Kind::Tcp) {
    auto answer = co_await ask_tcp(std::move(probe.target), limit);
    co_return answer;
  }
  auto target = parse_url(probe.target);
  if (!target) co_return unanswerable(std::move(probe.target), target.error());
  auto const proof = target->loopback() ? ServerProof::NotAsked : ServerProof::Demanded;
  auto reply = co_await http_get(std::move(*target), proof, limit);
  co_return answer_of(std::move(probe.target), std::move(reply));
}

}  // namespace tykup::net
