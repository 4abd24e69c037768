// The vocabulary: what metrics are called in the sibling repositories, and what that means.
#include <algorithm>
#include <span>

#include "costops/benchmarks/sibling.h"

namespace costops::benchmarks {
namespace {

using Words = std::vector<std::string>;

/// "requestsPerSecond", "requests-per.second" -> requests, per, second.
Words words_of(std::string_view name) {
  Words words(1);
  bool lower_before = false;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if ((!letter || (upper && lower_before)) && !words.back().empty()) words.emplace_back();
    if (letter) words.back() += upper ? static_cast<char>(c - 'A' + 'a') : c;
    lower_before = letter && !upper;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

struct Factor {
  std::string_view word;
  double value;
};

std::optional<double> factor_of(std::string_view word, std::span<const Factor> factors) {
  const auto found = std::ranges::find(factors, word, &Factor::word);
  return found == factors.end() ? std::nullopt : std::optional(found->value);
}

constexpr Factor kTimeUnits[] = {{"ns", 1},     {"nanos", 1},    {"us", 1e3}, {"micros", 1e3},
                                 {"ms", 1e6},   {"millis", 1e6}, {"s", 1e9},  {"sec", 1e9},
                                 {"secs", 1e9}, {"seconds", 1e9}};
constexpr Factor kByteUnits[] = {
    {"bytes", 1}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"mib", 1048576.0}};

/// "{ops} per second", "rps", "throughput": a rate; without the words that say so.
std::optional<MetricName> rate_of(Words words) {
  const bool per_second = words.size() > 2 && words[words.size() - 2] == "per" &&
                          one_of(words.back(), {"s", "sec", "second"});
  if (per_second) words.resize(words.size() - 2);
  const bool short_bytes =
      words.size() > 1 && words.back() == "s" && factor_of(words[words.size() - 2], kByteUnits);
  if (short_bytes) words.pop_back();
  if (per_second || short_bytes) {
    if (const auto bytes = factor_of(words.back(), kByteUnits)) {
      return MetricName{Meaning::bytes_per_second, *bytes, 0};
    }
    const bool operations = one_of(words.back(), {"operations", "ops", "requests", "throughput"});
    const bool bare = words.size() == 1 || (words.size() == 2 && words[0] == "throughput");
    return MetricName{Meaning::operations_per_second, 1, operations && bare ? 0 : 2};
  }
  if (words == Words{"throughput"}) return MetricName{Meaning::operations_per_second, 1, 1};
  if (one_of(words.back(), {"rps", "qps"}) && words.size() <= 2) {
    return MetricName{Meaning::operations_per_second, 1, 0};
  }
  return std::nullopt;
}

/// Which statistic of a duration the words name.
std::optional<Meaning> statistic_of(const Words& words) {
  for (const std::string& word : words) {
    if (one_of(word, {"avg", "mean", "average"})) return Meaning::mean;
    if (one_of(word, {"min", "minimum"})) return Meaning::minimum;
    if (one_of(word, {"max", "maximum"})) return Meaning::maximum;
    if (one_of(word, {"p50", "median"})) return Meaning::p50;
    if (word == "p90") return Meaning::p90;
    if (word == "p95") return Meaning::p95;
    if (word == "p99") return Meaning::p99;
    if (one_of(word, {"std", "stddev", "stdev"})) return Meaning::deviation;
  }
  return std::nullopt;
}

bool is_statistic_word(std::string_view word) {
  return one_of(word, {"avg", "mean", "average", "min", "minimum", "max", "maximum", "p50",
                       "median", "p90", "p95", "p99", "std", "dev", "stddev", "stdev"});
}

bool is_time_word(std::string_view word) {
  return one_of(word, {"latency", "time", "duration", "response", "request"});
}

bool is_number(std::string_view word) {
  return word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The mean of something else than time would have no unit of time (0); a percentile such as
/// "p99.9" is none of ours.
std::optional<MetricName> duration_of(const Words& words, double unit, MetricPlace place) {
  const bool plain = std::ranges::all_of(
      words, [](const auto& word) { return is_statistic_word(word) || is_time_word(word); });
  if (std::ranges::any_of(words, is_number)) return std::nullopt;
  auto statistic = statistic_of(words);
  if (!statistic && words == Words{"latency"}) statistic = Meaning::mean;
  if (!statistic) return std::nullopt;
  if (unit == 0) {
    const bool bare = std::ranges::all_of(words, is_statistic_word);
    const bool percentile = *statistic >= Meaning::p50 && *statistic <= Meaning::deviation;
    if (!plain || (bare && !percentile && place == MetricPlace::result)) return std::nullopt;
    unit = place == MetricPlace::distribution ? 1 : 1e6;
  }
  const bool exact = words.front() == "mean" || words.front() == "median";
  return MetricName{*statistic, unit, plain ? (exact ? 0 : 1) : 3};
}

std::optional<MetricName> total_of(const Words& words, double unit) {
  const bool known = std::ranges::all_of(words, [](const auto& word) {
    return one_of(word, {"total", "duration", "execution", "time", "bridge", "elapsed"});
  });
  const bool time = std::ranges::any_of(words, [](const auto& word) {
    return one_of(word, {"duration", "execution", "time", "elapsed"});
  });
  if (!known || !time) return std::nullopt;
  const bool total = words.front() == "total";
  // "duration" alone may count anything; "totalTime" is a TypeScript harness's milliseconds.
  if (unit == 0 && !total) return std::nullopt;
  return MetricName{Meaning::total, unit == 0 ? 1e6 : unit, total ? 0 : 1};
}

std::optional<MetricName> count_of(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "total_iterations", "iterations",     "operations",     "operation_count",
      "operations_count", "total_requests", "items_processed"};
  const auto found = std::ranges::find(kNames, name);
  if (found == std::end(kNames)) return std::nullopt;
  return MetricName{Meaning::iterations, 1, static_cast<int>(found - kNames)};
}

}  // namespace

std::string_view to_string(Meaning meaning) {
  static constexpr std::array<std::string_view, kMeaningCount> kNames = {
      "operations_per_second", "mean_duration_ns", "min_duration_ns",
      "max_duration_ns",       "p50_duration_ns",  "p90_duration_ns",
      "p95_duration_ns",       "p99_duration_ns",  "std_dev_ns",
      "total_duration_ns",     "total_iterations", "bytes_per_second",
      "success_rate"};
  return kNames[static_cast<std::size_t>(meaning)];
}

bool SpeedMetrics::empty() const {
  return std::ranges::none_of(value_, [](const auto& value) { return value.has_value(); });
}

std::optional<MetricName> metric_name(std::string_view name, MetricPlace place) {
  Words words = words_of(name.substr(0, kSiblingIdBytesMax));
  if (words.empty()) return std::nullopt;
  if (words == Words{"success", "rate"}) return MetricName{Meaning::success_rate, 1, 0};
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : "_") + word;
  if (const auto count = count_of(joined)) return count;
  if (const auto rate = rate_of(words)) return rate;
  const double unit = words.size() > 1 ? factor_of(words.back(), kTimeUnits).value_or(0) : 0;
  if (unit > 0) words.pop_back();
  if (const auto total = total_of(words, unit)) return total;
  return duration_of(words, unit, place);
}

}  // namespace costops::benchmarks
