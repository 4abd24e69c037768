// ingest.h - the main road: files -> records -> charges -> ledger.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/ingestion/reader.h"
#include "costops/pricing/price_book.h"
#include "costops/storage/ledger.h"

namespace costops::accounting {

struct IngestOptions {
  ingestion::ReadOptions read;
  Instant default_at{};  ///< For records without a time.
  enum class Mode : std::uint8_t { write, dry_run } mode = Mode::write;
  enum class Journal : std::uint8_t { use, ignore } journal = Journal::use;
  unsigned threads = 0;  ///< That turn input into records; 0: as many as there are cores.
  const std::atomic<bool>* cancel = nullptr;  ///< Set from a signal: stop at the next commit.
};

/// What an ingest did, for people and for exit codes.
struct IngestReport {
  std::uint64_t files = 0;
  std::uint64_t files_skipped = 0;  ///< Known to be complete by the journal.
  std::uint64_t read = 0;           ///< Records read.
  std::uint64_t added = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t superseded = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t unpriced = 0;     ///< Of those added or superseding.
  std::uint64_t quarantined = 0;  ///< Rejected input, doubtful records and conflicts.
  CurrencyTotals cost;            ///< Of those added, and of what superseding added.
  std::vector<ingestion::Rejection> first_rejections;                   ///< At most ten.
  std::vector<std::pair<std::string, std::uint64_t>> unpriced_reasons;  ///< Most frequent first.
  bool cancelled = false;
};

struct IngestProgress {
  std::string_view file;
  std::uint64_t bytes = 0, bytes_total = 0, records = 0;
};

using ProgressVisitor = std::function<void(const IngestProgress&)>;

/// Ingests files in order, read on several threads. What was committed stays if a later file fails.
/// A file that the journal knows, unchanged, is skipped without parsing; one that cannot be read is
/// a rejection. Memory does not grow with the input; commits come every storage::kRowsPerBatch
/// records. Fails if the ledger refuses.
[[nodiscard]] Result<IngestReport> ingest(const std::vector<std::string>& files,
                                          const IngestOptions& options,
                                          const pricing::PriceBook& book, storage::Ledger& ledger,
                                          const ProgressVisitor& progress);

/// The same with prices that are asked for only if some file has to be read.
using BookSource = std::function<Result<const pricing::PriceBook*>()>;
[[nodiscard]] Result<IngestReport> ingest(const std::vector<std::string>& files,
                                          const IngestOptions& options, const BookSource& book,
                                          storage::Ledger& ledger, const ProgressVisitor& progress);

/// Reads the excerpts of open quarantine entries again, one by one, and marks those that now give
/// records and nothing wrong as resolved. The report counts entries as files.
[[nodiscard]] Result<IngestReport> retry_quarantined(const IngestOptions& options,
                                                     const pricing::PriceBook& book,
                                                     storage::Ledger& ledger);

/// The same records priced without a ledger, one by one in input order, duplicates included; of
/// growing records with one id, only the largest is visited, where the first one stood. Rejections
/// come in their place. Memory does not grow with the input until a growing record appears; from
/// there on records wait until everything is read.
/// A file that cannot be read is a rejection of its own. Fails if it is stopped before the end.
class PriceVisitor {
 public:
  virtual ~PriceVisitor() = default;
  virtual void priced(const UsageRecord& usage, const CostRecord& cost) = 0;
  virtual void rejected(const ingestion::Rejection& rejection) = 0;
};
[[nodiscard]] Result<void> price_files(const std::vector<std::string>& files,
                                       const IngestOptions& options, const pricing::PriceBook& book,
                                       PriceVisitor& visitor);

}  // namespace costops::accounting
