// price_book.h - what providers charge, under which conditions, and since when.
//
// A book is immutable once built: share it between threads. Building compiles an index, so that
// a look-up never scans and never runs a regular expression twice for the same model id.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/pricing/price.h"

namespace costops::pricing {

/// Where prices come from. Sources answer for themselves: each recognises a model id by its own
/// models and its own rule; their prices then compete by rank (see PriceBook::find).
struct Source {
  enum class Kind : std::uint8_t { contract, custom, reference };
  /// How a source chooses where several of its models match an id. most_specific: as ModelMatch
  /// says. first_listed: the model that was added first, as genai-prices does.
  enum class Choice : std::uint8_t { most_specific, first_listed };
  std::string id{};
  Kind kind = Kind::reference;
  Choice choice = Choice::most_specific;
  std::string url{};
  Instant learned_at{};
  friend bool operator==(const Source&, const Source&) = default;
};

/// A model of the book: how its ids are recognised. Its prices name it by (provider, id).
struct Model {
  std::string provider{};
  std::string id{};
  std::string name{};
  std::vector<ModelMatch> matches{};  ///< Empty: the id itself, exactly.
  std::int64_t context_window = 0;    ///< 0: not known.
  std::string source{};  ///< Whose recognition this is; "": that of every source in the book.
  friend bool operator==(const Model&, const Model&) = default;
};

/// A provider: which names and model ids point to it, and whose models it also sells.
struct Provider {
  std::string id{};
  std::string name{};
  std::vector<ModelMatch> provider_matches{};  ///< On the reported provider name.
  std::vector<ModelMatch> model_matches{};     ///< On the model id, where no provider is reported.
  std::vector<std::string> fallbacks{};        ///< Providers whose models it sells at their prices.
  friend bool operator==(const Provider&, const Provider&) = default;
};

/// What a look-up is about: all views must outlive the call only.
struct PriceQuery {
  std::string_view provider{};  ///< Folded; may be empty: then the model id must identify it.
  std::string_view model{};
  Instant at{};
  std::string_view service_tier{};  ///< "", "standard", "default", "on_demand", "auto": standard.
  std::string_view region{};
  std::string_view speed{};  ///< "", "standard": the usual one.
};

/// The prices that can apply to one (provider, model id, tier, region, speed) at various times: the
/// memo of a look-up. Lives as long as its book.
class PriceSet;
struct CompiledWindows;

/// Collects providers, models and prices, then compiles a PriceBook.
class PriceBookBuilder {
 public:
  PriceBookBuilder();
  ~PriceBookBuilder();
  PriceBookBuilder(PriceBookBuilder&&) noexcept;
  PriceBookBuilder& operator=(PriceBookBuilder&&) noexcept;

  /// Declares a source; one that is only named by a price is of the kind that its name says
  /// ("contract", "custom"), else a reference. A later addition of the same id is ignored.
  void add(Source source);
  /// Later additions of the same provider, or of the same source's model, extend its matches.
  void add(Provider provider);
  void add(Model model);
  /// Fails with invalid_input (see validate(Price)); conflict if the id is taken by another price.
  /// The same price a second time changes nothing.
  [[nodiscard]] Result<void> add(Price price);

 private:
  friend class PriceBook;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

class PriceBook {
 public:
  /// Fails with invalid_input if a regular expression is not valid, with conflict if two prices of
  /// one source and model could both apply to the same usage with the same rank.
  [[nodiscard]] static Result<PriceBook> build(PriceBookBuilder parts);
  PriceBook(PriceBook&&) noexcept;
  PriceBook& operator=(PriceBook&&) noexcept;
  ~PriceBook();

  /// The price in force; it lives as long as the book. Rank, highest first: source (contract,
  /// custom, then the order in which sources were added), then the number of conditions that it
  /// states (tier, region, speed, window), then the later effective start. A tier other than
  /// standard that has no price of its own is not_found: a batch call is never charged at the
  /// standard price silently. Fails with not_found: unknown provider, unknown model (suggesting the
  /// closest id), or no price of that model in force under these conditions, and which there are.
  [[nodiscard]] Result<const Price*> find(const PriceQuery& query) const;

  /// Resolve once per distinct (provider, model, tier, region, speed), then ask per time: what
  /// batch pricing does. Never null; the set of an unknown model says why it is empty.
  /// Safe from any thread.
  [[nodiscard]] const PriceSet& resolve(const PriceQuery& query) const;

  [[nodiscard]] std::span<const Price> prices() const;
  [[nodiscard]] std::span<const Model> models() const;
  [[nodiscard]] std::span<const Provider> providers() const;
  [[nodiscard]] std::span<const Source> sources() const;  ///< In the order of their rank.
  [[nodiscard]] const Price* by_id(std::string_view id) const;
  /// Which provider a model id belongs to by the providers' own rules; empty if none.
  [[nodiscard]] std::string_view provider_of_model(std::string_view model) const;
  /// A copy with only the prices learned by `when`.
  [[nodiscard]] PriceBook as_known_at(Instant when) const;

 private:
  struct Index;
  explicit PriceBook(std::unique_ptr<Index> index);
  [[nodiscard]] PriceSet answer(const PriceQuery& query) const;
  std::unique_ptr<Index> index_;
};

class PriceSet {
 public:
  /// The price in force at `at`; null if there is none, and then `why()` or `why_at` says why.
  [[nodiscard]] const Price* at(Instant at) const;
  /// The reason for an empty answer at that time: the text of PriceBook::find's error.
  [[nodiscard]] std::string why(Instant at) const;
  /// All candidates, highest rank first.
  [[nodiscard]] std::span<const Price* const> candidates() const { return candidates_; }

 private:
  friend class PriceBook;
  friend class PriceMemo;
  struct Timing {  // When candidates_[i] applies, ready to compare.
    Instant from;
    Instant to;
    const CompiledWindows* windows;  // Null: at any time of the day.
  };
  std::vector<const Price*> candidates_;
  std::vector<Timing> timings_;
  std::string reason_;  // Why there is no candidate, or what the candidates are for.
};

}  // namespace costops::pricing
