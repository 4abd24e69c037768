#include "costops/benchmarks/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace costops::benchmarks {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr std::size_t kSpawns = 20;
constexpr std::size_t kRounds = 20;
constexpr Margin kMargin = {.relative = 0.01, .confidence = 0.99};

/// Log ratios of one simulated session: a draw per spawn, and one per round given the last one.
struct Noise {
  std::function<double(std::mt19937_64&)> spawn;
  std::function<double(std::mt19937_64&, double previous)> round;
};

std::vector<Round> session(std::mt19937_64& random, const Noise& noise, double effect) {
  std::vector<Round> rounds;
  for (std::uint32_t s = 0; s < kSpawns; ++s) {
    const double shared = noise.spawn(random);
    double state = 0;
    for (std::size_t r = 0; r < kRounds; ++r) {
      state = noise.round(random, state);
      rounds.push_back({100, 100, 100 * std::exp(effect + shared + state), s});
    }
  }
  return rounds;
}

double normal(std::mt19937_64& random, double sd) {
  return std::normal_distribution<double>(0, sd)(random);
}
double none(std::mt19937_64&) { return 0; }

const Noise kNormal = {none, [](auto& random, double) { return normal(random, 0.02); }};
/// Difference of two log-normal times: skewed one by one, symmetric as a pair.
const Noise kSkewed = {none, [](auto& random, double) {
                         std::lognormal_distribution<double> one(0, 1);
                         return 0.01 * (one(random) - one(random));
                       }};
const Noise kBimodalProcesses = {
    [](auto& random) { return std::bernoulli_distribution(0.5)(random) ? 0.02 : -0.02; },
    [](auto& random, double) { return normal(random, 0.02); }};
const Noise kAutocorrelated = {
    none, [](auto& random, double previous) { return 0.3 * previous + normal(random, 0.02); }};

double coverage(const Noise& noise) {
  std::mt19937_64 random(20260824);
  constexpr int kTrials = 2000;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto rounds = session(random, noise, 0.03);
    const Interval interval = effect_of(rounds, Arm::head, 0.99).interval;
    covered += interval.low <= 0.03 && 0.03 <= interval.high ? 1 : 0;
  }
  return static_cast<double>(covered) / kTrials;
}

// 2,000 trials of a true 99 %: three standard errors are 0.67 %.
TEST(Interval, CoversNormalNoise) { EXPECT_THAT(coverage(kNormal), DoubleNear(0.9925, 0.0075)); }
TEST(Interval, CoversSkewedNoise) { EXPECT_THAT(coverage(kSkewed), DoubleNear(0.9925, 0.0075)); }
TEST(Interval, CoversBimodalProcesses) {
  EXPECT_THAT(coverage(kBimodalProcesses), DoubleNear(0.9925, 0.0075));
}
TEST(Interval, CoversAutocorrelatedNoise) {
  EXPECT_THAT(coverage(kAutocorrelated), DoubleNear(0.9925, 0.0075));
}

TEST(Verdict, FollowsTheIntervalAndTheMargin) {
  struct Case {
    double low, high;
    Verdict verdict;
  };
  for (const Case& c :
       {Case{0.011, 0.05, Verdict::regression}, Case{-0.05, -0.011, Verdict::improvement},
        Case{-0.009, 0.009, Verdict::equivalent}, Case{0.005, 0.02, Verdict::inconclusive},
        Case{-0.02, 0.02, Verdict::inconclusive}}) {
    EXPECT_EQ(verdict_of({(c.low + c.high) / 2, {c.low, c.high}}, kMargin), c.verdict) << c.low;
  }
}

TEST(Verdict, SwapsWithTheArms) {
  std::mt19937_64 random(7);
  std::vector<Round> rounds = session(random, kNormal, 0.05);
  EXPECT_EQ(verdict_of(effect_of(rounds, Arm::head, 0.99), kMargin), Verdict::regression);
  for (Round& round : rounds) std::swap(round.base_ns, round.head_ns);
  EXPECT_EQ(verdict_of(effect_of(rounds, Arm::head, 0.99), kMargin), Verdict::improvement);
}

TEST(Verdict, IsAPureFunctionOfTheRounds) {
  std::mt19937_64 random(8);
  const auto rounds = session(random, kSkewed, 0.02);
  const Effect once = effect_of(rounds, Arm::head, 0.99);
  const Effect again = effect_of(rounds, Arm::head, 0.99);
  EXPECT_EQ(once.median, again.median);
  EXPECT_EQ(once.interval.low, again.interval.low);
}

TEST(Control, IsQuietOnlyWithoutADifference) {
  EXPECT_TRUE(is_quiet({0.001, {-0.002, 0.004}}, kMargin));
  EXPECT_FALSE(is_quiet({0.02, {0.012, 0.03}}, kMargin));
  EXPECT_FALSE(is_quiet({0.006, {-0.02, 0.03}}, kMargin));
}

TEST(PValue, IsSmallOnlyBeyondTheMargin) {
  std::mt19937_64 random(9);
  EXPECT_LT(p_value_of(session(random, kNormal, 0.05), kMargin), 1e-6);
  EXPECT_LT(p_value_of(session(random, kNormal, -0.05), kMargin), 1e-6);
  EXPECT_GT(p_value_of(session(random, kNormal, 0.0), kMargin), 0.5);
}

// By hand, Holm: sorted .01 .02 .03 .04 times 4 3 2 1 = .04 .06 .06 .04 -> made monotone .06.
TEST(Holm, StepsDown) {
  EXPECT_THAT(holm(std::vector<double>{0.04, 0.01, 0.03, 0.02}),
              ElementsAre(DoubleNear(0.06, 1e-12), DoubleNear(0.04, 1e-12), DoubleNear(0.06, 1e-12),
                          DoubleNear(0.06, 1e-12)));
  EXPECT_THAT(holm(std::vector<double>{0.9, 0.8}), ElementsAre(1.0, 1.0));
}

// R: pt(2.5, 9) = 0.9830691, qt(0.995, 9) = 3.249836, qt(0.975, 1) = 12.7062.
TEST(Student, AgreesWithTables) {
  EXPECT_NEAR(student_cdf(2.5, 9), 0.9830691, 1e-6);
  EXPECT_NEAR(student_cdf(-2.5, 9), 1 - 0.9830691, 1e-6);
  EXPECT_NEAR(student_quantile(0.995, 9), 3.249836, 1e-5);
  EXPECT_NEAR(student_quantile(0.975, 1), 12.7062, 1e-3);
}

}  // namespace
}  // namespace costops::benchmarks
