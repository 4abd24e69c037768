// HTML and PDF: what people look at, and what nobody may smuggle into it.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "costops/export/picture.h"
#include "costops/export/writer.h"
#include "export/chart_layout.h"
#include "export/document_rows.h"

namespace costops::exports {
namespace {

Schema costs_schema() {
  Schema schema;
  schema.columns = {{"model", ColumnType::text},
                    {"tokens", ColumnType::integer},
                    {"total_cost", ColumnType::decimal, kMoneyScale},
                    {"currency", ColumnType::text}};
  schema.amount_column = 2;
  schema.currency_column = 3;
  return schema;
}

std::string document(Format format, const WriterOptions& options, std::string_view model) {
  const Schema schema = costs_schema();
  BatchBuilder rows(schema);
  rows.text(model).integer(1'234'567).amount(parse_amount("1234.5678901").value()).text("USD");
  rows.text("b").integer(2).amount(parse_amount("-0.5").value()).text("USD");
  rows.text("c").integer(3).amount(parse_amount("7").value()).text("EUR");
  std::string out;
  auto writer = make_writer(format, options, [&out](std::string_view piece) {
    out.append(piece);
    return Result<void>();
  });
  EXPECT_TRUE((*writer)->begin(schema));
  EXPECT_TRUE((*writer)->write(rows.batch()));
  EXPECT_TRUE((*writer)->finish());
  return out;
}

TEST(Html, AlignsPlacesAndGroupsThousands) {
  const std::string html = document(Format::html, {}, "a");
  EXPECT_NE(html.find("<td class=\"n\">1,234,567</td>"
                      "<td class=\"n\">1,234.56<span class=\"f\">78901</span></td>"),
            std::string::npos);
  EXPECT_NE(html.find("<td class=\"n\">-0.50<span class=\"f\">00000</span></td>"),
            std::string::npos);
}

TEST(Html, TotalsAreOfAllRowsShownOrNot) {
  WriterOptions options;
  options.document_rows_max = 1;
  const std::string html = document(Format::html, options, "a");
  EXPECT_NE(html.find("<td colspan=\"2\">Total of 3 rows</td>"
                      "<td class=\"n\">1,234.06<span class=\"f\">78901</span></td>"
                      "<td colspan=\"1\">USD</td>"),
            std::string::npos);
  EXPECT_NE(html.find("<p class=\"more\">and 2 more rows</p>"), std::string::npos);
}

TEST(Html, NoTextIsMarkup) {
  const std::string evil = std::string("</td><script>alert('1')</script>\"&") + '\0' + "\x1b\xff";
  WriterOptions options;
  options.document.title = evil;
  options.document.lines = {evil + ": " + evil};
  options.document.charts = {
      {Chart::Kind::stacked, evil, evil, {evil}, {{evil, {1}, {}, {}}, {evil, {2}, {}, {}}}},
      {Chart::Kind::lines, evil, evil, {evil}, {{evil, {1}, {}, {}}}},
      {Chart::Kind::bars, evil, evil, {evil}, {{evil, {1}, {}, {}}}}};
  const std::string html = document(Format::html, options, evil);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find('\0'), std::string::npos);
  EXPECT_EQ(html.find('\x1b'), std::string::npos);
  EXPECT_EQ(html.find('\xff'), std::string::npos);
  EXPECT_NE(html.find("&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"),
            std::string::npos);
}

TEST(Pdf, TheSameRowsGiveTheSameBytes) {
  WriterOptions options;
  options.document.charts = {
      {Chart::Kind::lines, "Forecast", "USD", {"a", "b"}, {{"spend", {1, 2}, {0, 1}, {2, 3}}}}};
  const std::string pdf = document(Format::pdf, options, "שלום 你好 \xff\x01 long");
  EXPECT_TRUE(pdf.starts_with("%PDF-1.5"));
  EXPECT_EQ(pdf, document(Format::pdf, options, "שלום 你好 \xff\x01 long"));
}

TEST(Pdf, AFailingSinkIsTold) {
  const Schema schema = costs_schema();
  auto writer = make_writer(Format::pdf, {}, [](std::string_view) -> Result<void> {
    return fail(ErrorCode::io_error, "the disk is full");
  });
  ASSERT_TRUE((*writer)->begin(schema));
  const auto finished = (*writer)->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "the disk is full");
}

TEST(Xlsx, RowsBeyondASheetGoOnInTheNext) {
  const std::string path = testing::TempDir() + "sheets.xlsx";
  const Schema schema = costs_schema();
  BatchBuilder rows(schema);
  for (int i = 0; i < 5; ++i) rows.text("m").integer(i).amount(Amount{}).text("USD");
  WriterOptions options;
  options.sheet_rows_max = 3;  // A heading and two rows.
  auto writer = make_file_writer(Format::xlsx, options, path);
  ASSERT_TRUE((*writer)->begin(schema));
  ASSERT_TRUE((*writer)->write(rows.batch()));
  ASSERT_TRUE((*writer)->finish());
  std::ifstream file(path, std::ios::binary);
  const std::string zip{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(zip.find("xl/worksheets/sheet3.xml"), std::string::npos);
  EXPECT_EQ(zip.find("xl/worksheets/sheet4.xml"), std::string::npos);
}

TEST(Charts, StayWithinTheirDrawing) {
  const double gap = std::nan("");
  const std::vector<double> values[] = {{1, 2, 3},       {-1, 2, gap},        {0, 0, 0},
                                        {1e-9, 2e-9, 0}, {1e15, 1, INFINITY}, {}};
  for (const auto kind : {Chart::Kind::bars, Chart::Kind::stacked, Chart::Kind::lines}) {
    for (const auto& each : values) {
      const Chart chart{kind,
                        "Spend",
                        "USD",
                        {"2026-07-01", std::string(300, 'x'), "c"},
                        {{"a", each, each, each}, {"(other)", each, {}, {}}}};
      const Drawing drawing = lay_out(chart, 600, 10);
      for (const Shape& shape : drawing.shapes) {
        for (const Point& point : shape.points) {
          EXPECT_GE(point.x, -0.01);
          EXPECT_LE(point.x, 600.01);
          EXPECT_GE(point.y, -0.01);
          EXPECT_LE(point.y, drawing.height + 0.01);
        }
      }
    }
  }
}

TEST(Charts, WithoutLabelsAreEmptyAxes) {
  for (const auto kind : {Chart::Kind::bars, Chart::Kind::stacked, Chart::Kind::lines}) {
    EXPECT_GT(lay_out({kind, "Spend", "", {}, {}}, 600, 10).height, 0);
  }
}

TEST(Picture, IsAnSvgOrAPngOfItsOwn) {
  const Chart chart{Chart::Kind::lines,
                    "Spend <by> day",
                    "USD",
                    {"2026-07-01", "2026-07-02", "2026-07-03"},
                    {{"forecast", {1, 2, 3}, {0, 1, 2}, {2, 3, 4}, {0, 0, 1}, {3, 4, 5}}},
                    {{"budget", 4.5}}};
  const std::string svg = svg_of(chart);
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find(">Spend &lt;by&gt; day, USD</text>"), std::string::npos);
  EXPECT_NE(svg.find(">budget 4.50</text>"), std::string::npos);
  const std::string png = png_of(chart).value();
  EXPECT_TRUE(png.starts_with("\x89PNG\r\n"));
  EXPECT_EQ(png.substr(16, 4), std::string("\0\0\x07\x80", 4));  // 1,920 pixels wide.
  EXPECT_EQ(png, png_of(chart).value());
}

}  // namespace
}  // namespace costops::exports
