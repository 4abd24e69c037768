// The chart of a history: runs as dots, levels as lines on their noise, changes as marks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "benchmarks/page.h"
#include "costops/benchmarks/history.h"
#include "costops/export/markup.h"

namespace costops::benchmarks {
namespace {

constexpr double kWidth = 1040;
constexpr double kHeight = 380;
constexpr double kLeft = 84;
constexpr double kRight = kWidth - 110;
constexpr double kTop = 92;
constexpr double kBottom = kHeight - 44;
/// Below so many runs each dot tells its run when pointed at.
constexpr std::size_t kToldPointsMax = 400;

constexpr std::string_view kStyle = R"(
.history { --ink: #1c2733; --soft: #5d6b7a; --line: #e3e8ed; --dot: #7d8ea0; --level: #1f5fbf;
  --worse: #c0362c; --better: #1a7f4b; --paper: #ffffff;
  font: 13px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); }
@media (prefers-color-scheme: dark) { .history { --ink: #e6ebf0; --soft: #9aa7b4;
  --line: #2a3541; --dot: #8193a6; --level: #7fb2ff; --worse: #ff8a80; --better: #6fd39b;
  --paper: #131a22; } }
.history .title { font-size: 16px; font-weight: 600; }
.history .soft { fill: var(--soft); }
.history .grid { stroke: var(--line); }
.history .dots { stroke: var(--dot); stroke-linecap: round; fill: none; }
.history .band { fill: var(--level); opacity: .12; }
.history .level { stroke: var(--level); stroke-width: 2; }
.history .now { fill: var(--level); font-weight: 600; }
.history .mark { stroke-dasharray: 4 4; }
.history .worse { stroke: var(--worse); } .history .better { stroke: var(--better); }
.history .label { font-weight: 600; text-anchor: middle; stroke: none; }
.history .label.worse { fill: var(--worse); } .history .label.better { fill: var(--better); }
)";

/// Where a run and a value stand on the chart.
class Scale {
 public:
  explicit Scale(const HistoryReport& report) : runs_(report.points.size()) {
    std::vector<double> values;
    for (const HistoryPoint& point : report.points) values.push_back(point.value);
    low_ = quantile(values, 0.01);
    high_ = quantile(values, 0.99);
    for (const Segment& segment : report.segments) {
      low_ = std::min(low_, segment.level * (1 - 3 * segment.noise));
      high_ = std::max(high_, segment.level * (1 + 3 * segment.noise));
    }
    // A chart of nothing but noise must not look dramatic: at least 2 % from bottom to top.
    const double middle = (low_ + high_) / 2;
    const double half = std::max((high_ - low_) / 2 * 1.1, middle * 0.01);
    low_ = middle - half;
    high_ = middle + half;
  }

  [[nodiscard]] double x(double run) const {
    const double last = std::max<double>(1, static_cast<double>(runs_) - 1);
    return runs_ == 1 ? (kLeft + kRight) / 2 : kLeft + (kRight - kLeft) * run / last;
  }
  /// Values outside stand on the edge.
  [[nodiscard]] double y(double value) const {
    const double share = std::clamp((value - low_) / (high_ - low_), 0.0, 1.0);
    return kBottom - (kBottom - kTop) * share;
  }
  /// About five round values.
  [[nodiscard]] std::vector<double> ticks() const {
    const double rough = (high_ - low_) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = power;
    for (const double multiple : {2.0, 5.0, 10.0}) {
      if (step < rough) step = power * multiple;
    }
    std::vector<double> values;
    for (double at = std::ceil(low_ / step) * step; at <= high_; at += step) values.push_back(at);
    return values;
  }

 private:
  std::size_t runs_;
  double low_ = 0;
  double high_ = 1;
};

std::string day_of(Timestamp at) { return to_string(at).substr(0, 10); }

void append_heading(std::string& out, const HistoryReport& report) {
  const Segment& now = report.segments.back();
  out += fmt::format("<text class=\"title\" x=\"16\" y=\"28\">{}</text>\n",
                     exports::html_of(report.target_id));
  out += fmt::format(
      "<text class=\"soft\" x=\"16\" y=\"48\">{}, {} better: {} run{} from {} to {}, "
      "noise {:.1f} %, environment {}</text>\n",
      exports::html_of(report.metric), report.better == Better::lower ? "lower is" : "higher is",
      report.points.size(), report.points.size() == 1 ? "" : "s", day_of(report.points.front().at),
      day_of(report.points.back().at), now.noise * 100, report.env_key.substr(0, 8));
}

/// Tick values differ in the digits that the usual three hide.
std::string tick_text(std::string_view metric, double value, double step) {
  const std::string whole = metric_text(metric, value);
  const std::string other = metric_text(metric, value + step);
  if (whole != other) return whole;
  return fmt::format("{:.6g}", value);
}

void append_axes(std::string& out, const HistoryReport& report, const Scale& scale) {
  const std::vector<double> ticks = scale.ticks();
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  for (const double tick : ticks) {
    const double y = scale.y(tick);
    out += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"soft\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        kLeft, y, kRight, y, kLeft - 10, y + 4, tick_text(report.metric, tick, step));
  }
  const std::size_t runs = report.points.size();
  const std::size_t marks = std::min<std::size_t>(runs, 5);
  std::string last;
  for (std::size_t i = 0; i < marks; ++i) {
    const std::size_t run = marks == 1 ? 0 : i * (runs - 1) / (marks - 1);
    const std::string day = day_of(report.points[run].at);
    if (day == last) continue;
    out += fmt::format(
        "<text class=\"soft\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
        scale.x(static_cast<double>(run)), kBottom + 24, day);
    last = day;
  }
}

void append_dots(std::string& out, const HistoryReport& report, const Scale& scale) {
  const double size = report.points.size() <= kToldPointsMax ? 5 : 2.5;
  out += fmt::format("<path class=\"dots\" stroke-width=\"{}\" d=\"", size);
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    out += fmt::format("M{:.1f} {:.1f}h0", scale.x(static_cast<double>(i)),
                       scale.y(report.points[i].value));
  }
  out += "\"/>\n";
  if (report.points.size() > kToldPointsMax) return;
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const HistoryPoint& point = report.points[i];
    out += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" opacity=\"0\"><title>{} {} {}</title>"
        "</circle>\n",
        scale.x(static_cast<double>(i)), scale.y(point.value), to_string(point.at).substr(0, 16),
        metric_text(report.metric, point.value), exports::html_of(point.revision));
  }
}

void append_levels(std::string& out, const HistoryReport& report, const Scale& scale) {
  for (const Segment& segment : report.segments) {
    const double left = scale.x(static_cast<double>(segment.from) - (segment.from > 0 ? 0.5 : 0));
    const bool last = segment.to == report.points.size();
    const double right = last ? kRight : scale.x(static_cast<double>(segment.to) - 0.5);
    const double top = scale.y(segment.level * (1 + 2 * segment.noise));
    const double bottom = scale.y(segment.level * (1 - 2 * segment.noise));
    const double y = scale.y(segment.level);
    out += fmt::format(
        "<rect class=\"band\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>"
        "<line class=\"level\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
        left, top, right - left, bottom - top, left, y, right, y);
  }
  const Segment& now = report.segments.back();
  out += fmt::format("<text class=\"now\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", kRight + 10,
                     scale.y(now.level) + 4, metric_text(report.metric, now.level));
}

void append_changes(std::string& out, const HistoryReport& report, const Scale& scale) {
  double taken = -1000;
  int row = 0;
  for (const LevelChange& change : report.changes) {
    const double x = scale.x(static_cast<double>(change.index) - 0.5);
    // A label beside another one moves up a row.
    row = x - taken < 64 ? (row + 1) % 3 : 0;
    taken = x;
    const double y = kTop - 6 - 14 * row;
    const char* tone = change.verdict == Verdict::regression ? "worse" : "better";
    const HistoryPoint& first = report.points[change.index];
    out += fmt::format(
        "<g><title>{} {} {}</title><line class=\"mark {}\" x1=\"{:.1f}\" y1=\"{:.1f}\" "
        "x2=\"{:.1f}\" y2=\"{:.1f}\"/><text class=\"label {}\" x=\"{:.1f}\" y=\"{:.1f}\">{}"
        "</text></g>\n",
        to_string(change.verdict), to_string(first.at).substr(0, 16),
        exports::html_of(first.revision), tone, x, kTop, x, kBottom, tone, x, y,
        percent_text(change.relative));
  }
}

void append_change_rows(std::string& out, const HistoryReport& report) {
  for (const LevelChange& change : report.changes) {
    const HistoryPoint& first = report.points[change.index];
    const HistoryPoint& last = report.points[change.index - 1];
    const char* tone = change.verdict == Verdict::regression ? "worse" : "better";
    out += fmt::format(
        "<tr><td class=\"n {}\">{}</td><td class=\"n\">{} to {}</td><td class=\"n\">{:.4f}</td>"
        "<td>{}</td><td><code>{}</code></td><td><code>{}</code></td><td "
        "class=\"{}\">{}</td></tr>\n",
        tone, percent_text(change.relative), percent_text(change.interval.low),
        percent_text(change.interval.high), change.p_value, to_string(first.at).substr(0, 16),
        exports::html_of(last.revision), exports::html_of(first.revision), tone,
        to_string(change.verdict));
  }
}

void append_section(std::string& out, const HistoryReport& report) {
  out += history_svg(report);
  if (report.changes.empty()) {
    out += "<p class=\"soft\">No change of level.</p>\n";
    return;
  }
  out +=
      "<div class=\"wide\"><table><tr><th class=\"n\">change</th><th class=\"n\">95 % interval"
      "</th><th class=\"n\">p</th><th>first run with it</th><th>revision before</th>"
      "<th>revision after</th><th>verdict</th></tr>\n";
  append_change_rows(out, report);
  out += "</table></div>\n";
}

}  // namespace

std::string history_svg(const HistoryReport& report) {
  const Scale scale(report);
  std::string out = fmt::format(
      "<svg class=\"history\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" "
      "role=\"img\" aria-label=\"History of {}\">\n<style>{}</style>\n"
      "<rect width=\"100%\" height=\"100%\" style=\"fill: var(--paper)\"/>\n",
      kWidth, kHeight, exports::html_of(report.target_id), kStyle);
  append_heading(out, report);
  append_axes(out, report, scale);
  append_levels(out, report, scale);
  append_dots(out, report, scale);
  append_changes(out, report, scale);
  return out + "</svg>\n";
}

std::string history_html(const std::vector<HistoryReport>& reports,
                         const HistoryEnvironment& environment) {
  std::string body = "<h1>Benchmark history</h1>\n";
  const auto fact = [&](const char* name) {
    const auto found = environment.facts.find(name);
    return found != environment.facts.end() && found->is_string() ? found->get<std::string>() : "";
  };
  body += fmt::format("<p class=\"soft\">Environment <code>{}</code>: {}, {}, {}</p>\n",
                      exports::html_of(environment.env_key), exports::html_of(fact("cpu_model")),
                      exports::html_of(fact("os")), exports::html_of(fact("compiler")));
  for (const HistoryReport& report : reports) append_section(body, report);
  return html_page("Benchmark history", body);
}

}  // namespace costops::benchmarks
