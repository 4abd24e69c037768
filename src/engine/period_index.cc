#include "engine/period_index.h"

namespace costops::engine {
namespace {

constexpr std::int64_t kQuarterHour = 15LL * 60 * 1'000'000;

std::int64_t quarter_hour_of(std::int64_t at) {
  return at / kQuarterHour - (at % kQuarterHour < 0 ? 1 : 0);
}

}  // namespace

void PeriodIndex::number(std::span<const std::int64_t> at, std::uint32_t* numbers) {
  for (std::size_t i = 0; i < at.size();) {
    numbers[i] = number_of(at[i]);
    ++i;
    // Neighbours of the same period; kNone is in none.
    const Period here = last_;
    while (i < at.size() && at[i] >= here.from && at[i] < here.to) numbers[i++] = here.number;
  }
}

std::uint32_t PeriodIndex::look_up(std::int64_t at) {
  const std::int64_t quarter = quarter_hour_of(at);
  const auto known = period_of_quarter_hour_.find(quarter);
  if (known != period_of_quarter_hour_.end()) {
    last_ = known->second;
    return last_.number;
  }
  const Instant instant{Microseconds(at)};
  const TimeRange period = zone_.period_of(instant, grain_);
  last_ = {period.from.time_since_epoch().count(), period.to.time_since_epoch().count(),
           labels_.code_of(zone_.label_of(instant, grain_))};
  const bool is_inside =
      quarter * kQuarterHour >= last_.from && (quarter + 1) * kQuarterHour <= last_.to;
  if (is_inside) period_of_quarter_hour_.emplace(quarter, last_);
  return last_.number;
}

}  // namespace costops::engine
