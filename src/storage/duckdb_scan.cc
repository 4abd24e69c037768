// duckdb_scan.cc - the columnar scan: records in the order in which the ledger took them, with the
// sums of their adjustments added. DuckDB answers in no certain order, and sorting all takes
// memory: so each block of entry numbers is a question of its own, sorted. Texts of small tables
// are looked up here; those of large ones DuckDB joins.
#include <array>
#include <charconv>
#include <future>

#include "storage/duckdb_ledger.h"
#include "storage/duckdb_query.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

/// Texts of one table by number: up to this many are held in memory.
constexpr std::int64_t kHeldTexts = 200'000;

Result<std::int64_t> count_of(duck::Connection& connection, const std::string& table) {
  auto rows = connection.ask("SELECT count(*) FROM " + table);
  std::int64_t count = 0;
  const auto read = duck::for_each_row(
      rows, [&](std::size_t row) { count = rows->column<std::int64_t>(0)[row]; });
  if (!read) return fail(read.error());
  return count;
}

/// The texts of a table by their numbers, or the knowledge that there are too many.
struct HeldTexts {
  bool joined = false;
  std::vector<std::string> by_number;
};

Result<HeldTexts> held_texts(duck::Connection& connection, const std::string& table,
                             const char* number, const char* text) {
  HeldTexts held;
  const auto count = count_of(connection, table);
  if (!count) return fail(count.error());
  held.joined = *count > kHeldTexts;
  if (held.joined) return held;
  auto rows = connection.ask(std::string("SELECT ") + number + ", " + text + " FROM " + table);
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    const auto n = static_cast<std::size_t>(rows->column<std::int32_t>(0)[row]);
    if (n >= held.by_number.size()) held.by_number.resize(n + 1);
    held.by_number[n] = rows->text(1, row);
  });
  if (!read) return fail(read.error());
  return held;
}

/// Builds the question and remembers which column of the answer is what.
class RecordScan {
 public:
  RecordScan(duck::Connection& connection, const Query& selection,
             const RecordColumnsWanted& wanted)
      : connection_(connection), selection_(selection), wanted_(wanted) {}

  Result<void> prepare();
  using Visitor = std::function<Result<void>(const RecordBatch&)>;
  Result<void> run(const Visitor& visit);

 private:
  struct TextColumn {
    std::vector<std::string_view>* into;
    HeldTexts held;
    std::size_t column;
  };

  std::size_t select(const std::string& expression) {
    columns_ += columns_.empty() ? "" : ", ";
    columns_ += expression;
    return count_++;
  }
  /// `last`: as the last adjustment says it, if there is one.
  std::string standing(const std::string& column) const {
    return adjusted_ ? "coalesce(l." + column + ", r." + column + ")" : "r." + column;
  }
  std::string summed(const std::string& column) const {
    return adjusted_ ? "(r." + column + " + coalesce(a." + column + ", 0))::BIGINT" : "r." + column;
  }
  Result<void> select_text(std::vector<std::string_view>& into, const std::string& table,
                           const std::string& number);
  Result<void> select_texts();
  void select_measures();
  void select_whole(RecordColumn wanted, const char* expression, std::vector<std::int64_t>& into);
  [[nodiscard]] bool wants_other_meters() const;
  struct Block {
    std::int64_t first = 0, end = 0;  ///< Entry numbers, half-open.
  };
  Result<Block> bounds() const;
  void add_from(Sql& sql, Block block) const;
  [[nodiscard]] static Block block_from(std::int64_t first, std::int64_t end);
  Result<duck::Rows> ask(Block block) const;
  Result<void> visit_rows(duck::Rows rows, const Visitor& visit);
  void fill(const duck::Rows& rows);
  void fill_texts(const duck::Rows& rows);
  Result<void> fill_more(const duck::Rows& rows);
  void copy(const duck::Rows& rows, std::size_t column, std::vector<std::int64_t>& into) const;

  duck::Connection& connection_;
  const Query& selection_;
  const RecordColumnsWanted& wanted_;
  bool adjusted_ = false, more_ = false;
  std::string columns_, joins_;
  std::size_t count_ = 0, id_ = 0, given_ = 0, status_ = 0, call_status_ = 0, more_at_ = 0,
              reported_ = 0, source_id_ = 0, metadata_ = 0;
  std::vector<std::pair<std::size_t, std::vector<std::int64_t>*>> whole_;
  std::vector<TextColumn> texts_;
  RecordBatch batch_;
};

Result<void> RecordScan::select_text(std::vector<std::string_view>& into, const std::string& table,
                                     const std::string& number) {
  const bool price = table == "prices_used";
  auto held = held_texts(connection_, table, price ? "number" : "id", price ? "id" : "value");
  if (!held) return fail(held.error());
  std::size_t column = 0;
  if (held->joined) {
    const std::string name = "t" + std::to_string(texts_.size());
    joins_ += " LEFT JOIN " + table + " " + name + " ON " + name + (price ? ".number" : ".id") +
              " = " + number;
    column = select(name + (price ? ".id" : ".value"));
  } else {
    column = select(number);
  }
  texts_.push_back({&into, std::move(*held), column});
  return {};
}

Result<void> RecordScan::select_texts() {
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    if (!wanted_.dimensions[d]) continue;
    const auto dimension = static_cast<Dimension>(d);
    if (auto done = select_text(batch_.dimensions[d], std::string(text_table(dimension)),
                                "r." + id_column(dimension));
        !done) {
      return done;
    }
  }
  const auto select_if = [&](RecordColumn wanted, std::vector<std::string_view>& into,
                             const char* table, const char* number) -> Result<void> {
    return wanted_.has(wanted) ? select_text(into, table, standing(number)) : Result<void>();
  };
  if (auto done =
          select_if(RecordColumn::currencies, batch_.currencies, "currencies", "currency_id");
      !done) {
    return done;
  }
  if (auto done = select_if(RecordColumn::reasons, batch_.reasons, "reasons", "reason_id"); !done) {
    return done;
  }
  if (auto done = select_if(RecordColumn::reported, batch_.reported_currencies, "currencies",
                            "reported_currency_id");
      !done) {
    return done;
  }
  return select_if(RecordColumn::price_ids, batch_.price_ids, "prices_used", "price_number");
}

void RecordScan::select_measures() {
  for (const Meter meter : kColumnMeters) {
    const auto m = static_cast<std::size_t>(meter);
    if (!wanted_.meters[m]) continue;
    whole_.emplace_back(select(summed(std::string(to_string(meter)))), &batch_.quantities[m]);
  }
  for (std::size_t c = 0; c < kCostClassCount && wanted_.has(RecordColumn::pico); ++c) {
    whole_.emplace_back(select(summed(std::string(kCostColumns[c]))), &batch_.pico[c]);
  }
  if (!wanted_.has(RecordColumn::reported)) return;
  reported_ = select(
      adjusted_ ? "coalesce(r.reported_cost_pico, 0) + coalesce(a.reported_cost_pico, 0)::HUGEINT"
                : "coalesce(r.reported_cost_pico, 0::HUGEINT)");
}

void RecordScan::select_whole(RecordColumn wanted, const char* expression,
                              std::vector<std::int64_t>& into) {
  if (wanted_.has(wanted)) whole_.emplace_back(select(expression), &into);
}

Result<void> RecordScan::prepare() {
  const auto adjustments = count_of(connection_, "adjustments");
  const auto more = count_of(connection_, "other_quantities");
  if (!adjustments) return fail(adjustments.error());
  if (!more) return fail(more.error());
  adjusted_ = *adjustments > 0;
  more_ = *more > 0 && wants_other_meters();

  if (wanted_.has(RecordColumn::ids)) id_ = select("r.id");
  if (wanted_.has(RecordColumn::at_given)) given_ = select("r.time_given");
  if (wanted_.has(RecordColumn::status)) status_ = select(standing("status"));
  if (wanted_.has(RecordColumn::call_status)) call_status_ = select("r.call_status");
  select_whole(RecordColumn::at, "r.used_at", batch_.at);
  select_whole(RecordColumn::recorded_at, "r.recorded_at", batch_.recorded_at);
  select_whole(RecordColumn::corrected_at, adjusted_ ? "l.recorded_at" : "NULL::TIMESTAMP",
               batch_.corrected_at);
  select_whole(RecordColumn::context_window, "r.context_window", batch_.context_window);
  select_whole(RecordColumn::latency_ms, "r.latency_ms", batch_.latency_ms);
  select_whole(RecordColumn::time_to_first_token_ms, "r.time_to_first_token_ms",
               batch_.time_to_first_token_ms);
  select_whole(RecordColumn::ingested_at, "r.ingested_at", batch_.ingested_at);
  select_whole(RecordColumn::line, "r.line", batch_.line);
  select_measures();
  if (auto done = select_texts(); !done) return done;
  if (wanted_.has(RecordColumn::source_ids)) source_id_ = select("r.source_id");
  if (wanted_.has(RecordColumn::metadata)) metadata_ = select("r.metadata");
  if (more_) more_at_ = select("o.more");
  if (columns_.empty()) select("1");  // Rows are counted all the same.
  return {};
}

bool RecordScan::wants_other_meters() const {
  auto others = wanted_.meters;
  for (const Meter meter : kColumnMeters) others.reset(static_cast<std::size_t>(meter));
  return others.any();
}

Result<RecordScan::Block> RecordScan::bounds() const {
  Sql sql;
  sql.add("SELECT coalesce(min(entry), 0), coalesce(max(entry) + 1, 0) FROM entries");
  sql.where(selection_).add(" AND call_status IS NOT NULL");
  auto statement = sql.prepare(connection_);
  if (!statement) return fail(statement.error());
  auto rows = statement->run();
  Block block;
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    block = {rows->column<std::int64_t>(0)[row], rows->column<std::int64_t>(1)[row]};
  });
  if (!read) return fail(read.error());
  return block;
}

void RecordScan::add_from(Sql& sql, Block block) const {
  const auto add_block = [&] {
    // Adjustments have no status of the call: the view leaves their branch out.
    sql.add(" AND call_status IS NOT NULL AND entry >= ").value(block.first);
    sql.add("::BIGINT AND entry < ").value(block.end).add("::BIGINT");
  };
  // Of adjustments and further quantities, those of the block's records only.
  const auto of_block = [&](std::string_view id) {
    sql.add(" WHERE ").add(id).add(" IN (SELECT id FROM entries WHERE true");
    add_block();
    sql.add(")");
    if (selection_.as_of) sql.add(" AND recorded_at <= ").time(*selection_.as_of);
  };
  sql.add(" FROM (SELECT * FROM entries").where(selection_);
  add_block();
  sql.add(") r");
  if (adjusted_) {
    sql.add(" LEFT JOIN (SELECT id, max(entry) AS last");
    for (const Meter meter : kColumnMeters) {
      sql.add(", sum(").add(to_string(meter)).add(") AS ").add(to_string(meter));
    }
    for (const std::string_view column : kCostColumns) {
      sql.add(", sum(").add(column).add(") AS ").add(column);
    }
    sql.add(", sum(reported_cost_pico) AS reported_cost_pico FROM adjustments");
    of_block("id");
    sql.add(" GROUP BY id) a ON a.id = r.id LEFT JOIN adjustments l ON l.entry = a.last");
  }
  if (more_) {
    sql.add(
        " LEFT JOIN (SELECT id, string_agg(meter || '=' || quantity, ';' ORDER BY meter) AS more "
        "FROM (SELECT e.id, m.value AS meter, sum(q.quantity) AS quantity FROM other_quantities q "
        "JOIN entries e ON e.entry = q.entry JOIN meters m ON m.id = q.meter_id");
    of_block("e.id");
    sql.add(" GROUP BY e.id, m.value HAVING sum(q.quantity) <> 0) GROUP BY id) o ON o.id = r.id");
  }
  sql.add(joins_).add(" ORDER BY r.entry");
}

void RecordScan::copy(const duck::Rows& rows, std::size_t column,
                      std::vector<std::int64_t>& into) const {
  const auto* values = rows.column<std::int64_t>(column);
  into.assign(values, values + rows.size());
  const std::uint64_t* valid = rows.validity(column);
  if (valid == nullptr) return;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if ((valid[row / 64] >> row % 64 & 1) == 0) into[row] = UsageBatch::kNone;
  }
}

void RecordScan::fill_texts(const duck::Rows& rows) {
  for (TextColumn& text : texts_) {
    text.into->resize(rows.size());
    if (text.held.joined) {
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const bool none = rows.is_null(text.column, row);
        (*text.into)[row] = none ? std::string_view() : rows.text(text.column, row);
      }
      continue;
    }
    const auto* numbers = rows.column<std::int32_t>(text.column);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      // What stands in the place of no value is anything.
      const auto number = static_cast<std::size_t>(numbers[row]);
      const bool known = !rows.is_null(text.column, row) && number < text.held.by_number.size();
      (*text.into)[row] = known ? text.held.by_number[number] : std::string_view();
    }
  }
  const auto fill_plain = [&](std::vector<std::string_view>& into, std::size_t column) {
    into.resize(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      into[row] = rows.is_null(column, row) ? std::string_view() : rows.text(column, row);
    }
  };
  if (wanted_.has(RecordColumn::source_ids)) fill_plain(batch_.source_ids, source_id_);
  if (wanted_.has(RecordColumn::metadata)) fill_plain(batch_.metadata, metadata_);
}

/// "audio_input_tokens=5;images=2", as the question joins it.
Result<void> RecordScan::fill_more(const duck::Rows& rows) {
  if (!more_) return {};
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.is_null(more_at_, row)) continue;
    std::string_view rest = rows.text(more_at_, row);
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      const std::size_t equals = part.find('=');
      const auto meter = parse_meter(part.substr(0, equals));
      if (!meter) {
        return fail(ErrorCode::unsupported, "the ledger counts \"" +
                                                std::string(part.substr(0, equals)) +
                                                "\", which this cost-ops does not know");
      }
      auto& column = batch_.quantities[static_cast<std::size_t>(*meter)];
      column.resize(rows.size(), 0);
      std::from_chars(part.data() + equals + 1, part.data() + part.size(), column[row]);
    }
  }
  return {};
}

/// A column that was asked for, each value as `read` makes it of the database's.
template <typename Stored, typename T, typename Read>
void fill_column(const duck::Rows& rows, std::size_t column, std::vector<T>& into,
                 const Read& read) {
  const auto* stored = rows.column<Stored>(column);
  into.resize(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) into[row] = read(stored[row]);
}

void RecordScan::fill(const duck::Rows& rows) {
  batch_.rows = rows.size();
  for (auto& column : batch_.quantities) column.clear();
  for (const auto& [column, into] : whole_) copy(rows, column, *into);
  if (wanted_.has(RecordColumn::ids)) {
    fill_column<duckdb_hugeint>(rows, id_, batch_.ids, duck::id_of);
  }
  if (wanted_.has(RecordColumn::at_given)) {
    fill_column<bool>(rows, given_, batch_.at_given,
                      [](bool given) { return static_cast<std::uint8_t>(given); });
  }
  if (wanted_.has(RecordColumn::status)) {
    fill_column<std::int8_t>(rows, status_, batch_.status,
                             [](std::int8_t value) { return static_cast<PricingStatus>(value); });
  }
  if (wanted_.has(RecordColumn::call_status)) {
    fill_column<std::int8_t>(rows, call_status_, batch_.call_status,
                             [](std::int8_t value) { return static_cast<CallStatus>(value); });
  }
  if (wanted_.has(RecordColumn::reported)) {
    fill_column<duckdb_hugeint>(rows, reported_, batch_.reported_pico, duck::int128_of);
  }
  fill_texts(rows);
}

Result<duck::Rows> RecordScan::ask(Block block) const {
  Sql sql;
  sql.add("SELECT ").add(columns_);
  add_from(sql, block);
  auto statement = sql.prepare(connection_);
  if (!statement) return fail(statement.error());
  return statement->run();  // Whole: streaming a block takes more time, and not less memory.
}

Result<void> RecordScan::visit_rows(duck::Rows rows, const Visitor& visit) {
  for (auto more = rows.next(); !more || *more; more = rows.next()) {
    if (!more) return fail(more.error());
    fill(rows);
    if (auto filled = fill_more(rows); !filled) return filled;
    if (auto visited = visit(batch_); !visited) return visited;
  }
  return {};
}

RecordScan::Block RecordScan::block_from(std::int64_t first, std::int64_t end) {
  // Parts of the ledger's batches, so that DuckDB skips the others' row groups.
  constexpr auto kBlock = static_cast<std::int64_t>(kRowsPerBatch) / 2;
  return {first, std::min(end, (first / kBlock + 1) * kBlock)};
}

Result<void> RecordScan::run(const Visitor& visit) {
  const auto all = bounds();
  if (!all) return fail(all.error());
  if (all->first >= all->end) return {};
  // While a block is visited, the next one is asked for.
  Block block = block_from(all->first, all->end);
  auto rows = ask(block);
  while (rows) {
    std::future<Result<duck::Rows>> next;
    if (block.end < all->end) {
      block = block_from(block.end, all->end);
      next = std::async(std::launch::async, [this, block] { return ask(block); });
    }
    if (auto visited = visit_rows(std::move(*rows), visit); !visited) return visited;
    if (!next.valid()) return {};
    rows = next.get();
  }
  return fail(rows.error());
}

}  // namespace

Result<void> DuckdbLedger::scan_batches(
    const Query& selection, const RecordColumnsWanted& wanted,
    const std::function<Result<void>(const RecordBatch&)>& visit) const {
  auto question = asking(Work::scanning);
  if (!question) return fail(question.error());
  // Several questions, one snapshot.
  auto transaction = duck::Transaction::begin(question->connection);
  if (!transaction) return fail(transaction.error());
  RecordScan scan(question->connection, selection, wanted);
  if (auto prepared = scan.prepare(); !prepared) return prepared;
  auto done = scan.run(visit);
  if (!done) note(done.error());
  return done;
}

}  // namespace costops::storage
