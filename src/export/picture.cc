#include "costops/export/picture.h"

#include <fmt/format.h>

#include "costops/export/markup.h"
#include "export/cairo_pen.h"
#include "export/svg.h"

namespace costops::exports {
namespace {

constexpr double kWidth = 960, kMargin = 26, kText = 12.5;
constexpr double kTitle = 17;      // Its text size, ...
constexpr double kTitleRoom = 40;  // ... and what it takes with the space below.
constexpr double kPixels = 2;      // Of a PNG, per unit: sharp on today's screens.

Drawing laid_out(const Chart& chart) { return lay_out(chart, kWidth - 2 * kMargin, kText); }

double height_of(const Drawing& drawing) { return drawing.height + 2 * kMargin + kTitleRoom; }

}  // namespace

std::string svg_of(const Chart& chart) {
  const Drawing drawing = laid_out(chart);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" font-family=\"system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif\" "
      "font-size=\"{2}\">\n",
      kWidth, height_of(drawing), kText);
  out +=
      "<style>\nsvg{--paper:#fff;--ink:#17171a;--soft:#6a6963;--line:#e6e5df}\n"
      "@media screen and (prefers-color-scheme:dark){svg{--paper:#1b1b1e;--ink:#f0efea;"
      "--soft:#a09f98;--line:#303034}}\n";
  out += svg_rules();
  out += fmt::format(
      "</style>\n<rect width=\"100%\" height=\"100%\" style=\"fill:var(--paper)\"/>\n"
      "<text class=\"k\" x=\"{0}\" y=\"{1}\" font-size=\"{2}\" font-weight=\"600\">",
      kMargin, kMargin + kTitle, kTitle);
  append_html(out, drawing.title);
  out +=
      fmt::format("</text>\n<g transform=\"translate({} {})\">\n", kMargin, kMargin + kTitleRoom);
  append_shapes(out, drawing);
  return out + "</g>\n</svg>\n";
}

Result<std::string> png_of(const Chart& chart) {
  const Drawing drawing = laid_out(chart);
  std::string bytes;
  ImagePen pen(kWidth, height_of(drawing), kPixels, [&bytes](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  constexpr std::uint32_t kInk = 0x17171a;
  pen.text({kMargin, kMargin + kTitle}, drawing.title, {kTitle, CairoPen::Weight::bold, kInk, {}},
           kWidth - 2 * kMargin);
  pen.drawing(drawing, {kMargin, kMargin + kTitleRoom});
  if (auto written = pen.finish(); !written) return fail(written.error());
  return bytes;
}

}  // namespace costops::exports
