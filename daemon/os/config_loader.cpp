#include "daemon/os/config_loader.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "daemon/core/words.hpp"
#include "daemon/os/toml_reader.hpp"
#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) {
  return std::generic_category().message(error);
}

Result<std::string> read_file(std::string const& path) {
  constexpr std::size_t kLargest = 1 << 20;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::BadConfig, path + ": cannot be read: " + reason(errno));
  std::string text(kLargest + 1, '\0');
  errno = 0;
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (errno != 0 && !file.eof()))
    return fail(ErrorKind::BadConfig, path + ": cannot be read: " + reason(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargest)
    return fail(ErrorKind::BadConfig, path + ": is larger than 1 MiB, which no configuration is");
  return text;
}

/// The drop-ins by name; a folder that is not there has none.
Result<std::vector<std::string>> drop_ins_of(std::string const& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory) return files;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".toml" && !entry->path().filename().string().starts_with('.')) {
      files.push_back(entry->path().string());
    }
  }
  if (error) return fail(ErrorKind::BadConfig, folder + ": cannot be read: " + error.message());
  std::ranges::sort(files);
  return files;
}

Result<ConfigValue> read_config_file(std::string const& path) {
  auto const text = read_file(path);
  if (!text) return tl::unexpected<Error>(text.error());
  return read_toml(*text, path);
}

Result<Zone> zone_of(std::string const& name) {
  return load_zone(name.empty() ? local_zone_name() : name);
}

Error all_of(std::vector<Error> const& errors) {
  std::vector<std::string> lines;
  for (Error const& error : errors) {
    lines.push_back(error.message);
    if (!error.detail.empty()) lines.push_back(error.detail);
  }
  return Error{ErrorKind::BadConfig, errors.front().message, join(lines, "\n")};
}

}  // namespace

Result<Config> load_config(ConfigPaths const& paths) {
  std::vector<Error> errors;
  std::vector<std::string> files{paths.main};
  if (auto const drop_ins = drop_ins_of(paths.drop_ins)) {
    files.insert(files.end(), drop_ins->begin(), drop_ins->end());
  } else {
    errors.push_back(drop_ins.error());
  }
  std::vector<ConfigValue> parsed;
  for (std::string const& file : files) {
    auto value = read_config_file(file);
    if (value) {
      parsed.push_back(std::move(*value));
    } else {
      errors.push_back(value.error());
    }
  }
  if (!errors.empty()) return fail(all_of(errors));
  return validate_config(merge_config(parsed), zone_of);
}

}  // namespace tykup
