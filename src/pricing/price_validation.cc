#include <fmt/format.h>

#include <algorithm>

#include "costops/pricing/price.h"

namespace costops::pricing {
namespace {

constexpr std::chrono::seconds kDay{86400};

// Each check returns what is wrong with one field, or nothing.

std::string rate_fault(std::string_view field, Rate rate) {
  if (rate.pico < 0) {
    return fmt::format("{} is negative ({}); a price is at least 0", field,
                       to_string(rate.amount()));
  }
  if (rate.per < 1) return fmt::format("{} is per {}, expected at least 1", field, rate.per);
  return {};
}

std::string steps_fault(const MeterRate& rate) {
  std::int64_t previous = 0;
  for (const RateStep& step : rate.steps) {
    const std::string field = fmt::format("{} above {}", to_string(rate.meter), step.threshold);
    if (auto fault = rate_fault(field, step.rate); !fault.empty()) return fault;
    if (step.threshold < 1) {
      return fmt::format("{}: a threshold must be at least 1", field);
    }
    if (step.threshold <= previous) {
      return fmt::format("{}: thresholds must ascend, but the one before is {}", field, previous);
    }
    previous = step.threshold;
  }
  return {};
}

std::string rates_fault(const Price& price) {
  if (price.rates.empty() && !price.allowance) return "it has no rate";
  for (std::size_t i = 0; i < price.rates.size(); ++i) {
    const MeterRate& rate = price.rates[i];
    if (auto fault = rate_fault(to_string(rate.meter), rate.base); !fault.empty()) return fault;
    if (auto fault = steps_fault(rate); !fault.empty()) return fault;
    if (i > 0 && price.rates[i - 1].meter == rate.meter) {
      return fmt::format("{} has two rates", to_string(rate.meter));
    }
    if (i > 0 && price.rates[i - 1].meter > rate.meter) {
      return fmt::format("{} is out of meter order", to_string(rate.meter));
    }
  }
  return {};
}

std::string window_fault(const TimeWindow& window) {
  if (window.from < std::chrono::seconds{0} || window.from >= kDay) {
    return fmt::format("a window starts at second {}, expected 0 to 86399", window.from.count());
  }
  if (window.to < std::chrono::seconds{0} || window.to > kDay) {
    return fmt::format("a window ends at second {}, expected 0 to 86400", window.to.count());
  }
  if ((window.weekdays & 0x7f) == 0) return "a window has no weekday";
  if ((window.weekdays & 0x80) != 0) return "a window has a weekday that does not exist";
  if (const auto zone = TimeZone::find(window.zone); !zone) {
    return fmt::format("a window's zone: {}", zone.error().message);
  }
  return {};
}

std::string conditions_fault(const Conditions& when) {
  if (when.effective.to <= when.effective.from) {
    return fmt::format("it ends at {}, expected after its start {}", to_string(when.effective.to),
                       to_string(when.effective.from));
  }
  for (const TimeWindow& window : when.windows) {
    if (auto fault = window_fault(window); !fault.empty()) return fault;
  }
  return {};
}

std::string extras_fault(const Price& price) {
  for (const Multiplier& multiplier : price.multipliers) {
    if (multiplier.factor.numerator < 0 || multiplier.factor.denominator < 1) {
      return "a multiplier is negative";
    }
    if (multiplier.on != Multiplier::On::always && multiplier.value.empty()) {
      return "a multiplier on a region or speed needs its value";
    }
  }
  if (price.allowance) {
    if (price.allowance->included < 0) {
      return fmt::format("included quantity {} is negative", price.allowance->included);
    }
    if (auto fault = rate_fault("overage", price.allowance->overage); !fault.empty()) return fault;
  }
  if (price.minimum_charge < Amount{}) {
    return fmt::format("minimum charge is negative ({})", to_string(price.minimum_charge));
  }
  return {};
}

std::string fault_of(const Price& price) {
  if (price.provider.empty()) return "it has no provider";
  if (price.model.empty()) return "it has no model";
  if (price.currency.is_none()) return "it has no currency";
  if (auto fault = conditions_fault(price.conditions); !fault.empty()) return fault;
  if (auto fault = rates_fault(price); !fault.empty()) return fault;
  return extras_fault(price);
}

}  // namespace

Result<void> validate(const Price& price) {
  const std::string fault = fault_of(price);
  if (fault.empty()) return {};
  const std::string name = price.id.empty() ? price_id(price) : price.id;
  return fail(ErrorCode::invalid_input, fmt::format("price \"{}\": {}", name, fault));
}

}  // namespace costops::pricing
