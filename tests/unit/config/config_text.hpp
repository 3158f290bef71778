#pragma once

#include <string_view>

#include "daemon/os/toml_reader.hpp"
#include "daemon/os/zones.hpp"

namespace tykup::test {

/// The configuration that this text makes on a host in London.
inline Result<Config> config_of(std::string_view text) {
  auto const value = read_toml(text, "tykup.toml");
  if (!value) return tl::unexpected<Error>(value.error());
  auto const zones = [](std::string const& name) { return load_zone(name.empty() ? "Europe/London" : name); };
  return validate_config(merge_config({*value}), zones);
}

}  // namespace tykup::test
