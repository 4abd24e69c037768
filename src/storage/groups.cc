// groups.cc - tags, order and limit of an answer; its form as rows.
#include "storage/groups.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "costops/storage/ledger.h"

namespace costops::storage {
namespace {

template <typename T>
void permute(std::vector<T>& column, const std::vector<std::uint32_t>& order) {
  if (column.empty()) return;
  std::vector<T> out;
  out.reserve(order.size());
  for (const std::uint32_t from : order) out.push_back(column[from]);
  column = std::move(out);
}

template <typename Visit>
void for_each_measure(Groups& groups, const Visit& visit) {
  visit(groups.requests);
  visit(groups.unpriced);
  for (auto& column : groups.quantities) visit(column);
  for (auto& column : groups.costs) visit(column);
  visit(groups.total_cost);
  visit(groups.reported_cost);
}

/// Puts the groups of `order` in its order; others are dropped, and so are unused texts.
void select_groups(Groups& groups, const std::vector<std::uint32_t>& order) {
  for (Groups::Key& key : groups.keys) permute(key.codes, order);
  permute(groups.steps, order);
  permute(groups.currencies, order);
  for_each_measure(groups, [&order](auto& column) { permute(column, order); });
}

/// Rank of each text among the texts.
std::vector<std::uint32_t> ranks_of(const std::vector<std::string>& texts) {
  std::vector<std::uint32_t> sorted(texts.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::ranges::sort(sorted, {}, [&texts](std::uint32_t i) -> std::string_view { return texts[i]; });
  std::vector<std::uint32_t> ranks(texts.size());
  for (std::uint32_t rank = 0; rank < sorted.size(); ++rank) ranks[sorted[rank]] = rank;
  return ranks;
}

/// Makes the texts of a key ascend, so that codes compare like texts.
void sort_texts(Groups::Key& key) {
  if (std::ranges::is_sorted(key.texts)) return;
  const auto ranks = ranks_of(key.texts);
  std::vector<std::string> texts(key.texts.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) texts[ranks[i]] = std::move(key.texts[i]);
  key.texts = std::move(texts);
  for (std::uint32_t& code : key.codes) code = ranks[code];
}

/// Drops the texts that no group has any more.
void drop_unused_texts(Groups::Key& key) {
  std::vector<std::uint32_t> new_code(key.texts.size(), UINT32_MAX);
  for (const std::uint32_t code : key.codes) new_code[code] = 0;
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < new_code.size(); ++i) {
    if (new_code[i] == UINT32_MAX) continue;
    if (next != i) key.texts[next] = std::move(key.texts[i]);
    new_code[i] = next++;
  }
  key.texts.resize(next);
  for (std::uint32_t& code : key.codes) code = new_code[code];
}

Amount cost_of(const Groups& groups, std::uint32_t group) {
  if (!groups.total_cost.empty()) return groups.total_cost[group];
  Amount total;
  for (const auto& costs : groups.costs) {
    if (!costs.empty()) total += costs[group];
  }
  return total;
}

std::uint64_t step_of(const Groups& groups, std::uint32_t group) {
  if (groups.steps.empty()) return 0;
  const std::int64_t at = groups.steps[group].time_since_epoch().count();
  return static_cast<std::uint64_t>(at) ^ (std::uint64_t{1} << 63);  // Orders like `at`.
}

std::uint64_t currency_rank(Currency currency) {
  std::uint64_t rank = 0;
  for (const char c : currency.code()) rank = rank << 8 | static_cast<unsigned char>(c);
  return rank;
}

/// Compares by keys, step and currency. Texts must be sorted.
class ByKeys {
 public:
  explicit ByKeys(const Groups& groups) : groups_(groups) {}
  int compare(std::uint32_t a, std::uint32_t b) const {
    for (const Groups::Key& key : groups_.keys) {
      if (key.codes[a] != key.codes[b]) return key.codes[a] < key.codes[b] ? -1 : 1;
    }
    const std::uint64_t step_a = step_of(groups_, a);
    const std::uint64_t step_b = step_of(groups_, b);
    if (step_a != step_b) return step_a < step_b ? -1 : 1;
    const auto currencies = groups_.currencies[a] <=> groups_.currencies[b];
    return currencies < 0 ? -1 : (currencies > 0 ? 1 : 0);
  }
  bool operator()(std::uint32_t a, std::uint32_t b) const { return compare(a, b) < 0; }

 private:
  const Groups& groups_;
};

/// The groups in order of keys, by one 64-bit number each where the codes fit into it.
std::vector<std::uint32_t> order_by_keys(const Groups& groups) {
  std::vector<std::uint32_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0U);
  std::size_t bits = 0;
  for (const Groups::Key& key : groups.keys) bits += std::bit_width(key.texts.size());
  if (!groups.steps.empty() || bits > 40) {
    std::ranges::sort(order, ByKeys(groups));
    return order;
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> packed(groups.size());
  for (std::uint32_t i = 0; i < packed.size(); ++i) {
    std::uint64_t number = 0;
    for (const Groups::Key& key : groups.keys) {
      number = number << std::bit_width(key.texts.size()) | key.codes[i];
    }
    packed[i] = {number << 24 | currency_rank(groups.currencies[i]), i};
  }
  std::ranges::sort(packed);
  for (std::size_t i = 0; i < packed.size(); ++i) order[i] = packed[i].second;
  return order;
}

/// Sums neighbours with equal keys, step and currency.
Result<void> fold_equal(Groups& groups) {
  const ByKeys by_keys(groups);
  std::vector<std::uint32_t> kept;
  for (std::uint32_t i = 0; i < groups.size(); ++i) {
    if (i == 0 || by_keys.compare(kept.back(), i) != 0) {
      kept.push_back(i);
      continue;
    }
    const std::uint32_t into = kept.back();
    groups.requests[into] += groups.requests[i];
    if (!groups.unpriced.empty()) groups.unpriced[into] += groups.unpriced[i];
    for (std::size_t m = 0; m < kMeterCount; ++m) {
      auto& column = groups.quantities[m];
      if (column.empty()) continue;
      const auto sum =
          narrow_sum(Int128{column[into]} + column[i], to_string(static_cast<Meter>(m)));
      if (!sum) return fail(sum.error());
      column[into] = *sum;
    }
    const auto add = [&](std::vector<Amount>& column) {
      if (!column.empty()) column[into] += column[i];
    };
    for (auto& column : groups.costs) add(column);
    add(groups.total_cost);
    add(groups.reported_cost);
  }
  if (kept.size() < groups.size()) select_groups(groups, kept);
  return {};
}

/// Groups by lists of tags become groups by tag: each list's groups once under each of its tags.
void spread_tags(Groups& groups, std::size_t place) {
  Groups::Key& key = groups.keys[place];
  std::unordered_map<std::string, std::uint32_t> code_of;
  std::vector<std::string> tags;
  std::vector<std::vector<std::uint32_t>> codes_of_list;
  for (const std::string& list : key.texts) {
    std::vector<std::string> members = tags_of(list);
    if (members.empty()) members.emplace_back();
    auto& codes = codes_of_list.emplace_back();
    for (std::string& tag : members) {
      const auto [known, is_new] =
          code_of.try_emplace(tag, static_cast<std::uint32_t>(tags.size()));
      if (is_new) tags.push_back(std::move(tag));
      codes.push_back(known->second);
    }
    std::ranges::sort(codes);  // A tag that a record repeats counts once.
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  }
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> spread;
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    for (const std::uint32_t code : codes_of_list[key.codes[group]]) {
      order.push_back(group);
      spread.push_back(code);
    }
  }
  select_groups(groups, order);
  key.texts = std::move(tags);
  key.codes = std::move(spread);
}

/// The most expensive groups of each currency; the present order decides between equal ones.
std::vector<std::uint32_t> order_by_cost(const Groups& groups) {
  std::vector<std::uint32_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0U);
  std::vector<Amount> costs(groups.size());
  for (std::uint32_t i = 0; i < groups.size(); ++i) costs[i] = cost_of(groups, i);
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
    if (groups.currencies[a] != groups.currencies[b]) {
      return groups.currencies[a] < groups.currencies[b];
    }
    return costs[a] > costs[b];
  });
  return order;
}

std::vector<std::uint32_t> first_of_each_currency(const Groups& groups, std::size_t limit) {
  std::vector<std::pair<Currency, std::size_t>> taken;
  std::vector<std::uint32_t> kept;
  for (std::uint32_t i = 0; i < groups.size(); ++i) {
    const Currency currency = groups.currencies[i];
    auto count = std::ranges::find(taken, currency, &std::pair<Currency, std::size_t>::first);
    if (count == taken.end()) count = taken.insert(taken.end(), {currency, 0});
    if (++count->second <= limit) kept.push_back(i);
  }
  return kept;
}

QueryRow row_of(const Groups& groups, std::size_t i) {
  QueryRow row;
  for (const Groups::Key& key : groups.keys) row.keys.push_back(key.texts[key.codes[i]]);
  if (!groups.steps.empty()) row.step_start = groups.steps[i];
  row.currency = groups.currencies[i];
  row.requests = groups.requests[i];
  if (!groups.unpriced.empty()) row.unpriced = groups.unpriced[i];
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (!groups.quantities[m].empty()) row.quantities[m] = groups.quantities[m][i];
  }
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    if (!groups.costs[c].empty()) row.costs.by_class[c] = groups.costs[c][i];
  }
  if (groups.costs[0].empty() && !groups.total_cost.empty()) {
    row.costs[CostClass::other] = groups.total_cost[i];
  }
  if (!groups.reported_cost.empty()) row.reported_cost = groups.reported_cost[i];
  return row;
}

}  // namespace

std::uint32_t KeyCodes::code_of(std::uint64_t number) {
  if (number < kDense) {
    if (number >= dense_.size()) {
      dense_.resize(std::max<std::size_t>(number + 1, dense_.size() * 2), kUnseen);
    }
    std::uint32_t& code = dense_[number];
    if (code != kUnseen) return code;
    code = static_cast<std::uint32_t>(numbers_.size());
    numbers_.push_back(number);
    return code;
  }
  const auto [known, is_new] =
      sparse_.try_emplace(number, static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) numbers_.push_back(number);
  return known->second;
}

Result<std::int64_t> narrow_sum(Int128 sum, std::string_view what) {
  if (sum >= std::numeric_limits<std::int64_t>::min() &&
      sum <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(sum);
  }
  return fail(ErrorCode::unsupported, "the sum of " + std::string(what) + ", " + to_string(sum) +
                                          ", leaves 64 bits: ask for a shorter range");
}

Result<Meter> meter_named(std::string_view name) {
  if (const auto meter = parse_meter(name)) return *meter;
  return fail(ErrorCode::unsupported,
              "the ledger counts \"" + std::string(name) + "\", which this cost-ops does not know");
}

bool is_all_time(const TimeRange& range) {
  return range.from <= min_instant() && range.to >= max_instant();
}

std::int64_t positive_shift(std::int64_t step) {
  // Offsets are below a day; two days more than the earliest instant leave room for them.
  const std::int64_t least = -min_instant().time_since_epoch().count() + 2 * 86'400'000'000;
  return (least / step + 1) * step;
}

Result<void> finish_groups(const Query& query, Groups& groups) {
  bool distinct = true;
  for (std::size_t i = 0; i < query.group_by.size(); ++i) {
    if (query.group_by[i] != Dimension::tags) continue;
    spread_tags(groups, i);
    distinct = false;
  }
  if (query.order != Order::none || !distinct || query.limit > 0) {
    for (Groups::Key& key : groups.keys) sort_texts(key);
    const auto order = order_by_keys(groups);
    if (!std::ranges::is_sorted(order)) select_groups(groups, order);
  }
  if (!distinct) {
    if (auto folded = fold_equal(groups); !folded) return folded;
  }
  if (query.order == Order::cost) select_groups(groups, order_by_cost(groups));
  if (query.limit == 0) return {};
  select_groups(groups, first_of_each_currency(groups, query.limit));
  for (Groups::Key& key : groups.keys) drop_unused_texts(key);
  return {};
}

Result<std::vector<QueryRow>> Ledger::query(const Query& query) const {
  const auto answer = groups(query);
  if (!answer) return fail(answer.error());
  std::vector<QueryRow> rows;
  rows.reserve(answer->size());
  for (std::size_t i = 0; i < answer->size(); ++i) rows.push_back(row_of(*answer, i));
  return rows;
}

}  // namespace costops::storage
