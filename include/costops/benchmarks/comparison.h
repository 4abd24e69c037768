// comparison.h - from paired block times to a verdict: pure functions of their samples.
//
// Two builds are timed in blocks of a millisecond that alternate in random order, so that whatever
// the machine does meets both. A round is one block of each arm; its evidence is the logarithm of
// the ratio of the two times. A process is one draw (its memory layout moves everything in it, by
// 2.5 % in one measured kernel), so rounds come in spawns of fresh processes, and the interval
// respects both levels: it is the wider of
//   - the sign-test interval of the median over all rounds, which needs no distribution, and
//   - Student's interval about the trimmed mean of the spawns' medians, which sees what rounds in
//     one process share.
// Resampling both levels (a two-stage bootstrap) is left out: the medians of the spawns already
// vary by what varies within a process, and drawing rounds anew would count that twice.
// A third arm, a second copy of the base, is the control: it shows what no difference looks like.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "costops/benchmarks/statistics.h"

namespace costops::benchmarks {

/// Nanoseconds per operation of each arm in one round, on the target's gating clock.
struct Round {
  double base_ns = 0;
  double control_ns = 0;
  double head_ns = 0;
  std::uint32_t spawn = 0;
};

/// A relative change as logarithm of a ratio: +0.05 is about 5 % slower.
struct Effect {
  double median = 0;
  Interval interval;
};

/// Effect of head over base, or of control over base. Requires rounds.
enum class Arm : std::uint8_t { head, control };
[[nodiscard]] Effect effect_of(std::span<const Round> rounds, Arm arm, double confidence);

enum class Verdict : std::uint8_t { regression, improvement, equivalent, inconclusive };
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// How large a change must be to matter, as relative change (0.01: one percent), and how sure one
/// must be of it.
struct Margin {
  double relative = 0.01;
  double confidence = 0.99;
};

/// regression: the whole interval lies above +margin; improvement: below -margin; equivalent:
/// inside; inconclusive: otherwise.
[[nodiscard]] Verdict verdict_of(const Effect& effect, const Margin& margin);

/// Whether the control arm behaves as no difference must: no verdict of its own, and its median
/// within half the margin. Otherwise the session proves nothing.
[[nodiscard]] bool is_quiet(const Effect& control, const Margin& margin);

/// The p-value against "the change is not beyond the margin", on the side of the median: the larger
/// of the sign test's and Student's over spawns. Requires rounds.
[[nodiscard]] double p_value_of(std::span<const Round> rounds, const Margin& margin);

/// Holm's step-down adjustment of a family of p-values, in their order.
/// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);

/// The smallest change that these rounds could have shown: margin plus twice the interval's half
/// width.
[[nodiscard]] double detectable_change(const Effect& effect, const Margin& margin);

}  // namespace costops::benchmarks
