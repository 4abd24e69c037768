// gzip of about 1 MB of JSON usage records.
#include <fmt/format.h>

#include "benchmarks/targets/targets.h"
#include "costops/benchmarks/fixtures.h"
#include "costops/compression/codec.h"

namespace costops::benchmarks {
namespace {

using compression::Codec;

class Compression final : public Workload {
 public:
  Result<void> check() override {
    const auto small = compression::compress(Codec::gzip, json_);
    if (!small) return fail(small.error());
    compressed_ = small->size();
    const auto back = compression::decompress(Codec::gzip, *small);
    if (!back) return fail(back.error());
    if (*back == json_) return {};
    return fail(ErrorCode::conflict, fmt::format("{} bytes of JSON came back as {} other bytes",
                                                 json_.size(), back->size()));
  }
  void run(std::uint64_t iterations) override {
    for (std::uint64_t i = 0; i < iterations; ++i) {
      const auto small = compression::compress(Codec::gzip, json_);
      consume(small->size());
    }
  }
  Json extra_metrics() const override {
    return {{"uncompressed_size_bytes", json_.size()},
            {"compressed_size_bytes", compressed_},
            {"compression_ratio",
             static_cast<double>(json_.size()) / static_cast<double>(compressed_)}};
  }

 private:
  std::string json_ = create_test_json_data();
  std::size_t compressed_ = 1;
};

class CompressionTarget final : public BenchTarget {
 public:
  std::string id() const override { return "compression"; }
  std::string description() const override { return "gzip of 1 MB of JSON usage records"; }
  std::string workload() const override { return "gzip at the default level, 1 MB of JSON, v1"; }
  Result<std::unique_ptr<Workload>> prepare() const override {
    return std::make_unique<Compression>();
  }
  /// Adds what only the measured time can tell: 10^6 plain bytes a second.
  Result<Json> run(const MeasureOptions& options) const override {
    auto metrics = BenchTarget::run(options);
    if (!metrics) return metrics;
    (*metrics)["throughput_mb_per_sec"] = (*metrics)["operations_per_second"].get<double>() *
                                          (*metrics)["uncompressed_size_bytes"].get<double>() / 1e6;
    return metrics;
  }
};

}  // namespace

std::unique_ptr<BenchTarget> make_compression_target() {
  return std::make_unique<CompressionTarget>();
}

}  // namespace costops::benchmarks
