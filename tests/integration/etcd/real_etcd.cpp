#include "tests/integration/etcd/real_etcd.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <thread>

#include "tests/fakes/await_on.hpp"
#include "daemon/net/http_get.hpp"
#include "tests/fakes/scripted_server.hpp"

namespace tykup::net {

namespace {

using namespace std::chrono_literals;

/// A child that ends with us, whatever ends us.
pid_t spawn(std::vector<std::string> arguments, std::string const& log) {
  std::vector<char*> raw;
  for (auto& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  pid_t const parent = getpid();
  pid_t const child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  int const out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvp(raw.front(), raw.data());
  _exit(127);
}

}  // namespace

RealEtcd::RealEtcd(Setup setup) : setup_(std::move(setup)) {
  boost::asio::io_context loop;
  client_port_ = fakes::closed_port(loop);
  peer_port_ = fakes::closed_port(loop);
  start();
}

RealEtcd::~RealEtcd() {
  if (process_ == 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::string RealEtcd::url(std::string const& host) const {
  return (setup_.cert_file.empty() ? "http://" : "https://") + host + ":" + std::to_string(client_port_);
}

void RealEtcd::start() {
  auto const peer = "http://127.0.0.1:" + std::to_string(peer_port_);
  std::vector<std::string> arguments{"etcd", "--data-dir", (folder_ / "data").string(), "--listen-client-urls", url(),
                                     "--advertise-client-urls", url(), "--listen-peer-urls", peer,
                                     "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
                                     "--unsafe-no-fsync", "--heartbeat-interval", "20", "--election-timeout", "200"};
  if (!setup_.cert_file.empty()) {
    for (auto const& argument : {std::string("--cert-file"), setup_.cert_file, std::string("--key-file"), setup_.key_file}) arguments.push_back(argument);
  }
  arguments.insert(arguments.end(), setup_.options.begin(), setup_.options.end());
  process_ = spawn(std::move(arguments), (folder_ / "log").string());
  await_port();
  if (setup_.cert_file.empty()) await_answer();
}

/// A gateway that has just opened its port may not be through to its own etcd yet, and keeps who asks waiting.
void RealEtcd::await_answer() {
  boost::asio::io_context loop;
  for (int i = 0; i < 60; ++i) {
    HttpPost question;
    question.body = "{}";
    auto const reply = fakes::await_on(loop, http_post(*parse_url(url() + "/v3/maintenance/status"), std::move(question), 2s));
    if (reply.status == 200) return;
    std::this_thread::sleep_for(50ms);
  }
  throw std::runtime_error("etcd does not answer");
}

void RealEtcd::await_port() {
  boost::asio::io_context loop;
  for (int i = 0; i < 600; ++i) {
    Target target;
    target.host = "127.0.0.1";
    target.port = std::to_string(client_port_);
    if (fakes::await_on(loop, tcp_connect(target, 5s)).empty()) return;
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = 0;
      throw std::runtime_error("etcd does not start: is it in PATH? tests/run puts it there");
    }
    std::this_thread::sleep_for(50ms);
  }
  throw std::runtime_error("etcd takes no connections");
}

void RealEtcd::stop() {
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

/// Until none of its threads answers any more.
void RealEtcd::freeze() {
  kill(process_, SIGSTOP);
  waitpid(process_, nullptr, WUNTRACED);
}
void RealEtcd::thaw() { kill(process_, SIGCONT); }

std::string RealEtcd::administer(std::string const& path, std::string const& body, std::string const& token) {
  boost::asio::io_context loop;
  HttpConnection connection(loop.get_executor());
  auto target = parse_url(url() + "/v3/" + path);
  Trust trust;
  trust.proof = ServerProof::NotAsked;
  auto problem = fakes::await_on(loop, connection.open(*target, trust, Budget(20s)));
  if (!problem.empty()) throw std::runtime_error(path + ": " + problem);
  HttpRequest request;
  request.post = true;
  request.body = body;
  if (!token.empty()) request.fields.emplace_back("Authorization", token);
  auto reply = fakes::await_on(loop, connection.ask(request, Budget(20s)));
  if (reply.status != 200) throw std::runtime_error(path + ": " + reply.problem + reply.body);
  return reply.body;
}

EtcdOptions quick_options(std::vector<std::string> const& urls) {
  EtcdOptions options;
  options.endpoints = parse_etcd_endpoints(urls).value();
  options.rest = {50ms, 200ms};
  options.renewal_spread = 200ms;
  options.chance = [] { return 0.0; };
  options.now = [] { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); };
  return options;
}

}  // namespace tykup::net
