// forecast_picture.h - a history and its forecast as a picture: SVG, or one line of blocks.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "costops/forecasting/forecast.h"

namespace costops::cli {

struct Picture {
  std::string title;
  std::span<const double> history;
  std::vector<std::string> labels;  ///< Of every period: the history's, then the forecast's.
  const forecasting::Forecast& forecast;
  std::optional<double> limit;  ///< A budget per period.
};

/// History as a line, the forecast as another with its bands behind it, the limit dashed.
[[nodiscard]] std::string svg_of(const Picture& picture);

/// The last periods and the forecast behind a bar, in eight heights, at most `columns` wide.
[[nodiscard]] std::string sparkline(std::span<const double> history,
                                    std::span<const double> forecast, std::size_t columns);

}  // namespace costops::cli
