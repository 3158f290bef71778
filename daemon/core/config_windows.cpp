#include "daemon/core/config_parts.hpp"
#include "daemon/core/freezes.hpp"
#include "daemon/core/timestamp.hpp"
#include "daemon/core/words.hpp"

namespace tykup {
namespace {

/// The zone at "timezone", else the local one; nothing where it cannot be had, which is a defect then.
std::optional<Zone> read_zone(ConfigTable& table, ZoneLookup const& zones) {
  auto const given = table.text("timezone");
  if (given && given->text.empty()) {
    table.defect("timezone", "the name is empty; leave the key out for the host's own zone");
    return std::nullopt;
  }
  auto zone = zones(given ? given->text : std::string{});
  if (zone) return std::move(*zone);
  table.defect("timezone", zone.error().message);
  return std::nullopt;
}

std::optional<Calendar> read_calendar(ConfigTable& table) {
  if (!table.has("calendar")) {
    table.defect("calendar",
                 "the key is missing; when does the window open? For example calendar = \"Sun *-*-* 02:00\"");
  }
  auto const text = table.text("calendar");
  if (!text) return std::nullopt;
  auto calendar = Calendar::parse(text->text);
  if (calendar) return std::move(*calendar);
  table.defect("calendar", calendar.error().message, calendar.error().detail);
  return std::nullopt;
}

void read_window(ConfigTable& table, Config& config, ZoneLookup const& zones) {
  auto const calendar = read_calendar(table);
  auto zone = read_zone(table, zones);
  if (!table.has("duration")) {
    table.defect("duration", "the key is missing; how long does the window stay open? For example duration = \"2h\"");
  }
  auto const duration = table.duration("duration", std::chrono::seconds{1});
  auto const components = read_component_names(table, "components", config);
  table.finish();
  if (calendar && !calendar->zone_name().empty()) {
    auto own = zones(calendar->zone_name());
    if (!own) table.defect("calendar", own.error().message);
    zone = own ? std::optional<Zone>(std::move(*own)) : std::nullopt;
  }
  if (!calendar || !zone || !duration) return;
  config.windows.windows.push_back(Window{*calendar, std::move(*zone), *duration, components});
}

/// The end of a freeze that names a time which exists twice is the later one: in doubt it is frozen.
enum class Side { From, Until };

std::optional<Instant> instant_of(Timestamp const& stamp, Zone const& zone, Side side) {
  if (stamp.offset) return Instant{stamp.local.time_since_epoch() - *stamp.offset};
  auto const found = to_instant(zone, stamp.local);
  return side == Side::From ? found.first : found.second;
}

std::optional<Instant> read_moment(ConfigTable& table, std::string const& key, Zone const& zone, Side side) {
  auto const* value = table.take(key);
  if (value == nullptr) {
    table.defect(key,
                 "the key is missing; a date such as \"2026-12-18\" or an instant such as \"2026-12-18T18:00:00Z\"");
    return std::nullopt;
  }
  auto const* text = std::get_if<std::string>(&value->value);
  auto const stamp = text == nullptr ? std::nullopt : parse_timestamp(*text);
  if (stamp) return instant_of(*stamp, zone, side);
  table.defect(key, (text == nullptr ? "this" : quoted(*text)) +
                        " is no date; expected \"2026-12-18\", \"2026-12-18 18:00\" or "
                        "\"2026-12-18T18:00:00+01:00\"");
  return std::nullopt;
}

/// Which file it is; what it says is read by whoever needs it, and until then everything is frozen.
void read_freeze_calendar(ConfigTable& table, Config& config, ZoneLookup const& zones) {
  auto const file = table.text("ics");
  auto zone = read_zone(table, zones);
  auto const reason = table.text("reason");
  for (auto const* key : {"from", "until"})
    if (table.take(key) != nullptr) table.defect(key, "the calendar file of \"ics\" tells when; leave one of them out");
  table.finish();
  if (!file || !zone) return;
  if (!file->text.starts_with('/')) {
    table.defect("ics", quoted(file->text) + " is no whole path; expected one such as \"/etc/tykup/freeze.ics\"");
    return;
  }
  FreezeCalendar calendar{file->text, reason ? reason->text : std::string{}};
  if (table.has("timezone")) calendar.zone = std::move(*zone);
  config.windows.freezes.push_back(unreadable_freeze(calendar, calendar.file + " was not read yet"));
  config.windows.calendars.push_back(std::move(calendar));
}

void read_freeze(ConfigTable& table, Config& config, ZoneLookup const& zones) {
  if (table.take("ics") != nullptr) return read_freeze_calendar(table, config, zones);
  auto const zone = read_zone(table, zones);
  Zone const used = zone ? *zone : utc_zone();
  auto const from = read_moment(table, "from", used, Side::From);
  auto const until = read_moment(table, "until", used, Side::Until);
  auto const reason = table.text("reason");
  table.finish();
  if (!zone || !from || !until) return;
  if (*until <= *from) {
    table.defect("until", "the freeze ends (" + to_rfc3339(*until) + ") before or when it begins (" +
                              to_rfc3339(*from) + "); until is exclusive");
    return;
  }
  config.windows.freezes.push_back(Freeze{*from, *until, reason ? reason->text : std::string{}});
}

}  // namespace

void read_windows(ConfigTable& root, Config& config, ZoneLookup const& zones) {
  for (ConfigTable& table : root.tables("window")) read_window(table, config, zones);
  for (ConfigTable& table : root.tables("freeze")) read_freeze(table, config, zones);
}

}  // namespace tykup
