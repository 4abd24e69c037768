// The exact likelihood of a history with gaps. Each missing value is a regressor that is 1 there,
// in the history before differences; the likelihood of what is known is that of all, maximised
// over the missing values, by the determinant of their information: what a Kalman filter gives that
// skips its update there, without giving up the fast filter or differencing. Source: Gomez,
// Maravall, Pena, Journal of Econometrics 88(2), 1999, "Missing observations in ARIMA models".
#include <algorithm>
#include <cmath>
#include <limits>

#include "forecasting/arima.h"

namespace costops::forecasting {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kDependent = 1e-11;  // pivot, as a share of its diagonal element

/// Lower factor of the n x n matrix `a`, in place. `free` columns need a pivot; of those behind
/// them, one that depends on others becomes 0. False if a free column depends on others.
bool factorise(std::vector<double>& a, std::size_t n, std::size_t free) {
  for (std::size_t j = 0; j < n; ++j) {
    double* row = a.data() + j * n;
    double pivot = row[j];
    for (std::size_t k = 0; k < j; ++k) pivot -= row[k] * row[k];
    const bool dependent = !(pivot > kDependent * row[j]);
    if (dependent && j < free) return false;
    const double size = dependent ? 0.0 : std::sqrt(pivot);
    for (std::size_t i = j + 1; i < n; ++i) {
      double* below = a.data() + i * n;
      for (std::size_t k = 0; k < j; ++k) below[j] -= below[k] * row[k];
      below[j] = dependent ? 0.0 : below[j] / size;
    }
    row[j] = size;
  }
  return true;
}

}  // namespace

std::size_t known_values(std::span<const double> values) {
  return static_cast<std::size_t>(
      std::ranges::count_if(values, [](double v) { return !std::isnan(v); }));
}

void fill_lines(std::span<const double> values, std::vector<double>& completed,
                std::vector<std::size_t>& gaps) {
  completed.assign(values.begin(), values.end());
  gaps.clear();
  std::size_t begin = 0;  // of the gap before `end`
  for (std::size_t end = 0; end <= values.size(); ++end) {
    if (end < values.size() && std::isnan(values[end])) {
      gaps.push_back(end);
      continue;
    }
    const double after = end < values.size() ? values[end] : begin > 0 ? values[begin - 1] : 0.0;
    const double before = begin > 0 ? values[begin - 1] : after;
    const double step = (after - before) / static_cast<double>(end - begin + 1);
    for (std::size_t i = begin; i < end; ++i) {
      completed[i] = before + step * static_cast<double>(i - begin + 1);
    }
    begin = end + 1;
  }
}

/// One step of the filter for every column that has begun; their scaled innovations.
void ArimaFitter::step_columns(std::size_t t, double variance) {
  const std::size_t r = gain_.size(), lost = differences_.size() - 1, columns = errors_.size();
  const std::size_t gaps = gaps_.size();
  while (begun_ < gaps && gaps_[begun_] <= t + lost) ++begun_;
  const double root = std::sqrt(variance);
  for (std::size_t k = 0; k < columns; ++k) {
    if (k >= begun_ && k < gaps) continue;
    double value = k + 1 == columns ? w_[t] : 1.0;
    if (k < gaps) value = gaps_[k] >= t ? differences_[t + lost - gaps_[k]] : 0.0;
    double* state = column_states_.data() + k * (r + 1);
    const double first = state[0], push = (value - first) / variance;
    errors_[k] = push * root;
    for (std::size_t i = 0; i < r; ++i) {
      state[i] = phi_[i + 1] * first + state[i + 1] + gain_[i] * push;
    }
  }
  for (std::size_t i = 0; i < columns; ++i) {
    if (i >= begun_ && i < gaps) continue;
    double* row = gram_.data() + i * columns;
    for (std::size_t j = 0; j < std::min(i + 1, begun_); ++j) row[j] += errors_[i] * errors_[j];
    for (std::size_t j = gaps; j <= i; ++j) row[j] += errors_[i] * errors_[j];
  }
}

double ArimaFitter::run_filter_with_gaps() {
  if (!start_filter()) return kInfinite;
  const std::size_t gaps = gaps_.size(), means = order_.has_mean() ? 1 : 0;
  const std::size_t columns = gaps + means + 1;
  column_states_.assign(columns * (gain_.size() + 1), 0.0);
  gram_.assign(columns * columns, 0.0);
  errors_.assign(columns, 0.0);
  begun_ = 0;
  FilterVariance filter(first_variance_);
  log_variances_ = 0;
  for (std::size_t t = 0; t < w_.size(); ++t) {
    log_variances_ += std::log(filter.variance);
    step_columns(t, filter.variance);
    if (!filter.settled &&
        !filter.step(phi_.data() + 1, gain_.data(), change_.data(), gain_.size())) {
      return kInfinite;
    }
  }
  if (!factorise(gram_, columns, gaps)) return kInfinite;
  for (std::size_t k = 0; k < gaps; ++k) {
    log_variances_ += 2 * std::log(gram_[k * columns + k]);
  }
  const double rest = gram_.back();
  squares_ = std::max(rest * rest, 1e-300);
  return 0.5 * (std::log(squares_ / known_) + log_variances_ / known_);
}

/// The gaps' expected values after run_filter_with_gaps, and the filter run over the whole of it.
/// Squares and determinants stay those of what is known.
void ArimaFitter::complete() {
  const std::size_t columns = errors_.size(), fitted = columns - 1;
  std::vector<double> b(&gram_[fitted * columns], &gram_[fitted * columns] + fitted);
  for (std::size_t k = fitted; k-- > 0;) {
    for (std::size_t i = k + 1; i < fitted; ++i) b[k] -= gram_[i * columns + k] * b[i];
    const double pivot = gram_[k * columns + k];
    b[k] = pivot > 0 ? b[k] / pivot : 0.0;
  }
  for (std::size_t k = 0; k < gaps_.size(); ++k) completed_[gaps_[k]] -= b[k];
  difference();
  const double squares = squares_, log_variances = log_variances_;
  run_filter();
  squares_ = squares;
  log_variances_ = log_variances;
}

}  // namespace costops::forecasting
