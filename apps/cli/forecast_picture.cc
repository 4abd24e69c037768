#include "forecast_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "estimate_text.h"

namespace costops::cli {
namespace {

constexpr double kWidth = 960, kHeight = 420;
constexpr double kLeft = 72, kRight = 20, kTop = 46, kBottom = 44;
/// Periods of the history that are drawn, in multiples of the forecast's.
constexpr std::size_t kHistoryShare = 4;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

/// 1, 2 or 5 times a power of ten: at most five of them make `top`.
double tick_step(double top) {
  const double raw = std::max(top, 1e-12) / 5.0;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10.0 * power;
}

/// Where values stand on the sheet.
class Sheet {
 public:
  Sheet(const Picture& picture) : picture_(picture) {
    const std::size_t ahead = picture.forecast.mean.size();
    const std::size_t shown = std::min(picture.history.size(), kHistoryShare * ahead + 30);
    first_ = picture.history.size() - shown;
    periods_ = shown + ahead;
    for (std::size_t i = first_; i < picture.history.size(); ++i) raise(picture.history[i]);
    for (const auto& band : picture.forecast.bands) {
      if (band.level > 90.0 && picture.forecast.bands.size() > 1) continue;
      for (const double value : band.upper) raise(value);
    }
    for (const double value : picture.forecast.mean) raise(value);
    if (picture.limit) raise(*picture.limit);
    step_ = tick_step(top_);
    top_ = std::max(1.0, std::ceil(top_ / step_)) * step_;
  }

  [[nodiscard]] std::size_t first() const { return first_; }
  [[nodiscard]] std::size_t periods() const { return periods_; }
  [[nodiscard]] double top() const { return top_; }
  [[nodiscard]] double step() const { return step_; }
  /// Of a period counted from the history's first.
  [[nodiscard]] double x(std::size_t period) const {
    const auto place = static_cast<double>(period - first_);
    return kLeft + (kWidth - kLeft - kRight) * place /
                       static_cast<double>(std::max<std::size_t>(periods_ - 1, 1));
  }
  [[nodiscard]] double y(double value) const {
    const double share = std::clamp(value / top_, 0.0, 1.0);
    return kHeight - kBottom - (kHeight - kTop - kBottom) * share;
  }

 private:
  void raise(double value) {
    if (std::isfinite(value)) top_ = std::max(top_, value);
  }
  const Picture& picture_;
  std::size_t first_ = 0, periods_ = 1;
  double top_ = 0.0, step_ = 1.0;
};

std::string points_of(const Sheet& sheet, std::span<const double> values, std::size_t from) {
  std::string points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    points += fmt::format("{:.1f},{:.1f} ", sheet.x(from + i), sheet.y(values[i]));
  }
  return points;
}

std::string band_of(const Sheet& sheet, const forecasting::Band& band, std::size_t from,
                    double opacity) {
  std::vector<double> reversed(band.lower.rbegin(), band.lower.rend());
  std::string points = points_of(sheet, band.upper, from);
  for (std::size_t i = 0; i < reversed.size(); ++i) {
    points += fmt::format("{:.1f},{:.1f} ", sheet.x(from + reversed.size() - 1 - i),
                          sheet.y(reversed[i]));
  }
  return fmt::format("<polygon points=\"{}\" fill=\"#d9730d\" fill-opacity=\"{}\"/>\n", points,
                     opacity);
}

std::string axes_of(const Sheet& sheet, const Picture& picture) {
  std::string out;
  for (double value = 0.0; value <= sheet.top() * 1.0001; value += sheet.step()) {
    const double y = sheet.y(value);
    out += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#e3e3e0\"/>\n"
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        kLeft, kWidth - kRight, y, y, kLeft - 8, y + 4, exact_estimate(value));
  }
  const std::size_t every = std::max<std::size_t>(1, (sheet.periods() + 6) / 7);
  for (std::size_t i = sheet.first(); i < sheet.first() + sheet.periods(); i += every) {
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                       std::clamp(sheet.x(i), kLeft + 20, kWidth - 50), kHeight - kBottom + 20,
                       escaped(picture.labels[i]));
  }
  return out;
}

}  // namespace

std::string svg_of(const Picture& picture) {
  const Sheet sheet(picture);
  const std::size_t known = picture.history.size();
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
      "font-size=\"12\" fill=\"#5f5e5b\">\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"#ffffff\"/>\n<text x=\"{}\" y=\"26\" font-size=\"16\" fill=\"#1f1f1e\">{}</text>\n",
      kWidth, kHeight, kLeft, escaped(picture.title));
  out += axes_of(sheet, picture);
  const auto& bands = picture.forecast.bands;
  for (std::size_t b = bands.size(); b-- > 0;) out += band_of(sheet, bands[b], known, 0.18);
  const auto line = [&](const std::string& points, const char* color, const char* more) {
    out += fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
        "stroke-linejoin=\"round\"{}/>\n",
        points, color, more);
  };
  line(points_of(sheet, picture.history.subspan(sheet.first()), sheet.first()), "#2f6fb3", "");
  std::string ahead = points_of(sheet, picture.forecast.mean, known);
  if (known > 0) ahead = points_of(sheet, picture.history.last(1), known - 1) + ahead;
  line(ahead, "#d9730d", "");
  if (picture.limit) {
    const double y = sheet.y(*picture.limit);
    out += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#c4314b\" "
        "stroke-width=\"1.5\" stroke-dasharray=\"6 5\"/>\n<text x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\" fill=\"#c4314b\">budget {}</text>\n",
        kLeft, kWidth - kRight, y, y, kWidth - kRight, y - 6, exact_estimate(*picture.limit));
  }
  return out + "</svg>\n";
}

std::string sparkline(std::span<const double> history, std::span<const double> forecast,
                      std::size_t columns) {
  static constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t ahead = std::min(forecast.size(), columns / 2);
  const std::size_t shown = std::min(history.size(), columns - ahead - 1);
  const auto before = history.last(shown);
  const auto after = forecast.first(ahead);
  double top = 0.0;
  for (const auto& part : {before, after}) {
    for (const double value : part) {
      if (std::isfinite(value)) top = std::max(top, value);
    }
  }
  std::string out;
  const auto draw = [&](std::span<const double> values) {
    for (const double value : values) {
      if (!std::isfinite(value)) {
        out += ' ';
        continue;
      }
      const double share = top > 0.0 ? std::clamp(value / top, 0.0, 1.0) : 0.0;
      out += kBlocks[static_cast<std::size_t>(std::lround(share * 7.0))];
    }
  };
  draw(before);
  out += '|';
  draw(after);
  return out;
}

}  // namespace costops::cli
