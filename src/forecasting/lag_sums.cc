#include "forecasting/lag_sums.h"

#include <algorithm>
#include <cmath>

#include "forecasting/cholesky.h"

namespace costops::forecasting {
namespace {

constexpr double kRidge = 1e-7;  // of each diagonal element: keeps collinear lags apart

}  // namespace

void LagSums::plan(std::span<const LagSet> sets, std::span<const std::size_t> origins) {
  sets_.assign(sets.begin(), sets.end());
  origins_.assign(origins.begin(), origins.end());
  for (auto& block : cells_) block.clear();
  gram_offsets_.clear();
  strides_.clear();
  std::size_t offset = 0;
  for (std::size_t s = 0; s < sets_.size(); ++s) {
    gram_offsets_.push_back(offset);
    offset += width(s) * width(s) * origins_.size();
    strides_.push_back(sets_[s].phases);
    for (std::size_t row = 0; row < width(s); ++row) {
      for (std::size_t column = row; column < width(s); ++column) {
        const std::size_t lag = row == 0 ? 0 : sets_[s].lags[row - 1];
        const std::size_t distance = (column == 0 ? 0 : sets_[s].lags[column - 1]) - lag;
        if (cells_.size() <= distance / kBlock) cells_.resize(distance / kBlock + 1);
        cells_[distance / kBlock].push_back(
            {static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(row),
             static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(lag),
             static_cast<std::uint32_t>(distance % kBlock)});
      }
    }
  }
  grams_.resize(offset);
  std::ranges::sort(strides_);
  strides_.erase(std::unique(strides_.begin(), strides_.end()), strides_.end());
}

double* LagSums::gram(std::size_t set, std::size_t origin) {
  return grams_.data() + gram_offsets_[set] + origin * width(set) * width(set);
}

void LagSums::run_block(std::span<const double> values, std::size_t first_distance, double decay) {
  double* out = running_.data();
  std::fill_n(out, kBlock, 0.0);
  // values_ has kBlock + the largest distance zeros in front, so that u - d never leaves it.
  const double* lagged = values_.data() + (values_.size() - values.size()) - first_distance;
  for (std::size_t u = 0; u < values.size(); ++u, out += kBlock, ++lagged) {
    const double value = values[u];
    for (std::size_t k = 0; k < kBlock; ++k) {
      out[kBlock + k] = decay * out[k] + value * lagged[-static_cast<std::ptrdiff_t>(k)];
    }
  }
}

void LagSums::fill_cells(std::span<const Cell> cells) {
  for (const Cell& cell : cells) {
    const std::size_t first = sets_[cell.set].lags.back();
    const std::size_t size = width(cell.set);
    const double* sums = running_.data() + cell.distance_in_block;
    const double before = sums[(first - cell.lag) * kBlock];
    double* at = gram(cell.set, 0) + cell.row * size + cell.column;
    for (const std::size_t origin : origins_) {
      *at = sums[(origin - cell.lag) * kBlock] - power(origin - first) * before;
      at += size * size;
    }
  }
}

void LagSums::add_up(std::span<const double> values, double decay) {
  const std::size_t front = (cells_.size() + 1) * kBlock;
  values_.assign(front + values.size(), 0.0);
  std::ranges::copy(values, values_.begin() + static_cast<std::ptrdiff_t>(front));
  running_.resize((values.size() + 1) * kBlock);
  powers_.resize(values.size() + strides_.back() + 1);
  powers_[0] = 1.0;
  for (std::size_t i = 1; i < powers_.size(); ++i) powers_[i] = powers_[i - 1] * decay;
  for (std::size_t b = 0; b < cells_.size(); ++b) {
    if (cells_[b].empty()) continue;
    run_block(values, b * kBlock, decay);
    fill_cells(cells_[b]);
  }
  strided_.resize(std::max(strided_.size(), strides_.size()));
  for (std::size_t i = 0; i < strides_.size(); ++i) {
    const std::size_t stride = strides_[i];
    auto& sums = strided_[i];
    sums.assign(values.size() + stride, 0.0);
    for (std::size_t u = 0; u < values.size(); ++u) {
      sums[u + stride] = power(stride) * sums[u] + values[u];
    }
  }
}

/// Subtracts from the Gram matrix what the phases' intercepts explain; leaves the phases' sums and
/// weights for the intercepts.
void LagSums::partial_out_phases(std::size_t set, std::size_t origin) {
  const LagSet& lags = sets_[set];
  const std::size_t m = lags.phases;
  const std::size_t size = width(set);
  const std::size_t first = lags.lags.back();
  const std::size_t end = origins_[origin];
  const auto stride = static_cast<std::size_t>(std::ranges::find(strides_, m) - strides_.begin());
  const double* sums = strided_[stride].data();
  phase_sums_.assign(m * size, 0.0);
  phase_weights_.assign(m, 0.0);
  double* c = gram(set, origin);
  for (std::size_t back = 0; back < m && end - back > first; ++back) {
    const std::size_t last_row = end - 1 - back;
    const std::size_t rows = (last_row - first) / m + 1;
    const std::size_t first_row = last_row - (rows - 1) * m;
    const double decay = power(rows * m);
    const double weight = power(back);
    const double count =
        power(m) < 1.0 ? (1.0 - decay) / (1.0 - power(m)) : static_cast<double>(rows);
    double* s = phase_sums_.data() + (last_row % m) * size;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t lag = i == 0 ? 0 : lags.lags[i - 1];
      s[i] = weight * (sums[last_row - lag + m] - decay * sums[first_row - lag]);
    }
    phase_weights_[last_row % m] = weight * count;
    const double inverse = 1.0 / (weight * count);
    for (std::size_t i = 0; i < size; ++i) {
      const double factor = s[i] * inverse;
      for (std::size_t j = i; j < size; ++j) c[i * size + j] -= factor * s[j];
    }
  }
}

void LagSums::solve(std::size_t set, std::size_t origin, Autoregression& out) {
  partial_out_phases(set, origin);
  const std::size_t size = width(set), n = size - 1;
  const double* c = gram(set, origin);
  factor_.resize(n * n);
  out.lag_weights.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    out.lag_weights[i] = c[i + 1];
    for (std::size_t j = i; j < n; ++j) factor_[j * n + i] = c[(i + 1) * size + j + 1];
    factor_[i * n + i] *= 1.0 + kRidge;
  }
  cholesky_solve(factor_, out.lag_weights);
  const std::size_t m = sets_[set].phases;
  out.intercepts.assign(m, 0.0);
  for (std::size_t phase = 0; phase < m; ++phase) {
    if (phase_weights_[phase] <= 0.0) continue;
    const double* s = phase_sums_.data() + phase * size;
    double rest = s[0];
    for (std::size_t i = 0; i < n; ++i) rest -= out.lag_weights[i] * s[i + 1];
    out.intercepts[phase] = rest / phase_weights_[phase];
  }
}

}  // namespace costops::forecasting
