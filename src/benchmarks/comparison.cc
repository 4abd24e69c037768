#include "costops/benchmarks/comparison.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <numeric>

namespace costops::benchmarks {
namespace {

std::vector<double> log_ratios(std::span<const Round> rounds, Arm arm) {
  std::vector<double> ratios;
  ratios.reserve(rounds.size());
  for (const Round& round : rounds) {
    const double other = arm == Arm::head ? round.head_ns : round.control_ns;
    ratios.push_back(std::log(other / round.base_ns));
  }
  return ratios;
}

/// The median of each spawn's values, in the order of the spawns.
std::vector<double> spawn_medians(std::span<const Round> rounds,
                                  const std::vector<double>& values) {
  std::map<std::uint32_t, std::vector<double>> by_spawn;
  for (std::size_t i = 0; i < rounds.size(); ++i) by_spawn[rounds[i].spawn].push_back(values[i]);
  std::vector<double> medians;
  for (const auto& [spawn, of_spawn] : by_spawn) medians.push_back(median(of_spawn));
  return medians;
}

/// A relative change as logarithm: a margin of 1 % is ln 1.01 upwards and the same downwards, so
/// that swapping base and head swaps the verdicts.
double log_margin(const Margin& margin) { return std::log1p(margin.relative); }

/// One-sided p of "the median of `values` is at most `bound`".
double sign_test_p(const std::vector<double>& values, double bound) {
  const auto below = static_cast<std::size_t>(
      std::ranges::count_if(values, [bound](double value) { return value <= bound; }));
  return fair_binomial_tail(values.size(), below);
}

/// One-sided p of "the trimmed mean of `values` is at most `bound`"; 1 for fewer than two values.
double student_p(const std::vector<double>& values, double bound) {
  if (values.size() < 2) return 1;
  const TrimmedMean trimmed = trimmed_mean(values);
  if (trimmed.error == 0) return trimmed.mean > bound ? 0 : 1;
  return 1 - student_cdf((trimmed.mean - bound) / trimmed.error, trimmed.freedom);
}

}  // namespace

Effect effect_of(std::span<const Round> rounds, Arm arm, double confidence) {
  assert(!rounds.empty());
  const std::vector<double> ratios = log_ratios(rounds, arm);
  const Interval by_rounds = median_interval(ratios, confidence);
  const Interval by_spawns = mean_interval(spawn_medians(rounds, ratios), confidence);
  const bool spawns_wider = by_spawns.high - by_spawns.low > by_rounds.high - by_rounds.low;
  return {median(ratios), spawns_wider ? by_spawns : by_rounds};
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::regression:
      return "regression";
    case Verdict::improvement:
      return "improvement";
    case Verdict::equivalent:
      return "equivalent";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

Verdict verdict_of(const Effect& effect, const Margin& margin) {
  const double bound = log_margin(margin);
  if (effect.interval.low > bound) return Verdict::regression;
  if (effect.interval.high < -bound) return Verdict::improvement;
  if (effect.interval.low > -bound && effect.interval.high < bound) return Verdict::equivalent;
  return Verdict::inconclusive;
}

bool is_quiet(const Effect& control, const Margin& margin) {
  const Verdict verdict = verdict_of(control, margin);
  if (verdict == Verdict::regression || verdict == Verdict::improvement) return false;
  return std::abs(control.median) <= log_margin(margin) / 2;
}

double p_value_of(std::span<const Round> rounds, const Margin& margin) {
  assert(!rounds.empty());
  std::vector<double> ratios = log_ratios(rounds, Arm::head);
  if (median(ratios) < 0) {
    for (double& ratio : ratios) ratio = -ratio;
  }
  const double bound = log_margin(margin);
  return std::max(sign_test_p(ratios, bound), student_p(spawn_medians(rounds, ratios), bound));
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double scaled = p_values[order[rank]] * static_cast<double>(order.size() - rank);
    largest = std::max(largest, std::min(1.0, scaled));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

double detectable_change(const Effect& effect, const Margin& margin) {
  return std::expm1(log_margin(margin) + (effect.interval.high - effect.interval.low));
}

}  // namespace costops::benchmarks
