// sequential.h - how long to measure, and when to decide: looks, and a second session.
//
// A session adds spawns (fresh processes of all arms) and looks at the data at numbers of spawns
// fixed beforehand, each about twice the one before; it stops at the first look that decides. Of K
// planned looks, each uses confidence 1 - alpha/K: by the union bound the chance that any of them
// errs is at most alpha, whatever the dependence between them, so the interval of a session that
// stopped early holds with at least the nominal confidence.
//
// A regression or an improvement is only believed when a second session, with fresh processes and
// the same looks, finds it too, on the same side. That one need only be 95 % sure: where there is
// no change, the first errs in at most 1 % and the second, whatever the first did, on its side in
// at most 2.5 %, so both in at most one of 4,000. The two p-values are independent, so the chance
// that both are at most p is p^2 where there is no change: that square is what Holm's procedure
// gets.
//
// The control arm is a second copy of the base. A control that shows a change of its own makes the
// session invalid; one that merely wanders widens the margin by what it wandered beyond half of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "costops/benchmarks/comparison.h"
#include "costops/domain/error.h"

namespace costops::benchmarks {

/// Where rounds come from: worker processes, or a simulation.
class RoundSource {
 public:
  virtual ~RoundSource() = default;
  /// `rounds` rounds of fresh processes, numbered `spawn`.
  [[nodiscard]] virtual Result<std::vector<Round>> spawn(std::uint32_t spawn,
                                                         std::size_t rounds) = 0;
};

struct Plan {
  Margin margin;
  /// Numbers of spawns after which a session looks; increasing, not empty.
  std::vector<std::uint32_t> looks;
  /// Another session has found a change: to find it again takes 95 %.
  bool confirms = false;

  /// The first look: Student's interval needs some spawns, the sign test some rounds.
  static constexpr std::uint32_t kFirstLook = 8;
  /// Rounds in a spawn. What differs from process to process outweighs what differs from block to
  /// block, so many short spawns tell more than few long ones for the time that blocks take; but
  /// starting processes takes time too. Where a verdict is near, spawns are shortest.
  [[nodiscard]] static std::size_t rounds_in(std::uint32_t spawn) {
    return spawn < kFirstLook ? 4 : spawn < 2 * kFirstLook ? 8 : 16;
  }
  /// Rounds in that many spawns.
  [[nodiscard]] static std::uint64_t rounds_up_to(std::uint32_t spawns);
};
/// The looks that fit two sessions of `rounds_max` rounds together; at least the first.
[[nodiscard]] Plan plan_for(const Margin& margin, std::uint64_t rounds_max);

/// One session, as it stood when it stopped.
struct SampledSession {
  std::vector<Round> rounds;
  Effect head;         ///< At confidence 1 - alpha/K.
  Effect control;      ///< At the same.
  double p_value = 1;  ///< Against "no change beyond the margin"; holds at any stopping time.
  Verdict verdict = Verdict::inconclusive;
  bool control_moved = false;
  std::uint32_t looks = 0;  ///< Of the plan, used.
};
/// Fails as the source does.
[[nodiscard]] Result<SampledSession> run_session(RoundSource& source, const Plan& plan);

/// What one look at `rounds` says, as the `looks`-th of plan.looks.size().
[[nodiscard]] SampledSession judged(std::vector<Round> rounds, const Plan& plan,
                                    std::uint32_t looks);

/// What two builds' comparison on one target came to.
struct Comparison {
  SampledSession first;
  std::optional<SampledSession> second;  ///< If the first one found a change.
  Verdict verdict = Verdict::inconclusive;
  bool control_moved = false;  ///< In either session: nothing is proven.
  double p_value = 1;          ///< Of both sessions together; 1 without a confirmed change.

  /// The effect and interval to show: the second session's where there is one. A session that
  /// had to find something overstates it; one that only repeats does not.
  [[nodiscard]] Effect effect() const;
};
/// Two sources: each session gets processes of its own. Fails as the sources do.
[[nodiscard]] Result<Comparison> compare(RoundSource& first, RoundSource& second, const Plan& plan);

/// Withdraws regressions and improvements that Holm's procedure over the whole family does not
/// uphold at the margin's confidence; they become inconclusive. Returns the adjusted p-values.
std::vector<double> uphold(const std::vector<Comparison*>& family, const Margin& margin);

}  // namespace costops::benchmarks
