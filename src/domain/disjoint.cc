// How counts that contain each other become meters that do not.
//
// The tokens of one direction form a table: a row per token type (plain, cache read, cache write by
// time to live, tool ...), a column per modality (text, audio, image, video). Sources report some
// of its margins and cells: the whole, rows ("cached_tokens"), columns ("audio_tokens"), sometimes
// a cell ("cached audio tokens"). Text is what the other modalities leave, plain what the other
// types leave. Reported cells are fixed; the rest is filled so that every margin is met, each type
// taking text first. Filling in that order may leave a later type without room in the columns open
// to it; then earlier types are moved aside along an augmenting path, as in a flow. If even that
// fails, the reported counts contradict each other.
#include <algorithm>
#include <array>

#include "costops/domain/meter.h"

namespace costops {
namespace {

constexpr std::size_t kRowMax = 6;
constexpr std::size_t kColumnCount = 4;
/// Columns, and the cache-write share of a column where a source reports it.
constexpr std::size_t kSinkMax = 2 * kColumnCount;

/// A margin of the table: its unit, and the units of its cells in audio, image and video.
struct Type {
  Unit unit;
  Meter meter;
  std::array<Unit, 3> cells;
};

struct Layout {
  Unit whole;
  Unit text;  ///< Only looked at to see that it is not reported alone.
  Meter plain;
  std::array<Unit, 3> modalities;
  std::array<Meter, 3> plain_cells;
};

constexpr Layout kInput = {
    Unit::input_tokens,
    Unit::input_text_tokens,
    Meter::input_tokens_uncached,
    {Unit::input_audio_tokens, Unit::input_image_tokens, Unit::input_video_tokens},
    {Meter::input_audio_tokens, Meter::input_image_tokens, Meter::input_video_tokens}};
constexpr Layout kOutput = {
    Unit::output_tokens,
    Unit::output_text_tokens,
    Meter::output_tokens,
    {Unit::output_audio_tokens, Unit::output_image_tokens, Unit::output_video_tokens},
    {Meter::output_audio_tokens, Meter::output_image_tokens, Meter::output_video_tokens}};

constexpr Type kCacheRead = {Unit::cache_read_tokens,
                             Meter::cache_read_tokens,
                             {Unit::cache_audio_read_tokens, Unit::cache_image_read_tokens,
                              Unit::cache_video_read_tokens}};
constexpr Type kCacheWrite = {Unit::cache_write_tokens,
                              Meter::cache_write_tokens,
                              {Unit::cache_audio_write_tokens, Unit::cache_image_write_tokens,
                               Unit::cache_video_write_tokens}};
constexpr Type kCacheWrite5m = {
    Unit::cache_write_5m_tokens,
    Meter::cache_write_5m_tokens,
    {Unit::cache_audio_write_5m_tokens, Unit::cache_image_write_5m_tokens,
     Unit::cache_video_write_5m_tokens}};
constexpr Type kCacheWrite1h = {
    Unit::cache_write_1h_tokens,
    Meter::cache_write_1h_tokens,
    {Unit::cache_audio_write_1h_tokens, Unit::cache_image_write_1h_tokens,
     Unit::cache_video_write_1h_tokens}};
constexpr Type kTool = {Unit::input_tool_tokens,
                        Meter::input_tool_tokens,
                        {Unit::input_audio_tool_tokens, Unit::input_image_tool_tokens,
                         Unit::input_video_tool_tokens}};
constexpr Type kReasoning = {
    Unit::output_reasoning_tokens,
    Meter::output_reasoning_tokens,
    {Unit::output_audio_reasoning_tokens, Unit::output_image_reasoning_tokens,
     Unit::output_video_reasoning_tokens}};
constexpr Type kCitation = {
    Unit::output_citation_tokens,
    Meter::output_citation_tokens,
    {Unit::output_audio_citation_tokens, Unit::output_image_citation_tokens,
     Unit::output_video_citation_tokens}};

std::string named(Unit unit, std::int64_t count) {
  return std::string(to_string(unit)) + " (" + std::to_string(count) + ")";
}

/// Parts of one whole, collected to say at the end whether they exceed it.
class Parts {
 public:
  explicit Parts(const UsageCounts& counts) : counts_(counts) {}

  void add(Unit unit, std::int64_t count) {
    if (count == 0) return;
    names_[size_++] = {unit, count};
    sum_ += count;
  }
  void add(Unit unit) { add(unit, counts_.count(unit)); }
  [[nodiscard]] std::int64_t sum() const { return sum_; }

  /// Fails if the whole is not reported, or a part or all parts together exceed it.
  [[nodiscard]] Result<void> check(Unit whole) const {
    if (size_ == 0) return {};
    if (!counts_.has(whole)) {
      return fail(ErrorCode::invalid_input, named(names_[0].unit, names_[0].count) +
                                                " are reported without " +
                                                std::string(to_string(whole)));
    }
    return check(whole, counts_.count(whole));
  }
  [[nodiscard]] Result<void> check(Unit whole, std::int64_t count) const {
    if (sum_ <= count) return {};
    for (std::size_t i = 0; i < size_; ++i) {
      if (names_[i].count > count) {
        return fail(ErrorCode::invalid_input,
                    named(names_[i].unit, names_[i].count) + " exceed " + named(whole, count));
      }
    }
    std::string text;
    for (std::size_t i = 0; i < size_; ++i) {
      if (i > 0) text += i + 1 == size_ ? " and " : ", ";
      text += named(names_[i].unit, names_[i].count);
    }
    return fail(ErrorCode::invalid_input, text + " together exceed " + named(whole, count));
  }

 private:
  struct Part {
    Unit unit;
    std::int64_t count;
  };
  const UsageCounts& counts_;
  std::array<Part, kRowMax> names_{};
  std::size_t size_ = 0;
  std::int64_t sum_ = 0;
};

/// Amounts to be sent from rows to sinks, each cell open or closed.
class Transport {
 public:
  std::array<std::int64_t, kRowMax> supply{};
  std::array<std::int64_t, kSinkMax> room{};
  std::array<std::array<bool, kSinkMax>, kRowMax> open{};
  std::array<std::array<std::int64_t, kSinkMax>, kRowMax> sent{};

  /// Sends everything: rows in order, each to its open sinks in order. False if impossible.
  [[nodiscard]] bool fill() {
    for (std::size_t row = 0; row < kRowMax; ++row) {
      for (std::size_t sink = 0; sink < kSinkMax; ++sink) {
        if (open[row][sink]) send(row, sink, std::min(supply[row], room[sink]));
      }
      while (supply[row] > 0) {
        if (!make_room_for(row)) return false;
      }
    }
    return true;
  }

 private:
  void send(std::size_t row, std::size_t sink, std::int64_t amount) {
    supply[row] -= amount;
    room[sink] -= amount;
    sent[row][sink] += amount;
  }

  /// Finds, breadth first, a chain row -> full sink -> another row in it -> ... -> sink with room,
  /// and shifts along it as much as it allows.
  bool make_room_for(std::size_t row) {
    std::array<std::size_t, kSinkMax> from_row{};   // the row that would enter the sink
    std::array<std::size_t, kRowMax> from_sink{};   // the sink that the row would leave
    std::array<bool, kSinkMax> sink_seen{};
    std::array<bool, kRowMax> row_seen{};
    std::array<std::size_t, kRowMax> queue{row};
    std::size_t queued = 1;
    row_seen[row] = true;
    for (std::size_t head = 0; head < queued; ++head) {
      const std::size_t current = queue[head];
      for (std::size_t sink = 0; sink < kSinkMax; ++sink) {
        if (!open[current][sink] || sink_seen[sink]) continue;
        sink_seen[sink] = true;
        from_row[sink] = current;
        if (room[sink] > 0) {
          shift(row, sink, from_row, from_sink);
          return true;
        }
        for (std::size_t other = 0; other < kRowMax; ++other) {
          if (row_seen[other] || !open[other][sink] || sent[other][sink] == 0) continue;
          row_seen[other] = true;
          from_sink[other] = sink;
          queue[queued++] = other;
        }
      }
    }
    return false;
  }

  void shift(std::size_t row, std::size_t last, const std::array<std::size_t, kSinkMax>& from_row,
             const std::array<std::size_t, kRowMax>& from_sink) {
    std::int64_t amount = std::min(supply[row], room[last]);
    for (std::size_t at = from_row[last]; at != row; at = from_row[from_sink[at]]) {
      amount = std::min(amount, sent[at][from_sink[at]]);
    }
    supply[row] -= amount;
    room[last] -= amount;
    std::size_t sink = last;
    for (std::size_t at = from_row[last]; at != row; at = from_row[sink]) {
      sent[at][sink] += amount;
      sink = from_sink[at];
      sent[at][sink] -= amount;
    }
    sent[row][sink] += amount;
  }
};

/// One direction's table while it is being filled.
class TokenTable {
 public:
  TokenTable(const UsageCounts& counts, const Layout& layout) : counts_(counts), layout_(layout) {}

  /// A row for a type that stands alone.
  void add_type(const Type& type) { add_row(type, counts_.count(type.unit)); }
  /// Rows for cache writes: the rest of the total, then the parts by time to live.
  [[nodiscard]] Result<void> add_cache_writes();
  [[nodiscard]] Result<void> complete(Quantities& out);

 private:
  void add_row(const Type& type, std::int64_t count) {
    rows_[row_count_] = &type;
    totals_[row_count_++] = count;
  }
  [[nodiscard]] bool has_modalities() const;
  [[nodiscard]] Result<void> check_cells(std::size_t column) const;
  [[nodiscard]] Result<void> check_rows() const;
  void prepare();
  void prepare_column(std::size_t column);
  void fix_cells(std::size_t column);
  [[nodiscard]] bool is_write(std::size_t row) const {
    return row < row_count_ && facts(rows_[row]->meter).token_type == TokenType::cache_write;
  }
  [[nodiscard]] bool is_fixed(std::size_t row, std::size_t column) const {
    // The row of the rest of all cache writes has no cells of its own: those are of the total.
    return row < row_count_ && column > 0 && rows_[row] != &kCacheWrite &&
           counts_.has(rows_[row]->cells[column - 1]);
  }
  void write_out(Quantities& out) const;

  const UsageCounts& counts_;
  const Layout& layout_;
  std::array<const Type*, kRowMax> rows_{};
  std::array<std::int64_t, kRowMax> totals_{};
  std::size_t row_count_ = 0;
  std::int64_t write_total_ = 0;
  Transport transport_;  // rows as above and then the plain row; sinks: columns, then write shares
  std::array<std::array<std::int64_t, kColumnCount>, kRowMax> fixed_{};
};

Result<void> TokenTable::add_cache_writes() {
  Parts parts(counts_);
  parts.add(Unit::cache_write_5m_tokens);
  parts.add(Unit::cache_write_1h_tokens);
  write_total_ = parts.sum();
  if (counts_.has(Unit::cache_write_tokens)) {
    write_total_ = counts_.count(Unit::cache_write_tokens);
    if (Result<void> fits = parts.check(Unit::cache_write_tokens); !fits) return fits;
  }
  add_row(kCacheWrite, write_total_ - parts.sum());
  add_type(kCacheWrite5m);
  add_type(kCacheWrite1h);
  return {};
}

bool TokenTable::has_modalities() const {
  const auto counted = [this](Unit unit) { return counts_.count(unit) > 0; };
  if (std::ranges::any_of(layout_.modalities, counted)) return true;
  for (std::size_t row = 0; row < row_count_; ++row) {
    if (std::ranges::any_of(rows_[row]->cells, counted)) return true;
  }
  return false;
}

/// Cells of one modality against its total, and cache writes by time to live against their sum.
Result<void> TokenTable::check_cells(std::size_t column) const {
  Parts cells(counts_);
  Parts writes(counts_);
  const Unit write_sum = kCacheWrite.cells[column - 1];
  for (std::size_t row = 0; row < row_count_; ++row) {
    const Unit cell = rows_[row]->cells[column - 1];
    const bool of_sum = is_write(row) && rows_[row] != &kCacheWrite;
    if (of_sum) writes.add(cell);
    if (!of_sum || !counts_.has(write_sum)) cells.add(cell);
  }
  if (counts_.has(write_sum)) {
    if (Result<void> fits = writes.check(write_sum); !fits) return fits;
  }
  return cells.check(layout_.modalities[column - 1]);
}

/// Cells of one type against its total.
Result<void> TokenTable::check_rows() const {
  for (std::size_t row = 0; row < row_count_; ++row) {
    Parts cells(counts_);
    for (const Unit cell : rows_[row]->cells) cells.add(cell);
    const Unit unit = rows_[row]->unit;
    const Result<void> fits = unit == Unit::cache_write_tokens && !counts_.has(unit)
                                  ? cells.check(unit, write_total_)
                                  : cells.check(unit);
    if (!fits) return fits;
  }
  return {};
}

void TokenTable::fix_cells(std::size_t column) {
  for (std::size_t row = 0; row < row_count_; ++row) {
    if (!is_fixed(row, column)) continue;
    const std::int64_t count = counts_.count(rows_[row]->cells[column - 1]);
    fixed_[row][column] = count;
    transport_.supply[row] -= count;
    transport_.room[column] -= count;
  }
}

void TokenTable::prepare_column(std::size_t column) {
  const bool has_share = column > 0 && row_count_ > 2 &&
                         counts_.has(kCacheWrite.cells[column - 1]);
  const std::size_t share = kColumnCount + column;
  if (has_share) {
    std::int64_t rest = counts_.count(kCacheWrite.cells[column - 1]);
    for (std::size_t row = 0; row < row_count_; ++row) {
      if (is_write(row)) rest -= fixed_[row][column];
    }
    transport_.room[share] = rest;
    transport_.room[column] -= rest;
  }
  for (std::size_t row = 0; row <= row_count_; ++row) {
    const std::size_t sink = has_share && is_write(row) ? share : column;
    transport_.open[row][sink] = !is_fixed(row, column);
  }
}

void TokenTable::prepare() {
  std::int64_t plain = counts_.count(layout_.whole);
  std::int64_t text = plain;
  for (std::size_t row = 0; row < row_count_; ++row) {
    transport_.supply[row] = totals_[row];
    plain -= totals_[row];
  }
  transport_.supply[row_count_] = plain;
  for (std::size_t column = 1; column < kColumnCount; ++column) {
    transport_.room[column] = counts_.count(layout_.modalities[column - 1]);
    text -= transport_.room[column];
  }
  transport_.room[0] = text;
  for (std::size_t column = 1; column < kColumnCount; ++column) fix_cells(column);
  for (std::size_t column = 0; column < kColumnCount; ++column) prepare_column(column);
}

void TokenTable::write_out(Quantities& out) const {
  for (std::size_t row = 0; row <= row_count_; ++row) {
    const bool plain = row == row_count_;
    for (std::size_t column = 0; column < kColumnCount; ++column) {
      const std::int64_t count = fixed_[row][column] + transport_.sent[row][column] +
                                 transport_.sent[row][kColumnCount + column];
      const Meter text = plain ? layout_.plain : rows_[row]->meter;
      if (column == 0) {
        at(out, text) = count;
      } else {
        at(out, plain ? layout_.plain_cells[column - 1]
                      : meter_of(rows_[row]->cells[column - 1])) = count;
      }
    }
  }
}

Result<void> TokenTable::complete(Quantities& out) {
  Parts types(counts_);
  for (std::size_t row = 0; row < row_count_; ++row) {
    if (rows_[row] == &kCacheWrite) types.add(Unit::cache_write_tokens, write_total_);
    if (!is_write(row)) types.add(rows_[row]->unit);
  }
  if (!counts_.has(layout_.whole)) types.add(layout_.text);
  if (Result<void> fits = types.check(layout_.whole); !fits) return fits;
  if (!has_modalities()) {
    at(out, layout_.plain) = counts_.count(layout_.whole) - types.sum();
    for (std::size_t row = 0; row < row_count_; ++row) at(out, rows_[row]->meter) = totals_[row];
    return {};
  }
  Parts modalities(counts_);
  for (const Unit unit : layout_.modalities) modalities.add(unit);
  if (Result<void> fits = modalities.check(layout_.whole); !fits) return fits;
  if (Result<void> fits = check_rows(); !fits) return fits;
  for (std::size_t column = 1; column < kColumnCount; ++column) {
    if (Result<void> fits = check_cells(column); !fits) return fits;
  }
  prepare();
  if (std::ranges::any_of(transport_.room, [](std::int64_t room) { return room < 0; }) ||
      std::ranges::any_of(transport_.supply, [](std::int64_t supply) { return supply < 0; }) ||
      !transport_.fill()) {
    return fail(ErrorCode::invalid_input,
                "the counts by token type and by modality contradict each other within " +
                    named(layout_.whole, counts_.count(layout_.whole)));
  }
  write_out(out);
  return {};
}

/// A whole whose parts are meters of their own, and which may be absent although parts are there.
struct Group {
  Unit whole;
  std::array<Unit, 2> parts;
  std::size_t part_count;
};
constexpr std::array<Group, 2> kGroups = {
    {{Unit::audio_seconds, {Unit::input_audio_seconds, Unit::output_audio_seconds}, 2},
     {Unit::input_document_pages,
      {Unit::input_annotated_document_pages, Unit::input_annotated_document_pages},
      1}}};

Result<void> take_out_parts(const UsageCounts& counts, Quantities& out) {
  for (const Group& group : kGroups) {
    if (!counts.has(group.whole)) continue;
    Parts parts(counts);
    for (std::size_t i = 0; i < group.part_count; ++i) parts.add(group.parts[i]);
    if (Result<void> fits = parts.check(group.whole); !fits) return fits;
    at(out, meter_of(group.whole)) -= parts.sum();
  }
  return {};
}

}  // namespace

void UsageCounts::add(Unit unit, std::int64_t quantity) {
  const auto place = static_cast<std::size_t>(unit);
  present_.set(place);
  if (__builtin_add_overflow(counts_[place], quantity, &counts_[place])) {
    counts_[place] = INT64_MAX;
  }
}

void UsageCounts::clear() {
  counts_.fill(0);
  present_.reset();
}

Result<Quantities> UsageCounts::disjoint() const {
  Quantities out{};
  for (std::size_t i = 0; i < kUnitCount; ++i) {
    if (counts_[i] == 0) continue;
    const auto unit = static_cast<Unit>(i);
    if (counts_[i] > kQuantityMax) {
      return fail(ErrorCode::invalid_input, named(unit, counts_[i]) + " are more than " +
                                                std::to_string(kQuantityMax) +
                                                ", the most that one record can count");
    }
    if (facts(meter_of(unit)).family != Family::tokens) at(out, meter_of(unit)) = counts_[i];
  }
  if (Result<void> fits = take_out_parts(*this, out); !fits) return fail(fits.error());

  TokenTable input(*this, kInput);
  input.add_type(kCacheRead);
  if (Result<void> fits = input.add_cache_writes(); !fits) return fail(fits.error());
  input.add_type(kTool);
  if (Result<void> done = input.complete(out); !done) return fail(done.error());

  TokenTable output(*this, kOutput);
  output.add_type(kReasoning);
  output.add_type(kCitation);
  if (Result<void> done = output.complete(out); !done) return fail(done.error());
  return out;
}

}  // namespace costops
