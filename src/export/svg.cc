#include "export/svg.h"

#include <fmt/format.h>

#include "costops/export/markup.h"

namespace costops::exports {
namespace {

/// A length: a tenth of a unit is finer than a screen shows.
void append_length(std::string& out, double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  out += text == "-0" ? "0" : text;
}

void append_attribute(std::string& out, std::string_view name, double value) {
  out += ' ';
  out += name;
  out += "=\"";
  append_length(out, value);
  out += '"';
}

void append_box(std::string& out, const Shape& shape) {
  const bool hint = shape.kind == Shape::Kind::hint;
  out += hint ? "<rect class=\"h\"" : fmt::format("<rect class=\"s s{}\"", shape.series);
  append_attribute(out, "x", shape.points[0].x);
  append_attribute(out, "y", shape.points[0].y);
  append_attribute(out, "width", shape.points[1].x - shape.points[0].x);
  append_attribute(out, "height", std::max(0.0, shape.points[1].y - shape.points[0].y));
  if (!hint) out += " rx=\"1.5\"";
  if (shape.text.empty()) {
    out += "/>";
    return;
  }
  out += "><title>";
  append_html(out, shape.text);
  out += "</title></rect>";
}

void append_points(std::string& out, const Shape& shape) {
  if (shape.kind == Shape::Kind::area) {
    out += fmt::format("<polygon class=\"b s{}\" points=\"", shape.series);
  } else if (shape.ink == Ink::series) {
    out += fmt::format("<polyline class=\"v l{}\" points=\"", shape.series);
  } else if (shape.ink == Ink::limit) {
    out += "<polyline class=\"d\" points=\"";
  } else {
    out += shape.ink == Ink::muted ? "<polyline class=\"z\" points=\"" : "<polyline points=\"";
  }
  for (const Point& point : shape.points) {
    append_length(out, point.x);
    out += ',';
    append_length(out, point.y);
    out += ' ';
  }
  out.back() = '"';
  out += "/>";
}

void append_text(std::string& out, const Shape& shape) {
  constexpr std::string_view kAnchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
  out += shape.ink == Ink::strong  ? "<text class=\"k\""
         : shape.ink == Ink::limit ? "<text class=\"d\""
                                   : "<text";
  append_attribute(out, "x", shape.points[0].x);
  append_attribute(out, "y", shape.points[0].y);
  out += kAnchors[static_cast<std::size_t>(shape.anchor)];
  out += '>';
  append_html(out, shape.text);
  out += "</text>";
}

std::string shade_rules() {
  std::string light, dark;
  for (std::size_t i = 0; i < kSeriesInks; ++i) {
    constexpr std::string_view kRule = "svg .s{0}{{fill:#{1:06x}}}svg .l{0}{{stroke:#{1:06x}}}\n";
    light += fmt::format(kRule, i, kShades[i].light);
    dark += fmt::format(kRule, i, kShades[i].dark);
  }
  const auto limits = [](std::uint32_t colour) {
    return fmt::format("svg .d{{stroke:#{0:06x}}}svg text.d{{fill:#{0:06x};stroke:none}}\n",
                       colour);
  };
  light += limits(kLimitShade.light);
  dark += limits(kLimitShade.dark);
  return light + "@media screen and (prefers-color-scheme:dark){\n" + dark + "}\n";
}

}  // namespace

void append_shapes(std::string& out, const Drawing& drawing) {
  for (const Shape& shape : drawing.shapes) {
    switch (shape.kind) {
      case Shape::Kind::box:
      case Shape::Kind::hint:
        append_box(out, shape);
        break;
      case Shape::Kind::text:
        append_text(out, shape);
        break;
      default:
        append_points(out, shape);
    }
    out += '\n';
  }
}

void append_svg(std::string& out, const Drawing& drawing) {
  out +=
      fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" font-size=\"{}\" role=\"img\" aria-label=\"",
                  drawing.width, drawing.height, drawing.text_size);
  append_html(out, drawing.title);
  out += "\">\n";
  append_shapes(out, drawing);
  out += "</svg>\n";
}

std::string svg_rules() {
  return R"(svg text{fill:var(--soft)}svg .k{fill:var(--ink)}
svg polyline{fill:none;stroke:var(--line)}svg .z{stroke:var(--soft)}
svg .v{stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
svg .d{stroke-width:1.6;stroke-dasharray:7 5}
svg .b{opacity:.2}svg .h{fill:transparent}
)" + shade_rules();
}

}  // namespace costops::exports
