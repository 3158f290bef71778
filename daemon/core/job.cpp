#include "daemon/core/job.hpp"

#include <array>

#include "daemon/core/names.hpp"

namespace tykup::job {

namespace {

constexpr std::array<std::string_view, std::variant_size_v<Operation>> kNames{
    "inspect", "refresh", "download", "backup", "apply", "restart", "restore", "recover", "hook", "result", "check-plugin"};

}  // namespace

std::string_view name_of(Operation const& operation) { return kNames.at(operation.index()); }
std::span<std::string_view const> operation_names() { return kNames; }

std::string_view name_of(Hook::Point point) {
  static constexpr std::array<std::string_view, kHookPoints> kNames{"pre-run", "pre-step", "backup", "post-step", "post-run", "promote", "gate"};
  return kNames.at(static_cast<std::size_t>(point));
}

std::string folder_of(Hook::Point point) { return std::string(name_of(point)) + ".d/"; }

}  // namespace tykup::job
