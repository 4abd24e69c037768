#include "costops/accounting/forecasts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "costops/forecasting/hierarchy.h"

namespace costops::accounting {
namespace {

using forecasting::Forecast;

constexpr std::array<std::string_view, 2> kAddingUp = {"wls", "bottom-up"};
constexpr double kMillionth = 1e6;  // Points are whole ones of these, ...
constexpr double kWholeMax = 9e15;  // ... as long as a double tells them apart.

double in_millionths(double value) {
  const double whole = std::round(value * kMillionth);
  return std::abs(whole) < kWholeMax ? whole / kMillionth : value;
}

/// The groups of one currency as a tree: what is in it, depth first, and its histories.
class Tree {
 public:
  Tree(const UsageSeries& series, const ForecastTerms& terms, std::vector<std::size_t> leaves)
      : series_(series), terms_(terms), leaves_(std::move(leaves)) {
    grow(0, leaves_.size(), 0);
  }

  Result<void> forecast(forecasting::ForecastEngine& engine) {
    const auto seasons = forecasting::seasons_of(series_.table.grid().grain());
    std::vector<double> at_constant_prices;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      GroupForecast& group = groups_[g];
      forecasting::ForecastRequest request;
      request.history = group.history;
      if (terms_.prices != nullptr && !terms_.prices->empty()) {
        at_constant_prices = history(members_[g].first, members_[g].second, terms_.prices);
        request.history = at_constant_prices;
      }
      request.season = seasons.empty() ? 1 : seasons.front();
      request.horizon = terms_.horizon;
      request.model = terms_.model;
      request.levels = terms_.levels;
      auto made = engine.forecast(request);
      if (!made) return fail(made.error().code, name_of(group) + made.error().message);
      group.forecast = std::move(*made);
    }
    apply_prices();
    return groups_.size() > 1 ? add_up() : Result<void>();
  }

  std::vector<GroupForecast> take() && { return std::move(groups_); }

 private:
  /// The group of leaves [from, to), which share their first `depth` keys, and all below it.
  void grow(std::size_t from, std::size_t to, std::size_t depth) {
    const auto& keys = series_.keys[leaves_[from]];
    const std::size_t place = groups_.size();
    groups_.emplace_back();
    members_.emplace_back(from, to);
    GroupForecast& group = groups_.back();
    group.keys.assign(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(depth));
    group.currency = series_.currencies[leaves_[from]];
    group.is_sum = depth < keys.size();
    group.history = history(from, to, nullptr);
    if (!group.is_sum) return;
    for (std::size_t i = from, end = from; i < to; i = end) {
      const std::string& key = series_.keys[leaves_[i]][depth];
      while (end < to && series_.keys[leaves_[end]][depth] == key) ++end;
      parents_.push_back(place);
      grow(i, end, depth + 1);
    }
  }

  /// The sum over leaves. Of a period that one of them does not know, what the others know; missing
  /// if that is nothing.
  [[nodiscard]] std::vector<double> history(std::size_t from, std::size_t to,
                                            const PriceChanges* prices) const {
    std::vector<double> sum = history_of(series_, leaves_[from], prices);
    for (std::size_t i = from + 1; i < to; ++i) {
      const std::vector<double> next = history_of(series_, leaves_[i], prices);
      for (std::size_t t = 0; t < sum.size(); ++t) {
        if (std::isnan(sum[t]) || std::isnan(next[t])) {
          const double known = std::isnan(sum[t]) ? next[t] : sum[t];
          sum[t] = known > 0 ? known : forecasting::kMissing;
        } else {
          sum[t] += next[t];
        }
      }
    }
    return sum;
  }

  [[nodiscard]] std::string name_of(const GroupForecast& group) const {
    std::string name;
    for (std::size_t k = 0; k < group.keys.size(); ++k) {
      name += series_.key_names[k] + " " + group.keys[k] + ": ";
    }
    return name;
  }

  /// The prices to come: a sum's are those of its leaves, weighted by what they are forecast to be.
  /// Sums come before their leaves, so that these are not scaled yet when they weigh.
  void apply_prices() {
    if (terms_.prices == nullptr || terms_.prices->empty()) return;
    std::vector<double> before(terms_.horizon), after(terms_.horizon);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      std::ranges::fill(before, 0.0);
      std::ranges::fill(after, 0.0);
      for (std::size_t leaf = g; leaf < groups_.size() && members_[leaf].first < members_[g].second;
           ++leaf) {
        if (groups_[leaf].is_sum) continue;
        const auto& factors = terms_.prices->ahead[leaves_[members_[leaf].first]];
        for (std::size_t i = 0; i < before.size(); ++i) {
          const double mean = std::abs(groups_[leaf].forecast.mean[i]);
          before[i] += mean;
          after[i] += mean * (factors.empty() ? 1.0 : factors[i]);
        }
      }
      for (std::size_t i = 0; i < before.size(); ++i) {
        after[i] = before[i] > 0 ? after[i] / before[i] : 1.0;
      }
      scale_by(groups_[g].forecast, after);
    }
  }

  Result<void> add_up() {
    const auto tree = forecasting::Hierarchy::of(parents_);
    if (!tree) return fail(tree.error());
    const std::vector<double> variances = error_variances();
    std::vector<std::vector<double>> means(groups_.size(), std::vector<double>(terms_.horizon));
    std::vector<double> step(groups_.size());
    for (std::size_t i = 0; i < terms_.horizon; ++i) {
      for (std::size_t g = 0; g < groups_.size(); ++g) step[g] = groups_[g].forecast.mean[i];
      if (terms_.adding_up == AddingUp::wls) tree->reconcile(step, variances);
      for (std::size_t g = 0; g < groups_.size(); ++g) {
        if (!groups_[g].is_sum) step[g] = in_millionths(std::max(step[g], least_[g]));
      }
      tree->add_up(step);
      for (std::size_t g = 0; g < groups_.size(); ++g) means[g][i] = in_millionths(step[g]);
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) move_to(groups_[g].forecast, means[g]);
    return {};
  }

  /// How wrong each group's forecast was when replayed; none if that is not known of all. Also what
  /// each must not fall below.
  std::vector<double> error_variances() {
    std::vector<double> variances;
    double largest = 0;
    for (const GroupForecast& group : groups_) {
      const auto& backtest = group.forecast.backtest;
      const bool known = backtest.origins > 0 && std::isfinite(backtest.accuracy.rmse);
      variances.push_back(known ? backtest.accuracy.rmse * backtest.accuracy.rmse
                                : forecasting::kMissing);
      largest = std::max(largest, known ? variances.back() : 0.0);
      const bool below_zero =
          std::any_of(group.history.begin(), group.history.end(), [](double v) { return v < 0; });
      least_.push_back(below_zero ? -std::numeric_limits<double>::infinity() : 0.0);
    }
    const bool all =
        std::none_of(variances.begin(), variances.end(), [](double v) { return std::isnan(v); });
    if (!all || !(largest > 0)) return {};
    // One that was never wrong does not move, but is no division by zero either.
    for (double& variance : variances) variance = std::max(variance, 1e-12 * largest);
    return variances;
  }

  const UsageSeries& series_;
  const ForecastTerms& terms_;
  std::vector<std::size_t> leaves_;  // Series, by keys.
  std::vector<GroupForecast> groups_;
  std::vector<std::pair<std::size_t, std::size_t>> members_;  // Leaves of each group: [from, to).
  std::vector<std::size_t> parents_;
  std::vector<double> least_;
};

}  // namespace

std::size_t usual_horizon(Grain grain) {
  if (grain == Grain::hour) return 48;
  return grain == Grain::day ? 30 : grain == Grain::week ? 8 : 3;
}

forecasting::Grid periods_ahead(const UsageSeries& series, std::size_t count) {
  const forecasting::Grid& grid = series.table.grid();
  const TimeRange known{grid.period(0).from, grid.period(series.complete - 1).to};
  return forecasting::Grid(known, grid.grain(), grid.zone()).following(count);
}

std::optional<AddingUp> parse_adding_up(std::string_view word) {
  const auto found = std::find(kAddingUp.begin(), kAddingUp.end(), word);
  if (found == kAddingUp.end()) return std::nullopt;
  return static_cast<AddingUp>(found - kAddingUp.begin());
}

std::string_view to_string(AddingUp method) { return kAddingUp[static_cast<std::size_t>(method)]; }

std::vector<double> history_of(const UsageSeries& series, std::size_t index,
                               const PriceChanges* prices) {
  const auto values = series.table.values(index).first(series.complete);
  std::vector<double> history(values.begin(), values.end());
  if (prices == nullptr || prices->empty()) return history;
  const auto& factors = prices->back[index];
  for (std::size_t i = 0; i < factors.size(); ++i) history[i] *= factors[i];
  return history;
}

Result<UsageForecast> forecast_usage(const UsageSeries& series, const ForecastTerms& terms) {
  UsageForecast out;
  if (series.complete == 0) return out;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < series.keys.size(); ++i) {
    const auto values = series.table.values(i).first(series.complete);
    const bool known =
        std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
    (known ? order : out.unknown).push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return series.currencies[a] < series.currencies[b];
  });
  forecasting::ForecastEngine engine;
  for (auto first = order.begin(); first != order.end();) {
    const auto end = std::find_if(first, order.end(), [&](std::size_t i) {
      return series.currencies[i] != series.currencies[*first];
    });
    Tree tree(series, terms, {first, end});
    if (auto made = tree.forecast(engine); !made) return fail(made.error());
    std::vector<GroupForecast> groups = std::move(tree).take();
    std::move(groups.begin(), groups.end(), std::back_inserter(out.groups));
    first = end;
  }
  return out;
}

}  // namespace costops::accounting
