#include <gtest/gtest.h>

#include "costops/json/json.h"

namespace costops::json {
namespace {

TEST(Fields, KeepTheFirstFailure) {
  Document document;
  Fields fields(document.parse_copy(R"({"prompt_tokens":"12","model":5})").value());
  EXPECT_EQ(fields.count("prompt_tokens"), 0);
  EXPECT_EQ(fields.text("model"), "");
  EXPECT_EQ(fields.error().message, R"("prompt_tokens" must be a count, found "12")");
}

}  // namespace
}  // namespace costops::json
