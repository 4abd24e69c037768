// ledger_rows.h - for tests: rows in everyday words, batches of them, and sums by brute force.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "costops/storage/ledger.h"

namespace costops::storage {

inline Instant time(std::string_view text) { return parse_instant(text).value(); }
inline RecordId id_of(std::string_view name) { return record_id("test", {name}); }

struct Row {
  UsageRecord usage;
  PricingStatus status = PricingStatus::priced;
  Currency currency = Currency::usd();
  ClassCosts costs;
  std::string price_id = "openai/gpt-4o";
  std::string reason;

  void make_unpriced(std::string why) {
    status = PricingStatus::unpriced;
    currency = {};
    costs = {};
    price_id.clear();
    reason = std::move(why);
  }
};

/// A call of gpt-4o that costs 1 pico-unit per input and 2 per output token.
inline Row priced(std::string_view name, std::string_view when, std::int64_t input,
                  std::int64_t output) {
  Row row;
  row.usage.id = id_of(name);
  row.usage.at = time(when);
  row.usage.provider = "openai";
  row.usage.model = "gpt-4o";
  at(row.usage.quantities, Meter::input_tokens_uncached) = input;
  at(row.usage.quantities, Meter::output_tokens) = output;
  row.costs[CostClass::input] = Amount::pico(input);
  row.costs[CostClass::output] = Amount::pico(output * 2);
  return row;
}

inline Row growing(std::string_view name, std::int64_t input, std::int64_t output) {
  Row row = priced(name, "2026-01-02", input, output);
  row.usage.grows = true;
  return row;
}

inline Repricing repricing(std::string_view name, std::int64_t input_pico,
                           std::int64_t output_pico) {
  Repricing out;
  out.id = id_of(name);
  out.status = PricingStatus::priced;
  out.currency = Currency::usd();
  out.costs[CostClass::input] = Amount::pico(input_pico);
  out.costs[CostClass::output] = Amount::pico(output_pico);
  out.price = 0;
  return out;
}

inline Quarantined doubtful(std::string_view name, std::uint64_t line, std::string_view reason,
                            std::string_view excerpt) {
  Quarantined entry;
  entry.id = id_of(name);
  entry.position.file = "a.jsonl";
  entry.position.line = line;
  entry.reason = reason;
  entry.excerpt = excerpt;
  entry.recorded_at = time("2026-02-01");
  return entry;
}

/// Owns the columns of a batch.
class Rows {
 public:
  Rows(const std::vector<Row>& rows, Instant recorded_at, Instant default_at = {})
      : recorded_at_(recorded_at), default_at_(default_at) {
    for (const Row& row : rows) add(row);
  }

  LedgerBatch batch() const {
    LedgerBatch out;
    out.usage = &usage_;
    out.default_at = default_at_;
    out.status = status_;
    out.price = price_;
    for (std::size_t c = 0; c < kCostClassCount; ++c) out.pico[c] = pico_[c];
    out.currency = currency_;
    out.reason = reason_;
    out.prices = prices_;
    out.reasons = reasons_;
    out.recorded_at = recorded_at_;
    return out;
  }

 private:
  void add(const Row& row) {
    usage_.append(row.usage);
    status_.push_back(row.status);
    currency_.push_back(row.currency);
    for (std::size_t c = 0; c < kCostClassCount; ++c) {
      pico_[c].push_back(static_cast<std::int64_t>(row.costs.by_class[c].pico()));
    }
    reason_.push_back(row.reason.empty() ? 0 : static_cast<std::uint32_t>(reasons_.size()));
    if (!row.reason.empty()) reasons_.push_back(row.reason);
    if (row.price_id.empty()) {
      price_.push_back(UINT32_MAX);
      return;
    }
    std::uint32_t price = 0;
    while (price < prices_.size() && prices_[price].id != row.price_id) ++price;
    if (price == prices_.size()) prices_.push_back({row.price_id, "{\"v\":1}"});
    price_.push_back(price);
  }

  UsageBatch usage_;
  std::vector<PricingStatus> status_;
  std::vector<std::uint32_t> price_, reason_;
  std::array<std::vector<std::int64_t>, kCostClassCount> pico_;
  std::vector<Currency> currency_;
  std::vector<PriceUsed> prices_;
  std::vector<std::string> reasons_{""};
  Instant recorded_at_, default_at_;
};

inline std::vector<std::string> values_of(const UsageRecord& usage, Dimension dimension) {
  switch (dimension) {
    case Dimension::model:
      return {usage.model};
    case Dimension::project:
      return {usage.project};
    case Dimension::user:
      return {usage.user};
    case Dimension::tags:
      break;
    default:
      ADD_FAILURE() << "not a dimension of the brute force";
  }
  if (usage.tags.empty()) return {""};
  return usage.tags;
}

inline bool passes(const UsageRecord& usage, const Query& query) {
  if (!query.range.contains(*usage.at)) return false;
  for (const Filter& filter : query.filters) {
    bool holds = false;
    for (const std::string& value : values_of(usage, filter.dimension)) {
      for (const std::string& wanted : filter.values) holds = holds || value == wanted;
    }
    if (holds != (filter.kind == Filter::Kind::include)) return false;
  }
  return true;
}

/// Sums of rows that were appended once, one by one. Knows a single offset.
inline std::vector<QueryRow> brute_force(const std::vector<Row>& rows, const Query& query) {
  std::map<std::tuple<std::vector<std::string>, Instant, Currency>, QueryRow> groups;
  for (const Row& row : rows) {
    if (!passes(row.usage, query)) continue;
    Instant step{};
    if (query.steps) {
      const Microseconds width(query.steps->step_us);
      const Microseconds offset(query.steps->offsets[0].offset_us);
      const Microseconds local = row.usage.at->time_since_epoch() + offset;
      step = Instant(local - local % width - offset);
    }
    std::vector<std::vector<std::string>> all_keys{{}};
    for (const Dimension dimension : query.group_by) {
      std::vector<std::vector<std::string>> longer;
      for (const auto& keys : all_keys) {
        for (const std::string& value : values_of(row.usage, dimension)) {
          longer.push_back(keys);
          longer.back().push_back(value);
        }
      }
      all_keys = std::move(longer);
    }
    for (const auto& keys : all_keys) {
      QueryRow& group = groups[{keys, step, row.currency}];
      group.keys = keys;
      group.step_start = step;
      group.currency = row.currency;
      ++group.requests;
      group.unpriced += row.status == PricingStatus::unpriced;
      for (std::size_t i = 0; i < kMeterCount; ++i) group.quantities[i] += row.usage.quantities[i];
      group.costs += row.costs;
      const auto& reported = row.usage.reported_cost;
      if (reported && reported->currency == row.currency) group.reported_cost += reported->amount;
    }
  }
  std::vector<QueryRow> out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

inline void expect_equal(const QueryRow& a, const QueryRow& b) {
  EXPECT_EQ(a.keys, b.keys);
  EXPECT_EQ(a.step_start, b.step_start);
  EXPECT_EQ(a.currency, b.currency);
  EXPECT_EQ(a.requests, b.requests);
  EXPECT_EQ(a.unpriced, b.unpriced);
  EXPECT_EQ(a.quantities, b.quantities);
  EXPECT_EQ(a.costs, b.costs);
  EXPECT_EQ(a.reported_cost, b.reported_cost);
}

}  // namespace costops::storage
