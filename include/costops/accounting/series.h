// series.h - regular time series of a ledger's spend and usage, for forecasts and anomalies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "costops/accounting/report.h"
#include "costops/forecasting/series.h"

namespace costops::accounting {

/// What is counted. One word, one spelling: these are the words of --metric.
enum class Metric : std::uint8_t { cost, tokens, requests };
[[nodiscard]] std::optional<Metric> parse_metric(std::string_view word);
[[nodiscard]] std::string_view to_string(Metric metric);

struct SeriesRequest {
  TimeRange range{};  ///< Widened to whole periods, cut to what the ledger has seen.
  std::vector<Dimension> group_by{};
  Grain grain = Grain::day;
  TimeZone zone{};
  std::vector<storage::Filter> filters{};
  std::optional<Instant> as_of{};
  Metric metric = Metric::cost;
  Instant now{};  ///< The period that holds it is partial.
};

/// One series a group and currency over one grid, which ends with the last period that any record
/// of the ledger falls into: later ones have not been read, which is not the same as nothing spent.
///
/// A period without records counts 0. A period whose records have no price is missing for cost:
/// unknown is not zero. One with priced and unpriced records counts what is priced.
struct UsageSeries {
  std::vector<std::string> key_names;
  std::vector<std::vector<std::string>> keys;  ///< Per series, in the order of group_by.
  std::vector<Currency> currencies;            ///< Per series; none for tokens and requests.
  forecasting::SeriesTable table;
  /// Periods that have ended; the one after them is partial. A last week, month or longer of which
  /// less than 60 % lies before the last record is partial too.
  std::size_t complete = 0;
  std::int64_t unpriced = 0;  ///< Records without a price in all series.
};

/// Series ordered by keys, then currency. None if the ledger holds nothing in range. Costs are
/// exact in the ledger and rounded to doubles here: series are for statistics.
/// Fails with invalid_input (more than 10 million values) or io_error.
[[nodiscard]] Result<UsageSeries> usage_series(const storage::Ledger& ledger,
                                               const SeriesRequest& request);

}  // namespace costops::accounting
