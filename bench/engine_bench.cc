// engine_bench.cc - how fast records are priced and added up. Items are usage records.
//
// Two peers do the batch kernel's job (5 meters, 30 models in mixed tiers, the price found per row,
// long context) in the usual ways: in double, and exactly with one 128-bit division per meter.
// Every benchmark checks its answer.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <random>

#include "costops/engine/aggregator.h"
#include "costops/engine/calculator.h"
#include "costops/pricing/price_book.h"

namespace costops::engine {
namespace {

using pricing::MeterRate;
using pricing::Multiplier;
using pricing::Price;
using pricing::PriceBook;

constexpr std::size_t kRows = 65'536;
constexpr int kModels = 30;
constexpr std::int64_t kThreshold = 200'000;
constexpr std::array kTiers = {"", "batch", "priority"};
constexpr std::array kMeters = {Meter::input_tokens_uncached, Meter::output_tokens,
                                Meter::cache_read_tokens, Meter::cache_write_5m_tokens,
                                Meter::cache_write_1h_tokens};
constexpr Instant kAt = std::chrono::sys_days(std::chrono::year(2026) / 7 / 1);

enum class Rates { whole, fractional };

/// Prices of one model and tier, scaled so that no two are alike; every third has a long-context
/// cliff.
Price price_of_model(int model, std::size_t tier, Rates rates) {
  Price price;
  price.provider = "provider-" + std::to_string(model % 6);
  price.model = "model-" + std::to_string(model);
  price.conditions.service_tier = kTiers[tier];
  price.provenance.source = "bench";
  const std::array<std::int64_t, kMeters.size()> cents = {300, 1500, 30, 375, 600};
  for (std::size_t m = 0; m < kMeters.size(); ++m) {
    const std::int64_t pico =
        cents[m] * (model + 1) * (static_cast<std::int64_t>(tier) + 1) * 10'000'000'000;
    MeterRate rate{kMeters[m], Rate{pico, 1'000'000}, {}};
    if (model % 3 == 0) rate.steps.push_back({kThreshold, Rate{2 * pico, 1'000'000}});
    price.rates.push_back(rate);
  }
  std::ranges::sort(price.rates, {}, &MeterRate::meter);
  if (rates == Rates::fractional) {
    price.multipliers.push_back({Multiplier::On::always, "", Ratio{1, 7}});
  }
  return price;
}

PriceBook book_with(Rates rates) {
  pricing::PriceBookBuilder builder;
  for (int model = 0; model < kModels; ++model) {
    for (std::size_t tier = 0; tier < kTiers.size(); ++tier) {
      // A price left out shows as a wrong total.
      static_cast<void>(builder.add(price_of_model(model, tier, rates)));
    }
  }
  return PriceBook::build(std::move(builder)).value();
}

const PriceBook& book(Rates rates) {
  static const PriceBook whole = book_with(Rates::whole);
  static const PriceBook fractional = book_with(Rates::fractional);
  return rates == Rates::whole ? whole : fractional;
}

UsageRecord random_usage(std::mt19937_64& random) {
  const auto below = [&random](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  UsageRecord usage;
  usage.at = kAt + std::chrono::seconds(below(30LL * 86'400));
  const auto model = below(kModels);
  usage.provider = "provider-" + std::to_string(model % 6);
  usage.model = "model-" + std::to_string(model);
  usage.service_tier = kTiers[static_cast<std::size_t>(below(kTiers.size()))];
  usage.organization = "acme";
  usage.project = "project-" + std::to_string(below(20));
  for (const Meter meter : kMeters) {
    at(usage.quantities, meter) = below(4) == 0 ? 0 : below(std::int64_t{1} << (4 + below(14)));
  }
  return usage;
}

UsageBatch batch_with(std::size_t rows) {
  std::mt19937_64 random(2026);
  UsageBatch batch;
  for (std::size_t i = 0; i < rows; ++i) batch.append(random_usage(random));
  return batch;
}

const UsageBatch& batch() {
  static const UsageBatch built = batch_with(kRows);
  return built;
}

Amount total_of(const BatchCosts& costs) {
  Amount total;
  for (const auto& column : costs.pico) {
    for (const std::int64_t pico : column) total += Amount::pico(pico);
  }
  return total;
}

/// The exact total, record by record.
Amount expected_total(Rates rates) {
  const auto sum_up = [](Rates of) {
    Amount total;
    for (std::size_t i = 0; i < kRows; ++i) {
      total += CostCalculator::calculate(batch().record(i), book(of))->costs.total();
    }
    return total;
  };
  static const Amount whole = sum_up(Rates::whole);
  static const Amount fractional = sum_up(Rates::fractional);
  return rates == Rates::whole ? whole : fractional;
}

void price_batch(benchmark::State& state, Rates rates) {
  BatchPricer pricer(book(rates));
  BatchCosts costs;
  for (auto _ : state) {
    pricer.price(batch(), kAt, costs);
    benchmark::DoNotOptimize(costs.pico[0].data());
    benchmark::ClobberMemory();
  }
  if (total_of(costs) != expected_total(rates)) state.SkipWithError("wrong total");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK_CAPTURE(price_batch, whole_rates, Rates::whole);
BENCHMARK_CAPTURE(price_batch, fractional_rates, Rates::fractional);

/// What both peers know: for each model and tier (by code), the rates below and above the
/// threshold.
template <typename RateOf>
struct PeerPrices {
  struct Entry {
    std::array<std::array<RateOf, kMeters.size()>, 2> rates;
    bool has_cliff = false;
  };
  std::vector<Entry> entries;
  std::size_t tiers = 0;

  template <typename Convert>
  explicit PeerPrices(Convert convert) {
    const Dictionary& models = batch().dictionary(Dimension::model);
    const Dictionary& tier_names = batch().dictionary(Dimension::service_tier);
    tiers = tier_names.size();
    entries.resize(models.size() * tiers);
    for (std::uint32_t m = 1; m < models.size(); ++m) {
      for (std::uint32_t t = 0; t < tiers; ++t) {
        const int model = std::stoi(std::string(models.text_of(m)).substr(6));
        const PriceBook& prices = book(Rates::whole);
        const Price& price = **prices.find({.provider = "provider-" + std::to_string(model % 6),
                                            .model = models.text_of(m),
                                            .at = kAt,
                                            .service_tier = tier_names.text_of(t)});
        Entry& entry = entries[m * tiers + t];
        for (std::size_t k = 0; k < kMeters.size(); ++k) {
          const MeterRate& rate = *price.rate_of(kMeters[k]);
          entry.has_cliff = !rate.steps.empty();
          entry.rates[0][k] = convert(rate.base);
          entry.rates[1][k] = convert(entry.has_cliff ? rate.steps[0].rate : rate.base);
        }
      }
    }
  }

  [[nodiscard]] const std::array<RateOf, kMeters.size()>& at(std::size_t row) const {
    const Entry& entry = entries[batch().codes(Dimension::model)[row] * tiers +
                                 batch().codes(Dimension::service_tier)[row]];
    std::int64_t context = 0;
    for (const Meter meter : kMeters) {
      if (meter != Meter::output_tokens) context += batch().quantities(meter)[row];
    }
    return entry.rates[entry.has_cliff && context > kThreshold ? 1 : 0];
  }
};

void peer_in_double(benchmark::State& state) {
  const PeerPrices<double> prices(
      [](Rate rate) { return static_cast<double>(rate.pico) / static_cast<double>(kPicoPerUnit); });
  std::vector<double> input(kRows);
  std::vector<double> output(kRows);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto& rates = prices.at(row);
      std::array<double, 2> cost{};
      for (std::size_t k = 0; k < kMeters.size(); ++k) {
        cost[k == 1 ? 1 : 0] +=
            static_cast<double>(batch().quantities(kMeters[k])[row]) / 1e6 * rates[k];
      }
      input[row] = cost[0];
      output[row] = cost[1];
    }
    benchmark::DoNotOptimize(input.data());
    benchmark::ClobberMemory();
  }
  double total = 0;
  for (std::size_t row = 0; row < kRows; ++row) total += input[row] + output[row];
  const double exact =
      static_cast<double>(expected_total(Rates::whole).pico()) / static_cast<double>(kPicoPerUnit);
  if (std::abs(total - exact) > exact * 1e-9) state.SkipWithError("wrong total");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(peer_in_double);

void peer_with_128_bit_division(benchmark::State& state) {
  const PeerPrices<Rate> prices([](Rate rate) { return rate; });
  BatchCosts costs;
  for (auto& column : costs.pico) column.resize(kRows);
  for (auto _ : state) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto& rates = prices.at(row);
      std::array<std::int64_t, kCostClassCount> sums{};
      for (std::size_t k = 0; k < kMeters.size(); ++k) {
        const Int128 product = Int128{rates[k].pico} * batch().quantities(kMeters[k])[row];
        Int128 cost = product / rates[k].per;
        const Int128 twice_rest = product % rates[k].per * 2;
        if (twice_rest > rates[k].per || (twice_rest == rates[k].per && cost % 2 == 1)) ++cost;
        sums[static_cast<std::size_t>(cost_class_of(kMeters[k]))] +=
            static_cast<std::int64_t>(cost);
      }
      for (std::size_t c = 0; c < kCostClassCount; ++c) costs.pico[c][row] = sums[c];
    }
    benchmark::DoNotOptimize(costs.pico[0].data());
    benchmark::ClobberMemory();
  }
  if (total_of(costs) != expected_total(Rates::whole)) state.SkipWithError("wrong total");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(peer_with_128_bit_division);

std::vector<UsageRecord> some_records() {
  std::vector<UsageRecord> records;
  for (std::size_t i = 0; i < 256; ++i) records.push_back(batch().record(i));
  return records;
}

void find_price(benchmark::State& state) {
  const PriceBook& prices = book(Rates::whole);
  const std::vector<UsageRecord> records = some_records();
  std::size_t i = 0;
  for (auto _ : state) {
    const UsageRecord& usage = records[i++ % records.size()];
    const auto price = prices.find({.provider = usage.provider,
                                    .model = usage.model,
                                    .at = *usage.at,
                                    .service_tier = usage.service_tier});
    if (!price || (*price)->model != usage.model) state.SkipWithError("wrong price");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_price);

/// One record at a time, its price known; `calculate` makes a total of it.
template <typename Calculate>
void one_by_one(benchmark::State& state, Calculate calculate) {
  const std::vector<UsageRecord> records = some_records();
  std::vector<const Price*> prices;
  Amount expected;
  for (const UsageRecord& usage : records) {
    const auto cost = CostCalculator::calculate(usage, book(Rates::whole));
    prices.push_back(book(Rates::whole).by_id(cost->price_id));
    expected += cost->costs.total();
  }
  Amount total;
  for (auto _ : state) {
    total = Amount{};
    for (std::size_t i = 0; i < records.size(); ++i) total += calculate(records[i], *prices[i]);
    benchmark::DoNotOptimize(total);
  }
  if (total != expected) state.SkipWithError("wrong total");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
}

void calculate_new_record(benchmark::State& state) {
  one_by_one(state, [](const UsageRecord& usage, const Price& price) {
    return CostCalculator::calculate(usage, price)->costs.total();
  });
}
BENCHMARK(calculate_new_record);

void calculate_into_record(benchmark::State& state) {
  CostRecord record;
  one_by_one(state, [&record](const UsageRecord& usage, const Price& price) {
    return CostCalculator::calculate(usage, price, record) ? record.costs.total() : Amount{};
  });
}
BENCHMARK(calculate_into_record);

void calculate_costs_alone(benchmark::State& state) {
  one_by_one(state, [](const UsageRecord& usage, const Price& price) {
    return CostCalculator::costs_of(usage, price)->costs.total();
  });
}
BENCHMARK(calculate_costs_alone);

/// The first `rows` rows, added up by `grouping` and read out.
void aggregate(benchmark::State& state, const Grouping& grouping, std::size_t rows) {
  const UsageBatch some = batch_with(rows);
  BatchPricer pricer(book(Rates::whole));
  BatchCosts costs;
  pricer.price(some, kAt, costs);
  CostAggregator aggregator(grouping);
  Amount total;
  for (auto _ : state) {
    aggregator.clear();
    aggregator.add(some, costs);
    total = Amount{};
    aggregator.visit([&total](const Group& group) { total += group.totals.costs.total(); });
    benchmark::DoNotOptimize(total);
  }
  if (total != total_of(costs)) state.SkipWithError("wrong total");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
}
BENCHMARK_CAPTURE(aggregate, total_of_1000, Grouping{}, 1000);
BENCHMARK_CAPTURE(aggregate, by_model_of_1000, Grouping{{Dimension::model}, {}, {}}, 1000);
BENCHMARK_CAPTURE(aggregate, by_model, Grouping{{Dimension::model}, {}, {}}, kRows);
BENCHMARK_CAPTURE(aggregate, by_project_model_and_day,
                  Grouping{{Dimension::project, Dimension::model}, Grain::day, {}}, kRows);

}  // namespace
}  // namespace costops::engine
