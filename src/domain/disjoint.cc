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
#include <bit>

#include "costops/domain/meter.h"
#include "domain/transport.h"

namespace costops {
namespace {

constexpr std::size_t kRowMax = kTransportRows;  // five types and the plain row
constexpr std::size_t kColumnCount = 4;
// Sinks are the columns, then the share of cache writes in each, where a source reports it.
static_assert(kTransportSinks == 2 * kColumnCount);

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

constexpr Type kCacheRead = {
    Unit::cache_read_tokens,
    Meter::cache_read_tokens,
    {Unit::cache_audio_read_tokens, Unit::cache_image_read_tokens, Unit::cache_video_read_tokens}};
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
constexpr Type kTool = {
    Unit::input_tool_tokens,
    Meter::input_tool_tokens,
    {Unit::input_audio_tool_tokens, Unit::input_image_tool_tokens, Unit::input_video_tool_tokens}};
constexpr Type kReasoning = {
    Unit::output_reasoning_tokens,
    Meter::output_reasoning_tokens,
    {Unit::output_audio_reasoning_tokens, Unit::output_image_reasoning_tokens,
     Unit::output_video_reasoning_tokens}};
constexpr Type kCitation = {Unit::output_citation_tokens,
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

bool is_write(const Type& type) { return facts(type.meter).token_type == TokenType::cache_write; }

/// The rows of one direction, plain tokens aside, with their totals.
struct Rows {
  std::array<const Type*, kRowMax - 1> types{};
  std::array<std::int64_t, kRowMax - 1> totals{};
  std::size_t size = 0;
  std::int64_t write_total = 0;
  bool has_writes = false;

  void add(const Type& type, std::int64_t total) {
    types[size] = &type;
    totals[size++] = total;
  }
};

Result<Rows> input_rows(const UsageCounts& counts) {
  Parts writes(counts);
  writes.add(Unit::cache_write_5m_tokens);
  writes.add(Unit::cache_write_1h_tokens);
  Rows rows;
  rows.has_writes = true;
  rows.write_total = writes.sum();
  if (counts.has(Unit::cache_write_tokens)) {
    rows.write_total = counts.count(Unit::cache_write_tokens);
    if (Result<void> fits = writes.check(Unit::cache_write_tokens); !fits) {
      return fail(fits.error());
    }
  }
  rows.add(kCacheRead, counts.count(kCacheRead.unit));
  rows.add(kCacheWrite, rows.write_total - writes.sum());
  rows.add(kCacheWrite5m, counts.count(kCacheWrite5m.unit));
  rows.add(kCacheWrite1h, counts.count(kCacheWrite1h.unit));
  rows.add(kTool, counts.count(kTool.unit));
  return rows;
}

Rows output_rows(const UsageCounts& counts) {
  Rows rows;
  rows.add(kReasoning, counts.count(kReasoning.unit));
  rows.add(kCitation, counts.count(kCitation.unit));
  return rows;
}

/// One direction's table where a modality other than text is counted.
class ModalityTable {
 public:
  ModalityTable(const UsageCounts& counts, const Layout& layout, const Rows& rows)
      : counts_(counts), layout_(layout), rows_(rows) {}

  /// Margins and cells against each other, as far as a pair of them shows a contradiction.
  [[nodiscard]] Result<void> check() const;
  /// False if the reported counts contradict each other. Requires check() and the sums of types and
  /// of modalities within the whole.
  [[nodiscard]] bool fill();
  void write_out(Quantities& out) const;

 private:
  [[nodiscard]] Result<void> check_column(std::size_t column) const;
  [[nodiscard]] bool is_fixed(std::size_t row, std::size_t column) const {
    // A cell of all cache writes is a sum over rows, so it fixes none of them.
    return row < rows_.size && column > 0 && rows_.types[row] != &kCacheWrite &&
           counts_.has(rows_.types[row]->cells[column - 1]);
  }
  void set_margins();
  void fix_cells(std::size_t column);
  void open_cells(std::size_t column);

  const UsageCounts& counts_;
  const Layout& layout_;
  const Rows& rows_;
  Transport transport_;  // rows as given, then the plain row
  std::array<std::array<std::int64_t, kColumnCount>, kRowMax> fixed_{};
};

/// Cells of one modality against its total, and cache writes by time to live against their sum.
Result<void> ModalityTable::check_column(std::size_t column) const {
  const Unit write_sum = kCacheWrite.cells[column - 1];
  const bool has_write_sum = rows_.has_writes && counts_.has(write_sum);
  Parts cells(counts_);
  Parts writes(counts_);
  for (std::size_t row = 0; row < rows_.size; ++row) {
    const Type& type = *rows_.types[row];
    const bool in_sum = has_write_sum && is_write(type) && &type != &kCacheWrite;
    (in_sum ? writes : cells).add(type.cells[column - 1]);
  }
  if (Result<void> fits = writes.check(write_sum); !fits) return fits;
  return cells.check(layout_.modalities[column - 1]);
}

Result<void> ModalityTable::check() const {
  for (std::size_t row = 0; row < rows_.size; ++row) {
    const Type& type = *rows_.types[row];
    Parts cells(counts_);
    for (const Unit cell : type.cells) cells.add(cell);
    const bool is_sum = &type == &kCacheWrite && !counts_.has(type.unit) && rows_.write_total > 0;
    Result<void> fits = is_sum ? cells.check(type.unit, rows_.write_total) : cells.check(type.unit);
    if (!fits) return fits;
  }
  for (std::size_t column = 1; column < kColumnCount; ++column) {
    if (Result<void> fits = check_column(column); !fits) return fits;
  }
  return {};
}

void ModalityTable::set_margins() {
  std::int64_t plain = counts_.count(layout_.whole);
  std::int64_t text = plain;
  for (std::size_t row = 0; row < rows_.size; ++row) {
    transport_.supply[row] = rows_.totals[row];
    plain -= rows_.totals[row];
  }
  transport_.supply[rows_.size] = plain;
  for (std::size_t column = 1; column < kColumnCount; ++column) {
    transport_.room[column] = counts_.count(layout_.modalities[column - 1]);
    text -= transport_.room[column];
  }
  transport_.room[0] = text;
}

void ModalityTable::fix_cells(std::size_t column) {
  for (std::size_t row = 0; row < rows_.size; ++row) {
    if (!is_fixed(row, column)) continue;
    const std::int64_t count = counts_.count(rows_.types[row]->cells[column - 1]);
    fixed_[row][column] = count;
    transport_.supply[row] -= count;
    transport_.room[column] -= count;
  }
}

void ModalityTable::open_cells(std::size_t column) {
  const bool has_share =
      rows_.has_writes && column > 0 && counts_.has(kCacheWrite.cells[column - 1]);
  const std::size_t share = kColumnCount + column;
  if (has_share) {
    std::int64_t rest = counts_.count(kCacheWrite.cells[column - 1]);
    for (std::size_t row = 0; row < rows_.size; ++row) {
      if (is_write(*rows_.types[row])) rest -= fixed_[row][column];
    }
    transport_.room[share] = rest;
    transport_.room[column] -= rest;
  }
  for (std::size_t row = 0; row <= rows_.size; ++row) {
    const bool in_share = has_share && row < rows_.size && is_write(*rows_.types[row]);
    transport_.open[row][in_share ? share : column] = !is_fixed(row, column);
  }
}

bool ModalityTable::fill() {
  set_margins();
  for (std::size_t column = 1; column < kColumnCount; ++column) fix_cells(column);
  for (std::size_t column = 0; column < kColumnCount; ++column) open_cells(column);
  const auto is_negative = [](std::int64_t count) { return count < 0; };
  return std::ranges::none_of(transport_.room, is_negative) &&
         std::ranges::none_of(transport_.supply, is_negative) && transport_.fill();
}

void ModalityTable::write_out(Quantities& out) const {
  for (std::size_t row = 0; row <= rows_.size; ++row) {
    const Type* const type = row < rows_.size ? rows_.types[row] : nullptr;
    at(out, type == nullptr ? layout_.plain : type->meter) = transport_.sent[row][0];
    for (std::size_t column = 1; column < kColumnCount; ++column) {
      const Meter meter =
          type == nullptr ? layout_.plain_cells[column - 1] : meter_of(type->cells[column - 1]);
      at(out, meter) = fixed_[row][column] + transport_.sent[row][column] +
                       transport_.sent[row][kColumnCount + column];
    }
  }
}

bool has_modalities(const UsageCounts& counts, const Layout& layout, const Rows& rows) {
  const auto counted = [&counts](Unit unit) { return counts.count(unit) > 0; };
  if (std::ranges::any_of(layout.modalities, counted)) return true;
  for (std::size_t row = 0; row < rows.size; ++row) {
    if (std::ranges::any_of(rows.types[row]->cells, counted)) return true;
  }
  return false;
}

/// Writes the meters of one direction.
Result<void> divide(const UsageCounts& counts, const Layout& layout, const Rows& rows,
                    Quantities& out) {
  Parts types(counts);
  for (std::size_t row = 0; row < rows.size; ++row) {
    const Type& type = *rows.types[row];
    if (!is_write(type)) types.add(type.unit);
    if (&type == &kCacheWrite) types.add(type.unit, rows.write_total);
  }
  if (!counts.has(layout.whole)) types.add(layout.text);
  if (Result<void> fits = types.check(layout.whole); !fits) return fits;
  if (!has_modalities(counts, layout, rows)) {
    at(out, layout.plain) = counts.count(layout.whole) - types.sum();
    for (std::size_t row = 0; row < rows.size; ++row) {
      at(out, rows.types[row]->meter) = rows.totals[row];
    }
    return {};
  }
  Parts modalities(counts);
  for (const Unit unit : layout.modalities) modalities.add(unit);
  if (Result<void> fits = modalities.check(layout.whole); !fits) return fits;
  ModalityTable table(counts, layout, rows);
  if (Result<void> fits = table.check(); !fits) return fits;
  if (!table.fill()) {
    return fail(ErrorCode::invalid_input,
                "the counts by token type and by modality contradict each other within " +
                    named(layout.whole, counts.count(layout.whole)));
  }
  table.write_out(out);
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
  present_[place / 64] |= std::uint64_t{1} << (place % 64);
  if (__builtin_add_overflow(counts_[place], quantity, &counts_[place])) {
    counts_[place] = INT64_MAX;
  }
}

void UsageCounts::clear() {
  counts_.fill(0);
  present_.fill(0);
}

Result<Quantities> UsageCounts::disjoint() const {
  Quantities out{};
  for (std::size_t word = 0; word < present_.size(); ++word) {
    for (std::uint64_t rest = present_[word]; rest != 0; rest &= rest - 1) {
      const auto unit =
          static_cast<Unit>(word * 64 + static_cast<std::size_t>(std::countr_zero(rest)));
      if (count(unit) > kQuantityMax) {
        return fail(ErrorCode::invalid_input, named(unit, count(unit)) + " are more than " +
                                                  std::to_string(kQuantityMax) +
                                                  ", the most that one record can count");
      }
      const Meter meter = meter_of(unit);
      if (facts(meter).family != Family::tokens) at(out, meter) = count(unit);
    }
  }
  if (Result<void> fits = take_out_parts(*this, out); !fits) return fail(fits.error());
  const Result<Rows> input = input_rows(*this);
  if (!input) return fail(input.error());
  if (Result<void> done = divide(*this, kInput, *input, out); !done) return fail(done.error());
  if (Result<void> done = divide(*this, kOutput, output_rows(*this), out); !done) {
    return fail(done.error());
  }
  return out;
}

}  // namespace costops
