// duckdb_records.cc - the records of a batch as rows.
//
// There are two tables. Most records need few columns: their quantities are tokens and one request,
// and all else is small in number and shared (see circumstances.h). They go to `plain_records`,
// whose appending costs half of what the table `records` with a column for everything costs. The
// view `entries` shows both as one.
#include <algorithm>

#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

using duck::Type;
using Insertion = Admission::Insertion;

constexpr std::uint32_t kNoPrice = UINT32_MAX;

/// Types of the columns that records and adjustments share, then those of records alone.
constexpr std::array kRecordColumns{
    Type::bigint,  Type::uuid,    Type::timestamp, Type::timestamp, Type::boolean, Type::integer,
    Type::integer, Type::integer, Type::integer,   Type::integer,   Type::integer, Type::integer,
    Type::integer, Type::integer, Type::integer,   Type::integer,   Type::integer, Type::integer,
    Type::integer, Type::integer, Type::tiny,      Type::integer,   Type::integer, Type::bigint,
    Type::bigint,  Type::bigint,  Type::bigint,    Type::bigint,    Type::bigint,  Type::bigint,
    Type::bigint,  Type::boolean, Type::bigint,    Type::bigint,    Type::bigint,  Type::bigint,
    Type::bigint,  Type::hugeint, Type::integer,   Type::boolean,   Type::tiny,    Type::bigint,
    Type::bigint,  Type::bigint,  Type::timestamp, Type::bigint,    Type::text,    Type::text};

constexpr std::array kPlainColumns{
    Type::bigint,  Type::uuid,    Type::timestamp, Type::integer, Type::integer, Type::integer,
    Type::integer, Type::integer, Type::integer,   Type::integer, Type::integer, Type::integer,
    Type::tiny,    Type::bigint,  Type::bigint,    Type::bigint,  Type::bigint,  Type::bigint,
    Type::bigint,  Type::bigint,  Type::bigint,    Type::bigint,  Type::bigint,  Type::text};
constexpr std::array kPlainDimensions{
    Dimension::provider, Dimension::model,   Dimension::organization, Dimension::project,
    Dimension::user,     Dimension::session, Dimension::tags};
constexpr std::array kPlainMeters{Meter::input_tokens_uncached, Meter::cache_read_tokens,
                                  Meter::output_tokens, Meter::output_reasoning_tokens,
                                  Meter::requests};
constexpr std::array kPlainCosts{CostClass::input, CostClass::cache_read, CostClass::output};

std::int64_t microseconds(Instant at) { return at.time_since_epoch().count(); }

bool is_column_meter(Meter meter) {
  return std::ranges::find(kColumnMeters, meter) != kColumnMeters.end();
}

/// Meters of the batch that have no column, with their quantities.
std::vector<Meter> side_meters(const UsageBatch& batch) {
  std::vector<Meter> meters;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    const auto meter = static_cast<Meter>(i);
    if (!batch.quantities(meter).empty() && !is_column_meter(meter)) meters.push_back(meter);
  }
  return meters;
}

std::int64_t used_at(const LedgerBatch& batch, std::size_t row) {
  const std::int64_t at = batch.usage->at[row];
  return at == UsageBatch::kNone ? microseconds(batch.default_at) : at;
}

/// Numbers of a batch's currencies; neighbours are mostly alike.
class CurrencyColumn {
 public:
  explicit CurrencyColumn(const std::map<Currency, std::int32_t>& numbers) : numbers_(numbers) {}
  std::int32_t operator()(Currency currency) {
    if (number_ < 0 || currency != last_) {
      last_ = currency;
      number_ = numbers_.at(currency);
    }
    return number_;
  }

 private:
  const std::map<Currency, std::int32_t>& numbers_;
  Currency last_;
  std::int32_t number_ = -1;
};

/// Fills the columns of one block after the other.
class Block {
 public:
  Block(duck::Appender& appender, std::span<const Insertion> rows)
      : appender_(appender), rows_(rows) {}

  /// The next column is value_of(insertion).
  template <typename T, typename ValueOf>
  T* fill(const ValueOf& value_of) {
    T* const out = appender_.column<T>(next_++);
    for (std::size_t i = 0; i < rows_.size(); ++i) out[i] = value_of(rows_[i]);
    return out;
  }
  /// The same, NULL where the value is UsageBatch::kNone.
  void optional(const std::vector<std::int64_t>& values) {
    const std::size_t column = next_;
    std::int64_t* const out = fill<std::int64_t>([&](Insertion r) { return values[r.row]; });
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (out[i] != UsageBatch::kNone) continue;
      out[i] = 0;
      appender_.set_null(column, i);
    }
  }
  [[nodiscard]] std::size_t take_column() { return next_++; }

 private:
  duck::Appender& appender_;
  std::span<const Insertion> rows_;
  std::size_t next_ = 0;
};

/// Finds out whether a record's source id is the UUID that its identity was made of.
class SourceIds {
 public:
  explicit SourceIds(const UsageBatch& usage)
      : usage_(usage), codes_(usage.codes(Dimension::organization)) {}

  bool follows_from_id(std::size_t row) {
    const auto uuid = parse_uuid(usage_.source_ids[row]);
    if (!uuid) return false;
    const RecordId key = key_of(codes_[row]);
    return usage_.ids[row] == RecordId{uuid->high ^ key.high, uuid->low ^ key.low};
  }

 private:
  RecordId key_of(std::uint32_t code) {
    if (code >= keys_.size()) keys_.resize(usage_.dictionary(Dimension::organization).size());
    if (keys_[code].is_null()) {
      keys_[code] = uuid_key(usage_.dictionary(Dimension::organization).text_of(code));
    }
    return keys_[code];
  }

  const UsageBatch& usage_;
  const std::vector<std::uint32_t>& codes_;
  std::vector<RecordId> keys_;
};

/// Tells which records are plain.
class Plainness {
 public:
  explicit Plainness(const LedgerBatch& batch) : batch_(batch) {
    const UsageBatch& usage = *batch.usage;
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      const auto meter = static_cast<Meter>(i);
      if (usage.meters().test(i) && std::ranges::find(kPlainMeters, meter) == kPlainMeters.end()) {
        odd_meters_.push_back(usage.quantities(meter));
      }
    }
  }

  [[nodiscard]] bool holds(Insertion r) const {
    const UsageBatch& usage = *batch_.usage;
    const auto requests = usage.quantities(Meter::requests);
    if (requests.empty() || requests[r.largest] != 1) return false;
    for (const auto& quantities : odd_meters_) {
      if (quantities[r.largest] != 0) return false;
    }
    const auto cost = [&](CostClass c) {
      return batch_.pico[static_cast<std::size_t>(c)][r.largest];
    };
    return cost(CostClass::cache_write) == 0 && cost(CostClass::other) == 0 &&
           usage.reported_currency[r.largest].is_none() &&
           usage.ingested_at[r.row] == UsageBatch::kNone && usage.metadata[r.row].empty();
  }

 private:
  const LedgerBatch& batch_;
  std::vector<std::span<const std::int64_t>> odd_meters_;
};

}  // namespace

Result<void> DuckdbLedger::append_records(const LedgerBatch& batch, const Numbers& numbers) {
  const Plainness plain(batch);
  std::vector<Insertion> plain_rows;
  std::vector<Insertion> wide_rows;
  for (const Insertion& insertion : admission_.insertions()) {
    (plain.holds(insertion) ? plain_rows : wide_rows).push_back(insertion);
  }
  if (auto done = append_plain(batch, numbers, plain_rows); !done) return done;
  return append_wide(batch, numbers, wide_rows);
}

// --- Plain records ---

void DuckdbLedger::number_circumstances(const LedgerBatch& batch, const Numbers& numbers,
                                        std::span<const Insertion> block, std::int32_t* out) {
  const UsageBatch& usage = *batch.usage;
  std::array<const std::uint32_t*, Circumstances::kDimensions.size()> codes{};
  std::array<const std::int32_t*, Circumstances::kDimensions.size()> of_code{};
  for (std::size_t d = 0; d < codes.size(); ++d) {
    codes[d] = usage.codes(Circumstances::kDimensions[d]).data();
    of_code[d] = numbers.of_code[static_cast<std::size_t>(Circumstances::kDimensions[d])].data();
  }
  Circumstances now;
  now.recorded_at = microseconds(batch.recorded_at);
  for (std::size_t i = 0; i < block.size(); ++i) {
    const auto [row, largest] = block[i];
    for (std::size_t d = 0; d < codes.size(); ++d) now.dimensions[d] = of_code[d][codes[d][row]];
    now.context_window = usage.context_window[row];
    now.price = batch.price[largest] == kNoPrice ? 0 : numbers.prices[batch.price[largest]];
    now.reason = numbers.reasons[batch.reason[largest]];
    now.time_given = usage.at[row] != UsageBatch::kNone;
    now.grows = usage.grows[row] != 0;
    now.call_status = static_cast<std::int8_t>(usage.status[row]);
    out[i] = circumstances_.number(now);
  }
}

Result<void> DuckdbLedger::append_plain(const LedgerBatch& batch, const Numbers& numbers,
                                        std::span<const Insertion> plain) {
  if (plain.empty()) return {};
  auto records = writer_.appender(nullptr, "plain_records", kPlainColumns);
  if (!records) return fail(records.error());
  const UsageBatch& usage = *batch.usage;
  SourceIds source_ids(usage);
  CurrencyColumn currency(numbers.currencies);
  for (std::size_t from = 0; from < plain.size(); from += duck::Appender::kBlockRows) {
    const auto rows =
        plain.subspan(from, std::min(plain.size() - from, duck::Appender::kBlockRows));
    Block block(*records, rows);
    const auto* entry = block.fill<std::int64_t>([this](Insertion) { return next_entry_++; });
    block.fill<duckdb_hugeint>([&](Insertion r) { return duck::uuid_of(usage.ids[r.row]); });
    const auto* at = block.fill<std::int64_t>([&](Insertion r) { return used_at(batch, r.row); });
    number_circumstances(batch, numbers, rows, records->column<std::int32_t>(block.take_column()));
    std::array<const std::int32_t*, kPlainDimensions.size()> dimension{};
    for (std::size_t d = 0; d < dimension.size(); ++d) {
      const auto& codes = usage.codes(kPlainDimensions[d]);
      const auto& of_code = numbers.of_code[static_cast<std::size_t>(kPlainDimensions[d])];
      dimension[d] = block.fill<std::int32_t>([&](Insertion r) { return of_code[codes[r.row]]; });
    }
    const auto* currencies =
        block.fill<std::int32_t>([&](Insertion r) { return currency(batch.currency[r.largest]); });
    const auto* status = block.fill<std::int8_t>(
        [&](Insertion r) { return static_cast<std::int8_t>(batch.status[r.largest]); });
    std::array<const std::int64_t*, kPlainMeters.size() - 1> meter{};
    for (std::size_t m = 0; m < meter.size(); ++m) {
      const auto counts = usage.quantities(kPlainMeters[m]);
      meter[m] = block.fill<std::int64_t>(
          [&](Insertion r) { return counts.empty() ? 0 : counts[r.largest]; });
    }
    std::array<const std::int64_t*, kPlainCosts.size()> cost{};
    for (std::size_t c = 0; c < cost.size(); ++c) {
      const auto pico = batch.pico[static_cast<std::size_t>(kPlainCosts[c])];
      cost[c] = block.fill<std::int64_t>([&](Insertion r) { return pico[r.largest]; });
    }
    block.optional(usage.latency_ms);
    block.optional(usage.time_to_first_token_ms);
    block.fill<std::int64_t>(
        [&](Insertion r) { return static_cast<std::int64_t>(usage.line[r.row]); });
    const std::size_t source_id = block.take_column();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (source_ids.follows_from_id(rows[i].row)) {
        records->set_null(source_id, i);
      } else {
        records->set_text(source_id, i, usage.source_ids[rows[i].row]);
      }
      sums_.add(
          {entry[i],
           usage.ids[rows[i].row],
           at[i],
           {dimension[0][i], dimension[1][i], dimension[2][i], dimension[3][i], dimension[4][i]},
           currencies[i],
           status[i],
           {meter[0][i], meter[1][i], 0, 0, 0, meter[2][i], meter[3][i], 1},
           {cost[0][i], cost[1][i], 0, cost[2][i], 0}});
    }
    if (auto appended = records->append_block(rows.size()); !appended) return appended;
  }
  if (auto finished = records->finish(); !finished) return finished;
  return append_circumstances();
}

Result<void> DuckdbLedger::append_circumstances() {
  static constexpr Type kColumns[] = {Type::integer, Type::timestamp, Type::boolean, Type::integer,
                                      Type::integer, Type::integer,   Type::integer, Type::integer,
                                      Type::integer, Type::integer,   Type::integer, Type::integer,
                                      Type::boolean, Type::tiny,      Type::bigint};
  const auto numbered = circumstances_.take_new();
  if (numbered.empty()) return {};
  auto appender = writer_.appender(nullptr, "circumstances", kColumns);
  if (!appender) return fail(appender.error());
  std::size_t filled = 0;
  for (const auto& [number, facts] : numbered) {
    std::size_t column = 0;
    const auto put = [&]<typename T>(T value) { appender->column<T>(column++)[filled] = value; };
    put(number);
    put(facts.recorded_at);
    put(facts.time_given);
    for (const std::int32_t dimension : facts.dimensions) put(dimension);
    put(facts.price);
    put(facts.reason);
    put(facts.grows);
    put(facts.call_status);
    put(facts.context_window);
    if (++filled < duck::Appender::kBlockRows) continue;
    if (auto appended = appender->append_block(filled); !appended) return appended;
    filled = 0;
  }
  if (auto appended = appender->append_block(filled); !appended) return appended;
  return appender->finish();
}

// --- All others ---

Result<void> DuckdbLedger::append_wide(const LedgerBatch& batch, const Numbers& numbers,
                                       std::span<const Insertion> wide) {
  if (wide.empty()) return {};
  auto records = writer_.appender(nullptr, "records", kRecordColumns);
  if (!records) return fail(records.error());
  const UsageBatch& usage = *batch.usage;
  const auto others = side_meters(usage);
  if (auto side = append_other_quantities(batch, wide); !side) return side;
  SourceIds source_ids(usage);
  CurrencyColumn currency(numbers.currencies);
  CurrencyColumn reported(numbers.currencies);
  for (std::size_t from = 0; from < wide.size(); from += duck::Appender::kBlockRows) {
    const auto rows = wide.subspan(from, std::min(wide.size() - from, duck::Appender::kBlockRows));
    Block block(*records, rows);
    const auto* entry = block.fill<std::int64_t>([this](Insertion) { return next_entry_++; });
    block.fill<duckdb_hugeint>([&](Insertion r) { return duck::uuid_of(usage.ids[r.row]); });
    block.fill<std::int64_t>([&](Insertion) { return microseconds(batch.recorded_at); });
    const auto* at = block.fill<std::int64_t>([&](Insertion r) { return used_at(batch, r.row); });
    block.fill<bool>([&](Insertion r) { return usage.at[r.row] != UsageBatch::kNone; });
    std::array<const std::int32_t*, kDimensionCount> dimension{};
    for (std::size_t d = 0; d < kDimensionCount; ++d) {
      const auto& codes = usage.codes(static_cast<Dimension>(d));
      const auto& of_code = numbers.of_code[d];
      dimension[d] = block.fill<std::int32_t>([&](Insertion r) { return of_code[codes[r.row]]; });
    }
    const auto* currencies =
        block.fill<std::int32_t>([&](Insertion r) { return currency(batch.currency[r.largest]); });
    const auto* status = block.fill<std::int8_t>(
        [&](Insertion r) { return static_cast<std::int8_t>(batch.status[r.largest]); });
    block.fill<std::int32_t>([&](Insertion r) {
      return batch.price[r.largest] == kNoPrice ? 0 : numbers.prices[batch.price[r.largest]];
    });
    block.fill<std::int32_t>([&](Insertion r) { return numbers.reasons[batch.reason[r.largest]]; });
    std::array<const std::int64_t*, kColumnMeters.size()> meter{};
    for (std::size_t m = 0; m < meter.size(); ++m) {
      const auto counts = usage.quantities(kColumnMeters[m]);
      meter[m] = block.fill<std::int64_t>(
          [&](Insertion r) { return counts.empty() ? 0 : counts[r.largest]; });
    }
    block.fill<bool>([&](Insertion r) {
      return std::ranges::any_of(
          others, [&](Meter other) { return usage.quantities(other)[r.largest] != 0; });
    });
    std::array<const std::int64_t*, kCostClassCount> cost{};
    for (std::size_t c = 0; c < kCostClassCount; ++c) {
      cost[c] = block.fill<std::int64_t>([&](Insertion r) { return batch.pico[c][r.largest]; });
    }
    const std::size_t reported_cost = block.take_column();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      records->column<duckdb_hugeint>(reported_cost)[i] =
          duck::hugeint_of(usage.reported_cost[rows[i].largest].pico());
      if (usage.reported_currency[rows[i].largest].is_none()) records->set_null(reported_cost, i);
    }
    block.fill<std::int32_t>(
        [&](Insertion r) { return reported(usage.reported_currency[r.largest]); });
    block.fill<bool>([&](Insertion r) { return usage.grows[r.row] != 0; });
    block.fill<std::int8_t>(
        [&](Insertion r) { return static_cast<std::int8_t>(usage.status[r.row]); });
    block.fill<std::int64_t>([&](Insertion r) { return usage.context_window[r.row]; });
    block.optional(usage.latency_ms);
    block.optional(usage.time_to_first_token_ms);
    block.optional(usage.ingested_at);
    block.fill<std::int64_t>(
        [&](Insertion r) { return static_cast<std::int64_t>(usage.line[r.row]); });
    const std::size_t source_id = block.take_column();
    const std::size_t metadata = block.take_column();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (source_ids.follows_from_id(rows[i].row)) {
        records->set_null(source_id, i);
      } else {
        records->set_text(source_id, i, usage.source_ids[rows[i].row]);
      }
      records->set_text(metadata, i, usage.metadata[rows[i].row]);
      EntryFacts facts{entry[i], usage.ids[rows[i].row], at[i], {}, currencies[i], status[i], {},
                       {}};
      for (std::size_t d = 0; d < kCheckedDimensions.size(); ++d) {
        facts.dimensions[d] = dimension[static_cast<std::size_t>(kCheckedDimensions[d])][i];
      }
      for (std::size_t m = 0; m < meter.size(); ++m) facts.meters[m] = meter[m][i];
      for (std::size_t c = 0; c < kCostClassCount; ++c) facts.costs[c] = cost[c][i];
      sums_.add(facts);
    }
    if (auto appended = records->append_block(rows.size()); !appended) return appended;
  }
  return records->finish();
}

Result<void> DuckdbLedger::append_other_quantities(const LedgerBatch& batch,
                                                   std::span<const Insertion> wide) {
  std::vector<std::tuple<std::int64_t, Meter, std::int64_t>> side;
  for (const Meter meter : side_meters(*batch.usage)) {
    const auto quantities = batch.usage->quantities(meter);
    std::int64_t entry = next_entry_;
    for (const Insertion& insertion : wide) {
      if (quantities[insertion.largest] != 0) {
        side.emplace_back(entry, meter, quantities[insertion.largest]);
      }
      ++entry;
    }
  }
  return append_side(side);
}

// --- Control totals ---

Result<void> DuckdbLedger::append_batch_sums(Instant recorded_at) {
  static constexpr Type kColumns[] = {Type::bigint,  Type::bigint,  Type::timestamp,
                                      Type::hugeint, Type::hugeint, Type::unsigned_bigint};
  const EntrySums sums = std::exchange(sums_, {});
  if (sums.entries == 0) return {};
  auto appender = writer_.appender(nullptr, "batches", kColumns);
  if (!appender) return fail(appender.error());
  appender->column<std::int64_t>(0)[0] = next_entry_ - sums.entries;
  appender->column<std::int64_t>(1)[0] = sums.entries;
  appender->column<std::int64_t>(2)[0] = microseconds(recorded_at);
  appender->column<duckdb_hugeint>(3)[0] = duck::hugeint_of(sums.quantity);
  appender->column<duckdb_hugeint>(4)[0] = duck::hugeint_of(sums.cost_pico);
  appender->column<std::uint64_t>(5)[0] = sums.checksum;
  if (auto appended = appender->append_block(1); !appended) return appended;
  return appender->finish();
}

}  // namespace costops::storage
