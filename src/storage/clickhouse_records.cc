// clickhouse_records.cc - records put together from their entries.
#include <algorithm>

#include "storage/clickhouse_ledger.h"
#include "storage/groups.h"
#include "storage/ledger_columns.h"
#include "storage/record_dimensions.h"
#include "storage/record_search.h"

namespace costops::storage {
namespace {

Instant instant(std::int64_t microseconds) { return Instant(Microseconds(microseconds)); }
std::optional<std::int64_t> optional_number(std::int64_t value) {
  return value == UsageBatch::kNone ? std::nullopt : std::optional(value);
}

/// An entry as the server gave it: texts by their numbers.
struct StoredEntry {
  std::int64_t used_at = 0;
  UsageRecord usage;
  bool time_given = false;
  std::array<std::uint64_t, kDimensionCount> dimensions{};
  std::uint64_t reason = 0;
  HistoryLine change;
  std::int32_t records = 0;
};

Result<Currency> currency_of(std::string_view code) {
  return code.empty() ? Result<Currency>(Currency()) : Currency::parse(code);
}

Result<StoredEntry> read_entry(RowBinaryReader& in) {
  StoredEntry entry;
  UsageRecord& usage = entry.usage;
  HistoryLine& change = entry.change;
  entry.used_at = in.number<std::int64_t>();
  usage.id = in.id();
  change.recorded_at = instant(in.number<std::int64_t>());
  entry.time_given = in.number<std::uint8_t>() != 0;
  for (std::uint64_t& number : entry.dimensions) number = in.number<std::uint64_t>();
  const auto currency = currency_of(in.text());
  if (!currency) return fail(currency.error());
  change.currency = *currency;
  change.status = static_cast<PricingStatus>(in.number<std::uint8_t>());
  change.price = in.number<std::int32_t>();
  entry.reason = in.number<std::uint64_t>();
  change.what = in.text();
  for (const Meter meter : kColumnMeters) at(change.quantities, meter) = in.number<std::int64_t>();
  std::vector<Meter> more;
  for (std::uint64_t left = in.length(); left > 0 && !in.failed(); --left) {
    const auto meter = meter_named(in.text());
    if (!meter) return fail(in.failed() ? half_an_answer() : meter.error());
    more.push_back(*meter);
  }
  if (in.length() != more.size()) return fail(half_an_answer());
  for (const Meter meter : more) at(change.quantities, meter) = in.number<std::int64_t>();
  for (Amount& cost : change.costs.by_class) cost = Amount::pico(in.number<std::int64_t>());
  const Amount reported = Amount::pico(in.number<Int128>());
  const auto reported_currency = currency_of(in.text());
  if (!reported_currency) return fail(reported_currency.error());
  if (!reported_currency->is_none()) change.reported_cost = Money{reported, *reported_currency};
  entry.records = in.number<std::int32_t>();
  usage.grows = in.number<std::uint8_t>() != 0;
  usage.status = static_cast<CallStatus>(in.number<std::uint8_t>());
  usage.context_window = in.number<std::int64_t>();
  usage.latency_ms = optional_number(in.number<std::int64_t>());
  usage.time_to_first_token_ms = optional_number(in.number<std::int64_t>());
  if (const auto ingested = optional_number(in.number<std::int64_t>())) {
    usage.ingested_at = instant(*ingested);
  }
  usage.position.line = in.number<std::uint64_t>();
  usage.source_id = in.text();
  usage.metadata = in.text();
  if (in.failed()) return fail(half_an_answer());
  return entry;
}

void put_texts(StoredEntry& entry, std::map<std::uint64_t, std::string>& texts) {
  UsageRecord& usage = entry.usage;
  const auto text = [&](Dimension d) -> const std::string& {
    return texts[entry.dimensions[static_cast<std::size_t>(d)]];
  };
  for_each_dimension_text(usage, [&](Dimension d, std::string& field) { field = text(d); });
  usage.tags = tags_of(text(Dimension::tags));
  if (entry.time_given) usage.at = instant(entry.used_at);
  entry.change.reason = texts[entry.reason];
}

}  // namespace

const std::string& clickhouse_columns() {
  static const std::string columns = [] {
    std::string text = "used_at, id_high, id_low, recorded_at, time_given";
    for (std::size_t d = 0; d < kDimensionCount; ++d) {
      text += ", " + id_column(static_cast<Dimension>(d));
    }
    text += ", currency, status, price_number, reason_id, why";
    for (const Meter meter : kColumnMeters) text.append(", ").append(to_string(meter));
    text += ", more_meters, more_quantities";
    for (const std::string_view cost : kCostColumns) text.append(", ").append(cost);
    return text +
           ", reported_cost_pico, reported_currency, records, grows, call_status, "
           "context_window, latency_ms, time_to_first_token_ms, ingested_at, line, source_id, "
           "metadata";
  }();
  return columns;
}

Error half_an_answer() {
  return {ErrorCode::io_error, "the ClickHouse server's answer is not what was asked for: retry"};
}

Result<std::map<std::uint64_t, std::string>> clickhouse_texts(
    const ClickhouseServer& server, const std::unordered_set<std::uint64_t>& numbers) {
  std::map<std::uint64_t, std::string> texts;
  RowBinaryWriter asked;
  for (const std::uint64_t number : numbers) asked.number(number);
  if (asked.bytes().empty()) return texts;
  const auto answer = server.ask(
      "SELECT number, any(value) FROM texts WHERE number IN asked GROUP BY number "
      "FORMAT RowBinary",
      {"number UInt64", asked.bytes()});
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  while (in.more()) {
    const auto number = in.number<std::uint64_t>();
    texts[number] = in.text();
  }
  if (in.failed()) return fail(half_an_answer());
  return texts;
}

Result<std::vector<ClickhouseLedger::Loaded>> ClickhouseLedger::load(std::string_view rows,
                                                                     std::uint64_t last) const {
  std::vector<StoredEntry> entries;
  std::unordered_set<std::uint64_t> numbers;
  RowBinaryReader in(rows);
  while (in.more()) {
    auto entry = read_entry(in);
    if (!entry) return fail(entry.error());
    numbers.insert(entry->dimensions.begin(), entry->dimensions.end());
    numbers.insert(entry->reason);
    entries.push_back(std::move(*entry));
  }
  std::vector<Loaded> records;
  if (entries.empty()) return records;
  numbers.erase(0);
  auto texts = clickhouse_texts(server_, numbers);
  if (!texts) return fail(texts.error());
  auto known = prices(last);
  if (!known) return fail(known.error());
  HistoryLine standing;
  for (StoredEntry& entry : entries) {
    put_texts(entry, *texts);
    if (entry.change.price != 0) entry.change.price_id = (*known)[entry.change.price].id;
    if (records.empty() || records.back().record.usage.id != entry.usage.id) {
      standing = {};
      Loaded& loaded = records.emplace_back();
      loaded.record.at = instant(entry.used_at);
      loaded.record.usage = entry.usage;
    }
    Loaded& loaded = records.back();
    ++loaded.entries;
    apply(entry.change, standing);
    // The reversal half of a change of currency is no state of its own.
    if (entry.records >= 0) loaded.record.history.push_back(standing);
    loaded.record.usage.quantities = standing.quantities;
    loaded.record.usage.reported_cost = standing.reported_cost;
  }
  return records;
}

Result<std::vector<ClickhouseLedger::Loaded>> ClickhouseLedger::load_ids(
    std::span<const RecordId> ids) const {
  if (ids.empty()) return std::vector<Loaded>();
  const auto last = last_batch();
  if (!last) return fail(last.error());
  RowBinaryWriter asked;
  for (const RecordId id : ids) asked.id(id);
  const auto answer =
      server_.ask("SELECT " + clickhouse_columns() + " FROM entries WHERE " + in_batches(*last) +
                      " AND (id_high, id_low) IN asked "
                      "ORDER BY used_at, id_high, id_low, history_line "
                      "FORMAT RowBinary",
                  {"high UInt64, low UInt64", asked.bytes()});
  if (!answer) return fail(answer.error());
  return load(*answer, *last);
}

Result<std::vector<KnownRecord>> ClickhouseLedger::known(std::span<const RecordId> ids) const {
  const auto records = load_ids(ids);
  if (!records) return fail(records.error());
  std::vector<KnownRecord> known;
  for (const Loaded& loaded : *records) known.push_back(known_of(loaded.record));
  return known;
}

Result<StoredRecord> ClickhouseLedger::find(std::string_view id) const {
  const auto last = last_batch();
  if (!last) return fail(last.error());
  const std::string start = "SELECT DISTINCT id_high, id_low FROM entries WHERE " +
                            in_batches(*last) + " AND history_line = 0 AND ";
  const std::string end =
      " ORDER BY id_high, id_low LIMIT " + std::to_string(kMatchesWanted) + " FORMAT RowBinary";
  RowBinaryWriter asked;
  asked.text(id);
  auto answer = server_.ask(start + "source_id IN asked" + end, {"text String", asked.bytes()});
  const auto range = ids_beginning_with(id);
  if (answer && answer->empty() && range) {
    const auto number = [](std::uint64_t n) { return "toUInt64(" + std::to_string(n) + ")"; };
    const auto& [from, to] = *range;
    answer = server_.ask(
        start + "(id_high > " + number(from.high) + " OR (id_high = " + number(from.high) +
        " AND id_low >= " + number(from.low) + ")) AND (id_high < " + number(to.high) +
        " OR (id_high = " + number(to.high) + " AND id_low <= " + number(to.low) + "))" + end);
  }
  if (!answer) return fail(answer.error());
  std::vector<RecordId> matches;
  RowBinaryReader in(*answer);
  while (in.more()) matches.push_back(in.id());
  if (in.failed()) return fail(half_an_answer());
  if (auto one = require_one_match(id, matches); !one) return fail(one.error());
  auto records = load_ids(matches);
  if (!records) return fail(records.error());
  if (records->size() != 1) return fail(half_an_answer());
  return std::move(records->front().record);
}

Result<void> ClickhouseLedger::scan(const Query& selection,
                                    const std::function<bool(const StoredRecord&)>& visit) const {
  const auto last = last_batch();
  if (!last) return fail(last.error());
  std::string after;
  for (std::size_t page = 20'000;;) {
    const auto answer = server_.ask("SELECT " + clickhouse_columns() + " FROM entries WHERE " +
                                    in_batches(*last) + clickhouse_where(selection) + after +
                                    " ORDER BY used_at, id_high, id_low, history_line LIMIT " +
                                    std::to_string(page) + " FORMAT RowBinary");
    if (!answer) return fail(answer.error());
    auto records = load(*answer, *last);
    if (!records) return fail(records.error());
    std::size_t entries = 0;
    for (const Loaded& loaded : *records) entries += loaded.entries;
    const bool full = entries == page;
    // The page may end within the last record's history.
    if (full && records->size() == 1) {
      page *= 2;
      continue;
    }
    if (full) records->pop_back();
    for (const Loaded& loaded : *records) {
      if (!visit(loaded.record)) return {};
    }
    if (!full) return {};
    const StoredRecord& end = records->back().record;
    const std::string at = "toInt64(" + std::to_string(end.at.time_since_epoch().count()) + ")";
    const std::string high = "toUInt64(" + std::to_string(end.usage.id.high) + ")";
    const std::string low = "toUInt64(" + std::to_string(end.usage.id.low) + ")";
    after = " AND used_at >= " + at + " AND (used_at > " + at + " OR id_high > " + high +
            " OR (id_high = " + high + " AND id_low > " + low + "))";
  }
}

}  // namespace costops::storage
