#include <algorithm>
#include <cstdint>
#include <string_view>

#include "costops/pricing/importers.h"

using namespace costops::pricing;

/// Imports any bytes as a price file. Whatever is taken makes a valid book, or none for a stated
/// reason; a book that is written in our own format is read back equal; and no look-up fails to
/// answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  PriceBookBuilder builder;
  const auto notes = import_price_file(text, costops::Instant{}, builder);
  if (!notes) {
    if (notes.error().message.empty()) __builtin_trap();
    return 0;
  }
  const auto book = PriceBook::build(std::move(builder));
  if (!book) return 0;
  for (const Price& price : book->prices()) {
    if (!validate(price)) __builtin_trap();
    const PriceQuery query{.provider = price.provider,
                           .model = price.model,
                           .service_tier = price.conditions.service_tier,
                           .region = price.conditions.region,
                           .speed = price.conditions.speed};
    const PriceSet& set = book->resolve(query);
    if (set.candidates().empty() && set.why({}).empty()) __builtin_trap();
  }
  PriceBookBuilder again;
  const auto read_back = import_own_json(export_own_json(*book), again);
  if (!read_back || !read_back->notes.empty()) __builtin_trap();
  const auto copy = PriceBook::build(std::move(again));
  if (!copy || !std::ranges::equal(copy->prices(), book->prices())) __builtin_trap();
  return 0;
}
