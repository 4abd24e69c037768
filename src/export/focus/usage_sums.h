// usage_sums.h - the charges of a ledger, summed to what becomes one FOCUS row each.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "costops/domain/charge.h"
#include "costops/export/focus_export.h"

namespace costops::focus {

/// What charges must share to stand in one row. In the order of the rows.
struct RowKey {
  Instant from{};       ///< Of the charge period.
  Instant billed_in{};  ///< Start of the billing month.
  bool correction = false;
  std::string provider, organization, project, user, tags, model, tier, region;
  Meter meter{};
  std::string variant;  ///< See price_variant.
  std::string price_id, price_source;
  Currency currency;
  std::int64_t pico = 0, per = 1;            ///< The rate, per stored step.
  std::int64_t list_pico = 0, list_per = 1;  ///< The list's.
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

/// Negative where corrections take back more than they add.
struct RowSums {
  std::int64_t quantity = 0;  ///< Stored steps.
  std::int64_t requests = 0;  ///< Counted with one meter of each record only.
  Amount cost;
};

struct UsageSums {
  std::map<RowKey, RowSums> rows;
  std::uint64_t records = 0;
  std::uint64_t unpriced = 0;
};

/// Fails like Dataset::of, the accounts aside.
[[nodiscard]] Result<UsageSums> sum_usage(const storage::Ledger& ledger,
                                          const ExportRequest& request,
                                          std::int64_t closes_after_days);

/// Start of the calendar month (UTC) that contains `at`, and of the next.
[[nodiscard]] TimeRange month_of(Instant at);

}  // namespace costops::focus
