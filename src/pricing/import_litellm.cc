// LiteLLM's model_prices_and_context_window.json.
//
// One entry becomes one price per service tier. A tier is the standard price with the amounts that
// the entry gives for the tier put in, because that is how the file's own reader takes it: a key
// without its tier suffix stands in for a missing one. Thresholds are cliffs on all input tokens.
// Left out, with a note: entries whose every price is 0 unless they run on one's own machine (the
// map writes 0 for "unknown", too), provisioned throughput, and fees that no meter of ours counts.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "costops/domain/identity.h"
#include "costops/json/json.h"
#include "costops/pricing/importers.h"
#include "pricing/import_notes.h"
#include "pricing/litellm_keys.h"
#include "pricing/model_matcher.h"
#include "pricing/published_rate.h"

namespace costops::pricing {
namespace {

using json::Value;
using litellm::PriceKey;
using litellm::Target;

constexpr std::string_view kSource = "litellm";
constexpr std::string_view kUrl =
    "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json";

std::optional<std::string_view> amount_text(Value value) {
  if (const auto number = value.number_text()) return number;
  return value.string();
}

// The rates of one tier while they are collected.
class TierRates {
 public:
  void set(const PriceKey& key, Rate rate) {
    Collected& meter = meters_[key.meter];
    if (key.threshold == 0)
      meter.base = rate;
    else
      meter.steps[key.threshold] = rate;
  }
  [[nodiscard]] bool has(Meter meter) const {
    const auto found = meters_.find(meter);
    return found != meters_.end() && found->second.base.has_value();
  }
  [[nodiscard]] bool empty() const { return meters_.empty(); }

  // What is said here in place of what `standard` says.
  [[nodiscard]] TierRates over(const TierRates& standard, std::vector<std::string>& kept) const {
    TierRates joined = *this;
    for (const auto& [meter, collected] : standard.meters_) {
      Collected& own = joined.meters_[meter];
      if (!own.base && collected.base) {
        own.base = collected.base;
        kept.emplace_back(to_string(meter));
      }
      for (const auto& [threshold, rate] : collected.steps) own.steps.try_emplace(threshold, rate);
    }
    return joined;
  }

  // Steps without a base price are no price: they are dropped, with a note.
  [[nodiscard]] std::vector<MeterRate> take(EntryNotes& notes) const {
    std::vector<MeterRate> rates;
    for (const auto& [meter, collected] : meters_) {
      if (!collected.base) {
        notes.note(fmt::format("{} has a price above a threshold only", to_string(meter)));
        continue;
      }
      MeterRate rate{meter, *collected.base, {}};
      for (const auto& [threshold, step] : collected.steps) rate.steps.push_back({threshold, step});
      rates.push_back(std::move(rate));
    }
    return rates;
  }

 private:
  struct Collected {
    std::optional<Rate> base{};
    std::map<std::int64_t, Rate> steps{};
  };
  std::map<Meter, Collected> meters_;
};

bool all_zero(const std::vector<MeterRate>& rates) {
  return std::ranges::all_of(rates, [](const MeterRate& rate) {
    return rate.base.pico == 0 &&
           std::ranges::all_of(rate.steps, [](const RateStep& s) { return s.rate.pico == 0; });
  });
}

// One entry of the map, read.
struct Entry {
  std::string key;
  Value value;
  Target target;
};

class EntryImport {
 public:
  EntryImport(const Entry& entry, Instant learned_at, EntryNotes& notes,
              std::map<std::string, std::size_t, std::less<>>& unknown_keys)
      : entry_(entry), learned_at_(learned_at), notes_(notes), unknown_keys_(unknown_keys) {
    mode_ = entry.value["mode"].string().value_or("");
  }

  // The prices of the entry, standard tier first; empty if it is left out.
  std::vector<Price> prices() {
    if (entry_.key.find("-commitment/") != std::string::npos) {
      return left_out("provisioned throughput is billed by time, not by use");
    }
    for (Value v = entry_.value.first(); v.exists(); v = v.next()) read(v);
    read_transcription();
    if (failed_) return {};
    const TierRates& standard = tiers_[""];
    if (standard.empty()) return left_out("it has no price that we count");
    std::vector<Price> all;
    for (const auto& [tier, rates] : tiers_) {
      std::vector<std::string> kept;
      Price price = tier.empty() ? priced(rates) : priced(rates.over(standard, kept));
      if (price.rates.empty() || (!runs_at_home() && all_zero(price.rates))) {
        return left_out("all its prices are 0, which may mean unknown");
      }
      price.conditions.service_tier = tier;
      if (!kept.empty()) {
        price.provenance.note = fmt::format(
            "{} at the standard price: the source gives none for {}", fmt::join(kept, ", "), tier);
      }
      all.push_back(std::move(price));
    }
    return all;
  }

 private:
  std::vector<Price> left_out(std::string_view why) {
    notes_.skip(why);
    return {};
  }

  // Local runtimes are free; so is what calls itself so.
  [[nodiscard]] bool runs_at_home() const {
    return entry_.target.provider == "ollama" || entry_.target.provider == "lemonade" ||
           entry_.target.model.ends_with(":free");
  }

  void read(Value member) {
    const std::string_view key = member.name();
    if (member.kind() == Value::Kind::null) return;
    if (key == "tiered_pricing") return read_ranges(member);
    if (key == "provider_specific_entry") return read_multipliers(member);
    if (key == "search_context_cost_per_query") return read_web_search(member);
    if (key == "regional_processing_uplift_multiplier_eu") return multiply("region", "eu", member);
    if (key == "regional_processing_uplift_multiplier_us") return multiply("region", "us", member);
    const auto known = litellm::price_key(key, mode_);
    if (known) {
      // An older name of the cache price, beside the usual one.
      const bool legacy = key == "input_cost_per_token_cache_hit";
      if (!legacy || !entry_.value["cache_read_input_token_cost"].exists()) set(*known, member);
      return;
    }
    const bool by_second = key == "input_cost_per_second" || key == "output_cost_per_second";
    if (!by_second && litellm::looks_like_a_price(key)) ++unknown_keys_[std::string(key)];
  }

  void set(const PriceKey& key, Value value) {
    const auto text = amount_text(value);
    const auto rate = published_rate(text.value_or(""), 1, facts(key.meter).per);
    if (!rate) {
      failed_ = true;
      return notes_.skip(fmt::format("{}: {}", value.name(), rate.error().message));
    }
    if (!rate->note.empty()) notes_.note(fmt::format("{}: {}", value.name(), rate->note));
    tiers_[std::string(key.tier)].set(key, rate->rate);
  }

  // The map gives the price of a second of speech as input, as output, or as both.
  void read_transcription() {
    if (mode_ != "audio_transcription" || tiers_[""].has(Meter::audio_seconds)) return;
    const Value price = entry_.value["output_cost_per_second"];
    if (price.exists()) set({Meter::audio_seconds}, price);
  }

  // [{"range":[0,256000],...},{"range":[256000,1000000],...}]: the range that holds the input
  // tokens prices everything.
  void read_ranges(Value list) {
    std::int64_t previous_end = 0;
    for (Value range = list.first(); range.exists(); range = range.next()) {
      const Value from = range["range"].first();
      const auto start = from.integer();
      const auto end = from.next().integer();
      if (!start || !end || *start != previous_end || *end <= *start) {
        failed_ = true;
        return notes_.skip("tiered_pricing whose ranges do not follow each other");
      }
      previous_end = *end;
      for (Value v = range.first(); v.exists(); v = v.next()) {
        auto key = litellm::price_key(v.name(), mode_);
        if (!key) continue;
        key->threshold = *start;
        set(*key, v);
      }
    }
  }

  void read_multipliers(Value object) {
    for (Value v = object.first(); v.exists(); v = v.next()) {
      if (!v.number_text()) continue;
      if (v.name() == "fast")
        multiply("speed", "fast", v);
      else
        multiply("region", v.name(), v);
    }
  }

  void multiply(std::string_view on, std::string_view value, Value factor) {
    const auto ratio = parse_ratio(factor.number_text().value_or(""));
    if (!ratio) {
      failed_ = true;
      return notes_.skip(fmt::format("{}: {}", factor.name(), ratio.error().message));
    }
    Multiplier multiplier;
    multiplier.on = on == "speed" ? Multiplier::On::speed : Multiplier::On::region;
    multiplier.value = lower_case(value);
    multiplier.factor = *ratio;
    if (!ratio->is_one()) multipliers_.push_back(std::move(multiplier));
  }

  // A fee per search only where it is one: the same for every size of context, and not per prompt.
  void read_web_search(Value sizes) {
    const auto unit = entry_.value["web_search_billing_unit"].string();
    const bool per_prompt =
        unit ? *unit != "per_query"
             : entry_.target.provider == "google" && entry_.key.find("gemini") != std::string::npos;
    const Value first = sizes.first();
    bool same = first.exists();
    for (Value v = first; v.exists(); v = v.next()) same = same && v.raw() == first.raw();
    if (per_prompt || !same) {
      ++unknown_keys_["search_context_cost_per_query (per prompt or by context size)"];
      return;
    }
    set({Meter::web_searches}, first);
  }

  Price priced(const TierRates& rates) {
    Price price;
    price.provider = entry_.target.provider;
    price.model = entry_.target.model;
    price.conditions.region = entry_.target.region;
    price.rates = rates.take(notes_);
    price.multipliers = multipliers_;
    if (price.provider == "x-ai") price.steps.compare = StepRule::Compare::at_or_above;
    const auto url = entry_.value["source"].string();
    price.provenance = {std::string(kSource),
                        std::string(url && url->starts_with("http") ? *url : kUrl),
                        {},
                        learned_at_};
    return price;
  }

  const Entry& entry_;
  Instant learned_at_;
  EntryNotes& notes_;
  std::map<std::string, std::size_t, std::less<>>& unknown_keys_;
  std::string_view mode_;
  std::map<std::string, TierRates> tiers_;
  std::vector<Multiplier> multipliers_;
  bool failed_ = false;
};

std::vector<Entry> entries_of(Value root) {
  std::vector<Entry> entries;
  for (Value v = root.first(); v.exists(); v = v.next()) {
    const auto provider = v["litellm_provider"].string();
    if (v.name() == "sample_spec" || !provider) continue;
    Entry entry{std::string(v.name()), v, litellm::target_of(v.name(), *provider)};
    entries.push_back(std::move(entry));
  }
  // The preferred entry about a model comes first, whatever the file's order.
  std::ranges::stable_sort(entries, {}, [](const Entry& e) { return e.target.preference; });
  return entries;
}

}  // namespace

Result<ImportNotes> import_litellm(std::string_view text, Instant learned_at,
                                   PriceBookBuilder& into) {
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root) return fail(root.error());
  const std::vector<Entry> entries = root->is_object() ? entries_of(*root) : std::vector<Entry>{};
  if (entries.empty()) {
    return fail(ErrorCode::invalid_input,
                "not a LiteLLM price map: expected an object of models with \"litellm_provider\"");
  }
  into.add(Source{.id = std::string(kSource),
                  .kind = Source::Kind::reference,
                  .choice = Source::Choice::most_specific,
                  .url = std::string(kUrl),
                  .learned_at = learned_at});
  ImportNotes notes;
  std::map<std::string, std::size_t, std::less<>> unknown_keys;
  std::unordered_map<std::string, std::pair<std::string, std::vector<MeterRate>>> used;
  for (const Entry& entry : entries) {
    EntryNotes entry_notes([&entry] { return entry.key; }, notes);
    for (Price& price : EntryImport(entry, learned_at, entry_notes, unknown_keys).prices()) {
      const auto [earlier, fresh] =
          used.try_emplace(lower_case(price_id(price)), entry.key, price.rates);
      if (fresh) {
        entry_notes.add(std::move(price), into);
      } else if (earlier->second.second != price.rates) {
        entry_notes.skip(fmt::format("it differs from \"{}\", which is used for the same model",
                                     earlier->second.first));
      }
    }
  }
  for (const auto& [key, times] : unknown_keys) {
    notes.notes.push_back(fmt::format("{}: not imported ({} entries)", key, times));
  }
  return notes;
}

}  // namespace costops::pricing
