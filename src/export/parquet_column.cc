#include "export/parquet_column.h"

#include <cstring>
#include <functional>

#include "costops/compression/codec.h"
#include "export/parquet_encoding.h"

namespace costops::exports {
namespace {

// Page types and encodings of the format.
constexpr int kDataPage = 0, kDictionaryPage = 2;
constexpr int kPlain = 0, kRuns = 3, kCodes = 8;

void append_little_endian(std::string& out, std::uint32_t value) {
  char bytes[4];
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> 8 * i);
  out.append(bytes, 4);
}

/// Header and compressed bytes; adds what it takes to `chunk`.
Result<void> append_page(std::string& out, int type, std::string_view raw, std::int64_t values,
                         int encoding, ParquetChunk& chunk) {
  if (raw.size() > INT32_MAX) {
    return fail(ErrorCode::unsupported,
                "a column's texts are longer than a page of Parquet holds, 2 GiB: leave it out");
  }
  const auto packed = compression::compress(compression::Codec::zstd, raw);
  if (!packed) return fail(packed.error());
  const std::size_t before = out.size();
  ThriftWriter header(out);
  header.i32(1, type).i32(2, static_cast<std::int64_t>(raw.size()));
  header.i32(3, static_cast<std::int64_t>(packed->size()));
  if (type == kDataPage) {
    header.begin(5).i32(1, values).i32(2, encoding).i32(3, kRuns).i32(4, kRuns).end();
  } else {
    header.begin(7).i32(1, values).i32(2, encoding).end();
  }
  header.end();
  chunk.raw_bytes += static_cast<std::int64_t>(out.size() - before + raw.size());
  out += *packed;
  chunk.bytes += static_cast<std::int64_t>(out.size() - before);
  return {};
}

}  // namespace

// --- ByteDictionary ---

std::string_view ByteDictionary::operator[](std::size_t number) const {
  const std::size_t from = number == 0 ? 0 : ends_[number - 1];
  return std::string_view(bytes_).substr(from, ends_[number] - from);
}

std::uint32_t ByteDictionary::number_of(std::string_view bytes) {
  if (2 * (ends_.size() + 1) > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(bytes) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if ((*this)[slots_[slot] - 1] == bytes) return slots_[slot] - 1;
  }
  bytes_ += bytes;
  ends_.push_back(bytes_.size());
  slots_[slot] = static_cast<std::uint32_t>(ends_.size());
  return slots_[slot] - 1;
}

void ByteDictionary::grow() {
  slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t number = 0; number < ends_.size(); ++number) {
    std::size_t slot = std::hash<std::string_view>()((*this)[number]) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(number + 1);
  }
}

void ByteDictionary::clear() {
  bytes_.clear();
  ends_.clear();
  slots_.clear();
}

// --- ParquetColumn ---

int parquet_type(ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return 0;
    case ColumnType::integer:
    case ColumnType::instant:
      return 2;
    case ColumnType::decimal:
      return 7;
    case ColumnType::text:
      break;
  }
  return 6;
}

std::string_view ParquetColumn::stored(Int128 number) {
  if (column_.type == ColumnType::decimal) {  // Two's complement, the greatest byte first.
    auto bits = static_cast<UInt128>(number);
    for (int i = kParquetDecimalBytes - 1; i >= 0; --i, bits >>= 8) {
      scratch_[i] = static_cast<char>(bits);
    }
    return {scratch_, kParquetDecimalBytes};
  }
  auto bits = static_cast<std::uint64_t>(number);
  for (int i = 0; i < 8; ++i, bits >>= 8) scratch_[i] = static_cast<char>(bits);
  return {scratch_, 8};
}

void ParquetColumn::add(const Batch::Values& values, std::size_t rows) {
  for (std::size_t row = 0; row < rows; ++row) {
    ++rows_;
    const bool null = values.is_null(row);
    present_.push_back(null ? 0 : 1);
    nulls_ += null ? 1 : 0;
    if (null) continue;
    switch (column_.type) {
      case ColumnType::text:
        add_bytes(values.text[row]);
        break;
      case ColumnType::boolean:
        codes_.push_back(values.whole[row] != 0 ? 1 : 0);
        break;
      case ColumnType::decimal:
        add_number(values.decimal[row]);
        break;
      default:
        add_number(values.whole[row]);
    }
  }
}

void ParquetColumn::add_number(Int128 number) {
  const bool first = rows_ - nulls_ == 1;
  if (first || number < least_) least_ = number;
  if (first || number > greatest_) greatest_ = number;
  add_bytes(stored(number));
}

bool ParquetColumn::repeats() const {
  constexpr std::size_t kTrial = 1024, kBytesMost = std::size_t{1} << 20;
  return codes_.size() < kTrial ||
         (2 * dictionary_.size() <= codes_.size() && dictionary_.bytes() <= kBytesMost);
}

void ParquetColumn::add_bytes(std::string_view bytes) {
  if (!coded_) {
    add_plain(bytes);
    return;
  }
  codes_.push_back(dictionary_.number_of(bytes));
  if (!repeats()) give_up_dictionary();
}

void ParquetColumn::add_plain(std::string_view bytes) {
  if (column_.type == ColumnType::text) {
    append_little_endian(plain_, static_cast<std::uint32_t>(bytes.size()));
  }
  plain_ += bytes;
}

void ParquetColumn::give_up_dictionary() {
  coded_ = false;
  for (const std::uint32_t code : codes_) add_plain(dictionary_[code]);
  codes_.clear();
  dictionary_.clear();
}

std::string ParquetColumn::dictionary_values() const {
  std::string values;
  for (std::size_t number = 0; number < dictionary_.size(); ++number) {
    const std::string_view bytes = dictionary_[number];
    if (column_.type == ColumnType::text) {
      append_little_endian(values, static_cast<std::uint32_t>(bytes.size()));
    }
    values += bytes;
  }
  return values;
}

Result<ParquetChunk> ParquetColumn::finish(std::string& out) {
  ParquetChunk chunk;
  chunk.values = rows_;
  chunk.nulls = nulls_;
  const bool boolean = column_.type == ColumnType::boolean;
  if (coded_ && !boolean) {
    auto done = append_page(out, kDictionaryPage, dictionary_values(),
                            static_cast<std::int64_t>(dictionary_.size()), kPlain, chunk);
    if (!done) return fail(done.error());
    chunk.dictionary_bytes = chunk.bytes;
  }
  std::string levels, page;
  append_runs(levels, present_, 1);
  append_little_endian(page, static_cast<std::uint32_t>(levels.size()));
  page += levels;
  if (boolean) {  // Bits, the least significant first.
    std::string bits((codes_.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < codes_.size(); ++i) {
      bits[i / 8] = static_cast<char>(bits[i / 8] | static_cast<int>(codes_[i]) << i % 8);
    }
    page += bits;
  } else if (coded_) {
    const std::size_t distinct = dictionary_.size();
    const int width = distinct == 0 ? 0 : bits_for(static_cast<std::uint32_t>(distinct - 1));
    page += static_cast<char>(width);
    append_runs(page, codes_, width);
  } else {
    page += plain_;
  }
  auto done = append_page(out, kDataPage, page, rows_, coded_ && !boolean ? kCodes : kPlain, chunk);
  if (!done) return fail(done.error());
  if (column_.type != ColumnType::text && !boolean && rows_ > nulls_) {
    chunk.least = stored(least_);
    chunk.greatest = stored(greatest_);
  }
  *this = ParquetColumn(column_);
  return chunk;
}

}  // namespace costops::exports
