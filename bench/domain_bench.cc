// The domain's hot paths: one multiplication of money, one record into a batch, one timestamp.
#include <benchmark/benchmark.h>

#include "costops/domain/rate.h"
#include "costops/domain/usage_batch.h"

namespace costops {
namespace {

void price_one_quantity(benchmark::State& state) {
  const Rate rate = parse_rate("0.0375", 1'000'000).value();
  Amount sum;
  for (auto _ : state) {
    std::int64_t quantity = 1'234'567;
    benchmark::DoNotOptimize(quantity);
    sum += price_of(rate, quantity);
  }
  // By hand: 1.234567 x 0.0375 = 0.0462962625.
  if (sum.pico() != static_cast<Int128>(state.iterations()) * 46'296'262'500) {
    state.SkipWithError("wrong sum");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(price_one_quantity);

UsageRecord record_of(std::int64_t salt) {
  UsageRecord record;
  record.id = {1, static_cast<std::uint64_t>(salt)};
  record.source_id = "chatcmpl-" + std::to_string(salt);
  record.at = parse_instant("2026-07-01T12:00:00Z").value() + std::chrono::seconds(salt);
  record.provider = salt % 3 == 0 ? "anthropic" : "openai";
  record.model = "gpt-4o-mini-" + std::to_string(salt % 30);
  record.organization = "org-research";
  record.project = "project-" + std::to_string(salt % 7);
  record.user = "user-" + std::to_string(salt % 1000);
  record.tags = {"prod", "batch"};
  record.source_kind = "usage-record";
  record.position.file = "logs/july.jsonl";
  record.position.line = static_cast<std::uint64_t>(salt);
  at(record.quantities, Meter::input_tokens_uncached) = 1000 + salt;
  at(record.quantities, Meter::cache_read_tokens) = 512;
  at(record.quantities, Meter::output_tokens) = 250;
  return record;
}

void append_records(benchmark::State& state) {
  std::vector<UsageRecord> records;
  for (std::int64_t i = 0; i < 4096; ++i) records.push_back(record_of(i));
  UsageBatch batch;
  for (auto _ : state) {
    batch.clear();
    for (const UsageRecord& record : records) batch.append(record);
  }
  if (batch.size() != 4096 || batch.quantities(Meter::input_tokens_uncached)[4095] != 5095) {
    state.SkipWithError("wrong batch");
  }
  state.SetItemsProcessed(state.iterations() * 4096);
}
BENCHMARK(append_records);

void make_disjoint(benchmark::State& state) {
  UsageCounts counts;
  for (auto _ : state) {
    counts.clear();
    counts.add(Unit::input_tokens, 2006);
    counts.add(Unit::cache_read_tokens, 1920);
    counts.add(Unit::output_tokens, 300);
    counts.add(Unit::output_reasoning_tokens, 128);
    const Result<Quantities> quantities = counts.disjoint();
    if (at(*quantities, Meter::input_tokens_uncached) != 86) state.SkipWithError("wrong rest");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(make_disjoint);

void make_disjoint_by_modality(benchmark::State& state) {
  UsageCounts counts;
  for (auto _ : state) {
    counts.clear();
    counts.add(Unit::input_tokens, 2006);
    counts.add(Unit::input_audio_tokens, 100);
    counts.add(Unit::cache_read_tokens, 1920);
    counts.add(Unit::output_tokens, 300);
    counts.add(Unit::output_reasoning_tokens, 128);
    const Result<Quantities> quantities = counts.disjoint();
    if (at(*quantities, Meter::input_audio_tokens) != 86) state.SkipWithError("wrong rest");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(make_disjoint_by_modality);

void read_instant(benchmark::State& state) {
  for (auto _ : state) {
    std::string_view text = "2026-07-01T12:00:00.123Z";
    benchmark::DoNotOptimize(text);
    const Result<Instant> at = parse_instant(text);
    // 2026-07-01T12:00:00Z is 1782907200 seconds after 1970.
    if (at->time_since_epoch().count() != 1'782'907'200'123'000) state.SkipWithError("wrong time");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read_instant);

void find_local_day(benchmark::State& state) {
  const TimeZone zone = TimeZone::find("Europe/Berlin").value();
  const Instant at = parse_instant("2026-07-01T12:00:00Z").value();
  for (auto _ : state) {
    const TimeRange day = zone.period_of(at, Grain::day);
    if (day.to - day.from != std::chrono::hours(24)) state.SkipWithError("wrong day");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_local_day);

void make_record_id(benchmark::State& state) {
  for (auto _ : state) {
    std::string_view text = "msg_01XFDUDYJgAACzvnptvVoYEL";
    benchmark::DoNotOptimize(text);
    RecordId id = record_id("claude-code", {text, "req_011CSHoEeqs5C35K2UUqR7Fy"});
    benchmark::DoNotOptimize(id);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(make_record_id);

}  // namespace
}  // namespace costops
