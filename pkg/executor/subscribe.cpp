#include "pkg/executor/subscribe.hpp"

#include <sys/stat.h>

#include <cctype>
#include <filesystem>
#include <fstream>

#include "daemon/core/words.hpp"
#include "pkg/executor/files.hpp"

namespace tykup::executor {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<std::string> parse_fingerprint(std::string_view text) {
  std::string out;
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) != 0 || c == ':') continue;
    if (std::isxdigit(byte) == 0) return fail(ErrorKind::BadRequest, tykup::quoted(text) + " is no fingerprint: it must be hexadecimal");
    out += static_cast<char>(std::toupper(byte));
  }
  if (out.size() == 40 || out.size() == 64) return out;
  return fail(ErrorKind::BadRequest, tykup::quoted(text) + " is no whole fingerprint: 40 (or 64) hexadecimal digits are needed, shorter key ids can be forged");
}

std::string spaced(std::string const& fingerprint) {
  std::string out;
  for (std::size_t i = 0; i < fingerprint.size(); ++i) {
    if (i != 0 && i % 4 == 0) out += ' ';
    out += fingerprint[i];
  }
  return out;
}

Changes::~Changes() {
  if (kept_) return;
  for (auto at = before_.rbegin(); at != before_.rend(); ++at) {
    std::error_code ignored;
    if (!at->there) {
      fs::remove(at->file, ignored);
    } else {
      std::ofstream(at->file, std::ios::binary | std::ios::trunc) << at->text;
    }
  }
}

Result<void> Changes::remember(std::string const& file) {
  auto text = read_file(file);
  if (!text && text.error().kind != ErrorKind::NotFound) return fail(text.error());
  before_.push_back({file, text.has_value(), text ? std::move(*text) : std::string{}});
  return {};
}

Result<void> Changes::write(std::string const& file, std::string const& text) {
  if (auto done = remember(file); !done) return done;
  std::error_code error;
  fs::create_directories(fs::path(file).parent_path(), error);
  if (auto done = write_durably(file, text); !done) return done;
  if (chmod(file.c_str(), 0644) != 0) return fail(file_error("cannot set the mode of", file, errno));
  return {};
}

Result<void> Changes::set_aside(std::string const& file) {
  auto const text = read_file(file);
  if (!text) return fail(text.error());
  return write(file + ".save", *text);
}

Result<void> Changes::remove(std::string const& file) {
  if (auto done = remember(file); !done) return done;
  std::error_code error;
  if (!fs::remove(file, error) && error) return fail(file_error("cannot remove", file, error.value()));
  return {};
}

}  // namespace tykup::executor
