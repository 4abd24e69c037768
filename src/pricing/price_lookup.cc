// How a look-up goes: which provider, which model, which of its prices. The rules are told in
// docs/price-book.md; here each is one function. All of it runs once per distinct question, the
// memo answers the rest.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "costops/domain/identity.h"
#include "pricing/id_normalization.h"
#include "pricing/price_index.h"

namespace costops::pricing {
namespace {

constexpr std::size_t kSuggestedIdMax = 96;  // Longer ids are not worth a suggestion.

// What a question asks for beyond the model, in the book's spelling.
struct Wanted {
  std::string tier;
  std::string region;
  std::string speed;
};

bool sells_speed(const Price& price, std::string_view speed) {
  if (price.conditions.speed == speed) return true;
  if (!price.conditions.speed.empty()) return false;
  return std::ranges::any_of(price.multipliers, [&](const Multiplier& multiplier) {
    return multiplier.on == Multiplier::On::speed && multiplier.value == speed;
  });
}

bool sells_region(const Price& price, std::string_view region) {
  return price.conditions.region.empty() || price.conditions.region == region;
}

std::string joined(const std::set<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// Why none of a model's prices fits: the first condition that all of them fail.
std::string misfit(const std::vector<const Price*>& prices, const Wanted& wanted,
                   const std::string& what) {
  if (prices.empty()) return fmt::format("no price for {}", what);
  std::set<std::string> tiers;
  std::set<std::string> speeds;
  std::set<std::string> regions;
  for (const Price* price : prices) {
    const Conditions& when = price->conditions;
    tiers.insert(when.service_tier.empty() ? "standard" : when.service_tier);
    if (when.service_tier != wanted.tier) continue;
    speeds.insert(when.speed.empty() ? "standard" : when.speed);
    if (!sells_speed(*price, wanted.speed)) continue;
    regions.insert(when.region.empty() ? "any" : when.region);
  }
  if (speeds.empty()) {
    return fmt::format("no {} price for {} (it has: {})",
                       wanted.tier.empty() ? "standard" : wanted.tier, what, joined(tiers));
  }
  if (regions.empty()) {
    return fmt::format("no price for {} at {} speed (it has: {})", what,
                       wanted.speed.empty() ? "standard" : wanted.speed, joined(speeds));
  }
  const std::string region =
      wanted.region.empty() ? "without a region" : fmt::format("in region \"{}\"", wanted.region);
  return fmt::format("no price for {} {} (it has: {})", what, region, joined(regions));
}

std::string did_you_mean(const std::string& suggestion) {
  return suggestion.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", suggestion);
}

// Keeps the closest of the names it is shown; of equally close ones the first.
class Closest {
 public:
  explicit Closest(std::string_view wanted)
      : wanted_(wanted), limit_(std::clamp<std::size_t>(wanted.size() / 4, 1, 3)) {}
  void consider(std::string_view name) {
    if (wanted_.size() > kSuggestedIdMax) return;
    const std::size_t distance = edit_distance(wanted_, lower_case(name), limit_);
    if (distance > limit_) return;
    limit_ = distance - (distance > 0 ? 1 : 0);
    if (distance > 0 || name_.empty()) name_ = name;
  }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string_view wanted_;
  std::size_t limit_;
  std::string name_;
};

}  // namespace

std::optional<std::uint32_t> PriceBook::Index::provider_named(std::string_view name) const {
  const std::string folded = fold_provider(name);
  if (const auto found = provider_at.find(folded); found != provider_at.end()) {
    return found->second;
  }
  return provider_names.match(lower_case(name));
}

std::optional<std::uint32_t> PriceBook::Index::provider_of(std::string_view lower_id) const {
  const Route route = route_of(lower_id);
  if (!route.provider.empty()) {
    // Only a provider's own name counts here: "org/model" is how open models are written, too.
    const auto found = provider_at.find(fold_provider(route.provider));
    if (found != provider_at.end()) return found->second;
  }
  return provider_models.match(lower_id);
}

PriceBook::Index::Match PriceBook::Index::match_listed(std::uint32_t provider,
                                                       std::string_view id) const {
  Match match;
  match.provider = provider;
  std::vector<const Listing*> silent;
  for (std::uint32_t s = 0; s < sources.size(); ++s) {
    const auto& listing = listings[s][provider];
    if (!listing) continue;
    const auto found = listing->matcher.match(id);
    if (!found) {
      silent.push_back(&*listing);
      continue;
    }
    const ListedModel& model = listing->models[*found];
    if (match.model.empty()) match.model = model.id;
    match.prices.insert(match.prices.end(), model.prices.begin(), model.prices.end());
  }
  if (match.found()) add_by_name(silent, match);
  return match;
}

void PriceBook::Index::add_by_name(const std::vector<const Listing*>& silent, Match& match) const {
  // A source that has the model but not this spelling of its id speaks by the model's own id.
  for (const Listing* listing : silent) {
    const auto known = listing->model_at.find(lower_case(match.model));
    if (known == listing->model_at.end()) continue;
    const ListedModel& model = listing->models[known->second];
    if (model.prices.empty()) continue;
    const bool reference = sources[source_of[model.prices.front()]].kind == Source::Kind::reference;
    if (model.declared && !reference) continue;
    match.prices.insert(match.prices.end(), model.prices.begin(), model.prices.end());
  }
}

PriceBook::Index::Match PriceBook::Index::match_named(std::uint32_t provider,
                                                      std::string_view id) const {
  Match match;
  match.provider = provider;
  std::vector<const Listing*> all;
  for (const auto& by_provider : listings) {
    if (!by_provider[provider]) continue;
    all.push_back(&*by_provider[provider]);
    if (by_provider[provider]->model_at.contains(id)) match.model = id;
  }
  if (match.found()) add_by_name(all, match);
  return match;
}

PriceBook::Index::Match PriceBook::Index::match_with_fallbacks(std::uint32_t provider,
                                                               std::string_view id) const {
  Match match = match_listed(provider, id);
  if (match.found()) return match;
  for (const std::string& fallback : providers[provider].fallbacks) {
    const auto other = provider_at.find(fallback);
    if (other == provider_at.end()) continue;
    Match found = match_listed(other->second, id);
    if (found.found()) return found;
  }
  return match;
}

PriceBook::Index::Match PriceBook::Index::match(std::uint32_t provider, std::string_view id) const {
  const auto with_dates = [&](std::string_view spelling) {
    Match found = match_with_fallbacks(provider, spelling);
    if (found.found()) return found;
    const std::string dashed = with_dashed_dates(spelling);
    return dashed == spelling ? found : match_with_fallbacks(provider, dashed);
  };
  Match found = with_dates(id);
  if (found.found()) return found;
  for (const std::string& simpler : simpler_ids(providers[provider].id, id)) {
    Match other = with_dates(simpler);
    if (other.found()) return other;
  }
  return match_named(provider, id);
}

bool PriceBook::Index::outranks(std::uint32_t a, std::uint32_t b) const {
  const auto rank = [this](std::uint32_t i) {
    const Price& price = prices[i];
    const Conditions& when = price.conditions;
    const bool general = when.region.empty() && when.speed.empty();
    return std::tuple(sources[source_of[i]].kind, general, source_of[i], when.windows.empty(),
                      -when.effective.from.time_since_epoch().count(),
                      -price.provenance.learned_at.time_since_epoch().count(), i);
  };
  return rank(a) < rank(b);
}

std::string PriceBook::Index::closest_provider(std::string_view name) const {
  Closest closest(name);
  for (const Provider& provider : providers) closest.consider(provider.id);
  return closest.name();
}

std::string PriceBook::Index::closest_model(std::uint32_t provider, std::string_view id) const {
  Closest closest(id);
  std::vector<std::uint32_t> asked{provider};
  for (const std::string& fallback : providers[provider].fallbacks) {
    const auto found = provider_at.find(fallback);
    if (found != provider_at.end()) asked.push_back(found->second);
  }
  for (const std::uint32_t p : asked) {
    for (const auto& by_provider : listings) {
      if (!by_provider[p]) continue;
      for (const ListedModel& model : by_provider[p]->models) closest.consider(model.id);
    }
  }
  return closest.name();
}

const PriceSet& PriceBook::resolve(const PriceQuery& query) const {
  const std::uint64_t hash = PriceMemo::hash_of(query);
  if (const PriceSet* known = index_->memo.find(query, hash)) return *known;
  return index_->memo.add(query, hash, answer(query));
}

PriceSet PriceBook::answer(const PriceQuery& query) const {
  const Index& index = *index_;
  const std::string id = lower_case(query.model);
  PriceSet set;
  std::optional<std::uint32_t> provider;
  Index::Match match;
  const bool unnamed = query.provider.empty() || query.provider == "litellm";
  if (unnamed) {
    provider = index.provider_of(id);
    if (!provider) {
      set.reason_ =
          fmt::format("no provider is known for model \"{}\"; name the provider", query.model);
      return set;
    }
  } else {
    provider = index.provider_named(query.provider);
    if (!provider) {
      set.reason_ = fmt::format("unknown provider \"{}\"{}", query.provider,
                                did_you_mean(index.closest_provider(lower_case(query.provider))));
      return set;
    }
  }
  const std::string what =
      fmt::format("{} model \"{}\"", index.providers[*provider].id, query.model);
  match = index.match(*provider, id);
  if (!match.found()) {
    set.reason_ =
        fmt::format("no price for {}{}", what, did_you_mean(index.closest_model(*provider, id)));
    return set;
  }
  const Wanted wanted{folded_tier(query.service_tier), lower_case(query.region),
                      folded_speed(query.speed)};
  std::vector<std::uint32_t> fitting;
  std::vector<const Price*> all;
  for (const std::uint32_t i : match.prices) {
    const Price& price = index.prices[i];
    all.push_back(&price);
    if (price.conditions.service_tier == wanted.tier && sells_speed(price, wanted.speed) &&
        sells_region(price, wanted.region)) {
      fitting.push_back(i);
    }
  }
  if (fitting.empty()) {
    set.reason_ = misfit(all, wanted, what);
    return set;
  }
  std::ranges::sort(fitting, [&](auto a, auto b) { return index.outranks(a, b); });
  for (const std::uint32_t i : fitting) {
    const Price& price = index.prices[i];
    const std::uint32_t windows = index.windows_of[i];
    set.candidates_.push_back(&price);
    set.timings_.push_back({price.conditions.effective.from, price.conditions.effective.to,
                            windows == Index::kNone ? nullptr : &index.windows[windows]});
  }
  set.reason_ = what;
  return set;
}

Result<const Price*> PriceBook::find(const PriceQuery& query) const {
  const PriceSet& set = resolve(query);
  if (const Price* price = set.at(query.at)) return price;
  return fail(ErrorCode::not_found, set.why(query.at));
}

std::string_view PriceBook::provider_of_model(std::string_view model) const {
  const auto found = index_->provider_of(lower_case(model));
  return found ? std::string_view(index_->providers[*found].id) : std::string_view{};
}

const Price* PriceSet::at(Instant at) const {
  for (std::size_t i = 0; i < timings_.size(); ++i) {
    const Timing& timing = timings_[i];
    if (at < timing.from || at >= timing.to) continue;
    if (timing.windows == nullptr || timing.windows->contains(at)) return candidates_[i];
  }
  return nullptr;
}

std::string PriceSet::why(Instant at) const {
  if (candidates_.empty()) return reason_;
  std::optional<Instant> next;
  std::optional<Instant> last;
  for (const Timing& timing : timings_) {
    if (timing.from > at && (!next || timing.from < *next)) next = timing.from;
    if (timing.to <= at && (!last || timing.to > *last)) last = timing.to;
  }
  std::string known;
  if (last) known = fmt::format("the last one ended at {}", to_string(*last));
  if (next) {
    known +=
        fmt::format("{}the next one starts at {}", known.empty() ? "" : ", ", to_string(*next));
  }
  if (known.empty()) known = "its prices have time windows, none of them open then";
  return fmt::format("no price for {} in force at {} ({})", reason_, to_string(at), known);
}

}  // namespace costops::pricing
