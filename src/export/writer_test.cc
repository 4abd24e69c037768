#include "costops/export/writer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "costops/export/output_file.h"

namespace costops::exports {
namespace {

namespace fs = std::filesystem;

Schema sample_schema() {
  Schema schema;
  schema.columns = {{"id", ColumnType::text},
                    {"at", ColumnType::instant},
                    {"tokens", ColumnType::integer},
                    {"cost", ColumnType::decimal, kMoneyScale},
                    {"priced", ColumnType::boolean}};
  return schema;
}

std::string written(Format format, const WriterOptions& options, const Schema& schema,
                    const Batch& batch) {
  std::string out;
  auto writer = make_writer(format, options, [&out](std::string_view piece) {
    out.append(piece);
    return Result<void>();
  });
  EXPECT_TRUE(writer);
  EXPECT_TRUE((*writer)->begin(schema));
  EXPECT_TRUE((*writer)->write(batch));
  EXPECT_TRUE((*writer)->finish());
  return out;
}

/// Two rows: one of ordinary values, one of whatever may be missing or large.
std::string two_rows(Format format, const WriterOptions& options = {}) {
  const Schema schema = sample_schema();
  BatchBuilder rows(schema);
  rows.text("a").instant(parse_instant("2026-07-01T12:00:00.25Z").value());
  rows.integer(17).amount(parse_amount("0.000000000150").value()).boolean(true);
  rows.text("").null().integer(-9'000'000'000).decimal(Int128{-1} * kPicoPerUnit * kPicoPerUnit);
  rows.null();
  return written(format, options, schema, rows.batch());
}

TEST(Writers, CsvTellsNullFromEmpty) {
  EXPECT_EQ(two_rows(Format::csv),
            "id,at,tokens,cost,priced\n"
            "a,2026-07-01T12:00:00.250Z,17,0.00000000015,true\n"
            "\"\",,-9000000000,-1000000000000,\n");
}

TEST(Writers, CsvLinesAndNullTextAreOptions) {
  WriterOptions options;
  options.csv.line = CsvOptions::Line::crlf;
  options.csv.null_text = "NULL";
  EXPECT_EQ(two_rows(Format::csv, options),
            "id,at,tokens,cost,priced\r\n"
            "a,2026-07-01T12:00:00.250Z,17,0.00000000015,true\r\n"
            ",NULL,-9000000000,-1000000000000,NULL\r\n");
}

TEST(Writers, JsonIsAnArrayOfObjects) {
  EXPECT_EQ(two_rows(Format::json),
            "[\n"
            "{\"id\":\"a\",\"at\":\"2026-07-01T12:00:00.250Z\",\"tokens\":17,"
            "\"cost\":\"0.00000000015\",\"priced\":true},\n"
            "{\"id\":\"\",\"at\":null,\"tokens\":-9000000000,\"cost\":\"-1000000000000\","
            "\"priced\":null}\n"
            "]\n");
}

TEST(Writers, NdjsonMayShowDecimalsAsNumbers) {
  WriterOptions options;
  options.decimals = WriterOptions::Decimals::number;
  EXPECT_EQ(two_rows(Format::ndjson, options),
            "{\"id\":\"a\",\"at\":\"2026-07-01T12:00:00.250Z\",\"tokens\":17,"
            "\"cost\":0.00000000015,\"priced\":true}\n"
            "{\"id\":\"\",\"at\":null,\"tokens\":-9000000000,\"cost\":-1000000000000,"
            "\"priced\":null}\n");
}

TEST(Writers, MarkdownIsAPipeTable) {
  WriterOptions options;
  options.document.title = "July";
  options.document_rows_max = 1;
  EXPECT_EQ(two_rows(Format::markdown, options),
            "# July\n\n"
            "| id | at | tokens | cost | priced |\n"
            "|---|---|---:|---:|---|\n"
            "| a | 2026-07-01T12:00:00.250Z | 17 | 0.00000000015 | true |\n"
            "\nand 1 more rows\n");
}

struct Text {
  std::string text, csv, csv_kept, json, markdown;
};

TEST(Writers, TextsAreHarmlessEverywhere) {
  const Text cases[] = {
      {"plain", "plain", "plain", "\"plain\"", "plain"},
      {"a,b", "\"a,b\"", "\"a,b\"", "\"a,b\"", "a,b"},
      {"say \"hi\"", "\"say \"\"hi\"\"\"", "\"say \"\"hi\"\"\"", "\"say \\\"hi\\\"\"",
       "say \"hi\""},
      {"two\nlines", "\"two\nlines\"", "\"two\nlines\"", "\"two\\nlines\"", "two lines"},
      {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0", "\"=cmd|' /C calc'!A0\"",
       "=cmd\\|' /C calc'!A0"},
      {"+1", "'+1", "+1", "\"+1\"", "+1"},
      {"-1,2", "\"'-1,2\"", "\"-1,2\"", "\"-1,2\"", "-1,2"},
      {"@SUM(A1)", "'@SUM(A1)", "@SUM(A1)", "\"@SUM(A1)\"", "&#64;SUM(A1)"},
      {"\tx", "'\tx", "\tx", "\"\\tx\"", " x"},
      {"\rx", "\"'\rx\"", "\"\rx\"", "\"\\rx\"", " x"},
      {std::string("\0x", 2), std::string("'\0x", 3), std::string("\0x", 2), "\"\\u0000x\"", "x"},
      {"\xef\xbc\x9d"
       "1",
       "'\xef\xbc\x9d"
       "1",
       "\xef\xbc\x9d"
       "1",
       "\"\xef\xbc\x9d"
       "1\"",
       "\xef\xbc\x9d"
       "1"},
      {"שלום", "שלום", "שלום", "\"שלום\"", "שלום"},
      {"𝄞😀", "𝄞😀", "𝄞😀", "\"𝄞😀\"", "𝄞😀"},
      {"<script>", "<script>", "<script>", "\"<script>\"", "&lt;script>"},
      {"a|b`c`[d](e)", "a|b`c`[d](e)", "a|b`c`[d](e)", "\"a|b`c`[d](e)\"",
       "a\\|b\\`c\\`\\[d\\](e)"},
  };
  Schema schema;
  schema.columns = {{"t", ColumnType::text}};
  for (const Text& c : cases) {
    BatchBuilder rows(schema);
    rows.text(c.text);
    WriterOptions keep;
    keep.csv.formulas = CsvOptions::Formulas::keep;
    EXPECT_EQ(written(Format::csv, {}, schema, rows.batch()), "t\n" + c.csv + "\n");
    EXPECT_EQ(written(Format::csv, keep, schema, rows.batch()), "t\n" + c.csv_kept + "\n");
    EXPECT_EQ(written(Format::ndjson, {}, schema, rows.batch()), "{\"t\":" + c.json + "}\n");
    EXPECT_EQ(written(Format::markdown, {}, schema, rows.batch()),
              "# Costs\n\n| t |\n|---|\n| " + c.markdown + " |\n");
  }
}

TEST(Writers, NegativeAmountsAreNoFormulas) {
  Schema schema;
  schema.columns = {{"credit", ColumnType::decimal, kMoneyScale}};
  BatchBuilder rows(schema);
  rows.amount(parse_amount("-12.5").value());
  EXPECT_EQ(written(Format::csv, {}, schema, rows.batch()), "credit\n-12.5\n");
}

TEST(Format, IsToldByTheName) {
  EXPECT_EQ(format_of_file("out/july.csv"), Format::csv);
  EXPECT_EQ(format_of_file("july.jsonl.gz"), Format::ndjson);
  EXPECT_EQ(format_of_file("july.md"), Format::markdown);
  EXPECT_EQ(format_of_file("july"), std::nullopt);
  EXPECT_EQ(format_of_file("july.doc"), std::nullopt);
  EXPECT_EQ(parse_format("excel").error().message,
            "unknown format \"excel\"; known are csv, json, ndjson, parquet, xlsx, markdown, html, "
            "pdf");
}

class OutputFiles : public testing::Test {
 protected:
  OutputFiles() {
    char name[] = "/tmp/costops-output-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~OutputFiles() override { fs::remove_all(folder_); }

  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  std::string folder_;
};

TEST_F(OutputFiles, TheOldFileStaysUntilTheNewOneIsComplete) {
  const std::string path = folder_ + "/new/costs.csv";
  ASSERT_TRUE(write_file(path, "old"));
  {
    auto file = OutputFile::create(path);
    ASSERT_TRUE(file->write("half"));
    EXPECT_EQ(content(path), "old");
  }
  EXPECT_EQ(content(path), "old");
  const auto facts = write_file(path, "new");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->bytes, 3u);
  EXPECT_EQ(facts->sha256, "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437");
  EXPECT_EQ(content(path), "new");
}

TEST_F(OutputFiles, ALinkIsKeptAndItsTargetReplaced) {
  ASSERT_TRUE(write_file(folder_ + "/target", "old"));
  fs::create_symlink("target", folder_ + "/link");
  ASSERT_TRUE(write_file(folder_ + "/link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder_ + "/link"));
  EXPECT_EQ(content(folder_ + "/target"), "new");
  EXPECT_EQ(entries(), 2u);
}

TEST_F(OutputFiles, APipeIsGivenTheBytesAndNotReplaced) {
  const std::string path = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  auto read = std::async(std::launch::async, [&] { return content(path); });
  ASSERT_TRUE(write_file(path, "bytes"));
  EXPECT_EQ(read.get(), "bytes");
  EXPECT_TRUE(fs::is_fifo(path));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(OutputFiles, AFullDeviceIsAFailureAndStaysADevice) {
  const auto written = write_file("/dev/full", "bytes");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "cannot write /dev/full: No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFiles, AFolderIsNoFile) {
  const auto written = write_file(folder_, "bytes");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "cannot write " + folder_ + ": it is a folder, name a file");
}

}  // namespace
}  // namespace costops::exports
