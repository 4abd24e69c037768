#include "costops/compression/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "compression/samples.h"

namespace costops::compression {
namespace {

constexpr Codec kAll[] = {Codec::identity, Codec::gzip, Codec::deflate, Codec::zstd, Codec::brotli};

TEST(Codec, HasOneWordAndOneSuffix) {
  EXPECT_EQ(to_string(Codec::brotli), "br");
  EXPECT_EQ(file_suffix(Codec::zstd), ".zst");
  for (const Codec codec : kAll) {
    EXPECT_EQ(parse_codec(to_string(codec)), codec);
    EXPECT_EQ(codec_of_file("a.csv" + std::string(file_suffix(codec))), codec);
  }
  EXPECT_EQ(parse_codec("X-GZip"), Codec::gzip);
  EXPECT_EQ(parse_codec("compress"), std::nullopt);
}

TEST(Codec, LevelsAreWordsOrNumbers) {
  EXPECT_EQ(parse_level("best")->effort(), Level::Effort::best);
  EXPECT_EQ(parse_level("-3")->number(), -3);
  EXPECT_EQ(parse_level("hard").error().message,
            "unknown level \"hard\": give fastest, fast, default, best or a number");
  EXPECT_EQ(compress(Codec::gzip, "a", Level::custom(13)).error().message,
            "gzip has no level 13: give 1 to 12");
  EXPECT_EQ(compress(Codec::brotli, "a", Level::custom(-1)).error().message,
            "br has no level -1: give 0 to 11");
}

TEST(Codec, EveryLevelComesBackAsItWas) {
  using Effort = Level::Effort;
  for (const std::string& sample : samples()) {
    for (const Codec codec : kAll) {
      for (const Effort effort : {Effort::fastest, Effort::fast, Effort::standard}) {
        const auto small = compress(codec, sample, effort);
        ASSERT_TRUE(small) << small.error().message;
        ASSERT_EQ(decompress(codec, *small), sample)
            << to_string(codec) << " at " << static_cast<int>(effort);
      }
    }
  }
}

TEST(Codec, TheBestLevelIsTheSmallest) {
  const std::string text = usage_lines(200'000);
  for (const Codec codec : {Codec::gzip, Codec::deflate, Codec::zstd, Codec::brotli}) {
    const auto usual = compress(codec, text);
    const auto best = compress(codec, text, Level::Effort::best);
    EXPECT_LT(best->size(), usual->size()) << to_string(codec);
    EXPECT_EQ(decompress(codec, *best), text);
  }
}

TEST(Codec, ReadsWhatOtherToolsWrite) {
  for (const Foreign& foreign : kForeign) {
    EXPECT_EQ(decompress(foreign.codec, from_hex(foreign.hex)), std::string(kHello))
        << foreign.name;
  }
}

TEST(Codec, MembersAndFramesAddUp) {
  for (const Codec codec : {Codec::gzip, Codec::zstd}) {
    const std::string twice = *compress(codec, "one ") + *compress(codec, "two");
    EXPECT_EQ(decompress(codec, twice), "one two");
  }
  // Tapes and block devices pad with zeros.
  EXPECT_EQ(decompress(Codec::gzip, *compress(Codec::gzip, "a") + std::string(512, '\0')), "a");
}

TEST(Codec, AnyCutIsNoticed) {
  for (const Foreign& foreign : kForeign) {
    const std::string whole = from_hex(foreign.hex);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto cut = decompress(foreign.codec, whole.substr(0, size));
      ASSERT_FALSE(cut) << foreign.name << " cut to " << size;
      EXPECT_EQ(cut.error().message, "the " + std::string(to_string(foreign.codec)) +
                                         " data are cut off: the end is missing");
    }
  }
}

struct Broken {
  const char* name;
  Codec codec;
  std::string bytes;
  const char* message;
};

TEST(Codec, BrokenDataSayWhy) {
  std::string wrong_sum = from_hex(kForeign[0].hex);
  wrong_sum[wrong_sum.size() - 8] ^= 1;
  const Broken cases[] = {
      {"no gzip", Codec::gzip, "plain text", "the gzip data are broken: incorrect header check"},
      {"wrong checksum", Codec::gzip, wrong_sum, "the gzip data are broken: incorrect data check"},
      {"garbage behind gzip", Codec::gzip, from_hex(kForeign[0].hex) + "garbage",
       "the gzip data are broken: incorrect header check"},
      {"garbage behind zlib", Codec::deflate, from_hex(kForeign[1].hex) + "x",
       "the deflate data are broken: bytes behind the end"},
      {"garbage behind brotli", Codec::brotli, from_hex(kForeign[4].hex) + "x",
       "the br data are broken: bytes behind the end"},
      {"no zstd", Codec::zstd, "plain text", "the zstd data are broken: Unknown frame descriptor"},
  };
  for (const Broken& broken : cases) {
    const auto text = decompress(broken.codec, broken.bytes);
    ASSERT_FALSE(text) << broken.name;
    EXPECT_EQ(text.error().code, ErrorCode::invalid_input) << broken.name;
    EXPECT_EQ(text.error().message, broken.message) << broken.name;
  }
}

TEST(Codec, ABombIsStopped) {
  const std::string zeros(50'000'000, '\0');
  for (const Codec codec : {Codec::gzip, Codec::deflate, Codec::zstd, Codec::brotli}) {
    const auto bomb = compress(codec, zeros);
    ASSERT_TRUE(bomb);
    const auto by_size = decompress(codec, *bomb, {.size_max = 1'000'000});
    ASSERT_FALSE(by_size);
    EXPECT_EQ(by_size.error().message, "the " + std::string(to_string(codec)) +
                                           " data grow beyond 1000000 bytes, the limit");
    const auto by_ratio = decompress(codec, *bomb, {.ratio_max = 100});
    ASSERT_FALSE(by_ratio);
    EXPECT_EQ(by_ratio.error().message,
              "the " + std::string(to_string(codec)) +
                  " data grow more than 100 times, the limit (a decompression bomb?)");
  }
}

TEST(Codec, ASmallRepetitiveBodyIsNoBomb) {
  const std::string zeros(1'000'000, '\0');
  EXPECT_EQ(decompress(Codec::zstd, *compress(Codec::zstd, zeros), {.ratio_max = 2}), zeros);
}

/// gzip by zlib at level 6: what we must not be larger than.
std::size_t zlib_size(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  return out.size() - stream.avail_out;
}

TEST(Codec, GzipIsNoLargerThanZlibs) {
  const std::string text = usage_lines(1'000'000);
  EXPECT_LE(compress(Codec::gzip, text)->size(), zlib_size(text));
}

// --- Other programs read what we write ---

struct Tool {
  const char* name;
  Codec codec;
  const char* decode;  ///< A shell command from standard input to standard output.
};
constexpr Tool kTools[] = {
    {"gzip", Codec::gzip, "gzip -dc"},
    {"python3", Codec::gzip,
     "python3 -c 'import gzip,sys;"
     "sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))'"},
    {"python3", Codec::deflate,
     "python3 -c 'import zlib,sys;"
     "sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))'"},
    {"zstd", Codec::zstd, "zstd -dc"},
    {"brotli", Codec::brotli, "brotli -dc"},
};

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 65'536> block;
  for (std::size_t n = 0; (n = std::fread(block.data(), 1, block.size(), pipe)) > 0;) {
    out.append(block.data(), n);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

class OtherTools : public testing::TestWithParam<Tool> {};

TEST_P(OtherTools, ReadWhatWeWrite) {
  const Tool& tool = GetParam();
  if (std::system(("command -v " + std::string(tool.name) + " >/dev/null").c_str()) != 0) {
    GTEST_SKIP() << tool.name << " is not installed (scripts/bootstrap.sh --dev)";
  }
  const auto file = std::filesystem::temp_directory_path() /
                    ("costops-codec-" + std::to_string(getpid()) + "-" + tool.name);
  for (const std::string& sample : samples()) {
    std::ofstream(file, std::ios::binary) << *compress(tool.codec, sample);
    EXPECT_EQ(output_of(std::string(tool.decode) + " < " + file.string()), sample);
  }
  std::filesystem::remove(file);
}

INSTANTIATE_TEST_SUITE_P(All, OtherTools, testing::ValuesIn(kTools), [](const auto& tested) {
  return std::string(tested.param.name) + "_" + std::string(to_string(tested.param.codec));
});

}  // namespace
}  // namespace costops::compression
