#include "storage/entry_checksum.h"

namespace costops::storage {
namespace {

constexpr std::uint64_t spread(std::uint64_t bits) {
  bits ^= bits >> 30;
  bits *= 0xbf58476d1ce4e5b9;
  bits ^= bits >> 27;
  bits *= 0x94d049bb133111eb;
  return bits ^ bits >> 31;
}

/// One odd factor per fact. Their order is part of the ledger's format.
constexpr std::size_t kFactCount =
    6 + kCheckedDimensions.size() + kColumnMeters.size() + kCostClassCount + 1;
constexpr auto kFactors = [] {
  std::array<std::uint64_t, kFactCount> factors{};
  for (std::size_t i = 0; i < factors.size(); ++i) {
    factors[i] = spread(0x9e3779b97f4a7c15 * (i + 1)) | 1;
  }
  return factors;
}();

}  // namespace

void EntrySums::add(const EntryFacts& facts) {
  std::uint64_t sum = 0;
  std::size_t next = 0;
  const auto take = [&](auto fact) { sum += kFactors[next++] * static_cast<std::uint64_t>(fact); };
  take(facts.entry);
  take(facts.id.high);
  take(facts.id.low);
  take(facts.used_at);
  take(facts.currency);
  take(facts.status);
  for (const std::int32_t number : facts.dimensions) take(number);
  for (const std::int64_t count : facts.meters) {
    take(count);
    quantity += count;
  }
  for (const std::int64_t cost : facts.costs) {
    take(cost);
    cost_pico += cost;
  }
  take(facts.rest);
  checksum += spread(sum);
  ++entries;
}

}  // namespace costops::storage
