// One buffer, refilled block by block. A line is a view into it; only the unfinished line at the
// end of a block is moved, to the front of the buffer, before the next block is read behind it. The
// buffer grows when one line (or the document, or a peek) needs more than it holds.
#include "costops/ingestion/input.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "ingestion/byte_source.h"

namespace costops::ingestion {
namespace {

/// The buffer's first size: many logs are small. Telling the format grows it for the others.
constexpr std::size_t kBlockBytes = 32u << 10;
constexpr std::size_t kPeekBytesMax = 1u << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

struct Input::State {
  std::string name;
  std::unique_ptr<ByteSource> source;
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
  std::size_t begin = 0;  ///< First byte not yet handed out.
  std::size_t end = 0;
  std::uint64_t line_number = 0;
  bool started = false;
  bool ended = false;
  bool failed = false;
  Error error;
  ContentHash* hash = nullptr;

  [[nodiscard]] std::string_view unread() const { return {buffer.get() + begin, end - begin}; }

  void make_room() {
    const std::size_t size = end - begin;
    if (size < capacity) {
      if (begin != 0) std::memmove(buffer.get(), buffer.get() + begin, size);
      begin = 0;
      end = size;
    } else {
      grow_to(std::max(kBlockBytes, capacity * 2));
    }
  }

  void grow_to(std::size_t grown) {
    const std::size_t size = end - begin;
    auto larger = std::make_unique_for_overwrite<char[]>(grown + kPadding);
    std::memset(larger.get() + grown, 0, kPadding);
    if (size != 0) std::memcpy(larger.get(), buffer.get() + begin, size);
    buffer = std::move(larger);
    capacity = grown;
    begin = 0;
    end = size;
  }

  /// Reads once more behind the unread bytes. False at the end or on a failure.
  bool fill() {
    if (ended) return false;
    if (end == capacity || begin > capacity / 2) make_room();
    const auto count = source->read({buffer.get() + end, capacity - end});
    if (!count) {
      failed = true;
      error = count.error();
    }
    ended = !count || *count == 0;
    if (ended) return false;
    if (hash != nullptr) hash->add({buffer.get() + end, *count});
    end += *count;
    return true;
  }

  void start() {
    if (started) return;
    started = true;
    while (end - begin < kByteOrderMark.size() && fill()) {
    }
    if (unread().starts_with(kByteOrderMark)) begin += kByteOrderMark.size();
  }

  /// Drops bytes up to and with the next LF, or all there are.
  void skip_line() {
    while (true) {
      const std::size_t at = unread().find('\n');
      if (at != std::string_view::npos) {
        begin += at + 1;
        return;
      }
      begin = end = 0;
      if (!fill()) return;
    }
  }

  /// After the last complete line: what is left is the last line, unless reading broke off in it.
  Step last_line(std::string_view& line) {
    if (failed) {
      if (begin != end) error.message += fmt::format("; line {} is lost", line_number + 1);
      failed = false;
      begin = end;
      return Step::failed;
    }
    if (begin == end) return Step::end;
    ++line_number;
    line = unread();
    begin = end;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return Step::line;
  }
};

Input::Input(std::unique_ptr<State> state) : state_(std::move(state)) {}
Input::Input(Input&&) noexcept = default;
Input& Input::operator=(Input&&) noexcept = default;
Input::~Input() = default;

Result<Input> Input::open(const std::string& path) {
  auto file = open_file(path);
  if (!file) return fail(file.error());
  auto source = inflated(std::move(*file));
  if (!source) return fail(source.error());
  auto state = std::make_unique<State>();
  state->name = path;
  state->source = std::move(*source);
  return Input(std::move(state));
}

Result<Input> Input::open_behind(const std::string& path, std::uint64_t offset) {
  auto file = open_file(path, offset);
  if (!file) return fail(file.error());
  auto state = std::make_unique<State>();
  state->name = path;
  state->source = std::move(*file);
  state->started = offset > 0;
  return Input(std::move(state));
}

Input Input::from_memory(std::string name, std::string_view bytes) {
  auto state = std::make_unique<State>();
  state->name = std::move(name);
  auto source = inflated(open_memory(bytes));
  state->source = source ? std::move(*source) : open_memory({});
  return Input(std::move(state));
}

const std::string& Input::name() const { return state_->name; }

std::string_view Input::peek(std::size_t limit) {
  State& state = *state_;
  state.start();
  limit = std::min(limit, kPeekBytesMax);
  // One byte more than the file has, to see its end without growing.
  const std::uint64_t wanted = std::min<std::uint64_t>(state.source->bytes_total() + 1, limit);
  if (wanted > state.capacity) state.grow_to(static_cast<std::size_t>(wanted));
  while (state.end - state.begin < limit && state.fill()) {
  }
  return state.unread().substr(0, limit);
}

Input::Step Input::next_line(std::string_view& line) {
  State& state = *state_;
  state.start();
  std::size_t searched = 0;
  while (true) {
    const std::string_view unread = state.unread();
    if (const std::size_t at = unread.find('\n', searched); at != std::string_view::npos) {
      if (at > kLineBytesMax) break;
      ++state.line_number;
      line = unread.substr(0, at);
      state.begin += at + 1;
      if (line.ends_with('\r')) line.remove_suffix(1);
      return Step::line;
    }
    searched = unread.size();
    if (searched > kLineBytesMax) break;
    if (!state.fill()) return state.last_line(line);
  }
  state.skip_line();
  ++state.line_number;
  line = {};
  return Step::too_long;
}

Input::Step Input::next_lines(std::string_view& lines) {
  State& state = *state_;
  state.start();
  while (state.end - state.begin < state.capacity / 2 && state.fill()) {
  }
  std::size_t searched = 0;
  while (true) {
    const std::string_view unread = state.unread();
    const std::size_t last = unread.substr(searched).rfind('\n');
    if (last != std::string_view::npos) {
      lines = unread.substr(0, searched + last + 1);
      if (lines.size() > kLineBytesMax) lines = lines.substr(0, lines.find('\n') + 1);
      if (lines.size() > kLineBytesMax + 1) break;
      state.begin += lines.size();
      return Step::line;
    }
    searched = unread.size();
    if (searched > kLineBytesMax) break;
    if (!state.fill()) {
      const Step step = state.last_line(lines);
      if (step != Step::line) return step;
      --state.line_number;
      // With its CR: who counts bytes must see them all.
      lines = {lines.data(),
               static_cast<std::size_t>(state.buffer.get() + state.end - lines.data())};
      return step;
    }
  }
  state.skip_line();
  ++state.line_number;
  lines = {};
  return Step::too_long;
}

Input::Step Input::next_block(std::string_view& bytes) {
  State& state = *state_;
  state.start();
  if (state.begin == state.end) {
    state.begin = state.end = 0;
    state.fill();
  }
  if (state.begin == state.end) {
    const bool failed = std::exchange(state.failed, false);
    return failed ? Step::failed : Step::end;
  }
  bytes = state.unread();
  state.begin = state.end;
  return Step::line;
}

std::uint64_t Input::line_number() const { return state_->line_number; }

Result<std::string_view> Input::rest() {
  State& state = *state_;
  state.start();
  while (state.end - state.begin <= kDocumentBytesMax && state.fill()) {
  }
  if (state.failed) return fail(state.error);
  if (state.end - state.begin > kDocumentBytesMax) {
    return fail(ErrorCode::invalid_input,
                fmt::format("the document is larger than {} MiB: split it, or write one record a "
                            "line",
                            kDocumentBytesMax >> 20));
  }
  const std::string_view whole = state.unread();
  state.begin = state.end;
  return whole;
}

void Input::hash_into(ContentHash& hash) {
  state_->hash = &hash;
  hash.add(state_->unread());
}

const Error& Input::error() const { return state_->error; }
std::uint64_t Input::bytes_read() const { return state_->source->bytes_read(); }
std::uint64_t Input::bytes_total() const { return state_->source->bytes_total(); }

}  // namespace costops::ingestion
