#include "storage/circumstances.h"

#include <utility>

namespace costops::storage {

std::size_t CircumstanceNumbers::Hash::operator()(const Circumstances& circumstances) const {
  std::uint64_t hash = 0;
  const auto add = [&hash](std::int64_t fact) {
    hash = (hash ^ static_cast<std::uint64_t>(fact)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  };
  add(circumstances.recorded_at);
  add(circumstances.context_window);
  for (std::size_t i = 0; i + 1 < circumstances.dimensions.size(); i += 2) {
    add(std::int64_t{circumstances.dimensions[i]} << 32 | circumstances.dimensions[i + 1]);
  }
  add(circumstances.dimensions.back());
  add(std::int64_t{circumstances.price} << 32 | circumstances.reason);
  add(circumstances.call_status * 4 + (circumstances.time_given ? 2 : 0) +
      (circumstances.grows ? 1 : 0));
  return hash;
}

void CircumstanceNumbers::begin_after(std::int32_t last) {
  last_ = last;
  known_.clear();
  recent_.fill({});
  new_.clear();
}

std::int32_t CircumstanceNumbers::number(const Circumstances& circumstances) {
  // What differs from record to record is mostly the model, and so the price.
  auto& [number, recent] = recent_[static_cast<std::uint32_t>(circumstances.price) % kRecent];
  if (number != 0 && recent == circumstances) return number;
  if (known_.size() >= kRemembered) known_.clear();
  const auto [known, is_new] = known_.try_emplace(circumstances, last_ + 1);
  if (is_new) new_.push_back({++last_, circumstances});
  number = known->second;
  recent = circumstances;
  return number;
}

std::vector<CircumstanceNumbers::Numbered> CircumstanceNumbers::take_new() {
  return std::exchange(new_, {});
}

}  // namespace costops::storage
