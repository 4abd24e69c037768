#include "forecasting/ets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "costops/forecasting/model.h"
#include "forecasting/golden.h"

namespace costops::forecasting {
namespace {

std::size_t frequency_of(const std::string& series) {
  const GoldenTable meta = GoldenTable::read("series_meta");
  for (const auto& row : meta.rows) {
    if (row[0] != series) continue;
    return std::max<std::size_t>(1, static_cast<std::size_t>(GoldenTable::number(row[2])));
  }
  return 1;
}

EtsForm form_of(const std::string& method) {  // "ETS(M,Ad,M)"
  EtsForm form{.error = method[4], .trend = method[6]};
  form.damped = method[7] == 'd';
  form.season = method[method.size() - 2];
  return form;
}

TEST(Ets, EveryFormIsAtLeastAsLikelyAsWithR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenTable golden = GoldenTable::read("ets_models");
  const std::size_t likelihood = golden.column("loglik"), name = golden.column("method");
  EtsFitter fitter;
  EtsFit fit;
  for (const auto& row : golden.rows) {
    SCOPED_TRACE(row[0] + " " + row[1] + " " + row[name]);
    std::vector<double> values = golden_series(row[0]);
    std::erase_if(values, [](double v) { return std::isnan(v); });
    if (values.size() != golden_series(row[0]).size()) continue;  // R takes the longest stretch
    ASSERT_TRUE(fitter.fit(values, frequency_of(row[0]), form_of(row[name]), fit));
    EXPECT_GE(fit.log_likelihood, GoldenTable::number(row[likelihood]) - 0.01);
  }
}

TEST(Ets, TheChosenFormHasAnAiccAtMostThatOfR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenTable golden = GoldenTable::read("ets_models");
  const std::size_t aicc = golden.column("aicc"), tag = golden.column("tag");
  int compared = 0;
  for (const auto& row : golden.rows) {
    if (row[tag] != "auto") continue;
    SCOPED_TRACE(row[0] + " " + row[golden.column("method")]);
    const std::vector<double> values = golden_series(row[0]);
    if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) continue;
    const auto model = make_model("ets").value();
    ASSERT_TRUE(model->fit({values, frequency_of(row[0])}));
    EXPECT_LE(model->parameters().back().value, GoldenTable::number(row[aicc]) + 0.05)
        << model->name();
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

/// R's parameters and initial states of one fit: there s0 is the newest, here the first comes
/// first.
EtsParameters golden_parameters(const GoldenTable& table, const std::string& series,
                                const std::string& tag, std::size_t period, char season) {
  EtsParameters p;
  p.seasonal.resize(period);
  for (const auto& row : table.rows) {
    if (row[0] != series || row[1] != tag) continue;
    const double value = GoldenTable::number(row[4]);
    if (row[3] == "alpha") p.alpha = value;
    if (row[3] == "beta") p.beta = value;
    if (row[3] == "gamma") p.gamma = value;
    if (row[3] == "phi") p.phi = value;
    if (row[3] == "l") p.level = value;
    if (row[3] == "b") p.slope = value;
    if (row[3][0] != 's') continue;
    const auto back = static_cast<std::size_t>(GoldenTable::number(row[3].substr(1)));
    if (back + 1 < period) p.seasonal[period - 1 - back] = value;
  }
  p.seasonal[0] = season == 'M' ? static_cast<double>(period) : 0.0;
  for (std::size_t i = 1; i < period; ++i) p.seasonal[0] -= p.seasonal[i];
  return p;
}

TEST(Ets, TheRecursionWithTheParametersOfRIsThatOfR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  const GoldenTable models = GoldenTable::read("ets_models");
  const GoldenTable states = GoldenTable::read("ets_params_states");
  const GoldenTable forecasts = GoldenTable::read("ets_forecasts");
  const std::size_t mean = forecasts.column("mean"), likelihood = models.column("loglik");
  EtsFitter fitter;
  EtsFit fit;
  for (const auto& row : models.rows) {
    SCOPED_TRACE(row[0] + " " + row[1] + " " + row[2]);
    const std::vector<double> values = golden_series(row[0]);
    if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) continue;
    const std::size_t period = frequency_of(row[0]);
    const auto parameters =
        golden_parameters(states, row[0], row[1], period, form_of(row[2]).season);
    ASSERT_TRUE(fitter.evaluate(values, period, form_of(row[2]), parameters, fit));
    const double expected = GoldenTable::number(row[likelihood]);
    EXPECT_NEAR(fit.log_likelihood, expected, 1e-10 * std::abs(expected));
    std::vector<double> means;
    for (const auto& f : forecasts.rows) {
      if (f[0] == row[0] && f[1] == row[1]) means.push_back(GoldenTable::number(f[mean]));
    }
    std::vector<double> path(means.size());
    ets_forecast(fit, path);
    for (std::size_t i = 0; i < path.size(); ++i) {
      // With a multiplicative season R adds the covariance of level and season to the mean.
      const double tolerance = form_of(row[2]).season == 'M' ? 0.01 : 1e-10;
      EXPECT_NEAR(path[i], means[i], tolerance * std::abs(means[i])) << i;
    }
  }
}

}  // namespace
}  // namespace costops::forecasting
