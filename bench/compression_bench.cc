// gzip of 1 MB of JSON usage records: ours beside zlib at its usual level, and the other codecs.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <string>

#include "costops/benchmarks/fixtures.h"
#include "costops/compression/codec.h"
#include "costops/compression/stream.h"

namespace costops::compression {
namespace {

const std::string& json() {
  static const std::string text = benchmarks::create_test_json_data(1'000'000);
  return text;
}

void report(benchmark::State& state, std::size_t compressed) {
  state.SetBytesProcessed(static_cast<std::int64_t>(json().size()) * state.iterations());
  state.counters["ratio"] = static_cast<double>(json().size()) / static_cast<double>(compressed);
}

/// The yardstick: zlib's gzip at level 6, whole buffer at once.
std::string zlib_gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

void zlib_6(benchmark::State& state) {
  std::string small;
  for (auto _ : state) small = zlib_gzip(json());
  if (decompress(Codec::gzip, small) != json()) state.SkipWithError("not the same text");
  report(state, small.size());
}
BENCHMARK(zlib_6)->Unit(benchmark::kMicrosecond);

void gzip_level(benchmark::State& state) {
  const Level level =
      state.range(0) == 0 ? Level() : Level::custom(static_cast<int>(state.range(0)));
  std::string small;
  for (auto _ : state) small = *compress(Codec::gzip, json(), level);
  if (decompress(Codec::gzip, small) != json()) state.SkipWithError("not the same text");
  report(state, small.size());
}
BENCHMARK(gzip_level)->Arg(0)->DenseRange(1, 7)->Unit(benchmark::kMicrosecond);

void encode(benchmark::State& state, Codec codec) {
  std::string small;
  for (auto _ : state) small = *compress(codec, json());
  if (decompress(codec, small) != json()) state.SkipWithError("not the same text");
  report(state, small.size());
}
BENCHMARK_CAPTURE(encode, zstd, Codec::zstd)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(encode, brotli, Codec::brotli)->Unit(benchmark::kMicrosecond);

void decode(benchmark::State& state, Codec codec) {
  const std::string small = *compress(codec, json());
  std::string back;
  for (auto _ : state) back = *decompress(codec, small);
  if (back != json()) state.SkipWithError("not the same text");
  report(state, small.size());
}
BENCHMARK_CAPTURE(decode, gzip, Codec::gzip)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decode, zstd, Codec::zstd)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decode, brotli, Codec::brotli)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace costops::compression
