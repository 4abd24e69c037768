// ledger.h - the append-only store of records, charges and adjustments.
//
// A backend stores and sums; it never prices and never rounds. Nothing is ever changed in place: a
// correction is an adjustment, so that the same question asked as of an old time gives the old
// answer.
#pragma once

#include <array>
#include <chrono>
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
#include "costops/storage/record_batch.h"

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
  std::optional<Instant> resolved_at = std::nullopt;
};

/// How far a source has been read: lets a re-run skip what is complete, go on where an interrupted
/// one stopped, and read on what grew.
struct JournalEntry {
  std::string source;      ///< Path as given, made absolute; "-" is never journaled.
  std::uint64_t size = 0;  ///< File size when it was read.
  RecordId fingerprint;    ///< Of the first `read_bytes` bytes of the file.
  Instant modified{};      ///< The file's own time then: a hint, not a proof.
  std::uint64_t records = 0;
  Instant recorded_at{};
  std::uint64_t read_bytes = 0;  ///< All records that end before it are in the ledger.
  std::uint64_t lines = 0;       ///< Lines among them; 0 for files that are not read by line.
  std::uint64_t rejected = 0;    ///< Pieces of input among them that gave no record.
  /// Whether reading may go on at `read_bytes` without what came before.
  bool resumable = false;

  [[nodiscard]] bool is_complete() const { return read_bytes == size; }
};

/// A text that the ledger keeps beside its records: a budget's definition, an alert that was told.
/// Never changed: a later document of the same kind and name takes its place where the kind's owner
/// says so.
struct Document {
  std::string kind;  ///< "budget", "budget_alert"; tells whose it is.
  std::string name;
  Instant recorded_at{};
  std::string text;  ///< JSON.
  friend bool operator==(const Document&, const Document&) = default;
};

/// Rows to append in one transaction. Columns have usage->size() rows. A ledger stores full batches
/// of kRowsPerBatch best.
struct LedgerBatch {
  const UsageBatch* usage = nullptr;
  Instant default_at{};  ///< Time of the rows that have none; the ledger keeps that they had none.
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

/// What became of one row. Content is: time (where the source gave one), provider, model and
/// quantities.
enum class RowOutcome : std::uint8_t {
  added,
  duplicate,    ///< Same identity and content, or an earlier state of a growing record.
  superseded,   ///< Same identity, grown (more output, else more in total): the larger one counts.
  conflict,     ///< Same identity, other content, and not of a growing source: quarantined.
  quarantined,  ///< Its status says so: kept out of the records.
};

/// What became of an appended batch.
struct AppendCounts {
  std::uint64_t added = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t superseded = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t quarantined = 0;     ///< Entries given, doubtful rows and conflicts.
  std::vector<RowOutcome> outcomes;  ///< One per row.
  /// The rows that count from now on: the largest of each record that came in or grew.
  std::vector<std::uint32_t> standing;
  CurrencyTotals cost;  ///< What the ledger's costs grew by: of rows added, and of growth.
};

/// What a ledger holds under an id: enough to tell apart a repetition, growth and a conflict.
struct KnownRecord {
  RecordId id;
  std::uint64_t content = 0;  ///< Fingerprint of the content: see RowOutcome.
  std::int64_t output = 0;    ///< Output tokens of every kind.
  std::int64_t total = 0;     ///< All quantities together.
};

/// A correction of one record's costs: what it should cost now. The ledger writes the difference.
struct Repricing {
  RecordId id;
  PricingStatus status = PricingStatus::unpriced;
  Currency currency;
  ClassCosts costs;
  std::uint32_t price = UINT32_MAX;  ///< Index into the prices given; UINT32_MAX: none.
  std::string reason;                ///< Why it is unpriced, or "".
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
  std::int32_t price = 0;  ///< Number of that price in this ledger; 0: none.
  std::optional<Money> reported_cost = std::nullopt;  ///< After this line.
};

struct StoredRecord {
  UsageRecord usage;  ///< With the quantities after the last line; usage.at as the source gave it.
  Instant at{};       ///< The time it counts at.
  std::vector<HistoryLine> history;
};

/// Whether what a ledger holds is what was written into it.
struct IntegrityReport {
  std::uint64_t batches = 0;                ///< Whose control totals and checksums were compared.
  std::uint64_t entries_without_batch = 0;  ///< Written by a cost-ops that kept no checksums yet.
  std::vector<std::string> findings;        ///< What is wrong, one line each.
};

inline constexpr std::size_t kRowsPerBatch = 122'880;

/// Any const call from any thread at any time; one thread at a time changes it.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Appends all or nothing, durably. Appending a record again is counted, not repeated: see
  /// AppendCounts. Within a batch, the same rules hold between its rows.
  /// Fails with io_error (disk full, read-only, lost connection); the ledger is then unchanged.
  [[nodiscard]] virtual Result<AppendCounts> append(const LedgerBatch& batch) = 0;

  /// Sums, grouped; see Query. Fails with io_error, and with unsupported where a sum of quantities
  /// leaves 64 bits, never silently.
  [[nodiscard]] virtual Result<Groups> groups(const Query& query) const = 0;
  /// The same as rows, for answers of a size that people read.
  [[nodiscard]] Result<std::vector<QueryRow>> query(const Query& query) const;

  /// What it holds of these ids, in any order; ids that it does not know are left out.
  [[nodiscard]] virtual Result<std::vector<KnownRecord>> known(
      std::span<const RecordId> ids) const = 0;

  /// One record by the source's own id, else by its id or a prefix of the id's text.
  /// Fails with not_found, with conflict if several match (naming the first ones).
  [[nodiscard]] virtual Result<StoredRecord> find(std::string_view id) const = 0;

  /// Visits records in range and under the filters, ordered by (at, id), until `visit` says false.
  /// The visit may change the ledger; the scan sees it as it was at the start.
  [[nodiscard]] virtual Result<void> scan(
      const Query& selection, const std::function<bool(const StoredRecord&)>& visit) const = 0;

  /// The same records as scan(), as columns and without their history, many times faster. In an
  /// order that is the same each time: the one in which the ledger took them, or that of scan().
  /// Memory does not grow with the records. By default on top of scan().
  [[nodiscard]] virtual Result<void> scan_batches(
      const Query& selection, const RecordColumnsWanted& wanted,
      const std::function<Result<void>(const RecordBatch&)>& visit) const;

  /// Writes one adjustment per record whose costs, status or price differ from what the ledger
  /// holds, all or nothing; returns how many. Fails with not_found if a record is not there.
  [[nodiscard]] virtual Result<std::uint64_t> reprice(std::span<const Repricing> corrections,
                                                      std::span<const PriceUsed> prices,
                                                      Instant recorded_at) = 0;

  /// A price that produced charges, by its number in this ledger (two prices of one id but
  /// different definitions have two numbers). Fails with not_found.
  [[nodiscard]] virtual Result<PriceUsed> price_used(std::int32_t number) const = 0;

  /// Open quarantine entries, oldest first.
  [[nodiscard]] virtual Result<std::vector<Quarantined>> quarantine(std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<std::uint64_t> quarantine_count() const = 0;
  /// Every entry, open or resolved, oldest first.
  [[nodiscard]] virtual Result<std::vector<Quarantined>> quarantine_history() const = 0;
  /// Marks entries as resolved (a retry succeeded); they stay in the ledger.
  [[nodiscard]] virtual Result<void> resolve(std::span<const RecordId> ids, Instant at) = 0;

  /// The journal's last entry for a source, if any.
  [[nodiscard]] virtual Result<std::optional<JournalEntry>> journal(
      std::string_view source) const = 0;

  /// The journal's last entry of every source, by name.
  [[nodiscard]] virtual Result<std::vector<JournalEntry>> sources() const = 0;

  /// Appends all or nothing, durably. Fails with io_error.
  [[nodiscard]] virtual Result<void> append_documents(std::span<const Document> documents) = 0;
  /// Every document of a kind ("": of all kinds), in the order of appending.
  [[nodiscard]] virtual Result<std::vector<Document>> documents(std::string_view kind) const = 0;

  /// Compares every batch with the control totals and the checksum that were written with it, and
  /// has the database look through its own file. Reads everything. By default nothing is known.
  /// Fails with io_error where the database cannot even begin.
  [[nodiscard]] virtual Result<IntegrityReport> verify() const { return IntegrityReport{}; }

  /// First and last usage time, for range "all". None: the ledger is empty.
  [[nodiscard]] virtual Result<std::optional<TimeRange>> extent() const = 0;

  /// "duckdb:/home/u/.local/share/cost-ops/ledger.duckdb".
  [[nodiscard]] virtual std::string url() const = 0;
};

/// What append() would answer, without writing: remembers what it was given, so that later batches
/// are compared with earlier ones. About 60 bytes of memory per record.
class AppendRehearsal {
 public:
  /// `ledger` must outlive it; null: an empty one.
  explicit AppendRehearsal(const Ledger* ledger);
  ~AppendRehearsal();
  [[nodiscard]] Result<AppendCounts> append(const LedgerBatch& batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Opens a ledger by URL ("duckdb:PATH", "sqlite:PATH", "duckdb::memory:", "sqlite::memory:");
/// creates it, and its folder, when absent unless `mode` forbids it. Runs migrations forward, with
/// a backup beside the file. Waits up to `wait` for another process that is in the way: a DuckDB
/// ledger is open in one process at a time, a SQLite one is written by one at a time (then the
/// waiting, and the conflict, come with the call that writes). Fails with unsupported (unknown
/// scheme; ledger of a newer version), conflict (another process holds it, naming it where known),
/// io_error, not_found (absent and not to be created).
enum class OpenMode : std::uint8_t { create, existing, read_only };
[[nodiscard]] Result<std::unique_ptr<Ledger>> open_ledger(
    std::string_view url, OpenMode mode,
    std::chrono::milliseconds wait = std::chrono::milliseconds(0));

}  // namespace costops::storage
