// duckdb_append.cc - a batch into the tables, in one transaction.
//
// The rows travel as columns: texts become the ledger's numbers once per distinct code; how the
// columns are then filled is in duckdb_records.cc.
#include <algorithm>
#include <limits>

#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

using duck::Type;

constexpr std::uint32_t kNoPrice = UINT32_MAX;

/// Distinct values of `codes` at some rows, in order of first sight, with the row of that sight.
struct Distinct {
  std::vector<std::uint32_t> codes;
  std::vector<std::uint32_t> first_rows;
};
Distinct distinct_codes(std::span<const std::uint32_t> codes, std::span<const std::uint32_t> rows,
                        std::size_t dictionary_size) {
  Distinct distinct;
  std::vector<bool> seen(dictionary_size);
  for (const std::uint32_t row : rows) {
    const std::uint32_t code = codes[row];
    if (seen[code]) continue;
    seen[code] = true;
    distinct.codes.push_back(code);
    distinct.first_rows.push_back(row);
  }
  return distinct;
}

Result<std::size_t> records_in(duck::Connection& connection) {
  auto rows = connection.ask(
      "SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM plain_records)");
  if (!rows) return fail(rows.error());
  const auto more = rows->next();
  if (!more) return fail(more.error());
  return static_cast<std::size_t>(rows->column<std::int64_t>(0)[0]);
}

}  // namespace

Result<void> DuckdbLedger::for_each_ids(
    const std::function<void(std::span<const RecordId>)>& visit) const {
  auto connection = reader(Work::writing);
  if (!connection) return fail(connection.error());
  auto select =
      connection->prepare("SELECT id FROM records UNION ALL SELECT id FROM plain_records");
  if (!select) return fail(select.error());
  auto rows = select->stream();
  if (!rows) return fail(rows.error());
  std::vector<RecordId> ids;
  for (auto more = rows->next(); !more || *more; more = rows->next()) {
    if (!more) return fail(more.error());
    ids.clear();
    const auto stored = rows->column<duckdb_hugeint>(0);
    for (std::size_t row = 0; row < rows->size(); ++row) ids.push_back(duck::id_of(stored[row]));
    visit(ids);
  }
  return {};
}

Result<void> DuckdbLedger::load_known_ids() {
  known_ids_.clear();
  auto connection = reader(Work::writing);
  if (!connection) return fail(connection.error());
  const auto records = records_in(*connection);
  if (!records) return fail(records.error());
  too_many_ids_ = *records > limits_.fingerprints;
  Result<void> read;
  if (!too_many_ids_) {
    // Equal fingerprints of two ids answer for both.
    read =
        for_each_ids([&](std::span<const RecordId> ids) { known_ids_.insert_all(ids, suspects_); });
  }
  known_ids_loaded_ = read.has_value();
  return read;
}

Result<void> DuckdbLedger::prepare_to_write() {
  if (mode_ == OpenMode::read_only) {
    return fail(ErrorCode::io_error, "ledger " + path_ + " is opened to read only");
  }
  if (auto limited = limit_memory(writer_, Work::writing); !limited) return limited;
  return load_next_entry();
}

Result<void> DuckdbLedger::load_next_entry() {
  if (next_entry_ >= 0) return {};
  auto last = writer_.ask(
      "SELECT greatest(coalesce((SELECT max(entry) FROM records), 0), "
      "coalesce((SELECT max(entry) FROM plain_records), 0), "
      "coalesce((SELECT max(entry) FROM adjustments), 0)), "
      "coalesce((SELECT max(id) FROM circumstances), 0)");
  return duck::for_each_row(last, [&](std::size_t row) {
    next_entry_ = last->column<std::int64_t>(0)[row] + 1;
    circumstances_.begin_after(last->column<std::int32_t>(1)[row]);
  });
}

void DuckdbLedger::forget() {
  sums_ = {};
  for (TextNumbers& numbers : dimension_numbers_) numbers.forget();
  currency_numbers_.forget();
  reason_numbers_.forget();
  meter_numbers_.forget();
  price_numbers_.clear();
  price_numbers_loaded_ = false;
  known_ids_loaded_ = false;
  next_entry_ = -1;
  const std::scoped_lock reading(journal_reading_);
  journal_.clear();
  journal_loaded_ = false;
}

Result<AppendCounts> DuckdbLedger::append(const LedgerBatch& batch) {
  const auto change = changing();
  if (!change) return fail(change.error());
  auto counts = append_judged(batch);
  // The small memory limit can be too small for what a commit must hold at once; nothing of the
  // batch is in the ledger then.
  if (!counts && duck::is_out_of_memory(counts.error())) {
    forget();
    small_limit_ = false;
    limited_for_ = Work::none;
    if (auto more = limit_memory(writer_, Work::writing); !more) return fail(more.error());
    counts = append_judged(batch);
  }
  if (!counts) {
    note(counts.error());
    forget();
  }
  return counts;
}

/// The fingerprints take in the batch's ids before it is committed: those of a batch that fails are
/// read anew with all others, and those of rows that stay out only cost a look-up.
Result<void> DuckdbLedger::judge(const LedgerBatch& batch) {
  const auto look_up = [&](std::span<const RecordId> ids) { return known(ids); };
  if (!too_many_ids_ && known_ids_.size() + batch.usage->size() > limits_.fingerprints) {
    known_ids_.clear();
    too_many_ids_ = true;
  }
  if (too_many_ids_) {
    // One pass over the ids that are stored, whatever the number of them that the batch repeats.
    const IdSieve sieve(batch.usage->ids);
    FingerprintSet held;
    auto read = for_each_ids([&](std::span<const RecordId> ids) {
      for (const RecordId id : ids) {
        if (sieve.may_contain(id)) held.insert(id);
      }
    });
    if (!read) return read;
    return admission_.judge(
        batch, [&](RecordId id) { return held.may_contain(id); }, look_up);
  }
  suspects_.clear();
  known_ids_.insert_all(batch.usage->ids, suspects_);
  return admission_.judge(batch, suspects_, look_up);
}

Result<AppendCounts> DuckdbLedger::append_judged(const LedgerBatch& batch) {
  if (auto loaded = load_next_entry(); !loaded) return fail(loaded.error());
  if (!known_ids_loaded_) {
    if (auto loaded = load_known_ids(); !loaded) return fail(loaded.error());
  }
  if (auto judged = judge(batch); !judged) return fail(judged.error());
  AppendCounts counts = admission_.counts(batch);
  if (admission_.insertions().empty() && admission_.growths().empty() && counts.quarantined == 0 &&
      batch.journal.empty()) {
    return counts;
  }

  auto transaction = duck::Transaction::begin(writer_);
  if (!transaction) return fail(transaction.error());
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> cost_rows(admission_.growths());
  rows.reserve(admission_.insertions().size());
  cost_rows.reserve(cost_rows.size() + admission_.insertions().size());
  for (const auto& insertion : admission_.insertions()) {
    rows.push_back(insertion.row);
    cost_rows.push_back(insertion.largest);
  }
  admission_.add_costs(batch, counts.cost);
  const auto numbers = number_texts(batch, rows, cost_rows);
  if (!numbers) return fail(numbers.error());
  if (auto done = append_records(batch, *numbers); !done) return fail(done.error());
  if (auto done = append_growths(batch, *numbers, counts); !done) return fail(done.error());
  if (auto done = append_quarantine(batch); !done) return fail(done.error());
  if (auto done = append_journal(batch.journal); !done) return fail(done.error());
  if (auto done = append_batch_sums(batch.recorded_at); !done) return fail(done.error());
  if (auto done = transaction->commit(); !done) return fail(done.error());
  const std::scoped_lock reading(journal_reading_);
  if (journal_loaded_) {
    for (const JournalEntry& entry : batch.journal) journal_[entry.source] = entry;
  }
  return counts;
}

// --- Texts ---

Result<std::int32_t> DuckdbLedger::number_text(TextNumbers& numbers, std::string_view text) {
  std::vector<std::int32_t> number;
  if (auto numbered = numbers.number(writer_, {&text, 1}, number); !numbered) {
    return fail(numbered.error());
  }
  return number[0];
}

Result<void> DuckdbLedger::number_dimension(const LedgerBatch& batch, Dimension dimension,
                                            std::span<const std::uint32_t> rows,
                                            std::vector<std::int32_t>& of_code) {
  const Dictionary& dictionary = batch.usage->dictionary(dimension);
  const auto distinct = distinct_codes(batch.usage->codes(dimension), rows, dictionary.size());
  std::vector<std::string_view> texts;
  for (const std::uint32_t code : distinct.codes) texts.push_back(dictionary.text_of(code));
  std::vector<std::int32_t> numbers;
  const auto first_new =
      dimension_numbers_[static_cast<std::size_t>(dimension)].number(writer_, texts, numbers);
  if (!first_new) return fail(first_new.error());
  of_code.assign(dictionary.size(), 0);
  for (std::size_t i = 0; i < numbers.size(); ++i) of_code[distinct.codes[i]] = numbers[i];
  if (dimension != Dimension::tags) return {};
  return add_tag_members(batch, distinct.first_rows, numbers, *first_new);
}

Result<void> DuckdbLedger::add_tag_members(const LedgerBatch& batch,
                                           std::span<const std::uint32_t> first_rows,
                                           std::span<const std::int32_t> numbers,
                                           std::int32_t first_new) {
  static constexpr Type kColumns[] = {Type::integer, Type::integer, Type::text};
  auto members = writer_.appender(nullptr, "tag_members", kColumns);
  if (!members) return fail(members.error());
  std::size_t filled = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < first_new || numbers[i] == 0) continue;
    std::int32_t position = 0;
    for (const std::string& tag : batch.usage->record(first_rows[i]).tags) {
      members->column<std::int32_t>(0)[filled] = numbers[i];
      members->column<std::int32_t>(1)[filled] = position++;
      members->set_text(2, filled, tag);
      if (++filled < duck::Appender::kBlockRows) continue;
      if (auto appended = members->append_block(filled); !appended) return appended;
      filled = 0;
    }
  }
  if (auto appended = members->append_block(filled); !appended) return appended;
  return members->finish();
}

Result<std::vector<std::int32_t>> DuckdbLedger::number_prices(std::span<const PriceUsed> prices,
                                                              std::span<const std::uint32_t> used) {
  static constexpr Type kColumns[] = {Type::integer, Type::text, Type::text};
  const auto identity = [](std::string_view id, std::string_view definition) {
    return record_id("price", {id, definition});
  };
  if (!price_numbers_loaded_) {
    auto rows = writer_.ask("SELECT number, id, definition FROM prices_used");
    auto read = duck::for_each_row(rows, [&](std::size_t row) {
      price_numbers_[identity(rows->text(1, row), rows->text(2, row))] =
          rows->column<std::int32_t>(0)[row];
    });
    if (!read) return fail(read.error());
    price_numbers_loaded_ = true;
  }
  auto appender = writer_.appender(nullptr, "prices_used", kColumns);
  if (!appender) return fail(appender.error());
  std::vector<std::int32_t> numbers(prices.size(), 0);
  for (const std::uint32_t index : used) {
    if (index == kNoPrice || numbers[index] != 0) continue;
    const PriceUsed& price = prices[index];
    const auto [known, is_new] = price_numbers_.try_emplace(
        identity(price.id, price.definition), static_cast<std::int32_t>(price_numbers_.size()) + 1);
    numbers[index] = known->second;
    if (!is_new) continue;
    appender->column<std::int32_t>(0)[0] = known->second;
    appender->set_text(1, 0, price.id);
    appender->set_text(2, 0, price.definition);
    if (auto appended = appender->append_block(1); !appended) return fail(appended.error());
  }
  if (auto finished = appender->finish(); !finished) return fail(finished.error());
  return numbers;
}

Result<BatchNumbers> DuckdbLedger::number_texts(const LedgerBatch& batch,
                                                std::span<const std::uint32_t> rows,
                                                std::span<const std::uint32_t> cost_rows) {
  BatchNumbers numbers;
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    auto done = number_dimension(batch, static_cast<Dimension>(d), rows, numbers.of_code[d]);
    if (!done) return fail(done.error());
  }
  std::vector<std::uint32_t> prices;
  numbers.reasons.assign(batch.reasons.size(), -1);
  std::array<std::optional<Currency>, 2>
      last;  // Of costs and of reported costs: neighbours are mostly alike.
  const auto add_currency = [&](Currency currency,
                                std::optional<Currency>& before) -> Result<void> {
    if (currency == before) return {};
    before = currency;
    if (numbers.currencies.contains(currency)) return {};
    const auto number = number_text(currency_numbers_, currency.code());
    if (!number) return fail(number.error());
    numbers.currencies[currency] = *number;
    return {};
  };
  for (const std::uint32_t row : cost_rows) {
    prices.push_back(batch.price[row]);
    if (auto added = add_currency(batch.currency[row], last[0]); !added) return fail(added.error());
    if (auto added = add_currency(batch.usage->reported_currency[row], last[1]); !added) {
      return fail(added.error());
    }
    std::int32_t& reason = numbers.reasons[batch.reason[row]];
    if (reason >= 0) continue;
    const auto number = number_text(reason_numbers_, batch.reasons[batch.reason[row]]);
    if (!number) return fail(number.error());
    reason = *number;
  }
  auto price_numbers = number_prices(batch.prices, prices);
  if (!price_numbers) return fail(price_numbers.error());
  numbers.prices = std::move(*price_numbers);
  return numbers;
}

Result<void> DuckdbLedger::append_growths(const LedgerBatch& batch, const BatchNumbers& numbers,
                                          AppendCounts& counts) {
  // Few at a time: a folded record is large.
  constexpr std::size_t kAtOnce = 4096;
  const auto& growths = admission_.growths();
  const UsageBatch& usage = *batch.usage;
  for (std::size_t from = 0; from < growths.size(); from += kAtOnce) {
    const auto some = std::span(growths).subspan(from, std::min(kAtOnce, growths.size() - from));
    std::vector<RecordId> ids;
    std::map<RecordId, std::uint32_t> row_of;
    for (const std::uint32_t row : some) {
      ids.push_back(usage.ids[row]);
      row_of[usage.ids[row]] = row;
    }
    std::vector<Correction> changes;
    auto loaded = load_records(ids, [&](const FoldedRecord& record) -> Result<bool> {
      const std::uint32_t row = row_of.at(record.id);
      Standing target;
      target.currency = numbers.currencies.at(batch.currency[row]);
      target.status = batch.status[row];
      target.price = batch.price[row] == kNoPrice ? 0 : numbers.prices[batch.price[row]];
      target.reason = numbers.reasons[batch.reason[row]];
      target.quantities = usage.record(row).quantities;
      for (std::size_t c = 0; c < kCostClassCount; ++c) target.costs[c] = batch.pico[c][row];
      target.reported = usage.reported_cost[row].pico();
      target.reported_currency = numbers.currencies.at(usage.reported_currency[row]);
      changes.push_back({record, target});
      return true;
    });
    if (!loaded) return loaded;
    if (auto costs = add_differences(changes, counts.cost); !costs) return costs;
    if (auto done = write_adjustments(changes, "grown", batch.recorded_at); !done) return done;
  }
  return {};
}

}  // namespace costops::storage
