#include "export/parquet_encoding.h"

#include <gtest/gtest.h>

namespace costops::exports {
namespace {

std::string runs_of(const std::vector<std::uint32_t>& numbers, int bits) {
  std::string out;
  append_runs(out, numbers, bits);
  return out;
}

// Encodings.md of the format: a header varint, then a value (run, header even) or packed groups of
// eight (header odd).
TEST(Runs, PackGroupsOfEight) {
  // The specification's own example: 0 to 7 in three bits.
  EXPECT_EQ(runs_of({0, 1, 2, 3, 4, 5, 6, 7}, 3), "\x03\x88\xc6\xfa");
  EXPECT_EQ(runs_of({1, 0, 1}, 1), "\x03\x05");  // Filled up with zeros.
}

TEST(Runs, TellARepetitionOnce) {
  EXPECT_EQ(runs_of(std::vector<std::uint32_t>(100, 4), 3), std::string("\xc8\x01\x04", 3));
  EXPECT_EQ(runs_of(std::vector<std::uint32_t>(8, 300), 9), std::string("\x10\x2c\x01", 3));
  EXPECT_EQ(runs_of({}, 3), "");
}

TEST(Runs, FillUpAPackedGroupBeforeARepetition) {
  std::vector<std::uint32_t> numbers{1, 0, 1};
  numbers.insert(numbers.end(), 13, 1);  // Five complete the group, eight are the run.
  EXPECT_EQ(runs_of(numbers, 1), "\x03\xfd\x10\x01");
}

TEST(Bits, HoldTheGreatestNumber) {
  EXPECT_EQ(bits_for(0), 0);
  EXPECT_EQ(bits_for(1), 1);
  EXPECT_EQ(bits_for(255), 8);
  EXPECT_EQ(bits_for(256), 9);
}

TEST(Thrift, WritesFieldsByTheirDistance) {
  std::string out;
  ThriftWriter thrift(out);
  thrift.i32(1, 5).i64(20, -1).boolean(21, true);
  thrift.begin(22).text(1, "ab").end().list_of_numbers(23, 2).item_number(0).item_number(64).end();
  const std::string expected(
      "\x15\x0a\x06\x28\x01\x11\x1c\x18\x02"
      "ab\x00\x19\x25\x00\x80\x01\x00",
      18);
  EXPECT_EQ(out, expected);
}

}  // namespace
}  // namespace costops::exports
