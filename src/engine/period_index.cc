#include "engine/period_index.h"

namespace costops::engine {
namespace {

constexpr std::int64_t kQuarterHour = 15LL * 60 * 1'000'000;

std::int64_t quarter_hour_of(std::int64_t at) {
  return at / kQuarterHour - (at % kQuarterHour < 0 ? 1 : 0);
}

}  // namespace

std::uint32_t PeriodIndex::look_up(std::int64_t at) {
  const std::int64_t quarter = quarter_hour_of(at);
  const auto known = number_of_quarter_hour_.find(quarter);
  if (known != number_of_quarter_hour_.end()) return known->second;

  const Instant instant{Microseconds(at)};
  const TimeRange period = zone_.period_of(instant, grain_);
  last_from_ = period.from.time_since_epoch().count();
  last_to_ = period.to.time_since_epoch().count();
  last_number_ = labels_.code_of(zone_.label_of(instant, grain_));
  const bool is_inside =
      quarter * kQuarterHour >= last_from_ && (quarter + 1) * kQuarterHour <= last_to_;
  if (is_inside) number_of_quarter_hour_.emplace(quarter, last_number_);
  return last_number_;
}

}  // namespace costops::engine
