#include "costops/pricing/price_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "costops/domain/identity.h"
#include "pricing/price_index.h"

namespace costops::pricing {
namespace {

std::string model_key(std::string_view source, std::string_view provider, std::string_view id) {
  std::string key;
  key.reserve(source.size() + provider.size() + id.size() + 2);
  return key.append(source).append("\n").append(provider).append("\n").append(id);
}

void extend(std::vector<ModelMatch>& matches, const std::vector<ModelMatch>& more) {
  for (const ModelMatch& match : more) {
    if (std::ranges::find(matches, match) == matches.end()) matches.push_back(match);
  }
}

// Whether both could be the price of the same usage with nothing to prefer one of them.
bool tie(const Price& a, const Price& b) {
  const Conditions& x = a.conditions;
  const Conditions& y = b.conditions;
  if (x.service_tier != y.service_tier || x.region != y.region || x.speed != y.speed) return false;
  if (x.effective.from != y.effective.from) return false;
  if (a.provenance.learned_at != b.provenance.learned_at) return false;
  if (x.windows.empty() != y.windows.empty()) return false;
  return x.windows.empty() || overlap(x.windows, y.windows);
}

constexpr std::size_t kLearnedDay = std::string_view("~2026-08-01").size();

}  // namespace

std::string folded_tier(std::string_view tier) {
  std::string folded = lower_case(tier);
  for (const char* standard : {"standard", "default", "on_demand", "on-demand", "auto"}) {
    if (folded == standard) return {};
  }
  return folded;
}

std::string folded_speed(std::string_view speed) {
  std::string folded = lower_case(speed);
  return folded == "standard" ? std::string{} : folded;
}

std::uint32_t PriceBookBuilder::Parts::source_position(const std::string& id) {
  const auto found = source_at.find(id);
  if (found != source_at.end()) return found->second;
  Source source{.id = id};
  if (id == "contract") source.kind = Source::Kind::contract;
  if (id == "custom") source.kind = Source::Kind::custom;
  const auto position = static_cast<std::uint32_t>(sources.size());
  sources.push_back(std::move(source));
  source_at.emplace(id, position);
  return position;
}

PriceBookBuilder::PriceBookBuilder() : parts_(std::make_unique<Parts>()) {}
PriceBookBuilder::~PriceBookBuilder() = default;
PriceBookBuilder::PriceBookBuilder(PriceBookBuilder&&) noexcept = default;
PriceBookBuilder& PriceBookBuilder::operator=(PriceBookBuilder&&) noexcept = default;

void PriceBookBuilder::add(Source source) {
  if (parts_->source_at.contains(source.id)) return;
  parts_->source_at.emplace(source.id, static_cast<std::uint32_t>(parts_->sources.size()));
  parts_->sources.push_back(std::move(source));
}

void PriceBookBuilder::add(Provider provider) {
  provider.id = fold_provider(provider.id);
  for (std::string& fallback : provider.fallbacks) fallback = fold_provider(fallback);
  const auto position = static_cast<std::uint32_t>(parts_->providers.size());
  const auto [found, inserted] = parts_->provider_at.try_emplace(provider.id, position);
  if (inserted) {
    parts_->providers.push_back(std::move(provider));
    return;
  }
  Provider& known = parts_->providers[found->second];
  if (known.name.empty()) known.name = std::move(provider.name);
  extend(known.provider_matches, provider.provider_matches);
  extend(known.model_matches, provider.model_matches);
  for (std::string& fallback : provider.fallbacks) {
    if (std::ranges::find(known.fallbacks, fallback) == known.fallbacks.end()) {
      known.fallbacks.push_back(std::move(fallback));
    }
  }
}

void PriceBookBuilder::add(Model model) {
  model.provider = fold_provider(model.provider);
  const auto position = static_cast<std::uint32_t>(parts_->models.size());
  const auto [found, inserted] =
      parts_->model_at.try_emplace(model_key(model.source, model.provider, model.id), position);
  if (inserted) {
    parts_->models.push_back(std::move(model));
    return;
  }
  Model& known = parts_->models[found->second];
  if (known.name.empty()) known.name = std::move(model.name);
  if (known.context_window == 0) known.context_window = model.context_window;
  extend(known.matches, model.matches);
}

Result<void> PriceBookBuilder::add(Price price) {
  price.provider = fold_provider(price.provider);
  price.conditions.service_tier = folded_tier(price.conditions.service_tier);
  price.conditions.region = lower_case(price.conditions.region);
  price.conditions.speed = folded_speed(price.conditions.speed);
  if (price.provenance.source.empty()) price.provenance.source = "custom";
  const bool named_by_us = price.id.empty();
  if (named_by_us) price.id = price_id(price);
  if (auto valid = validate(price); !valid) return valid;

  for (auto taken = parts_->price_at.find(price.id); taken != parts_->price_at.end();
       taken = parts_->price_at.find(price.id)) {
    const Price& other = parts_->prices[taken->second];
    if (other == price) return {};
    // What a source said at another time is another row of the same name.
    const std::string learned = "~" + to_string(price.provenance.learned_at);
    const bool later = other.provenance.learned_at != price.provenance.learned_at;
    if (!named_by_us || !later || price.id.ends_with(learned)) {
      return fail(ErrorCode::conflict,
                  fmt::format("price \"{}\" is already in the book and says something else; give "
                              "one of them another id or condition",
                              price.id));
    }
    const bool same_day = price.id.ends_with(learned.substr(0, kLearnedDay));
    price.id += same_day ? learned.substr(kLearnedDay) : learned.substr(0, kLearnedDay);
  }
  parts_->source_position(price.provenance.source);
  if (!parts_->provider_at.contains(price.provider)) add(Provider{.id = price.provider});
  parts_->price_at.emplace(price.id, static_cast<std::uint32_t>(parts_->prices.size()));
  parts_->prices.push_back(std::move(price));
  return {};
}

PriceBook::PriceBook(std::unique_ptr<Index> index) : index_(std::move(index)) {}
PriceBook::PriceBook(PriceBook&&) noexcept = default;
PriceBook& PriceBook::operator=(PriceBook&&) noexcept = default;
PriceBook::~PriceBook() = default;

Result<PriceBook> PriceBook::build(PriceBookBuilder parts) {
  auto index = std::make_unique<Index>();
  PriceBookBuilder::Parts& from = *parts.parts_;
  index->sources = std::move(from.sources);
  index->providers = std::move(from.providers);
  index->models = std::move(from.models);
  index->prices = std::move(from.prices);
  index->provider_at = std::move(from.provider_at);
  index->price_at = std::move(from.price_at);
  std::ranges::stable_sort(index->sources, {}, &Source::kind);
  if (auto compiled = index->compile_providers(); !compiled) return fail(compiled.error());
  if (auto compiled = index->compile_models(); !compiled) return fail(compiled.error());
  if (auto checked = index->check_conflicts(); !checked) return fail(checked.error());
  return PriceBook(std::move(index));
}

Result<void> PriceBook::Index::compile_providers() {
  for (std::uint32_t i = 0; i < providers.size(); ++i) {
    for (const ModelMatch& match : providers[i].provider_matches) {
      if (auto added = provider_names.add(i, match); !added) return added;
    }
    for (const ModelMatch& match : providers[i].model_matches) {
      if (auto added = provider_models.add(i, match); !added) return added;
    }
  }
  return {};
}

Result<void> PriceBook::Index::compile_models() {
  Positions source_at;
  for (std::uint32_t s = 0; s < sources.size(); ++s) source_at.emplace(sources[s].id, s);
  listings.resize(sources.size());
  for (auto& by_provider : listings) by_provider.resize(providers.size());

  const auto listed = [&](std::uint32_t s, std::uint32_t p, const std::string& id,
                          const Model* declared) -> Result<ListedModel*> {
    auto& slot = listings[s][p];
    if (!slot) slot.emplace(sources[s].choice);
    const auto position = static_cast<std::uint32_t>(slot->models.size());
    const auto [found, inserted] = slot->model_at.try_emplace(lower_case(id), position);
    if (!inserted) return &slot->models[found->second];
    slot->models.push_back({id, declared != nullptr, {}});
    const bool by_id_alone = declared == nullptr || declared->matches.empty();
    if (by_id_alone) {
      if (auto added = slot->matcher.add(position, {ModelMatch::Kind::exact, id}); !added) {
        return fail(added.error());
      }
      return &slot->models.back();
    }
    for (const ModelMatch& match : declared->matches) {
      if (auto added = slot->matcher.add(position, match); !added) {
        return fail(added.error().code, fmt::format("model \"{}/{}\": {}", declared->provider, id,
                                                    added.error().message));
      }
    }
    return &slot->models.back();
  };

  for (const Model& model : models) {
    const auto provider = provider_at.find(model.provider);
    if (provider == provider_at.end()) continue;  // No price can name it.
    for (std::uint32_t s = 0; s < sources.size(); ++s) {
      if (!model.source.empty() && model.source != sources[s].id) continue;
      if (auto one = listed(s, provider->second, model.id, &model); !one) return fail(one.error());
    }
  }
  windows_of.assign(prices.size(), kNone);
  for (std::uint32_t i = 0; i < prices.size(); ++i) {
    const Price& price = prices[i];
    source_of.push_back(source_at.find(price.provenance.source)->second);
    auto model =
        listed(source_of[i], provider_at.find(price.provider)->second, price.model, nullptr);
    if (!model) return fail(model.error());
    (*model)->prices.push_back(i);
    if (price.conditions.windows.empty()) continue;
    windows_of[i] = static_cast<std::uint32_t>(windows.size());
    windows.push_back(compile(price.conditions.windows));
  }
  return {};
}

Result<void> PriceBook::Index::check_conflicts() const {
  const auto conflict_in = [&](const ListedModel& model) -> Result<void> {
    for (std::size_t i = 0; i < model.prices.size(); ++i) {
      for (std::size_t j = i + 1; j < model.prices.size(); ++j) {
        const Price& a = prices[model.prices[i]];
        const Price& b = prices[model.prices[j]];
        if (!tie(a, b)) continue;
        return fail(ErrorCode::conflict,
                    fmt::format("prices \"{}\" and \"{}\" could both apply to the same usage; give "
                                "one another start or condition",
                                a.id, b.id));
      }
    }
    return {};
  };
  for (const auto& by_provider : listings) {
    for (const auto& listing : by_provider) {
      if (!listing) continue;
      for (const ListedModel& model : listing->models) {
        if (auto checked = conflict_in(model); !checked) return checked;
      }
    }
  }
  return {};
}

std::span<const Price> PriceBook::prices() const { return index_->prices; }
std::span<const Model> PriceBook::models() const { return index_->models; }
std::span<const Provider> PriceBook::providers() const { return index_->providers; }
std::span<const Source> PriceBook::sources() const { return index_->sources; }

const Price* PriceBook::by_id(std::string_view id) const {
  const auto found = index_->price_at.find(id);
  return found == index_->price_at.end() ? nullptr : &index_->prices[found->second];
}

PriceBook PriceBook::as_known_at(Instant when) const {
  auto index = std::make_unique<Index>();
  index->sources = index_->sources;
  index->providers = index_->providers;
  index->models = index_->models;
  index->provider_at = index_->provider_at;
  for (const Price& price : index_->prices) {
    if (price.provenance.learned_at > when) continue;
    index->price_at.emplace(price.id, static_cast<std::uint32_t>(index->prices.size()));
    index->prices.push_back(price);
  }
  // A part of a book that compiled compiles.
  (void)index->compile_providers();
  (void)index->compile_models();
  return PriceBook(std::move(index));
}

}  // namespace costops::pricing
