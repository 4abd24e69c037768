#include "costops/domain/error.h"

#include <gtest/gtest.h>

namespace costops {
namespace {

using namespace std::string_view_literals;

TEST(Quoted, IsOneShortLine) {
  EXPECT_EQ(costops::quoted("gpt-4o"), R"("gpt-4o")");
  EXPECT_EQ(costops::quoted(""), R"("")");
  EXPECT_EQ(costops::quoted("a\"b\\c\nd\te\x01\0f"sv), R"("a\"b\\c\nd\te\x01\x00f")");
  EXPECT_EQ(costops::quoted("modèle"), "\"modèle\"");
  EXPECT_EQ(costops::quoted(std::string(80, 'x')), "\"" + std::string(80, 'x') + "\"");
  EXPECT_EQ(costops::quoted(std::string(81, 'x')), "\"" + std::string(80, 'x') + "...\"");
  // A character of two bytes is not cut in half.
  EXPECT_EQ(costops::quoted(std::string(79, 'x') + "é"), "\"" + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace costops
