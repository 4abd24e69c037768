// Calculator, batch kernel and exact reference agree on every bit, whatever the prices and the
// usage.
#include <gtest/gtest.h>

#include <random>

#include "costops/engine/calculator.h"
#include "engine/exact_reference.h"
#include "engine/test_prices.h"

namespace costops::engine {
namespace {

using pricing::Allowance;
using pricing::Multiplier;
using pricing::Price;
using pricing::PriceBook;
using pricing::RateStep;
using pricing::StepRule;

constexpr std::array kMeters = {Meter::input_tokens_uncached,
                                Meter::output_tokens,
                                Meter::cache_read_tokens,
                                Meter::cache_write_1h_tokens,
                                Meter::input_audio_tokens,
                                Meter::output_reasoning_tokens,
                                Meter::cache_audio_read_tokens,
                                Meter::audio_seconds,
                                Meter::input_audio_seconds,
                                Meter::web_searches,
                                Meter::requests,
                                Meter::input_characters};
constexpr std::array<std::int64_t, 5> kThresholds = {1, 1'000, 50'000, 200'000, 272'000};

/// Prices and usage of every kind, from a seed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::int64_t number(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  }
  bool one_in(std::int64_t n) { return number(1, n) == 1; }
  template <typename List>
  auto one_of(const List& list) {
    return list[static_cast<std::size_t>(
        number(0, static_cast<std::int64_t>(std::size(list)) - 1))];
  }

  PriceBook book() {
    pricing::PriceBookBuilder builder;
    for (int model = 0; model < 40; ++model) add_model(builder, "model-" + std::to_string(model));
    auto book = PriceBook::build(std::move(builder));
    EXPECT_TRUE(book.has_value()) << book.error().message;
    return std::move(*book);
  }

  UsageRecord usage() {
    UsageRecord usage;
    usage.provider = one_in(50) ? "nobody" : "acme";
    usage.model = "model-" + std::to_string(number(0, 41));
    if (!one_in(10)) usage.at = kStart + std::chrono::seconds(number(0, 3LL * 365 * 86'400));
    if (one_in(3)) usage.service_tier = one_of(std::array{"batch", "standard", "priority"});
    if (one_in(3)) usage.region = one_of(std::array{"us", "eu", "mars"});
    if (one_in(5)) usage.speed = "fast";
    if (one_in(30)) usage.status = CallStatus::gateway_cache_hit;
    if (one_in(10)) {
      usage.status = CallStatus::several;
      usage.context_window = one_in(2) ? 0 : 1'000'000;
    }
    const std::int64_t meters = number(0, 5);
    for (std::int64_t i = 0; i < meters; ++i) at(usage.quantities, one_of(kMeters)) = quantity();
    return usage;
  }

  static constexpr Instant kStart = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);

 private:
  std::int64_t quantity() {
    if (one_in(200)) return -number(1, 1000);
    if (one_in(50)) return number(0, INT64_MAX);
    if (one_in(5)) return one_of(kThresholds) + number(-1, 1);
    return number(0, std::int64_t{1} << number(1, 40));
  }

  Rate rate() {
    return Rate{number(0, std::int64_t{1} << number(1, 42)),
                one_of(std::array<std::int64_t, 6>{1, 7, 60, 1000, 1'000'000, 1'000'000'000})};
  }

  std::vector<RateStep> steps() {
    std::vector<RateStep> steps;
    for (const std::int64_t threshold : kThresholds) {
      if (one_in(3)) steps.push_back({threshold, rate()});
    }
    return steps;
  }

  Price price(const std::string& model) {
    Price price;
    price.provider = "acme";
    price.model = model;
    price.currency = one_in(4) ? Currency::parse("EUR").value() : Currency::usd();
    price.provenance.source = "genai-prices";
    const bool stepped = one_in(2);
    for (const Meter meter : sorted_meters()) {
      if (one_in(4)) continue;
      price.rates.push_back({meter, rate(), stepped ? steps() : std::vector<RateStep>{}});
    }
    if (price.rates.empty()) price.rates.push_back({Meter::output_tokens, rate(), {}});
    if (one_in(4)) price.steps.kind = StepRule::Kind::graduated;
    if (one_in(3)) price.steps.compare = StepRule::Compare::at_or_above;
    if (one_in(8)) price.steps.counted = token_meters(Direction::output);
    add_multipliers(price);
    if (one_in(8)) price.allowance = Allowance{.included = number(0, 100'000), .overage = rate()};
    if (one_in(8)) price.minimum_charge = Amount::pico(number(1, kPicoPerUnit));
    return price;
  }

  void add_multipliers(Price& price) {
    const auto ratio = [this] { return Ratio{number(1, 99), number(1, 99)}; };
    if (one_in(2)) price.multipliers.push_back({Multiplier::On::region, "us", ratio()});
    if (one_in(2)) price.multipliers.push_back({Multiplier::On::speed, "fast", ratio()});
    if (one_in(4)) {
      price.multipliers.push_back({Multiplier::On::always, "", ratio()});
      price.multipliers.back().meters.set();
    }
  }

  static std::vector<Meter> sorted_meters() {
    std::vector<Meter> meters(kMeters.begin(), kMeters.end());
    std::sort(meters.begin(), meters.end());
    return meters;
  }

  /// Consecutive prices, some of them in tiers, regions and time windows of their own.
  void add_model(pricing::PriceBookBuilder& builder, const std::string& model) {
    Instant from = min_instant();
    const std::int64_t periods = number(1, 3);
    for (std::int64_t i = 0; i < periods; ++i) {
      const Instant to = i + 1 == periods && !one_in(4)
                             ? max_instant()
                             : kStart + std::chrono::days(300 * (i + 1) + number(0, 200));
      const auto add = [&](Price price) {
        price.conditions.effective = {from, to};
        const auto added = builder.add(std::move(price));
        EXPECT_TRUE(added.has_value()) << added.error().message;
      };
      add(price(model));
      if (one_in(2)) add(with(price(model), [](Price& p) { p.conditions.service_tier = "batch"; }));
      if (one_in(4)) add(with(price(model), [](Price& p) { p.conditions.region = "eu"; }));
      if (one_in(4)) {
        add(with(price(model), [](Price& p) {
          p.conditions.windows = {{std::chrono::hours(1), std::chrono::hours(9), 0x1f, "UTC"}};
        }));
      }
      from = to;
    }
  }

  template <typename Change>
  static Price with(Price price, Change change) {
    change(price);
    return price;
  }

  std::mt19937_64 random_;
};

/// What is known about one row, from either twin.
struct Row {
  PricingStatus status;
  std::string price_id;
  std::string currency;
  std::string reason;
  std::array<std::int64_t, kCostClassCount> pico{};
  friend bool operator==(const Row&, const Row&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) {
    out << to_string(row.status) << " " << row.price_id << " " << row.currency << " " << row.reason;
    for (const std::int64_t pico : row.pico) out << " " << pico;
    return out;
  }
};

Row row_of(const Result<CostRecord>& cost) {
  if (!cost) return {PricingStatus::quarantined, "", "", cost.error().message};
  Row row{cost->status, cost->price_id, std::string(cost->currency.code()), cost->reason};
  for (std::size_t c = 0; c < kCostClassCount; ++c) {
    row.pico[c] = static_cast<std::int64_t>(cost->costs.by_class[c].pico());
  }
  return row;
}

Row row_of(const BatchCosts& costs, std::size_t i) {
  Row row{costs.status[i], "", std::string(costs.currency[i].code()),
          costs.reasons[costs.reason[i]]};
  if (costs.price[i] != BatchCosts::kNoPrice) row.price_id = costs.prices[costs.price[i]]->id;
  for (std::size_t c = 0; c < kCostClassCount; ++c) row.pico[c] = costs.pico[c][i];
  return row;
}

std::array<std::int64_t, kCostClassCount> class_sums(const std::vector<Charge>& charges) {
  std::array<std::int64_t, kCostClassCount> sums{};
  for (const Charge& charge : charges) {
    sums[static_cast<std::size_t>(cost_class_of(charge.meter))] +=
        static_cast<std::int64_t>(charge.cost.pico());
  }
  return sums;
}

void check_against_reference(const UsageRecord& usage, const Result<CostRecord>& cost,
                             const Price& price) {
  const ReferenceCosts expected = ExactReference(usage, price).costs();
  const Row row = row_of(cost);
  ASSERT_EQ(row.status, expected.status) << row << " with " << price.id;
  if (expected.status == PricingStatus::quarantined) return;
  ASSERT_EQ(row.pico, expected.pico) << row << " with " << price.id;
  ASSERT_EQ(class_sums(cost->charges), expected.pico);
}

class Exactness : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Exactness, OfCalculatorBatchKernelAndReferenceIsTheSame) {
  Generator generator(GetParam());
  const PriceBook book = generator.book();
  BatchPricer pricer(book);
  UsageBatch batch;
  BatchCosts costs;
  const Instant default_at = Generator::kStart + std::chrono::days(400);
  std::array<std::size_t, 3> seen{};
  for (int round = 0; round < 3; ++round) {
    batch.clear();
    for (int i = 0; i < 1500; ++i) batch.append(generator.usage());
    pricer.price(batch, default_at, costs);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      UsageRecord usage = batch.record(i);
      if (!usage.at) usage.at = default_at;
      const auto cost = CostCalculator::calculate(usage, book);
      ASSERT_EQ(row_of(costs, i), row_of(cost)) << "row " << i;
      ++seen[static_cast<std::size_t>(costs.status[i])];
      const auto price = book.find(
          {usage.provider, usage.model, *usage.at, usage.service_tier, usage.region, usage.speed});
      if (price) check_against_reference(usage, cost, **price);
    }
  }
  // The generator reaches every kind of outcome.
  EXPECT_GT(seen[0], 500U);
  EXPECT_GT(seen[1], 500U);
  EXPECT_GT(seen[2], 50U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Exactness, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace costops::engine
