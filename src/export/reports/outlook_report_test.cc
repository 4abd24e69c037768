// outlook_report_test.cc - reports that look ahead, of states and series made by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "costops/export/report_generator.h"

namespace costops::reports {
namespace {

Amount amount(std::string_view text) { return parse_amount(text).value(); }

// 100 for four days; 20 and 10 are gone after two, and 90 are expected at the end.
BudgetCourse course() {
  BudgetCourse made;
  made.state.budget.name = "team";
  made.state.budget.amount = amount("100");
  made.state.spent = amount("30");
  made.state.remaining = amount("70");
  made.state.has_outlook = true;
  made.state.outlook.projected = 90;
  made.state.outlook.lower = 80;
  made.state.outlook.upper = 110;
  made.state.outlook.probability = 0.25;
  made.days = {"2026-07-01", "2026-07-02", "2026-07-03", "2026-07-04"};
  made.spent = {amount("20"), amount("10")};
  return made;
}

TEST(BudgetReport, ShowsWhereEachBudgetStands) {
  const std::vector<BudgetCourse> courses = {course()};
  auto document = ReportGenerator().generate(BudgetReportRequest{.courses = &courses}).value();
  EXPECT_EQ(in_format(document, exports::Format::csv).value(),
            "budget,from,until,amount,spent,remaining,currency,spent_percent,projected,"
            "projected_lower,projected_upper,exceed_percent,exceeded_on,thresholds,crossed,"
            "unpriced\n"
            "team,2026-07-01,2026-07-04,100,30,70,USD,30,90,80,110,25,,\"50,80,100\",\"\",0\n");
  EXPECT_TRUE(document.totals().all().empty());
}

// From 70 to 100 - 90 = 10 in two days, so 40 after the first; to -10 and 20 at the bounds.
TEST(BudgetReport, DrawsTheWayToTheProjection) {
  const std::vector<BudgetCourse> courses = {course()};
  const auto document =
      ReportGenerator().generate(BudgetReportRequest{.courses = &courses}).value();
  const auto& series = document.text().charts.at(0).series;
  ASSERT_EQ(series.size(), 3U);
  EXPECT_EQ(series[0].values[0], 80);
  EXPECT_EQ(series[0].values[1], 70);
  EXPECT_TRUE(std::isnan(series[0].values[2]));
  EXPECT_EQ(series[1].values, (std::vector<double>{75, 50, 25, 0}));
  EXPECT_TRUE(std::isnan(series[2].values[0]));
  EXPECT_EQ(series[2].values[1], 70);
  EXPECT_EQ(series[2].values[2], 40);
  EXPECT_EQ(series[2].values[3], 10);
  EXPECT_EQ(series[2].low[3], -10);
  EXPECT_EQ(series[2].high[3], 20);
}

// A history of constants is continued as it is.
TEST(ForecastReport, ShowsHistoryThenForecastAndOmitsTheRunningPeriod) {
  const TimeRange days{parse_instant("2026-07-01").value(), parse_instant("2026-07-04").value()};
  accounting::UsageSeries series{{"model"},
                                 {{""}},
                                 {Currency::usd()},
                                 forecasting::SeriesTable({days, Grain::day, TimeZone()}),
                                 2};
  for (double& value : series.table.add("")) value = 1.5;
  auto document =
      ReportGenerator().generate(ForecastReportRequest{.series = &series, .horizon = 1}).value();
  EXPECT_EQ(in_format(document, exports::Format::csv).value(),
            "model,day,what,cost,lower_80,upper_80,currency\n"
            "(unassigned),2026-07-01,history,1.5,,,USD\n"
            "(unassigned),2026-07-02,history,1.5,,,USD\n"
            "(unassigned),2026-07-03,forecast,1.5,1.5,1.5,USD\n");
  const auto& chart = document.text().charts.at(0);
  EXPECT_EQ(chart.labels, (std::vector<std::string>{"2026-07-01", "2026-07-02", "2026-07-03"}));
  EXPECT_EQ(chart.series.at(1).high.at(2), 1.5);
  series.complete = 0;
  EXPECT_EQ(ReportGenerator().generate(ForecastReportRequest{.series = &series}).error().message,
            "no complete period to learn from");
}

}  // namespace
}  // namespace costops::reports
