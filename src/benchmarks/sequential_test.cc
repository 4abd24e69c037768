#include "costops/benchmarks/sequential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace costops::benchmarks {
namespace {

using testing::ElementsAre;

constexpr Margin kMargin = {.relative = 0.01, .confidence = 0.99};

/// What a shared two-core machine does to block times: 2 % within a process, 1.7 % between
/// processes, and a block in twenty disturbed by a third.
class NoisyMachine final : public RoundSource {
 public:
  NoisyMachine(std::uint64_t seed, double head_effect, double control_effect = 0)
      : random_(seed), head_effect_(head_effect), control_effect_(control_effect) {}

  Result<std::vector<Round>> spawn(std::uint32_t spawn, std::size_t rounds) override {
    const double base = process_(random_);
    const double control = control_effect_ + process_(random_);
    const double head = head_effect_ + process_(random_);
    std::vector<Round> out;
    for (std::size_t i = 0; i < rounds; ++i) {
      out.push_back({time(base), time(control), time(head), spawn});
    }
    rounds_ += rounds;
    return out;
  }
  std::size_t rounds() const { return rounds_; }

 private:
  double time(double log_level) {
    const double disturbed = disturbed_(random_) ? 0.3 : 0;
    return 100 * std::exp(log_level + block_(random_) + disturbed);
  }
  std::mt19937_64 random_;
  std::normal_distribution<double> process_{0, 0.012}, block_{0, 0.015};
  std::bernoulli_distribution disturbed_{0.05};
  double head_effect_, control_effect_;
  std::size_t rounds_ = 0;
};

class BrokenMachine final : public RoundSource {
 public:
  Result<std::vector<Round>> spawn(std::uint32_t, std::size_t) override {
    return fail(ErrorCode::io_error, "the worker died");
  }
};

struct Rates {
  int changes = 0, regressions = 0, invalid = 0;
  double rounds = 0;
};

/// `trials` whole comparisons within `rounds_max` rounds.
Rates rates_of(int trials, double effect, std::uint64_t rounds_max) {
  Rates rates;
  const Plan plan = plan_for(kMargin, rounds_max);
  for (int trial = 0; trial < trials; ++trial) {
    NoisyMachine first(static_cast<std::uint64_t>(2 * trial), effect);
    NoisyMachine second(static_cast<std::uint64_t>(2 * trial + 1), effect);
    const auto comparison = compare(first, second, plan);
    rates.regressions += comparison->verdict == Verdict::regression ? 1 : 0;
    rates.changes +=
        comparison->verdict == Verdict::regression || comparison->verdict == Verdict::improvement
            ? 1
            : 0;
    rates.invalid += comparison->control_moved ? 1 : 0;
    rates.rounds += static_cast<double>(first.rounds() + second.rounds()) / trials;
  }
  return rates;
}

// A session of 8 spawns has 32 rounds, one of 16 has 96, one of 32 has 352; two fit the budget.
TEST(Plan, LooksAtDoublingNumbersOfSpawns) {
  EXPECT_THAT(plan_for(kMargin, 0).looks, ElementsAre(8));
  EXPECT_THAT(plan_for(kMargin, 64).looks, ElementsAre(8));
  EXPECT_THAT(plan_for(kMargin, 191).looks, ElementsAre(8, 15));
  EXPECT_THAT(plan_for(kMargin, 192).looks, ElementsAre(8, 16));
  EXPECT_THAT(plan_for(kMargin, 448).looks, ElementsAre(8, 16, 24));
  EXPECT_THAT(plan_for(kMargin, 704).looks, ElementsAre(8, 16, 32));
  EXPECT_EQ(Plan::rounds_up_to(16), 96u);
}

// 1,000 comparisons of equal builds.
TEST(Sequential, EqualBuildsGetNoVerdict) {
  const Rates rates = rates_of(1000, 0, 1333);
  EXPECT_LE(rates.changes, 1);
  EXPECT_LE(rates.invalid, 10);
}

// The hardest case that is not to be called: a change of exactly the margin.
TEST(Sequential, AChangeOfTheMarginIsRarelyCalled) {
  EXPECT_LE(rates_of(1000, std::log(1.01), 1333).changes, 1);
}

// Budgets of 0.8, 0.2 and 2 s of measured time, in rounds of three blocks of a millisecond.
TEST(Sequential, FivePercentIsFoundWithin266Rounds) {
  EXPECT_GE(rates_of(300, std::log(1.05), 266).regressions, 285);
}
TEST(Sequential, TenPercentIsFoundWithin66Rounds) {
  EXPECT_GE(rates_of(300, std::log(1.10), 66).regressions, 285);
}
TEST(Sequential, ThreePercentIsFoundWithin666Rounds) {
  EXPECT_GE(rates_of(300, std::log(1.03), 666).regressions, 270);
}

TEST(Sequential, LargeChangesStopEarly) {
  EXPECT_LT(rates_of(100, std::log(1.10), 666).rounds, 100);
}

// The interval of a session that stops when it likes still holds: at least 99 % of 2,000.
TEST(Sequential, IntervalsHoldAtTheStoppingTime) {
  const Plan plan = plan_for(kMargin, 666);
  int covered = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    NoisyMachine machine(static_cast<std::uint64_t>(trial), 0.03);
    const Interval interval = run_session(machine, plan)->head.interval;
    covered += interval.low <= 0.03 && 0.03 <= interval.high ? 1 : 0;
  }
  EXPECT_GE(covered, kTrials * 99 / 100);
}

TEST(Sequential, AControlThatMovesProvesNothing) {
  NoisyMachine first(1, 0.05, 0.05);
  NoisyMachine second(2, 0.05, 0.05);
  const auto comparison = compare(first, second, plan_for(kMargin, 1333));
  EXPECT_TRUE(comparison->control_moved);
  EXPECT_EQ(comparison->verdict, Verdict::inconclusive);
  EXPECT_EQ(comparison->p_value, 1);
}

TEST(Sequential, ASecondSessionThatDisagreesWithdrawsTheVerdict) {
  NoisyMachine first(1, 0.10);
  NoisyMachine second(2, 0);
  const auto comparison = compare(first, second, plan_for(kMargin, 1333));
  EXPECT_EQ(comparison->first.verdict, Verdict::regression);
  EXPECT_EQ(comparison->verdict, Verdict::inconclusive);
  ASSERT_TRUE(comparison->second);
}

TEST(Sequential, EquivalenceNeedsNoSecondSession) {
  NoisyMachine first(1, 0);
  NoisyMachine second(2, 0);
  const auto comparison = compare(first, second, plan_for(kMargin, 6000));
  EXPECT_EQ(comparison->verdict, Verdict::equivalent);
  EXPECT_EQ(second.rounds(), 0u);
}

TEST(Sequential, AFailingSourceIsPassedOn) {
  BrokenMachine broken;
  const auto comparison = compare(broken, broken, plan_for(kMargin, 666));
  ASSERT_FALSE(comparison);
  EXPECT_EQ(comparison.error().message, "the worker died");
}

/// A control that reads 0.8 % high, 0.3 % beyond half the margin, without any noise.
SampledSession beside_a_wandering_control(double head_effect) {
  std::vector<Round> rounds;
  for (std::uint32_t i = 0; i < 60; ++i) {
    rounds.push_back({100, 100.8, 100 * (1 + head_effect), i / 4});
  }
  return judged(rounds, plan_for(kMargin, 120), 1);
}

TEST(Sequential, AWanderingControlWidensTheMargin) {
  EXPECT_EQ(beside_a_wandering_control(0.012).verdict, Verdict::inconclusive);
  EXPECT_EQ(beside_a_wandering_control(0.014).verdict, Verdict::regression);
  EXPECT_EQ(beside_a_wandering_control(-0.012).verdict, Verdict::inconclusive);
  EXPECT_EQ(beside_a_wandering_control(0.008).verdict, Verdict::inconclusive);
  EXPECT_EQ(beside_a_wandering_control(0.006).verdict, Verdict::equivalent);
}

Comparison changed(double p_value) {
  Comparison comparison;
  comparison.verdict = Verdict::regression;
  comparison.p_value = p_value;
  return comparison;
}

// By hand: .0001 x 4 = .0004, .004 x 3 = .012, .005 x 2 = .010, made monotone .012; against .01.
TEST(Family, IsUpheldByHolm) {
  Comparison sure = changed(0.0001), one = changed(0.004), other = changed(0.005);
  Comparison none;
  uphold({&sure, &one, &other, &none}, kMargin);
  EXPECT_EQ(sure.verdict, Verdict::regression);
  EXPECT_EQ(one.verdict, Verdict::inconclusive);
  EXPECT_EQ(other.verdict, Verdict::inconclusive);
  uphold({&sure}, kMargin);
  EXPECT_EQ(sure.verdict, Verdict::regression);
}

}  // namespace
}  // namespace costops::benchmarks
