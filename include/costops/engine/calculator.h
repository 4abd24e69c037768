// calculator.h - usage x price -> charges. The only room that multiplies money.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/usage_batch.h"
#include "costops/domain/usage_record.h"
#include "costops/pricing/price_book.h"

namespace costops::engine {

/// Exact charges of one record.
class CostCalculator {
 public:
  /// Charges of `usage` under `price`, whatever the price's conditions: the caller chose it.
  /// A quantity without a rate makes the record unpriced, naming the meters; the other charges are
  /// still there, so the sums are a lower bound. A record of a gateway's cache hit costs zero.
  /// Fails with invalid_input if a charge does not fit a ledger entry (about 9.2 million units).
  [[nodiscard]] static Result<CostRecord> calculate(const UsageRecord& usage,
                                                    const pricing::Price& price);
  /// The price in force in `book` at the record's time, then as above. A record that no price fits
  /// is unpriced, with the look-up's reason. Requires usage.at.
  [[nodiscard]] static Result<CostRecord> calculate(const UsageRecord& usage,
                                                    const pricing::PriceBook& book);
};

/// Costs of a batch as columns of its length: the calculator's twin, with the same bits.
struct BatchCosts {
  std::vector<PricingStatus> status;
  std::vector<std::uint32_t> price;  ///< Index into `prices`; kNoPrice where none.
  std::array<std::vector<std::int64_t>, kCostClassCount> pico;  ///< By cost class.
  std::vector<const pricing::Price*> prices;
  /// Reasons of the rows that are not priced, as indexes into `reasons`; 0: none ("").
  std::vector<std::uint32_t> reason;
  std::vector<std::string> reasons;
  static constexpr std::uint32_t kNoPrice = UINT32_MAX;
};

/// Prices batches against one book; keeps its look-ups from batch to batch. One thread at a time.
class BatchPricer {
 public:
  explicit BatchPricer(const pricing::PriceBook& book);
  ~BatchPricer();
  BatchPricer(BatchPricer&&) noexcept;
  BatchPricer& operator=(BatchPricer&&) noexcept;

  /// Costs of every row, into `costs` (memory reused). Rows without a time are priced at
  /// `default_at`. A row whose charge does not fit a ledger entry is quarantined with the reason.
  void price(const UsageBatch& batch, Instant default_at, BatchCosts& costs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::engine
