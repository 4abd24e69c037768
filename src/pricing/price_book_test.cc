#include "costops/pricing/price_book.h"

#include <gtest/gtest.h>

namespace costops::pricing {
namespace {

Price simple(std::string provider, std::string model, std::string_view input) {
  Price price = per_token_price(input, "30", std::nullopt).value();
  price.provider = std::move(provider);
  price.model = std::move(model);
  price.provenance.source = "custom";
  return price;
}

TEST(PriceBook, AnUnknownModelSuggestsTheClosest) {
  PriceBookBuilder builder;
  ASSERT_TRUE(builder.add(simple("openai", "gpt-4o-mini", "0.15")));
  const PriceBook book = PriceBook::build(std::move(builder)).value();
  EXPECT_EQ(book.find({.provider = "openai", .model = "gpt-4o-mni"}).error().message,
            "no price for openai model \"gpt-4o-mni\"; did you mean \"gpt-4o-mini\"?");
}

}  // namespace
}  // namespace costops::pricing
