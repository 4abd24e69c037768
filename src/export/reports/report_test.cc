#include <gtest/gtest.h>

#include "costops/export/pull_request.h"
#include "costops/export/report_generator.h"

namespace costops::reports {
namespace {

using accounting::Report;
using accounting::ReportRow;
using exports::Format;

Amount amount(std::string_view text) { return parse_amount(text).value(); }

ReportRow row(std::vector<std::string> keys, std::string_view input, std::string_view output,
              std::int64_t requests = 1) {
  ReportRow out;
  out.keys = std::move(keys);
  out.currency = Currency::usd();
  out.requests = requests;
  at(out.quantities, Meter::input_tokens_uncached) = 600;
  at(out.quantities, Meter::cache_read_tokens) = 200;
  at(out.quantities, Meter::output_tokens) = 50;
  out.costs[CostClass::input] = amount(input);
  out.costs[CostClass::output] = amount(output);
  return out;
}

Report by_model(std::vector<ReportRow> rows) {
  Report report;
  report.key_names = {"model"};
  ReportRow total;
  total.currency = Currency::usd();
  for (const ReportRow& each : rows) {
    total.requests += each.requests;
    total.unpriced += each.unpriced;
    total.costs += each.costs;
  }
  report.rows = std::move(rows);
  report.totals = {total};
  return report;
}

ReportDocument made(const ReportRequest& request) {
  return ReportGenerator().generate(request).value();
}

// By hand: 0.1 + 0.2 = 0.3; before 0.2, so +0.1 and +50 %.
TEST(CostReport, IsOneJsonObjectWithExactMoney) {
  const Report now = by_model({row({"small"}, "0.1", "0.2")});
  const Report before = by_model({row({"small"}, "0.2", "0")});
  ReportDocument document = made(
      {.kind = Kind::cost, .current = &now, .previous = &before, .title = {}, .period = "2026-07"});
  EXPECT_EQ(in_format(document, Format::json).value(),
            R"({"report":"cost","title":"Costs","lines":["Period: 2026-07","Total: 0.3 USD",)"
            R"("Period before: 0.2 USD","Requests: 1"],"key_names":["model"],)"
            R"("totals":[{"currency":"USD","amount":"0.3"}],"rows":[)"
            "\n"
            R"({"model":"small","requests":1,"input_tokens":800,"output_tokens":50,)"
            R"("input_cost":"0.1","output_cost":"0.2","other_cost":"0","total_cost":"0.3",)"
            R"("currency":"USD","unpriced":0,"previous_cost":"0.2","change":"0.1",)"
            R"("change_percent":"50"})"
            "\n]}\n");
}

// By hand: 200 of 800 input tokens came from the cache: 25 %. Shares: 3 of 4 and 1 of 4.
TEST(OtherReports, ShowSharesAndHits) {
  const Report now = by_model({row({"a"}, "3", "0"), row({""}, "1", "0")});
  ReportDocument chargeback = made({.kind = Kind::chargeback, .current = &now});
  EXPECT_EQ(in_format(chargeback, Format::csv).value(),
            "model,requests,total_cost,currency,share_percent\n"
            "a,1,3,USD,75\n(unassigned),1,1,USD,25\n");
  ReportDocument cache = made({.kind = Kind::cache, .current = &now});
  EXPECT_TRUE(
      in_format(cache, Format::csv)
          .value()
          .starts_with(
              "model,input_tokens,cached_tokens,cache_write_tokens,hit_percent,cache_read_cost,"
              "cache_write_cost,total_cost,currency\na,800,200,0,25,0,0,3,USD\n"));
}

TEST(AuditReport, ShowsOnlyWhatTheTotalsDoNotKnow) {
  std::vector<ReportRow> rows = {row({"known"}, "1", "0"), row({"unknown"}, "0", "0", 4)};
  rows[1].unpriced = 3;
  const Report now = by_model(std::move(rows));
  ReportDocument audit = made({.kind = Kind::audit, .current = &now});
  EXPECT_EQ(in_format(audit, Format::csv).value(), "model,requests,unpriced\nunknown,4,3\n");
  EXPECT_EQ(audit.text().lines[2],
            "Unpriced: 3 of 5 requests; their cost is unknown, so totals are a lower bound");
}

TEST(Charts, StackSpendByPeriod) {
  Report now = by_model({row({"a", "2026-07-01"}, "1", "0"), row({"a", "2026-07-02"}, "2", "0"),
                         row({"b", "2026-07-02"}, "4", "0")});
  now.key_names = {"model", "day"};
  const ReportDocument document = made({.kind = Kind::cost, .current = &now});
  const auto& chart = document.text().charts.at(0);
  EXPECT_EQ(chart.labels, (std::vector<std::string>{"2026-07-01", "2026-07-02"}));
  EXPECT_EQ(chart.series.at(0).name, "b");
  EXPECT_EQ(chart.series.at(0).values, (std::vector<double>{0, 4}));
  EXPECT_EQ(chart.series.at(1).values, (std::vector<double>{1, 2}));
}

TEST(Template, EscapesAndNamesTheLineOfAnError) {
  const Report now = by_model({row({"<b>&"}, "1", "0")});
  ReportDocument document = made({.kind = Kind::cost, .current = &now});
  EXPECT_EQ(in_template(document, "{{title}}:{{#rows}} {{model}} {{total_cost}}{{/rows}}").value(),
            "Costs: &lt;b&gt;&amp; 1");
  const auto broken = in_template(document, "one\ntwo {{#rows}}\nthree");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message, "line 2: Unclosed section \"rows\"");
}

GroupCosts costs(std::string_view group, std::string_view cost) {
  return {{{std::string(group), "USD"}, amount(cost)}};
}

TEST(PullRequest, ShowsChangedGroupsAndGates) {
  GroupCosts before = costs("a", "10");
  before.merge(costs("same", "1"));
  GroupCosts now = costs("a", "10.6");
  now.merge(costs("same", "1"));
  now.merge(costs("n|<ew", "0.01"));
  const auto comment = comment_on(before, now, parse_allowed("5%").value());
  EXPECT_EQ(comment.markdown,
            "<!-- cost-ops:pr-comment -->\n### LLM costs\n\n"
            "**11.61 USD**, before 11 (+0.61, +5.5 %) :x: more than allowed\n\n"
            "| group | before | now | change | | |\n|---|--:|--:|--:|--:|---|\n"
            "| a | 10 | 10.6 | +0.6 | +6.0 % | USD |\n"
            "| n\\|&lt;ew | 0 | 0.01 | +0.01 | new | USD |\n");
  EXPECT_TRUE(comment.too_expensive);
  // By hand: 11 x 1.0555 = 11.6105, above 11.61.
  EXPECT_FALSE(comment_on(before, now, parse_allowed("5.55").value()).too_expensive);
  EXPECT_FALSE(comment_on(now, now, parse_allowed("0%").value()).too_expensive);
  EXPECT_FALSE(comment_on(now, now, {}).changed);
}

TEST(PullRequest, StaysWithinWhatGitHubTakes) {
  GroupCosts now;
  for (int i = 0; i < 5000; ++i) now.merge(costs("group-" + std::to_string(i), "1"));
  const auto comment = comment_on({}, now, {});
  EXPECT_LE(comment.markdown.size(), kCommentCharactersMax);
  EXPECT_TRUE(comment.markdown.ends_with(" more groups that changed less.\n"));
}

TEST(PullRequest, ReadsASavedReport) {
  const Report now = by_model({row({"small"}, "0.1", "0.2")});
  ReportDocument document = made({.kind = Kind::cost, .current = &now});
  EXPECT_EQ(read_costs(in_format(document, Format::json).value()).value(), costs_of(now));
  EXPECT_EQ(read_costs("{}").error().message,
            "no saved report: write one with \"cost-ops report cost --format json\"");
  EXPECT_EQ(parse_allowed("-1%").error().message,
            "\"-1%\" is no share like 5% (0 to 1000000, at most 4 decimal places)");
}

}  // namespace
}  // namespace costops::reports
