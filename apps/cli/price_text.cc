#include "price_text.h"

#include <fmt/format.h>

#include <array>

#include "cost_json.h"
#include "options.h"
#include "terminal.h"

namespace costops::cli {
namespace {

using pricing::MeterRate;
using pricing::Multiplier;
using pricing::Price;
using pricing::StepRule;
using pricing::TimeWindow;

std::string clock_text(std::chrono::seconds at) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(at).count();
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

std::string window_text(const TimeWindow& window) {
  constexpr std::array kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  std::vector<std::string> days;
  for (std::size_t i = 0; i < kDays.size(); ++i) {
    if ((window.weekdays >> i & 1) != 0) days.emplace_back(kDays[i]);
  }
  const std::string when =
      fmt::format("{}-{} {}", clock_text(window.from), clock_text(window.to), window.zone);
  return days.size() == kDays.size() ? when : when + " " + joined(days, " ");
}

std::string multiplier_text(const Multiplier& multiplier) {
  const std::string factor = "x " + to_string(multiplier.factor);
  switch (multiplier.on) {
    case Multiplier::On::region:
      return fmt::format("{} in region {}", factor, multiplier.value);
    case Multiplier::On::speed:
      return fmt::format("{} at speed {}", factor, multiplier.value);
    case Multiplier::On::always:
      break;
  }
  return factor + " always";
}

/// "above 200000 input tokens" or "from the 200001st of the meter on", as the rule has it.
std::string step_text(const StepRule& rule, std::int64_t threshold) {
  const bool above = rule.compare == StepRule::Compare::above;
  if (rule.kind == StepRule::Kind::graduated) return fmt::format("beyond {}", threshold);
  return fmt::format("{} {} tokens of context, for all", above ? "above" : "from", threshold);
}

void append_fact(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += fmt::format("{:<14}{}\n", name, printable(value));
}

void append_rate(std::string& out, const Price& price, const MeterRate& rate) {
  append_fact(
      out, "rate",
      fmt::format("{}  {} {}", to_string(rate.meter), to_string(rate.base), price.currency.code()));
  for (const auto& step : rate.steps) {
    out += fmt::format("{:<16}{}: {}\n", "", step_text(price.steps, step.threshold),
                       to_string(step.rate));
  }
}

void write_rate(json::Writer& json, const Rate& rate) {
  json.key("price").value(rate.amount());
  json.key("per").value(std::to_string(rate.per));
}

void write_rates(json::Writer& json, const Price& price) {
  json.key("rates").array();
  for (const MeterRate& rate : price.rates) {
    json.object().key("meter").value(to_string(rate.meter));
    write_rate(json, rate.base);
    json.key("steps").array();
    for (const auto& step : rate.steps) {
      json.object().key("threshold").value(step.threshold);
      write_rate(json, step.rate);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

}  // namespace

std::string column_text(const Price& price, Meter meter) {
  for (const MeterRate& rate : price.rates) {
    if (rate.meter != meter) continue;
    if (rate.base.per == 1'000'000) return to_string(rate.base.amount());
    return to_string(rate.base);
  }
  return "";
}

std::string date_text(Instant at) {
  if (at == min_instant() || at == max_instant()) return "";
  const std::string text = to_string(at);
  constexpr std::string_view kMidnight = "T00:00:00Z";
  return text.ends_with(kMidnight) ? text.substr(0, text.size() - kMidnight.size()) : text;
}

std::string effective_text(const TimeRange& range) {
  if (range == TimeRange{}) return "at any time";
  if (range.from == min_instant()) return "until " + to_string(range.to);
  if (range.to == max_instant()) return "since " + to_string(range.from);
  return "from " + to_string(range.from) + " until " + to_string(range.to);
}

std::string conditions_text(const pricing::Conditions& conditions) {
  std::vector<std::string> parts;
  if (!conditions.service_tier.empty()) parts.push_back("tier " + conditions.service_tier);
  if (!conditions.region.empty()) parts.push_back("region " + conditions.region);
  if (!conditions.speed.empty()) parts.push_back("speed " + conditions.speed);
  for (const TimeWindow& window : conditions.windows) parts.push_back(window_text(window));
  return joined(parts);
}

void append_price(std::string& out, const Price& price) {
  append_fact(out, "price", price.id);
  append_fact(out, "provider", price.provider);
  append_fact(out, "model", price.model);
  append_fact(out, "in force", effective_text(price.conditions.effective));
  append_fact(out, "only for", conditions_text(price.conditions));
  for (const MeterRate& rate : price.rates) append_rate(out, price, rate);
  for (const Multiplier& multiplier : price.multipliers) {
    append_fact(out, "multiplier", multiplier_text(multiplier));
  }
  if (price.allowance) {
    append_fact(out, "included",
                fmt::format("{} tokens per request, then {}", price.allowance->included,
                            to_string(price.allowance->overage)));
  }
  if (!price.minimum_charge.is_zero()) {
    append_fact(out, "minimum", to_string(price.minimum_charge) + " per record");
  }
  append_fact(out, "source", price.provenance.source);
  append_fact(out, "learned", date_text(price.provenance.learned_at));
  append_fact(out, "url", price.provenance.url);
  append_fact(out, "note", price.provenance.note);
}

void write_price(json::Writer& json, const Price& price) {
  json.object().key("id").value(price.id);
  json.key("provider").value(price.provider).key("model").value(price.model);
  json.key("currency").value(price.currency.code());
  const TimeRange& effective = price.conditions.effective;
  write_optional(json, "effective_from",
                 effective.from == min_instant() ? "" : to_string(effective.from));
  write_optional(json, "effective_to",
                 effective.to == max_instant() ? "" : to_string(effective.to));
  write_optional(json, "service_tier", price.conditions.service_tier);
  write_optional(json, "region", price.conditions.region);
  write_optional(json, "speed", price.conditions.speed);
  json.key("windows").array();
  for (const TimeWindow& window : price.conditions.windows) json.value(window_text(window));
  json.end_array();
  write_rates(json, price);
  json.key("multipliers").array();
  for (const Multiplier& multiplier : price.multipliers) json.value(multiplier_text(multiplier));
  json.end_array();
  json.key("source").value(price.provenance.source);
  write_optional(json, "learned_at", to_string(price.provenance.learned_at));
  write_optional(json, "url", price.provenance.url);
  write_optional(json, "note", price.provenance.note);
  json.end_object();
}

}  // namespace costops::cli
