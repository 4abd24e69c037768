// ledger.h - the append-only store of records, charges and adjustments.
//
// A backend stores and sums; it never prices and never rounds. Nothing is ever changed in place: a
// correction is an adjustment, so that the same question asked as of an old time gives the old
// answer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/usage_batch.h"
#include "costops/domain/usage_record.h"
#include "costops/storage/query.h"

namespace costops::storage {

/// The price that produced some charges, kept for ever with the rates that it had.
struct PriceUsed {
  std::string id;
  std::string definition;  ///< Canonical JSON of the price (the pricing room's own format).
};

/// Input that gave no usable record, with why. `record` holds it where it was read but is in doubt.
struct Quarantined {
  RecordId id;  ///< Identity of this entry: of position and content.
  SourcePosition position;
  std::string reason;
  std::string excerpt;
  Instant recorded_at{};
};

/// How far a source has been read: lets a re-run skip what is complete and read on what grew.
struct JournalEntry {
  std::string source;      ///< Path as given, made absolute; "-" is never journaled.
  std::uint64_t size = 0;  ///< File size when it was read.
  RecordId fingerprint;    ///< Of the content read.
  std::uint64_t records = 0;
  Instant recorded_at{};
};

/// Rows to append in one transaction. Columns have usage->size() rows.
struct LedgerBatch {
  const UsageBatch* usage = nullptr;
  std::span<const PricingStatus> status;
  std::span<const std::uint32_t> price;  ///< Index into `prices`; UINT32_MAX: none.
  std::array<std::span<const std::int64_t>, kCostClassCount> pico;
  std::span<const Currency> currency;
  std::span<const std::uint32_t> reason;  ///< Index into `reasons`; 0: none.
  std::span<const PriceUsed> prices;
  std::span<const std::string> reasons;
  std::span<const Quarantined> quarantined;
  std::span<const JournalEntry> journal;
  Instant recorded_at{};
};

/// What became of an appended batch.
struct AppendCounts {
  std::uint64_t added = 0;
  std::uint64_t duplicates = 0;  ///< Same identity, same content: nothing to do.
  std::uint64_t superseded = 0;  ///< Same identity, grown: an adjustment.
  std::uint64_t conflicts = 0;   ///< Same identity, other content: kept out and quarantined.
  std::uint64_t quarantined = 0;
};

/// A correction of one record's costs: what it should cost now. The ledger writes the difference.
struct Repricing {
  RecordId id;
  PricingStatus status = PricingStatus::unpriced;
  Currency currency;
  ClassCosts costs;
  std::string price_id;
  std::string reason;  ///< Why it is unpriced, or "".
};

/// One line of a record's history.
struct HistoryLine {
  Instant recorded_at{};
  std::string what;  ///< "recorded", "grown", "repriced", ...
  PricingStatus status = PricingStatus::unpriced;
  std::string reason;
  Currency currency;
  Quantities quantities{};  ///< After this line.
  ClassCosts costs;         ///< After this line.
  std::string price_id;
};

struct StoredRecord {
  UsageRecord usage;  ///< With the quantities after the last line.
  std::vector<HistoryLine> history;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Appends all or nothing, durably. Appending a record again is counted, not repeated: see
  /// AppendCounts. Within a batch, the same rules hold between its rows.
  /// Fails with io_error (disk full, read-only, lost connection); the ledger is then unchanged.
  [[nodiscard]] virtual Result<AppendCounts> append(const LedgerBatch& batch) = 0;

  /// Sums, grouped; see Query. Fails with io_error.
  [[nodiscard]] virtual Result<std::vector<QueryRow>> query(const Query& query) const = 0;

  /// One record by its id, or by a prefix of the id's text, or by the source's own id.
  /// Fails with not_found, with conflict if several match (naming the first ones).
  [[nodiscard]] virtual Result<StoredRecord> find(std::string_view id) const = 0;

  /// Visits records in range and under the filters, ordered by (at, id), until `visit` says false.
  [[nodiscard]] virtual Result<void> scan(
      const Query& selection, const std::function<bool(const StoredRecord&)>& visit) const = 0;

  /// Writes one adjustment per record whose costs, status or price differ from what the ledger
  /// holds, all or nothing; returns how many. Fails with not_found if a record is not there.
  [[nodiscard]] virtual Result<std::uint64_t> reprice(std::span<const Repricing> corrections,
                                                      std::span<const PriceUsed> prices,
                                                      Instant recorded_at) = 0;

  /// The definition of a price that produced charges. Fails with not_found.
  [[nodiscard]] virtual Result<PriceUsed> price_used(std::string_view price_id) const = 0;

  /// Open quarantine entries, oldest first.
  [[nodiscard]] virtual Result<std::vector<Quarantined>> quarantine(std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<std::uint64_t> quarantine_count() const = 0;
  /// Marks entries as resolved (a retry succeeded); they stay in the ledger.
  [[nodiscard]] virtual Result<void> resolve(std::span<const RecordId> ids, Instant at) = 0;

  /// The journal's last entry for a source, if any.
  [[nodiscard]] virtual Result<std::optional<JournalEntry>> journal(
      std::string_view source) const = 0;

  /// First and last usage time, for range "all". None: the ledger is empty.
  [[nodiscard]] virtual Result<std::optional<TimeRange>> extent() const = 0;

  /// "duckdb:/home/u/.local/share/cost-ops/ledger.duckdb".
  [[nodiscard]] virtual std::string url() const = 0;
};

/// Opens a ledger by URL ("duckdb:PATH", "duckdb::memory:"); creates it, and its folder, when
/// absent unless `mode` forbids it. Runs migrations forward, with a backup beside the file. Fails
/// with unsupported (unknown scheme; ledger of a newer version), conflict (another process holds
/// it, naming it where known), io_error, not_found (absent and not to be created).
enum class OpenMode : std::uint8_t { create, existing, read_only };
[[nodiscard]] Result<std::unique_ptr<Ledger>> open_ledger(std::string_view url, OpenMode mode);

}  // namespace costops::storage
