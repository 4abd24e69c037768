// chart_layout.cc - every length is a multiple of the text size (em), so that one layout serves
// a screen and a page.
#include "export/chart_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "costops/json/json.h"

namespace costops::exports {
namespace {

constexpr double kPlotHeight = 19;  // em
constexpr double kBarHeight = 1.15;
constexpr double kBarPitch = 1.9;
constexpr std::size_t kLabelCharacters = 36;
constexpr std::string_view kRest = "(other)";

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

/// At most `most` characters: the middle makes way, since ends tell names apart.
std::string shortened(std::string_view raw, std::size_t most) {
  std::string text = json::valid_utf8(raw);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  const std::size_t count = characters_in(text);
  if (count <= most) return text;
  const std::size_t head = (most - 1) * 2 / 3;
  const std::size_t tail = count - (most - 1 - head);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && !continues(text[i])) ++at;
    if (at == head && !continues(text[i])) out += "…";
    if (at < head || at >= tail) out += text[i];
  }
  return out;
}

std::string grouped(std::string digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  std::size_t end = std::min(digits.find('.'), digits.size());
  while (end > first + 3) digits.insert(end -= 3, ",");
  return digits;
}

/// "1,234.56", "0.0042": what a picture can show.
std::string value_text(double value) {
  const double size = std::fabs(value);
  int places = 2;
  if (size > 0 && size < 1)
    places = std::min(9, 2 - static_cast<int>(std::floor(std::log10(size))));
  if (size >= 10'000) places = 0;
  std::string text = fmt::format("{:.{}f}", value, places);
  if (places > 2) {
    while (text.back() == '0') text.pop_back();
  }
  return grouped(text);
}

struct Scale {
  double from = 0, to = 1, step = 1;
};

/// Round steps (1, 2, 2.5 or 5 times a power of ten) that cover the values and zero.
Scale scale_over(double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  if (!(high > low)) high = low + 1;
  const double rough = (high - low) / 4.5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double times : {5.0, 2.5, 2.0, 1.0}) {
    if (times * power >= rough) step = times * power;
  }
  if (!std::isfinite(step) || step <= 0) return {};
  return {std::floor(low / step) * step, std::ceil(high / step) * step, step};
}

std::string tick_text(double value, double step) {
  for (const auto& [unit, letter] : {std::pair{1e9, "B"}, std::pair{1e6, "M"}}) {
    if (step >= unit / 10) return fmt::format("{:g}{}", value / unit, value == 0 ? "" : letter);
  }
  int places = std::clamp(-static_cast<int>(std::floor(std::log10(step))), 0, 12);
  // A step of 2.5 needs a place more than one of 1.
  const double scaled = step * std::pow(10.0, places);
  if (std::fabs(scaled - std::round(scaled)) > 1e-6) ++places;
  return grouped(fmt::format("{:.{}f}", value == 0 ? 0.0 : value, places));
}

std::size_t ink_of(const Chart& chart, std::size_t series) {
  if (chart.series[series].name == kRest) return kSeriesInks - 1;
  return series % (kSeriesInks - 1);
}

double value_at(const std::vector<double>& values, std::size_t at) {
  return at < values.size() ? values[at] : std::nan("");
}

class Layout {
 public:
  Layout(const Chart& chart, double width, double em) : chart_(chart), em_(em) {
    out_.width = width;
    out_.text_size = em;
    out_.title = chart.unit.empty() ? chart.title : chart.title + ", " + chart.unit;
  }

  Drawing make() {
    if (chart_.series.size() > 1) legend();
    if (chart_.kind == Chart::Kind::bars) {
      bars();
    } else {
      plot();
    }
    out_.height = y_;
    return std::move(out_);
  }

 private:
  void box(Point a, Point b, std::size_t series, std::string text) {
    out_.shapes.push_back({Shape::Kind::box, Ink::series, series, {a, b}, std::move(text), {}});
  }
  void line(std::vector<Point> points, Ink ink, std::size_t series = 0) {
    out_.shapes.push_back({Shape::Kind::line, ink, series, std::move(points), "", {}});
  }
  void text(Point at, std::string words, Shape::Anchor anchor, Ink ink = Ink::muted) {
    out_.shapes.push_back({Shape::Kind::text, ink, 0, {at}, std::move(words), anchor});
  }

  void legend() {
    double x = 0;
    y_ += em_;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const std::string name = shortened(chart_.series[i].name, kLabelCharacters);
      const double needed = width_of(name, em_) + 2.6 * em_;
      if (x > 0 && x + needed > out_.width) {
        x = 0;
        y_ += 1.6 * em_;
      }
      box({x, y_ - 0.75 * em_}, {x + 0.8 * em_, y_ + 0.05 * em_}, ink_of(chart_, i), "");
      text({x + 1.15 * em_, y_}, name, Shape::Anchor::start, Ink::strong);
      x += needed;
    }
    y_ += 1.2 * em_;
  }

  // --- Bars: a row for each label, values written out ---

  void bars() {
    double low = 0, high = 0, names = 0;
    for (const auto& series : chart_.series) {
      for (const double value : series.values) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
        values_width_ = std::max(values_width_, width_of(value_text(value), em_));
      }
    }
    for (const std::string& label : chart_.labels) {
      names = std::max(names, width_of(shortened(label, kLabelCharacters), em_));
    }
    names = std::min(names, out_.width * 0.45);
    const double left = names + em_ + (low < 0 ? values_width_ + 0.5 * em_ : 0);
    const double right = out_.width - values_width_ - em_;
    const double unit = high > low ? (right - left) / (high - low) : 0;
    const double zero = left - low * unit;
    const double top = y_;
    y_ += 0.35 * em_;
    for (std::size_t i = 0; i < chart_.labels.size(); ++i) bar_row(i, names, zero, unit);
    y_ += 0.35 * em_;
    line({{zero, top}, {zero, y_}}, Ink::grid);
  }

  void bar_row(std::size_t label, double names, double zero, double unit) {
    const auto count = static_cast<double>(chart_.series.size());
    const double height = (kBarPitch - kBarHeight + kBarHeight * count) * em_;
    text({names, y_ + height / 2 + 0.35 * em_}, shortened(chart_.labels[label], kLabelCharacters),
         Shape::Anchor::end, Ink::strong);
    double y = y_ + (kBarPitch - kBarHeight) / 2 * em_;
    for (std::size_t s = 0; s < chart_.series.size(); ++s, y += kBarHeight * em_) {
      const double value = value_at(chart_.series[s].values, label);
      if (!std::isfinite(value)) continue;
      const bool rest = chart_.series.size() == 1 && chart_.labels[label] == kRest;
      const double end = zero + value * unit;
      box({std::min(zero, end), y}, {std::max(zero, end), y + (kBarHeight - 0.1) * em_},
          rest ? kSeriesInks - 1 : ink_of(chart_, s),
          fmt::format("{}: {} {}", chart_.labels[label], value_text(value), chart_.unit));
      const bool left = value < 0;
      text({end + (left ? -0.5 : 0.5) * em_, y + 0.87 * em_}, value_text(value),
           left ? Shape::Anchor::end : Shape::Anchor::start);
    }
    y_ += height;
  }

  // --- Columns and lines: labels along an axis ---

  void plot() {
    const auto [low, high] = extent();
    const Scale scale = scale_over(low, high);
    double ticks = 0;
    for (double at = scale.from; at <= scale.to + scale.step / 2; at += scale.step) {
      ticks = std::max(ticks, width_of(tick_text(at, scale.step), em_));
    }
    left_ = ticks + 0.7 * em_;
    top_ = y_ + 0.6 * em_;
    unit_ = kPlotHeight * em_ / (scale.to - scale.from);
    zero_ = top_ + scale.to * unit_;
    const auto steps = static_cast<int>(std::lround((scale.to - scale.from) / scale.step));
    for (int i = 0; i <= steps; ++i) {
      const double value = scale.from + i * scale.step;
      const bool is_zero = std::fabs(value) < scale.step / 1e6;
      const double y = zero_ - value * unit_;
      line({{left_, y}, {out_.width, y}}, is_zero ? Ink::muted : Ink::grid);
      text({left_ - 0.6 * em_, y + 0.35 * em_}, tick_text(is_zero ? 0 : value, scale.step),
           Shape::Anchor::end);
    }
    y_ = top_ + kPlotHeight * em_;
    pitch_ =
        (out_.width - left_) / static_cast<double>(std::max<std::size_t>(chart_.labels.size(), 1));
    if (chart_.kind == Chart::Kind::stacked) columns();
    if (chart_.kind == Chart::Kind::lines) lines();
    for (const Chart::Limit& each : chart_.limits) limit(each);
    axis();
  }

  [[nodiscard]] std::pair<double, double> extent() const {
    double low = 0, high = 0;
    const auto cover = [&](double value) {
      if (!std::isfinite(value)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    };
    for (const Chart::Limit& limit : chart_.limits) cover(limit.value);
    for (std::size_t i = 0; i < chart_.labels.size(); ++i) {
      double above = 0, below = 0;
      for (const auto& series : chart_.series) {
        const double value = value_at(series.values, i);
        if (chart_.kind == Chart::Kind::lines) {
          for (const double each :
               {value, value_at(series.low, i), value_at(series.high, i),
                value_at(series.outer_low, i), value_at(series.outer_high, i)}) {
            cover(each);
          }
        } else if (std::isfinite(value)) {
          (value < 0 ? below : above) += value;
        }
      }
      cover(above);
      cover(below);
    }
    return {low, high};
  }

  [[nodiscard]] double x_of(std::size_t label) const {
    return left_ + (static_cast<double>(label) + 0.5) * pitch_;
  }

  /// What the axis has room for, at even distances.
  void axis() {
    double widest = 0;
    for (const std::string& label : chart_.labels) {
      widest = std::max(widest, width_of(shortened(label, 24), em_));
    }
    const double room = std::max((widest + 1.2 * em_) / pitch_, 1.0);
    const auto every = static_cast<std::size_t>(std::ceil(room));
    y_ += 1.5 * em_;
    // The first that stands below its own place, if there are several.
    std::size_t first = 0;
    while (chart_.labels.size() > every && first + 1 < every && x_of(first) < widest / 2) ++first;
    for (std::size_t i = first; i < chart_.labels.size(); i += every) {
      const std::string label = shortened(chart_.labels[i], 24);
      const double half = width_of(label, em_) / 2;
      text({std::max(half, std::min(x_of(i), out_.width - half)), y_}, label,
           Shape::Anchor::middle);
    }
    y_ += 0.5 * em_;
  }

  void columns() {
    const double width = std::min(pitch_ * 0.76, 3.5 * em_);
    for (std::size_t i = 0; i < chart_.labels.size(); ++i) {
      double above = 0, below = 0;
      for (std::size_t s = 0; s < chart_.series.size(); ++s) {
        const double value = value_at(chart_.series[s].values, i);
        if (!std::isfinite(value) || value == 0) continue;
        double& base = value < 0 ? below : above;
        const double from = zero_ - base * unit_, to = zero_ - (base + value) * unit_;
        base += value;
        const double height = std::fabs(from - to);
        // A hair of paper between neighbours, where there is room for it.
        const double gap = height > 0.3 * em_ ? 0.08 * em_ : 0;
        box({x_of(i) - width / 2, std::min(from, to)},
            {x_of(i) + width / 2, std::max(from, to) - gap}, ink_of(chart_, s),
            fmt::format("{} · {}: {} {}", chart_.labels[i], chart_.series[s].name,
                        value_text(value), chart_.unit));
      }
    }
  }

  void lines() {
    for (std::size_t s = 0; s < chart_.series.size(); ++s) {
      band(ink_of(chart_, s), chart_.series[s].outer_low, chart_.series[s].outer_high);
      band(ink_of(chart_, s), chart_.series[s].low, chart_.series[s].high);
    }
    for (std::size_t s = 0; s < chart_.series.size(); ++s) {
      std::vector<Point> points;
      for (std::size_t i = 0; i <= chart_.labels.size(); ++i) {
        const double value = value_at(chart_.series[s].values, i);
        if (i < chart_.labels.size() && std::isfinite(value)) {
          points.push_back({x_of(i), zero_ - value * unit_});
          continue;
        }
        if (points.size() == 1) points.push_back({points[0].x + 0.2 * em_, points[0].y});
        if (!points.empty()) line(std::move(points), Ink::series, ink_of(chart_, s));
        points.clear();
      }
    }
    for (std::size_t i = 0; i < chart_.labels.size(); ++i) hint(i);
  }

  void band(std::size_t ink, const std::vector<double>& lows, const std::vector<double>& highs) {
    std::vector<Point> upper, lower;
    for (std::size_t i = 0; i < chart_.labels.size(); ++i) {
      const double low = value_at(lows, i), high = value_at(highs, i);
      if (!std::isfinite(low) || !std::isfinite(high)) continue;
      upper.push_back({x_of(i), zero_ - high * unit_});
      lower.push_back({x_of(i), zero_ - low * unit_});
    }
    if (upper.size() < 2) return;
    upper.insert(upper.end(), lower.rbegin(), lower.rend());
    out_.shapes.push_back({Shape::Kind::area, Ink::band, ink, std::move(upper), "", {}});
  }

  void limit(const Chart::Limit& each) {
    if (!std::isfinite(each.value)) return;
    const double y = zero_ - each.value * unit_;
    line({{left_, y}, {out_.width, y}}, Ink::limit);
    text({left_ + 0.5 * em_, y - 0.45 * em_}, each.name + " " + value_text(each.value),
         Shape::Anchor::start, Ink::limit);
  }

  void hint(std::size_t label) {
    std::string words = chart_.labels[label];
    for (const auto& series : chart_.series) {
      const double value = value_at(series.values, label);
      if (!std::isfinite(value)) continue;
      words += fmt::format("\n{}: {} {}", series.name, value_text(value), chart_.unit);
      const double low = value_at(series.low, label), high = value_at(series.high, label);
      if (std::isfinite(low) && std::isfinite(high) && low < high) {
        words += fmt::format(" ({} to {})", value_text(low), value_text(high));
      }
    }
    const double x = x_of(label);
    out_.shapes.push_back({Shape::Kind::hint,
                           Ink::grid,
                           0,
                           {{x - pitch_ / 2, top_}, {x + pitch_ / 2, y_}},
                           std::move(words),
                           {}});
  }

  const Chart& chart_;
  Drawing out_;
  double em_;
  double y_ = 0;  ///< How far down the drawing has come.
  double left_ = 0, top_ = 0, zero_ = 0, unit_ = 1, pitch_ = 1, values_width_ = 0;
};

}  // namespace

double width_of(std::string_view text, double text_size) {
  constexpr double kMeanWidth = 0.58;  // Of a sans serif's letters and digits.
  return static_cast<double>(characters_in(text)) * kMeanWidth * text_size;
}

Drawing lay_out(const Chart& chart, double width, double text_size) {
  return Layout(chart, width, text_size).make();
}

}  // namespace costops::exports
