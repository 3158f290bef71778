// A calendar of freezes: whatever it holds, it is taken whole or refused with its place, and a freeze has a length.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/os/ics_reader.hpp"

namespace {

void demand(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  tykup::Interval const range{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1},
                              std::chrono::sys_days{std::chrono::year{2027} / 6 / 1}};
  auto const freezes = tykup::read_ics(text, {"f", {}, tykup::utc_zone()}, range);
  if (!freezes) {
    demand(freezes.error().message.starts_with("f:"));
    return 0;
  }
  for (auto const& freeze : *freezes) {
    demand(freeze.from < freeze.until && freeze.until <= tykup::kForever);
    demand(freeze.until > range.from && freeze.from < range.until);
  }
  return 0;
}
