#include "costops/forecasting/series.h"

#include <algorithm>
#include <array>

namespace costops::forecasting {

Grid::Grid(TimeRange range, Grain grain, TimeZone zone) : grain_(grain), zone_(std::move(zone)) {
  if (range.from >= range.to) return;
  for (Instant at = zone_.period_of(range.from, grain).from; at < range.to;) {
    const TimeRange period = zone_.period_of(at, grain);
    starts_.push_back(period.from);
    if (period.to <= at) break;  // the end of time
    at = period.to;
  }
  starts_.push_back(zone_.period_of(starts_.back(), grain).to);
}

std::size_t Grid::index_of(Instant at) const {
  if (starts_.empty() || at < starts_.front() || at >= starts_.back()) return size();
  return static_cast<std::size_t>(std::ranges::upper_bound(starts_, at) - starts_.begin()) - 1;
}

Grid Grid::following(std::size_t count) const {
  Grid next({starts_.back(), starts_.back()}, grain_, zone_);
  next.starts_.push_back(starts_.back());
  for (std::size_t i = 0; i < count; ++i) {
    next.starts_.push_back(zone_.period_of(next.starts_.back(), grain_).to);
  }
  return next;
}

std::string Grid::label(std::size_t i) const { return zone_.label_of(starts_[i], grain_); }

std::span<const std::size_t> seasons_of(Grain grain) {
  static constexpr std::array<std::size_t, 2> kHours = {24, 168};
  static constexpr std::array<std::size_t, 1> kDays = {7};
  static constexpr std::array<std::size_t, 1> kWeeks = {52};
  static constexpr std::array<std::size_t, 1> kMonths = {12};
  static constexpr std::array<std::size_t, 1> kQuarters = {4};
  switch (grain) {
    case Grain::hour:
      return kHours;
    case Grain::day:
      return kDays;
    case Grain::week:
      return kWeeks;
    case Grain::month:
      return kMonths;
    case Grain::quarter:
      return kQuarters;
    case Grain::year:
      break;
  }
  return {};
}

std::span<double> SeriesTable::add(std::string name, double fill) {
  names_.push_back(std::move(name));
  values_.resize(values_.size() + grid_.size(), fill);
  return values(size() - 1);
}

std::span<const double> SeriesTable::values(std::size_t series) const {
  return std::span(values_).subspan(series * grid_.size(), grid_.size());
}

std::span<double> SeriesTable::values(std::size_t series) {
  return std::span(values_).subspan(series * grid_.size(), grid_.size());
}

std::size_t SeriesTable::complete_periods(Instant now) const {
  std::size_t complete = grid_.size();
  while (complete > 0 && grid_.period(complete - 1).to > now) --complete;
  return complete;
}

}  // namespace costops::forecasting
