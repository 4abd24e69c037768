// forecast_m4.cc - scores a forecasting method on files in the M4 competition's format, with its
// formulas, and says how many series a second one core forecasts.
//
//   forecast_m4 --train FILE --test FILE --frequency N --horizon H    M4: id, then values, a line
//   forecast_m4 --train FILE --holdout H    id,frequency,start,values...; the last H are the test
//
// NA or nothing stands for a missing value. Errors: sMAPE and MASE as in M4; OWA is their mean
// relative to Naive2; MSIS and coverage of the 95 % interval. Source: M4 Competitor's Guide, 2018.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "costops/forecasting/forecast.h"
#include "costops/forecasting/series.h"

namespace costops::forecasting {
namespace {

struct Arguments {
  std::string train, test, model = "auto";
  std::size_t frequency = 0, horizon = 0, holdout = 0, season = 0, every = 1, threads = 1;
};

struct TestCase {
  std::string id;
  std::size_t frequency = 1;
  std::vector<double> history, actual;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',') cells.emplace_back();
    if (c != ',' && c != '"' && c != '\r') cells.back() += c;
  }
  return cells;
}

double value_of(const std::string& cell) {
  double value = kMissing;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size() ? value : kMissing;
}

std::size_t count_of(const std::string& cell) {
  const double value = value_of(cell);
  return value > 0 ? static_cast<std::size_t>(value) : 0;
}

/// The values from cell `first` on, without missing ones at either end.
std::vector<double> values_of(const std::vector<std::string>& cells, std::size_t first) {
  std::vector<double> values;
  for (std::size_t i = first; i < cells.size(); ++i) values.push_back(value_of(cells[i]));
  while (!values.empty() && std::isnan(values.back())) values.pop_back();
  const auto known = std::ranges::find_if(values, [](double v) { return !std::isnan(v); });
  values.erase(values.begin(), known);
  return values;
}

std::vector<TestCase> read_pair(const Arguments& arguments) {
  std::map<std::string, std::vector<double>> tests;
  std::string line;
  for (std::ifstream file(arguments.test); std::getline(file, line);) {
    const auto cells = cells_of(line);
    tests[cells[0]] = values_of(cells, 1);
  }
  std::vector<TestCase> cases;
  std::ifstream file(arguments.train);
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    const auto cells = cells_of(line);
    TestCase next{cells[0], arguments.frequency, values_of(cells, 1), tests[cells[0]]};
    next.actual.resize(arguments.horizon, kMissing);
    cases.push_back(std::move(next));
  }
  return cases;
}

std::vector<TestCase> read_holdout(const Arguments& arguments) {
  std::vector<TestCase> cases;
  std::string line;
  for (std::ifstream file(arguments.train); std::getline(file, line);) {
    const auto cells = cells_of(line);
    if (cells.size() < 4 || std::isnan(value_of(cells[1]))) continue;  // a header
    TestCase next;
    next.id = cells[0];
    next.frequency = arguments.frequency > 0 ? arguments.frequency : count_of(cells[1]);
    next.history = values_of(cells, 3);
    if (next.history.size() <= arguments.holdout + 1) continue;
    const auto split = next.history.end() - static_cast<std::ptrdiff_t>(arguments.holdout);
    next.actual.assign(split, next.history.end());
    next.history.erase(split, next.history.end());
    while (!next.history.empty() && std::isnan(next.history.back())) next.history.pop_back();
    if (next.history.size() > 1) cases.push_back(std::move(next));
  }
  return cases;
}

/// M4's test of seasonality: the autocorrelation at lag m against its 90 % limit.
bool is_seasonal(const std::vector<double>& y, std::size_t m) {
  if (m < 2 || y.size() < 3 * m) return false;
  double mean = 0;
  for (const double v : y) mean += v / static_cast<double>(y.size());
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t t = lag; t < y.size(); ++t) sum += (y[t] - mean) * (y[t - lag] - mean);
    return sum;
  };
  double squares = 0;
  for (std::size_t lag = 1; lag < m; ++lag) {
    squares += std::pow(covariance(lag) / covariance(0), 2);
  }
  const double limit = 1.645 * std::sqrt((1 + 2 * squares) / static_cast<double>(y.size()));
  return std::abs(covariance(m) / covariance(0)) > limit;
}

/// Naive2: naive on the series adjusted by classical multiplicative decomposition, if seasonal.
std::vector<double> naive2(std::vector<double> y, std::size_t m, std::size_t horizon) {
  for (std::size_t t = 1; t < y.size(); ++t) {
    if (std::isnan(y[t])) y[t] = t >= m && m > 1 ? y[t - m] : y[t - 1];
  }
  std::vector<double> index(m, 1.0), counts(m, 0.0);
  if (is_seasonal(y, m)) {
    std::vector<double> sums(m, 0.0);
    const std::size_t half = m / 2;
    for (std::size_t t = half; t + half < y.size(); ++t) {
      double window = 0;
      for (std::size_t k = t - half; k <= t + half; ++k) {
        const bool end = m % 2 == 0 && (k == t - half || k == t + half);
        window += (end ? 0.5 : 1.0) * y[k] / static_cast<double>(m);
      }
      sums[t % m] += y[t] / window;
      counts[t % m] += 1;
    }
    double total = 0;
    for (std::size_t p = 0; p < m; ++p) total += index[p] = sums[p] / counts[p];
    for (double& v : index) v *= static_cast<double>(m) / total;
  }
  std::vector<double> path(horizon);
  const std::size_t n = y.size();
  for (std::size_t i = 0; i < horizon; ++i) {
    path[i] = y.back() / index[(n - 1) % m] * index[(n + i) % m];
  }
  return path;
}

struct Score {
  double smape = 0, mase = 0, msis = 0, inside95 = 0, inside80 = 0, points = 0, scaled = 0,
         series = 0, naive_smape = 0, naive_mase = 0, total_inside95 = 0, totals = 0;
};

void add(Score& score, const TestCase& test, const Forecast& forecast) {
  const double scale = naive_scale(test.history, test.frequency);
  const auto path = naive2(test.history, test.frequency, forecast.mean.size());
  const Accuracy ours = accuracy(test.actual, forecast.mean, scale);
  const Accuracy naive = accuracy(test.actual, path, scale);
  if (std::isnan(ours.mae)) return;
  score.series += 1;
  score.smape += ours.smape;
  score.naive_smape += naive.smape;
  double width = 0, points = 0, total = 0;
  for (std::size_t i = 0; i < test.actual.size(); ++i) {
    const double actual = test.actual[i];
    total += actual;
    if (std::isnan(actual)) continue;
    const Band &b80 = forecast.bands[0], &b95 = forecast.bands[1];
    width += interval_score(actual, b95.lower[i], b95.upper[i], 95.0);
    points += 1;
    score.inside80 += actual >= b80.lower[i] && actual <= b80.upper[i] ? 1 : 0;
    score.inside95 += actual >= b95.lower[i] && actual <= b95.upper[i] ? 1 : 0;
  }
  score.points += points;
  if (!std::isnan(total)) {
    const Band& band = forecast.total_bands[1];
    score.totals += 1;
    score.total_inside95 += total >= band.lower.back() && total <= band.upper.back() ? 1 : 0;
  }
  if (!(scale > 0)) return;  // a constant history: neither MASE nor MSIS
  score.scaled += 1;
  score.mase += ours.mase;
  score.naive_mase += naive.mase;
  score.msis += width / points / scale;
}

void print(const Score& s, double seconds, const std::string& model) {
  const double smape = s.smape / s.series, mase = s.mase / s.scaled;
  const double naive_smape = s.naive_smape / s.series, naive_mase = s.naive_mase / s.scaled;
  fmt::print("model          {}\n", model);
  fmt::print("series         {:.0f} ({:.0f} with a scale)\n", s.series, s.scaled);
  fmt::print("Naive2         sMAPE {:.3f}  MASE {:.3f}\n", naive_smape, naive_mase);
  fmt::print("sMAPE          {:.3f}\nMASE           {:.3f}\n", smape, mase);
  fmt::print("OWA            {:.4f}\n", 0.5 * (smape / naive_smape + mase / naive_mase));
  fmt::print("MSIS95         {:.3f}\n", s.msis / s.scaled);
  fmt::print("coverage       {:.4f} at 95 %, {:.4f} at 80 %\n", s.inside95 / s.points,
             s.inside80 / s.points);
  fmt::print("of the total   {:.4f} at 95 %\n", s.total_inside95 / s.totals);
  fmt::print("speed          {:.0f} series/s (one core, CPU time, intervals included)\n",
             s.series / seconds);
}

int run(const Arguments& arguments) {
  std::vector<TestCase> all =
      arguments.holdout > 0 ? read_holdout(arguments) : read_pair(arguments);
  std::vector<TestCase> cases;
  for (std::size_t i = 0; i < all.size(); i += arguments.every) cases.push_back(std::move(all[i]));
  if (cases.empty()) {
    fmt::print(stderr, "forecast_m4: no series in \"{}\"\n", arguments.train);
    return 1;
  }
  std::vector<ForecastRequest> requests;
  for (const TestCase& test : cases) {
    requests.push_back({.history = test.history,
                        .season = arguments.season > 0 ? arguments.season : test.frequency,
                        .horizon = test.actual.size(),
                        .model = arguments.model});
  }
  ForecastEngine engine;
  std::vector<Forecast> forecasts(cases.size());
  const std::clock_t begin = std::clock();
  const auto done = engine.forecast_all(
      requests, [&](std::size_t i, const Forecast& forecast) { forecasts[i] = forecast; },
      arguments.threads);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  if (!done) {
    fmt::print(stderr, "forecast_m4: {}\n", done.error().message);
    return 1;
  }
  Score score;
  for (std::size_t i = 0; i < cases.size(); ++i) add(score, cases[i], forecasts[i]);
  print(score, seconds, arguments.model);
  return 0;
}

}  // namespace
}  // namespace costops::forecasting

int main(int argc, char** argv) {
  using costops::forecasting::count_of;
  costops::forecasting::Arguments arguments;
  const std::map<std::string, std::size_t*> counts = {
      {"--frequency", &arguments.frequency}, {"--horizon", &arguments.horizon},
      {"--holdout", &arguments.holdout},     {"--season", &arguments.season},
      {"--every", &arguments.every},         {"--threads", &arguments.threads}};
  const std::map<std::string, std::string*> texts = {
      {"--train", &arguments.train}, {"--test", &arguments.test}, {"--model", &arguments.model}};
  bool valid = argc % 2 == 1;
  for (int i = 1; valid && i + 1 < argc; i += 2) {
    if (const auto at = counts.find(argv[i]); at != counts.end()) {
      *at->second = count_of(argv[i + 1]);
    } else if (const auto text = texts.find(argv[i]); text != texts.end()) {
      *text->second = argv[i + 1];
    } else {
      valid = false;
    }
  }
  const bool pair = !arguments.test.empty() && arguments.frequency > 0 && arguments.horizon > 0;
  if (!valid || arguments.train.empty() || arguments.every == 0 ||
      (!pair && arguments.holdout == 0)) {
    fmt::print(stderr,
               "usage: forecast_m4 --train FILE --test FILE --frequency N --horizon H\n"
               "       forecast_m4 --train FILE --holdout H [--frequency N]\n"
               "options: --model NAME  --season N (where it is not the frequency)  --every N  "
               "--threads N\n");
    return 2;
  }
  return costops::forecasting::run(arguments);
}
