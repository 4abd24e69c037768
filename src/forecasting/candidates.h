// candidates.h - the members of the combination, chosen by season and length alone: never by
// looking at how well they do. The same table stands in docs/forecasting.md.
#pragma once

#include <cstddef>
#include <vector>

#include "forecasting/lag_sums.h"

namespace costops::forecasting {

/// On which scale an autoregression works.
enum class Scale : unsigned char { raw, log, log_steps };

struct Candidates {
  std::size_t season = 1;  ///< The season used: 24 for 168.
  std::vector<LagSet> sets;
  std::vector<double> half_lives;    ///< In periods; 0: all rows count alike.
  std::vector<std::size_t> origins;  ///< Rising; the last one is the end of the history.
  std::size_t steps = 0;             ///< Length of each replay.
};

/// For a history of `length` with cycle `season`, to be continued by `horizon` periods.
[[nodiscard]] Candidates candidates(std::size_t length, std::size_t season, std::size_t horizon);

}  // namespace costops::forecasting
