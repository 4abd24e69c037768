// anomaly.cc - words, phases, episodes; the methods stand in files of their own.
#include "costops/forecasting/anomaly.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "forecasting/detectors.h"

namespace costops::forecasting {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {
    "robust", "z_score", "iqr", "mad", "modified_z_score", "moving_average"};
constexpr std::size_t kWindowMax = 100'000;

double default_threshold(AnomalyMethod method) {
  switch (method) {
    case AnomalyMethod::robust:
      return 3.2;
    case AnomalyMethod::z_score:
      return 3.0;
    case AnomalyMethod::iqr:
      return 1.5;
    case AnomalyMethod::moving_average:
      return 0.5;
    default:
      return 3.5;
  }
}

/// With the defaults filled in.
AnomalyParameters completed(AnomalyParameters given, Grain grain) {
  if (given.threshold == 0.0) given.threshold = default_threshold(given.method);
  if (given.window == 0) given.window = given.method == AnomalyMethod::moving_average ? 7 : 28;
  const bool hours = grain == Grain::hour;
  const bool days = grain == Grain::day;
  if (given.learning == 0) given.learning = hours ? 24 : days ? 5 : 4;
  if (given.confirm == 0) given.confirm = hours ? 24 : days ? 5 : 3;
  return given;
}

bool is_strange(Verdict verdict) {
  return verdict == Verdict::high || verdict == Verdict::low || verdict == Verdict::change;
}

}  // namespace

std::optional<AnomalyMethod> parse_anomaly_method(std::string_view word) {
  const auto found = std::find(kMethods.begin(), kMethods.end(), word);
  if (found == kMethods.end()) return std::nullopt;
  return static_cast<AnomalyMethod>(found - kMethods.begin());
}

std::string_view to_string(AnomalyMethod method) {
  return kMethods[static_cast<std::size_t>(method)];
}

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 6> kWords = {"missing", "learning", "normal",
                                                      "high",    "low",      "change"};
  return kWords[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(Anomaly::Kind kind) {
  constexpr std::array<std::string_view, 4> kWords = {"spike", "drop", "rise", "fall"};
  return kWords[static_cast<std::size_t>(kind)];
}

Phase phase_of(const Grid& grid, std::size_t i) {
  if (grid.grain() != Grain::hour && grid.grain() != Grain::day) return {};
  const auto local = grid.zone().to_local(grid.period(i).from);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  Phase phase;
  // Day 0 (1 January 1970) was a Thursday, weekday 3.
  const auto days = day.time_since_epoch().count();
  phase.weekday = static_cast<std::uint8_t>(((days + 3) % 7 + 7) % 7);
  if (grid.grain() == Grain::hour) {
    phase.hour = static_cast<std::uint8_t>(
        std::chrono::duration_cast<std::chrono::hours>(local - day).count());
  }
  return phase;
}

Result<std::unique_ptr<Detector>> make_detector(const AnomalyParameters& parameters, Grain grain) {
  if (!(parameters.threshold >= 0.0) || parameters.threshold > kSeverityMax) {
    return fail(ErrorCode::invalid_input, "the anomaly threshold must be above 0 and at most 999");
  }
  const AnomalyParameters complete = completed(parameters, grain);
  if (std::max({complete.window, complete.learning, complete.confirm}) > kWindowMax) {
    return fail(ErrorCode::invalid_input, "an anomaly window holds at most 100000 values");
  }
  if (complete.method == AnomalyMethod::robust) return make_robust_detector(complete, grain);
  return make_window_detector(complete);
}

void Episodes::add(std::size_t i, double value, const Judgement& judgement) {
  if (judgement.verdict == Verdict::missing) return;  // A gap neither ends nor prolongs.
  if (!is_strange(judgement.verdict)) {
    open_ = false;
    return;
  }
  const bool up = value > judgement.expected;
  const bool same_way =
      open_ && (found_.back().kind == Anomaly::Kind::spike) == up && found_.back().last + 1 >= i;
  if (!same_way) found_.push_back({up ? Anomaly::Kind::spike : Anomaly::Kind::drop, i});
  Anomaly& anomaly = found_.back();
  anomaly.last = i;
  anomaly.actual += value;
  anomaly.expected += judgement.expected;
  anomaly.lower += judgement.lower;
  anomaly.upper += judgement.upper;
  anomaly.severity = std::max(anomaly.severity, judgement.severity);
  open_ = true;
  if (judgement.verdict != Verdict::change) return;
  anomaly.kind = up ? Anomaly::Kind::rise : Anomaly::Kind::fall;
  open_ = false;
}

Result<std::vector<Anomaly>> anomalies_of(std::span<const double> values, const Grid& grid,
                                          const AnomalyParameters& parameters) {
  const auto detector = make_detector(parameters, grid.grain());
  if (!detector) return fail(detector.error());
  Episodes episodes;
  for (std::size_t i = 0; i < values.size(); ++i) {
    episodes.add(i, values[i], (*detector)->observe(values[i], phase_of(grid, i)));
  }
  return episodes.found();
}

}  // namespace costops::forecasting
