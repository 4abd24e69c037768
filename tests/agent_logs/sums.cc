// Sums per model and meter of the files named, as JSON: what a ledger would hold. Of records with
// one identity the larger one counts.
#include <cstdio>
#include <map>
#include <string>

#include "costops/ingestion/input.h"
#include "costops/ingestion/reader.h"
#include "costops/json/json.h"

namespace {

using namespace costops;

/// A fixed clock after every time in the logs.
constexpr Instant kNow{std::chrono::seconds{1788220800}};

struct Call {
  std::string model;
  Quantities quantities{};
  std::pair<std::int64_t, std::int64_t> size;
};

class Calls final : public ingestion::RecordSink {
 public:
  void record(const UsageRecord& record) override {
    const std::int64_t output = sum_of(record.quantities, token_meters(Direction::output));
    const std::int64_t input = sum_of(record.quantities, token_meters(Direction::input));
    const std::pair size{output, input + output};
    const auto [found, added] = calls_.try_emplace(record.id);
    if (added || size > found->second.size) found->second = {record.model, record.quantities, size};
  }
  void rejected(ingestion::Rejection) override {}

  [[nodiscard]] std::string sums() const {
    std::map<std::string, Quantities> by_model;
    for (const auto& [id, call] : calls_) {
      Quantities& sum = by_model[call.model];
      for (std::size_t i = 0; i < kMeterCount; ++i) sum[i] += call.quantities[i];
    }
    std::string text;
    json::Writer writer(text);
    writer.object();
    for (const auto& [model, sum] : by_model) {
      writer.key(model).object();
      for (std::size_t i = 0; i < kMeterCount; ++i) {
        const auto meter = static_cast<Meter>(i);
        if (sum[i] != 0 && meter != Meter::requests) writer.key(to_string(meter)).value(sum[i]);
      }
      writer.end_object();
    }
    writer.end_object();
    return text;
  }

 private:
  std::map<RecordId, Call> calls_;
};

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  Calls calls;
  ingestion::ReadOptions options;
  options.now = kNow;
  for (int i = 1; i < count; ++i) {
    auto input = ingestion::Input::open(arguments[i]);
    if (!input) return complain(input.error());
    if (auto read = ingestion::read(*input, options, calls); !read) return complain(read.error());
  }
  std::puts(calls.sums().c_str());
}
