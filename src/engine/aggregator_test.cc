#include "costops/engine/aggregator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/group_sums.h"
#include "engine/test_prices.h"

namespace costops::engine {
namespace {

using pricing::Price;
using pricing::PriceBook;

constexpr Meter kIn = Meter::input_tokens_uncached;
constexpr Meter kOut = Meter::output_tokens;

/// acme/large at 10 / 30 USD, acme/petit at 1 / 2 EUR per million.
const PriceBook& book() {
  static const PriceBook built = [] {
    Price petit = price_with({{kIn, per_million("1")}, {kOut, per_million("2")}});
    petit.id = "acme/petit";
    petit.model = "petit";
    petit.currency = Currency::parse("EUR").value();
    return book_of({price_with({{kIn, per_million("10")}, {kOut, per_million("30")}}), petit});
  }();
  return built;
}

UsageRecord call(std::string_view model, std::string_view project, std::string_view at,
                 std::int64_t in, std::int64_t out) {
  UsageRecord usage = usage_of({{kIn, in}, {kOut, out}});
  usage.model = model;
  usage.project = project;
  if (at.empty()) {
    usage.at.reset();
  } else {
    usage.at = instant(at);
  }
  return usage;
}

UsageRecord tagged(UsageRecord usage, std::vector<std::string> tags) {
  usage.tags = std::move(tags);
  return usage;
}

void add(CostAggregator& aggregator, const std::vector<UsageRecord>& records) {
  UsageBatch batch;
  for (const UsageRecord& record : records) batch.append(record);
  BatchPricer pricer(book());
  BatchCosts costs;
  pricer.price(batch, instant("2026-07-01T00:00:00Z"), costs);
  aggregator.add(batch, costs);
}

/// "key key | currency requests/unpriced/quarantined input output | total cost".
std::string line_of(const Group& group) {
  std::string line;
  for (const std::string& key : group.keys) line += "\"" + key + "\" ";
  const Totals& totals = group.totals;
  line += std::string(group.currency.code()) + " " + std::to_string(totals.requests) + "/" +
          std::to_string(totals.unpriced) + "/" + std::to_string(totals.quarantined) + " " +
          std::to_string(at(totals.quantities, kIn)) + "+" +
          std::to_string(at(totals.quantities, kOut)) + " " + to_string(totals.costs.total());
  return line;
}

std::vector<std::string> lines_of(const std::vector<Group>& groups) {
  std::vector<std::string> lines;
  lines.reserve(groups.size());
  for (const Group& group : groups) lines.push_back(line_of(group));
  return lines;
}

std::vector<std::string> grouped(Grouping grouping, const std::vector<UsageRecord>& records) {
  CostAggregator aggregator(std::move(grouping));
  add(aggregator, records);
  return lines_of(aggregator.groups());
}

using Lines = std::vector<std::string>;

const std::vector<UsageRecord>& some_calls() {
  static const std::vector<UsageRecord> calls = {
      call("large", "search", "2026-07-01T10:00:00Z", 1000, 500),
      call("large", "", "2026-07-01T23:30:00Z", 2000, 0),
      call("petit", "search", "2026-07-02T00:30:00Z", 1000, 1000),
      call("unheard-of", "chat", "2026-07-02T12:00:00Z", 7, 7),
      call("large", "chat", "2026-07-02T12:00:00Z", -1, 7),
      call("large", "search", "", 1000, 0),
  };
  return calls;
}

TEST(Groups, ByModel) {
  EXPECT_EQ(grouped({.dimensions = {Dimension::model}, .grain = {}, .zone = {}}, some_calls()),
            (Lines{"\"large\"  0/0/1 0+0 0", "\"large\" USD 3/0/0 4000+500 0.055",
                   "\"petit\" EUR 1/0/0 1000+1000 0.003", "\"unheard-of\"  1/1/0 7+7 0"}));
}

TEST(Groups, OfUnassignedValuesAreShown) {
  EXPECT_EQ(grouped({.dimensions = {Dimension::project}, .grain = {}, .zone = {}}, some_calls()),
            (Lines{"\"\" USD 1/0/0 2000+0 0.02", "\"chat\"  1/1/1 7+7 0",
                   "\"search\" EUR 1/0/0 1000+1000 0.003", "\"search\" USD 2/0/0 2000+500 0.035"}));
}

TEST(Groups, BySeveralDimensionsInTheirOrder) {
  EXPECT_EQ(grouped({.dimensions = {Dimension::project, Dimension::model}, .grain = {}, .zone = {}},
                    {some_calls()[0], some_calls()[1], some_calls()[2], some_calls()[5]}),
            (Lines{"\"\" \"large\" USD 1/0/0 2000+0 0.02",
                   "\"search\" \"large\" USD 2/0/0 2000+500 0.035",
                   "\"search\" \"petit\" EUR 1/0/0 1000+1000 0.003"}));
}

TEST(Groups, ByDayDependOnTheZone) {
  const std::vector<UsageRecord> calls(some_calls().begin(), some_calls().begin() + 3);
  EXPECT_EQ(grouped({.dimensions = {}, .grain = Grain::day, .zone = {}}, calls),
            (Lines{"\"2026-07-01\" USD 2/0/0 3000+500 0.045",
                   "\"2026-07-02\" EUR 1/0/0 1000+1000 0.003"}));
  EXPECT_EQ(
      grouped(
          {.dimensions = {}, .grain = Grain::day, .zone = TimeZone::find("Europe/Berlin").value()},
          calls),
      (Lines{"\"2026-07-01\" USD 1/0/0 1000+500 0.025", "\"2026-07-02\" EUR 1/0/0 1000+1000 0.003",
             "\"2026-07-02\" USD 1/0/0 2000+0 0.02"}));
}

// Clocks in Berlin go back on 2026-10-25 at 01:00 UTC: the day has 25 hours.
TEST(Groups, ByDayHoldWhenClocksChange) {
  std::vector<UsageRecord> calls;
  for (const std::string_view at :
       {"2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"}) {
    calls.push_back(call("large", "", at, 100, 0));
  }
  EXPECT_EQ(
      grouped(
          {.dimensions = {}, .grain = Grain::day, .zone = TimeZone::find("Europe/Berlin").value()},
          calls),
      (Lines{"\"2026-10-24\" USD 1/0/0 100+0 0.001", "\"2026-10-25\" USD 4/0/0 400+0 0.004",
             "\"2026-10-26\" USD 1/0/0 100+0 0.001"}));
}

TEST(Groups, ByMonthPutAnInstantIntoOnePeriod) {
  EXPECT_EQ(grouped({.dimensions = {}, .grain = Grain::month, .zone = {}},
                    {call("large", "", "2026-06-30T23:59:59.999999Z", 100, 0),
                     call("large", "", "2026-07-01T00:00:00Z", 200, 0)}),
            (Lines{"\"2026-06\" USD 1/0/0 100+0 0.001", "\"2026-07\" USD 1/0/0 200+0 0.002"}));
}

TEST(Groups, OfRecordsWithoutATimeHaveNoPeriod) {
  EXPECT_EQ(grouped({.dimensions = {}, .grain = Grain::hour, .zone = {}},
                    {some_calls()[5], some_calls()[0]}),
            (Lines{"\"\" USD 1/0/0 1000+0 0.01", "\"2026-07-01T10\" USD 1/0/0 1000+500 0.025"}));
}

TEST(Groups, ByTagCountARecordOncePerTag) {
  const UsageRecord base = call("large", "", "2026-07-01T10:00:00Z", 1000, 0);
  CostAggregator aggregator({.dimensions = {Dimension::tags}, .grain = {}, .zone = {}});
  add(aggregator, {tagged(base, {"prod", "web"}), tagged(base, {"web", "web"}), base,
                   tagged(call("large", "", "2026-07-01T10:00:00Z", -1, 0), {"web"})});
  EXPECT_EQ(lines_of(aggregator.groups()),
            (Lines{"\"\" USD 1/0/0 1000+0 0.01", "\"prod\" USD 1/0/0 1000+0 0.01",
                   "\"web\"  0/0/1 0+0 0", "\"web\" USD 2/0/0 2000+0 0.02"}));
  EXPECT_EQ(lines_of(aggregator.totals()), (Lines{" 0/0/1 0+0 0", "USD 3/0/0 3000+0 0.03"}));
}

TEST(Totals, KeepCurrenciesApart) {
  CostAggregator aggregator({.dimensions = {Dimension::project}, .grain = {}, .zone = {}});
  add(aggregator, some_calls());
  EXPECT_EQ(lines_of(aggregator.totals()),
            (Lines{" 1/1/1 7+7 0", "EUR 1/0/0 1000+1000 0.003", "USD 3/0/0 4000+500 0.055"}));
}

TEST(Totals, ShowWhatIsKnownOfUnpricedRequests) {
  UsageRecord searched = call("large", "", "2026-07-01T10:00:00Z", 1000, 0);
  at(searched.quantities, Meter::web_searches) = 3;
  CostAggregator aggregator({});
  add(aggregator, {searched, call("large", "", "2026-07-01T10:00:00Z", 3000, 0)});
  const Totals totals = aggregator.totals().at(0).totals;
  EXPECT_EQ(totals.requests, 2U);
  EXPECT_EQ(totals.unpriced, 1U);
  EXPECT_EQ(to_string(totals.costs.total()), "0.04");
  EXPECT_EQ(to_string(totals.unpriced_cost), "0.01");
  EXPECT_EQ(to_string(totals.average_per_request()), "0.03");
}

TEST(Totals, ByClassAndMeter) {
  CostAggregator aggregator({});
  add(aggregator, {some_calls()[0], some_calls()[1]});
  const Totals totals = aggregator.totals().at(0).totals;
  EXPECT_EQ(to_string(totals.costs.input_cost()), "0.03");
  EXPECT_EQ(to_string(totals.costs.output_cost()), "0.015");
  EXPECT_EQ(at(totals.quantities, kIn), 3000);
}

TEST(Totals, OfHugeQuantitiesDoNotWrapAround) {
  Price free = price_with({{kIn, Rate{0, 1}}, {kOut, Rate{1, 1}}});
  const PriceBook free_book = book_of({free});
  UsageBatch batch;
  batch.append(call("large", "a", "2026-07-01T10:00:00Z", INT64_MAX, 1));
  batch.append(call("large", "b", "2026-07-01T10:00:00Z", INT64_MAX - 1, 2));
  batch.append(call("large", "a", "2026-07-01T10:00:00Z", 3, 4));
  BatchPricer pricer(free_book);
  BatchCosts costs;
  pricer.price(batch, instant("2026-07-01T00:00:00Z"), costs);
  for (const Dimension dimension : {Dimension::project, Dimension::model}) {
    CostAggregator aggregator({.dimensions = {dimension}, .grain = {}, .zone = {}});
    aggregator.add(batch, costs);
    const Totals totals = aggregator.totals().at(0).totals;
    EXPECT_EQ(totals.requests, 3U);
    EXPECT_EQ(at(totals.quantities, kIn), INT64_MAX);
    EXPECT_EQ(at(totals.quantities, kOut), 7);
    EXPECT_EQ(to_string(totals.costs.total()), "0.000000000007");
  }
}

TEST(Totals, SaturateInsteadOfWrappingAround) {
  GroupSums sums;
  const std::uint32_t group = sums.add_group();
  const std::array<std::uint32_t, 3> groups{group, group, group};
  const std::array<std::int64_t, 3> quantities{INT64_MAX, 1, 5};
  sums.add_quantities(kIn, groups, quantities.data());
  Totals totals;
  sums.read(group, totals);
  EXPECT_EQ(at(totals.quantities, kIn), INT64_MAX);
}

TEST(Totals, OfCostsGoBeyondSixtyFourBits) {
  GroupSums sums;
  const std::uint32_t group = sums.add_group();
  const std::array<std::uint32_t, 3> groups{group, group, group};
  const std::array<std::int64_t, 3> pico{INT64_MAX, INT64_MAX, 2};
  sums.add_costs(CostClass::input, groups, pico.data());
  Totals totals;
  sums.read(group, totals);
  EXPECT_EQ(to_string(totals.costs.input_cost()), "18446744.073709551616");
}

TEST(Average, IsRoundedHalfToEven) {
  const auto average = [](std::int64_t pico, std::uint64_t requests) {
    Totals totals;
    totals.requests = requests;
    totals.costs[CostClass::input] = Amount::pico(pico);
    return static_cast<std::int64_t>(totals.average_per_request().pico());
  };
  EXPECT_EQ(average(10, 4), 2);  // 2.5
  EXPECT_EQ(average(14, 4), 4);  // 3.5
  EXPECT_EQ(average(11, 4), 3);  // 2.75
  EXPECT_EQ(average(100, 3), 33);
  EXPECT_EQ(average(-10, 4), -2);  // a credit
  EXPECT_EQ(average(5, 0), 0);
}

TEST(Aggregator, AddsSingleRecordsLikeBatches) {
  for (const Grouping& grouping :
       {Grouping{.dimensions = {Dimension::project, Dimension::tags}, .grain = {}, .zone = {}},
        Grouping{.dimensions = {Dimension::model}, .grain = Grain::day, .zone = {}}}) {
    CostAggregator batched(grouping);
    CostAggregator single(grouping);
    std::vector<UsageRecord> calls = some_calls();
    calls[0].tags = {"a", "b"};
    calls[4].tags = {"a"};
    calls.resize(4);
    add(batched, calls);
    for (const UsageRecord& usage : calls) {
      single.add(usage, CostCalculator::calculate(usage, book()).value());
    }
    EXPECT_EQ(lines_of(batched.groups()), lines_of(single.groups()));
    EXPECT_EQ(lines_of(batched.totals()), lines_of(single.totals()));
  }
}

TEST(Aggregator, CountsASingleQuarantinedRecord) {
  CostRecord cost;
  cost.status = PricingStatus::quarantined;
  CostAggregator aggregator({});
  aggregator.add(some_calls()[0], cost);
  EXPECT_EQ(lines_of(aggregator.totals()), (Lines{" 0/0/1 0+0 0"}));
}

TEST(Aggregator, IsEmptyOnceCleared) {
  CostAggregator aggregator({.dimensions = {Dimension::tags}, .grain = {}, .zone = {}});
  add(aggregator, some_calls());
  aggregator.clear();
  EXPECT_TRUE(aggregator.groups().empty());
  EXPECT_TRUE(aggregator.totals().empty());
  add(aggregator, {some_calls()[0]});
  EXPECT_EQ(lines_of(aggregator.groups()), (Lines{"\"\" USD 1/0/0 1000+500 0.025"}));
}

/// Calls of every kind, from a seed.
std::vector<UsageRecord> random_calls(std::uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  const auto below = [&random](int n) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(n));
  };
  std::vector<UsageRecord> calls;
  for (int i = 0; i < count; ++i) {
    UsageRecord usage =
        call(std::array{"large", "petit", "unheard-of"}[static_cast<std::size_t>(below(3))],
             "project-" + std::to_string(below(20)), "2026-03-01T00:00:00Z", below(100'000),
             below(5'000));
    *usage.at += std::chrono::seconds(below(300 * 86'400));
    usage.user = "user-" + std::to_string(below(400));
    usage.session = "session-" + std::to_string(i);
    if (below(50) == 0) usage.at.reset();
    if (below(50) == 0) at(usage.quantities, kOut) = -1;
    if (below(10) == 0) at(usage.quantities, Meter::web_searches) = below(5);
    for (int tag = below(3); tag > 0; --tag)
      usage.tags.push_back("tag-" + std::to_string(below(9)));
    calls.push_back(std::move(usage));
  }
  return calls;
}

const std::vector<Grouping>& every_grouping() {
  static const std::vector<Grouping> groupings = [] {
    std::vector<Grouping> all;
    for (std::size_t d = 0; d < kDimensionCount; ++d) {
      all.push_back({.dimensions = {static_cast<Dimension>(d)}, .grain = {}, .zone = {}});
    }
    const TimeZone zone = TimeZone::find("America/New_York").value();
    for (const Grain grain :
         {Grain::hour, Grain::day, Grain::week, Grain::month, Grain::quarter, Grain::year}) {
      all.push_back({.dimensions = {}, .grain = grain, .zone = zone});
    }
    all.push_back({.dimensions = {Dimension::session, Dimension::user, Dimension::project},
                   .grain = Grain::day,
                   .zone = zone});
    return all;
  }();
  return groupings;
}

TEST(Aggregator, GroupsOfAnyGroupingAddUpToTheTotal) {
  const std::vector<UsageRecord> calls = random_calls(1, 5000);
  CostAggregator whole({});
  add(whole, calls);
  const std::vector<std::string> expected = lines_of(whole.groups());
  for (const Grouping& grouping : every_grouping()) {
    CostAggregator aggregator(grouping);
    add(aggregator, calls);
    EXPECT_EQ(lines_of(aggregator.totals()), expected);
    if (std::ranges::count(grouping.dimensions, Dimension::tags) > 0) continue;
    std::map<std::string, std::pair<Amount, std::uint64_t>> sums;
    for (const Group& group : aggregator.groups()) {
      auto& [cost, requests] = sums[std::string(group.currency.code())];
      cost += group.totals.costs.total();
      requests += group.totals.requests;
    }
    for (const Group& group : whole.groups()) {
      EXPECT_EQ(sums[std::string(group.currency.code())],
                (std::pair{group.totals.costs.total(), group.totals.requests}));
    }
  }
}

TEST(Aggregator, DoesNotDependOnTheOrderOfRecordsOrBatches) {
  std::vector<UsageRecord> calls = random_calls(2, 4000);
  for (const Grouping& grouping : every_grouping()) {
    CostAggregator in_order(grouping);
    add(in_order, calls);

    std::vector<UsageRecord> shuffled = calls;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(3));
    const auto middle = shuffled.begin() + 1234;
    CostAggregator in_parts(grouping);
    add(in_parts, {shuffled.begin(), middle});
    add(in_parts, {middle, shuffled.end()});
    EXPECT_EQ(lines_of(in_parts.groups()), lines_of(in_order.groups()));

    CostAggregator merged(grouping);
    CostAggregator other(grouping);
    add(merged, {shuffled.begin(), middle});
    add(other, {middle, shuffled.end()});
    merged.merge(other);
    EXPECT_EQ(lines_of(merged.groups()), lines_of(in_order.groups()));
    EXPECT_EQ(lines_of(merged.totals()), lines_of(in_order.totals()));
  }
}

TEST(Aggregator, GroupsByPeriodAsTheZoneSays) {
  const std::vector<UsageRecord> calls = random_calls(4, 3000);
  const TimeZone zone = TimeZone::find("America/New_York").value();
  for (const Grain grain : {Grain::hour, Grain::day, Grain::week, Grain::month}) {
    std::map<std::string, std::uint64_t> expected;
    for (const UsageRecord& usage : calls) {
      if (at(usage.quantities, kOut) < 0) continue;
      ++expected[usage.at ? zone.label_of(*usage.at, grain) : ""];
    }
    CostAggregator aggregator({.dimensions = {}, .grain = grain, .zone = zone});
    add(aggregator, calls);
    std::map<std::string, std::uint64_t> counted;
    for (const Group& group : aggregator.groups()) {
      if (group.totals.requests > 0) counted[group.keys[0]] += group.totals.requests;
    }
    EXPECT_EQ(counted, expected);
  }
}

}  // namespace
}  // namespace costops::engine
