#include "daemon/core/job.hpp"

#include <array>

#include "daemon/core/names.hpp"

namespace tykup::job {

namespace {

constexpr std::array<std::string_view, std::variant_size_v<Operation>> kNames{
    "inspect", "refresh", "download", "backup", "apply", "restart", "restore", "recover", "result"};

}  // namespace

std::string_view name_of(Operation const& operation) { return kNames.at(operation.index()); }
std::span<std::string_view const> operation_names() { return kNames; }

}  // namespace tykup::job
