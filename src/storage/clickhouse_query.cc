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
  GroupsReader(const ClickhouseServer& server, const Query& query, std::uint64_t last)
      : server_(server), query_(query), last_(last), keys_(query.group_by.size()) {
    groups_.keys.resize(keys_.size());
  }
  Result<void> read();
  Result<void> read_side();
  Result<Groups> finish();

 private:
  using Place = std::pair<std::vector<std::int64_t>, std::string>;  ///< Codes and step; currency.
  Place place_of(RowBinaryReader& in);
  Result<void> read_row(RowBinaryReader& in);

  const ClickhouseServer& server_;
  const Query& query_;
  std::uint64_t last_;
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

Result<void> GroupsReader::read_row(RowBinaryReader& in) {
  const Place place = place_of(in);
  places_[place] = groups_.size();
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    groups_.keys[i].codes.push_back(static_cast<std::uint32_t>(place.first[i]));
  }
  if (query_.steps) groups_.steps.emplace_back(Microseconds(place.first.back()));
  const auto currency =
      place.second.empty() ? Result<Currency>(Currency()) : Currency::parse(place.second);
  if (!currency) return fail(currency.error());
  groups_.currencies.push_back(*currency);
  groups_.requests.push_back(in.number<std::int64_t>());
  if (query_.measures.has(Measure::unpriced)) {
    groups_.unpriced.push_back(in.number<std::int64_t>());
  }
  if (query_.measures.has(Measure::quantities)) {
    for (const Meter meter : kColumnMeters) {
      const auto sum = narrow_sum(in.number<Int128>(), to_string(meter));
      if (!sum) return fail(sum.error());
      groups_.quantities[static_cast<std::size_t>(meter)].push_back(*sum);
    }
  }
  const bool classes = query_.measures.has(Measure::costs);
  const bool total_wanted = query_.measures.has(Measure::total_cost);
  if (classes || total_wanted) {
    Amount total;
    for (auto& costs : groups_.costs) {
      const Amount cost = Amount::pico(in.number<Int128>());
      if (classes) costs.push_back(cost);
      total += cost;
    }
    if (total_wanted) groups_.total_cost.push_back(total);
  }
  if (query_.measures.has(Measure::reported_cost)) {
    groups_.reported_cost.push_back(Amount::pico(in.number<Int128>()));
  }
  if (in.failed()) return fail(half_an_answer());
  return {};
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
  const auto answer =
      server_.ask(sql + " FROM entries WHERE " + in_batches(last_) + clickhouse_where(query_) +
                  " GROUP BY " + names + " HAVING sum(records) > 0 FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  while (in.more()) {
    if (auto row = read_row(in); !row) return row;
  }
  return {};
}

Result<void> GroupsReader::read_side() {
  const auto [columns, names] = keys_of(query_);
  const auto answer = server_.ask(
      "SELECT " + columns + ", meter" + exact_sum("quantity") +
      " FROM entries ARRAY JOIN more_meters AS meter, more_quantities AS quantity WHERE " +
      in_batches(last_) + clickhouse_where(query_) + " GROUP BY " + names +
      ", meter FORMAT RowBinary");
  if (!answer) return fail(answer.error());
  RowBinaryReader in(*answer);
  while (in.more()) {
    const Place place = place_of(in);
    const std::string_view name = in.text();
    const auto wide = in.number<Int128>();
    if (in.failed()) return fail(half_an_answer());
    const auto group = places_.find(place);
    if (group == places_.end()) continue;  // Its records left the group.
    const auto meter = meter_named(name);
    if (!meter) return fail(meter.error());
    const auto sum = narrow_sum(wide, name);
    if (!sum) return fail(sum.error());
    if (*sum == 0) continue;
    auto& column = groups_.quantities[static_cast<std::size_t>(*meter)];
    column.resize(groups_.size());
    column[group->second] = *sum;
  }
  return {};
}

Result<Groups> GroupsReader::finish() {
  std::unordered_set<std::uint64_t> numbers;
  for (const KeyCodes& codes : keys_) {
    numbers.insert(codes.numbers().begin(), codes.numbers().end());
  }
  numbers.erase(0);
  auto texts = clickhouse_texts(server_, numbers);
  if (!texts) return fail(texts.error());
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
  const auto last = last_batch();
  if (!last) return fail(last.error());
  GroupsReader reader(server_, query, *last);
  if (auto read = reader.read(); !read) return fail(read.error());
  if (query.measures.has(Measure::quantities)) {
    if (auto read = reader.read_side(); !read) return fail(read.error());
  }
  return reader.finish();
}

}  // namespace costops::storage
