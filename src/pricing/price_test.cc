#include "costops/pricing/price.h"

#include <gtest/gtest.h>

namespace costops::pricing {
namespace {


TEST(Price, CachedTokensWithoutAPriceCostAsInput) {
  const Price price = per_token_price("10", "30", std::nullopt).value();
  EXPECT_EQ(price.rate_of(Meter::cache_read_tokens)->meter, Meter::input_tokens_uncached);
}

}  // namespace
}  // namespace costops::pricing
