// forecasts.h - what a ledger's spend and usage will be: series continued so that they add up.
//
// Forecasts of groups, of the groups of those, and of everything are made one by one, each from its
// own history, and then moved as little as needed for the parts to add up to their sums.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "costops/accounting/price_changes.h"
#include "costops/accounting/series.h"
#include "costops/forecasting/forecast.h"

namespace costops::accounting {

/// How far a forecast goes where nobody says: 48 hours, 30 days, 8 weeks, else 3 periods.
[[nodiscard]] std::size_t usual_horizon(Grain grain);

/// The `count` periods after the last complete one. Requires series.complete > 0.
[[nodiscard]] forecasting::Grid periods_ahead(const UsageSeries& series, std::size_t count);

/// How forecasts of groups come to add up. One word, one spelling: the words of --adding-up.
enum class AddingUp : std::uint8_t {
  wls,       ///< All move, the surer ones less: least squares weighted by backtest variances.
  bottom_up  ///< The finest groups stay as they are; sums are theirs.
};
[[nodiscard]] std::optional<AddingUp> parse_adding_up(std::string_view word);
[[nodiscard]] std::string_view to_string(AddingUp method);

struct ForecastTerms {
  std::size_t horizon = 30;                                    ///< In periods of the series.
  std::string_view model = "auto";                             ///< "auto", or a model's name.
  std::span<const double> levels = forecasting::kUsualLevels;  ///< Of the intervals, percent.
  AddingUp adding_up = AddingUp::wls;
  /// Changes that the price book knows, of these very series. Null: prices stay as they are.
  const PriceChanges* prices = nullptr;
};

/// One group, or the sum of groups that share their first keys.
struct GroupForecast {
  std::vector<std::string> keys{};  ///< Of the first dimensions; fewer than all: a sum.
  Currency currency{};
  bool is_sum = false;
  std::vector<double> history{};  ///< The complete periods; missing where unknown.
  forecasting::Forecast forecast{};
};

/// Currency by currency, each sum before its parts: the total first, if there are groups. Points
/// are whole millionths, so that sums are exact in every output. Empty without a complete period.
struct UsageForecast {
  std::vector<GroupForecast> groups;
  std::vector<std::size_t> unknown;  ///< Series left out: nothing is known of any complete period.
};

/// Fails like ForecastEngine::forecast, naming the group.
[[nodiscard]] Result<UsageForecast> forecast_usage(const UsageSeries& series,
                                                   const ForecastTerms& terms);

/// The history with its last period's prices throughout, where the book knows that they changed.
[[nodiscard]] std::vector<double> history_of(const UsageSeries& series, std::size_t index,
                                             const PriceChanges* prices);

}  // namespace costops::accounting
