#include "costops/benchmarks/result.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace costops::benchmarks {
namespace {

constexpr std::size_t kTargetIdMax = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads exactly `digits` digits from the front of `text` and drops them; -1 if there are not
/// enough.
int take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return -1;
  for (const char c : text.substr(0, digits)) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// ".123456789" -> nanoseconds; 0 if there is no fraction, -1 if it is malformed.
std::int64_t take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  std::int64_t nanoseconds = 0;
  int digits = 0;
  while (!text.empty() && is_digit(text.front())) {
    if (++digits > 9) return -1;
    nanoseconds = nanoseconds * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return -1;
  for (; digits < 9; ++digits) nanoseconds *= 10;
  return nanoseconds;
}

std::string bad_field(std::string_view name, std::string_view expected) {
  return fmt::format("\"{}\" must be {}", name, expected);
}

std::optional<std::string> unexpected_shape(const Json& json) {
  if (!json.is_object()) return "a result must be an object";
  for (const char* name : {"target_id", "metrics", "timestamp"}) {
    if (!json.contains(name)) return fmt::format("\"{}\" is missing", name);
  }
  for (const auto& [name, value] : json.items()) {
    if (name != "target_id" && name != "metrics" && name != "timestamp") {
      return fmt::format("\"{}\" is not a field of a result", name);
    }
  }
  if (!json["target_id"].is_string()) return bad_field("target_id", "a string");
  if (!json["metrics"].is_object()) return bad_field("metrics", "an object");
  if (!json["timestamp"].is_string()) return bad_field("timestamp", "a string");
  return std::nullopt;
}

}  // namespace

BenchmarkResult::BenchmarkResult(std::string id, Json metrics_object)
    : target_id(std::move(id)),
      metrics(std::move(metrics_object)),
      timestamp(std::chrono::time_point_cast<std::chrono::nanoseconds>(
          std::chrono::system_clock::now())) {}

std::optional<double> BenchmarkResult::get_metric_f64(std::string_view key) const {
  const auto found = metrics.find(key);
  if (found == metrics.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::optional<std::uint64_t> BenchmarkResult::get_metric_u64(std::string_view key) const {
  const auto found = metrics.find(key);
  if (found == metrics.end() || !found->is_number_integer()) return std::nullopt;
  if (!found->is_number_unsigned() && found->get<std::int64_t>() < 0) return std::nullopt;
  return found->get<std::uint64_t>();
}

bool is_valid_target_id(std::string_view id) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !id.empty() && id.size() <= kTargetIdMax && lower(id.front()) &&
         std::ranges::all_of(id, [&](char c) { return lower(c) || is_digit(c) || c == '_'; });
}

Json to_json(const BenchmarkResult& result) {
  return Json{{"target_id", result.target_id},
              {"metrics", result.metrics},
              {"timestamp", to_string(result.timestamp)}};
}

Result<BenchmarkResult> result_from_json(const Json& json) {
  if (const auto reason = unexpected_shape(json)) return fail(ErrorCode::invalid_input, *reason);
  const auto& id = json["target_id"].get_ref<const std::string&>();
  if (!is_valid_target_id(id)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("\"target_id\" must match ^[a-z][a-z0-9_]{{0,63}}$, found \"{}\"",
                            id.substr(0, kTargetIdMax)));
  }
  const auto at = parse_timestamp(json["timestamp"].get_ref<const std::string&>());
  if (!at) return fail(at.error());
  BenchmarkResult result;
  result.target_id = id;
  result.metrics = json["metrics"];
  result.timestamp = *at;
  return result;
}

std::string to_string(Timestamp at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(seconds.time_since_epoch().count()),
                     (at - seconds).count());
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto malformed = [whole = text] {
    return fail(
        ErrorCode::invalid_input,
        fmt::format("\"timestamp\" must be RFC 3339 in UTC, found \"{}\"", whole.substr(0, 64)));
  };
  const int y = take_number(text, 4);
  const int mo = take(text, "-") ? take_number(text, 2) : -1;
  const int d = take(text, "-") ? take_number(text, 2) : -1;
  const int h = take(text, "T") ? take_number(text, 2) : -1;
  const int mi = take(text, ":") ? take_number(text, 2) : -1;
  const int s = take(text, ":") ? take_number(text, 2) : -1;
  const std::int64_t fraction = take_fraction(text);
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  const bool clock_ok = h >= 0 && h < 24 && mi >= 0 && mi < 60 && s >= 0 && s <= 60;
  // Nanoseconds in 64 bits end in the year 2262.
  if (y < 1970 || y > 2261 || !date.ok() || !clock_ok || fraction < 0 ||
      (text != "Z" && text != "+00:00")) {
    return malformed();
  }
  return Timestamp{sys_days{date} + hours{h} + minutes{mi} + seconds{s} + nanoseconds{fraction}};
}

namespace {

void lint_percentiles(const BenchmarkResult& result, std::vector<std::string>& complaints) {
  std::optional<double> last;
  for (const char* name : {"p50_duration_ns", "p95_duration_ns", "p99_duration_ns"}) {
    const auto value = result.get_metric_f64(name);
    if (value && last && *value < *last) {
      complaints.push_back(fmt::format("\"{}\" is below the percentile before it", name));
    }
    if (value) last = value;
  }
}

void lint_mean(const BenchmarkResult& result, std::vector<std::string>& complaints) {
  const auto per_second = result.get_metric_f64("operations_per_second");
  const auto mean = result.get_metric_f64("mean_duration_ns");
  if (per_second && mean && std::abs(*per_second * *mean / 1e9 - 1) >= 1e-6) {
    complaints.emplace_back("\"operations_per_second\" x \"mean_duration_ns\" is not one second");
  }
}

}  // namespace

std::vector<std::string> lint(const BenchmarkResult& result) {
  std::vector<std::string> complaints;
  if (!is_valid_target_id(result.target_id)) complaints.emplace_back("\"target_id\" is not valid");
  if (!result.get_metric_f64("operations_per_second")) {
    complaints.push_back(bad_field("operations_per_second", "a number"));
  }
  if (!result.get_metric_u64("avg_duration_ns")) {
    complaints.push_back(bad_field("avg_duration_ns", "a JSON integer"));
  }
  static constexpr std::array kIntegers = {
      "total_iterations",        "p50_duration_ns", "p95_duration_ns",        "p99_duration_ns",
      "uncompressed_size_bytes", "data_points",     "records_per_aggregation"};
  for (const char* name : kIntegers) {
    if (result.metrics.contains(name) && !result.get_metric_u64(name)) {
      complaints.push_back(bad_field(name, "a JSON integer"));
    }
  }
  for (const auto& [name, value] : result.metrics.items()) {
    if (value.is_object() || value.is_array()) {
      complaints.push_back(bad_field(name, "a scalar"));
    }
  }
  lint_percentiles(result, complaints);
  lint_mean(result, complaints);
  return complaints;
}

}  // namespace costops::benchmarks
