#include "costops/forecasting/budget.h"

#include <algorithm>

namespace costops::forecasting {
namespace {

/// All that can be said without a forecast.
BudgetOutlook known(const BudgetQuestion& question) {
  const double total = question.spent_now;
  return {total, total, total, total > question.limit ? 1.0 : 0.0, std::nullopt};
}

}  // namespace

Result<BudgetOutlook> budget_outlook(ForecastEngine& engine, const BudgetQuestion& question) {
  if (question.left == 0 || question.history.empty()) return known(question);
  const std::size_t steps = question.before + question.left;
  ForecastRequest request;
  request.history = question.history;
  request.season = question.season;
  request.horizon = steps;
  request.levels = std::span(&question.level, 1);
  const auto forecast = engine.forecast(request);
  if (!forecast) return fail(forecast.error());
  const double skipped = question.before == 0 ? 0.0 : forecast->total[question.before - 1];
  // A running total of all unknown periods, as one of the budget's own.
  const auto own = [&](double total) {
    return std::max(question.spent + total - skipped, question.spent_now);
  };
  BudgetOutlook out;
  out.projected = own(forecast->total[steps - 1]);
  out.lower = own(forecast->total_bands[0].lower[steps - 1]);
  out.upper = own(forecast->total_bands[0].upper[steps - 1]);
  out.probability = question.spent_now > question.limit
                        ? 1.0
                        : forecast->total_spread.probability_above(
                              steps - 1, question.limit - question.spent + skipped);
  for (std::size_t i = 0; i < question.left && !out.passes_in; ++i) {
    if (own(forecast->total[question.before + i]) > question.limit) out.passes_in = i;
  }
  return out;
}

}  // namespace costops::forecasting
