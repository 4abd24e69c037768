#include "costops/ingestion/input.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>

namespace costops::ingestion {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// Everything next_line says: the lines, "<too long>", and "<error message>".
Lines lines_of(Input& input) {
  Lines all;
  std::string_view line;
  while (true) {
    switch (input.next_line(line)) {
      case Input::Step::line:
        all.emplace_back(line);
        break;
      case Input::Step::too_long:
        all.emplace_back("<too long>");
        break;
      case Input::Step::failed:
        all.push_back("<" + input.error().message + ">");
        break;
      case Input::Step::end:
        return all;
    }
  }
}
Lines lines_of(std::string_view bytes) {
  Input input = Input::from_memory("memory", bytes);
  return lines_of(input);
}

/// 40,000 lines of different lengths, several blocks long.
std::string many_lines() {
  std::string text;
  for (int i = 0; i < 40'000; ++i) {
    text += std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), 'x') + "\n";
  }
  return text;
}

TEST(Input, LinesEndWithLfOrCrLfAndTheLastNeedsNone) {
  EXPECT_EQ(lines_of("a\nb\r\n\nc"), (Lines{"a", "b", "", "c"}));
  EXPECT_EQ(lines_of("a\n"), (Lines{"a"}));
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("\r\n"), (Lines{""}));
}

TEST(Input, AByteOrderMarkIsNoPartOfTheFirstLine) {
  EXPECT_EQ(lines_of("\xef\xbb\xbf{}\n"), (Lines{"{}"}));
  EXPECT_EQ(lines_of("\xef\xbb\xbf"), Lines{});
  EXPECT_EQ(lines_of("\xef\xbb"), (Lines{"\xef\xbb"}));
}

TEST(Input, LinesAreNumberedFromOne) {
  Input input = Input::from_memory("m", "a\nb\n");
  std::string_view line;
  EXPECT_EQ(input.line_number(), 0u);
  EXPECT_EQ(input.next_line(line), Input::Step::line);
  EXPECT_EQ(input.line_number(), 1u);
  EXPECT_EQ(input.next_line(line), Input::Step::line);
  EXPECT_EQ(input.line_number(), 2u);
  EXPECT_EQ(input.next_line(line), Input::Step::end);
}

TEST(Input, LinesAcrossBlocksComeWhole) {
  const std::string text = many_lines();
  const Lines lines = lines_of(text);
  ASSERT_EQ(lines.size(), 40'000u);
  EXPECT_EQ(lines[0], "0");
  EXPECT_EQ(lines[98], "98x");
  EXPECT_EQ(lines[39'999], "39999" + std::string(35, 'x'));
  std::string joined;
  for (const std::string& line : lines) joined += line + "\n";
  EXPECT_TRUE(joined == text);
}

TEST(Input, PeekDoesNotConsume) {
  Input input = Input::from_memory("m",
                                   "\xef\xbb\xbf"
                                   "abc\ndef\n");
  EXPECT_EQ(input.peek(3), "abc");
  EXPECT_EQ(input.peek(100), "abc\ndef\n");
  EXPECT_EQ(lines_of(input), (Lines{"abc", "def"}));
  EXPECT_EQ(input.peek(3), "");
}

TEST(Input, ATooLongLineIsSkippedAndCounted) {
  std::string text = "first\n" + std::string(kLineBytesMax + 1, 'x') + "\nlast\n";
  Input input = Input::from_memory("m", text);
  EXPECT_EQ(lines_of(input), (Lines{"first", "<too long>", "last"}));
  EXPECT_EQ(input.line_number(), 3u);
  text = std::string(kLineBytesMax, 'x') + "\n";
  EXPECT_EQ(lines_of(text).at(0).size(), kLineBytesMax);
}

TEST(Input, RestIsWhatIsLeft) {
  Input input = Input::from_memory("m", "a\nb\nc");
  std::string_view line;
  EXPECT_EQ(input.next_line(line), Input::Step::line);
  const auto rest = input.rest();
  ASSERT_TRUE(rest);
  EXPECT_EQ(*rest, "b\nc");
  EXPECT_EQ(input.next_line(line), Input::Step::end);
}

TEST(Input, BlocksAreAllBytesInOrder) {
  const std::string text = many_lines();
  const std::string packed = gzip(text);
  for (const std::string_view bytes : {std::string_view(text), std::string_view(packed)}) {
    Input input = Input::from_memory("m", bytes);
    std::string joined;
    std::string_view block;
    while (input.next_block(block) == Input::Step::line) joined += block;
    EXPECT_TRUE(joined == text);
  }
}

TEST(Input, GzipAndZstdAreUndone) {
  const std::string text = many_lines();
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    ASSERT_LT(packed.size(), text.size() / 4);
    EXPECT_TRUE(lines_of(packed) == lines_of(text));
  }
}

TEST(Input, MembersOneBehindTheOtherAreOneText) {
  EXPECT_EQ(lines_of(gzip("a\nb") + gzip("c\n") + gzip("") + gzip("d\n")), (Lines{"a", "bc", "d"}));
  EXPECT_EQ(lines_of(zstd("a\nb") + zstd("c\n") + zstd("d\n")), (Lines{"a", "bc", "d"}));
  EXPECT_EQ(lines_of(gzip("a\n") + std::string(600, '\0')), (Lines{"a"}));
}

TEST(Input, ACutOffFileGivesItsCompleteLinesAndThenTheReason) {
  const std::string text = "first line\nsecond line\nthird line";
  const std::string packed = gzip(text);
  // The last eight bytes are checksum and length, so all text is there; it is the end that lacks.
  EXPECT_EQ(lines_of(packed.substr(0, packed.size() - 4)),
            (Lines{"first line", "second line",
                   "<the gzip data are cut off: the file is incomplete; line 3 is lost>"}));
  const std::string frame = zstd(text);
  EXPECT_EQ(lines_of(frame.substr(0, frame.size() - 2)),
            (Lines{"first line", "second line",
                   "<the zstd data are cut off: the file is incomplete; line 3 is lost>"}));
  EXPECT_EQ(lines_of("\x1f\x8b\x08"),
            (Lines{"<the gzip data are cut off: the file is incomplete>"}));
}

TEST(Input, BrokenDataAreAReason) {
  std::string packed = gzip("one\ntwo\n") + "garbage";
  EXPECT_EQ(lines_of(packed),
            (Lines{"one", "two", "<the gzip data are broken: incorrect header check>"}));
  packed = gzip("one\ntwo\n");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 0x55);
  EXPECT_EQ(lines_of(packed),
            (Lines{"one", "two", "<the gzip data are broken: incorrect data check>"}));
}

TEST(Input, ABombIsRefused) {
  // 100 MiB of zeros in about 3 KiB: more than 1,100 times.
  const std::string packed = zstd(std::string(100u << 20, '\0'));
  ASSERT_LT(packed.size(), 20'000u);
  Input input = Input::from_memory("m", packed);
  const auto rest = input.rest();
  ASSERT_FALSE(rest);
  EXPECT_EQ(rest.error().message,
            "the zstd data grow more than 1100 times (a decompression bomb?): unpack the file "
            "yourself if it is right");
}

class InputFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("costops-input-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string write(const std::string& name, std::string_view bytes) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  fs::path folder_;
};

TEST_F(InputFile, CompressionIsToldByTheBytesNotByTheName) {
  auto input = Input::open(write("plain.log", zstd("a\nb\n")));
  ASSERT_TRUE(input);
  EXPECT_EQ(lines_of(*input), (Lines{"a", "b"}));
  auto plain = Input::open(write("not_packed.gz", "a\n"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(lines_of(*plain), (Lines{"a"}));
}

TEST_F(InputFile, ProgressIsInBytesOfTheFile) {
  const std::string text = many_lines();
  const std::string packed = gzip(text);
  auto input = Input::open(write("a.gz", packed));
  ASSERT_TRUE(input);
  EXPECT_EQ(input->bytes_total(), packed.size());
  lines_of(*input);
  EXPECT_EQ(input->bytes_read(), packed.size());
}

TEST_F(InputFile, WhatCannotBeOpenedIsNamed) {
  const std::string missing = (folder_ / "missing").string();
  const auto none = Input::open(missing);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), (Error{ErrorCode::not_found,
                                 "cannot open \"" + missing + "\": No such file or directory"}));
}

}  // namespace
}  // namespace costops::ingestion
