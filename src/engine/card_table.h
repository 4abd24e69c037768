// card_table.h - prices compiled for the batch kernel: one flat rate per meter and card.
//
// A card is a price at one region and speed, every multiplier included, in one band of context
// length: a price with a long-context cliff becomes consecutive cards, the first below all
// thresholds. What a flat rate cannot say (allowances, graduated steps, minimum charges) is marked
// for the long way, through charging.h, and so is every quantity without a rate.
//
// Rates stand by meter, then card, because the kernel works on one meter's column at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "costops/pricing/price.h"
#include "engine/flat_rate.h"

namespace costops::engine {

/// What a card says beside its rates.
struct CardFacts {
  const pricing::Price* price = nullptr;  ///< None: nothing is priced by this card.
  std::uint32_t price_index = UINT32_MAX;
  Currency currency;
  enum class Way : std::uint8_t { short_way, long_way } way = Way::short_way;
  std::uint64_t fractional = 0;  ///< Bit per meter: the rate needs a division.
};

class CardTable {
 public:
  /// The card that prices nothing.
  static constexpr std::uint32_t kNoCard = 0;

  CardTable();

  /// Compiles a price; returns its first card. The price must outlive the table.
  std::uint32_t add(const pricing::Price& price, std::string_view region, std::string_view speed);

  [[nodiscard]] const std::vector<CardFacts>& facts() const { return facts_; }
  [[nodiscard]] const FlatRate* rates(Meter meter) const {
    return rates_[static_cast<std::size_t>(meter)].data();
  }
  /// limits()[b][card]: a context above it belongs to the (b+1)-th card after `card`.
  [[nodiscard]] std::span<const std::vector<std::int64_t>> limits() const { return limits_; }
  /// Whether some price charges requests, so that even a record that counts none has a fee.
  [[nodiscard]] bool charges_requests() const { return charges_requests_; }
  /// The prices, by CardFacts::price_index.
  [[nodiscard]] const std::vector<const pricing::Price*>& prices() const { return prices_; }

 private:
  std::uint32_t append(const CardFacts& card);
  std::uint32_t index_of(const pricing::Price& price);

  std::vector<CardFacts> facts_;
  std::array<std::vector<FlatRate>, kMeterCount> rates_;
  std::vector<std::vector<std::int64_t>> limits_;
  std::vector<const pricing::Price*> prices_;
  bool charges_requests_ = false;
};

}  // namespace costops::engine
