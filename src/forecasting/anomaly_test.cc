#include "costops/forecasting/anomaly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace costops::forecasting {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Instant at(std::string_view text) { return parse_instant(text).value(); }

/// `count` days from Monday, 5 January 2026.
Grid days(std::size_t count) {
  const Instant from = at("2026-01-05");
  return {{from, from + std::chrono::days(count)}, Grain::day, TimeZone()};
}

std::vector<Anomaly> found_in(const std::vector<double>& values,
                              const AnomalyParameters& parameters = {}) {
  return anomalies_of(values, days(values.size()), parameters).value();
}

/// Ten weeks at 100 on weekdays and 40 on weekends.
std::vector<double> ten_weeks() {
  std::vector<double> values;
  for (std::size_t day = 0; day < 70; ++day) values.push_back(day % 7 < 5 ? 100.0 : 40.0);
  return values;
}

struct MethodCase {
  AnomalyMethod method;
  std::vector<double> before;
  double value;
  Verdict verdict;
  double expected, lower, upper, severity;
};

// Expected values by Python's statistics module (mean, stdev, median) and type 7 quantiles.
TEST(WindowMethods, JudgeAsTheirTextbooksSay) {
  const std::vector<double> eight = {10, 12, 11, 13, 12, 14, 11, 12};
  const std::vector<double> nearly_flat = {5, 5, 5, 5, 5, 5, 5, 9};
  const std::vector<double> flat = {5, 5, 5, 5, 5};
  using enum AnomalyMethod;
  const MethodCase cases[] = {
      {z_score, eight, 20, Verdict::high, 11.875, 8.135729635725326, 15.614270364274674,
       6.51865140132175},
      {z_score, eight, 15, Verdict::normal, 11.875, 8.135729635725326, 15.614270364274674,
       2.507173615892980},
      {iqr, eight, 20, Verdict::high, 12, 9.125, 14.125, 6.2},
      {iqr, eight, 9, Verdict::low, 12, 9.125, 14.125, 1.6},
      {mad, eight, 20, Verdict::high, 12, 6.8109, 17.1891, 5.395926075812762},
      {modified_z_score, eight, 20, Verdict::high, 12, 6.810971089696071, 17.18902891030393, 5.396},
      {modified_z_score, nearly_flat, 20, Verdict::high, 5, 2.8067005, 7.1932995,
       23.936539446619122},
      {moving_average, eight, 20, Verdict::high, 11.875, 5.9375, 17.8125, 0.6842105263157895},
      {moving_average, eight, 7, Verdict::normal, 11.875, 5.9375, 17.8125, 0.4105263157894737},
      {z_score, flat, 5, Verdict::normal, 5, 5, 5, 0},
      {z_score, flat, 5.01, Verdict::high, 5, 5, 5, 999},
      {mad, flat, 4.99, Verdict::low, 5, 5, 5, 999},
  };
  for (const MethodCase& c : cases) {
    const AnomalyParameters parameters{.method = c.method, .window = 8};
    const auto detector = make_detector(parameters, Grain::day).value();
    for (const double value : c.before) (void)detector->observe(value, {});
    const Judgement judged = detector->observe(c.value, {});
    SCOPED_TRACE(std::string(to_string(c.method)) + " of " + std::to_string(c.value));
    EXPECT_EQ(judged.verdict, c.verdict);
    EXPECT_NEAR(judged.expected, c.expected, 1e-12);
    EXPECT_NEAR(judged.lower, c.lower, 1e-6);
    EXPECT_NEAR(judged.upper, c.upper, 1e-6);
    EXPECT_NEAR(judged.severity, c.severity, 1e-6);
  }
}

TEST(WindowMethods, ForgetWhatLeavesTheWindow) {
  const auto detector =
      make_detector({.method = AnomalyMethod::z_score, .window = 5}, Grain::day).value();
  for (const double value : {1e6, 10.0, 12.0, 11.0, 13.0, 12.0}) (void)detector->observe(value, {});
  EXPECT_EQ(detector->observe(50.0, {}).verdict, Verdict::high);
}

TEST(Robust, ASpikeOnPerfectlyFlatSpendIsFound) {
  std::vector<double> values(40, 25.0);
  values[30] = 40.0;
  const auto found = found_in(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Anomaly::Kind::spike);
  EXPECT_EQ(found[0].first, 30u);
  EXPECT_EQ(found[0].last, 30u);
  EXPECT_EQ(found[0].actual, 40.0);
  EXPECT_NEAR(found[0].expected, 25.0, 0.01);
}

TEST(Robust, WeekendsAreNoAnomaly) { EXPECT_THAT(found_in(ten_weeks()), IsEmpty()); }

TEST(Robust, AWeekdaysSpendOnASundayIsOne) {
  std::vector<double> values = ten_weeks();
  values[62] = 100.0;  // A Sunday.
  const auto found = found_in(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].first, 62u);
  EXPECT_NEAR(found[0].expected, 40.0, 2.0);
}

TEST(Robust, AMissingDayIsNoDrop) {
  std::vector<double> values = ten_weeks();
  values[60] = kMissing;
  EXPECT_THAT(found_in(values), IsEmpty());
}

TEST(Robust, ADayWithoutSpendIsADrop) {
  std::vector<double> values = ten_weeks();
  values[60] = 0.0;
  const auto found = found_in(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Anomaly::Kind::drop);
}

TEST(Robust, ANewLevelIsToldOnceAsARise) {
  std::vector<double> values = ten_weeks();
  for (std::size_t day = 35; day < values.size(); ++day) values[day] *= 2.0;
  const auto found = found_in(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Anomaly::Kind::rise);
  EXPECT_EQ(found[0].first, 35u);
  EXPECT_EQ(found[0].last, 39u);  // Five days in a row make it a level.
}

TEST(Robust, SpendThatBeginsIsARise) {
  std::vector<double> values(60, 0.0);
  for (std::size_t day = 30; day < values.size(); ++day) values[day] = 12.0;
  const auto found = found_in(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Anomaly::Kind::rise);
  EXPECT_EQ(found[0].first, 30u);
}

TEST(Robust, ABurstIsOneAnomaly) {
  std::vector<double> values = ten_weeks();
  for (const std::size_t day : {50u, 51u, 52u}) values[day] = 300.0;
  const auto found = found_in(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Anomaly::Kind::spike);
  EXPECT_EQ(found[0].first, 50u);
  EXPECT_EQ(found[0].last, 52u);
  EXPECT_EQ(found[0].actual, 900.0);
}

TEST(Robust, NothingIsToldOfTheFirstDays) {
  EXPECT_THAT(found_in({1.0, 1000.0, 1.0, 1000.0, 1.0}), IsEmpty());
  EXPECT_THAT(found_in({}), IsEmpty());
}

TEST(Robust, HoursFollowTheDay) {
  const Instant from = at("2026-01-05");
  const Grid hours({from, from + std::chrono::days(14)}, Grain::hour, TimeZone());
  std::vector<double> values;
  for (std::size_t i = 0; i < hours.size(); ++i) {
    values.push_back(i % 24 >= 8 && i % 24 < 18 ? 50.0 : 2.0);
  }
  EXPECT_THAT(anomalies_of(values, hours, {}).value(), IsEmpty());
  values[13 * 24 + 3] = 50.0;  // At night.
  ASSERT_THAT(anomalies_of(values, hours, {}).value(), SizeIs(1));
}

TEST(Robust, TheUnitOfMoneyDoesNotMatter) {
  std::mt19937_64 random(7);
  const auto one = make_detector({}, Grain::day).value();
  const auto other = make_detector({}, Grain::day).value();
  for (std::size_t i = 0; i < 300; ++i) {
    const double value = 1.0 + static_cast<double>(random() % 1000);
    const Phase phase{0, static_cast<std::uint8_t>(i % 7)};
    const Judgement a = one->observe(value, phase);
    const Judgement b = other->observe(value * 4096.0, phase);
    ASSERT_EQ(a.verdict, b.verdict);
    ASSERT_NEAR(a.severity, b.severity, 1e-6);
  }
}

TEST(EveryMethod, AnswersFiniteNumbersToAnything) {
  std::mt19937_64 random(11);
  const double strange[] = {0.0, -5.0,          1e-300, 1e300, kMissing,
                            3.0, std::log(0.0), 1e15,   1e-12, 7.0};
  for (int method = 0; method < 6; ++method) {
    const auto detector =
        make_detector({.method = static_cast<AnomalyMethod>(method)}, Grain::day).value();
    for (std::size_t i = 0; i < 2000; ++i) {
      const Phase phase{0, static_cast<std::uint8_t>(i % 7)};
      const Judgement judged = detector->observe(strange[random() % std::size(strange)], phase);
      ASSERT_TRUE(std::isfinite(judged.expected) && std::isfinite(judged.lower) &&
                  std::isfinite(judged.upper) && std::isfinite(judged.severity))
          << to_string(static_cast<AnomalyMethod>(method)) << " at " << i;
    }
  }
}

TEST(EveryMethod, GoesByItsName) {
  for (int method = 0; method < 6; ++method) {
    const auto each = static_cast<AnomalyMethod>(method);
    EXPECT_EQ(parse_anomaly_method(to_string(each)), each);
  }
  EXPECT_EQ(parse_anomaly_method("prophet"), std::nullopt);
}

TEST(Parameters, AreChecked) {
  EXPECT_EQ(
      make_detector({.threshold = -1.0}, Grain::day).error(),
      (Error{ErrorCode::invalid_input, "the anomaly threshold must be above 0 and at most 999"}));
  EXPECT_EQ(make_detector({.window = 100'001}, Grain::day).error(),
            (Error{ErrorCode::invalid_input, "an anomaly window holds at most 100000 values"}));
}

TEST(PhaseOf, IsLocal) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  const Grid hours({at("2026-03-29T00:30:00Z"), at("2026-03-29T02:30:00Z")}, Grain::hour, berlin);
  EXPECT_EQ(phase_of(hours, 0).weekday, 6);  // A Sunday, 01:00 before the clocks change ...
  EXPECT_EQ(phase_of(hours, 0).hour, 1);
  EXPECT_EQ(phase_of(hours, 1).hour, 3);  // ... and 03:00 after.
}

}  // namespace
}  // namespace costops::forecasting
