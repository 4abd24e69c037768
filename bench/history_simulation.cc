// Simulates benchmark histories: calibrates the thresholds of the change-point scan, and measures
// how often it is wrong and how often it sees. Deterministic but for the time.
//
//   history_simulation                  false alarms, detection, time (docs/benchmarking.md)
//   history_simulation --calibrate      prints src/benchmarks/change_point_thresholds.inc
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>

#include "costops/benchmarks/change_points.h"

namespace costops::benchmarks {
namespace {

using Random = std::mt19937_64;

constexpr double kNoise = 0.02;  // The noise of the reference series: 2 %.

double normal(Random& random) { return std::normal_distribution<double>(0, 1)(random); }

struct Noise {
  const char* name;
  std::function<void(std::vector<double>&, Random&)> fill;
};

/// A level of 100 with noise of 2 %.
std::vector<Noise> noises() {
  const auto each = [](double (*draw)(Random&)) {
    return [draw](std::vector<double>& values, Random& random) {
      for (double& value : values) value = 100 * (1 + kNoise * draw(random));
    };
  };
  const auto autoregressive = [](double rho) {
    return [rho](std::vector<double>& values, Random& random) {
      double state = normal(random);
      for (double& value : values) {
        value = 100 * (1 + kNoise * state);
        state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
      }
    };
  };
  return {
      {"normal", each(normal)},
      // Log-normal with a long right tail, standardised.
      {"skewed",
       each([](Random& random) { return (std::exp(0.8 * normal(random)) - 1.377) / 1.31; })},
      {"5 % outliers", each([](Random& random) {
         const bool outlier = std::uniform_real_distribution<double>(0, 1)(random) < 0.05;
         return normal(random) + (outlier ? 10 : 0);
       })},
      {"AR(1) .2", autoregressive(0.2)},
      {"AR(1) .4", autoregressive(0.4)},
  };
}

/// Share of `series` series of `points` points in which `alarm` is true.
double share(const Noise& noise, std::size_t points, int series,
             const std::function<bool(std::vector<double>&)>& alarm) {
  Random random(20260801);
  std::vector<double> values(points);
  int alarms = 0;
  for (int i = 0; i < series; ++i) {
    noise.fill(values, random);
    alarms += alarm(values) ? 1 : 0;
  }
  return 100.0 * alarms / series;
}

void print_false_alarms(int series) {
  fmt::print("False alarms, % of {} stationary series with any change point\n", series);
  fmt::print("{:<14} {:>8} {:>8} {:>8} {:>8}\n", "noise 2 %", "30", "100", "300", "1000");
  for (const Noise& noise : noises()) {
    fmt::print("{:<14}", noise.name);
    for (const std::size_t points : {30, 100, 300, 1000}) {
      const double alarms = share(noise, points, points > 300 ? series / 4 : series,
                                  [](auto& values) { return !change_points(values).empty(); });
      fmt::print(" {:>8.2f}", alarms);
    }
    fmt::print("\n");
  }
}

/// A step of `percent` at `at`, seen within ten points of where it is?
std::function<bool(std::vector<double>&)> sees_step(double percent, std::size_t at) {
  return [=](std::vector<double>& values) {
    for (std::size_t i = at; i < values.size(); ++i) values[i] *= 1 + percent / 100;
    return std::ranges::any_of(change_points(values), [&](const ChangePoint& change) {
      return change.index + 10 >= at && change.index <= at + 10;
    });
  };
}

std::function<bool(std::vector<double>&)> sees_bump(double percent, std::size_t at,
                                                    std::size_t length) {
  return [=](std::vector<double>& values) {
    for (std::size_t i = at; i < at + length; ++i) values[i] *= 1 + percent / 100;
    return change_points(values).size() == 2;
  };
}

void print_detection(int series) {
  fmt::print("\nDetection, % of {} series of 100 points, found within 10 points\n", series);
  fmt::print("{:<14} {:>16} {:>16} {:>16} {:>16} {:>16}\n", "noise 2 %", "5 %, 10 after",
             "5 %, middle", "3 %, middle", "10 %, 5 after", "5 % bump of 20");
  for (const Noise& noise : noises()) {
    fmt::print("{:<14}", noise.name);
    for (const auto& sees : {sees_step(5, 90), sees_step(5, 50), sees_step(3, 50),
                             sees_step(10, 95), sees_bump(5, 40, 20)}) {
      fmt::print(" {:>16.1f}", share(noise, 100, series, sees));
    }
    fmt::print("\n");
  }
}

void print_time() {
  fmt::print("\nCPU time of 10,000 points, ms\n");
  Random random(7);
  std::vector<double> values(10'000);
  for (const int changes : {0, 1, 20, 200}) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t level = i * static_cast<std::size_t>(changes + 1) / values.size();
      values[i] = (level % 2 == 0 ? 100 : 105) * (1 + kNoise * normal(random));
    }
    const std::clock_t from = std::clock();
    const std::size_t found = change_points(values).size();
    const double spent = 1e3 * static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC;
    fmt::print("{:>4} changes: {:>6.1f} ms, {} found\n", changes, spent, found);
  }
}

constexpr std::array kTail = {0.05, 0.01, 0.005, 0.002, 0.001, 0.0001};

/// The smallest statistic, rounded up, that at most `tail` of all reach; few points have only few
/// orders, and then none may be so rare.
double threshold(const std::vector<double>& sorted_statistics, double tail) {
  constexpr double kNever = 9;
  const auto count = static_cast<double>(sorted_statistics.size());
  const auto rank = static_cast<std::size_t>((1 - tail) * count);
  if (rank >= sorted_statistics.size()) return kNever;
  const auto above = std::upper_bound(sorted_statistics.begin(), sorted_statistics.end(),
                                      sorted_statistics[rank] - 1e-9);
  const bool rare = static_cast<double>(sorted_statistics.end() - above) <= tail * count;
  const auto next = rare ? above : std::upper_bound(above, sorted_statistics.end(), *above + 1e-9);
  return next == sorted_statistics.end() ? kNever : std::ceil(*next * 1e3) / 1e3;
}

void print_table(const char* name, const std::vector<std::size_t>& sizes,
                 const std::vector<std::vector<double>>& sorted_statistics) {
  fmt::print("constexpr std::array<ThresholdRow, kThresholdRows> {} = {{{{\n", name);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto& statistics = sorted_statistics[i];
    fmt::print("    {{{}, {{", sizes[i]);
    for (std::size_t c = 0; c < kTail.size(); ++c) {
      fmt::print("{}{:.3f}", c == 0 ? "" : ", ", threshold(statistics, kTail[c]));
    }
    fmt::print("}}}},\n");
  }
  fmt::print("}}}};\n");
}

void calibrate() {
  const std::vector<std::size_t> sizes = {10,  12,  15,  18,   22,   30,   50,
                                          100, 200, 500, 1000, 3000, 10000};
  std::vector<std::vector<double>> split(sizes.size());
  std::vector<std::vector<double>> bump(sizes.size());
  Random random(1);
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    const std::size_t orders = sizes[s] <= 200 ? 100'000 : sizes[s] <= 1000 ? 40'000 : 10'000;
    std::vector<double> values(sizes[s]);
    std::iota(values.begin(), values.end(), 1.0);
    for (std::size_t i = 0; i < orders; ++i) {
      std::ranges::shuffle(values, random);
      const ScanStatistics statistics = scan_statistics(values);
      split[s].push_back(statistics.split);
      bump[s].push_back(statistics.bump);
    }
    std::ranges::sort(split[s]);
    std::ranges::sort(bump[s]);
  }
  fmt::print(
      "// Generated by: history_simulation --calibrate (bench/history_simulation.cc).\n"
      "// Thresholds of the two scans by number of points: a random order exceeds a column's\n"
      "// threshold with the probability in kThresholdTail. 100,000 random orders each up to 200\n"
      "// points, 40,000 up to 1,000, 10,000 above.\n"
      "constexpr std::size_t kThresholdColumns = {};\n"
      "constexpr std::size_t kThresholdRows = {};\n"
      "struct ThresholdRow {{\n  std::size_t n;\n"
      "  std::array<double, kThresholdColumns> threshold;\n}};\n"
      "constexpr std::array<double, kThresholdColumns> kThresholdTail = {{{}}};\n"
      "// clang-format off\n",
      kTail.size(), sizes.size(), fmt::join(kTail, ", "));
  print_table("kSplitThresholds", sizes, split);
  print_table("kBumpThresholds", sizes, bump);
  fmt::print("// clang-format on\n");
}

}  // namespace
}  // namespace costops::benchmarks

int main(int argc, char** argv) {
  using namespace costops::benchmarks;
  if (argc > 1 && std::strcmp(argv[1], "--calibrate") == 0) {
    calibrate();
    return 0;
  }
  const int series = argc > 1 ? std::max(100, std::atoi(argv[1])) : 4000;
  print_false_alarms(series);
  print_detection(std::max(100, series / 4));
  print_time();
  return 0;
}
