// parquet_encoding.h - the two encodings that a Parquet file's own parts are made of: Thrift's
// compact protocol for its headers, and runs for small numbers (levels, codes of a dictionary).
//
// Source: https://github.com/apache/parquet-format (Encodings.md, parquet.thrift) and
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md, read 2026-11.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace costops::exports {

/// Fields of Thrift structs, in ascending order of their numbers.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& out) : out_(out) {}
  ThriftWriter& i32(int field, std::int64_t value) { return number(field, 5, value); }
  ThriftWriter& i64(int field, std::int64_t value) { return number(field, 6, value); }
  ThriftWriter& boolean(int field, bool value);
  ThriftWriter& text(int field, std::string_view value);
  /// Until end(): the fields of the struct in it.
  ThriftWriter& begin(int field);
  ThriftWriter& end();
  /// Elements follow: item_...() or begin_item().
  ThriftWriter& list_of_structs(int field, std::size_t size) { return list(field, 12, size); }
  ThriftWriter& list_of_numbers(int field, std::size_t size) { return list(field, 5, size); }
  ThriftWriter& list_of_texts(int field, std::size_t size) { return list(field, 8, size); }
  ThriftWriter& begin_item();
  ThriftWriter& item_number(std::int64_t value);
  ThriftWriter& item_text(std::string_view value);

 private:
  void header(int field, int type);
  ThriftWriter& number(int field, int type, std::int64_t value);
  ThriftWriter& list(int field, int type, std::size_t size);
  void varint(std::uint64_t value);
  void signed_varint(std::int64_t value);
  std::string& out_;
  int last_ = 0;
  std::vector<int> outer_;
};

/// Bits that hold 0 to `most`.
[[nodiscard]] int bits_for(std::uint32_t most);

/// Numbers below 2^bits in Parquet's mix of runs of one value and groups of eight packed ones.
void append_runs(std::string& out, std::span<const std::uint32_t> numbers, int bits);

}  // namespace costops::exports
