// cache_report_test.cc - what caching saved, of a real ledger, against values worked out by hand.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "costops/accounting/ingest.h"
#include "costops/export/report_generator.h"
#include "costops/pricing/importers.h"

namespace costops::reports {
namespace {

// Per million tokens. "long" doubles for contexts above 1,000 tokens; "odd" prices nothing but
// cached input.
constexpr const char* kPrices = R"({"format":"cost-ops-prices/1","source":"example",
"kind":"reference","url":"https://example.com/prices","learned_at":"2026-06-01","prices":[
{"provider":"acme","model":"plain","rates":{"input_tokens":"3","output_tokens":"15",
 "cache_read_tokens":"0.3","cache_write_tokens":"3.75"}},
{"provider":"acme","model":"long","rates":{"output_tokens":"15",
 "input_tokens":{"amount":"3","steps":[{"threshold":1000,"amount":"6"}]},
 "cache_read_tokens":{"amount":"0.3","steps":[{"threshold":1000,"amount":"0.6"}]}}},
{"provider":"acme","model":"odd","rates":{"cache_read_tokens":"0.3","output_tokens":"15"}}]})";

struct Case {
  const char* what;
  const char* model;
  int uncached, read, written;
  const char* savings;  ///< "": unknown.
  const char* net_savings;
};

constexpr Case kCases[] = {
    // 400 x (3 - 0.3) / 10^6.
    {"read", "plain", 1000, 400, 0, "0.00108", "0.00108"},
    // 1,000 x (3 - 3.75) / 10^6: who only writes pays more.
    {"written", "plain", 0, 0, 1000, "0", "-0.00075"},
    {"both", "plain", 10, 400, 1000, "0.00108", "0.00033"},
    // 600 + 600 tokens are beyond the threshold, cached or not: 600 x (6 - 0.6) / 10^6.
    {"long context", "long", 600, 600, 0, "0.00324", "0.00324"},
    {"no rate for uncached tokens", "odd", 0, 400, 0, "", ""},
    {"no price at all", "nobody", 100, 400, 0, "", ""},
};

class CacheReport : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/costops-cache-XXXXXX";
    folder_ = mkdtemp(name);
    ledger_ = storage::open_ledger("sqlite::memory:", storage::OpenMode::create).value();
    pricing::PriceBookBuilder builder;
    ASSERT_TRUE(pricing::import_own_json(kPrices, builder));
    book_ = pricing::PriceBook::build(std::move(builder)).value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void call(const Case& facts) {
    const std::string path = folder_ + "/call" + std::to_string(++calls_) + ".json";
    std::ofstream(path) << R"({"id":"msg_)" << calls_ << R"(","type":"message","model":")"
                        << facts.model << R"(","usage":{"input_tokens":)" << facts.uncached
                        << R"(,"cache_read_input_tokens":)" << facts.read
                        << R"(,"cache_creation_input_tokens":)" << facts.written
                        << R"(,"output_tokens":7}})";
    accounting::IngestOptions options;
    options.read.default_provider = "acme";
    options.read.now = options.default_at = parse_instant("2026-07-01").value();
    const auto done = accounting::ingest({path}, options, *book_, *ledger_, nullptr);
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->quarantined, 0U) << done->first_rejections[0].reason;
  }

  ReportDocument made(const accounting::ReportRequest& request) {
    current_ = accounting::report(*ledger_, request).value();
    savings_ = accounting::cache_savings(*ledger_, request).value();
    return ReportGenerator()
        .generate({.kind = Kind::cache, .current = &current_, .savings = &savings_})
        .value();
  }

  std::string folder_;
  int calls_ = 0;
  std::unique_ptr<storage::Ledger> ledger_;
  std::optional<pricing::PriceBook> book_;
  accounting::Report current_;
  std::vector<accounting::CacheSavingsRow> savings_;
};

TEST_F(CacheReport, TellsWhatEachRecordWouldHaveCostUncached) {
  for (const Case& each : kCases) {
    SCOPED_TRACE(each.what);
    ledger_ = storage::open_ledger("sqlite::memory:", storage::OpenMode::create).value();
    call(each);
    ReportDocument document = made({});
    const bool known = *each.savings != '\0';
    EXPECT_EQ(in_template(document,
                          "{{#rows}}{{savings}} {{net_savings}} "
                          "{{savings_unknown}}{{/rows}}")
                  .value(),
              std::string(each.savings) + " " + each.net_savings + (known ? " 0" : " 1"));
  }
}

// 0.00108 + 0.00324 are known; "odd" and "nobody" are counted apart, not as nothing saved.
TEST_F(CacheReport, SumsWhatIsKnownAndCountsTheRest) {
  for (const Case& each : kCases) {
    if (each.written == 0) call(each);
  }
  accounting::ReportRequest by_provider;
  by_provider.group_by = {Dimension::provider};
  ReportDocument document = made(by_provider);
  EXPECT_EQ(in_template(document, "{{#rows}}{{provider}} {{savings}} {{savings_unknown}}{{/rows}}")
                .value(),
            "acme 0.00432 2");
  EXPECT_EQ(document.text().lines[1], "Net savings: 0.00432 USD");
  const auto& chart = document.text().charts.at(0);
  EXPECT_EQ(chart.title, "Net savings by caching");
  EXPECT_EQ(chart.labels, std::vector<std::string>{"acme"});
  EXPECT_DOUBLE_EQ(chart.series.at(0).values.at(0), 0.00432);
}

}  // namespace
}  // namespace costops::reports
