// Any text: a time that is accepted is written in a form that is read as the same time, and its
// periods contain it; a range that is accepted is not turned around.
#include <cstddef>
#include <cstdint>

#include "costops/domain/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace costops;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const TimeZone zone;
  static const Instant kNow = parse_instant("2026-07-01T12:00:00Z").value();
  const Result<TimeRange> range = named_range(text, kNow, zone);
  if (range && range->to < range->from) __builtin_trap();

  const Result<Instant> at = parse_instant(text);
  if (!at) return 0;
  if (*at < min_instant() || *at > max_instant()) __builtin_trap();
  if (parse_instant(to_string(*at)) != *at) __builtin_trap();
  for (const Grain grain :
       {Grain::hour, Grain::day, Grain::week, Grain::month, Grain::quarter, Grain::year}) {
    const TimeRange period = zone.period_of(*at, grain);
    if (!period.contains(*at) && *at != max_instant()) __builtin_trap();
    if (zone.label_of(*at, grain) != zone.label_of(period.from, grain)) __builtin_trap();
  }
  return 0;
}
