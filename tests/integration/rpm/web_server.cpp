#include "tests/integration/rpm/web_server.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/integration/machine.hpp"

namespace tykup::pkg::rpm::test {
namespace fs = std::filesystem;
namespace {

constexpr char const* kProgram = R"(
import http.server, os, ssl, sys, time, urllib.parse
folder, served, talks = sys.argv[1:]
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=served)
    def do_GET(self):
        with open(folder + '/asked', 'a') as notes:
            notes.write(self.path + '\n')
        self.path = urllib.parse.urlsplit(self.path).path
        if self.path == '/stall':
            self.send_response(200)
            self.send_header('Content-Length', '1000000')
            self.end_headers()
            self.wfile.write(b'x')
            self.wfile.flush()
            time.sleep(600)
        super().do_GET()
    def log_message(self, *ignored):
        pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
if talks == 'tls':
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + '/certificate.pem', folder + '/key.pem')
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(folder + '/port.new', 'w') as port:
    port.write(str(server.server_port))
os.rename(folder + '/port.new', folder + '/port')
server.serve_forever()
)";

std::string text_of(std::string const& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

WebServer::WebServer(World const& world, Talks talks) : folder_(world.path("/web")) {
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/server.py") << kProgram;
  if (talks == Talks::Tls) {
    tykup::test::run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
        folder_ + "/key.pem -out " + certificate() + " 2>/dev/null");
  }
  auto const program = folder_ + "/server.py";
  auto const served = world.path("/srv");
  pid_ = fork();
  if (pid_ == 0) {
    execlp("python3", "python3", program.c_str(), folder_.c_str(), served.c_str(), talks == Talks::Tls ? "tls" : "plain", nullptr);
    _exit(127);
  }
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!fs::exists(folder_ + "/port") && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  port_ = text_of(folder_ + "/port");
  EXPECT_NE(port_, "");
}

WebServer::~WebServer() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string WebServer::asked() const { return text_of(folder_ + "/asked"); }

}  // namespace tykup::pkg::rpm::test
