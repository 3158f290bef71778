#include "escape.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <vector>

namespace standin {
namespace {

bool connects_to_port(std::uint16_t port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
}

bool connects_to_bus() {
  int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "/run/dbus/system_bus_socket");
  return fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
}

bool writes(std::string const& path) {
  int const fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  if (fd < 0) return false;
  ::unlink(path.c_str());
  return true;
}

bool reads(std::string const& path) {
  char byte = 0;
  int const fd = ::open(path.c_str(), O_RDONLY);
  return fd >= 0 && ::read(fd, &byte, 1) == 1;
}

}  // namespace

std::string reached() {
  std::vector<std::string> found;
  if (::geteuid() == 0) found.emplace_back("root");
  if (connects_to_port(8080)) found.emplace_back("the network");
  if (connects_to_bus()) found.emplace_back("the system bus");
  for (auto const* folder : {"/opt/tyk-gateway", "/etc", "/usr/bin", "/var/lib", "/run", "/root", "/var/cache"})
    if (writes(std::string(folder) + "/escaped")) found.push_back(std::string("writing to ") + folder);
  for (auto const* file : {"/etc/tykup/tykup.toml", "/opt/tyk-gateway/tyk.conf", "/etc/shadow", "/var/lib/tykup/state.db"})
    if (reads(file)) found.push_back(std::string("reading ") + file);
  if (::access("/proc/1", F_OK) == 0) found.emplace_back("other processes");
  if (::unshare(CLONE_NEWUSER) == 0) found.emplace_back("a namespace");
  std::string text;
  for (auto const& one : found) text += (text.empty() ? "" : ", ") + one;
  return text.empty() ? "nothing" : text;
}

}  // namespace standin
