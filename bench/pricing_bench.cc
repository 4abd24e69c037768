// pricing_bench.cc - how fast prices are found, and how long the built-in book takes to load.
//
// A look-up that was asked before (the case of nearly every record) stands beside the usual way:
// one hash map from "provider/model" under a reader-writer lock. Every benchmark checks its answer.
#include <benchmark/benchmark.h>

#include <array>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

const Instant kAt = parse_instant("2026-07-01T12:00:00Z").value();

struct Asked {
  std::string_view provider;
  std::string_view model;
};
constexpr std::array<Asked, 8> kAsked{{{"openai", "gpt-4o-mini-2024-07-18"},
                                       {"openai", "gpt-5-2025-08-07"},
                                       {"anthropic", "claude-sonnet-4-5-20250929"},
                                       {"anthropic", "claude-opus-4-6"},
                                       {"google", "gemini-2.5-pro"},
                                       {"azure", "gpt-4.1-2025-04-14"},
                                       {"openrouter", "anthropic/claude-sonnet-4.5"},
                                       {"deepseek", "deepseek-chat"}}};

const PriceBook& built_in() {
  static const PriceBook book = [] {
    PriceBookBuilder builder;
    add_built_in_prices(builder).value();
    return PriceBook::build(std::move(builder)).value();
  }();
  return book;
}

void FindAgain(benchmark::State& state) {
  const PriceBook& book = built_in();
  std::size_t i = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    const Asked& asked = kAsked[i++ % kAsked.size()];
    const auto price = book.find({.provider = asked.provider, .model = asked.model, .at = kAt});
    found += price.has_value() ? 1U : 0U;
    benchmark::DoNotOptimize(price);
  }
  if (found != i) state.SkipWithError("a model had no price");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindAgain)->Threads(1)->Threads(2);

// What FindAgain replaces: a map of joined names under a shared lock, without tiers, times or
// windows.
void PeerLockedMap(benchmark::State& state) {
  std::shared_mutex mutex;
  std::unordered_map<std::string, const Price*> prices;
  for (const Asked& asked : kAsked) {
    const auto price =
        built_in().find({.provider = asked.provider, .model = asked.model, .at = kAt});
    prices.emplace(std::string(asked.provider) + "/" + std::string(asked.model), price.value());
  }
  std::size_t i = 0;
  std::size_t found = 0;
  for (auto _ : state) {
    const Asked& asked = kAsked[i++ % kAsked.size()];
    const std::shared_lock lock(mutex);
    const auto price = prices.find(std::string(asked.provider) + "/" + std::string(asked.model));
    found += price != prices.end() ? 1U : 0U;
    benchmark::DoNotOptimize(price);
  }
  if (found != i) state.SkipWithError("a model had no price");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(PeerLockedMap);

// A time of day that decides between two prices.
void FindAgainInWindow(benchmark::State& state) {
  const PriceBook& book = built_in();
  const Instant peak = parse_instant("2026-08-24T02:00:00Z").value();
  std::size_t windows = 0;
  for (auto _ : state) {
    const auto price =
        book.find({.provider = "deepseek", .model = "deepseek-v4-flash", .at = peak});
    windows += price.value()->conditions.windows.size();
  }
  if (windows != 2 * static_cast<std::size_t>(state.iterations())) {
    state.SkipWithError("not the peak price");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindAgainInWindow);

// An id that was never asked: matching, ranking, and remembering.
void FindFirst(benchmark::State& state) {
  const PriceBook& book = built_in();
  std::uint64_t n = 0;
  for (auto _ : state) {
    const std::string model = "claude-sonnet-4-5-" + std::to_string(n++);
    const auto price = book.find({.provider = "anthropic", .model = model, .at = kAt});
    if (!price) state.SkipWithError("a model had no price");
    benchmark::DoNotOptimize(price);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindFirst)->Iterations(20'000);

// An unknown id: every spelling is tried, and the closest name searched.
void FindUnknown(benchmark::State& state) {
  const PriceBook& book = built_in();
  std::uint64_t n = 0;
  for (auto _ : state) {
    const std::string model = "mystery-" + std::to_string(n++);
    const auto price = book.find({.provider = "openrouter", .model = model, .at = kAt});
    if (price) state.SkipWithError("a price from nowhere");
    benchmark::DoNotOptimize(price);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(FindUnknown)->Iterations(5'000);

void LoadBuiltIn(benchmark::State& state) {
  std::size_t prices = 0;
  for (auto _ : state) {
    PriceBookBuilder builder;
    if (!add_built_in_prices(builder)) state.SkipWithError("the built-in book does not load");
    const PriceBook book = PriceBook::build(std::move(builder)).value();
    prices = book.prices().size();
  }
  if (prices < 4000) state.SkipWithError("the built-in book is too small");
  state.counters["prices"] = static_cast<double>(prices);
}
BENCHMARK(LoadBuiltIn)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace costops::pricing
