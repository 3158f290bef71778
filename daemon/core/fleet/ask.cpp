#include "daemon/core/fleet/ask.hpp"

#include <array>

namespace tykup::fleet {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Ask>> kAsks{
    "read", "look", "register", "dispute", "enqueue", "take", "confirm", "appear", "complete", "fail",
    "release", "record", "end", "stop", "review", "note", "promote", "promoted"};
constexpr std::array<std::string_view, std::variant_size_v<Told>> kTold{"looked", "registered", "enqueued", "taken",
                                                                        "settled", "completed", "refused"};

}  // namespace

std::string_view name_of(Ask const& ask) { return kAsks.at(ask.index()); }
std::string_view name_of(Told const& told) { return kTold.at(told.index()); }

}  // namespace tykup::fleet
