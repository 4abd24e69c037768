// duckdb_scan.cc - the columnar scan: records in the order in which the ledger took them, with the
// sums of their adjustments added. An answer that DuckDB streams comes in no certain order, and
// sorting all of it takes memory: so each block of entry numbers is a question of its own, sorted.
// Texts of small tables are looked up here; those of large ones DuckDB joins.
#include <array>
#include <charconv>

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
  RecordScan(duck::Connection& connection, const Query& selection, const RecordTextsWanted& wanted)
      : connection_(connection), selection_(selection), wanted_(wanted) {}

  Result<void> prepare();
  Result<void> run(const std::function<Result<void>(const RecordBatch&)>& visit);

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
  struct Block {
    std::int64_t first = 0, end = 0;  ///< Entry numbers, half-open.
  };
  Result<Block> bounds() const;
  void add_from(Sql& sql, Block block) const;
  Result<void> run(Block block, const std::function<Result<void>(const RecordBatch&)>& visit);
  void fill(const duck::Rows& rows);
  void fill_texts(const duck::Rows& rows);
  Result<void> fill_more(const duck::Rows& rows);
  void copy(const duck::Rows& rows, std::size_t column, std::vector<std::int64_t>& into) const;

  duck::Connection& connection_;
  const Query& selection_;
  const RecordTextsWanted& wanted_;
  bool adjusted_ = false, more_ = false;
  std::string columns_, joins_;
  std::size_t count_ = 0, id_ = 0, at_ = 0, given_ = 0, status_ = 0, call_status_ = 0, more_at_ = 0,
              meters_ = 0, costs_ = 0, reported_ = 0, source_id_ = 0, metadata_ = 0;
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
  if (auto done = select_text(batch_.currencies, "currencies", standing("currency_id")); !done) {
    return done;
  }
  if (auto done = select_text(batch_.reasons, "reasons", standing("reason_id")); !done) return done;
  if (auto done =
          select_text(batch_.reported_currencies, "currencies", standing("reported_currency_id"));
      !done) {
    return done;
  }
  return select_text(batch_.price_ids, "prices_used", standing("price_number"));
}

void RecordScan::select_measures() {
  meters_ = count_;
  for (const Meter meter : kColumnMeters) select(summed(std::string(to_string(meter))));
  costs_ = count_;
  for (const std::string_view column : kCostColumns) select(summed(std::string(column)));
  reported_ = select(
      adjusted_ ? "coalesce(r.reported_cost_pico, 0) + coalesce(a.reported_cost_pico, 0)::HUGEINT"
                : "coalesce(r.reported_cost_pico, 0::HUGEINT)");
}

Result<void> RecordScan::prepare() {
  const auto adjustments = count_of(connection_, "adjustments");
  const auto more = count_of(connection_, "other_quantities");
  if (!adjustments) return fail(adjustments.error());
  if (!more) return fail(more.error());
  adjusted_ = *adjustments > 0;
  more_ = *more > 0;

  id_ = select("r.id");
  at_ = select("r.used_at");
  given_ = select("r.time_given");
  status_ = select(standing("status"));
  call_status_ = select("r.call_status");
  whole_ = {{at_, &batch_.at},
            {select("r.recorded_at"), &batch_.recorded_at},
            {select(adjusted_ ? "l.recorded_at" : "NULL::TIMESTAMP"), &batch_.corrected_at},
            {select("r.context_window"), &batch_.context_window},
            {select("r.latency_ms"), &batch_.latency_ms},
            {select("r.time_to_first_token_ms"), &batch_.time_to_first_token_ms},
            {select("r.ingested_at"), &batch_.ingested_at},
            {select("r.line"), &batch_.line}};
  select_measures();
  if (auto done = select_texts(); !done) return done;
  if (wanted_.source_ids) source_id_ = select("r.source_id");
  if (wanted_.metadata) metadata_ = select("r.metadata");
  if (more_) more_at_ = select("o.more");

  return {};
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
  // Adjustments have no status of the call: the view leaves their branch out.
  sql.add(" FROM (SELECT * FROM entries").where(selection_);
  sql.add(" AND call_status IS NOT NULL AND entry >= ").value(block.first);
  sql.add("::BIGINT AND entry < ").value(block.end).add("::BIGINT) r");
  const auto as_of = [&](std::string_view word) {
    if (selection_.as_of) sql.add(word).add(" recorded_at <= ").time(*selection_.as_of);
  };
  if (adjusted_) {
    sql.add(" LEFT JOIN (SELECT id, max(entry) AS last");
    for (const Meter meter : kColumnMeters) {
      sql.add(", sum(").add(to_string(meter)).add(") AS ").add(to_string(meter));
    }
    for (const std::string_view column : kCostColumns) {
      sql.add(", sum(").add(column).add(") AS ").add(column);
    }
    sql.add(", sum(reported_cost_pico) AS reported_cost_pico FROM adjustments");
    as_of(" WHERE");
    sql.add(" GROUP BY id) a ON a.id = r.id LEFT JOIN adjustments l ON l.entry = a.last");
  }
  if (more_) {
    sql.add(
        " LEFT JOIN (SELECT id, string_agg(meter || '=' || quantity, ';' ORDER BY meter) AS more "
        "FROM (SELECT e.id, m.value AS meter, sum(q.quantity) AS quantity FROM other_quantities q "
        "JOIN entries e ON e.entry = q.entry JOIN meters m ON m.id = q.meter_id");
    as_of(" WHERE");
    sql.add(" GROUP BY e.id, m.value HAVING sum(q.quantity) <> 0) GROUP BY id) o ON o.id = r.id");
  }
  sql.add(joins_).add(" ORDER BY r.entry");
}

void RecordScan::copy(const duck::Rows& rows, std::size_t column,
                      std::vector<std::int64_t>& into) const {
  const auto* values = rows.column<std::int64_t>(column);
  into.assign(values, values + rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.is_null(column, row)) into[row] = UsageBatch::kNone;
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
      const auto number = static_cast<std::size_t>(numbers[row]);
      const bool known = number < text.held.by_number.size();
      (*text.into)[row] = known ? text.held.by_number[number] : std::string_view();
    }
  }
  const auto fill_plain = [&](std::vector<std::string_view>& into, std::size_t column) {
    into.resize(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) into[row] = rows.text(column, row);
  };
  if (wanted_.source_ids) fill_plain(batch_.source_ids, source_id_);
  if (wanted_.metadata) fill_plain(batch_.metadata, metadata_);
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

void RecordScan::fill(const duck::Rows& rows) {
  batch_.rows = rows.size();
  for (const auto& [column, into] : whole_) copy(rows, column, *into);
  batch_.ids.resize(rows.size());
  batch_.at_given.resize(rows.size());
  batch_.status.resize(rows.size());
  batch_.call_status.resize(rows.size());
  batch_.reported_pico.resize(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    batch_.ids[row] = duck::id_of(rows.column<duckdb_hugeint>(id_)[row]);
    batch_.at_given[row] = rows.column<bool>(given_)[row];
    batch_.status[row] = static_cast<PricingStatus>(rows.column<std::int8_t>(status_)[row]);
    batch_.call_status[row] = static_cast<CallStatus>(rows.column<std::int8_t>(call_status_)[row]);
    batch_.reported_pico[row] = duck::int128_of(rows.column<duckdb_hugeint>(reported_)[row]);
  }
  for (auto& column : batch_.quantities) column.clear();
  for (std::size_t m = 0; m < kColumnMeters.size(); ++m) {
    copy(rows, meters_ + m, batch_.quantities[static_cast<std::size_t>(kColumnMeters[m])]);
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) copy(rows, costs_ + c, batch_.pico[c]);
  fill_texts(rows);
}

Result<void> RecordScan::run(Block block,
                             const std::function<Result<void>(const RecordBatch&)>& visit) {
  Sql sql;
  sql.add("SELECT ").add(columns_);
  add_from(sql, block);
  auto statement = sql.prepare(connection_);
  if (!statement) return fail(statement.error());
  auto rows = statement->stream();
  if (!rows) return fail(rows.error());
  for (auto more = rows->next(); !more || *more; more = rows->next()) {
    if (!more) return fail(more.error());
    fill(*rows);
    if (auto filled = fill_more(*rows); !filled) return filled;
    if (auto visited = visit(batch_); !visited) return visited;
  }
  return {};
}

Result<void> RecordScan::run(const std::function<Result<void>(const RecordBatch&)>& visit) {
  const auto all = bounds();
  if (!all) return fail(all.error());
  constexpr auto kBlock = static_cast<std::int64_t>(kRowsPerBatch);
  for (Block block{all->first, 0}; block.first < all->end; block.first = block.end) {
    // Whole batches of the ledger, so that DuckDB skips the others' row groups.
    block.end = std::min(all->end, (block.first / kBlock + 1) * kBlock);
    if (auto done = run(block, visit); !done) return done;
  }
  return {};
}

}  // namespace

Result<void> DuckdbLedger::scan_batches(
    const Query& selection, const RecordTextsWanted& wanted,
    const std::function<Result<void>(const RecordBatch&)>& visit) const {
  auto question = asking();
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
