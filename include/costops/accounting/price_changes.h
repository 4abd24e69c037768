// price_changes.h - what a price book knows of changing prices, as factors on spend.
//
// A price that changes on a known day is no surprise to be learnt from spend. Where the book knows
// of one, spend is told at constant prices (those of the last complete period), which is usage
// weighted by its prices; that is forecast, and multiplied by the prices to come.
#pragma once

#include <string>
#include <vector>

#include "costops/accounting/series.h"
#include "costops/pricing/price_book.h"

namespace costops::accounting {

/// A model's price that changes within the history or the horizon.
struct PriceChange {
  std::string provider;
  std::string model;
  Instant at{};         ///< When the new price begins.
  double factor = 1.0;  ///< New by old, for the usage that the model had in the history.
};

struct PriceChanges {
  std::vector<PriceChange> told;  ///< By time, then provider and model.
  /// Per series and complete period: what spend would have been at the last one's prices, by what
  /// it was. Empty for a series of models whose prices stay.
  std::vector<std::vector<double>> back;
  /// Per series and period ahead: spend at that period's prices by spend at the last known ones.
  std::vector<std::vector<double>> ahead;

  [[nodiscard]] bool empty() const { return told.empty(); }
};

/// The changes that concern `series`, which is `request`'s answer, in its periods and the `horizon`
/// after them: the book's standard rates before and after, each meter weighted by its usage in the
/// history. A period that a change cuts has both prices, by their time in it. What cannot be said
/// stays as it is: a model without a price in force at either time, prices by the hour of the day.
/// Nothing for tokens and requests.
/// Fails with io_error.
[[nodiscard]] Result<PriceChanges> price_changes(const storage::Ledger& ledger,
                                                 const pricing::PriceBook& book,
                                                 const SeriesRequest& request,
                                                 const UsageSeries& series, std::size_t horizon);

}  // namespace costops::accounting
