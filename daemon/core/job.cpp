#include "daemon/core/job.hpp"

#include <array>

namespace tykup::job {

std::string_view name_of(Operation const& operation) {
  static constexpr std::array<std::string_view, std::variant_size_v<Operation>> kNames{
      "inspect", "refresh", "download", "backup", "apply", "restart", "restore", "recover", "result", "check-plugin"};
  return kNames.at(operation.index());
}

}  // namespace tykup::job
