// cache_savings.h - what prompt caching saved: each record priced again as if nothing was cached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "costops/accounting/report.h"

namespace costops::accounting {

/// One group, as in a Report: keys in the order of group_by, then the period's label.
struct CacheSavingsRow {
  std::vector<std::string> keys;
  Currency currency;  ///< None where the records have no computed cost.
  /// What the records would have cost with their cached tokens at the price of uncached ones, less
  /// what they cost.
  Amount savings;
  /// The same with the tokens written to the cache uncached, too: negative where writing cost more
  /// than reading saved.
  Amount net_savings;
  std::int64_t known = 0;  ///< Records in the sums: with cached or written tokens.
  /// Records with such tokens of which that is unknown: they are unpriced, or their
  /// price has no rate for the uncached tokens. They are in no sum.
  std::int64_t unknown = 0;
};

/// Exact: each record is priced by CostCalculator with the price that it was priced with, so that
/// context rules, steps, allowances and multipliers hold. Ordered by keys, then currency; groups
/// without cached or written tokens are left out. request.top is not looked at.
/// Fails like Ledger::scan and Ledger::price_used.
[[nodiscard]] Result<std::vector<CacheSavingsRow>> cache_savings(const storage::Ledger& ledger,
                                                                 const ReportRequest& request);

}  // namespace costops::accounting
