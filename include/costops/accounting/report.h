// report.h - questions about a ledger in a reader's words: periods by name, groups, top n, why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/time.h"
#include "costops/pricing/price_book.h"
#include "costops/storage/ledger.h"

namespace costops::accounting {

struct ReportRequest {
  TimeRange range;
  std::vector<Dimension> group_by;
  std::optional<Grain> grain;
  TimeZone zone;
  std::vector<storage::Filter> filters;
  std::optional<Instant> as_of;
  /// The n most expensive groups (in each currency, over all periods), the rest summed as
  /// "(other)"; 0: all.
  std::size_t top = 0;
};

/// One group: keys in the order of group_by, then the period's label if there is a grain. Records
/// without a price stand in the row of their group's currency, and in a row without a currency only
/// where the group has none, or several.
struct ReportRow {
  std::vector<std::string> keys;
  Currency currency;
  std::int64_t requests = 0;
  std::int64_t unpriced = 0;
  Quantities quantities{};
  ClassCosts costs;
  Amount reported_cost;
};

struct Report {
  std::vector<std::string> key_names;  ///< "model", "day", ...
  std::vector<ReportRow> rows;
  std::vector<ReportRow> totals;  ///< One per currency, keys empty.
  std::uint64_t quarantined = 0;
  TimeRange range;
};

/// Rows ordered by keys (by cost, descending, where `top` is given).
[[nodiscard]] Result<Report> report(const storage::Ledger& ledger, const ReportRequest& request);

/// Everything about one record's cost: each multiplication, its price, that price's source and
/// dates.
struct Explanation {
  storage::StoredRecord record;
  CostRecord cost;  ///< Recomputed from the price used; its sums equal the ledger's.
  std::optional<pricing::Price> price;
};
/// Fails like Ledger::find; with conflict if the recomputed cost is not the stored one.
[[nodiscard]] Result<Explanation> explain(const storage::Ledger& ledger, std::string_view id);

/// Which records a repricing looks at.
enum class RepriceScope : std::uint8_t { unpriced, all };
struct RepriceReport {
  std::uint64_t looked_at = 0, changed = 0, still_unpriced = 0;
  CurrencyTotals difference;
};
/// Prices records again with `book` and writes adjustments for those that differ.
[[nodiscard]] Result<RepriceReport> reprice(storage::Ledger& ledger, const pricing::PriceBook& book,
                                            const storage::Query& selection, RepriceScope scope,
                                            Instant now);

}  // namespace costops::accounting
