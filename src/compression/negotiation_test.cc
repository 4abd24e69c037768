#include "costops/compression/negotiation.h"

#include <gtest/gtest.h>

namespace costops::compression {
namespace {

struct Case {
  std::optional<std::string_view> header;
  std::optional<Codec> chosen;
};

// The server likes zstd most, then brotli, then gzip.
constexpr Codec kOffered[] = {Codec::zstd, Codec::brotli, Codec::gzip};

TEST(Negotiation, FollowsTheWeights) {
  const Case cases[] = {
      // RFC 9110, section 12.5.3: the examples there, and each of its rules.
      {std::nullopt, Codec::identity},
      {"", Codec::identity},
      {"compress, gzip", Codec::gzip},
      {"*", Codec::zstd},
      {"compress;q=0.5, gzip;q=1.0", Codec::gzip},
      {"gzip;q=1.0, identity; q=0.5, *;q=0", Codec::gzip},
      {"identity;q=0", std::nullopt},
      {"*;q=0", std::nullopt},
      {"*;q=0, identity", Codec::identity},
      {"*;q=0, identity;q=0.001", Codec::identity},
      {"gzip;q=0", Codec::identity},
      {"gzip;q=0, *", Codec::zstd},
      {"identity;q=0, gzip", Codec::gzip},
      {"identity;q=0, compress", std::nullopt},
      // What browsers and libraries send.
      {"gzip, deflate, br, zstd", Codec::zstd},
      {"gzip, deflate, br", Codec::brotli},
      {"gzip;q=0.5, br;q=0.4", Codec::gzip},
      {"gzip;q=0.5, identity", Codec::identity},
      {"gzip;q=0.5, identity;q=0.5", Codec::gzip},
      // Case, space, old names.
      {"GZIP", Codec::gzip},
      {"x-gzip", Codec::gzip},
      {" gzip\t;\tq=0.3 ,, br ; Q=0.9", Codec::brotli},
      // Names that only people use are no codings.
      {"brotli, zlib, none", Codec::identity},
      // The first of a repeated coding counts.
      {"gzip;q=0, gzip;q=1", Codec::identity},
      // A member that is wrong is passed over.
      {"gzip;q=1.001", Codec::identity},
      {"gzip;q=0.1234", Codec::identity},
      {"gzip;q=", Codec::identity},
      {"gzip;q=-1", Codec::identity},
      {"gzip;level=9", Codec::identity},
      {"gzip;q=1;x=y", Codec::identity},
      {"gzip;q=1.", Codec::gzip},
      {"gzip;q=0.001", Codec::gzip},
      {"gzip;q=0.000", Codec::identity},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(negotiate(c.header, kOffered), c.chosen) << c.header.value_or("(absent)");
  }
}

TEST(Negotiation, NothingOnOfferIsIdentity) {
  EXPECT_EQ(negotiate("gzip, br", {}), Codec::identity);
  EXPECT_EQ(negotiate("gzip, *;q=0", {}), std::nullopt);
}

}  // namespace
}  // namespace costops::compression
