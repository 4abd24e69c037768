#include "costops/compression/codec.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "compression/coder.h"

namespace costops::compression {
namespace {

struct Facts {
  std::string_view word, suffix;
  std::array<int, 4> levels;  ///< fastest, fast, standard, best.
  int least, most;
};

/// gzip: libdeflate's 5 is 2.1 to 2.5 times as fast as zlib's 6 and smaller on usage records; its 6
/// is barely twice as fast. zlib's streams keep zlib's usual 6.
constexpr std::array<Facts, kCodecCount> kFacts = {{
    {"identity", "", {0, 0, 0, 0}, 0, 0},
    {"gzip", ".gz", {1, 3, 5, 12}, 1, 12},
    {"deflate", ".zz", {1, 3, 5, 12}, 1, 12},
    {"zstd", ".zst", {-5, -1, 1, 19}, -7, 19},
    {"br", ".br", {0, 2, 5, 11}, 0, 11},
}};
constexpr int kZlibMost = 9;
constexpr int kZlibStandard = 6;

constexpr std::pair<std::string_view, Codec> kOtherWords[] = {
    {"x-gzip", Codec::gzip}, {"gz", Codec::gzip},       {"zlib", Codec::deflate},
    {"zst", Codec::zstd},    {"brotli", Codec::brotli}, {"none", Codec::identity}};

const Facts& facts_of(Codec codec) { return kFacts[static_cast<std::size_t>(codec)]; }

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view to_string(Codec codec) { return facts_of(codec).word; }

std::string_view file_suffix(Codec codec) { return facts_of(codec).suffix; }

std::optional<Codec> parse_codec(std::string_view word) {
  for (std::size_t i = 0; i < kCodecCount; ++i) {
    if (same_word(word, kFacts[i].word)) return static_cast<Codec>(i);
  }
  for (const auto& [other, codec] : kOtherWords) {
    if (same_word(word, other)) return codec;
  }
  return std::nullopt;
}

Codec codec_of_file(std::string_view name) {
  for (std::size_t i = 1; i < kCodecCount; ++i) {
    if (name.ends_with(kFacts[i].suffix)) return static_cast<Codec>(i);
  }
  return Codec::identity;
}

Result<Level> parse_level(std::string_view word) {
  using Effort = Level::Effort;
  if (word == "fastest") return Level(Effort::fastest);
  if (word == "fast") return Level(Effort::fast);
  if (word == "default") return Level(Effort::standard);
  if (word == "best") return Level(Effort::best);
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size()) return Level::custom(number);
  return fail(ErrorCode::invalid_input,
              "unknown level " + quoted(word) + ": give fastest, fast, default, best or a number");
}

Result<int> level_of(Codec codec, Level level, Use use) {
  const Facts& facts = facts_of(codec);
  const bool zlib = use == Use::stream && (codec == Codec::gzip || codec == Codec::deflate);
  const int most = zlib ? kZlibMost : facts.most;
  if (zlib && level.effort() == Level::Effort::standard) return kZlibStandard;
  if (level.effort() != Level::Effort::custom) {
    return std::min(facts.levels[static_cast<std::size_t>(level.effort())], most);
  }
  if (level.number() >= facts.least && level.number() <= most) return level.number();
  return fail(ErrorCode::invalid_input, fmt::format("{} has no level {}: give {} to {}", facts.word,
                                                    level.number(), facts.least, most));
}

}  // namespace costops::compression
