// chart_layout.h - a chart as shapes: worked out once, drawn by whoever has a pen (SVG, PDF).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "costops/export/writer.h"

namespace costops::exports {

struct Point {
  double x = 0, y = 0;  ///< From the upper left corner, in the units of the drawing's width.
};

/// What a shape is drawn with; pens choose the colours, so that dark mode is theirs.
enum class Ink : std::uint8_t { strong, muted, grid, series, band, limit };

struct Shape {
  enum class Kind : std::uint8_t {
    box,   ///< Two opposite corners, filled.
    line,  ///< Through all points; of Ink::limit dashed.
    area,  ///< Within all points, filled.
    text,  ///< At its only point: the baseline.
    hint   ///< Two corners; nothing to see, but `text` belongs there.
  };
  enum class Anchor : std::uint8_t { start, middle, end };
  Kind kind = Kind::box;
  Ink ink = Ink::muted;
  std::size_t series = 0;  ///< Of Ink::series and Ink::band: below kSeriesInks.
  std::vector<Point> points;
  std::string text;  ///< Of a text; of a box or hint, what it stands for.
  Anchor anchor = Anchor::start;
};

struct Drawing {
  double width = 0, height = 0;
  double text_size = 0;
  std::string title;
  std::vector<Shape> shapes;
};

/// Colours that people with each kind of colour blindness tell apart, for light and dark paper. The
/// last is for what is left ("(other)").
struct Shade {
  std::uint32_t light, dark;
};
inline constexpr Shade kLimitShade = {0xc4314b, 0xf07088};
inline constexpr std::size_t kSeriesInks = 8;
inline constexpr std::array<Shade, kSeriesInks> kShades = {{{0x2a78d6, 0x3987e5},
                                                            {0x1baf7a, 0x199e70},
                                                            {0xeda100, 0xc98500},
                                                            {0x7a5fd0, 0x9085e9},
                                                            {0xe34948, 0xe66767},
                                                            {0xe87ba4, 0xd55181},
                                                            {0x0f7c8c, 0x2ba5b5},
                                                            {0xa3a29c, 0x6f6e69}}};

/// `width` and `text_size` in one unit; the height follows. Values that are not finite are gaps.
[[nodiscard]] Drawing lay_out(const Chart& chart, double width, double text_size);

/// How wide a text is, nearly: a pen that can measure does so itself.
[[nodiscard]] double width_of(std::string_view text, double text_size);

}  // namespace costops::exports
