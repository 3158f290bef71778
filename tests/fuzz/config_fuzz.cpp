// An operator's configuration file: whatever it holds, it is taken whole or refused with a place and a reason.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/os/toml_reader.hpp"

namespace {

/// One zone by name, so that no run depends on the machine's tzdata.
tykup::Result<tykup::Zone> zone_of(std::string const& name) {
  if (name.empty() || name == "UTC") return tykup::utc_zone();
  return tykup::fail(tykup::ErrorKind::BadConfig, "there is no time zone of that name");
}

void demand(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const value = tykup::read_toml(text, "f");
  if (!value) {
    demand(value.error().message.starts_with("f:"));
    return 0;
  }
  auto const config = tykup::validate_config(tykup::merge_config({*value, *value}), zone_of);
  if (!config) {
    demand(config.error().detail.starts_with(config.error().message));
    return 0;
  }
  demand(!config->components.empty());
  for (auto const& window : config->windows.windows) demand(window.duration > tykup::Duration{0});
  for (auto const& freeze : config->windows.freezes) demand(freeze.from < freeze.until);
  return 0;
}
