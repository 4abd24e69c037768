// spending_test.cc - series, anomalies and budgets of a real ledger. A million tokens cost 1 USD.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "accounting/ledger_fixture.h"
#include "costops/accounting/anomalies.h"
#include "costops/accounting/budgets.h"
#include "costops/accounting/ingest.h"

namespace costops::accounting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Instant time(std::string_view text) { return parse_instant(text).value(); }
Amount amount(std::string_view text) { return parse_amount(text).value(); }
TimeZone berlin() { return TimeZone::find("Europe/Berlin").value(); }

pricing::PriceBook dollar_book() {
  pricing::PriceBookBuilder builder;
  pricing::Price price = pricing::per_token_price("1", "1", std::nullopt).value();
  price.id = "acme/a";
  price.provider = "acme";
  price.model = "a";
  price.provenance = {"custom", "https://example.com/prices", "", time("2026-01-01")};
  EXPECT_TRUE(builder.add(price));
  price.id = "acme/b";
  price.model = "b";
  EXPECT_TRUE(builder.add(std::move(price)));
  return pricing::PriceBook::build(std::move(builder)).value();
}

class Spending : public LedgerFixture {
 protected:
  /// A call that costs `dollars`; spend() writes all of them.
  void call(std::string_view at, std::string_view dollars, std::string_view model = "a") {
    const auto tokens =
        std::to_string(static_cast<std::int64_t>(amount(dollars).pico() / 1'000'000));
    lines_ += R"({"id":"c)" + std::to_string(++calls_) + R"(","timestamp":")" + std::string(at) +
              R"(","provider":"acme","model":{"name":")" + std::string(model) +
              R"("},"organization_id":"acme","project_id":"p","prompt_tokens":)" + tokens +
              R"(,"completion_tokens":0,"total_tokens":)" + tokens + "}\n";
  }
  void spend() {
    const std::string path = folder_ + "/usage" + std::to_string(calls_) + ".ndjson";
    std::ofstream(path, std::ios::binary) << lines_;
    lines_.clear();
    IngestOptions options;
    options.read.now = options.default_at = time("2027-01-01");
    const auto done = ingest({path}, options, dollar_book(), *ledger_, nullptr);
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->quarantined, 0U) << done->first_rejections[0].reason;
  }
  /// The same at noon of each day.
  void spend_daily(std::string_view first, int days, std::string_view dollars) {
    for (int day = 0; day < days; ++day) {
      call(costops::to_string(time(first) + std::chrono::days(day) + std::chrono::hours(12)),
           dollars);
    }
    spend();
  }

  UsageSeries series(const SeriesRequest& request) {
    auto found = usage_series(*ledger_, request);
    EXPECT_TRUE(found) << found.error().message;
    return std::move(*found);
  }
  /// The alerts of a check, as told: "80 2026-05-01", "late 80 2026-04-01".
  std::vector<std::string> told(std::string_view name, std::string_view at) {
    const auto budget = find_budget(*ledger_, name);
    EXPECT_TRUE(budget);
    const auto state = check_budget(*ledger_, *budget, time(at));
    EXPECT_TRUE(state) << state.error().message;
    EXPECT_TRUE(note_told(*ledger_, state->alerts, time(at)));
    std::vector<std::string> words;
    for (const Alert& alert : state->alerts) {
      words.push_back((alert.late ? "late " : "") + to_string(alert.threshold) + " " +
                      costops::to_string(alert.period.from).substr(0, 10));
    }
    return words;
  }
  BudgetState state(const Budget& budget, std::string_view at) {
    auto found = check_budget(*ledger_, budget, time(at));
    EXPECT_TRUE(found) << found.error().message;
    return std::move(*found);
  }
  Budget set(Budget budget) {
    const auto done = set_budget(*ledger_, budget);
    EXPECT_TRUE(done) << done.error().message;
    return budget;
  }

  std::string lines_;
  int calls_ = 0;
};

SeriesRequest all_until(std::string_view now) {
  return {.range = {min_instant(), max_instant()}, .now = time(now)};
}

TEST_F(Spending, ADayWithoutRecordsIsZeroAndOneWithoutPricesIsMissing) {
  call("2026-05-01T10:00:00Z", "2.0");
  call("2026-05-01T11:00:00Z", "0.5");
  call("2026-05-03T10:00:00Z", "4.0", "unknown");
  call("2026-05-04T10:00:00Z", "4.0", "unknown");
  call("2026-05-04T10:00:00Z", "3.0");
  spend();
  const UsageSeries found = series(all_until("2026-05-05"));
  ASSERT_THAT(found.keys, SizeIs(1));
  const auto values = found.table.values(0);
  ASSERT_THAT(values, SizeIs(4));
  EXPECT_EQ(values[0], 2.5);
  EXPECT_EQ(values[1], 0.0);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(values[3], 3.0);
  EXPECT_EQ(found.unpriced, 2);
  EXPECT_EQ(found.complete, 4U);
}

TEST_F(Spending, TokensAndRequestsNeedNoPrice) {
  call("2026-05-01T10:00:00Z", "2.0");
  call("2026-05-01T11:00:00Z", "0.5", "unknown");
  spend();
  SeriesRequest request = all_until("2026-05-02");
  request.metric = Metric::tokens;
  EXPECT_THAT(series(request).table.values(0), ElementsAre(2'500'000.0));
  request.metric = Metric::requests;
  EXPECT_THAT(series(request).table.values(0), ElementsAre(2.0));
}

TEST_F(Spending, ADayOfTheClockChangeHas23Hours) {
  call("2026-03-28T22:59:00Z", "1.0");  // 28th, 23:59 in Berlin
  call("2026-03-28T23:00:00Z", "2.0");  // 29th, 00:00
  call("2026-03-29T21:59:00Z", "4.0");  // 29th, 23:59, summer time
  call("2026-03-29T22:00:00Z", "8.0");  // 30th, 00:00
  spend();
  SeriesRequest request = all_until("2026-04-01");
  request.zone = berlin();
  EXPECT_THAT(series(request).table.values(0), ElementsAre(1.0, 6.0, 8.0));
  request.grain = Grain::hour;
  const UsageSeries hours = series(request);
  ASSERT_EQ(hours.table.grid().size(), 25U);  // one before, 23, one after
  EXPECT_EQ(hours.table.values(0)[1], 2.0);
  EXPECT_EQ(hours.table.values(0)[23], 4.0);
}

TEST_F(Spending, TheRunningDayIsNotComplete) {
  spend_daily("2026-05-01", 3, "1.0");
  EXPECT_EQ(series(all_until("2026-05-03T18:00:00Z")).complete, 2U);
  EXPECT_EQ(series(all_until("2026-05-04")).complete, 3U);
}

TEST_F(Spending, AnEmptyLedgerHasNoSeries) {
  EXPECT_THAT(series(all_until("2026-05-03")).keys, IsEmpty());
}

TEST_F(Spending, AnAnomalyIsExplainedByTheModelThatMadeIt) {
  for (int day = 0; day < 40; ++day) {
    const std::string at = costops::to_string(time("2026-05-01") + std::chrono::days(day));
    call(at, "10", "a");
    call(at, day == 30 ? "25" : "5", "b");
  }
  spend();
  AnomalyRequest request;
  request.series = all_until("2026-06-10");
  const auto report = find_anomalies(*ledger_, request);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_THAT(report->found, SizeIs(1));
  const FoundAnomaly& found = report->found[0];
  EXPECT_EQ(found.anomaly.kind, forecasting::Anomaly::Kind::spike);
  EXPECT_EQ(found.anomaly.first, 30U);
  EXPECT_EQ(found.anomaly.last, 30U);
  EXPECT_EQ(found.anomaly.actual, 35.0);
  EXPECT_NEAR(found.anomaly.expected, 15.0, 0.01);
  ASSERT_THAT(found.explained_by, SizeIs(1));
  EXPECT_EQ(found.explained_by[0].value, "b");
  EXPECT_EQ(found.explained_by[0].part.excess, 20.0);
  request.series.range.from = time("2026-06-01");  // Told only what lies in the range.
  EXPECT_THAT(find_anomalies(*ledger_, request)->found, IsEmpty());
}

TEST_F(Spending, EachThresholdIsToldOncePerPeriod) {
  set({.name = "team", .amount = amount("10"), .set_at = time("2026-05-01")});
  spend_daily("2026-05-01", 5, "1.0");
  EXPECT_THAT(told("team", "2026-05-05T11:00:00Z"), IsEmpty());
  EXPECT_THAT(told("team", "2026-05-05T13:00:00Z"), ElementsAre("50 2026-05-01"));
  EXPECT_THAT(told("team", "2026-05-05T14:00:00Z"), IsEmpty());
  call("2026-05-06T10:00:00Z", "5.0");
  spend();
  EXPECT_THAT(told("team", "2026-05-06T12:00:00Z"), ElementsAre("80 2026-05-01", "100 2026-05-01"));
  EXPECT_THAT(told("team", "2026-06-02T12:00:00Z"), IsEmpty());
}

TEST_F(Spending, LateRecordsTellOfAPeriodThatIsOver) {
  set({.name = "team", .amount = amount("10"), .set_at = time("2026-04-20")});
  call("2026-05-02T10:00:00Z", "1.0");
  spend();
  EXPECT_THAT(told("team", "2026-05-03"), IsEmpty());
  call("2026-04-25T10:00:00Z", "8.0");
  spend();
  EXPECT_THAT(told("team", "2026-05-04"), ElementsAre("late 50 2026-04-01", "late 80 2026-04-01"));
  EXPECT_THAT(told("team", "2026-05-05"), IsEmpty());
}

TEST_F(Spending, ALimitOfZeroAllowsNothing) {
  const Budget none = set({.name = "none", .amount = Amount(), .set_at = time("2026-05-01")});
  EXPECT_FALSE(state(none, "2026-05-02").stop);
  EXPECT_THAT(state(none, "2026-05-02").alerts, IsEmpty());
  call("2026-05-02T10:00:00Z", "0.000001");
  spend();
  const BudgetState spent = state(none, "2026-05-03");
  EXPECT_TRUE(spent.stop);
  EXPECT_EQ(spent.spent, amount("0.000001"));
  EXPECT_THAT(spent.alerts, SizeIs(3));
  EXPECT_EQ(spent.exceeded_on, time("2026-05-02"));
}

TEST_F(Spending, ARollingBudgetTellsOncePerCrossing) {
  set({.name = "week",
       .amount = amount("7"),
       .rolling_days = 7,
       .thresholds = {{Basis::actual, 100}},
       .set_at = time("2026-05-01")});
  spend_daily("2026-05-01", 12, "1.0");  // Seven days of 1: reached on the 7th, and it stays so.
  EXPECT_THAT(told("week", "2026-05-06T13:00:00Z"), IsEmpty());
  EXPECT_THAT(told("week", "2026-05-07T13:00:00Z"), ElementsAre("100 2026-05-01"));
  EXPECT_THAT(told("week", "2026-05-08T13:00:00Z"), IsEmpty());
  EXPECT_THAT(told("week", "2026-05-12T13:00:00Z"), IsEmpty());
  spend_daily("2026-05-14", 7, "1.0");  // Nothing on the 13th: below; reached again on the 20th.
  EXPECT_THAT(told("week", "2026-05-19T13:00:00Z"), IsEmpty());
  EXPECT_THAT(told("week", "2026-05-20T13:00:00Z"), ElementsAre("100 2026-05-14"));
  EXPECT_THAT(told("week", "2026-05-20T23:00:00Z"), IsEmpty());
}

TEST_F(Spending, PeriodsFollowTheZoneAndTheFiscalYear) {
  struct Case {
    Budget budget;
    std::string_view at, from, to;
  };
  const Case cases[] = {
      {{.period = Grain::month}, "2026-05-31T23:00:00Z", "2026-05-01", "2026-06-01"},
      {{.period = Grain::month, .timezone = "Europe/Berlin"},
       "2026-03-31T22:00:00Z",
       "2026-03-31T22:00:00Z",
       "2026-04-30T22:00:00Z"},
      {{.period = Grain::day, .timezone = "Europe/Berlin"},
       "2026-03-29T12:00:00Z",
       "2026-03-28T23:00:00Z",
       "2026-03-29T22:00:00Z"},
      {{.period = Grain::week}, "2026-05-03T12:00:00Z", "2026-04-27", "2026-05-04"},
      {{.period = Grain::quarter, .fiscal_start = 2}, "2026-01-31", "2025-11-01", "2026-02-01"},
      {{.period = Grain::year, .fiscal_start = 4}, "2026-03-31", "2025-04-01", "2026-04-01"},
      {{.rolling_days = 3}, "2026-05-05T12:00:00Z", "2026-05-03", "2026-05-06"},
  };
  for (const Case& each : cases) {
    const auto period = budget_period(each.budget, time(each.at));
    ASSERT_TRUE(period) << each.at;
    EXPECT_EQ(period->from, time(each.from)) << each.at;
    EXPECT_EQ(period->to, time(each.to)) << each.at;
  }
}

TEST_F(Spending, TheOutlookIsWhatIsSpentAndWhatComes) {
  const Budget team = set({.name = "team", .amount = amount("25"), .set_at = time("2026-05-01")});
  spend_daily("2026-04-01", 40, "1.0");
  const BudgetState found = state(team, "2026-05-11");
  EXPECT_EQ(found.spent, amount("10"));
  EXPECT_EQ(found.remaining, amount("15"));
  EXPECT_EQ(found.per_day, amount("1"));
  ASSERT_TRUE(found.has_outlook);
  EXPECT_NEAR(found.outlook.projected, 31.0, 1e-6);
  EXPECT_NEAR(found.outlook.probability, 1.0, 1e-6);
  EXPECT_EQ(found.exceeded_on, time("2026-05-26"));
}

TEST_F(Spending, ABudgetThatMakesNoSenseIsRefused) {
  struct Case {
    Budget budget;
    std::string_view message;
  };
  const Case cases[] = {
      {{.name = ""}, "a budget needs a name"},
      {{.name = "b", .amount = Amount() - amount("1")},
       "a budget's amount must not be negative, found -1"},
      {{.name = "b", .period = Grain::hour}, "a budget's period is at least a day"},
      {{.name = "b", .rolling_days = 4000}, "a rolling budget spans 1 to 3660 days, found 4000"},
      {{.name = "b", .fiscal_start = 13}, "a fiscal year starts in a month from 1 to 12, found 13"},
  };
  for (const Case& each : cases) {
    const auto done = set_budget(*ledger_, each.budget);
    ASSERT_FALSE(done) << each.message;
    EXPECT_EQ(done.error().message, each.message);
  }
  EXPECT_EQ(find_budget(*ledger_, "b").error().message,
            "no budget is called \"b\"; there are none");
}

}  // namespace
}  // namespace costops::accounting
