#include "costops/benchmarks/selftest.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "costops/benchmarks/statistics.h"

namespace costops::benchmarks {
namespace {

class Empty final : public Workload {
 public:
  Result<void> check() override { return {}; }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) consume(i);
  }
};

/// What trials of one row measured.
struct Samples {
  std::vector<double> changes, controls, measured, total;
};

double median_or_zero(const std::vector<double>& values) {
  return values.empty() ? 0 : median(values);
}

void count_verdict(SelftestRow& row, Verdict verdict) {
  switch (verdict) {
    case Verdict::regression:
      ++row.regressions;
      return;
    case Verdict::improvement:
      ++row.improvements;
      return;
    case Verdict::equivalent:
      ++row.equivalent;
      return;
    case Verdict::inconclusive:
      ++row.inconclusive;
      return;
  }
}

void count_trial(SelftestRow& row, Samples& samples, const TargetComparison& trial) {
  if (trial.outcome != Outcome::compared && trial.outcome != Outcome::invalid) {
    if (row.failed++ == 0) row.failure = trial.why;
    return;
  }
  ++row.trials;
  if (trial.outcome == Outcome::invalid) {
    ++row.invalid;
  } else {
    count_verdict(row, trial.comparison.verdict);
  }
  samples.changes.push_back(std::expm1(trial.comparison.effect().median) * 100);
  samples.controls.push_back(std::abs(std::expm1(trial.comparison.first.control.median)) * 100);
  samples.measured.push_back(trial.measured_cpu_s);
  samples.total.push_back(trial.total_cpu_s);
}

/// One row; false if the user stopped it.
bool run_row(const Arms& arms, const SelftestOptions& options, std::uint32_t trials,
             SelftestRow& row) {
  Samples samples;
  const std::string what =
      row.injected_percent == 0 ? "itself" : fmt::format("+{} %", row.injected_percent);
  bool whole = true;
  for (std::uint32_t trial = 0; trial < trials && whole; ++trial) {
    if (options.progress) options.progress(what, trial, trials);
    AbOptions ab = options.ab;
    ab.seed = options.ab.seed + trial;
    ab.head_slowdown_percent = row.injected_percent;
    const auto compared = compare_target(arms, options.targets[trial % options.targets.size()], ab);
    whole = compared.has_value();
    if (!compared) continue;
    count_trial(row, samples, *compared);
    if (options.completed) options.completed(row.injected_percent, *compared);
  }
  row.median_change_pct = median_or_zero(samples.changes);
  row.control_change_pct = median_or_zero(samples.controls);
  row.measured_cpu_s_median = median_or_zero(samples.measured);
  row.total_cpu_s_median = median_or_zero(samples.total);
  for (const double measured : samples.measured) {
    row.measured_cpu_s_max = std::max(row.measured_cpu_s_max, measured);
  }
  return whole;
}

double median_cost_ns(clockid_t clock) {
  constexpr int kReadings = 1000;
  std::vector<double> costs;
  for (int sample = 0; sample < 21; ++sample) {
    timespec now{};
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < kReadings; ++i) ::clock_gettime(clock, &now);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
    costs.push_back(took.count() / kReadings);
  }
  return median(costs);
}

std::string load_of(const Environment& environment) {
  const auto load = environment.facts.find("load");
  if (load == environment.facts.end()) return "?";
  const auto text = load->get<std::string>();
  return text.substr(0, text.find(' '));
}

std::string share_text(std::uint32_t hits, std::uint32_t trials) {
  if (trials == 0) return "";
  const Interval interval = share_interval(hits, trials, 0.95);
  return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", 100.0 * hits / trials, interval.low * 100,
                     interval.high * 100);
}

/// What counts in a row: false verdicts where nothing was injected, findings where something was.
std::uint32_t hits_of(const SelftestRow& row) {
  return row.injected_percent == 0 ? row.regressions + row.improvements : row.regressions;
}

}  // namespace

HarnessCost harness_cost(std::int64_t block_ns) {
  Empty empty;
  const std::uint64_t iterations =
      calibrate(empty, block_ns, GatingClock::cpu) / kSlices * kSlices + kSlices;
  std::vector<double> times;
  for (int i = 0; i < 101; ++i) {
    const Block block = time_block(empty, iterations);
    times.push_back(static_cast<double>(block.typical_ns) / static_cast<double>(iterations));
  }
  // Within a block: one reading of the wall clock for each slice, half a pair of the CPU clock.
  const double readings = static_cast<double>(kSlices) * median_cost_ns(CLOCK_MONOTONIC) +
                          median_cost_ns(CLOCK_THREAD_CPUTIME_ID);
  return {median(times), readings / static_cast<double>(block_ns)};
}

SelftestReport run_selftest(const std::filesystem::path& binary, const SelftestOptions& options) {
  SelftestReport report;
  report.before = current_environment();
  report.cost = harness_cost(options.ab.block_ns);
  const Arms arms{binary, binary, binary};
  std::vector<std::uint32_t> injected = {0};
  injected.insert(injected.end(), options.injected_percent.begin(), options.injected_percent.end());
  for (const std::uint32_t percent : injected) {
    const std::uint32_t trials = percent == 0 ? options.trials : options.injected_trials;
    if (trials == 0 || report.interrupted) continue;
    SelftestRow row;
    row.injected_percent = percent;
    report.interrupted = !run_row(arms, options, trials, row);
    report.rows.push_back(std::move(row));
  }
  report.after = current_environment();
  return report;
}

Interval share_interval(std::uint32_t hits, std::uint32_t trials, double confidence) {
  const double tail = (1 - confidence) / 2;
  const double n = trials;
  const double k = hits;
  Interval interval{0, 1};
  if (hits > 0) interval.low = beta_quantile(tail, k, n - k + 1);
  if (hits < trials) interval.high = beta_quantile(1 - tail, k + 1, n - k);
  return interval;
}

std::string to_table(const SelftestReport& report) {
  std::string text = fmt::format(
      "{:<9}  {:>6}  {:<22}  {:>7}  {:>10}  {:>12}  {:>7}  {:>9}  {:>7}  {:>8}  {:>8}\n",
      "injected", "trials", "called changed", "faster", "equivalent", "inconclusive", "invalid",
      "measured", "control", "CPU s", "in all s");
  for (const SelftestRow& row : report.rows) {
    const std::string injected =
        row.injected_percent == 0 ? "nothing" : fmt::format("+{} %", row.injected_percent);
    text += fmt::format(
        "{:<9}  {:>6}  {:<22}  {:>7}  {:>10}  {:>12}  {:>7}  {:>+7.2f} %  {:>5.2f} %  {:>8.2f}  "
        "{:>8.2f}\n",
        injected, row.trials, share_text(hits_of(row), row.trials), row.improvements,
        row.equivalent, row.inconclusive, row.invalid, row.median_change_pct,
        row.control_change_pct, row.measured_cpu_s_median, row.total_cpu_s_median);
    if (row.failed > 0) text += fmt::format("  {} failed: {}\n", row.failed, row.failure);
  }
  text += fmt::format(
      "\nShares with their 95 % intervals. CPU s: in timed blocks of a comparison, median.\n"
      "Load {} before, {} after. Empty loop {:.2f} ns an iteration, clocks {:.3f} % of a block.\n",
      load_of(report.before), load_of(report.after), report.cost.empty_loop_ns,
      report.cost.timer_share * 100);
  if (report.interrupted) text += "Interrupted: the last row is not whole.\n";
  return text;
}

Json to_json(const SelftestReport& report) {
  Json json = {{"kind", "selftest"},
               {"rows", Json::array()},
               {"empty_loop_ns", report.cost.empty_loop_ns},
               {"timer_share", report.cost.timer_share},
               {"environment", report.before.facts},
               {"load_after", load_of(report.after)},
               {"interrupted", report.interrupted}};
  for (const SelftestRow& row : report.rows) {
    Json entry = {{"injected_percent", row.injected_percent},
                  {"trials", row.trials},
                  {"regressions", row.regressions},
                  {"improvements", row.improvements},
                  {"equivalent", row.equivalent},
                  {"inconclusive", row.inconclusive},
                  {"invalid", row.invalid},
                  {"failed", row.failed},
                  {"median_change_pct", row.median_change_pct},
                  {"median_control_pct", row.control_change_pct},
                  {"measured_cpu_s_median", row.measured_cpu_s_median},
                  {"measured_cpu_s_max", row.measured_cpu_s_max},
                  {"total_cpu_s_median", row.total_cpu_s_median}};
    if (row.trials > 0) {
      const Interval share = share_interval(hits_of(row), row.trials, 0.95);
      entry["called_changed"] = {{"share", static_cast<double>(hits_of(row)) / row.trials},
                                 {"low", share.low},
                                 {"high", share.high}};
    }
    json["rows"].push_back(std::move(entry));
  }
  return json;
}

Json samples_of(std::uint32_t injected_percent, const TargetComparison& trial) {
  Json rounds = Json::array();
  for (const Round& round : trial.comparison.first.rounds) {
    rounds.push_back({round.spawn, round.base_ns, round.control_ns, round.head_ns});
  }
  return {{"injected_percent", injected_percent},
          {"target_id", trial.target_id},
          {"verdict", trial.outcome == Outcome::compared
                          ? std::string(to_string(trial.comparison.verdict))
                          : std::string(to_string(trial.outcome))},
          {"measured_cpu_s", trial.measured_cpu_s},
          {"rounds", std::move(rounds)}};
}

}  // namespace costops::benchmarks
