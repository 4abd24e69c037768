#include "costops/benchmarks/ab.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "benchmarks/process.h"

namespace costops::benchmarks {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// CPU time of this process and of those it has reaped.
double cpu_seconds() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return sum;
}

std::string percent(double log_ratio) {
  return fmt::format("{:+.1f} %", std::expm1(log_ratio) * 100);
}

double median_time(const Comparison& comparison, double Round::*arm) {
  std::vector<double> times;
  const auto& session = comparison.second ? *comparison.second : comparison.first;
  for (const Round& round : session.rounds) times.push_back(round.*arm);
  return median(times);
}

std::string margin_text(const Margin& margin) {
  return fmt::format("+-{:g} %", margin.relative * 100);
}

/// What decided, in words.
std::string reason_of(const Comparison& comparison, const Margin& margin) {
  const std::string first = percent(comparison.first.head.median);
  if (comparison.control_moved) {
    const auto& control = comparison.second ? comparison.second->control : comparison.first.control;
    return fmt::format("the control, a copy of base, moved by {}", percent(control.median));
  }
  switch (comparison.verdict) {
    case Verdict::regression:
    case Verdict::improvement:
      return fmt::format("confirmed by a second session (first: {})", first);
    case Verdict::equivalent:
      return "within " + margin_text(margin);
    case Verdict::inconclusive:
      break;
  }
  if (comparison.second) {
    return fmt::format("a first session found {}, the second did not confirm it", first);
  }
  const double visible = detectable_change(comparison.first.head, margin);
  if (!std::isfinite(visible)) return "too few rounds to tell";
  return fmt::format("could only have seen more than {:.1f} %: more --budget, or a quieter machine",
                     visible * 100);
}

ArmOptions arm_options(const AbOptions& options, std::uint64_t seed) {
  return {.block_ns = options.block_ns,
          .seed = seed,
          .head_slowdown_percent = options.head_slowdown_percent,
          .answer_limit = options.answer_limit,
          .interrupted = options.interrupted};
}

Outcome outcome_of(const Error& error) {
  const bool differ = error.code == ErrorCode::conflict || error.code == ErrorCode::unsupported;
  return differ ? Outcome::not_comparable : Outcome::failed;
}

/// Seeds of the sessions of all targets differ, whatever the order of the targets.
std::uint64_t session_seed(const AbOptions& options, const std::string& target, int session) {
  std::uint64_t seed = options.seed * 2 + static_cast<std::uint64_t>(session);
  for (const char c : target) seed = seed * 1099511628211u + static_cast<unsigned char>(c);
  return seed;
}

Result<void> measure_sessions(const Arms& arms, const Calibration& calibration,
                              const AbOptions& options, TargetComparison& into) {
  const double round_s =
      3e-9 * static_cast<double>(std::max<std::int64_t>(1, calibration.block_ns));
  const auto rounds = static_cast<std::uint64_t>(options.budget_s / round_s);
  const Plan plan = plan_for(options.margin, rounds);
  WorkerRounds first(arms, into.target_id, calibration,
                     arm_options(options, session_seed(options, into.target_id, 0)));
  WorkerRounds second(arms, into.target_id, calibration,
                      arm_options(options, session_seed(options, into.target_id, 1)));
  auto compared = compare(first, second, plan);
  into.measured_cpu_s =
      static_cast<double>(first.measured_cpu_ns() + second.measured_cpu_ns()) / 1e9;
  const auto blocks = static_cast<double>(first.blocks() + second.blocks());
  const auto preempted = static_cast<double>(first.preempted() + second.preempted());
  into.preempted_share = blocks > 0 ? preempted / blocks : 0;
  if (!compared) return fail(compared.error());
  into.comparison = std::move(*compared);
  return {};
}

bool changed(const TargetComparison& target) {
  return target.outcome == Outcome::compared && (target.comparison.verdict == Verdict::regression ||
                                                 target.comparison.verdict == Verdict::improvement);
}

void judge_family(AbReport& report) {
  std::vector<Comparison*> family;
  std::vector<TargetComparison*> members;
  for (TargetComparison& target : report.targets) {
    if (target.outcome != Outcome::compared) continue;
    family.push_back(&target.comparison);
    members.push_back(&target);
  }
  const std::vector<double> adjusted = uphold(family, report.options.margin);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool withdrawn = members[i]->comparison.second && !members[i]->comparison.control_moved &&
                           members[i]->comparison.p_value < 1 && !changed(*members[i]);
    members[i]->holm_p = adjusted[i];
    if (withdrawn) members[i]->why = "not upheld among all targets (Holm)";
  }
}

void classify(AbReport& report, const Arms& arms) {
  for (TargetComparison& target : report.targets) {
    if (!changed(target)) continue;
    const double block = static_cast<double>(report.options.block_ns);
    const auto operations = static_cast<std::uint64_t>(std::max(1.0, block / target.base_ns));
    const auto counted =
        count_instructions(arms, target.target_id, operations, report.options.interrupted);
    if (!counted) {
      report.notes.push_back("not classified: " + counted.error().message);
      if (counted.error().code == ErrorCode::not_found) return;
      continue;
    }
    target.instructions = *counted;
    target.cause = cause_of(target.comparison.verdict, *counted);
    target.why = fmt::format("instructions {:+.2f} %: {}; {}", counted->change() * 100,
                             to_string(target.cause), target.why);
  }
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::compared:
      return "compared";
    case Outcome::invalid:
      return "invalid";
    case Outcome::not_comparable:
      return "not comparable";
    case Outcome::failed:
      return "failed";
  }
  return "failed";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::code:
      return "code";
    case Cause::layout_or_memory:
      return "layout or memory, not code";
    case Cause::unknown:
      return "cause not clear";
  }
  return "cause not clear";
}

Cause cause_of(Verdict verdict, const Instructions& instructions) {
  const double change = instructions.change();
  if (std::abs(change) < 0.001) return Cause::layout_or_memory;
  const bool slower = verdict == Verdict::regression && change >= 0.003;
  const bool faster = verdict == Verdict::improvement && change <= -0.003;
  return slower || faster ? Cause::code : Cause::unknown;
}

std::size_t AbReport::count(Outcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count(targets, outcome, &TargetComparison::outcome));
}

std::size_t AbReport::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count_if(targets, [&](const auto& target) {
    return target.outcome == Outcome::compared && target.comparison.verdict == verdict;
  }));
}

Result<std::vector<std::string>> targets_of(const std::filesystem::path& binary,
                                            const std::atomic<bool>* interrupted) {
  constexpr std::chrono::milliseconds kLimit{20'000};
  const auto listed = run_program({binary.string(), "run", "--list"}, "",
                                  {.time = kLimit, .interrupted = interrupted});
  if (!listed) return fail(listed.error());
  std::vector<std::string> ids;
  std::istringstream lines(listed->out);
  for (std::string line; std::getline(lines, line);) {
    std::string id = line.substr(0, line.find(' '));
    if (is_valid_target_id(id)) ids.push_back(std::move(id));
  }
  if (listed->wait_status == 0 && !ids.empty()) return ids;
  const std::string words = listed->errors.substr(0, listed->errors.find('\n')).substr(0, 200);
  return fail(ErrorCode::io_error,
              fmt::format("{} does not list benchmark targets ({}{}{}): is it a build of cost-ops?",
                          binary.string(), death_of(listed->wait_status), words.empty() ? "" : ": ",
                          words));
}

Result<TargetComparison> compare_target(const Arms& arms, const std::string& target,
                                        const AbOptions& options) {
  TargetComparison result;
  result.target_id = target;
  const double cpu_before = cpu_seconds();
  const auto calibration = calibrate_arms(arms, target, arm_options(options, options.seed));
  Result<void> measured;
  if (calibration) {
    result.clock = calibration->clock;
    result.code_moved = calibration->moved;
    measured = measure_sessions(arms, *calibration, options, result);
  } else {
    measured = fail(calibration.error());
  }
  result.total_cpu_s = cpu_seconds() - cpu_before;
  if (!measured) {
    if (measured.error().code == ErrorCode::cancelled) return fail(measured.error());
    result.outcome = outcome_of(measured.error());
    result.why = measured.error().message;
    return result;
  }
  result.outcome = result.comparison.control_moved ? Outcome::invalid : Outcome::compared;
  result.base_ns = median_time(result.comparison, &Round::base_ns);
  result.head_ns = median_time(result.comparison, &Round::head_ns);
  result.why = reason_of(result.comparison, options.margin);
  return result;
}

AbReport compare_builds(const std::filesystem::path& base, const std::filesystem::path& head,
                        const std::vector<std::string>& targets, const AbOptions& options) {
  AbReport report;
  report.base = base.string();
  report.head = head.string();
  report.options = options;
  report.environment = current_environment();
  const Arms arms{base, base, head};
  for (std::size_t i = 0; i < targets.size() && !report.interrupted; ++i) {
    if (options.progress) options.progress(i, targets.size(), targets[i]);
    auto compared = compare_target(arms, targets[i], options);
    report.interrupted = !compared;
    if (compared) report.targets.push_back(std::move(*compared));
  }
  const auto unmoved = [](const TargetComparison& target) { return !target.code_moved; };
  if (std::ranges::any_of(report.targets, unmoved)) {
    report.notes.push_back(
        "workers ran on shared pages, since the system gives them none of their own: where the "
        "page cache holds a file can move its speed");
  }
  judge_family(report);
  if (options.classify == AbOptions::Classify::yes && !report.interrupted) classify(report, arms);
  if (options.progress) options.progress(targets.size(), targets.size(), "");
  return report;
}

Decision decision_of(const AbReport& report, Gate gate) {
  if (report.interrupted) return Decision::interrupted;
  if (gate != Gate::none && report.count(Verdict::regression) > 0) return Decision::regression;
  if (report.count(Outcome::failed) > 0) return Decision::failed;
  if (gate != Gate::none && report.count(Outcome::invalid) > 0) return Decision::invalid;
  if (report.count(Outcome::compared) == 0) return Decision::not_comparable;
  if (gate == Gate::inconclusive && report.count(Verdict::inconclusive) > 0) {
    return Decision::inconclusive;
  }
  return Decision::fine;
}

}  // namespace costops::benchmarks
