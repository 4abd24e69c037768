#include "forecasting/candidates.h"

#include <algorithm>

namespace costops::forecasting {
namespace {

/// Many origins where there is no season to compare the members by; few where members are few.
std::size_t replays_for(std::size_t length, std::size_t season, std::size_t steps) {
  if (season == 1) return length >= 30 * steps ? 8 : 4;
  return season <= 8 ? 3 : 4;
}

std::vector<std::size_t> one_to(std::size_t last) {
  std::vector<std::size_t> lags;
  for (std::size_t lag = 1; lag <= last; ++lag) lags.push_back(lag);
  return lags;
}

LagSet set_of(std::vector<std::size_t> lags, std::size_t phases) {
  std::ranges::sort(lags);
  lags.erase(std::unique(lags.begin(), lags.end()), lags.end());
  return {std::move(lags), phases};
}

/// Lags 1 to `near`, and those around the first `cycles` multiples of the season.
std::vector<std::size_t> around(std::size_t season, std::size_t near, std::size_t cycles) {
  std::vector<std::size_t> lags = one_to(near);
  for (std::size_t k = 1; k <= cycles; ++k) {
    for (const std::size_t lag : {k * season - 1, k * season, k * season + 1}) lags.push_back(lag);
  }
  return lags;
}

std::vector<std::size_t> with(std::vector<std::size_t> lags,
                              std::initializer_list<std::size_t> more) {
  lags.insert(lags.end(), more);
  return lags;
}

/// Hours, half hours: a cycle of a day inside one of a week.
std::vector<LagSet> sets_within_weeks(std::size_t m) {
  std::vector<std::size_t> dense = with(one_to(m + 1), {7 * m, 7 * m + 1});
  for (std::size_t k = 2; k < 7; ++k) dense.push_back(k * m);
  const auto week = with(around(m, 4, 7), {7 * m + 2});
  return {set_of(with(one_to(2), {m, m + 1}), m), set_of(around(m, 2, 2), m), set_of(week, m),
          set_of(dense, m), set_of(with(week, {14 * m, 14 * m + 1}), m)};
}

std::vector<LagSet> sets_for(std::size_t m) {
  if (m == 1) {
    return {set_of({1}, 1), set_of(one_to(2), 1), set_of(one_to(4), 1), set_of(one_to(8), 1)};
  }
  if (m == 24 || m == 48 || m == 96) return sets_within_weeks(m);
  if (m <= 8) {
    return {set_of(with(one_to(2), {m, m + 1}), m), set_of(one_to(m + 1), m),
            set_of(around(m, 4, 4), m)};
  }
  if (m <= 26) {
    return {set_of(with(one_to(2), {m, m + 1}), m), set_of(around(m, 4, 2), m),
            set_of(one_to(m + 1), m), set_of(one_to(3), 1)};
  }
  return {set_of(one_to(2), 1), set_of(one_to(4), 1), set_of(one_to(13), 1),
          set_of(with(one_to(4), {m, m + 1}), 1), set_of(around(m, 2, 2), 1)};
}

double half_life_for(std::size_t m) {
  if (m == 24 || m == 48 || m == 96) return 14.0 * static_cast<double>(m);
  if (m == 52) return 156.0;
  return m == 1 ? 250.0 : 6.0 * static_cast<double>(m);
}

}  // namespace

Candidates candidates(std::size_t length, std::size_t season, std::size_t horizon) {
  Candidates out;
  out.season = season == 168 ? 24 : season == 336 ? 48 : std::max<std::size_t>(season, 1);
  out.steps = std::min(horizon, length / 4);
  if (out.steps > 0) {
    const std::size_t replays = replays_for(length, out.season, out.steps);
    const std::size_t room = length / 2 - out.steps;
    const std::size_t spacing = std::max<std::size_t>(1, std::min(out.steps, room / replays));
    for (std::size_t k = replays; k-- > 0;) {
      const std::size_t back = out.steps + k * spacing;
      if (length - back >= 2) out.origins.push_back(length - back);
    }
  }
  out.origins.push_back(length);
  for (LagSet& set : sets_for(out.season)) {
    // Rows enough for the coefficients at the earliest origin: twice as many, or fewer phases.
    const std::size_t first = out.origins.front();
    const std::size_t lags = set.lags.size();
    if (first < set.lags.back() + 2 * (lags + 1) + 2) continue;
    if (first < set.lags.back() + 2 * (lags + set.phases) + 2) set.phases = 1;
    out.sets.push_back(std::move(set));
  }
  out.half_lives = {0.0};
  if (out.season == 1 || out.season > 8) out.half_lives.push_back(half_life_for(out.season));
  return out;
}

}  // namespace costops::forecasting
