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
  std::uint64_t unpriced = 0;  ///< Of those added or superseding.
  std::uint64_t quarantined = 0;
  CurrencyTotals cost;  ///< Of those added, and of what superseding added.
  std::vector<ingestion::Rejection> first_rejections;                   ///< At most ten.
  std::vector<std::pair<std::string, std::uint64_t>> unpriced_reasons;  ///< Most frequent first.
  bool cancelled = false;
};

struct IngestProgress {
  std::string_view file;
  std::uint64_t bytes = 0, bytes_total = 0, records = 0;
};

/// Ingests files in order. What was committed stays if a later file fails.
/// Fails if no file could be read at all, or the ledger refuses.
[[nodiscard]] Result<IngestReport> ingest(
    const std::vector<std::string>& files, const IngestOptions& options,
    const pricing::PriceBook& book, storage::Ledger& ledger,
    const std::function<void(const IngestProgress&)>& progress);

/// The same records priced without a ledger, one by one in input order; of records with one id,
/// only the largest is visited where the source grows them. Rejections come in their place.
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
