#include "accounting/files_ahead.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace costops::accounting {
namespace {

using ingestion::Input;

/// How much is looked at to tell the format.
constexpr std::size_t kHeadBytes = 1 << 20;
constexpr std::size_t kRowsPerPiece = 4096;
/// Rejections carry up to 4 KiB of input each.
constexpr std::size_t kRejectionsPerPiece = 256;
constexpr std::size_t kPiecesPerThread = 3;

/// The pieces of one thread, in a ring.
struct Desk {
  std::array<FilesAhead::Piece, kPiecesPerThread> pieces;
  std::uint64_t filled = 0, given = 0;
};

/// Whether reading may go on behind what the journal knows: an ingest was interrupted, or the file
/// has grown.
bool may_go_on(const PlannedFile& file, const IngestOptions& options) {
  if (!file.state || !file.known || !file.known->resumable) return false;
  const bool other_format =
      options.read.format && *options.read.format != ingestion::Format::usage_record;
  // What was rejected is read again once the file is complete: other options may accept it.
  const bool to_retry = file.known->is_complete() && file.known->rejected > 0;
  return !other_format && !to_retry && file.known->read_bytes < file.state->size;
}

std::optional<FileOutcome> rest_of(const PlannedFile& file, const IngestOptions& options) {
  if (!may_go_on(file, options)) return std::nullopt;
  const storage::JournalEntry& known = *file.known;
  FileOutcome rest;
  rest.before = hash_of_beginning(file.name, known.read_bytes);
  if (!rest.before || rest.before->digest() != known.fingerprint) return std::nullopt;
  auto input = Input::open_behind(file.name, known.read_bytes);
  if (!input) return std::nullopt;
  rest.kind = FileOutcome::Kind::in_stretches;
  rest.input = std::move(*input);
  rest.from = {known.read_bytes, known.lines, known.fingerprint, true};
  return rest;
}

/// Gathers what a reader finds into the pieces of a desk.
class PieceSink final : public ingestion::RecordSink {
 public:
  /// Hands on the piece in work and gives an empty one; null if nobody wants more.
  using NextPiece = std::function<FilesAhead::Piece*()>;

  PieceSink(FilesAhead::Piece& first, const Input& input, const std::atomic<bool>* cancel,
            NextPiece next_piece)
      : piece_(&first), input_(input), cancel_(cancel), next_piece_(std::move(next_piece)) {}

  void record(const UsageRecord& record) override {
    piece_->portion.records.append(record);
    ++records_;
    if (piece_->portion.records.size() >= kRowsPerPiece) hand_on();
  }
  void rejected(ingestion::Rejection rejection) override {
    piece_->portion.rejections.push_back(std::move(rejection));
    ++rejections_;
    if (piece_->portion.rejections.size() >= kRejectionsPerPiece) hand_on();
  }
  [[nodiscard]] bool stopped() const override { return unwanted_ || is_cancelled(); }

  [[nodiscard]] bool is_cancelled() const { return cancel_ != nullptr && cancel_->load(); }
  [[nodiscard]] bool is_unwanted() const { return unwanted_; }
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t rejections() const { return rejections_; }
  /// The piece in work, with how far reading has come.
  [[nodiscard]] FilesAhead::Piece& piece() {
    piece_->bytes_read = input_.bytes_read();
    piece_->bytes_total = input_.bytes_total();
    return *piece_;
  }

 private:
  void hand_on() {
    FilesAhead::Piece& full = piece();
    if (FilesAhead::Piece* const next = unwanted_ ? nullptr : next_piece_()) {
      piece_ = next;
      return;
    }
    full.portion.clear();  // A reader may tell more before it asks whether to stop.
    unwanted_ = true;
  }

  FilesAhead::Piece* piece_;
  const Input& input_;
  const std::atomic<bool>* cancel_;
  NextPiece next_piece_;
  std::uint64_t records_ = 0, rejections_ = 0;
  bool unwanted_ = false;
};

}  // namespace

struct FilesAhead::State {
  State(std::span<const PlannedFile> the_files, const IngestOptions& the_options)
      : files(the_files), options(the_options), desk_of(the_files.size(), nullptr) {}

  void read_files(Desk& desk);
  void read_file(const PlannedFile& file, Desk& desk, Piece& first);
  void read_whole(const PlannedFile& file, Input& input, Desk& desk, Piece& first);
  [[nodiscard]] const PlannedFile* take_file(Desk& desk);
  [[nodiscard]] Piece* empty_piece(Desk& desk);
  void give(Desk& desk);
  void conclude(Desk& desk, Piece& piece, FileOutcome outcome) {
    piece.end = std::move(outcome);
    give(desk);
  }

  std::span<const PlannedFile> files;
  const IngestOptions& options;

  std::mutex guard;
  std::condition_variable changed;
  bool stopping = false;
  std::size_t taken = 0;       ///< Files that a thread has begun.
  std::vector<Desk*> desk_of;  ///< By file.
  std::vector<std::unique_ptr<Desk>> desks;
  std::vector<std::thread> threads;

  std::size_t at = 0;      ///< The file whose pieces are given out.
  Desk* in_use = nullptr;  ///< Where the piece given out last lies.
};

FilesAhead::Piece* FilesAhead::State::empty_piece(Desk& desk) {
  std::unique_lock lock(guard);
  changed.wait(lock, [&] { return stopping || desk.filled - desk.given < kPiecesPerThread; });
  if (stopping) return nullptr;
  Piece& piece = desk.pieces[desk.filled % kPiecesPerThread];
  piece.portion.clear();
  piece.end.reset();
  piece.bytes_read = piece.bytes_total = 0;
  return &piece;
}

void FilesAhead::State::give(Desk& desk) {
  {
    const std::scoped_lock lock(guard);
    ++desk.filled;
  }
  changed.notify_all();
}

const PlannedFile* FilesAhead::State::take_file(Desk& desk) {
  const std::scoped_lock lock(guard);
  if (taken == files.size()) return nullptr;
  desk_of[taken] = &desk;
  return &files[taken++];
}

void FilesAhead::State::read_files(Desk& desk) {
  for (;;) {
    Piece* const first = empty_piece(desk);
    if (first == nullptr) return;
    const PlannedFile* const file = take_file(desk);
    if (file == nullptr) return;
    read_file(*file, desk, *first);
  }
}

void FilesAhead::State::read_file(const PlannedFile& file, Desk& desk, Piece& first) {
  if (auto rest = rest_of(file, options)) return conclude(desk, first, std::move(*rest));
  auto input = Input::open(file.name);
  if (!input) return conclude(desk, first, {FileOutcome::Kind::unreadable, input.error()});
  const std::string_view head = input->peek(kHeadBytes);
  const bool blank = head.find_first_not_of(" \t\r\n") == std::string_view::npos;
  const auto format =
      options.read.format ? *options.read.format : ingestion::detect(head, input->name());
  if (blank || !format || !ingestion::reads_in_stretches(*format, head)) {
    return read_whole(file, *input, desk, first);
  }
  FileOutcome outcome{FileOutcome::Kind::in_stretches};
  outcome.from.resumable = file.state && begins_plainly(file.name);
  outcome.input = std::move(*input);
  conclude(desk, first, std::move(outcome));
}

void FilesAhead::State::read_whole(const PlannedFile& file, Input& input, Desk& desk,
                                   Piece& first) {
  ingestion::ContentHash content;
  const bool is_plain = file.state && begins_plainly(file.name);
  if (is_plain) input.hash_into(content);
  PieceSink sink(first, input, options.cancel, [&] {
    give(desk);
    return empty_piece(desk);
  });
  const auto read = ingestion::read(input, options.read, sink);
  if (sink.is_unwanted()) return;
  Piece& last = sink.piece();
  if (!read) return conclude(desk, last, {FileOutcome::Kind::unreadable, read.error()});
  FileOutcome outcome;
  // A file with rejected input is read again next time: other options may accept it.
  if (file.state && sink.rejections() == 0 && !sink.is_cancelled()) {
    const bool has_all_bytes = is_plain && input.bytes_read() == file.state->size;
    outcome.entry = journal_entry(file.name, *file.state, has_all_bytes ? &content : nullptr);
    if (outcome.entry) outcome.entry->records = sink.records();
    if (outcome.entry) outcome.entry->recorded_at = options.read.now;
  }
  conclude(desk, last, std::move(outcome));
}

FilesAhead::FilesAhead(std::span<const PlannedFile> files, const IngestOptions& options)
    : state_(std::make_unique<State>(files, options)) {
  const unsigned wanted =
      options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  const std::size_t count = std::min<std::size_t>(wanted, files.size());
  for (std::size_t i = 0; i < count; ++i) {
    Desk& desk = *state_->desks.emplace_back(std::make_unique<Desk>());
    state_->threads.emplace_back([state = state_.get(), &desk] { state->read_files(desk); });
  }
}

FilesAhead::~FilesAhead() {
  {
    const std::scoped_lock lock(state_->guard);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

FilesAhead::Piece& FilesAhead::next() {
  State& state = *state_;
  std::unique_lock lock(state.guard);
  if (state.in_use != nullptr) {
    Desk& used = *std::exchange(state.in_use, nullptr);
    if (used.pieces[used.given % kPiecesPerThread].end) ++state.at;
    ++used.given;
    state.changed.notify_all();
  }
  assert(state.at < state.files.size());
  state.changed.wait(lock, [&] {
    const Desk* const desk = state.desk_of[state.at];
    return desk != nullptr && desk->given < desk->filled;
  });
  state.in_use = state.desk_of[state.at];
  return state.in_use->pieces[state.in_use->given % kPiecesPerThread];
}

}  // namespace costops::accounting
