// row_binary.h - ClickHouse's RowBinary: rows as bytes, written and read. Numbers are little-endian
// of a fixed width, texts and arrays begin with their length as a varint.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "costops/domain/identity.h"
#include "costops/domain/money.h"

namespace costops::storage {

class RowBinaryWriter {
 public:
  /// UInt8 to Int128 (a Decimal128's digits), by the number's own width.
  template <typename Number>
  RowBinaryWriter& number(Number value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes_.append(bytes, sizeof value);
    return *this;
  }
  /// Two columns: the high half, then the low one.
  RowBinaryWriter& id(RecordId id) { return number(id.high).number(id.low); }
  RowBinaryWriter& length(std::uint64_t length) {
    for (; length >= 0x80; length >>= 7) bytes_ += static_cast<char>((length & 0x7f) | 0x80);
    bytes_ += static_cast<char>(length);
    return *this;
  }
  RowBinaryWriter& text(std::string_view text) {
    length(text.size()).bytes_.append(text);
    return *this;
  }
  [[nodiscard]] std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what a server answered. Past the end every value is zero and failed() says so: a loop over
/// rows checks once per row. The bytes must outlive it.
class RowBinaryReader {
 public:
  explicit RowBinaryReader(std::string_view bytes) : rest_(bytes) {}
  template <typename Number>
  [[nodiscard]] Number number() {
    Number value{};
    const std::string_view bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  [[nodiscard]] RecordId id() {
    const auto high = number<std::uint64_t>();
    return {high, number<std::uint64_t>()};
  }
  [[nodiscard]] std::uint64_t length() {
    std::uint64_t length = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = number<std::uint8_t>();
      length |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return length;
    }
    failed_ = true;
    return 0;
  }
  [[nodiscard]] std::string_view text() { return take(length()); }
  /// Whether there is another row.
  [[nodiscard]] bool more() const { return !failed_ && !rest_.empty(); }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::string_view take(std::uint64_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace costops::storage
