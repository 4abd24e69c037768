// sqlite_texts.cc - texts and their numbers; entries back into records.
#include "storage/sqlite_texts.h"

#include "storage/adjustment.h"
#include "storage/groups.h"
#include "storage/ledger_columns.h"
#include "storage/record_dimensions.h"
#include "storage/sqlite_schema.h"

namespace costops::storage {
namespace {

constexpr int place(SqliteColumn column) { return static_cast<int>(column); }

std::optional<std::int64_t> optional_number(const sqlite::Statement& row, SqliteColumn column) {
  if (row.is_null(place(column))) return std::nullopt;
  return row.integer(place(column));
}

Instant instant(std::int64_t microseconds) { return Instant(Microseconds(microseconds)); }

}  // namespace

// --- SqliteTextNumbers ---

Result<std::int64_t> SqliteTextNumbers::number(sqlite::Connection& connection,
                                               std::string_view text) {
  added_ = false;
  if (text.empty()) return 0;
  const auto known = remembered_.find(std::string(text));
  if (known != remembered_.end()) return known->second;
  if (!select_.is_open()) {
    auto select = connection.prepare("SELECT id FROM " + table_ + " WHERE value = ?");
    auto insert = connection.prepare("INSERT INTO " + table_ + " (value) VALUES (?)");
    if (!select) return fail(select.error());
    if (!insert) return fail(insert.error());
    select_ = std::move(*select);
    insert_ = std::move(*insert);
  }
  const auto found = select_.reset().bind(text).step();
  std::int64_t number = found && *found ? select_.integer(0) : 0;
  select_.reset();
  if (!found) return fail(found.error());
  if (!*found) {
    if (auto inserted = insert_.bind(text).run(); !inserted) return fail(inserted.error());
    number = connection.last_row();
    added_ = true;
  }
  if (remembered_.size() >= kRemembered) remembered_.clear();
  remembered_.emplace(text, number);
  return number;
}

void SqliteTextNumbers::forget() { remembered_.clear(); }

// --- SqliteRecords ---

SqliteRecords::SqliteRecords(sqlite::Connection& connection) : connection_(connection) {}

Result<void> SqliteRecords::prepare() {
  if (entries_.is_open()) return {};
  const std::string select = "SELECT " + sqlite_columns() + " FROM entries WHERE ";
  const std::string bounds = " AND recorded_at <= ?2 AND entry <= ?3";
  auto entries = connection_.prepare(select + "entry = ?1" + bounds + " UNION ALL " + select +
                                     "record = ?1" + bounds + " ORDER BY entry");
  if (!entries) return fail(entries.error());
  auto side = connection_.prepare(
      "SELECT value, quantity FROM other_quantities JOIN meters ON id = meter_id WHERE entry = ?");
  if (!side) return fail(side.error());
  entries_ = std::move(*entries);
  side_ = std::move(*side);
  return {};
}

Result<std::string> SqliteRecords::text(std::string_view table, std::int64_t number) {
  if (number == 0) return std::string();
  constexpr std::size_t kRemembered = 200'000;
  Texts& texts = texts_[table];
  const auto known = texts.known.find(number);
  if (known != texts.known.end()) return known->second;
  if (!texts.select.is_open()) {
    auto select = connection_.prepare("SELECT value FROM " + std::string(table) + " WHERE id = ?");
    if (!select) return fail(select.error());
    texts.select = std::move(*select);
  }
  const auto found = texts.select.reset().bind(number).step();
  if (!found) return fail(found.error());
  std::string text(*found ? texts.select.text(0) : std::string_view());
  texts.select.reset();
  if (texts.known.size() >= kRemembered) texts.known.clear();
  return texts.known[number] = std::move(text);
}

Result<Currency> SqliteRecords::currency(std::int64_t number) {
  const auto code = text("currencies", number);
  if (!code) return fail(code.error());
  if (code->empty()) return Currency();
  return Currency::parse(*code);
}

Result<std::string> SqliteRecords::price_id(std::int64_t number) {
  if (number == 0) return std::string();
  // Prices are looked up like texts: their id is the value.
  Texts& texts = texts_["prices_used"];
  if (!texts.select.is_open()) {
    auto select = connection_.prepare("SELECT id FROM prices_used WHERE number = ?");
    if (!select) return fail(select.error());
    texts.select = std::move(*select);
  }
  return text("prices_used", number);
}

Result<void> SqliteRecords::read_side(std::int64_t entry, Quantities& quantities) {
  side_.reset().bind(entry);
  for (;;) {
    const auto more = side_.step();
    if (!more) return fail(more.error());
    if (!*more) break;
    const auto meter = meter_named(side_.text(0));
    if (!meter) return fail(meter.error());
    at(quantities, *meter) = side_.integer(1);
  }
  side_.reset();
  return {};
}

Result<HistoryLine> SqliteRecords::read_line(sqlite::Statement& row) {
  HistoryLine line;
  line.recorded_at = instant(row.integer(place(SqliteColumn::recorded_at)));
  const bool is_record = row.is_null(place(SqliteColumn::record));
  line.what = is_record ? "recorded" : row.text(place(SqliteColumn::why));
  line.status = static_cast<PricingStatus>(row.integer(place(SqliteColumn::status)));
  auto reason = text("reasons", row.integer(place(SqliteColumn::reason)));
  if (!reason) return fail(reason.error());
  line.reason = std::move(*reason);
  const auto code = currency(row.integer(place(SqliteColumn::currency)));
  if (!code) return fail(code.error());
  line.currency = *code;
  for (std::size_t i = 0; i < kColumnMeters.size(); ++i) {
    at(line.quantities, kColumnMeters[i]) =
        row.integer(place(SqliteColumn::meters) + static_cast<int>(i));
  }
  if (row.integer(place(SqliteColumn::more)) != 0) {
    const std::int64_t entry = row.integer(place(SqliteColumn::entry));
    if (auto read = read_side(entry, line.quantities); !read) return fail(read.error());
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    line.costs.by_class[c] =
        Amount::pico(row.integer(place(SqliteColumn::costs) + static_cast<int>(c)));
  }
  line.price = static_cast<std::int32_t>(row.integer(place(SqliteColumn::price)));
  auto id = price_id(line.price);
  if (!id) return fail(id.error());
  line.price_id = std::move(*id);
  const std::int64_t reported = row.integer(place(SqliteColumn::reported_currency));
  if (reported == 0) return line;
  const auto reported_code = currency(reported);
  if (!reported_code) return fail(reported_code.error());
  line.reported_cost = Money{Amount::pico(row.wide(place(SqliteColumn::reported))), *reported_code};
  return line;
}

Result<void> SqliteRecords::read_usage(sqlite::Statement& row, UsageRecord& usage) {
  Result<void> read;
  const auto text_at = [&](Dimension d) {
    const int column = place(SqliteColumn::dimensions) + static_cast<int>(d);
    auto found = text(text_table(d), row.integer(column));
    if (!found) read = fail(found.error());
    return found.value_or(std::string());
  };
  for_each_dimension_text(usage, [&](Dimension d, std::string& field) { field = text_at(d); });
  usage.tags = tags_of(text_at(Dimension::tags));
  if (!read) return read;
  usage.position.line = static_cast<std::uint64_t>(row.integer(place(SqliteColumn::line)));
  usage.id = row.id(place(SqliteColumn::id));
  usage.grows = row.integer(place(SqliteColumn::grows)) != 0;
  usage.source_id = row.text(place(SqliteColumn::source_id));
  if (row.integer(place(SqliteColumn::time_given)) != 0) {
    usage.at = instant(row.integer(place(SqliteColumn::used_at)));
  }
  usage.context_window = row.integer(place(SqliteColumn::context_window));
  usage.metadata = row.text(place(SqliteColumn::metadata));
  usage.status = static_cast<CallStatus>(row.integer(place(SqliteColumn::call_status)));
  usage.latency_ms = optional_number(row, SqliteColumn::latency);
  usage.time_to_first_token_ms = optional_number(row, SqliteColumn::first_token);
  if (const auto at = optional_number(row, SqliteColumn::ingested_at)) {
    usage.ingested_at = instant(*at);
  }
  return {};
}

Result<StoredRecord> SqliteRecords::load(std::int64_t entry, std::optional<Instant> as_of,
                                         std::int64_t last_entry) {
  if (auto prepared = prepare(); !prepared) return fail(prepared.error());
  StoredRecord record;
  HistoryLine standing;
  const Instant until = as_of.value_or(max_instant());
  entries_.reset().bind(entry).bind(until.time_since_epoch().count()).bind(last_entry);
  for (;;) {
    const auto more = entries_.step();
    if (!more) return fail(more.error());
    if (!*more) break;
    if (entries_.is_null(place(SqliteColumn::record))) {
      record.at = instant(entries_.integer(place(SqliteColumn::used_at)));
      if (auto read = read_usage(entries_, record.usage); !read) return fail(read.error());
    }
    const auto line = read_line(entries_);
    if (!line) return fail(line.error());
    apply(*line, standing);
    // The reversal half of a change of currency is no state of its own.
    if (entries_.integer(place(SqliteColumn::records)) < 0) continue;
    record.history.push_back(standing);
  }
  entries_.reset();
  record.usage.quantities = standing.quantities;
  record.usage.reported_cost = standing.reported_cost;
  return record;
}

}  // namespace costops::storage
