// forecast - what spend and usage will be.
#include "costops/forecasting/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "command.h"
#include "costops/accounting/forecasts.h"
#include "costops/export/forecast_chart.h"
#include "costops/export/output_file.h"
#include "costops/export/picture.h"
#include "counted.h"
#include "estimate_text.h"
#include "forecast_text.h"
#include "options.h"
#include "report_text.h"
#include "series_options.h"

namespace costops::cli {
namespace {

constexpr const char* kHelp = R"(
Learns from the complete periods before now, in the range given, and goes on from the last of them.
Forecasts of groups add up to that of their total. Where the price book knows of a change of price,
usage is forecast and multiplied by the prices of its time.
docs/forecasting.md says how the numbers and their intervals are made.

Examples:
  cost-ops forecast
  cost-ops forecast --by organization,project,model --horizon 30d --level 80,95
  cost-ops forecast --until 2026-12-31 --period month --output json
  cost-ops forecast --history-until 2026-06-01 --until 2026-06
  cost-ops forecast --plot spend.png --limit 40
  cost-ops forecast --backtest

JSON: {"period","metric","timezone","adding_up","forecasts":[{dimensions..., "currency","method",
  "parameters":[{"name","value"}],"trend","season","season_strength","filled_gaps",
  "points":[{"period","mean","lower_80","upper_80",...}],"total":{"mean","lower_80",...},
  "backtest":{"origins","mae","rmse","smape","mase","coverage_80",...}}],
  "sums":[the same for the total and each sum between, with the
  dimensions that they share],"price_changes":[{"provider","model","at","factor"}]}; amounts are
  decimal strings, measures that the data leaves undefined are null.
)";

class ForecastCommand : public Command {
 public:
  explicit ForecastCommand(CLI::App& parent)
      : Command(parent, "forecast", "What spend and usage will be, with intervals", kHelp,
                {Uses::Store::yes, Uses::Book::yes}) {
    options_.declare(*app_,
                     "A forecast for each value of these dimensions, their sums and the total. "
                     "Default: one of all spend.",
                     SelectionOptions::Until::own);
    add_text(*app_, "--horizon", horizon_, "N",
             "How far: 30d (days), 8w (weeks), 48h (hours), 3m (months), or periods (30). "
             "Default: 30 days, 48 hours, 8 weeks, 3 months.");
    add_text(*app_, "--until", until_, "DATE",
             "Instead of --horizon: up to the end of this day, month or year (2026-12-31, 2026-12, "
             "this-month), or up to a time (2026-12-31T12:00:00Z).");
    add_text(*app_, "--model", model_, "NAME", "auto, or one model by name. Default: auto.");
    add_comma_list(*app_, "--level", levels_, "PERCENT,...",
                   "Levels of the intervals. Default: 80,95.");
    add_choice(*app_, "--adding-up", adding_up_, {"wls", "bottom-up"},
               "How groups come to add up: all move, the surer ones less (wls), or only sums "
               "(bottom-up). Default: wls.");
    add_text(*app_, "--plot", plot_, "FILE",
             "Draw a picture of the total, or of all there is: FILE.svg, FILE.png, or - for SVG to "
             "standard output, and nothing else there.");
    add_text(*app_, "--limit", limit_, "AMOUNT", "A line in the picture: a budget per period.");
    add_flag(*app_, "--backtest", backtest_, "How accurate each model was on this very history.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto request = resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto series = accounting::usage_series(**ledger, *request);
    if (!series) return fail(series.error());
    tell_doubts(session, *series);
    if (auto end = follow_until(*series); !end) return session.wrong_usage(end.error().message);
    if (backtest_) return print_backtest(session, *series);
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const auto prices = accounting::price_changes(**ledger, *book, *request, *series, steps_);
    if (!prices) return fail(prices.error());
    const auto forecast =
        accounting::forecast_usage(*series, {.horizon = steps_,
                                             .model = model_,
                                             .levels = level_values_,
                                             .adding_up = *accounting::parse_adding_up(adding_up_),
                                             .prices = &*prices});
    if (!forecast) return fail(forecast.error());
    tell_prices(session, *series, *prices);
    for (const std::size_t i : forecast->unknown) {
      session.note(fmt::format("{} {} has no known cost in a complete period: no forecast.",
                               joined(series->keys[i]), series->currencies[i].code()));
    }
    if (plot_ != "-") print(session, *series, *forecast, *prices);
    if (auto drawn = draw(session, *series, *forecast); !drawn) return fail(drawn.error());
    return ExitCode::fine;
  }

 private:
  Result<accounting::SeriesRequest> resolve(const Session& session) {
    auto request = options_.resolve(session);
    if (!request) return fail(request.error());
    if (auto level = read_levels(); !level) return fail(level.error());
    if (auto steps = read_horizon(); !steps) return fail(steps.error());
    if (!until_.empty()) {
      auto end = horizon_end("--until", until_, session.now(), request->zone);
      if (!end) return fail(end.error());
      horizon_end_ = *end;
    }
    if (model_ != "auto") {
      const auto known = forecasting::make_model(model_);
      if (!known) return fail(known.error().code, "--model: " + known.error().message);
    }
    if (!plot_.empty() && plot_ != "-" && !plot_.ends_with(".svg") && !plot_.ends_with(".png")) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--plot: \"{}\" is neither FILE.svg nor FILE.png nor -", plot_));
    }
    if (limit_.empty()) return request;
    line_ = parse_estimate(limit_);
    if (line_ && *line_ >= 0.0 && *line_ < 1e15) return request;
    return fail(ErrorCode::invalid_input,
                fmt::format("--limit: \"{}\" is no number from 0", limit_));
  }

  Result<void> read_levels() {
    if (levels_.empty()) levels_ = {"80", "95"};
    for (const std::string& text : levels_) {
      const auto level = parse_estimate(text);
      if (!level || *level <= 0.0 || *level >= 100.0) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("--level: \"{}\" is no percentage between 0 and 100", text));
      }
      if (std::find(level_values_.begin(), level_values_.end(), *level) != level_values_.end()) {
        return fail(ErrorCode::invalid_input, fmt::format("--level: {} is given twice", text));
      }
      level_values_.push_back(*level);
    }
    return {};
  }

  /// Periods in one unit of --horizon; 0 where the unit is finer than the period.
  [[nodiscard]] std::uint64_t periods_per(char unit) const {
    const Grain grain = options_.grain();
    const bool hours = grain == Grain::hour;
    if (unit == 'h') return hours ? 1 : 0;
    if (unit == 'd') return hours ? 24 : grain == Grain::day ? 1 : 0;
    if (unit == 'w') return hours ? 168 : grain == Grain::day ? 7 : grain == Grain::week ? 1 : 0;
    if (unit == 'm') return hours ? 720 : grain == Grain::day ? 30 : grain == Grain::month;
    return 0;
  }

  Result<void> read_horizon() {
    if (!until_.empty() && !horizon_.empty()) {
      return fail(ErrorCode::invalid_input, "give either --horizon or --until, not both");
    }
    steps_ = accounting::usual_horizon(options_.grain());
    if (horizon_.empty()) return {};
    std::string digits = horizon_;
    std::uint64_t each = 1;
    if (digits.find_first_not_of("0123456789") == digits.size() - 1) {
      each = periods_per(digits.back());
      digits.pop_back();
    }
    const auto count = whole_number(digits);
    if (!count || each == 0 || *count * each > forecasting::kHorizonMax) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--horizon: \"{}\" is no length of 1 to {} {}s (30d, 8w, 48h, 3m, or "
                              "a number of periods)",
                              horizon_, forecasting::kHorizonMax, options_.period()));
    }
    steps_ = *count * each;
    return {};
  }

  /// The periods from the last complete one up to --until.
  Result<void> follow_until(const accounting::UsageSeries& series) {
    if (!horizon_end_ || series.complete == 0) return {};
    const forecasting::Grid ahead = accounting::periods_ahead(series, forecasting::kHorizonMax);
    steps_ = 0;
    while (steps_ < ahead.size() && ahead.period(steps_).from < *horizon_end_) ++steps_;
    if (steps_ == 0) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--until: \"{}\" ends before the first {} to forecast, {}", until_,
                              options_.period(), ahead.label(0)));
    }
    if (ahead.period(steps_ - 1).to >= *horizon_end_) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("--until: \"{}\" is more than {} {}s after the history", until_,
                            forecasting::kHorizonMax, options_.period()));
  }

  static void tell_doubts(const Session& session, const accounting::UsageSeries& series) {
    if (series.unpriced > 0) {
      session.note(fmt::format("{} unpriced: periods that hold nothing else count as missing.",
                               counted(series.unpriced, "record is", "records are")));
    }
    if (series.complete == 0) {
      session.note("No complete period to learn from. \"cost-ops ingest\" fills the ledger.");
    } else if (series.keys.empty()) {
      session.note("No record fits: there is nothing to forecast.");
    }
  }

  static void tell_prices(const Session& session, const accounting::UsageSeries& series,
                          const accounting::PriceChanges& prices) {
    for (const accounting::PriceChange& change : prices.told) {
      session.note(fmt::format("{} {} costs {:.4g} times as much from {} on; the forecast knows.",
                               change.provider, change.model, change.factor,
                               series.table.grid().zone().label_of(change.at, Grain::day)));
    }
  }

  void print(Session& session, const accounting::UsageSeries& series,
             const accounting::UsageForecast& forecast,
             const accounting::PriceChanges& prices) const {
    const ToldForecast told{series,     forecast, prices, options_.period(), options_.metric(),
                            adding_up_, levels_};
    std::string& out = session.out().text();
    if (output_ == "json") {
      append_forecast_json(out, told);
    } else if (output_ == "csv") {
      append_forecast_csv(out, told);
    } else {
      append_forecast_table(out, told, session.colors(), terminal_columns(stdout));
    }
  }

  /// Every model on every series' history.
  Result<ExitCode> print_backtest(Session& session, const accounting::UsageSeries& series) const {
    Table table({{"series"},
                 {"model"},
                 {"MAE", Align::decimal},
                 {"RMSE", Align::decimal},
                 {"sMAPE", Align::decimal},
                 {"MASE", Align::decimal},
                 {"MAPE", Align::decimal},
                 {"R2", Align::decimal},
                 {"pinball", Align::decimal},
                 {"CRPS", Align::decimal},
                 {"MSIS", Align::decimal},
                 {"coverage"}});
    forecasting::ForecastEngine engine;
    for (std::size_t i = 0; i < series.keys.size() && series.complete > 0; ++i) {
      const auto seasons = forecasting::seasons_of(options_.grain());
      forecasting::ForecastRequest request{.history = series.table.values(i).first(series.complete),
                                           .season = seasons.empty() ? 1 : seasons.front(),
                                           .horizon = steps_,
                                           .levels = level_values_};
      std::vector<std::string_view> names = forecasting::model_names();
      names.insert(names.begin(), "auto");
      const accounting::GroupForecast group{.keys = series.keys[i],
                                            .currency = series.currencies[i]};
      const std::string title = title_with_unit(series, group, options_.metric());
      for (const std::string_view name : names) {
        request.model = name;
        const auto forecast = engine.forecast(request);
        if (!forecast || forecast->backtest.origins == 0) continue;
        table.add(backtest_row(title, name, *forecast));
      }
    }
    if (table.size() == 0) {
      session.note("The history is too short to replay any forecast on it.");
    } else {
      table.append_to(session.out().text(), session.colors());
    }
    return ExitCode::fine;
  }

  Result<void> draw(Session& session, const accounting::UsageSeries& series,
                    const accounting::UsageForecast& forecast) const {
    if (plot_.empty() || forecast.groups.empty()) return {};
    // Of a long history what comes next would be a speck.
    constexpr std::size_t kHistoryShare = 4, kHistoryLeast = 30;
    const accounting::GroupForecast& group = forecast.groups.front();
    const exports::Chart chart = reports::forecast_chart(
        series, group,
        {.title = title_of(series, group, options_.metric()) + " by " + options_.period(),
         .history_max = kHistoryShare * steps_ + kHistoryLeast,
         .budget = line_});
    if (plot_ == "-") {
      session.out().text() += exports::svg_of(chart);
      return {};
    }
    const auto picture =
        plot_.ends_with(".png") ? exports::png_of(chart) : Result<std::string>(svg_of(chart));
    if (!picture) return fail(picture.error());
    auto file = exports::OutputFile::create(plot_);
    if (!file) return fail(file.error());
    if (auto written = file->write(*picture); !written) return fail(written.error());
    const auto facts = file->commit();
    return facts ? Result<void>() : fail(facts.error());
  }

  SeriesOptions options_;
  std::vector<std::string> levels_;
  std::vector<double> level_values_;
  std::string model_ = "auto", adding_up_ = "wls", horizon_, until_, plot_, limit_;
  std::string output_ = "table";
  bool backtest_ = false;
  std::optional<double> line_;
  std::optional<Instant> horizon_end_;
  std::size_t steps_ = 30;
};

}  // namespace

void add_forecast(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<ForecastCommand>(parent));
}

}  // namespace costops::cli
