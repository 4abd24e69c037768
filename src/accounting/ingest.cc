// ingest.cc - files in order, through the intake, into the ledger.
#include "costops/accounting/ingest.h"

#include <memory>

#include "accounting/file_journal.h"
#include "accounting/intake.h"
#include "costops/ingestion/input.h"

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
        ledger_(ledger),
        progress_(progress),
        intake_(options, book, appender_to(ledger, options),
                [this](std::uint64_t) { show_progress(); }) {}

  Result<IngestReport> files(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      if (intake_.stopped()) break;
      if (auto done = one_file(file); !done) return fail(done.error());
    }
    auto report = intake_.finish();
    if (!report) return report;
    report->files = read_ + skipped_ + failed_;
    report->files_skipped = skipped_;
    return report;
  }

 private:
  /// Fails only if the ledger does.
  Result<void> one_file(const std::string& file) {
    const auto state = state_of(file);
    const auto skip = known_complete(file, state);
    if (!skip) return fail(skip.error());
    if (*skip) {
      ++skipped_;
      return {};
    }
    auto input = Input::open(file);
    if (!input) {
      unreadable(file, input.error());
      return {};
    }
    input_ = &*input;
    const std::uint64_t records_before = intake_.records();
    const std::uint64_t rejections_before = intake_.rejections();
    const auto read = ingestion::read(*input, options_.read, intake_);
    show_progress();
    input_ = nullptr;
    if (!read) {
      unreadable(file, read.error());
      return {};
    }
    ++read_;
    // A file with rejected input is read again next time: other options may accept it.
    if (!state || intake_.stopped() || intake_.rejections() > rejections_before) return {};
    auto entry = journal_entry(file, *state, intake_.records() - records_before, options_.read.now);
    if (entry) intake_.complete(std::move(*entry));
    return {};
  }

  Result<bool> known_complete(const std::string& file, const std::optional<FileState>& state) {
    if (!state || options_.journal == IngestOptions::Journal::ignore) return false;
    const auto entry = ledger_.journal(journal_name(file));
    if (!entry) return fail(entry.error());
    return entry->has_value() && is_unchanged(file, *state, **entry);
  }

  void unreadable(const std::string& file, const Error& error) {
    ++failed_;
    intake_.unreadable(rejection_of(file, error.message));
  }

  void show_progress() const {
    if (!progress_ || input_ == nullptr) return;
    progress_({input_->name(), input_->bytes_read(), input_->bytes_total(), intake_.records()});
  }

  const IngestOptions& options_;
  storage::Ledger& ledger_;
  const ProgressVisitor& progress_;
  Intake intake_;
  const Input* input_ = nullptr;
  std::uint64_t read_ = 0, skipped_ = 0, failed_ = 0;
};

}  // namespace

Result<IngestReport> ingest(const std::vector<std::string>& files, const IngestOptions& options,
                            const pricing::PriceBook& book, storage::Ledger& ledger,
                            const ProgressVisitor& progress) {
  return Run(options, book, ledger, progress).files(files);
}

}  // namespace costops::accounting
