// Writes a price book in our own format: one entry a line, members in a fixed order, what equals
// its default left out. import_own_json reads the same prices back.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "costops/json/json.h"
#include "costops/pricing/importers.h"
#include "pricing/own_format.h"

namespace costops::pricing {
namespace {

using json::Writer;
namespace words = own_format;

template <typename Words, typename Enumerator>
std::string_view word(const Words& all, Enumerator e) {
  return all[static_cast<std::size_t>(e)];
}

void member(Writer& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.key(name).value(text);
}

void write_meters(Writer& out, std::string_view name, const MeterSet& meters) {
  out.key(name).array();
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (meters.test(i)) out.value(to_string(static_cast<Meter>(i)));
  }
  out.end_array();
}

void write_matches(Writer& out, std::string_view name, const std::vector<ModelMatch>& matches) {
  if (matches.empty()) return;
  out.key(name).array();
  for (const ModelMatch& match : matches) {
    out.object().key(word(words::kMatchKinds, match.kind)).value(match.pattern).end_object();
  }
  out.end_array();
}

void write_rate(Writer& out, Rate rate, std::int64_t default_per) {
  out.key("amount").value(rate.amount());
  if (rate.per != default_per) out.key("per").value(rate.per);
}

void write_rates(Writer& out, const std::vector<MeterRate>& rates) {
  if (rates.empty()) return;
  out.key("rates").object();
  for (const MeterRate& rate : rates) {
    const std::int64_t per = facts(rate.meter).per;
    out.key(to_string(rate.meter));
    if (rate.base.per == per && rate.steps.empty()) {
      out.value(rate.base.amount());
      continue;
    }
    out.object();
    write_rate(out, rate.base, per);
    if (!rate.steps.empty()) {
      out.key("steps").array();
      for (const RateStep& step : rate.steps) {
        out.object().key("threshold").value(step.threshold);
        write_rate(out, step.rate, per);
        out.end_object();
      }
      out.end_array();
    }
    out.end_object();
  }
  out.end_object();
}

void write_windows(Writer& out, const std::vector<TimeWindow>& windows) {
  if (windows.empty()) return;
  out.key("windows").array();
  for (const TimeWindow& window : windows) {
    out.object();
    out.key("from").value(words::clock_text(window.from));
    out.key("to").value(words::clock_text(window.to));
    if (window.weekdays != 0x7f) {
      out.key("weekdays").array();
      for (std::size_t day = 0; day < 7; ++day) {
        if ((window.weekdays >> day & 1) != 0) out.value(words::kWeekdays[day]);
      }
      out.end_array();
    }
    if (window.zone != "UTC") out.key("zone").value(window.zone);
    out.end_object();
  }
  out.end_array();
}

void write_conditions(Writer& out, const Conditions& when) {
  if (when.effective.from != min_instant()) {
    out.key("from").value(words::instant_text(when.effective.from));
  }
  if (when.effective.to != max_instant()) {
    out.key("until").value(words::instant_text(when.effective.to));
  }
  member(out, "service_tier", when.service_tier);
  member(out, "region", when.region);
  member(out, "speed", when.speed);
  write_windows(out, when.windows);
}

void write_step_rule(Writer& out, const StepRule& rule) {
  const StepRule usual;
  if (rule == usual) return;
  out.key("steps").object();
  out.key("kind").value(word(words::kStepKinds, rule.kind));
  out.key("compare").value(word(words::kCompares, rule.compare));
  if (rule.counted != usual.counted) write_meters(out, "counted", rule.counted);
  out.end_object();
}

void write_multipliers(Writer& out, const std::vector<Multiplier>& multipliers) {
  if (multipliers.empty()) return;
  const MeterSet usual = Multiplier{}.meters;
  out.key("multipliers").array();
  for (const Multiplier& multiplier : multipliers) {
    out.object().key("on").value(word(words::kMultiplierOns, multiplier.on));
    member(out, "value", multiplier.value);
    out.key("factor").value(to_string(multiplier.factor));
    if (multiplier.meters != usual) write_meters(out, "meters", multiplier.meters);
    out.end_object();
  }
  out.end_array();
}

void write_allowance(Writer& out, const Allowance& allowance) {
  out.key("allowance").object();
  out.key("included").value(allowance.included);
  out.key("overage").object();
  write_rate(out, allowance.overage, 1'000'000);
  out.end_object();
  if (allowance.meters != Allowance{}.meters) write_meters(out, "meters", allowance.meters);
  out.end_object();
}

void write_price(Writer& out, const Price& price, const Source& source) {
  out.object();
  if (price.id != price_id(price)) out.key("id").value(price.id);
  out.key("source").value(price.provenance.source);
  out.key("provider").value(price.provider);
  out.key("model").value(price.model);
  if (price.currency != Currency::usd()) out.key("currency").value(price.currency.code());
  write_conditions(out, price.conditions);
  write_rates(out, price.rates);
  write_step_rule(out, price.steps);
  write_multipliers(out, price.multipliers);
  if (price.allowance) write_allowance(out, *price.allowance);
  if (!price.minimum_charge.is_zero()) out.key("minimum_charge").value(price.minimum_charge);
  if (price.provenance.url != source.url) out.key("url").value(price.provenance.url);
  member(out, "note", price.provenance.note);
  if (price.provenance.learned_at != source.learned_at) {
    out.key("learned_at").value(words::instant_text(price.provenance.learned_at));
  }
  out.end_object();
}

void write_source(Writer& out, const Source& source) {
  out.object().key("id").value(source.id);
  out.key("kind").value(word(words::kSourceKinds, source.kind));
  if (source.choice != Source::Choice::most_specific) {
    out.key("choice").value(word(words::kChoices, source.choice));
  }
  member(out, "url", source.url);
  out.key("learned_at").value(words::instant_text(source.learned_at));
  out.end_object();
}

void write_provider(Writer& out, const Provider& provider) {
  out.object().key("id").value(provider.id);
  member(out, "name", provider.name);
  write_matches(out, "provider_matches", provider.provider_matches);
  write_matches(out, "model_matches", provider.model_matches);
  if (!provider.fallbacks.empty()) {
    out.key("fallbacks").array();
    for (const std::string& fallback : provider.fallbacks) out.value(fallback);
    out.end_array();
  }
  out.end_object();
}

void write_model(Writer& out, const Model& model) {
  out.object();
  member(out, "source", model.source);
  out.key("provider").value(model.provider);
  out.key("id").value(model.id);
  member(out, "name", model.name);
  write_matches(out, "matches", model.matches);
  if (model.context_window != 0) out.key("context_window").value(model.context_window);
  out.end_object();
}

// ,"name":[\n{...},\n{...}\n]
template <typename Entries, typename Write>
void write_section(std::string& text, std::string_view name, const Entries& entries, Write write) {
  text += fmt::format(",\n\"{}\":[", name);
  bool first = true;
  for (const auto& entry : entries) {
    text += first ? "\n" : ",\n";
    first = false;
    Writer out(text);
    write(out, entry);
  }
  text += "\n]";
}

}  // namespace

std::string export_own_json(const PriceBook& book) {
  std::unordered_map<std::string_view, const Source*> source_of;
  for (const Source& source : book.sources()) source_of.emplace(source.id, &source);
  std::string text = fmt::format("{{\"format\":\"{}\"", words::kFormat);
  write_section(text, "sources", book.sources(), write_source);
  write_section(text, "providers", book.providers(), write_provider);
  write_section(text, "models", book.models(), write_model);
  write_section(text, "prices", book.prices(), [&](Writer& out, const Price& price) {
    write_price(out, price, *source_of.at(price.provenance.source));
  });
  return text + "\n}\n";
}

}  // namespace costops::pricing
