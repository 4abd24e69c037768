// ETS as a model: one form by its name, or the form with the least AICc.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "forecasting/ets.h"
#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr std::size_t kRefined = 3;     // how many forms are fitted from every starting point
constexpr std::size_t kPeriodMax = 24;  // longer cycles have more initial states than sense

/// The forms that `ets` chooses from: no additive error with a multiplicative season (unstable), no
/// multiplicative trend (explodes).
std::vector<EtsForm> stable_forms() {
  std::vector<EtsForm> forms;
  for (const char season : {'N', 'A', 'M'}) {
    for (const char error : {'A', 'M'}) {
      if (error == 'A' && season == 'M') continue;
      forms.push_back({error, 'N', false, season});
      forms.push_back({error, 'A', false, season});
      forms.push_back({error, 'A', true, season});
    }
  }
  return forms;
}

class Ets final : public Model {
 public:
  /// Without forms: all stable ones.
  Ets(std::string label, std::vector<EtsForm> forms)
      : label_(std::move(label)), forms_(std::move(forms)) {}

  std::string name() const override { return best_.form.name(); }

  Result<void> fit(const History& history) override {
    if (auto enough = require_length(history, 4, label_); !enough) return enough;
    fits_.resize(forms_.size());
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      fits_[i].aicc = kInfinite;
      if (forms_[i].season != 'N' && (history.season < 2 || history.season > kPeriodMax)) continue;
      if (!fitter_.fit(history.values, history.season, forms_[i], {.last = 1}, fits_[i])) {
        fits_[i].aicc = kInfinite;
      }
    }
    EtsFit again;
    // From every other starting point: only the forms that may still win.
    std::ranges::sort(fits_, {}, &EtsFit::aicc);
    for (std::size_t i = 0; i < std::min(kRefined, fits_.size()); ++i) {
      if (fits_[i].aicc == kInfinite) break;
      const EtsForm form = fits_[i].form;
      if (fitter_.fit(history.values, history.season, form, {.first = 1}, again) &&
          again.aicc < fits_[i].aicc) {
        fits_[i] = again;
      }
    }
    best_ = *std::ranges::min_element(fits_, {}, &EtsFit::aicc);
    if (best_.aicc < kInfinite) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("{} needs more than {} values, or values above 0 throughout", label_,
                            history.values.size()));
  }
  void forecast(std::span<double> path) const override { ets_forecast(best_, path); }
  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> all = {{"alpha", best_.alpha}};
    if (best_.form.trend != 'N') all.push_back({"beta", best_.beta});
    if (best_.form.season != 'N') all.push_back({"gamma", best_.gamma});
    if (best_.form.damped) all.push_back({"phi", best_.phi});
    all.push_back({"log_likelihood", best_.log_likelihood});
    all.push_back({"aicc", best_.aicc});
    return all;
  }

 private:
  std::string label_;
  std::vector<EtsForm> forms_;
  EtsFitter fitter_;
  EtsFit best_;
  std::vector<EtsFit> fits_;
};

}  // namespace

std::unique_ptr<Model> make_ets() { return std::make_unique<Ets>("ets", stable_forms()); }
std::unique_ptr<Model> make_ses() {
  return std::make_unique<Ets>("ses", std::vector<EtsForm>{{'A', 'N', false, 'N'}});
}
std::unique_ptr<Model> make_holt() {
  return std::make_unique<Ets>("holt", std::vector<EtsForm>{{'A', 'A', false, 'N'}});
}
std::unique_ptr<Model> make_damped_holt() {
  return std::make_unique<Ets>("damped_holt", std::vector<EtsForm>{{'A', 'A', true, 'N'}});
}
std::unique_ptr<Model> make_holt_winters() {
  return std::make_unique<Ets>("holt_winters", std::vector<EtsForm>{{'A', 'A', false, 'A'}});
}

}  // namespace costops::forecasting
