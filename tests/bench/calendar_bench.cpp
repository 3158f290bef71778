#include <benchmark/benchmark.h>

#include <string>

#include "daemon/core/calendar.hpp"
#include "daemon/core/window.hpp"
#include "daemon/os/zones.hpp"

namespace tykup {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};

/// One occurrence after the other, from today to the end of time and again.
void next_of(benchmark::State& state, std::string const& expression, std::string const& zone_name) {
  auto const calendar = Calendar::parse(expression).value();
  auto const zone = load_zone(zone_name).value();
  Instant at = kBegin;
  for (auto _ : state) {
    auto const next = calendar.next(zone, at);
    benchmark::DoNotOptimize(next);
    at = next.value_or(kBegin);
  }
}

/// The same question again and again: where the answer is far away, or there is none.
void far_next_of(benchmark::State& state, std::string const& expression) {
  auto const calendar = Calendar::parse(expression).value();
  auto const zone = load_zone("Europe/London").value();
  for (auto _ : state) benchmark::DoNotOptimize(calendar.next(zone, kBegin));
}

/// Asked at the first instant of the second pass of a repeated hour, with a start in every second of it.
void next_in_second_pass(benchmark::State& state) {
  auto const calendar = Calendar::parse("*:*:*").value();
  auto const zone = load_zone("Europe/Berlin").value();
  Instant const second_pass = std::chrono::sys_days{std::chrono::year{2025} / 10 / 26} + 1h;
  for (auto _ : state) benchmark::DoNotOptimize(calendar.next(zone, second_pass));
}

void parse_of(benchmark::State& state, std::string const& expression) {
  for (auto _ : state) benchmark::DoNotOptimize(Calendar::parse(expression));
}

void verdict_of(benchmark::State& state, std::string const& expression, Duration duration) {
  Windows const windows{{{Calendar::parse(expression).value(), load_zone("Europe/London").value(), duration}}, {}};
  Instant at = kBegin;
  for (auto _ : state) {
    benchmark::DoNotOptimize(window_at(windows, "gateway", at));
    at += 1h;
  }
}

BENCHMARK_CAPTURE(next_of, daily, "02:30", "Europe/London");
BENCHMARK_CAPTURE(next_of, weekly, "Sun *-*-* 02:00", "Europe/London");
BENCHMARK_CAPTURE(next_of, weekdays, "Mon..Fri 22:30", "America/New_York");
BENCHMARK_CAPTURE(next_of, month_end, "*-*~01 23:00", "UTC");
BENCHMARK_CAPTURE(next_of, first_tuesday, "Tue *-*-01..07 03:00", "Australia/Lord_Howe");
BENCHMARK_CAPTURE(next_of, half_hourly, "*:0/30", "Europe/Berlin");
BENCHMARK_CAPTURE(next_of, every_second, "*:*:*", "Europe/Berlin");
BENCHMARK_CAPTURE(next_of, leap_day_on_sunday, "Sun *-02-29", "UTC");
BENCHMARK_CAPTURE(far_next_of, worst_never, "*-02-30");
BENCHMARK_CAPTURE(far_next_of, worst_never_in_many_months, "*-02,04,06,09,11-31");
BENCHMARK_CAPTURE(far_next_of, worst_last_year, "2199-12-31 23:59:59.999999");
BENCHMARK(next_in_second_pass);
BENCHMARK_CAPTURE(parse_of, weekly, "Sun *-*-* 02:00 Europe/London");
BENCHMARK_CAPTURE(verdict_of, weekly, "Sun *-*-* 02:00", 2h);
BENCHMARK_CAPTURE(verdict_of, always_open, "hourly", 1h);

}  // namespace
}  // namespace tykup

BENCHMARK_MAIN();
