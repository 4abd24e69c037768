// cairo_pen.h - cairo and pango behind one small pen: text, boxes and lines, on pages of a PDF or
// on an image.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/compression/stream.h"
#include "costops/domain/time.h"
#include "export/chart_layout.h"

namespace costops::exports {

/// Lengths are points (1/72 inch) of a page, or pixels, from the upper left corner.
class CairoPen {
 public:
  enum class Weight : std::uint8_t { normal, bold };
  struct Type {
    double size = 8;
    Weight weight = Weight::normal;
    std::uint32_t colour = 0;  ///< 0xrrggbb
    Shape::Anchor anchor = Shape::Anchor::start;
  };

  CairoPen(const CairoPen&) = delete;
  CairoPen& operator=(const CairoPen&) = delete;

  [[nodiscard]] double width_of(std::string_view text, const Type& type);
  /// `at`: the baseline. More than `room` ends with an ellipsis; 0: any width. One line.
  void text(Point at, std::string_view words, const Type& type, double room = 0);
  void box(Point a, Point b, std::uint32_t colour);
  void line(const std::vector<Point>& points, double width, std::uint32_t colour);
  void area(const std::vector<Point>& points, std::uint32_t colour, double opacity);
  void drawing(const Drawing& drawing, Point upper_left);

 private:
  void stroke(const Shape& shape, double em);

 protected:
  explicit CairoPen(compression::Sink sink);
  ~CairoPen();
  struct State;
  /// Once the surface is there.
  void begin();
  /// What the sink said, else what cairo says of `what`.
  [[nodiscard]] Result<void> outcome(std::string_view what) const;
  std::unique_ptr<State> state_;
};

class PdfPen final : public CairoPen {
 public:
  /// What the file says of itself. `created` is never the clock's: the same rows, the same bytes.
  struct About {
    std::string title;
    Instant created{};
  };
  /// `sink` gets bytes while pages are drawn.
  PdfPen(double width, double height, const About& about, compression::Sink sink);
  void next_page();
  /// The end of the file. Fails like the sink; with io_error if cairo cannot go on.
  [[nodiscard]] Result<void> finish();
};

/// White paper.
class ImagePen final : public CairoPen {
 public:
  /// `scale` pixels of the image are one of width and height.
  ImagePen(double width, double height, double scale, compression::Sink sink);
  /// The whole image, as PNG. Fails like PdfPen::finish.
  [[nodiscard]] Result<void> finish();
};

}  // namespace costops::exports
