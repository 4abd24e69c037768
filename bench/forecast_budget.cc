// forecast_budget.cc - how well a month's total is known on its tenth day.
//
//   forecast_budget --input FILE [--sum N] [--season N]
//
// FILE has one series a line: id,frequency,start,values... (NA: missing; quotes are ignored), or
// M4's form, id,values...; --sum adds N neighbours to one value first (24 makes hours days). Of
// each series the last four stretches of 30 values are budgets, looked at after their first ten
// values with nothing but what stands before. The limit is the 30 values before times 0.9, 1.0
// or 1.1, so that it does not know the outcome. Measured:
//   MAPE    of the projected total, and of the run rate (spent / 10 x 30) beside it
//   date    mean distance in days between the expected and the true day of passing the limit, where
//           it is passed after the tenth day; expected never: counts as the day after the last
//   Brier   of the probability of exceeding, where the limit is not passed yet
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "costops/forecasting/budget.h"
#include "costops/forecasting/series.h"

namespace costops::forecasting {
namespace {

constexpr std::size_t kLength = 30, kKnown = 10, kBudgets = 4;
constexpr double kLimits[] = {0.9, 1.0, 1.1};

struct Options {
  std::string input;
  std::size_t sum = 1, season = 7;
};

/// A value, or kMissing for NA; none for text.
std::vector<double> values_of(const std::string& line) {
  std::vector<double> values;
  std::size_t column = 0;
  for (std::size_t at = 0; at <= line.size(); ++column) {
    const std::size_t end = std::min(line.find(',', at), line.size());
    std::string_view text(line.data() + at, end - at);
    at = end + 1;
    while (!text.empty() && (text.front() == '"' || text.front() == ' ')) text.remove_prefix(1);
    while (!text.empty() && std::string_view("\" \r").find(text.back()) != text.npos) {
      text.remove_suffix(1);
    }
    double value = kMissing;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = read.ec == std::errc() && read.ptr == text.data() + text.size();
    if (column == 0 || (!number && text != "NA" && !text.empty())) {
      values.clear();  // What stands before text is the head: id, frequency, start.
    } else {
      values.push_back(number ? value : kMissing);
    }
  }
  while (!values.empty() && values.back() != values.back()) values.pop_back();
  return values;
}

std::vector<double> added_up(const std::vector<double>& values, std::size_t by) {
  std::vector<double> sums;
  for (std::size_t i = values.size() % by; i + by <= values.size(); i += by) {
    sums.push_back(std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(i),
                                   values.begin() + static_cast<std::ptrdiff_t>(i + by), 0.0));
  }
  return sums;
}

double sum_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value == value ? value : 0.0;
  return sum;
}

struct Mean {
  double sum = 0.0;
  std::size_t count = 0;
  void add(double value) {
    sum += value;
    ++count;
  }
  [[nodiscard]] double value() const {
    return count == 0 ? kMissing : sum / static_cast<double>(count);
  }
};

class Measured {
 public:
  /// One stretch: `values` up to its last, which ends it.
  void budget(ForecastEngine& engine, std::span<const double> values, std::size_t season) {
    const std::size_t from = values.size() - kLength;
    const auto history = values.first(from + kKnown);
    const double actual = sum_of(values.last(kLength));
    const double spent = sum_of(history.last(kKnown));
    const double before = sum_of(values.subspan(from - kLength, kLength));
    if (!(actual > 0.0) || !(before > 0.0)) return;
    for (const double factor : kLimits) {
      const double limit = factor * before;
      const auto outlook = budget_outlook(engine, {.history = history,
                                                   .season = season,
                                                   .spent = spent,
                                                   .spent_now = spent,
                                                   .left = kLength - kKnown,
                                                   .limit = limit});
      if (!outlook) continue;
      if (factor == 1.0) {
        total_.add(std::abs(outlook->projected - actual) / actual);
        run_rate_.add(std::abs(spent * kLength / kKnown - actual) / actual);
        inside_.add(outlook->lower <= actual && actual <= outlook->upper ? 1.0 : 0.0);
      }
      if (spent > limit) continue;
      judge(*outlook, values.last(kLength - kKnown), limit - spent);
    }
  }

  void print(std::size_t series) const {
    fmt::print("{} series, {} budgets of {}, seen on day {}\n", series, total_.count, kLength,
               kKnown);
    fmt::print("total MAPE {:.2f} % (run rate {:.2f} %), 80 % interval held {:.1f} %\n",
               100.0 * total_.value(), 100.0 * run_rate_.value(), 100.0 * inside_.value());
    fmt::print(
        "exceed date off by {:.2f} days ({} cases), Brier {:.4f}, yes or no right {:.3f} ({})\n",
        date_.value(), date_.count, brier_.value(), right_.value(), right_.count);
  }

 private:
  void judge(const BudgetOutlook& outlook, std::span<const double> rest, double left) {
    std::size_t day = 0;
    double sum = 0.0;
    while (day < rest.size() && (sum += rest[day] == rest[day] ? rest[day] : 0.0) <= left) ++day;
    const bool exceeds = day < rest.size();
    const double miss = outlook.probability - (exceeds ? 1.0 : 0.0);
    brier_.add(miss * miss);
    right_.add((outlook.probability > 0.5) == exceeds ? 1.0 : 0.0);
    if (!exceeds) return;
    const auto expected = static_cast<double>(outlook.passes_in.value_or(rest.size()));
    date_.add(std::abs(expected - static_cast<double>(day)));
  }

  Mean total_, run_rate_, inside_, date_, brier_, right_;
};

int run(const Options& options) {
  std::ifstream file(options.input);
  if (!file) {
    fmt::print(stderr, "forecast_budget: cannot read \"{}\"\n", options.input);
    return 1;
  }
  ForecastEngine engine;
  Measured measured;
  std::size_t series = 0;
  for (std::string line; std::getline(file, line);) {
    const auto values = added_up(values_of(line), options.sum);
    if (values.size() < 2 * kLength + options.season) continue;
    ++series;
    for (std::size_t b = 0; b < kBudgets; ++b) {
      if (values.size() < (b + 2) * kLength + options.season) break;
      measured.budget(engine, std::span(values).first(values.size() - b * kLength), options.season);
    }
  }
  measured.print(series);
  return 0;
}

}  // namespace
}  // namespace costops::forecasting

int main(int argc, char** argv) {
  costops::forecasting::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--input") options.input = argv[i + 1];
    if (name == "--sum") options.sum = std::stoul(argv[i + 1]);
    if (name == "--season") options.season = std::stoul(argv[i + 1]);
  }
  if (options.input.empty() || options.sum == 0 || options.season == 0) {
    fmt::print(stderr, "usage: forecast_budget --input FILE [--sum N] [--season N]\n");
    return 2;
  }
  return costops::forecasting::run(options);
}
