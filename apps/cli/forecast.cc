// forecast - what spend and usage will be.
#include "costops/forecasting/forecast.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>

#include "command.h"
#include "costops/accounting/series.h"
#include "estimate_text.h"
#include "forecast_picture.h"
#include "forecast_text.h"
#include "options.h"
#include "report_text.h"
#include "selection.h"
#include "table.h"

namespace costops::cli {
namespace {

using forecasting::Forecast;

constexpr const char* kHelp = R"(
Learns from the complete periods before now, in the range given, and goes on from the last of them.
docs/forecasting.md says how the numbers and their intervals are made.

Examples:
  cost-ops forecast
  cost-ops forecast --by project --horizon 30d --level 80,95
  cost-ops forecast --until 2026-12-31 --period month --output json
  cost-ops forecast --history-until 2026-06-01 --until 2026-06
  cost-ops forecast --plot spend.svg --limit 40
  cost-ops forecast --backtest

JSON: {"period","metric","timezone","forecasts":[{dimensions..., "currency","model","trend",
  "season","season_strength","points":[{"period","mean","lower_80","upper_80",...}],"total":
  {"mean","lower_80",...},"backtest":{"origins","mae","rmse","smape","mase","coverage_80",...}}]};
  amounts are decimal strings, measures that the data leaves undefined are null.
)";

/// One group's history and what follows.
struct Told {
  std::size_t series = 0;
  Forecast forecast;
};

class ForecastCommand : public Command {
 public:
  explicit ForecastCommand(CLI::App& parent)
      : Command(parent, "forecast", "What spend and usage will be, with intervals", kHelp,
                {.store = Uses::Store::yes}) {
    add_comma_list(*app_, "--by,-g,--group-by", by_, "DIM,...",
                   "A forecast for each value of these dimensions. Default: one of all spend.");
    add_text(*app_, "--horizon", horizon_, "N",
             "How far: 30d (days), 8w (weeks), 48h (hours), 3m (months), or periods (30). "
             "Default: 30 days, 48 hours, 8 weeks, 3 months.");
    add_text(*app_, "--until", until_, "DATE",
             "Instead of --horizon: up to the end of this day, month or year (2026-12-31, 2026-12, "
             "this-month), or up to a time (2026-12-31T12:00:00Z).");
    add_choice(*app_, "--period", period_, {"hour", "day", "week", "month"},
               "How wide a period is. Default: day.");
    add_text(*app_, "--model", model_, "NAME", "auto, or one model by name. Default: auto.");
    add_comma_list(*app_, "--level", levels_, "PERCENT,...",
                   "Levels of the intervals. Default: 80,95.");
    add_choice(*app_, "--metric", metric_, {"cost", "tokens", "requests"},
               "What is forecast. Default: cost.");
    selection_.declare(*app_, SelectionOptions::Period::own, SelectionOptions::Until::own);
    add_text(*app_, "--plot", plot_, "FILE.svg",
             "Draw a picture of the first series; - draws it "
             "to standard output.");
    add_text(*app_, "--limit", limit_, "AMOUNT", "A line in the picture: a budget per period.");
    add_flag(*app_, "--backtest", backtest_, "How accurate each model was on this very history.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    auto request = resolve(session);
    if (!request) return session.wrong_usage(request.error().message);
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto series = accounting::usage_series(**ledger, *request);
    if (!series) return fail(series.error());
    if (series->unpriced > 0) {
      session.note(
          fmt::format("{} records are unpriced: periods that hold nothing else count as "
                      "missing.",
                      series->unpriced));
    }
    if (series->complete == 0) {
      session.note("No complete period to learn from. \"cost-ops ingest\" fills the ledger.");
    }
    if (auto end = follow_until(*series); !end) return session.wrong_usage(end.error().message);
    if (backtest_) return print_backtest(session, *series);
    const auto told = forecasts_of(*series);
    if (!told) return fail(told.error());
    print(session, *series, *told);
    if (!plot_.empty() && !told->empty()) {
      if (auto drawn = draw(session, *series, told->front()); !drawn) return fail(drawn.error());
    }
    return ExitCode::fine;
  }

 private:
  Result<accounting::SeriesRequest> resolve(const Session& session) {
    const auto selection = selection_.resolve(session);
    if (!selection) return fail(selection.error());
    const auto grouping = parse_grouping(by_);
    if (!grouping) return fail(grouping.error());
    if (grouping->grain) {
      return fail(ErrorCode::invalid_input,
                  "--by takes dimensions; the width of a period is --period");
    }
    grain_ = *parse_grain(period_);
    if (auto level = read_levels(); !level) return fail(level.error());
    if (auto steps = read_horizon(); !steps) return fail(steps.error());
    if (!until_.empty()) {
      auto end = horizon_end("--until", until_, session.now(), selection->zone);
      if (!end) return fail(end.error());
      horizon_end_ = *end;
    }
    if (!plot_.empty() && plot_ != "-" && !plot_.ends_with(".svg")) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--plot: \"{}\" is neither FILE.svg nor -", plot_));
    }
    return accounting::SeriesRequest{.range = selection->range,
                                     .group_by = grouping->dimensions,
                                     .grain = grain_,
                                     .zone = selection->zone,
                                     .filters = selection->filters,
                                     .as_of = selection->as_of,
                                     .metric = *accounting::parse_metric(metric_),
                                     .now = session.now()};
  }

  Result<void> read_levels() {
    if (levels_.empty()) levels_ = {"80", "95"};
    for (const std::string& text : levels_) {
      const auto level = parse_estimate(text);
      if (!level || *level <= 0.0 || *level >= 100.0) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("--level: \"{}\" is no percentage between 0 and 100", text));
      }
      level_values_.push_back(*level);
    }
    return {};
  }

  /// Periods in one unit of --horizon; 0 where the unit is finer than the period.
  [[nodiscard]] std::uint64_t periods_per(char unit) const {
    const bool hours = grain_ == Grain::hour;
    if (unit == 'h') return hours ? 1 : 0;
    if (unit == 'd') return hours ? 24 : grain_ == Grain::day ? 1 : 0;
    if (unit == 'w') return hours ? 168 : grain_ == Grain::day ? 7 : grain_ == Grain::week ? 1 : 0;
    if (unit == 'm') return hours ? 720 : grain_ == Grain::day ? 30 : grain_ == Grain::month;
    return 0;
  }

  Result<void> read_horizon() {
    if (!until_.empty() && !horizon_.empty()) {
      return fail(ErrorCode::invalid_input, "give either --horizon or --until, not both");
    }
    steps_ = grain_ == Grain::hour ? 48 : grain_ == Grain::day ? 30 : grain_ == Grain::week ? 8 : 3;
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
                              horizon_, forecasting::kHorizonMax, period_));
    }
    steps_ = *count * each;
    return {};
  }

  /// The periods from the last complete one up to --until.
  Result<void> follow_until(const accounting::UsageSeries& series) {
    if (!horizon_end_ || series.complete == 0) return {};
    const forecasting::Grid ahead = grid_ahead(series, forecasting::kHorizonMax);
    steps_ = 0;
    while (steps_ < ahead.size() && ahead.period(steps_).from < *horizon_end_) ++steps_;
    if (steps_ == 0) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("--until: \"{}\" ends before the first {} to forecast, {}", until_,
                              period_, ahead.label(0)));
    }
    if (ahead.period(steps_ - 1).to >= *horizon_end_) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("--until: \"{}\" is more than {} {}s after the history", until_,
                            forecasting::kHorizonMax, period_));
  }

  [[nodiscard]] forecasting::ForecastRequest request_of(std::span<const double> history) const {
    const auto seasons = forecasting::seasons_of(grain_);
    forecasting::ForecastRequest request;
    request.history = history;
    request.season = seasons.empty() ? 1 : seasons.front();
    request.horizon = steps_;
    request.model = model_;
    request.levels = level_values_;
    return request;
  }

  Result<std::vector<Told>> forecasts_of(const accounting::UsageSeries& series) const {
    forecasting::ForecastEngine engine;
    std::vector<Told> told;
    if (series.complete == 0) return told;
    for (std::size_t i = 0; i < series.keys.size(); ++i) {
      const auto history = series.table.values(i).first(series.complete);
      auto forecast = engine.forecast(request_of(history));
      if (!forecast) return fail(forecast.error());
      told.push_back({i, std::move(*forecast)});
    }
    return told;
  }

  [[nodiscard]] static forecasting::Grid grid_ahead(const accounting::UsageSeries& series,
                                                    std::size_t steps) {
    const auto& grid = series.table.grid();
    const forecasting::Grid known({grid.period(0).from, grid.period(series.complete - 1).to},
                                  grid.grain(), grid.zone());
    return known.following(steps);
  }

  void print(Session& session, const accounting::UsageSeries& series,
             const std::vector<Told>& told) const {
    std::string& out = session.out().text();
    if (output_ == "json") {
      write_json(out, series, told);
    } else if (output_ == "csv") {
      write_csv(out, series, told);
    } else {
      for (const Told& each : told) print_one(session, series, each);
    }
  }

  [[nodiscard]] std::string title_of(const accounting::UsageSeries& series,
                                     std::size_t index) const {
    std::string title;
    for (std::size_t k = 0; k < series.key_names.size(); ++k) {
      title += fmt::format("{} {}, ", series.key_names[k], shown_value(series.keys[index][k]));
    }
    return title + (metric_ == "cost" ? fmt::format("cost in {}", series.currencies[index].code())
                                      : metric_);
  }

  void print_one(Session& session, const accounting::UsageSeries& series, const Told& told) const {
    std::string& out = session.out().text();
    const Estimates estimates(metric_, series.currencies[told.series]);
    const Forecast& forecast = told.forecast;
    const auto history = series.table.values(told.series).first(series.complete);
    out += fmt::format("{} by {}; model {}, trend {}\n", printable(title_of(series, told.series)),
                       period_, forecast.model, to_string(forecast.trend.direction));
    out += sparkline(history, forecast.mean, terminal_columns(stdout)) + '\n';
    std::vector<Column> columns{{period_}, {"forecast", Align::decimal}};
    for (const std::string& level : levels_) {
      columns.push_back({level + " % from", Align::decimal});
      columns.push_back({"to", Align::decimal});
    }
    Table table(std::move(columns));
    const forecasting::Grid ahead = grid_ahead(series, steps_);
    for (std::size_t step = 0; step < forecast.mean.size(); ++step) {
      std::vector<Cell> row{{ahead.label(step)}, {estimates.text(forecast.mean[step]), Ink::bold}};
      for (const auto& band : forecast.bands) {
        row.push_back({estimates.text(band.lower[step])});
        row.push_back({estimates.text(band.upper[step])});
      }
      table.add(std::move(row));
    }
    table.rule();
    std::vector<Cell> total{{"total"}, {estimates.text(forecast.total.back()), Ink::bold}};
    for (const auto& band : forecast.total_bands) {
      total.push_back({estimates.text(band.lower.back())});
      total.push_back({estimates.text(band.upper.back())});
    }
    table.add(std::move(total));
    table.append_to(out, session.colors());
    out += coverage_text(forecast) + '\n';
  }

  void write_csv(std::string& out, const accounting::UsageSeries& series,
                 const std::vector<Told>& told) const {
    std::vector<std::string> head = series.key_names;
    for (const char* name : {"currency", "period", "mean"}) head.emplace_back(name);
    for (const std::string& level : levels_) {
      head.push_back("lower_" + level);
      head.push_back("upper_" + level);
    }
    append_csv(out, head);
    if (told.empty()) return;
    const forecasting::Grid ahead = grid_ahead(series, steps_);
    for (const Told& each : told) {
      for (std::size_t step = 0; step < steps_; ++step) {
        std::vector<std::string> row;
        for (const auto& key : series.keys[each.series]) row.push_back(csv_text(key));
        row.emplace_back(series.currencies[each.series].code());
        row.push_back(ahead.label(step));
        row.push_back(exact_estimate(each.forecast.mean[step]));
        for (const auto& band : each.forecast.bands) {
          row.push_back(exact_estimate(band.lower[step]));
          row.push_back(exact_estimate(band.upper[step]));
        }
        append_csv(out, row);
      }
    }
  }

  void write_bands(json::Writer& json, const std::vector<forecasting::Band>& bands,
                   std::size_t step) const {
    for (std::size_t b = 0; b < bands.size(); ++b) {
      json.key("lower_" + levels_[b]).value(exact_estimate(bands[b].lower[step]));
      json.key("upper_" + levels_[b]).value(exact_estimate(bands[b].upper[step]));
    }
  }

  void write_json(std::string& out, const accounting::UsageSeries& series,
                  const std::vector<Told>& told) const {
    json::Writer json(out);
    json.object().key("period").value(period_).key("metric").value(metric_);
    json.key("timezone").value(series.table.grid().zone().name()).key("forecasts").array();
    for (const Told& each : told) write_forecast(json, series, each);
    json.end_array().end_object();
    out += '\n';
  }

  void write_forecast(json::Writer& json, const accounting::UsageSeries& series,
                      const Told& told) const {
    const Forecast& forecast = told.forecast;
    json.object();
    for (std::size_t k = 0; k < series.key_names.size(); ++k) {
      json.key(series.key_names[k]).value(series.keys[told.series][k]);
    }
    json.key("currency").value(series.currencies[told.series].code());
    json.key("model").value(forecast.model);
    json.key("trend").value(to_string(forecast.trend.direction));
    json.key("season").value(static_cast<std::uint64_t>(forecast.seasonality.period));
    json.key("season_strength").raw(number_or_null(forecast.seasonality.strength));
    json.key("points").array();
    const forecasting::Grid ahead = grid_ahead(series, steps_);
    for (std::size_t step = 0; step < forecast.mean.size(); ++step) {
      json.object().key("period").value(ahead.label(step));
      json.key("mean").value(exact_estimate(forecast.mean[step]));
      write_bands(json, forecast.bands, step);
      json.end_object();
    }
    json.end_array().key("total").object();
    json.key("mean").value(exact_estimate(forecast.total.back()));
    write_bands(json, forecast.total_bands, forecast.total.size() - 1);
    json.end_object().key("backtest").object();
    write_backtest(json, forecast, levels_);
    json.end_object().end_object();
  }

  /// Every model on the first series' history, the best first.
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
      auto request = request_of(series.table.values(i).first(series.complete));
      std::vector<std::string_view> names = forecasting::model_names();
      names.insert(names.begin(), "auto");
      for (const std::string_view name : names) {
        request.model = name;
        const auto forecast = engine.forecast(request);
        if (!forecast || forecast->backtest.origins == 0) continue;
        table.add(backtest_row(title_of(series, i), name, *forecast));
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
                    const Told& told) const {
    Picture picture{title_of(series, told.series),
                    series.table.values(told.series).first(series.complete),
                    {},
                    told.forecast,
                    std::nullopt};
    for (std::size_t i = 0; i < series.complete; ++i) {
      picture.labels.push_back(series.table.grid().label(i));
    }
    const forecasting::Grid ahead = grid_ahead(series, steps_);
    for (std::size_t i = 0; i < steps_; ++i) picture.labels.push_back(ahead.label(i));
    if (!limit_.empty()) {
      const auto limit = parse_estimate(limit_);
      if (!limit || *limit < 0.0) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("--limit: \"{}\" is no number from 0", limit_));
      }
      picture.limit = *limit;
    }
    const std::string svg = svg_of(picture);
    if (plot_ == "-") {
      session.out().text() += svg;
      return {};
    }
    std::ofstream file(plot_, std::ios::binary);
    file << svg;
    file.close();
    if (file) return {};
    return fail(ErrorCode::io_error, fmt::format("cannot write the picture {}", quoted(plot_)));
  }

  SelectionOptions selection_;
  std::vector<std::string> by_, levels_;
  std::vector<double> level_values_;
  std::string period_ = "day", metric_ = "cost", model_ = "auto", horizon_, until_, plot_, limit_;
  std::string output_ = "table";
  bool backtest_ = false;
  Grain grain_ = Grain::day;
  std::optional<Instant> horizon_end_;
  std::size_t steps_ = 30;
};

}  // namespace

void add_forecast(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<ForecastCommand>(parent));
}

}  // namespace costops::cli
