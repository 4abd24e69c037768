// samples.h - for tests: bytes of known kinds, and the same bytes as other tools encode them.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "costops/compression/codec.h"

namespace costops::compression {

inline std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return bytes;
}

/// "hello hello hello\n" as encoded by gzip 1.12 (-n -9), Python's zlib 1.2.13 (level 9, with and
/// without wrapper), zstd 1.5.4 and brotli 1.0.9.
inline constexpr std::string_view kHello = "hello hello hello\n";
struct Foreign {
  const char* name;
  Codec codec;
  const char* hex;
};
inline constexpr Foreign kForeign[] = {
    {"gzip", Codec::gzip, "1f8b0800000000000203cb48cdc9c957c840905c003b7c8adf12000000"},
    {"zlib", Codec::deflate, "78dacb48cdc9c957c840905c0040b50687"},
    {"bare", Codec::deflate, "cb48cdc9c957c840905c00"},
    {"zstd", Codec::zstd, "28b52ffd24126d00003868656c6c6f200a0100314a11a3aa74ce"},
    {"brotli", Codec::brotli, "2144000468656c6c6f2068656c6c6f2068656c6c6f0a03"},
};

/// Lines like those of usage logs: what exports and logs look like.
inline std::string usage_lines(std::size_t bytes) {
  std::mt19937_64 random(7);
  std::string text;
  while (text.size() < bytes) {
    text += R"({"id":"resp_)" + std::to_string(random()) + R"(","model":"gpt-4o-mini","usage":)" +
            R"({"prompt_tokens":)" + std::to_string(random() % 20'000) +
            R"(,"completion_tokens":)" + std::to_string(random() % 4'000) +
            R"(},"project":"shop-)" + std::to_string(random() % 7) + "\"}\n";
  }
  text.resize(bytes);
  return text;
}

inline std::string noise(std::size_t bytes) {
  std::mt19937_64 random(11);
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

/// Empty, tiny, all one byte, real-looking, incompressible; sizes around the pieces' edges.
inline std::vector<std::string> samples() {
  return {"",
          "a",
          std::string(1, '\0'),
          std::string(65'535, 'x'),
          std::string(65'536, '\0'),
          std::string(65'537, 'y'),
          usage_lines(100'000),
          usage_lines((std::size_t{1} << 20) + 1),
          noise(70'000)};
}

}  // namespace costops::compression
