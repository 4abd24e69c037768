// period_index.h - the period of each time as a small number, without asking the zone each time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>

#include "costops/domain/time.h"
#include "costops/domain/usage_batch.h"

namespace costops::engine {

/// Periods of one grain in one zone, numbered by label in order of first sight; 0 is "no time".
/// The zone is asked once per period and quarter of an hour: what lies wholly in one period needs
/// no second look.
class PeriodIndex {
 public:
  PeriodIndex(Grain grain, TimeZone zone) : grain_(grain), zone_(std::move(zone)) {}

  /// Requires UTC microseconds, or UsageBatch::kNone.
  [[nodiscard]] std::uint32_t number_of(std::int64_t at) {
    if (at >= last_.from && at < last_.to) return last_.number;
    return at == UsageBatch::kNone ? 0 : look_up(at);
  }
  /// The same for many times: numbers[i] becomes the number of at[i].
  void number(std::span<const std::int64_t> at, std::uint32_t* numbers);
  [[nodiscard]] std::string_view label(std::uint32_t number) const {
    return labels_.text_of(number);
  }
  [[nodiscard]] std::uint32_t size() const { return labels_.size(); }

 private:
  struct Period {
    std::int64_t from = 0, to = 0;
    std::uint32_t number = 0;
  };
  std::uint32_t look_up(std::int64_t at);

  Grain grain_;
  TimeZone zone_;
  Dictionary labels_;
  std::unordered_map<std::int64_t, Period> period_of_quarter_hour_;
  Period last_;  ///< Neighbours are mostly of one period.
};

}  // namespace costops::engine
