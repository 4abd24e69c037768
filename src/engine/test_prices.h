// test_prices.h - prices and usage for this room's tests, in few words.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "costops/domain/usage_record.h"
#include "costops/pricing/price_book.h"

namespace costops::engine {

inline Rate per_million(std::string_view amount) { return parse_rate(amount, 1'000'000).value(); }
inline Amount amount(std::string_view text) { return parse_amount(text).value(); }
inline Instant instant(std::string_view text) { return parse_instant(text).value(); }

/// A price of "acme/large" with these rates; meters in ascending order.
inline pricing::Price price_with(std::initializer_list<pricing::MeterRate> rates) {
  pricing::Price price;
  price.id = "acme/large";
  price.provider = "acme";
  price.model = "large";
  price.rates = rates;
  price.provenance.source = "genai-prices";
  return price;
}

/// Anthropic's claude-sonnet-4: 3 in, 15 out, 0.3 cache read, 3.75 and 6 cache write; above 200,000
/// input tokens 6, 22.5, 0.6, 7.5 and 12. https://docs.anthropic.com/en/docs/about-claude/pricing,
/// 2025-08-12
inline pricing::Price sonnet_4() {
  return price_with({
      {Meter::input_tokens_uncached, per_million("3"), {{200'000, per_million("6")}}},
      {Meter::output_tokens, per_million("15"), {{200'000, per_million("22.5")}}},
      {Meter::cache_read_tokens, per_million("0.3"), {{200'000, per_million("0.6")}}},
      {Meter::cache_write_tokens, per_million("3.75"), {{200'000, per_million("7.5")}}},
      {Meter::cache_write_1h_tokens, per_million("6"), {{200'000, per_million("12")}}},
  });
}

inline UsageRecord usage_of(std::initializer_list<std::pair<Meter, std::int64_t>> quantities) {
  UsageRecord usage;
  usage.at = instant("2026-07-01T12:00:00Z");
  usage.provider = "acme";
  usage.model = "large";
  for (const auto& [meter, quantity] : quantities) at(usage.quantities, meter) = quantity;
  return usage;
}

inline pricing::PriceBook book_of(std::initializer_list<pricing::Price> prices) {
  pricing::PriceBookBuilder builder;
  for (const pricing::Price& price : prices) {
    const auto added = builder.add(price);
    EXPECT_TRUE(added.has_value()) << added.error().message;
  }
  return pricing::PriceBook::build(std::move(builder)).value();
}

}  // namespace costops::engine
