// pdf_pen.h - cairo and pango behind one small pen: pages, text, boxes and lines, bytes to a sink.
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

/// All lengths are points (1/72 inch) from a page's upper left corner.
class PdfPen {
 public:
  /// What the file says of itself. `created` is never the clock's: the same rows, the same bytes.
  struct About {
    std::string title;
    Instant created{};
  };
  enum class Weight : std::uint8_t { normal, bold };
  struct Type {
    double size = 8;
    Weight weight = Weight::normal;
    std::uint32_t colour = 0;  ///< 0xrrggbb
    Shape::Anchor anchor = Shape::Anchor::start;
  };

  /// `sink` gets bytes while pages are drawn.
  PdfPen(double width, double height, const About& about, compression::Sink sink);
  PdfPen(const PdfPen&) = delete;
  PdfPen& operator=(const PdfPen&) = delete;
  ~PdfPen();

  [[nodiscard]] double width_of(std::string_view text, const Type& type);
  /// `at`: the baseline. More than `room` ends with an ellipsis; 0: any width. One line.
  void text(Point at, std::string_view words, const Type& type, double room = 0);
  void box(Point a, Point b, std::uint32_t colour);
  void line(const std::vector<Point>& points, double width, std::uint32_t colour);
  void area(const std::vector<Point>& points, std::uint32_t colour, double opacity);
  void drawing(const Drawing& drawing, Point upper_left);
  void next_page();
  /// The end of the file. Fails like the sink; with io_error if cairo cannot go on.
  [[nodiscard]] Result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::exports
