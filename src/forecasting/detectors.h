// detectors.h - the anomaly methods, with their parameters complete.
#pragma once

#include <cmath>
#include <memory>

#include "costops/forecasting/anomaly.h"

namespace costops::forecasting {

/// Whether a value can be judged: 10^100 leaves room for its square.
[[nodiscard]] inline bool is_usable(double value) { return std::abs(value) < 1e100; }

/// Level x weekday/hour on the log scale; anomaly_robust.cc has the essay.
[[nodiscard]] std::unique_ptr<Detector> make_robust_detector(const AnomalyParameters& parameters,
                                                             Grain grain);

/// The methods that compare a value with a window of those before it.
[[nodiscard]] std::unique_ptr<Detector> make_window_detector(const AnomalyParameters& parameters);

}  // namespace costops::forecasting
