#include "export/focus/sku.h"

#include <algorithm>

namespace costops::focus {
namespace {

/// "output_audio_tokens" as "Output Audio Tokens".
std::string titled(std::string_view name) {
  std::string out;
  bool start = true;
  for (const char c : name) {
    if (c == '_') {
      out += ' ';
    } else {
      out += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    start = c == '_';
  }
  return out;
}

std::string_view noun_of(Meter meter) {
  switch (facts(meter).family) {
    case Family::tokens:
      return "Tokens";
    case Family::characters:
      return "Characters";
    case Family::messages:
      return "Messages";
    case Family::durations:
      return "Seconds";
    case Family::pixels:
      return "Pixels";
    case Family::document_pages:
      return "Pages";
    case Family::rerank:
      return "Searches";
    case Family::tool_calls:
      return meter == Meter::code_executions ? "Executions" : "Searches";
    case Family::requests:
      return "Requests";
    case Family::images:
      return "Images";
  }
  return "Units";
}

int places_of(std::int64_t divisor) {
  int places = 0;
  for (; divisor > 1; divisor /= 10) ++places;
  return places;
}

/// The context's threshold that a cliff price was decided by; 0: the base rate.
std::int64_t threshold_passed(const UsageRecord& usage, const pricing::StepRule& rule,
                              const pricing::MeterRate& rate, std::size_t part) {
  using Rule = pricing::StepRule;
  if (rule.kind == Rule::Kind::graduated) {
    return part == 0 ? 0 : rate.steps[std::min(part, rate.steps.size()) - 1].threshold;
  }
  const std::int64_t context = usage.status == CallStatus::several
                                   ? usage.context_window
                                   : sum_of(usage.quantities, rule.counted);
  std::int64_t passed = 0;
  for (const pricing::RateStep& step : rate.steps) {
    const bool above =
        rule.compare == Rule::Compare::above ? context > step.threshold : context >= step.threshold;
    if (above) passed = step.threshold;
  }
  return passed;
}

}  // namespace

std::string sku_meter(Meter meter) {
  switch (meter) {
    case Meter::input_tokens_uncached:
      return "Input Tokens";
    case Meter::cache_read_tokens:
      return "Cached Input Tokens";
    case Meter::cache_write_5m_tokens:
      return "Cache Write Tokens 5m";
    case Meter::cache_write_1h_tokens:
      return "Cache Write Tokens 1h";
    case Meter::output_reasoning_tokens:
      return "Reasoning Tokens";
    default:
      return titled(to_string(meter));
  }
}

PricedUnit unit_of(Meter meter) {
  const MeterFacts& known = facts(meter);
  PricedUnit unit;
  unit.consumed = noun_of(meter);
  unit.steps = known.steps;
  // An hour is no decimal part of a second, so that time is priced by the second.
  unit.per = known.family == Family::durations ? 1 : known.per;
  unit.priced = unit.per == 1 ? unit.consumed : std::to_string(unit.per) + " " + unit.consumed;
  unit.places = places_of(unit.steps) + places_of(unit.per);
  return unit;
}

std::string price_variant(const UsageRecord& usage, const pricing::Price& price, Meter meter,
                          std::size_t part) {
  const pricing::Conditions& conditions = price.conditions;
  std::string variant = "#";
  variant += conditions.service_tier.empty() ? "standard" : conditions.service_tier;
  if (!conditions.region.empty()) variant += "#region=" + conditions.region;
  if (!conditions.speed.empty()) variant += "#speed=" + conditions.speed;
  for (const pricing::Multiplier& multiplier : price.multipliers) {
    using On = pricing::Multiplier::On;
    if (!multiplier.meters.test(static_cast<std::size_t>(meter))) continue;
    if (multiplier.on == On::region && multiplier.value == usage.region) {
      variant += "#region=" + usage.region;
    }
    if (multiplier.on == On::speed && multiplier.value == usage.speed) {
      variant += "#speed=" + usage.speed;
    }
  }
  if (!conditions.windows.empty()) variant += "#window";
  const pricing::MeterRate* rate = price.rate_of(meter);
  const std::int64_t passed = rate == nullptr || rate->steps.empty()
                                  ? 0
                                  : threshold_passed(usage, price.steps, *rate, part);
  if (passed > 0) variant += "#gt" + std::to_string(passed);
  return variant;
}

}  // namespace costops::focus
