// ingest.cc - files in order, through the intake, into the ledger.
#include "costops/accounting/ingest.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <thread>

#include "accounting/file_journal.h"
#include "accounting/files_ahead.h"
#include "accounting/intake.h"
#include "costops/ingestion/input.h"
#include "costops/ingestion/portions.h"

namespace costops::accounting {
namespace {

using ingestion::Input;

Intake::Append appender_to(storage::Ledger& ledger, const IngestOptions& options) {
  if (options.mode == IngestOptions::Mode::write) {
    return [&ledger](const storage::LedgerBatch& batch) { return ledger.append(batch); };
  }
  auto rehearsal = std::make_shared<storage::AppendRehearsal>(&ledger);
  return [rehearsal](const storage::LedgerBatch& batch) { return rehearsal->append(batch); };
}

/// One run over some files.
class Run {
 public:
  Run(const IngestOptions& options, const pricing::PriceBook& book, storage::Ledger& ledger,
      const ProgressVisitor& progress)
      : options_(options),
        progress_(progress),
        intake_(options, book, appender_to(ledger, options),
                [this](std::uint64_t) { show_progress(); }) {}

  Result<IngestReport> files(std::span<const PlannedFile> files) {
    {
      FilesAhead ahead(files, options_);
      for (const PlannedFile& file : files) {
        if (intake_.stopped()) break;
        one_file(file, ahead);
      }
    }
    auto report = intake_.finish();
    if (!report) return report;
    report->files = read_ + failed_;
    return report;
  }

 private:
  void one_file(const PlannedFile& file, FilesAhead& ahead) {
    file_ = &file.name;
    while (!intake_.stopped()) {
      FilesAhead::Piece& piece = ahead.next();
      bytes_read_ = piece.bytes_read;
      bytes_total_ = piece.bytes_total;
      intake_.take(piece.portion, std::nullopt);
      if (!piece.end) continue;
      conclude(file, *piece.end);
      break;
    }
    file_ = nullptr;
  }

  void conclude(const PlannedFile& file, FileOutcome& outcome) {
    switch (outcome.kind) {
      case FileOutcome::Kind::unreadable:
        ++failed_;
        intake_.unreadable(rejection_of(file.name, outcome.error.message));
        return;
      case FileOutcome::Kind::in_stretches:
        by_portions(file, outcome);
        return;
      case FileOutcome::Kind::read:
        ++read_;
        if (outcome.entry && !intake_.stopped()) intake_.complete(std::move(*outcome.entry));
        return;
    }
  }

  void by_portions(const PlannedFile& planned, FileOutcome& outcome) {
    const std::string& file = planned.name;
    const std::optional<FileState>& state = planned.state;
    Input& input = *outcome.input;
    // What an earlier run has read of the file.
    const bool goes_on = outcome.before.has_value();
    already_read_ = outcome.from.bytes;
    const std::uint64_t records_before = intake_.records() - (goes_on ? planned.known->records : 0);
    const std::uint64_t rejections_before =
        intake_.rejections() - (goes_on ? planned.known->rejected : 0);
    ingestion::Portions portions(input, options_.read, outcome.from,
                                 goes_on ? std::move(*outcome.before) : ingestion::ContentHash(),
                                 {threads_for(input)});
    storage::JournalEntry entry;
    entry.source = journal_name(file);
    if (state) entry.size = state->size;
    if (state) entry.modified = state->modified;
    entry.recorded_at = options_.read.now;
    const auto note = [&] {
      const ingestion::Place& place = portions.place();
      entry.fingerprint = place.hash;
      entry.read_bytes = place.bytes;
      entry.lines = place.lines;
      entry.resumable = place.resumable;
      entry.records = intake_.records() - records_before;
      entry.rejected = intake_.rejections() - rejections_before;
    };
    while (!intake_.stopped()) {
      ingestion::Portion* const portion = portions.next();
      if (portion == nullptr) break;
      bytes_read_ = already_read_ + portions.bytes_read();
      bytes_total_ = portions.bytes_total();
      note();
      entry.records += portion->records.size();
      entry.rejected += portion->rejections.size();
      intake_.take(*portion, entry.resumable ? std::optional(entry) : std::nullopt);
    }
    ++read_;
    if (!state || intake_.stopped()) return;
    note();
    if (entry.rejected > 0) return;
    if (begins_plainly(file) && entry.read_bytes == state->size) {
      if (state_of(file) == state) intake_.complete(entry);
      return;
    }
    intake_.leave();
    auto whole = journal_entry(file, *state, nullptr);
    if (!whole) return;
    whole->records = entry.records;
    whole->recorded_at = options_.read.now;
    intake_.complete(std::move(*whole));
  }

  /// Small files are read faster than threads are started.
  [[nodiscard]] unsigned threads_for(const Input& input) const {
    constexpr std::uint64_t kSmallFile = 4 << 20;
    if (input.bytes_total() != 0 && input.bytes_total() - already_read_ < kSmallFile) return 0;
    return options_.threads != 0 ? options_.threads
                                 : std::max(1U, std::thread::hardware_concurrency());
  }

  void show_progress() const {
    if (!progress_ || file_ == nullptr) return;
    progress_({*file_, bytes_read_, bytes_total_, intake_.records()});
  }

  const IngestOptions& options_;
  const ProgressVisitor& progress_;
  Intake intake_;
  const std::string* file_ = nullptr;  ///< In work.
  std::uint64_t bytes_read_ = 0, bytes_total_ = 0;
  std::uint64_t already_read_ = 0;  ///< Bytes of the file in work that earlier runs have read.
  std::uint64_t read_ = 0, failed_ = 0;
};

unsigned threads_of(const IngestOptions& options) {
  return options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
}

/// The files that have to be read; of the others, only how many they are.
struct Plan {
  std::vector<PlannedFile> files;
  std::uint64_t unchanged = 0;
};

/// Leaves out files that only seem to have changed: their content is the journal's.
void leave_out_unchanged(Plan& plan, const IngestOptions& options) {
  std::vector<std::uint8_t> unchanged(plan.files.size(), 0);
  std::atomic<std::size_t> next = 0;
  const auto compare = [&] {
    for (std::size_t i = next++; i < plan.files.size(); i = next++) {
      const PlannedFile& file = plan.files[i];
      unchanged[i] = file.known && is_unchanged(file.name, *file.state, *file.known) ? 1 : 0;
    }
  };
  const auto worth_a_thread = [](const PlannedFile& file) {
    return file.known && may_be_unchanged(*file.state, *file.known);
  };
  const auto wanted = std::min<std::size_t>(
      threads_of(options),
      static_cast<std::size_t>(std::ranges::count_if(plan.files, worth_a_thread)));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(compare);
  compare();
  for (std::thread& thread : threads) thread.join();
  std::size_t at = 0;
  plan.unchanged += std::erase_if(plan.files, [&](const auto&) { return unchanged[at++] != 0; });
}

Result<Plan> plan_of(const std::vector<std::string>& files, const IngestOptions& options,
                     const storage::Ledger& ledger) {
  Plan plan;
  for (const std::string& file : files) {
    PlannedFile planned{file, state_of(file), std::nullopt};
    if (planned.state && options.journal == IngestOptions::Journal::use) {
      auto known = ledger.journal(journal_name(file));
      if (!known) return fail(known.error());
      planned.known = std::move(*known);
    }
    if (planned.known && is_untouched(*planned.state, *planned.known)) {
      ++plan.unchanged;
    } else {
      plan.files.push_back(std::move(planned));
    }
  }
  leave_out_unchanged(plan, options);
  return plan;
}

}  // namespace

Result<IngestReport> ingest(const std::vector<std::string>& files, const IngestOptions& options,
                            const BookSource& book, storage::Ledger& ledger,
                            const ProgressVisitor& progress) {
  const auto plan = plan_of(files, options, ledger);
  if (!plan) return fail(plan.error());
  IngestReport report;
  if (!plan->files.empty()) {
    const auto prices = book();
    if (!prices) return fail(prices.error());
    auto read = Run(options, **prices, ledger, progress).files(plan->files);
    if (!read) return read;
    report = std::move(*read);
  }
  report.files += plan->unchanged;
  report.files_skipped += plan->unchanged;
  return report;
}

Result<IngestReport> ingest(const std::vector<std::string>& files, const IngestOptions& options,
                            const pricing::PriceBook& book, storage::Ledger& ledger,
                            const ProgressVisitor& progress) {
  return ingest(
      files, options, [&book] { return Result<const pricing::PriceBook*>(&book); }, ledger,
      progress);
}

}  // namespace costops::accounting
