// portions.cc - a ring of blocks. Each goes round through the same states: empty, filled by the
// reading thread, being parsed, parsed, and empty again once its portion was used. One mutex guards
// the states; a block is a MiB, so that it is taken some thousand times a second.
#include "costops/ingestion/portions.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

namespace costops::ingestion {
namespace {

/// memchr compares many bytes at a time.
std::uint64_t lines_in(std::string_view bytes) {
  std::uint64_t lines = 0;
  for (std::size_t at = bytes.find('\n'); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    ++lines;
  }
  return lines;
}

enum class Stage : std::uint8_t { empty, filled, parsing, parsed };

struct Block {
  Stage stage = Stage::empty;
  std::unique_ptr<char[]> bytes;
  std::size_t capacity = 0;
  std::size_t size = 0;
  std::uint64_t first_line = 0;
  Place end;
  Portion portion;

  void take(std::string_view lines) {
    if (lines.size() > capacity) {
      capacity = lines.size() + lines.size() / 4;
      bytes = std::make_unique_for_overwrite<char[]>(capacity + Input::kPadding);
    }
    size = lines.size();
    if (size != 0) std::memcpy(bytes.get(), lines.data(), size);
    std::memset(bytes.get() + size, 0, Input::kPadding);
  }
};

}  // namespace

struct Portions::State {
  State(Input& the_input, const ReadOptions& the_options, Place from, ContentHash before)
      : input(the_input),
        options(the_options),
        place(from),
        filled_to(from),
        hash(std::move(before)) {}

  bool fill(Block& block);
  void reject(Block& block, std::string reason);
  void read_blocks();
  void parse_blocks();
  Portion* next_alone();
  Portion* next_of_threads();

  Input& input;
  const ReadOptions& options;
  Place place;
  Place filled_to;
  ContentHash hash;
  ContentNames names;
  bool unnamed = false;  ///< Some record so far had no id of its own.
  std::atomic<std::uint64_t> bytes_read = 0;

  std::vector<Block> blocks;
  std::mutex guard;
  std::condition_variable changed;
  std::uint64_t filled = 0, taken = 0, given = 0;  ///< Blocks so far.
  bool ended = false;
  bool stopping = false;
  bool holds_one = false;  ///< The block given out last is still in use.
  std::vector<std::thread> threads;
  std::unique_ptr<LinesReader> reader;  ///< Of next_alone().
};

void Portions::State::reject(Block& block, std::string reason) {
  block.portion.rejections.push_back(
      {{input.name(), filled_to.lines + 1}, std::move(reason), std::string()});
}

/// The next block of lines; false at the end.
bool Portions::State::fill(Block& block) {
  std::string_view lines;
  const Input::Step step = input.next_lines(lines);
  bytes_read = input.bytes_read();
  block.portion.clear();
  if (step == Input::Step::end) return false;
  block.take(lines);
  block.first_line = filled_to.lines + 1;
  if (step == Input::Step::line) {
    hash.add(lines);
    filled_to.bytes += lines.size();
    filled_to.lines += lines_in(lines);
    filled_to.resumable = filled_to.resumable && lines.ends_with('\n');
  } else {
    reject(block, step == Input::Step::too_long
                      ? fmt::format("the line is longer than {} MiB", kLineBytesMax >> 20)
                      : input.error().message);
    ++filled_to.lines;
    filled_to.resumable = false;  // How many bytes were left out is not known.
  }
  filled_to.hash = hash.digest();
  block.end = filled_to;
  return true;
}

void Portions::State::read_blocks() {
  std::unique_lock lock(guard);
  while (true) {
    Block& block = blocks[filled % blocks.size()];
    changed.wait(lock, [&] { return stopping || block.stage == Stage::empty; });
    if (stopping) return;
    lock.unlock();
    const bool more = fill(block);
    lock.lock();
    if (more) {
      block.stage = Stage::filled;
      ++filled;
    } else {
      ended = true;
    }
    changed.notify_all();
    if (!more) return;
  }
}

void Portions::State::parse_blocks() {
  LinesReader lines(options, input.name());
  std::unique_lock lock(guard);
  while (true) {
    changed.wait(lock, [&] { return stopping || ended || taken < filled; });
    if (stopping || (ended && taken == filled)) return;
    if (taken == filled) continue;
    Block& block = blocks[taken++ % blocks.size()];
    block.stage = Stage::parsing;
    lock.unlock();
    lines.read({block.bytes.get(), block.size}, block.first_line, block.portion);
    lock.lock();
    block.stage = Stage::parsed;
    changed.notify_all();
  }
}

Portion* Portions::State::next_of_threads() {
  std::unique_lock lock(guard);
  if (holds_one) {
    blocks[given++ % blocks.size()].stage = Stage::empty;
    holds_one = false;
    changed.notify_all();
  }
  Block& block = blocks[given % blocks.size()];
  changed.wait(lock, [&] {
    return (given < filled && block.stage == Stage::parsed) || (ended && given == filled);
  });
  if (given == filled) return nullptr;
  holds_one = true;
  place = block.end;
  return &block.portion;
}

Portion* Portions::State::next_alone() {
  Block& block = blocks[0];
  if (!fill(block)) return nullptr;
  reader->read({block.bytes.get(), block.size}, block.first_line, block.portion);
  place = block.end;
  return &block.portion;
}

Portions::Portions(Input& input, const ReadOptions& options, Place from, ContentHash before,
                   Threads threads)
    : state_(std::make_unique<State>(input, options, from, std::move(before))) {
  State& state = *state_;
  state.blocks = std::vector<Block>(threads.count == 0 ? 1 : 2 * threads.count + 2);
  if (threads.count == 0) {
    state.reader = std::make_unique<LinesReader>(options, input.name());
    return;
  }
  state.threads.emplace_back([&state] { state.read_blocks(); });
  for (unsigned i = 0; i < threads.count; ++i) {
    state.threads.emplace_back([&state] { state.parse_blocks(); });
  }
}

Portions::~Portions() {
  {
    const std::scoped_lock lock(state_->guard);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

Portion* Portions::next() {
  Portion* const portion =
      state_->threads.empty() ? state_->next_alone() : state_->next_of_threads();
  if (portion == nullptr) return nullptr;
  state_->names.name(*portion);
  // Only from the beginning on is it known how often a content came.
  state_->unnamed = state_->unnamed || !portion->unnamed.empty();
  if (state_->unnamed) state_->place.resumable = false;
  return portion;
}

const Place& Portions::place() const { return state_->place; }
std::uint64_t Portions::bytes_read() const { return state_->bytes_read; }
std::uint64_t Portions::bytes_total() const { return state_->input.bytes_total(); }

}  // namespace costops::ingestion
