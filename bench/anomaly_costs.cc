// anomaly_costs.cc - how well anomalies of daily spend are found: 400 synthetic series.
//
// Each series has 180 days: a level, a weekend, a slow drift, noise, three labelled events (spike,
// burst of 2 to 4 days, drop), and in 40 % of the series a migration: the level moves for good,
// which must not alarm for more than 7 days. Precision counts alarm days, recall counts events.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <random>
#include <vector>

#include "costops/forecasting/anomaly.h"

namespace costops::forecasting {
namespace {

constexpr std::size_t kSeries = 400;
constexpr std::size_t kDays = 180;
constexpr std::size_t kEvents = 3;
constexpr std::size_t kShiftGrace = 7;

struct Event {
  std::size_t first = 0;
  std::size_t days = 1;
  double factor = 1.0;
};
struct Labelled {
  std::vector<double> values;
  std::vector<Event> events;
  std::size_t shift = SIZE_MAX;  ///< The first day of the new level.
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Labelled series() {
    Labelled out;
    const double level = std::exp(normal() * 1.5 + 4.6);
    const double weekend = between(0.45, 0.85);
    const double noise = between(0.06, 0.16);
    const double drift = normal() * 0.001;
    if (between(0, 1) < 0.4) out.shift = 60 + below(90);
    const double step = between(0, 1) < 0.5 ? between(0.5, 0.75) : between(1.3, 1.9);
    for (std::size_t day = 0; day < kDays; ++day) {
      const double shifted = day >= out.shift ? step : 1.0;
      const double week = day % 7 >= 5 ? weekend : 1.0;
      out.values.push_back(level * shifted * week *
                           std::exp(drift * static_cast<double>(day) + noise * normal()));
    }
    while (out.events.size() < kEvents) add_event(out);
    return out;
  }

 private:
  void add_event(Labelled& out) {
    Event event{20 + below(kDays - 26), 1, between(1.3, 3.0)};
    const double kind = between(0, 1);
    if (kind < 0.4) event = {event.first, 2 + below(3), between(1.25, 2.5)};
    if (kind > 0.8) event.factor = between(0.3, 0.8);
    for (const Event& other : out.events) {
      if (event.first < other.first + 10 && other.first < event.first + 10) return;
    }
    if (out.shift != SIZE_MAX && event.first + 10 > out.shift && event.first < out.shift + 10) {
      return;
    }
    for (std::size_t i = 0; i < event.days; ++i) out.values[event.first + i] *= event.factor;
    out.events.push_back(event);
  }

  double between(double low, double high) {
    return low + (high - low) * std::uniform_real_distribution<double>()(random_);
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  double normal() { return std::normal_distribution<double>()(random_); }

  std::mt19937_64 random_;
};

struct Tally {
  double hit_days = 0, false_days = 0, events = 0, found = 0;
  void add(const Labelled& series, const std::vector<bool>& alarms) {
    std::vector<bool> excused(kDays);
    for (const Event& event : series.events) {
      bool hit = false;
      for (std::size_t day = event.first; day < event.first + event.days; ++day) {
        excused[day] = true;
        hit_days += alarms[day] ? 1 : 0;
        hit = hit || alarms[day];
      }
      events += 1;
      found += hit ? 1 : 0;
    }
    for (std::size_t day = 0; day < kDays; ++day) {
      const bool migrating = day >= series.shift && day < series.shift + kShiftGrace;
      if (alarms[day] && !excused[day] && !migrating) false_days += 1;
    }
  }
  void print(std::string_view name) const {
    const double precision = hit_days / std::max(1.0, hit_days + false_days);
    const double recall = found / events;
    fmt::print(
        "{:<22} precision {:.3f}  recall {:.3f}  F1 {:.3f}  false alarms/series-year {:.2f}\n",
        name, precision, recall, 2 * precision * recall / (precision + recall),
        false_days / (static_cast<double>(kSeries * kDays) / 365.25));
  }
};

void score(std::string_view name, const AnomalyParameters& parameters, std::uint64_t seed) {
  Generator generator(seed);
  Tally tally;
  for (std::size_t i = 0; i < kSeries; ++i) {
    const Labelled series = generator.series();
    const auto detector = make_detector(parameters, Grain::day);
    std::vector<bool> alarms;
    for (std::size_t day = 0; day < kDays; ++day) {
      const Phase phase{0, static_cast<std::uint8_t>(day % 7)};
      const Verdict verdict = (*detector)->observe(series.values[day], phase).verdict;
      alarms.push_back(verdict == Verdict::high || verdict == Verdict::low ||
                       verdict == Verdict::change);
    }
    tally.add(series, alarms);
  }
  tally.print(name);
}

}  // namespace
}  // namespace costops::forecasting

int main() {
  using namespace costops::forecasting;
  score("rolling 7 d MAD 3.5", {.method = AnomalyMethod::mad, .threshold = 3.5, .window = 7}, 1);
  score("rolling 30 d z 3", {.method = AnomalyMethod::z_score, .threshold = 3, .window = 30}, 1);
  score("rolling 28 d MAD 3.5", {.method = AnomalyMethod::mad, .threshold = 3.5, .window = 28}, 1);
  for (const std::uint64_t seed : {1U, 2U, 3U}) score("robust", {}, seed);
}
