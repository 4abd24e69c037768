// sqlite_append.cc - a batch into the tables, in one transaction.
//
// Entries are numbered upwards, so their table only grows at its end. The identities go into a
// table of their own, sorted: a batch then walks the tree once instead of jumping about in it.
#include <algorithm>
#include <map>

#include "storage/ledger_columns.h"
#include "storage/record_search.h"
#include "storage/sqlite_ledger.h"
#include "storage/sqlite_query.h"
#include "storage/sqlite_row.h"
#include "storage/sqlite_schema.h"

namespace costops::storage {
namespace {

constexpr std::uint32_t kNoPrice = UINT32_MAX;
constexpr std::int64_t kUnnumbered = -1;

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }

bool has_side_quantities(const Quantities& quantities) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (quantities[i] != 0 && !has_column(static_cast<Meter>(i))) return true;
  }
  return false;
}

std::string insert_entry_sql() {
  std::string sql = "INSERT INTO entries (" + sqlite_columns() + ") VALUES (?";
  for (int i = 1; i < static_cast<int>(SqliteColumn::count); ++i) sql += ",?";
  return sql + ")";
}

/// An adjustment takes what its record says of itself from the record's entry (?1).
std::string copy_entry_sql() {
  std::string dimensions;
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    dimensions += ", " + id_column(static_cast<Dimension>(d));
  }
  std::string sql = "INSERT INTO entries (" + sqlite_columns() + ") SELECT ?2, entry, id, ?3, " +
                    "used_at, time_given" + dimensions;
  const int given =
      static_cast<int>(SqliteColumn::grows) - static_cast<int>(SqliteColumn::currency);
  for (int i = 0; i < given; ++i) sql += ", ?" + std::to_string(4 + i);
  const int absent = static_cast<int>(SqliteColumn::count) - static_cast<int>(SqliteColumn::grows);
  for (int i = 0; i < absent; ++i) sql += ", NULL";
  return sql + " FROM entries WHERE entry = ?1";
}

void bind_optional(SqliteRowBinder& statement, std::int64_t value) {
  if (value == UsageBatch::kNone) {
    statement.bind_null();
  } else {
    statement.bind(value);
  }
}

}  // namespace

Result<sqlite::Transaction> SqliteLedger::begin_writing() {
  if (mode_ == OpenMode::read_only) {
    return fail(ErrorCode::io_error, "ledger " + path_ + " is opened to read only");
  }
  if (auto prepared = prepare_statements(); !prepared) return fail(prepared.error());
  auto transaction = sqlite::Transaction::begin(writer_, sqlite::Transaction::Kind::writing);
  if (!transaction) return transaction;
  const auto version = writer_.number("PRAGMA data_version");
  if (!version) return fail(version.error());
  if (*version != data_version_) {
    forget();
    const auto last = writer_.number("SELECT coalesce(max(entry), 0) FROM entries");
    if (!last) return fail(last.error());
    next_entry_ = *last + 1;
    data_version_ = *version;
  }
  return transaction;
}

void SqliteLedger::forget() {
  sums_ = {};
  for (SqliteTextNumbers& numbers : dimension_numbers_) numbers.forget();
  currency_numbers_.forget();
  reason_numbers_.forget();
  meter_numbers_.forget();
  price_numbers_.clear();
  first_used_at_ = INT64_MAX;
  last_used_at_ = INT64_MIN;
  data_version_ = -1;
}

Result<void> SqliteLedger::prepare_statements() {
  if (insert_entry_.is_open()) return {};
  const auto prepare = [this](std::string_view sql, sqlite::Statement& into) -> Result<void> {
    auto statement = writer_.prepare(sql);
    if (!statement) return fail(statement.error());
    into = std::move(*statement);
    return {};
  };
  if (auto done = prepare(copy_entry_sql(), copy_entry_); !done) return done;
  if (auto done = prepare("INSERT INTO other_quantities VALUES (?, ?, ?)", insert_side_); !done) {
    return done;
  }
  if (auto done = prepare("INSERT INTO identities VALUES (?, ?)", insert_identity_); !done) {
    return done;
  }
  return prepare(insert_entry_sql(), insert_entry_);
}

Result<AppendCounts> SqliteLedger::append(const LedgerBatch& batch) {
  const std::scoped_lock writing(writing_);
  auto counts = append_judged(batch);
  if (!counts) forget();
  return counts;
}

Result<AppendCounts> SqliteLedger::append_judged(const LedgerBatch& batch) {
  auto transaction = begin_writing();
  if (!transaction) return fail(transaction.error());
  const bool empty = next_entry_ == 1;
  auto judged = admission_.judge(
      batch, [empty](RecordId) { return !empty; },
      [this](std::span<const RecordId> ids) { return sqlite_known(writer_, ids); });
  if (!judged) return fail(judged.error());
  AppendCounts counts = admission_.counts(batch);
  const auto numbers = number_texts(batch);
  if (!numbers) return fail(numbers.error());
  if (auto done = insert_records(batch, *numbers); !done) return fail(done.error());
  for (const auto& insertion : admission_.insertions()) {
    for (const auto& pico : batch.pico) {
      counts.cost.add({Amount::pico(pico[insertion.largest]), batch.currency[insertion.largest]});
    }
  }
  if (auto done = insert_growths(batch, *numbers, counts); !done) return fail(done.error());
  if (auto done = insert_quarantine(batch); !done) return fail(done.error());
  if (auto done = insert_journal(batch.journal); !done) return fail(done.error());
  if (auto done = insert_batch_sums(batch.recorded_at); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(done.error());
  return counts;
}

// --- Texts ---

Result<SqliteLedger::Numbers> SqliteLedger::number_texts(const LedgerBatch& batch) {
  Numbers numbers;
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    const auto dimension = static_cast<Dimension>(d);
    const Dictionary& dictionary = batch.usage->dictionary(dimension);
    const auto& codes = batch.usage->codes(dimension);
    auto& of_code = numbers.of_code[d];
    of_code.assign(dictionary.size(), kUnnumbered);
    for (const auto& insertion : admission_.insertions()) {
      std::int64_t& known = of_code[codes[insertion.row]];
      if (known != kUnnumbered) continue;
      const auto number =
          dimension_numbers_[d].number(writer_, dictionary.text_of(codes[insertion.row]));
      if (!number) return fail(number.error());
      known = *number;
      if (dimension != Dimension::tags || !dimension_numbers_[d].added()) continue;
      if (auto done = number_tags(batch, insertion.row, known); !done) return fail(done.error());
    }
  }
  numbers.reasons.assign(batch.reasons.size(), kUnnumbered);
  numbers.prices.assign(batch.prices.size(), kUnnumbered);
  const auto number_row = [&](std::uint32_t row) -> Result<void> {
    std::int64_t& reason = numbers.reasons[batch.reason[row]];
    if (reason == kUnnumbered) {
      const auto number = reason_numbers_.number(writer_, batch.reasons[batch.reason[row]]);
      if (!number) return fail(number.error());
      reason = *number;
    }
    if (batch.price[row] == kNoPrice) return {};
    std::int64_t& price = numbers.prices[batch.price[row]];
    if (price != kUnnumbered) return {};
    const auto number = number_price(batch.prices[batch.price[row]]);
    if (!number) return fail(number.error());
    price = *number;
    return {};
  };
  for (const auto& insertion : admission_.insertions()) {
    if (auto done = number_row(insertion.largest); !done) return fail(done.error());
  }
  for (const std::uint32_t row : admission_.growths()) {
    if (auto done = number_row(row); !done) return fail(done.error());
  }
  return numbers;
}

Result<void> SqliteLedger::number_tags(const LedgerBatch& batch, std::uint32_t row,
                                       std::int64_t list) {
  auto insert = writer_.prepare("INSERT INTO tag_members VALUES (?, ?, ?)");
  if (!insert) return fail(insert.error());
  std::int64_t position = 0;
  for (const std::string& tag : batch.usage->record(row).tags) {
    auto done = insert->bind(std::string_view(tag)).bind(list).bind(position++).run();
    if (!done) return done;
  }
  return {};
}

Result<std::int64_t> SqliteLedger::number_price(const PriceUsed& price) {
  const RecordId identity = record_id("price", {price.id, price.definition});
  const auto known = price_numbers_.find(identity);
  if (known != price_numbers_.end()) return known->second;
  auto select = writer_.prepare("SELECT number FROM prices_used WHERE id = ? AND definition = ?");
  if (!select) return fail(select.error());
  select->bind(std::string_view(price.id)).bind(std::string_view(price.definition));
  const auto found = select->step();
  if (!found) return fail(found.error());
  if (*found) return price_numbers_[identity] = select->integer(0);
  auto insert = writer_.prepare("INSERT INTO prices_used (id, definition) VALUES (?, ?)");
  if (!insert) return fail(insert.error());
  insert->bind(std::string_view(price.id)).bind(std::string_view(price.definition));
  if (auto done = insert->run(); !done) return fail(done.error());
  return price_numbers_[identity] = writer_.last_row();
}

// --- Records ---

Result<void> SqliteLedger::insert_records(const LedgerBatch& batch, const Numbers& numbers) {
  if (admission_.insertions().empty()) return {};
  const std::int64_t first_entry = next_entry_;
  std::int64_t first = INT64_MAX;
  std::int64_t last = INT64_MIN;
  for (const auto& insertion : admission_.insertions()) {
    if (auto done = insert_record(batch, numbers, insertion); !done) return done;
    const std::int64_t given = batch.usage->at[insertion.row];
    const std::int64_t at = given == UsageBatch::kNone ? microseconds(batch.default_at) : given;
    first = std::min(first, at);
    last = std::max(last, at);
  }
  if (auto done = insert_identities(batch, first_entry); !done) return done;
  return widen_extent(first, last);
}

Result<void> SqliteLedger::insert_record(const LedgerBatch& batch, const Numbers& numbers,
                                         const Admission::Insertion& insertion) {
  const UsageBatch& usage = *batch.usage;
  const auto [row, largest] = insertion;
  const std::int64_t entry = next_entry_++;
  SqliteRowBinder insert(insert_entry_);
  insert.bind(entry).bind_null().bind(usage.ids[row]).bind(microseconds(batch.recorded_at));
  const bool given = usage.at[row] != UsageBatch::kNone;
  insert.bind(given ? usage.at[row] : microseconds(batch.default_at)).bind(std::int64_t{given});
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    insert.bind(numbers.of_code[d][usage.codes(static_cast<Dimension>(d))[row]]);
  }
  const auto currency = currency_numbers_.number(writer_, batch.currency[largest].code());
  if (!currency) return fail(currency.error());
  insert.bind(*currency).bind(static_cast<std::int64_t>(batch.status[largest]));
  insert.bind(batch.price[largest] == kNoPrice ? 0 : numbers.prices[batch.price[largest]]);
  insert.bind(numbers.reasons[batch.reason[largest]]);
  for (const Meter meter : kColumnMeters) {
    const auto quantities = usage.quantities(meter);
    insert.bind(quantities.empty() ? 0 : quantities[largest]);
  }
  Quantities side{};
  bool any_side = false;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (!usage.meters()[i] || has_column(static_cast<Meter>(i))) continue;
    side[i] = usage.quantities(static_cast<Meter>(i))[largest];
    any_side = any_side || side[i] != 0;
  }
  insert.bind(std::int64_t{any_side});
  for (const auto& pico : batch.pico) insert.bind(pico[largest]);
  const Currency reported = usage.reported_currency[largest];
  if (reported.is_none()) {
    insert.bind_null().bind(std::int64_t{0});
  } else {
    const auto number = currency_numbers_.number(writer_, reported.code());
    if (!number) return fail(number.error());
    insert.bind(usage.reported_cost[largest].pico()).bind(*number);
  }
  const bool unpriced = batch.status[largest] == PricingStatus::unpriced;
  insert.bind_null().bind(std::int64_t{1}).bind(std::int64_t{unpriced});
  insert.bind(std::int64_t{usage.grows[row] != 0});
  insert.bind(static_cast<std::int64_t>(usage.status[row])).bind(usage.context_window[row]);
  bind_optional(insert, usage.latency_ms[row]);
  bind_optional(insert, usage.time_to_first_token_ms[row]);
  bind_optional(insert, usage.ingested_at[row]);
  insert.bind(static_cast<std::int64_t>(usage.line[row]));
  insert.bind(usage.source_ids[row]).bind(usage.metadata[row]);
  if (auto done = insert.run(); !done) return done;
  sums_.add(insert.facts());
  return any_side ? insert_side(entry, side) : Result<void>();
}

Result<void> SqliteLedger::insert_side(std::int64_t entry, const Quantities& quantities) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    if (quantities[i] == 0 || has_column(meter)) continue;
    const auto number = meter_numbers_.number(writer_, to_string(meter));
    if (!number) return fail(number.error());
    auto done = insert_side_.bind(entry).bind(*number).bind(quantities[i]).run();
    if (!done) return done;
  }
  return {};
}

Result<void> SqliteLedger::insert_identities(const LedgerBatch& batch, std::int64_t first_entry) {
  std::vector<std::pair<RecordId, std::int64_t>> ids;
  ids.reserve(admission_.insertions().size());
  for (const auto& insertion : admission_.insertions()) {
    ids.emplace_back(batch.usage->ids[insertion.row], first_entry++);
  }
  std::ranges::sort(ids);
  for (const auto& [id, entry] : ids) {
    if (auto done = insert_identity_.bind(id).bind(entry).run(); !done) return done;
  }
  return {};
}

Result<void> SqliteLedger::widen_extent(std::int64_t first, std::int64_t last) {
  if (first_used_at_ <= first && last <= last_used_at_) return {};
  const auto rows = writer_.number("SELECT count(*) FROM extent");
  if (!rows) return fail(rows.error());
  const auto write =
      writer_.kept(*rows == 0 ? "INSERT INTO extent VALUES (?, ?)"
                              : "UPDATE extent SET first_used_at = min(first_used_at, ?), "
                                "last_used_at = max(last_used_at, ?)");
  if (!write) return fail(write.error());
  if (auto done = (*write)->bind(first).bind(last).run(); !done) return done;
  first_used_at_ = std::min(first_used_at_, first);
  last_used_at_ = std::max(last_used_at_, last);
  return {};
}

// --- Corrections ---

Result<void> SqliteLedger::adjust(std::int64_t entry, const HistoryLine& target) {
  const auto record = SqliteRecords(writer_).load(entry, std::nullopt, INT64_MAX);
  if (!record) return fail(record.error());
  for (const Adjustment& adjustment : adjustments_between(record->history.back(), target)) {
    const HistoryLine& change = adjustment.change;
    const std::int64_t number = next_entry_++;
    const bool side = has_side_quantities(change.quantities);
    const auto currency = currency_numbers_.number(writer_, change.currency.code());
    if (!currency) return fail(currency.error());
    const auto reason = reason_numbers_.number(writer_, change.reason);
    if (!reason) return fail(reason.error());
    sqlite::Statement& copy = copy_entry_;
    copy.bind(entry).bind(number).bind(microseconds(change.recorded_at)).bind(*currency);
    copy.bind(static_cast<std::int64_t>(change.status)).bind(std::int64_t{change.price});
    copy.bind(*reason);
    for (const Meter meter : kColumnMeters) copy.bind(at(change.quantities, meter));
    copy.bind(std::int64_t{side});
    for (const Amount cost : change.costs.by_class) {
      copy.bind(static_cast<std::int64_t>(cost.pico()));
    }
    if (change.reported_cost) {
      const auto code = currency_numbers_.number(writer_, change.reported_cost->currency.code());
      if (!code) return fail(code.error());
      copy.bind(change.reported_cost->amount.pico()).bind(*code);
    } else {
      copy.bind_null().bind(std::int64_t{0});
    }
    copy.bind(std::string_view(change.what)).bind(std::int64_t{adjustment.records});
    copy.bind(std::int64_t{adjustment.unpriced});
    if (auto done = copy.run(); !done) return done;
    if (auto done = sum_entry(number); !done) return done;
    if (!side) continue;
    if (auto done = insert_side(number, change.quantities); !done) return done;
  }
  return {};
}

/// Of an entry that was copied within the database: what the table now says.
Result<void> SqliteLedger::sum_entry(std::int64_t entry) {
  static const std::string sql = "SELECT " + sqlite_columns() + " FROM entries WHERE entry = ?";
  const auto select = writer_.kept(sql.c_str());
  if (!select) return fail(select.error());
  const auto found = (*select)->bind(entry).step();
  if (!found) return fail(found.error());
  sums_.add(SqliteRowFacts::of(**select));
  (*select)->reset();
  return {};
}

Result<void> SqliteLedger::insert_growths(const LedgerBatch& batch, const Numbers& numbers,
                                          AppendCounts& counts) {
  for (const std::uint32_t row : admission_.growths()) {
    const auto entry = sqlite_entry_of(writer_, batch.usage->ids[row]);
    if (!entry) return fail(entry.error());
    const auto record = SqliteRecords(writer_).load(*entry, std::nullopt, INT64_MAX);
    if (!record) return fail(record.error());
    const std::int64_t price = batch.price[row] == kNoPrice ? 0 : numbers.prices[batch.price[row]];
    HistoryLine target = line_of(batch, row, static_cast<std::int32_t>(price));
    target.what = "grown";
    add_difference(record->history.back(), target, counts.cost);
    if (auto done = adjust(*entry, target); !done) return done;
  }
  return {};
}

Result<std::uint64_t> SqliteLedger::reprice(std::span<const Repricing> corrections,
                                            std::span<const PriceUsed> prices,
                                            Instant recorded_at) {
  const std::scoped_lock writing(writing_);
  auto changed = reprice_all(corrections, prices, recorded_at);
  if (!changed) forget();
  return changed;
}

Result<std::uint64_t> SqliteLedger::reprice_all(std::span<const Repricing> corrections,
                                                std::span<const PriceUsed> prices,
                                                Instant recorded_at) {
  auto transaction = begin_writing();
  if (!transaction) return fail(transaction.error());
  std::vector<std::int64_t> numbers(prices.size(), kUnnumbered);
  std::uint64_t changed = 0;
  for (const Repricing& correction : corrections) {
    std::int64_t price = 0;
    if (correction.price != kNoPrice) {
      std::int64_t& known = numbers[correction.price];
      if (known == kUnnumbered) {
        const auto number = number_price(prices[correction.price]);
        if (!number) return fail(number.error());
        known = *number;
      }
      price = known;
    }
    const auto entry = sqlite_entry_of(writer_, correction.id);
    if (!entry) return fail(entry.error());
    if (*entry == 0) return fail(nothing_to_reprice(correction.id));
    const auto record = SqliteRecords(writer_).load(*entry, std::nullopt, INT64_MAX);
    if (!record) return fail(record.error());
    const HistoryLine& now = record->history.back();
    auto target = corrected(now, correction, static_cast<std::int32_t>(price));
    if (!target) return fail(target.error());
    if (same_state(now, *target)) continue;
    target->recorded_at = recorded_at;
    target->what = "repriced";
    if (auto done = adjust(*entry, *target); !done) return fail(done.error());
    ++changed;
  }
  if (auto done = insert_batch_sums(recorded_at); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(done.error());
  return changed;
}

}  // namespace costops::storage
