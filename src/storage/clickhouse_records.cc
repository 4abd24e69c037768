// clickhouse_records.cc - records put together from their entries.
#include <algorithm>
#include <iterator>

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

Result<ClickhouseTexts> clickhouse_texts(const ClickhouseSnapshot& snapshot, std::size_t shard,
                                         const std::unordered_set<std::uint64_t>& numbers) {
  ClickhouseTexts texts;
  RowBinaryWriter asked;
  for (const std::uint64_t number : numbers) asked.number(number);
  if (asked.bytes().empty()) return texts;
  const auto answer =
      snapshot.ask(shard,
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

Result<ClickhouseTexts> clickhouse_texts(const ClickhouseSnapshot& snapshot,
                                         const std::unordered_set<std::uint64_t>& numbers) {
  ClickhouseTexts all;
  for (std::size_t shard = 0; shard < snapshot.shards() && all.size() < numbers.size(); ++shard) {
    auto texts = clickhouse_texts(snapshot, shard, numbers);
    if (!texts) return texts;
    all.merge(*texts);
  }
  return all;
}

Result<std::vector<ClickhouseLedger::Loaded>> ClickhouseLedger::load(
    const ClickhouseSnapshot& snapshot, std::size_t shard, std::string_view rows,
    const Prices& prices) {
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
  numbers.erase(0);
  auto texts = clickhouse_texts(snapshot, shard, numbers);
  if (!texts) return fail(texts.error());
  if (texts->size() != numbers.size()) return fail(half_an_answer());
  std::vector<Loaded> records;
  HistoryLine standing;
  for (StoredEntry& entry : entries) {
    put_texts(entry, *texts);
    if (const auto price = prices.find(entry.change.price); price != prices.end()) {
      entry.change.price_id = price->second.id;
    }
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
    const ClickhouseSnapshot& snapshot, std::span<const RecordId> ids) const {
  std::vector<Loaded> records;
  std::vector<RowBinaryWriter> asked(snapshot.shards());
  for (const RecordId id : ids) asked[cluster_->shard_of(id)].id(id);
  Prices prices_then;
  for (std::size_t shard = 0; shard < asked.size(); ++shard) {
    if (asked[shard].bytes().empty()) continue;
    // Only where an id is found anything but the ids is read.
    const auto answer = snapshot.ask(
        shard,
        "SELECT " + clickhouse_columns() + " FROM entries PREWHERE (id_high, id_low) IN asked " +
            "WHERE " + snapshot.holds(shard) +
            " ORDER BY used_at, id_high, id_low, history_line FORMAT RowBinary",
        {"high UInt64, low UInt64", asked[shard].bytes()});
    if (!answer) return fail(answer.error());
    if (answer->empty()) continue;
    if (prices_then.empty()) {
      auto known = prices(snapshot);
      if (!known) return fail(known.error());
      prices_then = std::move(*known);
    }
    auto some = load(snapshot, shard, *answer, prices_then);
    if (!some) return some;
    std::ranges::move(*some, std::back_inserter(records));
  }
  return records;
}

Result<std::vector<KnownRecord>> ClickhouseLedger::known(std::span<const RecordId> ids) const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  const auto records = load_ids(*seen, ids);
  if (!records) return fail(records.error());
  std::vector<KnownRecord> known;
  for (const Loaded& loaded : *records) known.push_back(known_of(loaded.record));
  return known;
}

namespace {

std::string whole(std::uint64_t n) { return "toUInt64(" + std::to_string(n) + ")"; }

/// Those of at most kMatchesWanted records of a shard, for each shard.
Result<std::vector<RecordId>> ids_in(const std::vector<std::string>& answers) {
  std::vector<RecordId> matches;
  for (const std::string& answer : answers) {
    RowBinaryReader in(answer);
    while (in.more()) matches.push_back(in.id());
    if (in.failed()) return fail(half_an_answer());
  }
  std::ranges::sort(matches);
  if (matches.size() > kMatchesWanted) matches.resize(kMatchesWanted);
  return matches;
}

}  // namespace

Result<StoredRecord> ClickhouseLedger::find(std::string_view id) const {
  const auto seen = snapshot();
  if (!seen) return fail(seen.error());
  const auto statement = [&](std::size_t shard, const std::string& condition) {
    return "SELECT DISTINCT id_high, id_low FROM entries PREWHERE " + condition + " WHERE " +
           seen->holds(shard) + " AND history_line = 0 ORDER BY id_high, id_low LIMIT " +
           std::to_string(kMatchesWanted) + " FORMAT RowBinary";
  };
  RowBinaryWriter asked;
  asked.text(id);
  auto answers =
      seen->ask_each([&](std::size_t shard) { return statement(shard, "source_id IN asked"); },
                     {"text String", asked.bytes()});
  if (!answers) return fail(answers.error());
  auto matches = ids_in(*answers);
  if (!matches) return fail(matches.error());
  if (const auto range = ids_beginning_with(id); matches->empty() && range) {
    const auto& [from, to] = *range;
    const std::string condition =
        "(id_high > " + whole(from.high) + " OR (id_high = " + whole(from.high) +
        " AND id_low >= " + whole(from.low) + ")) AND (id_high < " + whole(to.high) +
        " OR (id_high = " + whole(to.high) + " AND id_low <= " + whole(to.low) + "))";
    answers = seen->ask_each([&](std::size_t shard) { return statement(shard, condition); });
    if (!answers) return fail(answers.error());
    matches = ids_in(*answers);
    if (!matches) return fail(matches.error());
  }
  if (auto one = require_one_match(id, *matches); !one) return fail(one.error());
  auto records = load_ids(*seen, *matches);
  if (!records) return fail(records.error());
  if (records->size() != 1) return fail(half_an_answer());
  return std::move(records->front().record);
}

}  // namespace costops::storage
