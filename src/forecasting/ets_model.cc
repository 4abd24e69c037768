// ETS as a model: one form by its name, or the form with the least AICc.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "forecasting/ets.h"
#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr std::size_t kRefined = 3;   // how many forms are fitted from every starting point
constexpr int kRoundIterations = 20;  // of a race
constexpr int kRounds = 20;
constexpr double kMargin = 8.0;         // of AICc within which a form is fitted from other points
constexpr double kReach = 50.0;         // of AICc that other starting points may gain
constexpr double kPromise = 20.0;       // how many times its last gain a search may still gain
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
    race(history);
    best_.aicc = kInfinite;
    keep(history, runners_.front());
    // From every other starting point: only the forms that may still win.
    for (std::size_t i = 0; i < std::min(kRefined, runners_.size()); ++i) {
      // With a season starting points matter less, and cost much more.
      const double behind = runners_[i].search.aicc - runners_.front().search.aicc;
      if (history.season > 1 && behind > kReach) break;
      const EtsForm form = runners_[i].search.form;
      for (std::size_t start = 1; runners_[i].fits && start < EtsFitter::kStarts; ++start) {
        Runner again;
        again.fits = fitter_.begin(history.values, history.season, form, start, again.search);
        if (!again.fits) continue;
        fitter_.advance(history.values, history.season, kRounds * kRoundIterations, again.search);
        keep(history, again);
      }
    }
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
  struct Runner {
    EtsFitter::Search search;
    bool fits = false;  ///< The form can take the history.
    bool alive = false;
  };

  /// Fits all forms side by side, some iterations at a time; one that would have to gain much more
  /// than it did lately to become the best stays behind. Afterwards the best come first.
  void race(const History& history) {
    runners_.resize(forms_.size());
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      Runner& runner = runners_[i];
      const bool season =
          forms_[i].season == 'N' || (history.season >= 2 && history.season <= kPeriodMax);
      runner.fits =
          season && fitter_.begin(history.values, history.season, forms_[i], 0, runner.search);
      runner.alive = runner.fits;
    }
    for (int round = 0; round < kRounds && advance(history, round > 0); ++round) {
    }
    std::stable_sort(runners_.begin(), runners_.end(), [](const Runner& a, const Runner& b) {
      if (a.fits != b.fits) return a.fits;
      return a.fits && a.search.aicc < b.search.aicc;
    });
  }

  /// One round; whether there is more to gain.
  bool advance(const History& history, bool leave_behind) {
    double best = kInfinite;
    bool going = false;
    for (Runner& runner : runners_) {
      if (!runner.alive) continue;
      if (runner.search.going()) {
        fitter_.advance(history.values, history.season, kRoundIterations, runner.search);
      }
      best = std::min(best, runner.search.aicc);
      going = going || runner.search.going();
    }
    for (Runner& runner : runners_) {
      const auto& search = runner.search;
      const double promise = search.going() ? kPromise * search.gained : 0.0;
      if (leave_behind && search.aicc - promise > best + kMargin) runner.alive = false;
    }
    return going;
  }

  void keep(const History& history, const Runner& runner) {
    if (!runner.fits || !(runner.search.aicc < best_.aicc)) return;
    fitter_.finish(history.values, history.season, runner.search, best_);
  }

  std::string label_;
  std::vector<EtsForm> forms_;
  EtsFitter fitter_;
  EtsFit best_;
  std::vector<Runner> runners_;
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
