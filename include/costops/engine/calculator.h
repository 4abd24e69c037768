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

/// A record's sums without its charges.
struct RecordCosts {
  PricingStatus status = PricingStatus::unpriced;
  ClassCosts costs;
};

/// Exact charges of one record.
///
/// How a price becomes charges, in meter order, for the quantities that are not zero:
/// - The rate of a meter is Price::rate_of, times every multiplier whose region or speed is the
///   record's, exactly; each charge is rounded once (price_of).
/// - A cliff (StepRule) puts the whole quantity at the rate of the highest threshold that the
/// record's
///   context passes. Graduated steps split each meter's own quantity: one charge per part. The
///   thresholds of graduated steps count units, like `Rate::per`.
/// - An allowance covers its meters in meter order; what it covers is a charge at rate zero, the
///   rest one at the overage rate. Its meters need no rate of their own. It counts stored steps.
/// - A record that counts no requests is one request. Requests without a rate are free.
/// - A minimum charge adds what is missing to it as a charge of one request, unless the record is
///   unpriced: then the sum is not complete yet.
class CostCalculator {
 public:
  /// Charges of `usage` under `price`, whatever the price's conditions: the caller chose it.
  /// A quantity without a rate makes the record unpriced, naming the meters; the other charges are
  /// still there, so the sums are a lower bound. A record of a gateway's cache hit costs zero.
  /// Fails with invalid_input if a quantity is negative, or a charge or the sum of all does not
  /// fit a ledger entry (about 9.2 million units).
  [[nodiscard]] static Result<CostRecord> calculate(const UsageRecord& usage,
                                                    const pricing::Price& price);
  /// The price in force in `book` at the record's time, then as above. A record that no price fits
  /// is unpriced, with the look-up's reason. Fails with invalid_input, too, if it has no time.
  [[nodiscard]] static Result<CostRecord> calculate(const UsageRecord& usage,
                                                    const pricing::PriceBook& book);

  /// The same into a record whose memory is reused: nothing is allocated for records alike.
  /// After a failure `into` holds nothing of use.
  [[nodiscard]] static Result<void> calculate(const UsageRecord& usage, const pricing::Price& price,
                                              CostRecord& into);
  [[nodiscard]] static Result<void> calculate(const UsageRecord& usage,
                                              const pricing::PriceBook& book, CostRecord& into);

  /// The sums alone, without any allocation. Fails like calculate().
  [[nodiscard]] static Result<RecordCosts> costs_of(const UsageRecord& usage,
                                                    const pricing::Price& price);
};

/// Costs of a batch as columns of its length: the calculator's twin, with the same bits.
struct BatchCosts {
  std::vector<PricingStatus> status;
  /// Index into `prices`; kNoPrice where no price applies, and for quarantined rows.
  std::vector<std::uint32_t> price;
  std::vector<Currency> currency;  ///< The price's; none without a price.
  /// By cost class: what could be priced of an unpriced row, zero for a quarantined one.
  std::array<std::vector<std::int64_t>, kCostClassCount> pico;
  /// Grows from call to call of one pricer: an index means the same price for the pricer's life.
  std::vector<const pricing::Price*> prices;
  /// Reasons of the rows that are not priced, as indexes into `reasons`; 0: none ("").
  std::vector<std::uint32_t> reason;
  std::vector<std::string> reasons;  ///< Of this call.
  static constexpr std::uint32_t kNoPrice = UINT32_MAX;

  [[nodiscard]] std::size_t size() const { return status.size(); }
};

/// Prices batches against one book, which must outlive it; keeps its look-ups from batch to batch.
/// One thread at a time.
class BatchPricer {
 public:
  explicit BatchPricer(const pricing::PriceBook& book);
  ~BatchPricer();
  BatchPricer(BatchPricer&&) noexcept;
  BatchPricer& operator=(BatchPricer&&) noexcept;

  /// Costs of every row, into `costs` (memory reused). Rows without a time are priced at
  /// `default_at`. A row that the calculator refuses is quarantined with the reason.
  void price(const UsageBatch& batch, Instant default_at, BatchCosts& costs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::engine
