// The shapes: from one file's text to results.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "costops/benchmarks/sibling.h"
#include "costops/json/json.h"

namespace costops::benchmarks {
namespace {

using json::Value;

constexpr std::size_t kGroupsMax = 64;
constexpr std::size_t kLinesTold = 5;
constexpr int kWrapsMax = 8;

std::optional<double> number_in(Value value) {
  const auto text = value.number_text();
  if (!text) return std::nullopt;
  double number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text->data() + text->size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// A duration as Rust's serde writes it: {"secs", "nanos"}.
std::optional<double> duration_in(Value value) {
  const auto seconds = number_in(value["secs"]);
  const auto nanoseconds = number_in(value["nanos"]);
  if (!seconds || !nanoseconds) return std::nullopt;
  return *seconds * 1e9 + *nanoseconds;
}

/// The first of these members that is a text that says something.
std::string_view text_in(Value object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto text = object[name].string();
    if (text && !text->empty()) return *text;
  }
  return {};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, kSiblingIdBytesMax));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return json::valid_utf8(out);
}

/// Folds members into metrics; of two names for one meaning the better one counts.
class Folding {
 public:
  void add(std::string_view name, double value, MetricPlace place) {
    const auto meant = metric_name(name, place);
    if (!meant) return;
    const auto i = static_cast<std::size_t>(meant->meaning);
    if (metrics_[meant->meaning] && fit_[i] <= meant->fit) return;
    const bool percent = meant->meaning == Meaning::success_rate && value > 1;
    metrics_[meant->meaning] = percent ? value / 100 : value * meant->factor;
    fit_[i] = meant->fit;
  }
  void add_members(Value object, MetricPlace place) {
    for (Value member = object.first(); member.exists(); member = member.next()) {
      if (const auto number = number_in(member)) {
        add(member.name(), *number, place);
      } else if (const auto duration = duration_in(member)) {
        add(std::string(member.name()) + "_ns", *duration, place);
      }
    }
    if (const auto errors = number_in(object["error_rate"]); errors && *errors <= 1) {
      add("success_rate", 1 - *errors, place);
    }
  }
  [[nodiscard]] const SpeedMetrics& metrics() const { return metrics_; }

 private:
  SpeedMetrics metrics_;
  std::array<int, kMeaningCount> fit_{};
};

bool is_latency_group(std::string_view name) {
  const std::string known = lower(name);
  return known == "latency" || known == "latencies" || known == "timing" || known == "duration";
}
/// The distribution that tells how long one operation takes as a whole.
bool is_main_distribution(std::string_view name) {
  return name == "total_latency_distribution" || name == "latency_distribution";
}

void fold_groups(Value metrics, Folding& folding, SiblingResult& result) {
  for (Value group = metrics.first(); group.exists(); group = group.next()) {
    if (!group.is_object() || duration_in(group)) continue;
    const bool distribution = group.name().ends_with("_distribution");
    if (is_latency_group(group.name()) || is_main_distribution(group.name())) {
      folding.add_members(group, distribution ? MetricPlace::distribution : MetricPlace::latency);
      continue;
    }
    Folding inner;
    inner.add_members(group, distribution ? MetricPlace::distribution : MetricPlace::result);
    if (!inner.metrics().empty() && result.groups.size() < kGroupsMax) {
      result.groups.emplace_back(one_line(group.name()), inner.metrics());
    }
  }
}

/// What says that a benchmark failed, in the result or among its metrics.
void judge(Value of, SiblingResult& result) {
  const std::string status = lower(text_in(of, {"status"}));
  const std::string_view error = text_in(of, {"error"});
  const auto no_success = [&](std::string_view name) { return of[name].boolean() == false; };
  if (status == "skipped" && result.status == SiblingStatus::ok) {
    result.status = SiblingStatus::skipped;
  }
  const bool none_done = number_in(of["successful_requests"]) == 0.0;
  if (status == "failed" || status == "failure" || status == "error" || status == "timeout" ||
      !error.empty() || of["error"].is_object() || no_success("success") || no_success("passed") ||
      none_done) {
    result.status = SiblingStatus::failed;
  }
  if (!error.empty() && result.note.empty()) result.note = one_line(error);
  if (none_done && result.note.empty()) result.note = "no request succeeded";
}

std::string count_text(double count) { return fmt::format("{:.4g}", count); }

/// What a reader of the figures would otherwise not see.
void remark(SiblingResult& result) {
  const SpeedMetrics& metrics = result.metrics;
  const auto& success = metrics[Meaning::success_rate];
  if (result.status == SiblingStatus::ok && success && *success < 1) {
    result.status = *success <= 0 ? SiblingStatus::failed : SiblingStatus::partial;
    result.note = fmt::format("{:.4g} % of operations succeeded", *success * 100);
  }
  const auto& rate = metrics[Meaning::operations_per_second];
  const auto& total = metrics[Meaning::total];
  const auto& iterations = metrics[Meaning::iterations];
  const auto say = [&](const std::string& text) {
    result.note += (result.note.empty() ? "" : "; ") + text;
  };
  if (rate && total && iterations && *iterations > 0) {
    const double inner = *rate * *total / 1e9 / *iterations;
    if (inner > 1.5 || inner < 0.67) {
      say(fmt::format("operations/s counts {} operations per iteration", count_text(inner)));
    }
  }
  if (!rate && !metrics[Meaning::mean] && total && !iterations) {
    say("a total time without a count: no rate");
  }
}

class FileReader {
 public:
  FileReader(const std::string& file, const std::string& repository, SiblingResults& into)
      : file_(file), repository_(repository), into_(into) {}

  void read(Value value) { read(value, {}, {}, 0); }
  void skip(std::string_view reason) {
    into_.skipped.push_back(fmt::format("{}: {}", file_, reason));
  }

 private:
  /// `id` and `at` stand for what the value itself does not say.
  void read(Value value, std::string_view id, std::string_view at, int depth) {
    if (depth > kWrapsMax) return skip("wrapped too deep");
    if (value.is_array()) {
      if (value.size() == 0) skip("an empty list");
      for (Value element = value.first(); element.exists(); element = element.next()) {
        read(element, {}, at, depth + 1);
      }
      return;
    }
    if (!value.is_object()) return skip("no benchmark result: not an object");
    if (value["env_key"].exists() && value["environment"].is_object()) {
      return skip("the manifest of a run, not a result");
    }
    if (is_score(value)) return skip("a score of a model's answers, not a speed");
    if (value["summary"].is_object() && value["dataset_name"].string()) return read_dataset(value);
    const std::string_view own_id =
        text_in(value, {"target_id", "targetId", "target_name", "benchmark_id", "id", "name"});
    const std::string_view own_at = text_in(value, {"timestamp", "executed_at", "created_at"});
    const std::string_view when = own_at.empty() ? at : own_at;
    if (value["metrics"].is_object() || !is_wrapped(value)) {
      return read_result(value, own_id.empty() ? id : own_id, when);
    }
    read_wrapped(value, when, depth);
  }

  static constexpr std::array<std::string_view, 5> kWraps = {"results", "benchmarks", "by_category",
                                                             "repository_results", "suites"};

  static bool is_wrapped(Value value) {
    return std::ranges::any_of(kWraps, [&](std::string_view name) {
      return value[name].is_array() || value[name].is_object();
    });
  }
  static bool is_score(Value value) {
    return !value["metrics"].is_object() && value["score"].number_text() &&
           (value["model_id"].exists() || value["modelId"].exists() ||
            value["result_id"].exists() || value["benchmark_id"].exists());
  }

  void read_wrapped(Value value, std::string_view at, int depth) {
    for (const std::string_view name : kWraps) {
      const Value inner = value[name];
      if (inner.is_array()) read(inner, {}, at, depth + 1);
      if (inner.is_object()) read_named(inner, at, depth + 1);
    }
  }

  /// By category or by id: the name says what the value may not.
  void read_named(Value values, std::string_view at, int depth) {
    if (depth > kWrapsMax) return skip("wrapped too deep");
    for (Value member = values.first(); member.exists(); member = member.next()) {
      const bool category = member.is_object() && member.first().is_object() &&
                            !member["metrics"].exists() && !member["target_id"].exists();
      if (category) {
        read_named(member, at, depth + 1);
      } else {
        read(member, member.name(), at, depth + 1);
      }
    }
  }

  /// test-bench: one provider on one data set; the summary holds the times.
  void read_dataset(Value value) {
    SiblingResult result;
    Folding folding;
    folding.add_members(value["summary"], MetricPlace::result);
    result.metrics = folding.metrics();
    const std::string id =
        fmt::format("{}/{}", *value["dataset_name"].string(), text_in(value, {"provider_name"}));
    keep(std::move(result), id, text_in(value, {"timestamp", "completed_at", "started_at"}));
  }

  void read_result(Value value, std::string_view id, std::string_view at) {
    SiblingResult result;
    Folding folding;
    const Value metrics = value["metrics"].is_object() ? value["metrics"] : value;
    if (id.empty()) {
      folding.add_members(metrics, MetricPlace::result);
      return skip(folding.metrics().empty()
                      ? "no benchmark result: no target_id"
                      : "metrics without a target_id: what was measured is not said");
    }
    folding.add_members(metrics, MetricPlace::result);
    fold_groups(metrics, folding, result);
    result.metrics = folding.metrics();
    result.env_key = one_line(text_in(metrics, {"env_key"}));
    if (result.env_key.empty()) result.env_key = one_line(text_in(value, {"env_key"}));
    judge(value, result);
    judge(metrics, result);
    keep(std::move(result), id, at);
  }

  void keep(SiblingResult result, std::string_view id, std::string_view at) {
    const std::string shown = quoted(id);
    if (id.size() > kSiblingIdBytesMax) {
      return skip(fmt::format("target_id {} has {} bytes; {} at most", shown, id.size(),
                              kSiblingIdBytesMax));
    }
    if (id.starts_with('/') || id.find("..") != std::string_view::npos) {
      return skip(fmt::format("target_id {} is a path", shown));
    }
    if (!at.empty()) {
      const auto parsed = parse_timestamp(at);
      if (!parsed) return skip(fmt::format("target {}: {}", shown, parsed.error().message));
      result.at = *parsed;
    }
    remark(result);
    const bool measured = !result.metrics.empty() || !result.groups.empty();
    if (!measured && result.status == SiblingStatus::ok) {
      return skip(fmt::format("target {}: none of its metrics tells a speed", shown));
    }
    result.repository = repository_;
    result.target_id = one_line(id);
    result.file = file_;
    into_.results.push_back(std::move(result));
  }

  const std::string& file_;
  const std::string& repository_;
  SiblingResults& into_;
};

void read_lines(std::string_view text, FileReader& reader) {
  json::Document document;
  std::size_t broken = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto value = document.parse_copy(line);
    if (value) {
      reader.read(*value);
    } else if (++broken <= kLinesTold) {
      reader.skip(fmt::format("line {}: {}", number, value.error().message));
    }
  }
  if (broken > kLinesTold) reader.skip(fmt::format("{} more broken lines", broken - kLinesTold));
}

/// The registry's table, whose fields are never quoted: the error, which is last, may hold commas.
constexpr std::string_view kRegistryHeader =
    "target_id,status,duration_ms,throughput_ops_per_sec,memory_bytes,success_count,error_count,"
    "timestamp,error";
constexpr std::size_t kRegistryColumns = 9;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// One row as JSON text, so that it takes the road of all other results.
std::string registry_row(std::string_view line) {
  std::array<std::string_view, kRegistryColumns> cell{};
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const bool last = i + 1 == cell.size();
    const std::size_t end = last ? line.size() : std::min(line.find(','), line.size());
    cell[i] = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  const auto number = [](std::string_view text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole && std::isfinite(value) ? fmt::format("{}", value) : std::string("null");
  };
  std::string out;
  json::Writer(out)
      .object()
      .key("target_id")
      .value(cell[0])
      .key("status")
      .value(cell[1])
      .key("timestamp")
      .value(cell[7])
      .key("error")
      .value(cell[8])
      .key("metrics")
      .object()
      .key("duration_ms")
      .raw(number(cell[2]))
      .key("throughput_ops_per_sec")
      .raw(number(cell[3]))
      .end_object()
      .end_object();
  return out;
}

void read_table(std::string_view text, FileReader& reader) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view header = without_return(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  if (header.starts_with("target_id,metrics")) {
    return reader.skip(
        "a CSV table with unquoted JSON in a column: it cannot be divided; the results are in the "
        ".json file beside it");
  }
  if (header != kRegistryHeader) {
    return reader.skip("a CSV table without the columns of benchmark results (target_id, ...)");
  }
  json::Document document;
  while (!text.empty()) {
    const std::size_t stop = std::min(text.find('\n'), text.size());
    const std::string_view line = without_return(text.substr(0, stop));
    text.remove_prefix(std::min(stop + 1, text.size()));
    if (line.empty()) continue;
    if (const auto value = document.parse_copy(registry_row(line))) reader.read(*value);
  }
}

}  // namespace

std::string_view to_string(SiblingStatus status) {
  switch (status) {
    case SiblingStatus::ok:
      return "ok";
    case SiblingStatus::partial:
      return "partial";
    case SiblingStatus::failed:
      return "failed";
    case SiblingStatus::skipped:
      break;
  }
  return "skipped";
}

void read_sibling_text(std::string_view text, const std::string& file,
                       const std::string& repository, SiblingResults& into) {
  FileReader reader(file, repository, into);
  if (file.ends_with(".jsonl") || file.ends_with(".ndjson")) return read_lines(text, reader);
  if (file.ends_with(".csv")) return read_table(text, reader);
  json::Document document;
  const auto value = document.parse_copy(text);
  if (!value) return reader.skip(value.error().message);
  reader.read(*value);
}

}  // namespace costops::benchmarks
