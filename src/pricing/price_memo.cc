#include "pricing/price_memo.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace costops::pricing {
namespace {

constexpr std::size_t kFirstCapacity = 256;  // A power of two, like every capacity.

}  // namespace

PriceMemo::PriceMemo(std::size_t max) : max_(max) {
  tables_.push_back(std::make_unique<Table>(kFirstCapacity));
  current_.store(tables_.back().get(), std::memory_order_release);
}

PriceMemo::~PriceMemo() = default;

std::uint64_t PriceMemo::hash_of(const PriceQuery& query) {
  const auto mix = [](std::string_view text, std::uint64_t seed) {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
  };
  std::uint64_t hash = mix(query.model, query.provider.size());
  hash = mix(query.provider, hash);
  // Most usage names no tier, region or speed: their lengths tell that apart.
  if (!query.service_tier.empty()) hash = mix(query.service_tier, hash ^ 1);
  if (!query.region.empty()) hash = mix(query.region, hash ^ 2);
  if (!query.speed.empty()) hash = mix(query.speed, hash ^ 3);
  return hash;
}

const PriceSet* PriceMemo::find(const PriceQuery& query, std::uint64_t hash) const {
  const auto& slots = current_.load(std::memory_order_acquire)->slots;
  const std::size_t mask = slots.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Entry* entry = slots[i].load(std::memory_order_acquire);
    if (entry == nullptr) return nullptr;
    if (entry->hash == hash && entry->model == query.model && entry->provider == query.provider &&
        entry->service_tier == query.service_tier && entry->region == query.region &&
        entry->speed == query.speed) {
      return &entry->set;
    }
  }
}

void PriceMemo::place(Table& table, const Entry* entry) {
  const std::size_t mask = table.slots.size() - 1;
  std::size_t i = entry->hash & mask;
  while (table.slots[i].load(std::memory_order_relaxed) != nullptr) i = (i + 1) & mask;
  table.slots[i].store(entry, std::memory_order_release);
}

const PriceSet& PriceMemo::shared(PriceSet set) {
  const auto known = shared_.find(set.candidates_);
  if (known != shared_.end()) return known->second;
  // The text speaks for every question with this answer.
  if (set.candidates_.empty()) {
    set.reason_ =
        fmt::format("no price for this model (reasons are kept for the first {} ids)", max_);
  } else {
    const Price& first = *set.candidates_.front();
    set.reason_ = fmt::format("{} model \"{}\"", first.provider, first.model);
  }
  return shared_.emplace(set.candidates_, std::move(set)).first->second;
}

const PriceSet& PriceMemo::add(const PriceQuery& query, std::uint64_t hash, PriceSet set) {
  const std::lock_guard<std::mutex> lock(writers_);
  if (const PriceSet* earlier = find(query, hash)) return *earlier;
  if (entries_.size() >= max_) return shared(std::move(set));
  entries_.push_back(std::make_unique<Entry>(Entry{
      hash, std::string(query.provider), std::string(query.model), std::string(query.service_tier),
      std::string(query.region), std::string(query.speed), std::move(set)}));
  const Entry* entry = entries_.back().get();
  Table& table = *tables_.back();
  if (entries_.size() * 2 <= table.slots.size()) {
    place(table, entry);
    return entry->set;
  }
  auto larger = std::make_unique<Table>(table.slots.size() * 2);
  for (const auto& known : entries_) place(*larger, known.get());
  tables_.push_back(std::move(larger));
  current_.store(tables_.back().get(), std::memory_order_release);
  return entry->set;
}

}  // namespace costops::pricing
