// ledger_bench.cc - the road from a file of usage records to a durable, priced, de-duplicated
// ledger, and questions to it. COSTOPS_BENCH_RECORDS sets the number of records (default 500,000).
#include <benchmark/benchmark.h>
#include <duckdb.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>

#include "costops/accounting/ingest.h"
#include "costops/accounting/report.h"
#include "costops/pricing/importers.h"

namespace costops {
namespace {

using accounting::IngestOptions;

std::int64_t record_count() {
  const char* text = std::getenv("COSTOPS_BENCH_RECORDS");
  return text == nullptr ? 500'000 : std::atoll(text);
}

/// Megabytes that this process has held at most.
double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// A folder with records of about 370 bytes in usage.ndjson: random UUID ids, 90 days, 8 models.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/costops-bench-XXXXXX";
    path_ = mkdtemp(name);
    std::mt19937_64 random(1);
    std::ofstream out(records(), std::ios::binary);
    const Instant start = parse_instant("2026-05-01").value();
    for (std::int64_t i = 0; i < record_count(); ++i) write(out, random, start);
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string records() const { return path_ + "/usage.ndjson"; }
  [[nodiscard]] std::string ledger() const { return path_ + "/ledger.duckdb"; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

 private:
  void write(std::ofstream& out, std::mt19937_64& random, Instant start) {
    static constexpr const char* kModels[][2] = {{"openai", "gpt-4o"},
                                                 {"openai", "gpt-4o-mini"},
                                                 {"openai", "gpt-4.1"},
                                                 {"openai", "o3"},
                                                 {"anthropic", "claude-sonnet-4-5"},
                                                 {"anthropic", "claude-haiku-4-5"},
                                                 {"anthropic", "claude-opus-4-1"},
                                                 {"google", "gemini-2.5-pro"}};
    const auto any = [&](std::uint64_t n) { return static_cast<long long>(random() % n); };
    const auto& model = kModels[any(8)];
    const long long input = 100 + any(20'000);
    const long long output = 10 + any(2'000);
    tokens_ += input + output;
    char line[640];
    const int length = std::snprintf(
        line, sizeof line,
        "{\"id\":\"%08llx-%04llx-4%03llx-a%03llx-%012llx\",\"timestamp\":\"%s\","
        "\"provider\":\"%s\",\"model\":{\"name\":\"%s\"},\"organization_id\":\"org-%02lld\","
        "\"project_id\":\"project-%03lld\",\"user_id\":\"user-%04lld\",\"prompt_tokens\":%lld,"
        "\"completion_tokens\":%lld,\"total_tokens\":%lld,\"cached_tokens\":%lld,"
        "\"latency_ms\":%lld,\"tags\":[\"team-%lld\"]}\n",
        any(1ull << 32), any(1 << 16), any(1 << 12), any(1 << 12), any(1ull << 48),
        to_string(start + std::chrono::seconds(any(90 * 86'400))).c_str(), model[0], model[1],
        any(20), any(200), any(2'000), input, output, input + output, any(100), any(9'000),
        any(12));
    out.write(line, length);
  }

  std::string path_;
  std::int64_t tokens_ = 0;
};

Folder& folder() {
  static Folder folder;
  return folder;
}

const pricing::PriceBook& book() {
  static const pricing::PriceBook book = [] {
    pricing::PriceBookBuilder builder;
    if (!pricing::add_built_in_prices(builder)) std::abort();
    return pricing::PriceBook::build(std::move(builder)).value();
  }();
  return book;
}

IngestOptions options() {
  IngestOptions options;
  options.read.now = parse_instant("2026-09-01").value();
  options.default_at = options.read.now;
  return options;
}

std::unique_ptr<storage::Ledger> open_ledger() {
  return storage::open_ledger("duckdb:" + folder().ledger(), storage::OpenMode::create).value();
}

std::int64_t tokens_in(const storage::Ledger& ledger) {
  std::int64_t tokens = 0;
  const auto report = accounting::report(ledger, {});
  for (const accounting::ReportRow& row : report.value().totals) {
    tokens += sum_of(row.quantities, token_meters(Direction::input)) +
              sum_of(row.quantities, token_meters(Direction::output));
  }
  return tokens;
}

/// Records per second from NDJSON to a committed ledger.
void ingest(benchmark::State& state) {
  folder();
  book();
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove(folder().ledger());
    state.ResumeTiming();
    auto ledger = open_ledger();
    const auto report =
        accounting::ingest({folder().records()}, options(), book(), *ledger, nullptr);
    ledger.reset();  // What closing writes belongs to the work.
    if (!report || report->added != static_cast<std::uint64_t>(record_count())) {
      state.SkipWithError(report ? "records missing" : report.error().message.c_str());
      return;
    }
  }
  state.counters["peak_mb"] = peak_memory_mb();
  state.counters["bytes_per_record"] =
      static_cast<double>(std::filesystem::file_size(folder().ledger())) /
      static_cast<double>(record_count());
  if (tokens_in(*open_ledger()) != folder().tokens()) state.SkipWithError("wrong total");
  state.SetItemsProcessed(state.iterations() * record_count());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(
                                                   std::filesystem::file_size(folder().records())));
}
BENCHMARK(ingest)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

/// The same file again: every record is looked up and found.
void ingest_again(benchmark::State& state) {
  auto ledger = open_ledger();
  IngestOptions again = options();
  again.journal = IngestOptions::Journal::ignore;
  for (auto _ : state) {
    const auto report = accounting::ingest({folder().records()}, again, book(), *ledger, nullptr);
    if (!report || report->duplicates != static_cast<std::uint64_t>(record_count())) {
      state.SkipWithError("not all records were recognised");
      return;
    }
  }
  state.counters["peak_mb"] = peak_memory_mb();
  state.SetItemsProcessed(state.iterations() * record_count());
}
BENCHMARK(ingest_again)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

/// A journaled file: left alone.
void ingest_known_file(benchmark::State& state) {
  auto ledger = open_ledger();
  for (auto _ : state) {
    const auto report =
        accounting::ingest({folder().records()}, options(), book(), *ledger, nullptr);
    if (!report || report->files_skipped != 1) state.SkipWithError("the file was read again");
  }
}
BENCHMARK(ingest_known_file)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Questions for the total cost by some dimensions, and days.
struct Question {
  std::vector<Dimension> dimensions;
  bool by_day = false;
};
const Question kByModel{{Dimension::model}, false};
const Question kByOrganizationAndDay{{Dimension::organization}, true};
const Question kFourWays{{Dimension::organization, Dimension::project, Dimension::model}, true};

void group_by(benchmark::State& state, const Question& question) {
  auto ledger = open_ledger();
  storage::Query query;
  query.group_by = question.dimensions;
  query.measures = {storage::Measure::total_cost};
  query.order = storage::Order::none;
  if (question.by_day) {
    query.steps = storage::LocalSteps{std::int64_t{86'400} * 1'000'000, {{min_instant(), 0}}};
  }
  for (auto _ : state) {
    const auto groups = ledger->groups(query);
    if (!groups) return state.SkipWithError(groups.error().message.c_str());
    std::int64_t requests = 0;
    for (const std::int64_t count : groups->requests) requests += count;
    if (requests != record_count()) state.SkipWithError("wrong number of records");
    state.counters["groups"] = static_cast<double>(groups->size());
  }
  state.SetItemsProcessed(state.iterations() * record_count());
}

/// The peer: a table of integer dimensions and a DECIMAL(18,12), as one would write it by hand for
/// just these questions, in a database of its own.
class HandWrittenTable {
 public:
  HandWrittenTable() {
    const std::string file = folder().ledger() + ".hand";
    const bool is_there = std::filesystem::exists(file);
    if (duckdb_open(file.c_str(), &database_) != DuckDBSuccess) std::abort();
    if (duckdb_connect(database_, &connection_) != DuckDBSuccess) std::abort();
    if (is_there) return;
    run("ATTACH '" + folder().ledger() + "' AS source (READ_ONLY)");
    run("CREATE TABLE usage AS SELECT id, used_at, provider_id, model_id, organization_id, "
        "project_id, user_id, input_tokens_uncached, cache_read_tokens, output_tokens, latency_ms, "
        "(total_cost_pico::DECIMAL(26, 0) * 0.000000000001::DECIMAL(12, 12))::DECIMAL(18, 12) AS "
        "cost FROM source.plain_records");
    run("DETACH source; CHECKPOINT");
  }
  ~HandWrittenTable() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  HandWrittenTable(const HandWrittenTable&) = delete;
  HandWrittenTable& operator=(const HandWrittenTable&) = delete;

  /// The number of groups.
  std::int64_t run(const std::string& sql) const {
    duckdb_result result;
    const bool done = duckdb_query(connection_, sql.c_str(), &result) == DuckDBSuccess;
    const auto rows = done ? static_cast<std::int64_t>(duckdb_row_count(&result)) : -1;
    if (!done) std::fprintf(stderr, "%s\n", duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    return rows;
  }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

void group_by_hand(benchmark::State& state, const Question& question) {
  const HandWrittenTable table;
  std::string keys;
  for (const Dimension d : question.dimensions) keys += std::string(to_string(d)) + "_id, ";
  if (question.by_day) keys += "used_at::DATE, ";
  const std::string sql = "SELECT " + keys + "sum(cost), count(*) FROM usage GROUP BY " +
                          keys.substr(0, keys.size() - 2);
  for (auto _ : state) {
    const std::int64_t groups = table.run(sql);
    if (groups <= 0) return state.SkipWithError("no answer");
    state.counters["groups"] = static_cast<double>(groups);
  }
  state.SetItemsProcessed(state.iterations() * record_count());
}
BENCHMARK_CAPTURE(group_by_hand, model, kByModel)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(group_by, model, kByModel)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(group_by_hand, organization_and_day, kByOrganizationAndDay)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(group_by, organization_and_day, kByOrganizationAndDay)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(group_by_hand, four_ways, kFourWays)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK_CAPTURE(group_by, four_ways, kFourWays)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace costops
