// charges.h - the single charges behind a stored record's costs, at any point of its history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "costops/domain/charge.h"
#include "costops/pricing/price.h"
#include "costops/storage/ledger.h"

namespace costops::accounting {

/// Computes charges again from the prices that the ledger kept, each of which is read once.
/// One thread at a time.
class ChargeReader {
 public:
  /// `ledger` must outlive it.
  explicit ChargeReader(const storage::Ledger& ledger);
  ~ChargeReader();
  ChargeReader(ChargeReader&&) noexcept;
  ChargeReader& operator=(ChargeReader&&) = delete;

  /// Charges after line `line` of the record's history; none where no price applied. Their sums
  /// equal the line's costs. Valid until the next call. Requires line < record.history.size().
  /// Fails with conflict if they do not (the ledger is damaged, or of another version), and like
  /// Ledger::price_used.
  [[nodiscard]] Result<const CostRecord*> charges(const storage::StoredRecord& record,
                                                  std::size_t line);
  /// The price of those charges; null if none. Lives as long as the reader.
  [[nodiscard]] const pricing::Price* price() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::accounting
