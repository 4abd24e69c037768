#include "engine/charging.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace costops::engine {
namespace {

using pricing::Allowance;
using pricing::MeterRate;
using pricing::Multiplier;
using pricing::Price;
using pricing::RateStep;
using pricing::StepRule;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool applies(const Multiplier& multiplier, Meter meter, std::string_view region,
             std::string_view speed) {
  if (!multiplier.meters.test(static_cast<std::size_t>(meter))) return false;
  switch (multiplier.on) {
    case Multiplier::On::region:
      return equal_in_any_case(multiplier.value, region);
    case Multiplier::On::speed:
      return equal_in_any_case(multiplier.value, speed);
    case Multiplier::On::always:
      return true;
  }
  return false;
}

/// Published thresholds are in units, quantities in stored steps.
std::int64_t in_steps(std::int64_t units, Meter meter) {
  std::int64_t steps = 0;
  return __builtin_mul_overflow(units, facts(meter).steps, &steps)
             ? std::numeric_limits<std::int64_t>::max()
             : steps;
}

/// The meters of a record that are charged, a bit each. Most of a record is zeros, so eight meters
/// are looked at together.
std::uint64_t charged_meters(const Quantities& quantities) {
  constexpr std::size_t kStride = 8;
  std::uint64_t charged = 0;
  for (std::size_t from = 0; from < kMeterCount; from += kStride) {
    const std::size_t to = std::min(from + kStride, kMeterCount);
    std::int64_t any = 0;
    for (std::size_t i = from; i < to; ++i) any |= quantities[i];
    if (any == 0) continue;
    for (std::size_t i = from; i < to; ++i) {
      charged |= static_cast<std::uint64_t>(quantities[i] != 0 ? 1 : 0) << i;
    }
  }
  // A record is one call, whether or not its source counts requests.
  return charged | std::uint64_t{1} << static_cast<std::size_t>(Meter::requests);
}

/// Charges one record; lives for one call. The first failure is kept, and ends the work: functions
/// return whether to go on.
class Charging {
 public:
  Charging(const Chargeable& usage, const Price& price, ChargeSink& sink)
      : usage_(usage),
        price_(price),
        sink_(sink),
        charged_(charged_meters(usage.quantities)),
        next_rate_(price.rates.begin()) {
    if (price.allowance) included_left_ = price.allowance->included;
  }

  Result<MeterSet> run() {
    bool going_on = true;
    for (std::uint64_t left = charged_; left != 0 && going_on; left &= left - 1) {
      const auto index = static_cast<std::size_t>(std::countr_zero(left));
      const std::int64_t quantity = usage_.quantities[index];
      going_on = charge_meter(static_cast<Meter>(index), quantity == 0 ? 1 : quantity);
    }
    if (going_on) going_on = charge_up_to_minimum();
    if (!going_on) return fail(std::move(error_));
    return missing_;
  }

 private:
  bool charge_meter(Meter meter, std::int64_t quantity) {
    const auto index = static_cast<std::size_t>(meter);
    if (price_.allowance && price_.allowance->meters.test(index)) {
      return charge_over_allowance(meter, quantity);
    }
    const MeterRate* rate = rate_of(meter);
    if (rate == nullptr) {
      if (meter != Meter::requests) missing_.set(index);
      return true;
    }
    if (rate->steps.empty()) return charge_part(meter, quantity, rate->base);
    if (price_.steps.kind == StepRule::Kind::graduated) {
      return charge_graduated(meter, quantity, *rate);
    }
    return charge_part(meter, quantity, rate_at_context(*rate));
  }

  /// Price::rate_of; meters and rates both ascend, so a meter's own rate is the next one.
  const MeterRate* rate_of(Meter meter) {
    while (next_rate_ != price_.rates.end() && next_rate_->meter < meter) ++next_rate_;
    if (next_rate_ != price_.rates.end() && next_rate_->meter == meter) return &*next_rate_;
    return price_.rate_of(meter);
  }

  bool charge_over_allowance(Meter meter, std::int64_t quantity) {
    const std::int64_t included = std::min(quantity, included_left_);
    included_left_ -= included;
    if (included > 0) sink_.add({meter, included, Rate{0, 1}, Amount{}});
    if (included == quantity) return true;
    return charge_part(meter, quantity - included, price_.allowance->overage);
  }

  bool charge_graduated(Meter meter, std::int64_t quantity, const MeterRate& rate) {
    std::int64_t from = 0;
    Rate part_rate = rate.base;
    for (const RateStep& step : rate.steps) {
      const std::int64_t to = std::min(in_steps(step.threshold, meter), quantity);
      if (to > from) {
        if (!charge_part(meter, to - from, part_rate)) return false;
        from = to;
      }
      part_rate = step.rate;
    }
    return from == quantity || charge_part(meter, quantity - from, part_rate);
  }

  Rate rate_at_context(const MeterRate& rate) {
    if (!context_known_) {
      context_known_ = true;
      context_ = usage_.context.value_or(0);
      std::uint64_t left = usage_.context ? 0 : charged_ & price_.steps.counted.to_ullong();
      for (; left != 0; left &= left - 1) {
        context_ += usage_.quantities[static_cast<std::size_t>(std::countr_zero(left))];
      }
    }
    const bool from_threshold = price_.steps.compare == StepRule::Compare::at_or_above;
    Rate found = rate.base;
    for (const RateStep& step : rate.steps) {
      if (context_ > step.threshold || (from_threshold && context_ == step.threshold)) {
        found = step.rate;
      }
    }
    return found;
  }

  bool charge_part(Meter meter, std::int64_t quantity, Rate published) {
    Rate rate = published;
    if (!price_.multipliers.empty() || facts(meter).steps != 1) {
      auto effective = effective_rate(published, meter, price_, usage_.region, usage_.speed);
      if (!effective) {
        error_ = std::move(effective.error());
        return false;
      }
      rate = *effective;
    }
    return add({meter, quantity, rate, price_of(rate, quantity)});
  }

  /// The sum is known to be complete only when everything has a rate.
  bool charge_up_to_minimum() {
    if (missing_.any() || total_ >= price_.minimum_charge) return true;
    const Amount rest = price_.minimum_charge - total_;
    if (!rest.fits_entry()) return fail_too_large("the minimum charge", rest);
    return add({Meter::requests, 1, Rate{static_cast<std::int64_t>(rest.pico()), 1}, rest});
  }

  bool add(const ChargeLine& line) {
    if (!line.cost.fits_entry()) {
      return fail_too_large(
          fmt::format("{} {}", quantity_text(line.meter, line.quantity), to_string(line.meter)),
          line.cost);
    }
    total_ += line.cost;
    if (!total_.fits_entry()) return fail_too_large("the record", total_);
    sink_.add(line);
    return true;
  }

  bool fail_too_large(std::string_view what, Amount cost) {
    error_ = {ErrorCode::invalid_input,
              fmt::format("{} would cost {} {} at price \"{}\", more than a ledger entry holds "
                          "(9223372.036854775807)",
                          what, to_string(cost), price_.currency.code(), price_.id)};
    return false;
  }

  const Chargeable& usage_;
  const Price& price_;
  ChargeSink& sink_;
  std::uint64_t charged_;
  std::vector<MeterRate>::const_iterator next_rate_;
  MeterSet missing_;
  Amount total_;
  std::int64_t included_left_ = 0;
  Int128 context_ = 0;
  bool context_known_ = false;
  Error error_;
};

}  // namespace

Result<void> check_not_negative(const Quantities& quantities) {
  std::int64_t signs = 0;
  for (const std::int64_t quantity : quantities) signs |= quantity;
  if (signs >= 0) return {};
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (quantities[i] >= 0) continue;
    return fail(ErrorCode::invalid_input,
                fmt::format("{} is {}: a quantity cannot be negative",
                            to_string(static_cast<Meter>(i)), quantities[i]));
  }
  return {};
}

Result<Rate> effective_rate(Rate published, Meter meter, const Price& price,
                            std::string_view region, std::string_view speed) {
  // More steps per unit make it a rate for more steps: 0.006 per 60 s is 0.006 per 60,000 ms.
  const std::int64_t steps = facts(meter).steps;
  Rate per_step = published;
  Result<Rate> rate = __builtin_mul_overflow(published.per, steps, &per_step.per)
                          ? scaled(published, Ratio{1, steps})
                          : per_step;
  for (const Multiplier& multiplier : price.multipliers) {
    if (!rate) break;
    if (applies(multiplier, meter, region, speed)) rate = scaled(*rate, multiplier.factor);
  }
  return rate;
}

Result<MeterSet> charge(const Chargeable& usage, const Price& price, ChargeSink& sink) {
  return Charging(usage, price, sink).run();
}

std::string reason_of_missing(const MeterSet& missing, const Price& price) {
  std::string names;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (!missing.test(i)) continue;
    if (!names.empty()) names += ", ";
    names += to_string(static_cast<Meter>(i));
  }
  return fmt::format("no price for {} in \"{}\"", names, price.id);
}

}  // namespace costops::engine
