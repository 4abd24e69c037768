// price_index.h - a price book's insides: its parts, and the index that look-ups use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "costops/pricing/price_book.h"
#include "pricing/model_matcher.h"
#include "pricing/price_memo.h"

namespace costops::pricing {

/// The time windows of one price, ready to ask.
struct CompiledWindows {
  struct Window {
    Microseconds from;
    Microseconds to;  ///< Not after `from`: it runs over midnight.
    std::uint8_t weekdays;
    TimeZone zone;
  };
  std::vector<Window> windows;
  [[nodiscard]] bool contains(Instant at) const;
};
/// Requires that the windows are valid.
[[nodiscard]] CompiledWindows compile(const std::vector<TimeWindow>& windows);
/// Whether some instant can lie in a window of both. Windows of different zones move against each
/// other with the seasons, so they count as overlapping.
[[nodiscard]] bool overlap(const std::vector<TimeWindow>& a, const std::vector<TimeWindow>& b);

/// "" for the standard tier by any of its names; else in lower case.
[[nodiscard]] std::string folded_tier(std::string_view tier);
[[nodiscard]] std::string folded_speed(std::string_view speed);

using Positions = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;

struct PriceBookBuilder::Parts {
  std::vector<Source> sources;
  std::vector<Provider> providers;
  std::vector<Model> models;
  std::vector<Price> prices;
  Positions source_at;
  Positions provider_at;
  Positions model_at;  // By source, provider and id.
  Positions price_at;  // By id.

  std::uint32_t source_position(const std::string& id);
};

/// One model as one source sees it, with its prices there (positions in PriceBook::prices()).
struct ListedModel {
  std::string id;
  bool declared = false;  ///< False: it is only named by its prices.
  std::vector<std::uint32_t> prices;
};

/// One provider's models in one source.
struct Listing {
  explicit Listing(Source::Choice choice) : matcher(choice) {}
  ModelMatcher matcher;  // Candidates are positions in `models`.
  std::vector<ListedModel> models;
  Positions model_at;  // By id in lower case.
};

struct PriceBook::Index {
  std::vector<Source> sources;  // By rank.
  std::vector<Provider> providers;
  std::vector<Model> models;
  std::vector<Price> prices;
  std::vector<CompiledWindows> windows;   // Of the prices that have some.
  std::vector<std::uint32_t> windows_of;  // By price: position in `windows`, or kNone.
  std::vector<std::uint32_t> source_of;   // By price: position in `sources`.
  Positions provider_at;
  Positions price_at;
  ModelMatcher provider_names{Source::Choice::first_listed};
  ModelMatcher provider_models{Source::Choice::first_listed};
  std::vector<std::vector<std::optional<Listing>>> listings;  // By source, then provider.
  mutable PriceMemo memo;
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Result<void> compile_providers();
  Result<void> compile_models();
  Result<void> check_conflicts() const;

  /// What a model id leads to: the prices of one provider's model, from every source.
  struct Match {
    std::uint32_t provider = kNone;
    std::string model;  ///< The model's id in the source of the highest rank that knows it.
    std::vector<std::uint32_t> prices;
    [[nodiscard]] bool found() const { return !model.empty(); }
  };
  [[nodiscard]] std::optional<std::uint32_t> provider_named(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint32_t> provider_of(std::string_view lower_id) const;
  [[nodiscard]] Match match_listed(std::uint32_t provider, std::string_view id) const;
  /// By the name that a price file gives its model, which need not be an id that it recognises.
  [[nodiscard]] Match match_named(std::uint32_t provider, std::string_view id) const;
  /// Adds the prices of listings that know the matched model by its own id.
  void add_by_name(const std::vector<const Listing*>& silent, Match& match) const;
  [[nodiscard]] Match match_with_fallbacks(std::uint32_t provider, std::string_view id) const;
  [[nodiscard]] Match match(std::uint32_t provider, std::string_view id) const;
  [[nodiscard]] bool outranks(std::uint32_t a, std::uint32_t b) const;
  [[nodiscard]] std::string closest_provider(std::string_view name) const;
  [[nodiscard]] std::string closest_model(std::uint32_t provider, std::string_view id) const;
};

}  // namespace costops::pricing
