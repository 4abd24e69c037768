// report_generator.h - reports for people and programs, from rows of a ledger.
//
// A report is a table with a title, a few lines, and charts. Making one costs no query: the rows
// come from accounting::report, so that one query can give several reports, and a report can be
// made from rows of anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/accounting/budgets.h"
#include "costops/accounting/cache_savings.h"
#include "costops/accounting/price_changes.h"
#include "costops/accounting/report.h"
#include "costops/accounting/series.h"
#include "costops/export/table.h"
#include "costops/export/writer.h"

namespace costops::reports {

/// cost: by group, each class of cost. usage: by group, each meter, no money. summary: the most
/// expensive groups. chargeback: by group, with its share of the whole. cache: what caching did.
/// audit: what the totals do not know. budget: where every budget stands. forecast: a history and
/// what follows.
enum class Kind : std::uint8_t { cost, usage, summary, chargeback, cache, audit, budget, forecast };
[[nodiscard]] std::string_view to_string(Kind kind);
/// Fails with invalid_input, listing the known ones.
[[nodiscard]] Result<Kind> parse_kind(std::string_view word);

/// Data formats show no charts, so that making them would be wasted.
enum class Charts : std::uint8_t { drawn, none };

struct ReportRequest {
  Kind kind = Kind::cost;
  /// The rows. Must outlive the call.
  const accounting::Report* current = nullptr;
  /// The rows of the period before, by the same groups, to compare with; null: no comparison.
  const accounting::Report* previous = nullptr;
  /// For a cache report, of the same request: what caching saved. Null: not shown.
  const std::vector<accounting::CacheSavingsRow>* savings = nullptr;
  std::string title{};   ///< "": the kind's own.
  std::string period{};  ///< In words: "2026-07".
  using Charts = reports::Charts;
  Charts charts = Charts::drawn;
};

/// A budget's state, and its days.
struct BudgetCourse {
  accounting::BudgetState state;
  std::vector<std::string> days;  ///< Labels of all days of the period, in the budget's zone.
  std::vector<Amount> spent;      ///< Of the first days, up to now; they add up to state.spent.
  std::string exceeded_on;        ///< The day; "": not.
};
/// Writes nothing: no alert counts as told. Fails like accounting::check_budget.
[[nodiscard]] Result<BudgetCourse> budget_course(const storage::Ledger& ledger,
                                                 const accounting::Budget& budget, Instant now);

struct BudgetReportRequest {
  const std::vector<BudgetCourse>* courses = nullptr;  ///< Must outlive the call.
  Instant at{};                                        ///< When the budgets stood there.
  std::string title{};
  Charts charts = Charts::drawn;
};

/// Rows of the complete periods, then of the forecast with its 80 % interval, for each series. The
/// forecasts add up to that of the total, which has a line and a chart.
struct ForecastReportRequest {
  const accounting::UsageSeries* series = nullptr;  ///< Must outlive the call.
  accounting::Metric metric = accounting::Metric::cost;
  std::size_t horizon = 30;  ///< Periods ahead.
  /// Known changes of the series' prices. Null: prices stay as they are.
  const accounting::PriceChanges* prices = nullptr;
  std::string title{};
  Charts charts = Charts::drawn;
};

/// A report that is made: the rows as a table, the rest as a document's text.
class ReportDocument final : public exports::TableSource {
 public:
  ReportDocument();
  ~ReportDocument() override;
  ReportDocument(ReportDocument&&) noexcept;
  ReportDocument& operator=(ReportDocument&&) noexcept;

  [[nodiscard]] const exports::Schema& schema() const override;
  [[nodiscard]] Result<void> rows(const Visitor& visit) override;
  [[nodiscard]] const exports::DocumentText& text() const;
  [[nodiscard]] Kind kind() const;

  /// Money of all rows, by currency.
  [[nodiscard]] const CurrencyTotals& totals() const;
  [[nodiscard]] std::size_t size() const;

 private:
  friend class ReportGenerator;
  struct State;
  std::unique_ptr<State> state_;
};

/// Any call from any thread.
class ReportGenerator {
 public:
  /// Requires request.current. Fails with invalid_input for a budget or forecast report: those have
  /// requests of their own.
  [[nodiscard]] Result<ReportDocument> generate(const ReportRequest& request) const;
  /// No totals: budgets overlap.
  [[nodiscard]] Result<ReportDocument> generate(const BudgetReportRequest& request) const;
  /// Fails with invalid_input without a complete period, and like ForecastEngine::forecast.
  [[nodiscard]] Result<ReportDocument> generate(const ForecastReportRequest& request) const;
};

/// The report in a format that is text. JSON is one object: report, period, totals, rows; the
/// others are the writers' own. Fails with unsupported for Parquet, XLSX and PDF: use
/// exports::make_file_writer with the document as source.
[[nodiscard]] Result<std::string> in_format(ReportDocument& document, exports::Format format);

/// The report through a mustache template, which may say:
/// ~~~
/// {{title}}   {{#lines}}{{text}}{{/lines}}   {{#columns}}{{name}}{{/columns}}
/// {{#rows}}{{#cells}}{{text}}{{/cells}}{{/rows}}   and in a row {{model}}, {{total_cost}}: columns
/// {{#totals}}{{amount}} {{currency}}{{/totals}}
/// ~~~
/// {{name}} is escaped for HTML; {{{name}}} is not.
/// Fails with invalid_input, with the line, if the template has an error.
[[nodiscard]] Result<std::string> in_template(ReportDocument& document, std::string_view mustache);

}  // namespace costops::reports
