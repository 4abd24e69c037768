#include "costops/compression/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "compression/samples.h"

namespace costops::compression {
namespace {

constexpr Codec kAll[] = {Codec::identity, Codec::gzip, Codec::deflate, Codec::zstd, Codec::brotli};

Sink append_to(std::string& out) {
  return [&out](std::string_view piece) -> Result<void> {
    out.append(piece);
    return {};
  };
}

/// Writes `bytes` in pieces of 1 to `piece_max` bytes.
Result<void> write_in_pieces(Stream& stream, std::string_view bytes, std::size_t piece_max,
                             std::uint64_t seed) {
  std::mt19937_64 random(seed);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random() % piece_max);
    if (auto written = stream.write(bytes.substr(0, size)); !written) return written;
    bytes.remove_prefix(size);
  }
  return stream.finish();
}

TEST(Stream, PiecesOfAnySizeGiveTheSame) {
  for (const Codec codec : kAll) {
    for (const std::string& sample : samples()) {
      for (const std::size_t piece_max : {std::size_t{7}, std::size_t{200'000}}) {
        const std::size_t size =
            piece_max == 7 ? std::min<std::size_t>(sample.size(), 70'000) : sample.size();
        std::string small, back;
        auto encoder = encoding(codec, {.level = Level::Effort::fast}, append_to(small));
        ASSERT_TRUE(encoder);
        ASSERT_TRUE(write_in_pieces(*encoder, sample.substr(0, size), piece_max, 1));
        auto decoder = decoding(codec, {}, append_to(back));
        ASSERT_TRUE(decoder);
        const auto decoded = write_in_pieces(*decoder, small, piece_max, 2);
        ASSERT_TRUE(decoded) << decoded.error().message;
        ASSERT_EQ(back, sample.substr(0, size)) << to_string(codec);
        EXPECT_EQ(decoder->statistics().bytes_in, small.size());
        EXPECT_EQ(decoder->statistics().bytes_out, back.size());
      }
    }
  }
}

TEST(Stream, AByteAtATimeIsEnough) {
  for (const Foreign& foreign : kForeign) {
    std::string back;
    auto decoder = decoding(foreign.codec, {}, append_to(back));
    const auto decoded = write_in_pieces(*decoder, from_hex(foreign.hex), 1, 1);
    ASSERT_TRUE(decoded) << foreign.name << ": " << decoded.error().message;
    EXPECT_EQ(back, kHello) << foreign.name;
  }
}

TEST(Stream, MembersAreOneFile) {
  const std::string text = usage_lines(2'500'000);
  std::string small;
  auto encoder = encoding(Codec::gzip, {.framing = Framing::members}, append_to(small));
  ASSERT_TRUE(write_in_pieces(*encoder, text, 100'000, 3));
  EXPECT_EQ(decompress(Codec::gzip, small), text);
  // Three members, wherever the pieces were cut: the same bytes.
  std::string again;
  auto other = encoding(Codec::gzip, {.framing = Framing::members}, append_to(again));
  ASSERT_TRUE(write_in_pieces(*other, text, 3'000'000, 4));
  EXPECT_EQ(small, again);
}

TEST(Stream, AFlushedPartCanBeRead) {
  for (const Codec codec : kAll) {
    std::string small, back;
    auto encoder = encoding(codec, {}, append_to(small));
    auto decoder = decoding(codec, {}, append_to(back));
    ASSERT_TRUE(encoder->write("the first event"));
    ASSERT_TRUE(encoder->flush());
    ASSERT_TRUE(decoder->write(small));
    EXPECT_EQ(back, "the first event") << to_string(codec);
  }
}

TEST(Stream, ABombEndsAfterLittleOfIt) {
  const std::string zeros(200'000'000, '\0');
  for (const Codec codec : {Codec::gzip, Codec::zstd, Codec::brotli}) {
    const auto bomb = compress(codec, zeros, Level::Effort::fastest);
    std::uint64_t given = 0;
    auto decoder = decoding(codec, {.size_max = 1'000'000}, [&](std::string_view piece) {
      given += piece.size();
      return Result<void>();
    });
    EXPECT_FALSE(decoder->write(*bomb));
    EXPECT_LE(given, 1'000'000U) << to_string(codec);
    EXPECT_LE(decoder->statistics().bytes_in, 64U << 10) << to_string(codec);
  }
}

TEST(Stream, AFailureOfTheSinkIsHandedOnAndKept) {
  auto encoder = encoding(Codec::identity, {}, [](std::string_view) -> Result<void> {
    return fail(ErrorCode::io_error, "disk full");
  });
  EXPECT_EQ(encoder->write("a").error().message, "disk full");
  EXPECT_EQ(encoder->finish().error().message, "disk full");
}

TEST(Stream, SaysWhatWentThrough) {
  Statistics statistics;
  statistics.bytes_in = 750;
  statistics.bytes_out = 100;
  statistics.nanoseconds = 1'000;
  EXPECT_EQ(statistics.ratio(), 7.5);
  EXPECT_EQ(statistics.megabytes_per_second(), 750.0);  // 750 bytes in a microsecond
  EXPECT_EQ(Statistics{}.ratio(), 1.0);
  EXPECT_EQ(Statistics{}.megabytes_per_second(), 0.0);
}

TEST(Stream, HttpStreamsHaveNoLevelAboveNine) {
  const auto encoder = encoding(Codec::gzip, {.level = Level::custom(10)}, {});
  EXPECT_EQ(encoder.error().message, "gzip has no level 10: give 1 to 9");
}

}  // namespace
}  // namespace costops::compression
