// lag_sums.h - the normal equations of many autoregressions at many origins, from one pass.
//
// Least squares on lags needs sums of y[t-i] y[t-j] over the rows t of the training window. They
// depend on i and on the distance d = j - i: with exponential weights, the sum for (i, d) at origin
// T is a difference of two values of one running sum per distance,
//   P_d(u) = lambda P_d(u-1) + y[u] y[u-d],
//   sum over t in [L, T) of lambda^(T-1-t) y[t-i] y[t-j] = P_d(T-1-i) - lambda^(T-L) P_d(L-1-i),
// so that each distance costs one pass over the series, whatever the number of lag sets and
// origins: an earlier origin is two look-ups per cell, where a rank downdate would cost a matrix.
// The intercepts of the phases are partialled out (Frisch, Waugh) with running sums of stride m.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace costops::forecasting {

/// The regressors of one autoregression: values `lags` periods ago, and one intercept per phase.
struct LagSet {
  std::vector<std::size_t> lags;  ///< Rising, each at least 1.
  std::size_t phases = 1;         ///< 1: one intercept for all.
};

/// Coefficients of one lag set at one origin.
struct Autoregression {
  std::vector<double> lag_weights;  ///< In the order of LagSet::lags.
  std::vector<double> intercepts;   ///< By index of the target modulo phases.
};

/// Reusable: no allocation once the largest problem has been seen.
class LagSums {
 public:
  /// Which sums are needed. Requires rising origins; each set's largest lag below the first one.
  void plan(std::span<const LagSet> sets, std::span<const std::size_t> origins);
  /// The sums of `values` with weights 1, decay, decay^2 ... from the origin back.
  /// Requires values up to the last origin.
  void add_up(std::span<const double> values, double decay);
  /// Least squares of set `set` on the rows before origin `origin` (indices of plan).
  void solve(std::size_t set, std::size_t origin, Autoregression& out);

 private:
  static constexpr std::size_t kBlock = 8;  // distances per pass: one cache line of running sums
  struct Cell {
    std::uint32_t set, row, column;  // row has the smaller lag
    std::uint32_t lag;
    std::uint32_t distance_in_block;
  };

  double power(std::size_t exponent) const { return powers_[exponent]; }
  std::size_t width(std::size_t set) const { return sets_[set].lags.size() + 1; }
  double* gram(std::size_t set, std::size_t origin);
  void run_block(std::span<const double> values, std::size_t first_distance, double decay);
  void fill_cells(std::span<const Cell> cells);
  void partial_out_phases(std::size_t set, std::size_t origin);

  std::vector<LagSet> sets_;
  std::vector<std::size_t> origins_;
  std::vector<std::vector<Cell>> cells_;   // by block of distances
  std::vector<std::size_t> gram_offsets_;  // by set; origins follow each other
  std::vector<double> grams_;              // row-major, index 0 is the target
  std::vector<double> running_;            // kBlock sums per time, shifted by one
  std::vector<double> powers_;             // of the decay
  std::vector<double> values_;
  std::vector<std::size_t> strides_;          // the distinct numbers of phases
  std::vector<std::vector<double>> strided_;  // running sums by stride, shifted by the stride
  std::vector<double> phase_sums_, phase_weights_, factor_, solution_;
};

}  // namespace costops::forecasting
