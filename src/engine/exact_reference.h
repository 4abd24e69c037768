// exact_reference.h - what a price makes of a record, by school arithmetic on big integers. Slow,
// and on purpose written apart from charging.cc: the tests hold the calculator and the batch kernel
// to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "costops/domain/charge.h"
#include "costops/domain/usage_record.h"
#include "costops/pricing/price.h"

namespace costops::engine {

/// A non-negative integer below 2^640; as long as the tests' numbers need.
class BigInteger {
 public:
  BigInteger() = default;
  explicit BigInteger(std::uint64_t value) {
    for (int i = 0; i < 2; ++i) limbs_[static_cast<std::size_t>(i)] = (value >> (32 * i)) & kMask;
  }

  friend BigInteger operator*(const BigInteger& a, std::uint64_t b) {
    return a.times_limb(b & kMask) + a.times_limb(b >> 32).shifted_by_limb();
  }
  friend BigInteger operator+(const BigInteger& a, const BigInteger& b) {
    BigInteger sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      carry += a.limbs_[i] + b.limbs_[i];
      sum.limbs_[i] = carry & kMask;
      carry >>= 32;
    }
    return sum;
  }
  friend bool operator<(const BigInteger& a, const BigInteger& b) {
    for (std::size_t i = kLimbs; i-- > 0;) {
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i];
    }
    return false;
  }
  friend bool operator==(const BigInteger&, const BigInteger&) = default;

 private:
  static constexpr std::size_t kLimbs = 20;
  static constexpr std::uint64_t kMask = 0xffffffffU;

  [[nodiscard]] BigInteger times_limb(std::uint64_t limb) const {
    BigInteger product;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      carry += limbs_[i] * limb;
      product.limbs_[i] = carry & kMask;
      carry >>= 32;
    }
    return product;
  }
  [[nodiscard]] BigInteger shifted_by_limb() const {
    BigInteger shifted;
    for (std::size_t i = 1; i < kLimbs; ++i) shifted.limbs_[i] = limbs_[i - 1];
    return shifted;
  }

  std::array<std::uint64_t, kLimbs> limbs_{};
};

/// numerator / denominator, half to even; none above INT64_MAX. Found by bisection: the largest
/// c with c * d <= n, then the rest against half of d.
inline std::optional<std::int64_t> rounded(const BigInteger& n, const BigInteger& d) {
  const auto fits_below = [&](std::uint64_t c) { return !(n < d * c); };
  if (fits_below(std::uint64_t{1} << 63)) return std::nullopt;
  std::uint64_t low = 0;
  for (int bit = 62; bit >= 0; --bit) {
    if (fits_below(low + (std::uint64_t{1} << bit))) low += std::uint64_t{1} << bit;
  }
  const BigInteger twice = n * 2;
  const BigInteger middle = d * (2 * low) + d;
  const bool up = middle < twice || (middle == twice && low % 2 == 1);
  if (up && low == INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(low + (up ? 1 : 0));
}

/// What the reference makes of a record.
struct ReferenceCosts {
  PricingStatus status = PricingStatus::priced;
  std::array<std::int64_t, kCostClassCount> pico{};
};

class ExactReference {
 public:
  ExactReference(const UsageRecord& usage, const pricing::Price& price)
      : usage_(usage), price_(price) {}

  ReferenceCosts costs() {
    for (const std::int64_t quantity : usage_.quantities) {
      if (quantity < 0) return refuse();
    }
    if (usage_.status == CallStatus::gateway_cache_hit) return result_;
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      charge_meter(static_cast<Meter>(i), static_cast<std::uint64_t>(usage_.quantities[i]));
    }
    const Int128 missing = price_.minimum_charge.pico() - total_;
    if (missing > 0 && result_.status == PricingStatus::priced) {
      result_.pico[static_cast<std::size_t>(CostClass::other)] +=
          static_cast<std::int64_t>(missing);
    }
    return refused_ || total_ > INT64_MAX ? refuse() : result_;
  }

 private:
  ReferenceCosts refuse() { return {PricingStatus::quarantined, {}}; }

  void charge_meter(Meter meter, std::uint64_t quantity) {
    if (meter == Meter::requests && quantity == 0) quantity = 1;
    if (quantity == 0) return;
    if (price_.allowance && price_.allowance->meters[static_cast<std::size_t>(meter)]) {
      const auto included = static_cast<std::uint64_t>(price_.allowance->included);
      const std::uint64_t before = std::min(covered_, included);
      covered_ = std::min(covered_ + quantity, included);
      add(meter, quantity - (covered_ - before), price_.allowance->overage);
      return;
    }
    const pricing::MeterRate* rate = price_.rate_of(meter);
    if (rate == nullptr) {
      if (meter != Meter::requests) result_.status = PricingStatus::unpriced;
      return;
    }
    if (price_.steps.kind == pricing::StepRule::Kind::graduated) {
      add_parts(meter, quantity, *rate);
    } else {
      add(meter, quantity, at_context(*rate));
    }
  }

  void add_parts(Meter meter, std::uint64_t quantity, const pricing::MeterRate& rate) {
    const auto steps = static_cast<std::uint64_t>(facts(meter).steps);
    for (std::size_t s = 0; s <= rate.steps.size(); ++s) {
      const auto edge = [&](std::size_t step) {
        return static_cast<std::uint64_t>(rate.steps[step].threshold) * steps;
      };
      const std::uint64_t from = s == 0 ? 0 : std::min(quantity, edge(s - 1));
      const std::uint64_t to = s == rate.steps.size() ? quantity : std::min(quantity, edge(s));
      add(meter, to - from, s == 0 ? rate.base : rate.steps[s - 1].rate);
    }
  }

  [[nodiscard]] Rate at_context(const pricing::MeterRate& rate) const {
    const bool single = usage_.status != CallStatus::several;
    UInt128 context = single ? 0 : static_cast<std::uint64_t>(usage_.context_window);
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      if (!single || !price_.steps.counted[i]) continue;
      context += static_cast<std::uint64_t>(usage_.quantities[i]);
    }
    for (std::size_t s = rate.steps.size(); s-- > 0;) {
      const auto threshold = static_cast<UInt128>(rate.steps[s].threshold);
      const bool at = price_.steps.compare == pricing::StepRule::Compare::at_or_above;
      if (context > threshold || (at && context == threshold)) return rate.steps[s].rate;
    }
    return rate.base;
  }

  void add(Meter meter, std::uint64_t quantity, Rate rate) {
    BigInteger numerator = BigInteger(static_cast<std::uint64_t>(rate.pico)) * quantity;
    BigInteger denominator = BigInteger(static_cast<std::uint64_t>(rate.per)) *
                             static_cast<std::uint64_t>(facts(meter).steps);
    for (const pricing::Multiplier& multiplier : price_.multipliers) {
      if (!multiplier.meters[static_cast<std::size_t>(meter)]) continue;
      if (multiplier.on == pricing::Multiplier::On::region && multiplier.value != usage_.region)
        continue;
      if (multiplier.on == pricing::Multiplier::On::speed && multiplier.value != usage_.speed)
        continue;
      numerator = numerator * static_cast<std::uint64_t>(multiplier.factor.numerator);
      denominator = denominator * static_cast<std::uint64_t>(multiplier.factor.denominator);
    }
    const auto cost = rounded(numerator, denominator);
    if (!cost) {
      refused_ = true;
      return;
    }
    total_ += *cost;
    if (total_ > INT64_MAX) return;
    result_.pico[static_cast<std::size_t>(cost_class_of(meter))] += *cost;
  }

  const UsageRecord& usage_;
  const pricing::Price& price_;
  ReferenceCosts result_;
  Int128 total_ = 0;
  std::uint64_t covered_ = 0;
  bool refused_ = false;
};

}  // namespace costops::engine
