// ARIMA as a model: of an order given by name, or of one found step by step.
// Source of the search: Hyndman, Khandakar, Journal of Statistical Software 27(3), 2008.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "forecasting/arima.h"
#include "forecasting/models.h"
#include "forecasting/unit_root.h"

namespace costops::forecasting {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kRootLeast = 1.01;  // roots nearer to the unit circle disqualify a model
constexpr std::size_t kLagsMost = 5, kSeasonalLagsMost = 2, kCoefficientsMost = 5;
constexpr std::size_t kFitsMost = 94;
constexpr std::size_t kSeasonMost = 60;  // longer cycles have more lags than histories have values
constexpr std::size_t kGapsSearched = 64;  // more are filled while orders are looked for
constexpr std::size_t kOrderMost = 20;     // of an order given by name

std::vector<Parameter> parameters_of(const ArimaFit& fit, std::span<const double> history) {
  std::vector<Parameter> all;
  const auto add = [&](std::string_view name, const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      all.push_back({fmt::format("{}{}", name, i + 1), values[i]});
    }
  };
  add("ar", fit.ar);
  add("ma", fit.ma);
  add("sar", fit.seasonal_ar);
  add("sma", fit.seasonal_ma);
  const bool differenced = fit.order.d + fit.order.sd > 0;
  if (fit.order.has_mean()) all.push_back({differenced ? "drift" : "intercept", fit.mean});
  all.push_back({"sigma2", fit.variance});
  const double likelihood = arima_diffuse_likelihood(fit, history);
  all.push_back({"log_likelihood", likelihood});
  all.push_back({"aicc", fit.aicc + 2 * (fit.log_likelihood - likelihood)});
  return all;
}

Result<void> require_known(const History& history, std::size_t needed, std::string_view model) {
  return require_length({history.values.first(known_values(history.values))}, needed, model);
}

class Arima : public Model {
 public:
  std::string name() const override { return fit_.order.name(fit_.season); }
  bool takes_gaps() const override { return true; }
  void forecast(std::span<double> path) const override { arima_forecast(fit_, path); }
  std::vector<Parameter> parameters() const override { return parameters_of(fit_, history_); }

 protected:
  std::vector<double> history_;
  ArimaFitter fitter_;
  ArimaFit fit_;
};

class FixedArima final : public Arima {
 public:
  explicit FixedArima(const ArimaOrder& order) : order_(order) {}

  Result<void> fit(const History& history) override {
    const std::size_t season = std::max<std::size_t>(history.season, 1);
    if (order_.sp + order_.sd + order_.sq > 0 && season == 1) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("{} needs a season, the history has none", order_.name(season)));
    }
    const std::size_t needed = order_.d + order_.sd * season + order_.coefficients() + 2;
    if (auto enough = require_known(history, needed, order_.name(season)); !enough) return enough;
    history_.assign(history.values.begin(), history.values.end());
    if (fitter_.fit(history_, season, order_, ArimaFitter::Search::thorough, fit_)) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("{} found no likelihood for this history", order_.name(season)));
  }

 private:
  ArimaOrder order_;
};

class AutomaticArima final : public Arima {
 public:
  Result<void> fit(const History& history) override {
    if (auto enough = require_known(history, 4, "arima"); !enough) return enough;
    history_.assign(history.values.begin(), history.values.end());
    season_ = history.season > 1 && history.season <= kSeasonMost ? history.season : 1;
    if (history_.size() < 2 * season_ + 4) season_ = 1;
    tried_.clear();
    fit_.aicc = kInfinite;
    fill_lines(history_, searched_, gaps_);
    choose_differences();
    if (gaps_.size() <= kGapsSearched) searched_ = history_;
    const bool constant = base_.d + base_.sd < 2;
    start(constant);
    while (tried_.size() < kFitsMost && improve(constant)) {
    }
    if (fit_.aicc == kInfinite && !try_order(base_, Roots::any)) {
      return fail(ErrorCode::invalid_input, "arima found no likelihood for this history");
    }
    const ArimaOrder chosen = fit_.order;
    ArimaFit again;
    if (fitter_.fit(history_, season_, chosen, ArimaFitter::Search::thorough, again) &&
        acceptable(again)) {
      fit_ = again;
    }
    return {};
  }

 private:
  void choose_differences() {
    base_ = {};
    differenced_ = searched_;
    if (season_ > 1 && needs_seasonal_difference(differenced_, season_)) {
      base_.sd = 1;
      for (std::size_t t = differenced_.size(); t-- > season_;) {
        differenced_[t] -= differenced_[t - season_];
      }
      differenced_.erase(differenced_.begin(),
                         differenced_.begin() + static_cast<std::ptrdiff_t>(season_));
    }
    base_.d = differences_needed(differenced_, 2);
  }

  bool acceptable(const ArimaFit& fit) const {
    const auto beyond = [&](std::vector<double> c, double sign, std::size_t cycle) {
      for (double& v : c) v *= sign;
      return roots_beyond(c, std::pow(kRootLeast, static_cast<double>(cycle)));
    };
    return beyond(fit.ar, 1, 1) && beyond(fit.ma, -1, 1) && beyond(fit.seasonal_ar, 1, season_) &&
           beyond(fit.seasonal_ma, -1, season_);
  }

  enum class Roots { outside, any };
  /// True if `order` is new, allowed and better than the best one so far.
  bool try_order(const ArimaOrder& order, Roots roots = Roots::outside) {
    const bool small = order.p + order.q + order.sp + order.sq <= kCoefficientsMost &&
                       order.p <= kLagsMost && order.q <= kLagsMost &&
                       order.sp <= kSeasonalLagsMost && order.sq <= kSeasonalLagsMost;
    if (!small || (roots == Roots::outside && std::ranges::count(tried_, order) > 0)) return false;
    tried_.push_back(order);
    ArimaFit next;
    if (!fitter_.fit(searched_, season_, order, ArimaFitter::Search::quick, next)) return false;
    if (roots == Roots::outside && (next.aicc >= fit_.aicc || !acceptable(next))) return false;
    fit_ = std::move(next);
    return true;
  }

  void start(bool constant) {
    using Mean = ArimaOrder::Mean;
    const std::size_t s = season_ > 1 ? 1 : 0;
    const std::size_t few = history_.size() < 30 + 2 * season_ ? 1 : 2;
    ArimaOrder order = base_;
    order.mean = constant ? Mean::fitted : Mean::zero;
    const auto with = [&](std::size_t p, std::size_t q, std::size_t sp, std::size_t sq) {
      ArimaOrder next = order;
      next.p = p;
      next.q = q;
      next.sp = sp;
      next.sq = sq;
      return next;
    };
    try_order(with(few, few, s, few == 2 ? s : 0));
    try_order(with(0, 0, 0, 0));
    try_order(with(1, 0, s, 0));
    try_order(with(0, 1, 0, s));
    if (constant) try_order(base_);
  }

  /// One round over the neighbours of the best order; the first better one is taken.
  bool improve(bool constant) {
    struct Step {
      int p, q, sp, sq;
    };
    static constexpr std::array<Step, 16> kSteps = {
        Step{0, 0, -1, 0},  Step{0, 0, 0, -1}, Step{0, 0, 1, 0},  Step{0, 0, 0, 1},
        Step{0, 0, -1, -1}, Step{0, 0, -1, 1}, Step{0, 0, 1, -1}, Step{0, 0, 1, 1},
        Step{-1, 0, 0, 0},  Step{0, -1, 0, 0}, Step{1, 0, 0, 0},  Step{0, 1, 0, 0},
        Step{-1, -1, 0, 0}, Step{-1, 1, 0, 0}, Step{1, -1, 0, 0}, Step{1, 1, 0, 0}};
    const ArimaOrder best = fit_.order;
    for (const Step& step : kSteps) {
      if (season_ == 1 && (step.sp != 0 || step.sq != 0)) continue;
      ArimaOrder next = best;
      const auto moved = [](std::size_t& value, int by) {
        value += static_cast<std::size_t>(by);  // below 0 it wraps, and is out of bounds
      };
      moved(next.p, step.p);
      moved(next.q, step.q);
      moved(next.sp, step.sp);
      moved(next.sq, step.sq);
      if (std::max({next.p, next.q, next.sp, next.sq}) > kLagsMost) continue;
      if (try_order(next)) return true;
    }
    // Past neighbours whose roots disqualified them: the usual seasonal parts.
    for (std::size_t i = 0; season_ > 1 && i < 4; ++i) {
      ArimaOrder next = best;
      next.sp = i % 2;
      next.sq = i / 2;
      if (try_order(next)) return true;
    }
    if (!constant) return false;
    ArimaOrder next = best;
    next.mean = best.has_mean() ? ArimaOrder::Mean::zero : ArimaOrder::Mean::fitted;
    return try_order(next);
  }

  std::vector<double> searched_, differenced_;
  std::vector<std::size_t> gaps_;
  std::size_t season_ = 1;
  ArimaOrder base_;
  std::vector<ArimaOrder> tried_;
};

/// Takes "(1,0,2)" off the front of `text`.
bool take_triple(std::string_view& text, std::array<std::size_t, 3>& out) {
  if (text.empty() || text[0] != '(') return false;
  const char* at = text.data() + 1;
  const char* end = text.data() + text.size();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [after, error] = std::from_chars(at, end, out[i]);
    if (error != std::errc() || after == end || *after != (i < 2 ? ',' : ')')) return false;
    if (out[i] > kOrderMost) return false;
    at = after + 1;
  }
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return true;
}

}  // namespace

std::unique_ptr<Model> make_arima() { return std::make_unique<AutomaticArima>(); }

std::unique_ptr<Model> make_arima_of(std::string_view name) {
  static constexpr std::string_view kPrefix = "arima";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (name.size() < kPrefix.size() ||
      !std::ranges::equal(name.substr(0, kPrefix.size()), kPrefix, {}, lower)) {
    return nullptr;
  }
  name.remove_prefix(kPrefix.size());
  std::array<std::size_t, 3> plain{}, seasonal{};
  if (!take_triple(name, plain)) return nullptr;
  if (name.starts_with('(') && !take_triple(name, seasonal)) return nullptr;
  if (name.starts_with('[')) name.remove_prefix(std::min(name.find(']'), name.size() - 1) + 1);
  ArimaOrder order{.p = plain[0],
                   .d = plain[1],
                   .q = plain[2],
                   .sp = seasonal[0],
                   .sd = seasonal[1],
                   .sq = seasonal[2]};
  const std::size_t differences = order.d + order.sd;
  if (differences > 3) return nullptr;
  if (name.empty() ? differences == 0 : name != " with zero mean") {
    order.mean = ArimaOrder::Mean::fitted;
  }
  if (order.has_mean() && differences > 1) return nullptr;
  if (!name.empty() && name != " with drift" && name != " with non-zero mean" &&
      name != " with zero mean") {
    return nullptr;
  }
  return std::make_unique<FixedArima>(order);
}

}  // namespace costops::forecasting
