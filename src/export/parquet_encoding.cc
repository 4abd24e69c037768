#include "export/parquet_encoding.h"

#include <algorithm>

namespace costops::exports {
namespace {

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

constexpr std::size_t kGroup = 8;

/// Full groups of eight, the least significant bit first; the last one is filled up with zeros.
void append_packed(std::string& out, std::span<const std::uint32_t> numbers, int bits) {
  const std::size_t groups = (numbers.size() + kGroup - 1) / kGroup;
  append_varint(out, (groups << 1) | 1);
  std::uint64_t waiting = 0;
  int held = 0;
  for (std::size_t i = 0; i < groups * kGroup; ++i) {
    waiting |= std::uint64_t{i < numbers.size() ? numbers[i] : 0} << held;
    for (held += bits; held >= 8; held -= 8, waiting >>= 8) out += static_cast<char>(waiting);
  }
}

void append_run(std::string& out, std::uint32_t number, std::size_t length, int bits) {
  append_varint(out, length << 1);
  for (int written = 0; written < bits; written += 8) {
    out += static_cast<char>(number >> written);
  }
}

}  // namespace

int bits_for(std::uint32_t most) {
  int bits = 0;
  for (; most != 0; most >>= 1) ++bits;
  return bits;
}

void append_runs(std::string& out, std::span<const std::uint32_t> numbers, int bits) {
  std::size_t packed_from = 0, at = 0;
  const auto flush_packed = [&](std::size_t to) {
    if (to > packed_from) {
      append_packed(out, numbers.subspan(packed_from, to - packed_from), bits);
    }
  };
  while (at < numbers.size()) {
    std::size_t end = at + 1;
    while (end < numbers.size() && numbers[end] == numbers[at]) ++end;
    // What is packed before a run must be whole groups: the run gives up what these lack.
    const std::size_t lacking = (kGroup - (at - packed_from) % kGroup) % kGroup;
    if (end - at >= lacking + kGroup) {
      at += lacking;
      flush_packed(at);
      append_run(out, numbers[at], end - at, bits);
      packed_from = end;
    }
    at = end;
  }
  flush_packed(at);
}

void ThriftWriter::varint(std::uint64_t value) { append_varint(out_, value); }

void ThriftWriter::signed_varint(std::int64_t value) {
  varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void ThriftWriter::header(int field, int type) {
  const int step = field - last_;
  if (step >= 1 && step <= 15) {
    out_ += static_cast<char>((step << 4) | type);
  } else {
    out_ += static_cast<char>(type);
    signed_varint(field);
  }
  last_ = field;
}

ThriftWriter& ThriftWriter::number(int field, int type, std::int64_t value) {
  header(field, type);
  signed_varint(value);
  return *this;
}

ThriftWriter& ThriftWriter::boolean(int field, bool value) {
  header(field, value ? 1 : 2);
  return *this;
}

ThriftWriter& ThriftWriter::text(int field, std::string_view value) {
  header(field, 8);
  return item_text(value);
}

ThriftWriter& ThriftWriter::begin(int field) {
  header(field, 12);
  return begin_item();
}

ThriftWriter& ThriftWriter::end() {
  out_ += '\0';
  last_ = outer_.empty() ? 0 : outer_.back();
  if (!outer_.empty()) outer_.pop_back();
  return *this;
}

ThriftWriter& ThriftWriter::list(int field, int type, std::size_t size) {
  header(field, 9);
  if (size < 15) {
    out_ += static_cast<char>((size << 4) | static_cast<std::size_t>(type));
  } else {
    out_ += static_cast<char>(0xf0 | type);
    varint(size);
  }
  return *this;
}

ThriftWriter& ThriftWriter::begin_item() {
  outer_.push_back(last_);
  last_ = 0;
  return *this;
}

ThriftWriter& ThriftWriter::item_number(std::int64_t value) {
  signed_varint(value);
  return *this;
}

ThriftWriter& ThriftWriter::item_text(std::string_view value) {
  varint(value.size());
  out_ += value;
  return *this;
}

}  // namespace costops::exports
