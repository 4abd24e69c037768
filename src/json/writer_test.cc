#include <gtest/gtest.h>

#include "costops/json/json.h"

namespace costops::json {
namespace {

TEST(Writer, PutsCommasAndQuotes) {
  std::string out;
  Writer writer(out);
  writer.object().key("a").value(1).key("b").array().value("x\n").null().end_array().end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x\n",null]})");
}

}  // namespace
}  // namespace costops::json
