// budget.h - what a period's total will be, and whether it stays within a limit.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "costops/forecasting/forecast.h"

namespace costops::forecasting {

struct BudgetQuestion {
  std::span<const double>
      history;  ///< Complete periods (days, hours) before the first unknown one.
  std::size_t season = 7;
  double spent = 0.0;      ///< Since the budget's period began, in complete periods.
  double spent_now = 0.0;  ///< The same with what is known of the running period.
  std::size_t before = 0;  ///< Unknown periods before the budget's own begins.
  std::size_t left = 0;    ///< Unknown periods of the budget's own, the running one among them.
  double limit = 0.0;
  double level = 80.0;  ///< Of the interval, percent.
};

struct BudgetOutlook {
  double projected = 0.0;  ///< Total at the end of the budget's period.
  double lower = 0.0;
  double upper = 0.0;
  double probability = 0.0;  ///< That the total ends above the limit, 0 to 1.
  /// The unknown period (0 is the first of the budget's own) in which the total is expected to
  /// pass the limit. None: not within the budget's period.
  std::optional<std::size_t> passes_in;
};

/// The interval and the probability come from the errors of running totals, not of single days:
/// days that err together err more than their sum of variances says. Nothing falls below what is
/// spent already.
/// Fails like ForecastEngine::forecast; without history there is no outlook but what is spent.
[[nodiscard]] Result<BudgetOutlook> budget_outlook(ForecastEngine& engine,
                                                   const BudgetQuestion& question);

}  // namespace costops::forecasting
