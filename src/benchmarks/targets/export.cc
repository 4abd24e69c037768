// One cost report over 1,000 cost records, as JSON.
#include <fmt/format.h>

#include "benchmarks/targets/targets.h"
#include "costops/benchmarks/fixtures.h"
#include "costops/export/report_generator.h"

namespace costops::benchmarks {
namespace {

constexpr std::size_t kRecords = 1000;
constexpr int kDays = 7;

/// One row for each record.
accounting::Report rows_of_records() {
  accounting::Report report;
  report.key_names = {"model", "project", "record"};
  accounting::ReportRow total;
  for (const CostedUsage& record : create_test_cost_records(kRecords, kDays)) {
    accounting::ReportRow row;
    row.keys = {record.usage.model, record.usage.project, to_string(record.usage.id)};
    row.currency = record.cost.currency;
    row.requests = 1;
    row.quantities = record.usage.quantities;
    row.costs = record.cost.costs;
    total.currency = row.currency;
    total.requests += 1;
    total.costs += row.costs;
    report.rows.push_back(std::move(row));
  }
  report.totals = {total};
  return report;
}

class ReportExport final : public Workload {
 public:
  /// Reads the report back: as many rows, and the same total to the last digit.
  Result<void> check() override {
    const auto text = report();
    if (!text) return fail(text.error());
    bytes_ = text->size();
    const Json json = Json::parse(*text, nullptr, false);
    Amount sum;
    std::size_t rows = 0;
    if (json.is_object()) {
      for (const Json& row : json["rows"]) {
        sum += parse_amount(row.value("total_cost", "0")).value_or(Amount{});
        ++rows;
      }
    }
    const Amount expected = rows_.totals[0].costs.total();
    if (rows == kRecords && sum == expected) return {};
    return fail(ErrorCode::conflict,
                fmt::format("the report holds {} rows and {}, expected {} and {}", rows,
                            to_string(sum), kRecords, to_string(expected)));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) {
      const auto text = report();
      consume(text->size());
    }
  }
  Json extra_metrics() const override {
    return {{"records_per_report", kRecords}, {"report_size_bytes", bytes_}};
  }

 private:
  Result<std::string> report() const {
    auto document = generator_.generate({.kind = reports::Kind::cost,
                                         .current = &rows_,
                                         .charts = reports::ReportRequest::Charts::none});
    if (!document) return fail(document.error());
    return in_format(*document, exports::Format::json);
  }

  accounting::Report rows_ = rows_of_records();
  reports::ReportGenerator generator_;
  std::size_t bytes_ = 0;
};

class ExportTarget final : public BenchTarget {
 public:
  std::string id() const override { return "export"; }
  std::string description() const override { return "one cost report over 1,000 rows, as JSON"; }
  std::string workload() const override { return "cost report of 1,000 rows to JSON, v1"; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<ReportExport>();
  }
};

}  // namespace

std::unique_ptr<BenchTarget> make_export_target() { return std::make_unique<ExportTarget>(); }

}  // namespace costops::benchmarks
