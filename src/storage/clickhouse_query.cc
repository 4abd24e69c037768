// clickhouse_query.cc - sums over `entries`, grouped by the texts' numbers.
//
// ClickHouse's own sum of Int64 wraps around; a Decimal(38, 0) does not, and says so at its end.
#include <map>

#include "storage/clickhouse_ledger.h"
#include "storage/groups.h"
#include "storage/ledger_columns.h"

namespace costops::storage {
namespace {

std::string whole(std::int64_t number) { return "toInt64(" + std::to_string(number) + ")"; }

std::string exact_sum(std::string_view column) {
  return ", sum(toDecimal128(" + std::string(column) + ", 0))";
}

std::string condition_of(const Filter& filter) {
  const bool tags = filter.dimension == Dimension::tags;
  std::string numbers;
  bool unassigned = false;
  for (const std::string& value : filter.values) {
    if (!numbers.empty()) numbers += ", ";
    numbers += "toUInt64(" + std::to_string(text_number(value)) + ")";
    unassigned = unassigned || value.empty();
  }
  std::string holds = "0";
  if (!numbers.empty() && !tags) holds = id_column(filter.dimension) + " IN (" + numbers + ")";
  if (!numbers.empty() && tags) {
    holds = id_column(filter.dimension) + " IN (SELECT number FROM texts WHERE hasAny(tags, [" +
            numbers + "]))";
    if (unassigned) holds += " OR " + id_column(filter.dimension) + " = 0";
  }
  return std::string(" AND ") + (filter.kind == Filter::Kind::exclude ? "NOT (" : "(") + holds +
         ")";
}

template <typename ValueOf>
std::string by_offset(const LocalSteps& steps, const ValueOf& value_of) {
  if (steps.offsets.size() == 1) return value_of(steps.offsets[0]);
  std::string sql = "CASE";
  for (std::size_t i = 1; i < steps.offsets.size(); ++i) {
    sql += " WHEN used_at < " + whole(steps.offsets[i].from.time_since_epoch().count()) + " THEN " +
           value_of(steps.offsets[i - 1]);
  }
  return sql + " ELSE " + value_of(steps.offsets.back()) + " END";
}

/// The start of the step that contains `used_at`, but not before the change that cut the step.
std::string step_sql(const LocalSteps& steps) {
  const std::int64_t shift = positive_shift(steps.step_us);
  return "greatest(" +
         by_offset(steps,
                   [&](const LocalSteps::Offset& o) {
                     return "used_at - (used_at + " + whole(o.offset_us + shift) + ") % " +
                            whole(steps.step_us);
                   }) +
         ", " +
         by_offset(steps,
                   [&](const LocalSteps::Offset& o) {
                     const bool first = &o == steps.offsets.data();
                     return whole(first ? min_instant().time_since_epoch().count() - steps.step_us
                                        : o.from.time_since_epoch().count());
                   }) +
         ")";
}

/// "model_id AS key0, ..., currency" and the same as names.
std::pair<std::string, std::string> keys_of(const Query& query) {
  std::string columns;
  std::string names;
  for (std::size_t i = 0; i < query.group_by.size(); ++i) {
    const std::string name = "key" + std::to_string(i);
    columns += id_column(query.group_by[i]) + " AS " + name + ", ";
    names += name + ", ";
  }
  if (query.steps) {
    columns += step_sql(*query.steps) + " AS step, ";
    names += "step, ";
  }
  return {columns + "currency", names + "currency"};
}

/// Reads an answer row by row into columns.
class GroupsReader {
 public:
  GroupsReader(const ClickhouseSnapshot& snapshot, const Query& query)
      : snapshot_(snapshot), query_(query), keys_(query.group_by.size()) {
    groups_.keys.resize(keys_.size());
  }
  Result<void> read();
  Result<void> read_side();
  Result<Groups> finish();

 private:
  using Place = std::pair<std::vector<std::int64_t>, std::string>;  ///< Codes and step; currency.
  Place place_of(RowBinaryReader& in);
  Result<std::size_t> group_at(const Place& place);
  Result<void> add_quantity(Meter meter, std::size_t group, Int128 quantity);
  Result<void> read_row(RowBinaryReader& in);
  Result<void> read_side_row(RowBinaryReader& in);

  const ClickhouseSnapshot& snapshot_;
  const Query& query_;
  std::vector<KeyCodes> keys_;
  std::map<Place, std::size_t> places_;
  Groups groups_;
};

GroupsReader::Place GroupsReader::place_of(RowBinaryReader& in) {
  Place place;
  for (KeyCodes& codes : keys_) place.first.push_back(codes.code_of(in.number<std::uint64_t>()));
  if (query_.steps) place.first.push_back(in.number<std::int64_t>());
  place.second = in.text();
  return place;
}

/// The group's index; a new one is added with zeros.
Result<std::size_t> GroupsReader::group_at(const Place& place) {
  const auto [known, is_new] = places_.try_emplace(place, groups_.size());
  if (!is_new) return known->second;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    groups_.keys[i].codes.push_back(static_cast<std::uint32_t>(place.first[i]));
  }
  if (query_.steps) groups_.steps.emplace_back(Microseconds(place.first.back()));
  const auto currency =
      place.second.empty() ? Result<Currency>(Currency()) : Currency::parse(place.second);
  if (!currency) return fail(currency.error());
  groups_.currencies.push_back(*currency);
  groups_.requests.push_back(0);
  if (query_.measures.has(Measure::unpriced)) groups_.unpriced.push_back(0);
  if (query_.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) {
      groups_.quantities[static_cast<std::size_t>(meter)].push_back(0);
    }
  }
  if (query_.measures.has(Measure::costs)) {
    for (auto& costs : groups_.costs) costs.emplace_back();
  }
  if (query_.measures.has(Measure::total_cost)) groups_.total_cost.emplace_back();
  if (query_.measures.has(Measure::reported_cost)) groups_.reported_cost.emplace_back();
  return known->second;
}

Result<void> GroupsReader::add_quantity(Meter meter, std::size_t group, Int128 quantity) {
  auto& column = groups_.quantities[static_cast<std::size_t>(meter)];
  const auto sum = narrow_sum(column[group] + quantity, to_string(meter));
  if (!sum) return fail(sum.error());
  column[group] = *sum;
  return {};
}

/// Adds a shard's sums to those of the others.
Result<void> GroupsReader::read_row(RowBinaryReader& in) {
  const Place place = place_of(in);
  if (in.failed()) return fail(half_an_answer());
  const auto found = group_at(place);
  if (!found) return fail(found.error());
  const std::size_t group = *found;
  groups_.requests[group] += in.number<std::int64_t>();
  if (query_.measures.has(Measure::unpriced)) {
    groups_.unpriced[group] += in.number<std::int64_t>();
  }
  if (query_.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) {
      if (auto added = add_quantity(meter, group, in.number<Int128>()); !added) return added;
    }
  }
  if (query_.measures.has(Measure::costs) || query_.measures.has(Measure::total_cost)) {
    for (auto& costs : groups_.costs) {
      const Amount cost = Amount::pico(in.number<Int128>());
      if (query_.measures.has(Measure::costs)) costs[group] += cost;
      if (query_.measures.has(Measure::total_cost)) groups_.total_cost[group] += cost;
    }
  }
  if (query_.measures.has(Measure::reported_cost)) {
    groups_.reported_cost[group] += Amount::pico(in.number<Int128>());
  }
  return in.failed() ? Result<void>(fail(half_an_answer())) : Result<void>();
}

Result<void> GroupsReader::read() {
  const auto [columns, names] = keys_of(query_);
  std::string sql = "SELECT " + columns + ", sum(records)";
  if (query_.measures.has(Measure::unpriced)) sql += ", sum(unpriced)";
  if (query_.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) sql += exact_sum(to_string(meter));
  }
  if (query_.measures.has(Measure::costs) || query_.measures.has(Measure::total_cost)) {
    for (const std::string_view cost : kCostColumns) sql += exact_sum(cost);
  }
  if (query_.measures.has(Measure::reported_cost)) {
    sql += ", sum(if(reported_currency = currency, reported_cost_pico, toDecimal128(0, 0)))";
  }
  // A record that changed its currency leaves a group without records behind.
  const std::string end =
      clickhouse_where(query_) + " GROUP BY " + names + " HAVING sum(records) > 0 FORMAT RowBinary";
  const auto answers = snapshot_.ask_each([&](std::size_t shard) {
    return sql + " FROM entries WHERE " + snapshot_.holds(shard) + end;
  });
  if (!answers) return fail(answers.error());
  for (const std::string& answer : *answers) {
    RowBinaryReader in(answer);
    while (in.more()) {
      if (auto row = read_row(in); !row) return row;
    }
  }
  return {};
}

Result<void> GroupsReader::read_side_row(RowBinaryReader& in) {
  const Place place = place_of(in);
  const std::string_view name = in.text();
  const auto quantity = in.number<Int128>();
  if (in.failed()) return fail(half_an_answer());
  const auto group = places_.find(place);
  if (group == places_.end() || quantity == 0) return {};  // Its records left the group.
  const auto meter = meter_named(name);
  if (!meter) return fail(meter.error());
  groups_.quantities[static_cast<std::size_t>(*meter)].resize(groups_.size());
  return add_quantity(*meter, group->second, quantity);
}

Result<void> GroupsReader::read_side() {
  const auto keys = keys_of(query_);
  const std::string end =
      clickhouse_where(query_) + " GROUP BY " + keys.second + ", meter FORMAT RowBinary";
  const auto answers = snapshot_.ask_each([&](std::size_t shard) {
    return "SELECT " + keys.first + ", meter" + exact_sum("quantity") +
           " FROM entries ARRAY JOIN more_meters AS meter, more_quantities AS quantity WHERE " +
           snapshot_.holds(shard) + end;
  });
  if (!answers) return fail(answers.error());
  for (const std::string& answer : *answers) {
    RowBinaryReader in(answer);
    while (in.more()) {
      if (auto row = read_side_row(in); !row) return row;
    }
  }
  return {};
}

Result<Groups> GroupsReader::finish() {
  std::unordered_set<std::uint64_t> numbers;
  for (const KeyCodes& codes : keys_) {
    numbers.insert(codes.numbers().begin(), codes.numbers().end());
  }
  numbers.erase(0);
  auto texts = clickhouse_texts(snapshot_, numbers);
  if (!texts) return fail(texts.error());
  if (texts->size() != numbers.size()) return fail(half_an_answer());
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    for (const std::uint64_t number : keys_[key].numbers()) {
      groups_.keys[key].texts.push_back((*texts)[number]);
    }
  }
  if (auto finished = finish_groups(query_, groups_); !finished) return fail(finished.error());
  return std::move(groups_);
}

}  // namespace

std::string clickhouse_where(const Query& query) {
  std::string sql;
  if (!is_all_time(query.range)) {
    sql += " AND used_at >= " + whole(query.range.from.time_since_epoch().count());
    sql += " AND used_at < " + whole(query.range.to.time_since_epoch().count());
  }
  if (query.as_of) sql += " AND recorded_at <= " + whole(query.as_of->time_since_epoch().count());
  for (const Filter& filter : query.filters) sql += condition_of(filter);
  return sql;
}

Result<Groups> ClickhouseLedger::groups(const Query& query) const {
  constexpr int kAttempts = 10;
  for (int attempt = 1;; ++attempt) {
    const auto seen = snapshot();
    if (!seen) return fail(seen.error());
    GroupsReader reader(*seen, query);
    if (auto read = reader.read(); !read) return fail(read.error());
    if (query.measures.has(Measure::quantities)) {
      if (auto read = reader.read_side(); !read) return fail(read.error());
    }
    const auto holds = seen->still_holds();
    if (!holds) return fail(holds.error());
    if (*holds) return reader.finish();
    if (attempt < kAttempts) continue;
    return fail(ErrorCode::conflict, "ledger " + url() + " changed during every one of " +
                                         std::to_string(kAttempts) + " attempts to read it");
  }
}

}  // namespace costops::storage
