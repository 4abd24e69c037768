#include "export/cairo_pen.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>

#include "costops/json/json.h"

namespace costops::exports {
namespace {

constexpr std::uint32_t kStrong = 0x17171a, kMuted = 0x6a6963, kGrid = 0xe2e1db;

std::uint32_t colour_of(const Shape& shape) {
  switch (shape.ink) {
    case Ink::strong:
      return kStrong;
    case Ink::muted:
      return kMuted;
    case Ink::grid:
      return kGrid;
    case Ink::limit:
      return kLimitShade.light;
    default:
      return kShades[shape.series].light;
  }
}

/// One line of what pango takes: UTF-8 without control characters.
std::string printable(std::string_view text) {
  std::string out = json::valid_utf8(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

}  // namespace

struct CairoPen::State {
  explicit State(compression::Sink to) : sink(std::move(to)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (layout != nullptr) g_object_unref(layout);
    for (PangoFontDescription* font : fonts) {
      if (font != nullptr) pango_font_description_free(font);
    }
    if (pen != nullptr) cairo_destroy(pen);
    if (surface != nullptr) cairo_surface_destroy(surface);
  }

  static cairo_status_t write(void* closure, const unsigned char* bytes, unsigned size) {
    auto* state = static_cast<State*>(closure);
    if (!state->written) return CAIRO_STATUS_WRITE_ERROR;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are bytes.
    state->written = state->sink({reinterpret_cast<const char*>(bytes), size});
    return state->written ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
  }

  void colour(std::uint32_t rgb, double opacity = 1) const {
    const auto part = [rgb](int shift) { return static_cast<double>((rgb >> shift) & 255) / 255; };
    cairo_set_source_rgba(pen, part(16), part(8), part(0), opacity);
  }

  void path(const std::vector<Point>& points) const {
    cairo_new_path(pen);
    for (const Point& point : points) cairo_line_to(pen, point.x, point.y);
  }

  /// The layout holds `words` in that type.
  void set(std::string_view words, const Type& type) {
    PangoFontDescription* font = fonts[type.weight == Weight::bold ? 1 : 0];
    pango_font_description_set_absolute_size(font, type.size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    const std::string text = printable(words);
    pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
    pango_layout_set_width(layout, -1);
  }

  [[nodiscard]] double laid_out_width() const {
    int width = 0;
    pango_layout_get_size(layout, &width, nullptr);
    return static_cast<double>(width) / PANGO_SCALE;
  }

  compression::Sink sink;
  Result<void> written;
  cairo_surface_t* surface = nullptr;
  cairo_t* pen = nullptr;
  PangoLayout* layout = nullptr;
  std::array<PangoFontDescription*, 2> fonts{};
};

CairoPen::CairoPen(compression::Sink sink) : state_(std::make_unique<State>(std::move(sink))) {}
CairoPen::~CairoPen() = default;

void CairoPen::begin() {
  State& state = *state_;
  state.pen = cairo_create(state.surface);
  state.layout = pango_cairo_create_layout(state.pen);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(pango_layout_get_context(state.layout), options);
  cairo_font_options_destroy(options);
  // A page has no pixels: widths must scale with the size.
  pango_context_set_round_glyph_positions(pango_layout_get_context(state.layout), FALSE);
  pango_layout_set_single_paragraph_mode(state.layout, TRUE);
  pango_layout_set_ellipsize(state.layout, PANGO_ELLIPSIZE_END);
  state.fonts = {pango_font_description_from_string("DejaVu Sans, sans-serif"),
                 pango_font_description_from_string("DejaVu Sans, sans-serif bold")};
}

double CairoPen::width_of(std::string_view text, const Type& type) {
  state_->set(text, type);
  return state_->laid_out_width();
}

void CairoPen::text(Point at, std::string_view words, const Type& type, double room) {
  if (words.empty()) return;
  State& state = *state_;
  state.set(words, type);
  double width = state.laid_out_width();
  if (room > 0 && width > room) {
    pango_layout_set_width(state.layout, static_cast<int>(room * PANGO_SCALE));
    width = room;
  }
  if (type.anchor == Shape::Anchor::middle) at.x -= width / 2;
  if (type.anchor == Shape::Anchor::end) at.x -= width;
  const double baseline =
      static_cast<double>(pango_layout_get_baseline(state.layout)) / PANGO_SCALE;
  state.colour(type.colour);
  cairo_move_to(state.pen, at.x, at.y - baseline);
  pango_cairo_show_layout(state.pen, state.layout);
}

void CairoPen::box(Point a, Point b, std::uint32_t colour) {
  state_->colour(colour);
  cairo_rectangle(state_->pen, a.x, a.y, b.x - a.x, b.y - a.y);
  cairo_fill(state_->pen);
}

void CairoPen::line(const std::vector<Point>& points, double width, std::uint32_t colour) {
  state_->colour(colour);
  cairo_set_line_width(state_->pen, width);
  cairo_set_line_join(state_->pen, CAIRO_LINE_JOIN_ROUND);
  state_->path(points);
  cairo_stroke(state_->pen);
}

void CairoPen::area(const std::vector<Point>& points, std::uint32_t colour, double opacity) {
  state_->colour(colour, opacity);
  state_->path(points);
  cairo_fill(state_->pen);
}

void CairoPen::stroke(const Shape& shape, double em) {
  if (shape.ink == Ink::limit) {
    const double dashes[] = {0.55 * em, 0.4 * em};
    cairo_set_dash(state_->pen, dashes, 2, 0);
    line(shape.points, 0.13 * em, colour_of(shape));
    cairo_set_dash(state_->pen, nullptr, 0, 0);
    return;
  }
  line(shape.points, (shape.ink == Ink::series ? 0.18 : 0.065) * em, colour_of(shape));
}

void CairoPen::drawing(const Drawing& drawing, Point upper_left) {
  for (Shape shape : drawing.shapes) {
    for (Point& point : shape.points) point = {point.x + upper_left.x, point.y + upper_left.y};
    switch (shape.kind) {
      case Shape::Kind::box:
        box(shape.points[0], shape.points[1], colour_of(shape));
        break;
      case Shape::Kind::line:
        stroke(shape, drawing.text_size);
        break;
      case Shape::Kind::area:
        area(shape.points, colour_of(shape), 0.2);
        break;
      case Shape::Kind::text:
        text(shape.points[0], shape.text,
             {drawing.text_size, Weight::normal, colour_of(shape), shape.anchor});
        break;
      case Shape::Kind::hint:
        break;
    }
  }
}

Result<void> CairoPen::outcome(std::string_view what) const {
  const State& state = *state_;
  if (!state.written) return state.written;
  const cairo_status_t surface = cairo_surface_status(state.surface);
  const cairo_status_t pen = cairo_status(state.pen);
  if (surface == CAIRO_STATUS_SUCCESS &&
      (pen == CAIRO_STATUS_SUCCESS || pen == CAIRO_STATUS_SURFACE_FINISHED)) {
    return {};
  }
  return fail(ErrorCode::io_error,
              "cannot write the " + std::string(what) + ": " +
                  cairo_status_to_string(surface == CAIRO_STATUS_SUCCESS ? pen : surface));
}

PdfPen::PdfPen(double width, double height, const About& about, compression::Sink sink)
    : CairoPen(std::move(sink)) {
  State& state = *state_;
  state.surface = cairo_pdf_surface_create_for_stream(&State::write, &state, width, height);
  cairo_pdf_surface_restrict_to_version(state.surface, CAIRO_PDF_VERSION_1_5);
  const auto say = [&](cairo_pdf_metadata_t what, const std::string& text) {
    cairo_pdf_surface_set_metadata(state.surface, what, text.c_str());
  };
  say(CAIRO_PDF_METADATA_TITLE, printable(about.title));
  say(CAIRO_PDF_METADATA_CREATOR, "cost-ops");
  const std::string created =
      costops::to_string(Instant(std::chrono::floor<std::chrono::seconds>(about.created)));
  say(CAIRO_PDF_METADATA_CREATE_DATE, created);
  say(CAIRO_PDF_METADATA_MOD_DATE, created);
  begin();
}

void PdfPen::next_page() { cairo_show_page(state_->pen); }

Result<void> PdfPen::finish() {
  cairo_surface_finish(state_->surface);
  return outcome("PDF");
}

ImagePen::ImagePen(double width, double height, double scale, compression::Sink sink)
    : CairoPen(std::move(sink)) {
  const auto pixels = [scale](double length) {
    return static_cast<int>(std::ceil(length * scale));
  };
  state_->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(width), pixels(height));
  begin();
  cairo_scale(state_->pen, scale, scale);
  constexpr std::uint32_t kPaper = 0xffffff;
  box({0, 0}, {width, height}, kPaper);
}

Result<void> ImagePen::finish() {
  if (auto drawn = outcome("picture"); !drawn) return drawn;
  const cairo_status_t status =
      cairo_surface_write_to_png_stream(state_->surface, &State::write, state_.get());
  if (auto written = outcome("picture"); !written) return written;
  if (status == CAIRO_STATUS_SUCCESS) return {};
  return fail(ErrorCode::io_error,
              std::string("cannot write the picture: ") + cairo_status_to_string(status));
}

}  // namespace costops::exports
