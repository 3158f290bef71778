#include "daemon/net/secret_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "daemon/core/words.hpp"

namespace tykup::net {

namespace {

constexpr std::size_t kLongestLine = 4096;

}  // namespace

Result<std::string> first_line_of(std::string const& path) {
  std::ifstream file(path);
  if (!file.is_open())
    return fail(ErrorKind::BadConfig, path + " cannot be read (" + std::strerror(errno) + "): it must be readable for the user tykup, for instance root:tykup 0640");
  std::string line(kLongestLine, '\0');
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return std::string(trimmed(std::string_view(line).substr(0, line.find('\n'))));
}

}  // namespace tykup::net
