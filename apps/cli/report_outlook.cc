// report_outlook - reports that look ahead: budgets and forecasts.
#include <fmt/format.h>

#include "costops/accounting/forecasts.h"
#include "options.h"
#include "report_commands.h"
#include "report_output.h"
#include "series_options.h"

namespace costops::cli {
namespace {

constexpr const char* kBudgetHelp = R"(
Every budget of the ledger, with a chart of how it burns down. Tells no alerts: "budget check"
does, and a report takes none from it.

FILE's ending tells the format: .md .html .pdf .xlsx .csv .json .ndjson.

Exit codes: 5 there are no budgets; 6 some usage has no price.
)";

constexpr const char* kForecastHelp = R"(
The complete periods, then the forecast with its 80 % interval; docs/forecasting.md says how it is
made. A period in --group-by is how wide periods are.

FILE's ending tells the format: .md .html .pdf .xlsx .csv .json .ndjson.

Examples:
  cost-ops report forecast --group-by project --horizon 14
  cost-ops report forecast --group-by week -o weeks.html

Exit codes: 5 there is no complete period to learn from; 6 some usage has no price.
)";

class BudgetReport : public Command {
 public:
  explicit BudgetReport(CLI::App& parent)
      : Command(parent, "budget", "Where every budget stands", kBudgetHelp,
                {.store = Uses::Store::yes}) {
    output_.declare(*app_);
  }

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto budgets = accounting::budgets_of(**ledger);
    if (!budgets) return fail(budgets.error());
    if (budgets->empty()) {
      session.complain("there are no budgets: nothing to report");
      return ExitCode::nothing;
    }
    std::vector<reports::BudgetCourse> courses;
    bool unpriced = false;
    for (const accounting::Budget& budget : *budgets) {
      auto course = reports::budget_course(**ledger, budget, session.now());
      if (!course) return fail(course.error());
      unpriced = unpriced || course->state.unpriced > 0;
      courses.push_back(std::move(*course));
    }
    auto document = reports::ReportGenerator().generate(reports::BudgetReportRequest{
        .courses = &courses, .at = session.now(), .title = output_.title});
    if (!document) return fail(document.error());
    if (auto written = output_.write(session, *document); !written) return fail(written.error());
    return unpriced ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  ReportOutput output_;
};

class ForecastReport : public Command {
 public:
  explicit ForecastReport(CLI::App& parent)
      : Command(parent, "forecast", "History and forecast", kForecastHelp,
                {Uses::Store::yes, Uses::Book::yes}) {
    options_.declare(*app_,
                     "A forecast for each value of these dimensions, and at most one period. "
                     "Default: all spend by day.");
    add_number(*app_, "--horizon", horizon_,
               "How many periods ahead. Default: 30 days, 48 hours, 8 weeks, else 3.");
    output_.declare(*app_);
  }

  Result<ExitCode> run(Session& session) override {
    const auto request = options_.resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    if (horizon_ > forecasting::kHorizonMax) {
      return session.wrong_usage(fmt::format("--horizon: {} is no number of periods from 1 to {}",
                                             horizon_, forecasting::kHorizonMax));
    }
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto series = accounting::usage_series(**ledger, *request);
    if (!series) return fail(series.error());
    if (series->complete == 0 || series->keys.empty()) {
      session.complain("there is no complete period to learn from: nothing to report");
      return ExitCode::nothing;
    }
    const std::size_t horizon = horizon_ > 0 ? horizon_ : accounting::usual_horizon(request->grain);
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const auto prices = accounting::price_changes(**ledger, *book, *request, *series, horizon);
    if (!prices) return fail(prices.error());
    auto document = reports::ReportGenerator().generate(
        reports::ForecastReportRequest{.series = &*series,
                                       .metric = request->metric,
                                       .horizon = horizon,
                                       .prices = &*prices,
                                       .title = output_.title});
    if (!document) return fail(document.error());
    if (auto written = output_.write(session, *document); !written) return fail(written.error());
    return series->unpriced > 0 ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  SeriesOptions options_{SeriesOptions::Width::word};
  ReportOutput output_;
  std::uint64_t horizon_ = 0;
};

}  // namespace

void add_outlook_reports(CLI::App& group, Commands& into) {
  into.push_back(std::make_unique<BudgetReport>(group));
  into.push_back(std::make_unique<ForecastReport>(group));
}

}  // namespace costops::cli
