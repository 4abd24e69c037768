// ingest.cc - files in order, through the intake, into the ledger.
#include "costops/accounting/ingest.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "accounting/file_journal.h"
#include "accounting/intake.h"
#include "costops/ingestion/input.h"
#include "costops/ingestion/portions.h"

namespace costops::accounting {
namespace {

using ingestion::Input;

/// How much is looked at to tell the format.
constexpr std::size_t kHeadBytes = 1 << 20;

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
    const auto known = journaled(file, state);
    if (!known) return fail(known.error());
    if (*known && is_unchanged(file, *state, **known)) {
      ++skipped_;
      return {};
    }
    if (*known && go_on(file, *state, **known)) return {};
    auto input = Input::open(file);
    if (!input) {
      unreadable(file, input.error());
      return {};
    }
    const std::string_view head = input->peek(kHeadBytes);
    const bool blank = head.find_first_not_of(" \t\r\n") == std::string_view::npos;
    const auto format =
        options_.read.format ? *options_.read.format : ingestion::detect(head, input->name());
    if (!blank && format && ingestion::reads_in_stretches(*format, head)) {
      ingestion::Place beginning;
      beginning.resumable = state && begins_plainly(file);
      by_portions(file, state, *input, beginning, {}, 0);
    } else {
      as_a_whole(file, state, *input);
    }
    return {};
  }

  using Journaled = Result<std::optional<storage::JournalEntry>>;
  Journaled journaled(const std::string& file, const std::optional<FileState>& state) {
    if (!state || options_.journal == IngestOptions::Journal::ignore) return Journaled();
    return ledger_.journal(journal_name(file));
  }

  /// Reads on where an interrupted ingest stopped, or behind what a file held before it grew. False
  /// if it must be read from its beginning.
  bool go_on(const std::string& file, const FileState& state, const storage::JournalEntry& known) {
    const bool other_format =
        options_.read.format && *options_.read.format != ingestion::Format::usage_record;
    // What was rejected is read again once the file is complete: other options may accept it.
    const bool to_retry = known.is_complete() && known.rejected > 0;
    if (!known.resumable || other_format || to_retry || known.read_bytes >= state.size)
      return false;
    auto before = hash_of_beginning(file, known.read_bytes);
    if (!before || before->digest() != known.fingerprint) return false;
    auto input = Input::open_behind(file, known.read_bytes);
    if (!input) return false;
    already_read_ = known.read_bytes;
    by_portions(file, state, *input, {known.read_bytes, known.lines, known.fingerprint, true},
                std::move(*before), known.records, known.rejected);
    already_read_ = 0;
    return true;
  }

  void by_portions(const std::string& file, const std::optional<FileState>& state, Input& input,
                   const ingestion::Place& from, ingestion::ContentHash before,
                   std::uint64_t records, std::uint64_t rejected = 0) {
    const std::uint64_t records_before = intake_.records() - records;
    const std::uint64_t rejections_before = intake_.rejections() - rejected;
    ingestion::Portions portions(input, options_.read, from, std::move(before),
                                 {threads_for(input)});
    storage::JournalEntry entry;
    entry.source = journal_name(file);
    if (state) entry.size = state->size;
    if (state) entry.modified = state->modified;
    entry.recorded_at = options_.read.now;
    file_ = &input.name();
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
    file_ = nullptr;
    ++read_;
    if (!state || intake_.stopped()) return;
    note();
    if (entry.rejected > 0) return;
    if (begins_plainly(file) && entry.read_bytes == state->size) {
      if (state_of(file) == state) intake_.complete(entry);
      return;
    }
    intake_.leave();
    auto whole = journal_entry(file, *state, entry.records, options_.read.now);
    if (whole) intake_.complete(std::move(*whole));
  }

  /// Small files are read faster than threads are started.
  [[nodiscard]] unsigned threads_for(const Input& input) const {
    constexpr std::uint64_t kSmallFile = 4 << 20;
    if (input.bytes_total() != 0 && input.bytes_total() - already_read_ < kSmallFile) return 0;
    return options_.threads != 0 ? options_.threads
                                 : std::max(1U, std::thread::hardware_concurrency());
  }

  void as_a_whole(const std::string& file, const std::optional<FileState>& state, Input& input) {
    input_ = &input;
    file_ = &input.name();
    const std::uint64_t records_before = intake_.records();
    const std::uint64_t rejections_before = intake_.rejections();
    const auto read = ingestion::read(input, options_.read, intake_);
    show_progress();
    input_ = nullptr;
    file_ = nullptr;
    if (!read) return unreadable(file, read.error());
    ++read_;
    // A file with rejected input is read again next time: other options may accept it.
    if (!state || intake_.stopped() || intake_.rejections() > rejections_before) return;
    auto entry = journal_entry(file, *state, intake_.records() - records_before, options_.read.now);
    if (entry) intake_.complete(std::move(*entry));
  }

  void unreadable(const std::string& file, const Error& error) {
    ++failed_;
    intake_.unreadable(rejection_of(file, error.message));
  }

  void show_progress() const {
    if (!progress_ || file_ == nullptr) return;
    if (input_ != nullptr) {
      progress_({*file_, input_->bytes_read(), input_->bytes_total(), intake_.records()});
    } else {
      progress_({*file_, bytes_read_, bytes_total_, intake_.records()});
    }
  }

  const IngestOptions& options_;
  storage::Ledger& ledger_;
  const ProgressVisitor& progress_;
  Intake intake_;
  const Input* input_ = nullptr;       ///< Read as a whole.
  const std::string* file_ = nullptr;  ///< In work.
  std::uint64_t bytes_read_ = 0, bytes_total_ = 0;
  std::uint64_t already_read_ = 0;  ///< Bytes of the file in work that earlier runs have read.
  std::uint64_t read_ = 0, skipped_ = 0, failed_ = 0;
};

}  // namespace

Result<IngestReport> ingest(const std::vector<std::string>& files, const IngestOptions& options,
                            const pricing::PriceBook& book, storage::Ledger& ledger,
                            const ProgressVisitor& progress) {
  return Run(options, book, ledger, progress).files(files);
}

}  // namespace costops::accounting
