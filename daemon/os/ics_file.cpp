#include <cerrno>
#include <fstream>
#include <sys/stat.h>
#include <system_error>

#include "daemon/os/ics_reader.hpp"

namespace tykup {
namespace {

constexpr std::size_t kLargest = 4U << 20U;

std::string advice(int error) {
  if (error == ENOENT || error == ENOTDIR)
    return "; put the file back, or take its [[freeze]] out of the configuration and reload";
  if (error == EACCES || error == EPERM)
    return "; the user tykup must be able to read it (chmod o+r, and o+x on every folder above it)";
  return {};
}

tl::unexpected<Error> unreadable(std::string const& file, int error) {
  return fail(ErrorKind::BadConfig, file + ": " + std::generic_category().message(error) + advice(error));
}

}  // namespace

Result<std::vector<Freeze>> read_ics_file(FreezeCalendar const& calendar, Interval range) {
  auto const& name = calendar.file;
  // A pipe or a device would make us wait for ever.
  struct stat what {};
  if (::stat(name.c_str(), &what) != 0) return unreadable(name, errno);
  if (!S_ISREG(what.st_mode)) return fail(ErrorKind::BadConfig, name + ": this is no file, but a folder or a device");
  errno = 0;
  std::ifstream file(name, std::ios::binary);
  if (!file) return unreadable(name, errno == 0 ? EIO : errno);
  std::string text(kLargest + 1, '\0');
  errno = 0;
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return unreadable(name, errno == 0 ? EIO : errno);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargest)
    return fail(ErrorKind::BadConfig, name + ": is larger than 4 MiB, which no calendar of freezes is");
  if (text.empty()) return fail(ErrorKind::BadConfig, name + ": is empty; a calendar without freezes still has BEGIN:VCALENDAR and END:VCALENDAR");
  return read_ics(text, calendar, range);
}

}  // namespace tykup
