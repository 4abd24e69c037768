// admission.h - what becomes of each row of a batch: one definition for all backends.
//
// Two rows with one identity are compared by content: time (where the source gave one), provider,
// model and quantities. The same content is a repetition. Other content is growth where the source
// grows its records (more output tokens, else more in total), an earlier state if it is smaller,
// and a conflict where the source does not. Rows are judged in their order, so the result does not
// depend on where one batch ends and the next begins.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "costops/storage/ledger.h"

namespace costops::storage {

/// Fingerprint of what a record is, without its quantities.
[[nodiscard]] std::uint64_t content_of(std::string_view provider, std::string_view model,
                                       std::optional<Instant> at);
/// What `quantity` of `meter` adds to a content fingerprint. Linear: the parts of a record that was
/// adjusted add up to the fingerprint of the whole.
[[nodiscard]] std::uint64_t content_of(Meter meter, std::int64_t quantity);
[[nodiscard]] bool counts_as_output(Meter meter);

/// Input that is kept out of the records, as a quarantine entry: where it is from and what it said.
[[nodiscard]] Quarantined quarantine_entry(const UsageBatch& batch, std::size_t row,
                                           std::string reason, Instant recorded_at);

/// Judges batches; keeps its memory from one to the next.
class Admission {
 public:
  /// A record that comes in: identity, time and dimensions of `row`, quantities and costs of
  /// `largest` (the same row, unless a later one of the batch grew).
  struct Insertion {
    std::uint32_t row;
    std::uint32_t largest;
  };
  /// Answers KnownRecord for those of the ids that the ledger holds.
  using LookUp = std::function<Result<std::vector<KnownRecord>>(std::span<const RecordId>)>;
  using MayKnow = std::function<bool(RecordId)>;

  /// Judges all rows. Asks `look_up` once, for the ids that `may_know` does not rule out.
  [[nodiscard]] Result<void> judge(const LedgerBatch& batch, const MayKnow& may_know,
                                   const LookUp& look_up);
  /// The same, where it is known which rows' ids the ledger may hold or an earlier row has: all
  /// other rows are new and cost nothing.
  [[nodiscard]] Result<void> judge(const LedgerBatch& batch,
                                   std::span<const std::uint32_t> suspects, const LookUp& look_up);

  [[nodiscard]] const std::vector<RowOutcome>& outcomes() const { return outcomes_; }
  [[nodiscard]] const std::vector<Insertion>& insertions() const { return insertions_; }
  /// Rows that supersede a record of the ledger: the largest one of each.
  [[nodiscard]] const std::vector<std::uint32_t>& growths() const { return growths_; }
  /// What each inserted or grown record is after `batch`, which was judged last: insertions first,
  /// then growths.
  [[nodiscard]] std::vector<KnownRecord> after(const LedgerBatch& batch) const;
  /// Counts of the outcomes, without costs.
  [[nodiscard]] AppendCounts counts(const LedgerBatch& batch) const;
  /// Adds what the inserted records cost.
  void add_costs(const LedgerBatch& batch, CurrencyTotals& totals) const;
  /// Rows with a doubtful status, and conflicts, as quarantine entries.
  [[nodiscard]] std::vector<Quarantined> doubtful(const LedgerBatch& batch) const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  /// A record that a suspect row may repeat.
  struct State {
    KnownRecord known;
    std::uint32_t insertion = kNone;  ///< Index of its insertion, if a row of the batch brought it.
    std::uint32_t largest = kNone;    ///< Row that grew beyond the ledger's record, if any.
    bool seen = false;
  };
  [[nodiscard]] State* state_of(RecordId id);
  State& add_state(RecordId id);
  [[nodiscard]] RowOutcome judge_row(const LedgerBatch& batch, std::uint32_t row, State& state);

  std::vector<RowOutcome> outcomes_;
  std::vector<Insertion> insertions_;
  std::vector<std::uint32_t> growths_;
  std::vector<State> states_;         ///< One per distinct id of the suspects.
  std::vector<std::uint32_t> slots_;  ///< Open addressing: index into states_ plus 1; 0 is free.
};

}  // namespace costops::storage
