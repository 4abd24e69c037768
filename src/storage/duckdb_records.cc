// duckdb_records.cc - the records of a batch as rows.
//
// There are two tables. Most records need few columns: their quantities are tokens and one request,
// and all else is small in number and shared (see circumstances.h). They go to `plain_records`,
// whose appending costs half of what the table `records` with a column for everything costs. The
// view `entries` shows both as one.
#include <algorithm>
#include <iterator>
#include <optional>

#include "storage/duckdb_ledger.h"
#include "storage/duckdb_schema.h"

namespace costops::storage {
namespace {

using duck::Type;
using Insertion = Admission::Insertion;

constexpr std::uint32_t kNoPrice = UINT32_MAX;

constexpr auto kRecordColumns =
    entry_columns_and(Type::boolean, Type::tiny, Type::bigint, Type::bigint, Type::bigint,
                      Type::timestamp, Type::bigint, Type::text, Type::text);

constexpr std::array kPlainColumns{
    Type::bigint,  Type::uuid,    Type::timestamp, Type::integer, Type::integer, Type::integer,
    Type::integer, Type::integer, Type::integer,   Type::integer, Type::integer, Type::integer,
    Type::tiny,    Type::bigint,  Type::bigint,    Type::bigint,  Type::bigint,  Type::bigint,
    Type::bigint,  Type::bigint,  Type::bigint,    Type::bigint,  Type::bigint,  Type::text};
constexpr std::array kPlainDimensions{
    Dimension::provider, Dimension::model,   Dimension::organization, Dimension::project,
    Dimension::user,     Dimension::session, Dimension::tags};
/// Their requests are one.
constexpr std::array kPlainMeters{Meter::input_tokens_uncached, Meter::cache_read_tokens,
                                  Meter::output_tokens, Meter::output_reasoning_tokens};
/// Beside the total of the costs; the rest of it are the input costs.
constexpr std::array kPlainCosts{CostClass::cache_read, CostClass::output};
constexpr auto kAllDimensions = [] {
  std::array<Dimension, kDimensionCount> all{};
  for (std::size_t d = 0; d < all.size(); ++d) all[d] = static_cast<Dimension>(d);
  return all;
}();
constexpr auto kAllCosts = [] {
  std::array<CostClass, kCostClassCount> all{};
  for (std::size_t c = 0; c < all.size(); ++c) all[c] = static_cast<CostClass>(c);
  return all;
}();

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

/// The sum of the costs of a row that has no other than plain ones; none if one of them is negative
/// or the sum needs more than 64 bits.
std::optional<std::int64_t> plain_total(const LedgerBatch& batch, Insertion r) {
  std::int64_t total = batch.pico[static_cast<std::size_t>(CostClass::input)][r.largest];
  bool fits = total >= 0;
  for (const CostClass c : kPlainCosts) {
    const std::int64_t cost = batch.pico[static_cast<std::size_t>(c)][r.largest];
    fits = !__builtin_add_overflow(total, cost, &total) && cost >= 0 && fits;
  }
  return fits ? std::optional(total) : std::nullopt;
}

/// Fills the columns of one block, each after the one before it, and keeps in sight those that the
/// checksum covers.
class Block {
 public:
  Block(duck::Appender& appender, const LedgerBatch& batch, const BatchNumbers& numbers,
        std::span<const Insertion> rows)
      : appender_(appender), batch_(batch), usage_(*batch.usage), numbers_(numbers), rows_(rows) {}

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

  void entries(std::int64_t first) {
    entry_ = fill<std::int64_t>([&](Insertion) { return first++; });
  }
  void ids() {
    fill<duckdb_hugeint>([this](Insertion r) { return duck::uuid_of(usage_.ids[r.row]); });
  }
  void used_at() {
    at_ = fill<std::int64_t>([this](Insertion r) {
      const std::int64_t at = usage_.at[r.row];
      return at == UsageBatch::kNone ? microseconds(batch_.default_at) : at;
    });
  }
  void dimensions(std::span<const Dimension> dimensions) {
    for (const Dimension d : dimensions) {
      const auto& codes = usage_.codes(d);
      const auto& of_code = numbers_.of_code[static_cast<std::size_t>(d)];
      const auto* filled = fill<std::int32_t>([&](Insertion r) { return of_code[codes[r.row]]; });
      const auto checked = std::ranges::find(kCheckedDimensions, d);
      if (checked == kCheckedDimensions.end()) continue;
      dimensions_[static_cast<std::size_t>(checked - kCheckedDimensions.begin())] = filled;
    }
  }
  void currency_and_status(CurrencyColumn& currency) {
    currency_ =
        fill<std::int32_t>([&](Insertion r) { return currency(batch_.currency[r.largest]); });
    status_ = fill<std::int8_t>(
        [this](Insertion r) { return static_cast<std::int8_t>(batch_.status[r.largest]); });
  }
  void price_and_reason() {
    fill<std::int32_t>([this](Insertion r) {
      const std::uint32_t price = batch_.price[r.largest];
      return price == kNoPrice ? 0 : numbers_.prices[price];
    });
    fill<std::int32_t>([this](Insertion r) { return numbers_.reasons[batch_.reason[r.largest]]; });
  }
  void meters(std::span<const Meter> meters) {
    for (const Meter meter : meters) {
      const auto counts = usage_.quantities(meter);
      const auto column = std::ranges::find(kColumnMeters, meter) - kColumnMeters.begin();
      meters_[static_cast<std::size_t>(column)] =
          fill<std::int64_t>([&](Insertion r) { return counts.empty() ? 0 : counts[r.largest]; });
    }
  }
  void costs(std::span<const CostClass> costs) {
    for (const CostClass c : costs) {
      const auto pico = batch_.pico[static_cast<std::size_t>(c)];
      costs_[static_cast<std::size_t>(c)] =
          fill<std::int64_t>([&](Insertion r) { return pico[r.largest]; });
    }
  }
  /// The total of a plain record's costs.
  void total_cost() {
    total_ = fill<std::int64_t>([this](Insertion r) { return *plain_total(batch_, r); });
  }
  void reported_cost(CurrencyColumn& currency) {
    const std::size_t column = take_column();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::uint32_t row = rows_[i].largest;
      appender_.column<duckdb_hugeint>(column)[i] =
          duck::hugeint_of(usage_.reported_cost[row].pico());
      if (usage_.reported_currency[row].is_none()) appender_.set_null(column, i);
    }
    fill<std::int32_t>([&](Insertion r) { return currency(usage_.reported_currency[r.largest]); });
  }
  void line_and_source_id(SourceIds& source_ids) {
    fill<std::int64_t>(
        [this](Insertion r) { return static_cast<std::int64_t>(usage_.line[r.row]); });
    const std::size_t column = take_column();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (source_ids.follows_from_id(rows_[i].row)) {
        appender_.set_null(column, i);
      } else {
        appender_.set_text(column, i, usage_.source_ids[rows_[i].row]);
      }
    }
  }
  void metadata() {
    const std::size_t column = take_column();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      appender_.set_text(column, i, usage_.metadata[rows_[i].row]);
    }
  }

  /// Appends the block, and adds its entries to the sums of their batch.
  [[nodiscard]] Result<void> append(EntrySums& sums) {
    for (std::size_t i = 0; i < rows_.size(); ++i) sums.add(facts(i));
    return appender_.append_block(rows_.size());
  }

 private:
  /// A meter or cost without a column is zero, but requests: one.
  [[nodiscard]] EntryFacts facts(std::size_t i) const {
    EntryFacts facts{entry_[i], usage_.ids[rows_[i].row], at_[i], {}, currency_[i], status_[i]};
    for (std::size_t d = 0; d < dimensions_.size(); ++d) facts.dimensions[d] = dimensions_[d][i];
    facts.meters.back() = 1;
    for (std::size_t m = 0; m < meters_.size(); ++m) {
      if (meters_[m] != nullptr) facts.meters[m] = meters_[m][i];
    }
    for (std::size_t c = 0; c < costs_.size(); ++c) {
      if (costs_[c] != nullptr) facts.costs[c] = costs_[c][i];
    }
    if (total_ == nullptr) return facts;
    std::int64_t& input = facts.costs[static_cast<std::size_t>(CostClass::input)];
    input = total_[i];
    for (const CostClass c : kPlainCosts) input -= facts.costs[static_cast<std::size_t>(c)];
    return facts;
  }

  duck::Appender& appender_;
  const LedgerBatch& batch_;
  const UsageBatch& usage_;
  const BatchNumbers& numbers_;
  std::span<const Insertion> rows_;
  std::size_t next_ = 0;

  const std::int64_t* entry_ = nullptr;
  const std::int64_t* at_ = nullptr;
  std::array<const std::int32_t*, kCheckedDimensions.size()> dimensions_{};
  const std::int32_t* currency_ = nullptr;
  const std::int8_t* status_ = nullptr;
  std::array<const std::int64_t*, kColumnMeters.size()> meters_{};
  std::array<const std::int64_t*, kCostClassCount> costs_{};
  const std::int64_t* total_ = nullptr;  ///< Instead of the input costs.
};
static_assert(kColumnMeters.back() == Meter::requests);

/// Hands on at most so many rows at a time as a block holds.
template <typename AppendBlock>
Result<void> for_each_block(std::span<const Insertion> rows, const AppendBlock& append_block) {
  for (std::size_t from = 0; from < rows.size(); from += duck::Appender::kBlockRows) {
    const std::size_t count = std::min(rows.size() - from, duck::Appender::kBlockRows);
    if (auto appended = append_block(rows.subspan(from, count)); !appended) return appended;
  }
  return {};
}

/// Tells which records are plain.
class Plainness {
 public:
  explicit Plainness(const LedgerBatch& batch) : batch_(batch) {
    const UsageBatch& usage = *batch.usage;
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      const auto meter = static_cast<Meter>(i);
      if (meter == Meter::requests || !usage.meters().test(i)) continue;
      if (std::ranges::find(kPlainMeters, meter) == kPlainMeters.end()) {
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
           plain_total(batch_, r) && usage.reported_currency[r.largest].is_none() &&
           usage.ingested_at[r.row] == UsageBatch::kNone && usage.metadata[r.row].empty();
  }

 private:
  const LedgerBatch& batch_;
  std::vector<std::span<const std::int64_t>> odd_meters_;
};

}  // namespace

Result<void> DuckdbLedger::append_records(const LedgerBatch& batch, const BatchNumbers& numbers) {
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

void DuckdbLedger::number_circumstances(const LedgerBatch& batch, const BatchNumbers& numbers,
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

Result<void> DuckdbLedger::append_plain(const LedgerBatch& batch, const BatchNumbers& numbers,
                                        std::span<const Insertion> plain) {
  if (plain.empty()) return {};
  auto records = writer_.appender(nullptr, "plain_records", kPlainColumns);
  if (!records) return fail(records.error());
  const UsageBatch& usage = *batch.usage;
  SourceIds source_ids(usage);
  CurrencyColumn currency(numbers.currencies);
  auto appended = for_each_block(plain, [&](std::span<const Insertion> rows) {
    Block block(*records, batch, numbers, rows);
    block.entries(std::exchange(next_entry_, next_entry_ + std::ssize(rows)));
    block.ids();
    block.used_at();
    number_circumstances(batch, numbers, rows, records->column<std::int32_t>(block.take_column()));
    block.dimensions(kPlainDimensions);
    block.currency_and_status(currency);
    block.meters(kPlainMeters);
    block.total_cost();
    block.costs(kPlainCosts);
    block.optional(usage.latency_ms);
    block.optional(usage.time_to_first_token_ms);
    block.line_and_source_id(source_ids);
    return block.append(sums_);
  });
  if (!appended) return appended;
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

Result<void> DuckdbLedger::append_wide(const LedgerBatch& batch, const BatchNumbers& numbers,
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
  auto appended = for_each_block(wide, [&](std::span<const Insertion> rows) {
    Block block(*records, batch, numbers, rows);
    block.entries(std::exchange(next_entry_, next_entry_ + std::ssize(rows)));
    block.ids();
    block.fill<std::int64_t>([&](Insertion) { return microseconds(batch.recorded_at); });
    block.used_at();
    block.fill<bool>([&](Insertion r) { return usage.at[r.row] != UsageBatch::kNone; });
    block.dimensions(kAllDimensions);
    block.currency_and_status(currency);
    block.price_and_reason();
    block.meters(kColumnMeters);
    block.fill<bool>([&](Insertion r) {
      return std::ranges::any_of(
          others, [&](Meter other) { return usage.quantities(other)[r.largest] != 0; });
    });
    block.costs(kAllCosts);
    block.reported_cost(reported);
    block.fill<bool>([&](Insertion r) { return usage.grows[r.row] != 0; });
    block.fill<std::int8_t>(
        [&](Insertion r) { return static_cast<std::int8_t>(usage.status[r.row]); });
    block.fill<std::int64_t>([&](Insertion r) { return usage.context_window[r.row]; });
    block.optional(usage.latency_ms);
    block.optional(usage.time_to_first_token_ms);
    block.optional(usage.ingested_at);
    block.line_and_source_id(source_ids);
    block.metadata();
    return block.append(sums_);
  });
  if (!appended) return appended;
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
