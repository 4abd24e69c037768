#include "forecasting/theta.h"

#include <gtest/gtest.h>

#include "costops/forecasting/model.h"
#include "forecasting/golden.h"
#include "forecasting/models.h"

namespace costops::forecasting {
namespace {

std::vector<double> path_of(std::string_view name, const std::vector<double>& values,
                            std::size_t season, std::size_t horizon) {
  const auto model = make_model(name).value();
  EXPECT_TRUE(model->fit({values, season}));
  std::vector<double> path(horizon);
  model->forecast(path);
  return path;
}

struct ThetaCase {
  const char* series;
  std::size_t season;
};

TEST(Theta, AgreesWithR) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  for (const ThetaCase& c : {ThetaCase{"AirPassengers", 12}, ThetaCase{"Nile", 1},
                             ThetaCase{"USAccDeaths", 12}, ThetaCase{"WWWusage", 1}}) {
    SCOPED_TRACE(c.series);
    const auto expected = GoldenTable::read("fc_thetaf_" + std::string(c.series)).numbers("mean");
    const auto path = path_of("theta", golden_series(c.series), c.season, expected.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
      EXPECT_NEAR(path[i], expected[i], 1e-4 * expected[i]) << i;
    }
  }
}

TEST(QuickTheta, IsCloseToTheSearchedOne) {
  COSTOPS_NEEDS_GOLDEN_DATA();
  for (const ThetaCase& c : {ThetaCase{"AirPassengers", 12}, ThetaCase{"Nile", 1},
                             ThetaCase{"USAccDeaths", 12}, ThetaCase{"WWWusage", 1}}) {
    const auto values = golden_series(c.series);
    const auto expected = path_of("theta", values, c.season, 6);
    const auto model = make_quick_theta();
    ASSERT_TRUE(model->fit({values, c.season}));
    std::vector<double> path(6);
    model->forecast(path);
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(path[i], expected[i], 0.03 * expected[i]) << c.series << i;
    }
  }
}

TEST(OptimisedTheta, ContinuesALineWithALine) {
  std::vector<double> line;
  for (int i = 0; i < 40; ++i) line.push_back(100.0 + 3.0 * i);
  for (const std::string_view name : {"otm", "dotm"}) {
    const auto path = path_of(name, line, 1, 5);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(path[i], 220.0 + 3.0 * static_cast<double>(i), 1.0) << name << i;
    }
  }
}

TEST(SeasonalIndices, AreThoseOfTheCycle) {
  std::vector<double> values, indices;
  for (int i = 0; i < 24; ++i) values.push_back(i % 3 == 0 ? 6.0 : 3.0);
  ASSERT_TRUE(seasonal_indices(values, 3, indices));
  EXPECT_NEAR(indices[0], 1.5, 1e-12);
  EXPECT_NEAR(indices[1], 0.75, 1e-12);
  EXPECT_TRUE(is_seasonal(values, 3));
  EXPECT_FALSE(is_seasonal(std::vector<double>(24, 1.0), 3));
}

}  // namespace
}  // namespace costops::forecasting
