#pragma once

#include "daemon/core/facts.hpp"
#include "daemon/wire/json_basics.hpp"

/// The JSON of what is known of a host. Every `read_X` takes what `X_json` wrote and nothing else.
namespace tykup::wire {

Json pin_json(PackagePin const& pin);
PackagePin read_pin(Node const& node);
Json installed_json(InstalledPackage const& package);
InstalledPackage read_installed(Node const& node);
Json kept_json(KeptPackage const& package);
KeptPackage read_kept(Node const& node);
Json unit_json(UnitFacts const& unit);
UnitFacts read_unit(Node const& node);
Json build_json(PluginBuild const& build);
PluginBuild read_build(Node const& node);
Json checked_json(CheckedPlugin const& checked);
CheckedPlugin read_checked(Node const& node);
/// "loads", "fails", "unchecked".
std::string word_of(PluginVerdict verdict);
std::optional<PluginVerdict> plugin_verdict_from(std::string_view word);
Json host_json(HostFacts const& facts);
HostFacts read_host(Node const& node);

}  // namespace tykup::wire
