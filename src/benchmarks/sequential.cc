#include "costops/benchmarks/sequential.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace costops::benchmarks {
namespace {

bool is_change(Verdict verdict) {
  return verdict == Verdict::regression || verdict == Verdict::improvement;
}

/// What it takes to find a change again.
constexpr double kConfirming = 0.95;

/// Confidence of each look, so that all of them together have `confidence`.
double of_a_look(const Plan& plan, double confidence) {
  return 1 - (1 - confidence) / static_cast<double>(plan.looks.size());
}

/// How far the control wandered beyond half the margin: what it says about the head's change too.
double wandered(const Effect& control, const Margin& margin) {
  return std::max(0.0, std::abs(control.median) - std::log1p(margin.relative) / 2);
}

Margin moved_by(const Margin& margin, double shift) {
  return {std::expm1(std::log1p(margin.relative) + shift), margin.confidence};
}

Verdict verdict_beside(const Effect& head, double shift, const Margin& margin) {
  const Verdict strict = verdict_of(head, moved_by(margin, shift));
  if (is_change(strict)) return strict;
  // Equivalence is harder to claim, not easier, beside a control that wanders.
  const Verdict narrow = verdict_of(head, moved_by(margin, -shift));
  return narrow == Verdict::equivalent ? narrow : Verdict::inconclusive;
}

/// Both sides, since the side is chosen by the data; all looks, by the union bound.
double sequential_p(const std::vector<Round>& rounds, double shift, const Plan& plan) {
  const double p = p_value_of(rounds, moved_by(plan.margin, shift));
  return std::min(1.0, 2 * p * static_cast<double>(plan.looks.size()));
}

}  // namespace

std::uint64_t Plan::rounds_up_to(std::uint32_t spawns) {
  std::uint64_t rounds = 0;
  for (std::uint32_t spawn = 0; spawn < spawns; ++spawn) rounds += rounds_in(spawn);
  return rounds;
}

Plan plan_for(const Margin& margin, std::uint64_t rounds_max) {
  constexpr std::uint32_t kSpawnsMax = 1u << 14;
  std::uint32_t spawns = Plan::kFirstLook;
  std::uint64_t rounds = Plan::rounds_up_to(spawns);
  while (spawns < kSpawnsMax && 2 * (rounds + Plan::rounds_in(spawns)) <= rounds_max) {
    rounds += Plan::rounds_in(spawns++);
  }
  Plan plan{.margin = margin, .looks = {Plan::kFirstLook}};
  while (plan.looks.back() * 2 <= spawns) plan.looks.push_back(plan.looks.back() * 2);
  // A last look at the end of the budget, unless the one before is nearly there.
  if (spawns * 4 >= plan.looks.back() * 5) plan.looks.push_back(spawns);
  return plan;
}

SampledSession judged(std::vector<Round> rounds, const Plan& plan, std::uint32_t looks) {
  SampledSession session;
  session.rounds = std::move(rounds);
  session.looks = looks;
  const Margin margin = {plan.margin.relative, of_a_look(plan, plan.margin.confidence)};
  session.head = effect_of(session.rounds, Arm::head, margin.confidence);
  session.control = effect_of(session.rounds, Arm::control, margin.confidence);
  session.control_moved = is_change(verdict_of(session.control, margin));
  const double shift = wandered(session.control, margin);
  session.verdict = verdict_beside(session.head, shift, margin);
  if (plan.confirms && session.verdict == Verdict::inconclusive) {
    const double enough = of_a_look(plan, std::min(kConfirming, plan.margin.confidence));
    const Effect again = effect_of(session.rounds, Arm::head, enough);
    const Verdict verdict = verdict_beside(again, shift, margin);
    if (is_change(verdict)) session.verdict = verdict;
  }
  session.p_value = sequential_p(session.rounds, shift, plan);
  return session;
}

Result<SampledSession> run_session(RoundSource& source, const Plan& plan) {
  assert(!plan.looks.empty());
  SampledSession session;
  std::uint32_t spawns = 0;
  for (std::uint32_t look = 1; look <= plan.looks.size(); ++look) {
    std::vector<Round> rounds = std::move(session.rounds);
    for (; spawns < plan.looks[look - 1]; ++spawns) {
      const auto more = source.spawn(spawns, Plan::rounds_in(spawns));
      if (!more) return fail(more.error());
      rounds.insert(rounds.end(), more->begin(), more->end());
    }
    session = judged(std::move(rounds), plan, look);
    if (session.control_moved || session.verdict != Verdict::inconclusive) break;
  }
  return session;
}

Effect Comparison::effect() const { return second ? second->head : first.head; }

Result<Comparison> compare(RoundSource& first, RoundSource& second, const Plan& plan) {
  Comparison comparison;
  auto found = run_session(first, plan);
  if (!found) return fail(found.error());
  comparison.first = std::move(*found);
  comparison.control_moved = comparison.first.control_moved;
  if (comparison.control_moved) return comparison;
  comparison.verdict = comparison.first.verdict;
  if (!is_change(comparison.verdict)) return comparison;

  Plan confirming = plan;
  confirming.confirms = true;
  auto again = run_session(second, confirming);
  if (!again) return fail(again.error());
  comparison.second = std::move(*again);
  comparison.control_moved = comparison.second->control_moved;
  if (comparison.control_moved || comparison.second->verdict != comparison.first.verdict) {
    comparison.verdict = Verdict::inconclusive;
    return comparison;
  }
  const double larger = std::max(comparison.first.p_value, comparison.second->p_value);
  comparison.p_value = larger * larger;
  return comparison;
}

std::vector<double> uphold(const std::vector<Comparison*>& family, const Margin& margin) {
  std::vector<double> p_values;
  p_values.reserve(family.size());
  for (const Comparison* comparison : family) p_values.push_back(comparison->p_value);
  std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < family.size(); ++i) {
    if (is_change(family[i]->verdict) && adjusted[i] > 1 - margin.confidence) {
      family[i]->verdict = Verdict::inconclusive;
    }
  }
  return adjusted;
}

}  // namespace costops::benchmarks
