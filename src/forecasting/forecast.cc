#include "costops/forecasting/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "costops/forecasting/series.h"
#include "forecasting/candidates.h"
#include "forecasting/combination.h"
#include "forecasting/error_pool.h"
#include "forecasting/history_shape.h"

namespace costops::forecasting {
namespace {

constexpr double kGrowthMax = 10.0;     // no point forecast above this multiple of the maximum
constexpr double kRounding = 1e-12;     // of a value
constexpr double kUnknownError = 0.25;  // of a single value, of which nothing else is known

Result<void> validate(const ForecastRequest& request) {
  bool any = false;
  for (std::size_t i = 0; i < request.history.size(); ++i) {
    any = any || !std::isnan(request.history[i]);
    if (!std::isinf(request.history[i]) && !(std::abs(request.history[i]) > 1e300)) continue;
    return fail(ErrorCode::invalid_input,
                fmt::format("value {} of the history is {}; expected a number below 1e300 or "
                            "missing",
                            i + 1, request.history[i]));
  }
  if (!any) {
    return fail(ErrorCode::invalid_input,
                request.history.empty() ? "the history is empty; a forecast needs at least a value"
                                        : "every value of the history is missing");
  }
  if (request.horizon < 1 || request.horizon > kHorizonMax) {
    return fail(ErrorCode::invalid_input,
                fmt::format("horizon {}; expected 1 to {} periods", request.horizon, kHorizonMax));
  }
  for (const double level : request.levels) {
    if (level > 0 && level < 100) continue;
    return fail(ErrorCode::invalid_input,
                fmt::format("interval level {}; expected percent between 0 and 100", level));
  }
  return {};
}

/// What is kept of a series between its forecast and its intervals.
struct Outline {
  ErrorWidth width;
  double floor = 0;
};

}  // namespace

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::falling:
      return "falling";
    case Direction::flat:
      return "flat";
    case Direction::rising:
      return "rising";
  }
  return "";
}

struct ForecastEngine::State {
  Combination combination;
  std::unique_ptr<Model> model;
  std::string model_name;
  ErrorPool pool;
  Replays replays;
  std::vector<double> values, scaled, gappy, mean, work, step_widths, total_widths;
  std::vector<double> all_means;
  std::vector<Outline> outlines;
  std::size_t missing = 0;
  std::size_t season = 1;
  Forecast shared;

  // Of many series at once.
  static constexpr std::size_t kChunk = 64;
  struct Batch;
  ErrorPool chunk_pool;
  std::vector<std::size_t> offsets;
  std::vector<std::unique_ptr<State>> workers;
  void take_chunks(Batch& batch, State& into);
  Result<void> point_forecasts(std::span<const ForecastRequest> requests, std::size_t threads);

  Result<Outline> point_forecast(const ForecastRequest& request);
  Result<void> replay_combination(const ForecastRequest& request);
  Result<void> replay_model(const ForecastRequest& request);
  void add_replay(std::size_t origin, std::span<const double> path);
  void keep_in_bounds(double floor, double scale);
  void spread_out(const ForecastRequest& request, const Outline& outline, Forecast& out);
  void describe_backtest(const ForecastRequest& request, const Outline& outline, Forecast& out);
};

void ForecastEngine::State::add_replay(std::size_t origin, std::span<const double> path) {
  replays.origins.push_back(origin);
  replays.forecast.insert(replays.forecast.end(), path.begin(), path.end());
  const auto actual = std::span(values).subspan(origin, path.size());
  replays.actual.insert(replays.actual.end(), actual.begin(), actual.end());
}

Result<void> ForecastEngine::State::replay_combination(const ForecastRequest& request) {
  combination.fit(scaled, season, request.horizon);
  mean.assign(combination.mean().begin(), combination.mean().end());
  replays.steps = combination.steps();
  for (std::size_t r = 0; r < combination.replays(); ++r) {
    add_replay(combination.origin(r), combination.replayed(r));
  }
  return {};
}

Result<void> ForecastEngine::State::replay_model(const ForecastRequest& request) {
  if (model == nullptr || model_name != request.model) {
    auto made = make_model(request.model);
    if (!made) return fail(made.error());
    model = std::move(*made);
    model_name = request.model;
  }
  const Candidates plan = candidates(scaled.size(), season, request.horizon);
  replays.steps = plan.steps;
  work.resize(plan.steps);
  if (missing > 0 && model->takes_gaps()) {
    gappy = scaled;
    const auto seen = request.history.last(scaled.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (std::isnan(seen[i])) gappy[i] = kMissing;
    }
  }
  const auto fit = [&](std::size_t length) -> Result<void> {
    if (missing > 0 && model->takes_gaps() &&
        model->fit({std::span(gappy).first(length), season})) {
      return {};
    }
    return model->fit({std::span(scaled).first(length), season});
  };
  for (const std::size_t origin : std::span(plan.origins).first(plan.origins.size() - 1)) {
    if (!fit(origin)) continue;
    model->forecast(work);
    add_replay(origin, work);
  }
  if (auto fitted = fit(scaled.size()); !fitted) return fitted;
  mean.resize(request.horizon);
  model->forecast(mean);
  return {};
}

/// Back to the history's unit, at least `floor` and not beyond all that was ever seen.
void ForecastEngine::State::keep_in_bounds(double floor, double scale) {
  const auto [low, high] = std::ranges::minmax(values);
  const double reach = kGrowthMax * std::max(std::abs(low), std::abs(high));
  const auto bound = [&](double value) {
    if (std::isnan(value)) value = values.back() / scale;
    return std::clamp(value * scale, std::max(floor, -reach), reach);
  };
  std::ranges::transform(mean, mean.begin(), bound);
  std::ranges::transform(replays.forecast, replays.forecast.begin(), bound);
  // Rounding is no error: a series without noise is forecast exactly, and its bands hold it.
  for (std::size_t i = 0; i < replays.forecast.size(); ++i) {
    const double actual = replays.actual[i];
    if (std::abs(replays.forecast[i] - actual) < kRounding * std::abs(actual)) {
      replays.forecast[i] = actual;
    }
  }
}

Result<Outline> ForecastEngine::State::point_forecast(const ForecastRequest& request) {
  if (auto valid = validate(request); !valid) return fail(valid.error());
  missing = fill_gaps(request.history, request.season, values);
  season = std::max<std::size_t>(1, request.season);
  if (season == 1 && request.model == "auto") season = seasonality_of(values, 1, work).period;
  double scale = 0;
  for (const double value : values) scale += std::abs(value) / static_cast<double>(values.size());
  if (!(scale > 0)) scale = 1;
  scaled.resize(values.size());
  std::ranges::transform(values, scaled.begin(), [&](double v) { return v / scale; });
  replays.origins.clear();
  replays.forecast.clear();
  replays.actual.clear();
  replays.steps = 0;
  auto done = request.model == "auto" ? replay_combination(request) : replay_model(request);
  if (!done) return fail(done.error());
  const double low = *std::ranges::min_element(values);
  Outline outline;
  outline.floor = low >= 0 ? 0.0 : -std::numeric_limits<double>::infinity();
  keep_in_bounds(outline.floor, scale);
  // Errors at filled gaps say nothing.
  if (missing > 0) {
    const std::size_t skipped = request.history.size() - values.size();
    for (std::size_t r = 0; r < replays.count(); ++r) {
      for (std::size_t i = 0; i < replays.steps; ++i) {
        double& actual = replays.actual[r * replays.steps + i];
        if (std::isnan(request.history[skipped + replays.origins[r] + i])) actual = kMissing;
      }
    }
  }
  // Without a cycle, one step apart says little about errors many steps ahead.
  double naive =
      naive_scale(values, season > 1 ? season : std::max<std::size_t>(1, (replays.steps + 1) / 2));
  if (std::isnan(naive)) naive = naive_scale(values, 1);
  if (std::isnan(naive)) naive = kUnknownError * std::abs(values.back());
  outline.width = error_width(
      replays, {.naive = naive,
                .base = low > 0 ? scale : 0.0,
                .cycle = season > 1 ? ErrorPrior::Cycle::some : ErrorPrior::Cycle::none});
  return outline;
}

void ForecastEngine::State::spread_out(const ForecastRequest& request, const Outline& outline,
                                       Forecast& out) {
  const std::size_t h = out.mean.size();
  step_widths.resize(h);
  total_widths.resize(h);
  widths(outline.width, pool, out.mean, step_widths, total_widths);
  out.total.resize(h);
  std::partial_sum(out.mean.begin(), out.mean.end(), out.total.begin());
  out.spread.assign(out.mean, step_widths, pool.steps(), outline.floor);
  out.total_spread.assign(out.total, total_widths, pool.totals(), outline.floor);
  out.bands.resize(request.levels.size());
  out.total_bands.resize(request.levels.size());
  for (std::size_t k = 0; k < request.levels.size(); ++k) {
    for (auto [bands, spread] :
         {std::pair(&out.bands, &out.spread), std::pair(&out.total_bands, &out.total_spread)}) {
      Band& band = (*bands)[k];
      band.level = request.levels[k];
      band.backtest_coverage = kMissing;
      band.follow(*spread);
    }
  }
}

void ForecastEngine::State::describe_backtest(const ForecastRequest& request,
                                              const Outline& outline, Forecast& out) {
  const std::size_t steps = replays.steps, count = replays.count();
  const double scale = naive_scale(values, season);
  out.backtest = {.origins = count,
                  .steps = steps,
                  .accuracy = accuracy(replays.actual, replays.forecast, scale)};
  double pinball = 0, crps = 0, score = 0, pairs = 0;
  std::vector<double> inside(request.levels.size()), totals_inside(request.levels.size());
  double whole_paths = 0;
  ForecastRequest replayed = request;
  Forecast at;
  const auto widest =
      static_cast<std::size_t>(std::ranges::max_element(request.levels) - request.levels.begin());
  std::vector<double> sample(19);
  for (std::size_t r = 0; r < count; ++r) {
    const auto path = std::span(replays.forecast).subspan(r * steps, steps);
    at.mean.assign(path.begin(), path.end());
    spread_out(replayed, outline, at);
    double actual_total = 0;
    for (std::size_t i = 0; i < steps; ++i) {
      const double actual = replays.actual[r * steps + i];
      actual_total += actual;
      if (std::isnan(actual)) continue;
      pairs += 1;
      for (int tenth = 1; tenth <= 9; ++tenth) {
        pinball += pinball_loss(actual, at.spread.quantile(i, tenth / 10.0), tenth / 10.0) / 9.0;
      }
      for (std::size_t q = 0; q < sample.size(); ++q) {
        sample[q] = at.spread.quantile(i, static_cast<double>(q + 1) / 20.0);
      }
      crps += crps_of_sample(actual, sample);
      for (std::size_t k = 0; k < request.levels.size(); ++k) {
        const Band& band = at.bands[k];
        inside[k] += actual >= band.lower[i] && actual <= band.upper[i] ? 1 : 0;
        if (k == widest) score += interval_score(actual, band.lower[i], band.upper[i], band.level);
      }
    }
    if (std::isnan(actual_total)) continue;
    whole_paths += 1;
    for (std::size_t k = 0; k < request.levels.size(); ++k) {
      const Band& band = at.total_bands[k];
      totals_inside[k] +=
          actual_total >= band.lower.back() && actual_total <= band.upper.back() ? 1 : 0;
    }
  }
  out.backtest.pinball = pinball / pairs;
  out.backtest.crps = crps / pairs;
  out.backtest.msis = scale > 0 ? score / pairs / scale : kMissing;
  for (std::size_t k = 0; k < request.levels.size(); ++k) {
    out.bands[k].backtest_coverage = inside[k] / pairs;
    out.total_bands[k].backtest_coverage = totals_inside[k] / whole_paths;
  }
}

ForecastEngine::ForecastEngine() : state_(std::make_unique<State>()) {}
ForecastEngine::~ForecastEngine() = default;
ForecastEngine::ForecastEngine(ForecastEngine&&) noexcept = default;
ForecastEngine& ForecastEngine::operator=(ForecastEngine&&) noexcept = default;

Result<Forecast> ForecastEngine::forecast(const ForecastRequest& request) {
  State& state = *state_;
  const auto outline = state.point_forecast(request);
  if (!outline) return fail(outline.error());
  Forecast out;
  out.mean = state.mean;
  out.missing = state.missing;
  out.trend = trend_of(state.values, state.season, state.work);
  out.trend.direction = direction_of(out.mean, state.season, out.trend);
  out.seasonality = seasonality_of(state.values, state.season, state.work);
  if (request.model == "auto") {
    out.model = "auto";
    for (std::size_t k = 0; k < state.combination.members(); ++k) {
      out.parameters.push_back({state.combination.member_name(k), state.combination.weight(k)});
    }
  } else {
    out.model = state.model->name();
    out.parameters = state.model->parameters();
  }
  state.pool.clear();
  state.spread_out(request, *outline, out);
  state.describe_backtest(request, *outline, out);
  return out;
}

/// What the threads of forecast_all share. Chunks are handed in order, whoever finishes first, so
/// that sums do not depend on the number of threads.
struct ForecastEngine::State::Batch {
  Batch(std::span<const ForecastRequest> all, std::span<const std::size_t> starts)
      : requests(all), offsets(starts) {}

  std::span<const ForecastRequest> requests;
  std::span<const std::size_t> offsets;  // of each request's path
  std::atomic<std::size_t> next_chunk = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::size_t due = 0;                     // the chunk whose errors come next
  std::map<std::size_t, ErrorPool> early;  // finished before their turn
  std::size_t failed_at = 0;
  Error error;

  void fail_at(std::size_t series, const Error& why) {
    const std::lock_guard lock(mutex);
    if (failed && failed_at < series) return;
    failed_at = series;
    error = why;
    failed = true;
  }
  void hand_in(std::size_t chunk, const ErrorPool& errors, ErrorPool& into) {
    const std::lock_guard lock(mutex);
    if (chunk != due) {
      early.emplace(chunk, errors);
      return;
    }
    into.add(errors);
    for (++due; !early.empty() && early.begin()->first == due; ++due) {
      into.add(early.begin()->second);
      early.erase(early.begin());
    }
  }
};

/// Takes chunks until none is left; `into` gets the points, outlines and errors of all.
void ForecastEngine::State::take_chunks(Batch& batch, State& into) {
  const auto requests = batch.requests;
  while (!batch.failed) {
    const std::size_t chunk = batch.next_chunk++, first = chunk * kChunk;
    if (first >= requests.size()) return;
    chunk_pool.clear();
    for (std::size_t s = first; s < std::min(first + kChunk, requests.size()); ++s) {
      const auto outline = point_forecast(requests[s]);
      if (!outline) {
        batch.fail_at(s, outline.error());
        return;
      }
      into.outlines[s] = *outline;
      std::ranges::copy(mean,
                        into.all_means.begin() + static_cast<std::ptrdiff_t>(batch.offsets[s]));
      chunk_pool.add(replays, outline->width);
    }
    batch.hand_in(chunk, chunk_pool, into.pool);
  }
}

Result<void> ForecastEngine::State::point_forecasts(std::span<const ForecastRequest> requests,
                                                    std::size_t threads) {
  offsets.clear();
  std::size_t paths = 0;
  for (const ForecastRequest& request : requests) {
    offsets.push_back(paths);
    paths += std::min(request.horizon, kHorizonMax);  // longer ones fail, before they are written
  }
  all_means.resize(paths);
  outlines.resize(requests.size());
  pool.clear();
  Batch batch(requests, offsets);
  const std::size_t chunks = (requests.size() + kChunk - 1) / kChunk;
  const std::size_t helpers = std::min(threads, chunks) > 1 ? std::min(threads, chunks) - 1 : 0;
  while (workers.size() < helpers) workers.push_back(std::make_unique<State>());
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < helpers; ++i) {
      running.emplace_back([&, i] { workers[i]->take_chunks(batch, *this); });
    }
    take_chunks(batch, *this);
  }
  if (!batch.failed) return {};
  return fail(batch.error.code,
              fmt::format("series {}: {}", batch.failed_at + 1, batch.error.message));
}

Result<void> ForecastEngine::forecast_all(
    std::span<const ForecastRequest> requests,
    const std::function<void(std::size_t, const Forecast&)>& visit, std::size_t threads) {
  State& state = *state_;
  if (auto done = state.point_forecasts(requests, threads); !done) return done;
  state.pool.settle();
  for (std::size_t s = 0; s < requests.size(); ++s) {
    const auto mean = std::span(state.all_means).subspan(state.offsets[s], requests[s].horizon);
    state.shared.mean.assign(mean.begin(), mean.end());
    state.shared.model = requests[s].model;
    state.spread_out(requests[s], state.outlines[s], state.shared);
    visit(s, state.shared);
  }
  return {};
}

}  // namespace costops::forecasting
