#include "storage/sqlite_row.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>

namespace costops::storage {
namespace {

constexpr std::size_t place(SqliteColumn column) { return static_cast<std::size_t>(column); }

/// One odd factor per column. Their order is part of the ledger's format.
constexpr auto kFactors = [] {
  std::array<std::uint64_t, SqliteRowFacts::kColumns> factors{};
  std::uint64_t state = 0x2545f4914f6cdd1d;
  for (std::uint64_t& factor : factors) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    factor = state | 1;
  }
  return factors;
}();
constexpr std::uint64_t kNull = 0x9ddfea08eb382d69;

}  // namespace

void SqliteRowFacts::add(std::uint64_t value) {
  rest_ += kFactors[next_++] * (value ^ std::rotl(value, 29));
}

void SqliteRowFacts::take(std::int64_t number) {
  numbers_[next_] = number;
  add(static_cast<std::uint64_t>(number));
}

void SqliteRowFacts::take_bytes(std::string_view bytes) {
  if (next_ == place(SqliteColumn::id)) id_ = sqlite::id_of_bytes(bytes);
  add(XXH3_64bits(bytes.data(), bytes.size()));
}

void SqliteRowFacts::take_null() { add(kNull); }

EntryFacts SqliteRowFacts::of(const sqlite::Statement& row) {
  SqliteRowFacts taken;
  for (int column = 0; column < static_cast<int>(kColumns); ++column) {
    switch (row.kind(column)) {
      case sqlite::Statement::Kind::number:
        taken.take(row.integer(column));
        break;
      case sqlite::Statement::Kind::bytes:
        taken.take_bytes(row.text(column));
        break;
      case sqlite::Statement::Kind::null:
        taken.take_null();
        break;
    }
  }
  return taken.facts();
}

EntryFacts SqliteRowFacts::facts() const {
  const auto number = [this](SqliteColumn first, std::size_t i) {
    return numbers_[place(first) + i];
  };
  EntryFacts facts;
  facts.entry = number(SqliteColumn::entry, 0);
  facts.id = id_;
  facts.used_at = number(SqliteColumn::used_at, 0);
  for (std::size_t d = 0; d < kCheckedDimensions.size(); ++d) {
    const auto dimension = static_cast<std::size_t>(kCheckedDimensions[d]);
    facts.dimensions[d] = static_cast<std::int32_t>(number(SqliteColumn::dimensions, dimension));
  }
  facts.currency = static_cast<std::int32_t>(number(SqliteColumn::currency, 0));
  facts.status = static_cast<std::int8_t>(number(SqliteColumn::status, 0));
  for (std::size_t m = 0; m < facts.meters.size(); ++m) {
    facts.meters[m] = number(SqliteColumn::meters, m);
  }
  for (std::size_t c = 0; c < facts.costs.size(); ++c) {
    facts.costs[c] = number(SqliteColumn::costs, c);
  }
  facts.rest = rest_;
  return facts;
}

// --- SqliteRowBinder ---

SqliteRowBinder& SqliteRowBinder::bind(std::int64_t value) {
  insert_.bind(value);
  facts_.take(value);
  return *this;
}

SqliteRowBinder& SqliteRowBinder::bind(std::string_view text) {
  insert_.bind(text);
  facts_.take_bytes(text);
  return *this;
}

SqliteRowBinder& SqliteRowBinder::bind(RecordId id) {
  insert_.bind(id);
  const auto bytes = sqlite::bytes_of(id);
  facts_.take_bytes({bytes.data(), bytes.size()});
  return *this;
}

SqliteRowBinder& SqliteRowBinder::bind(Int128 value) {
  insert_.bind(value);
  facts_.take_bytes({reinterpret_cast<const char*>(&value), sizeof(value)});
  return *this;
}

SqliteRowBinder& SqliteRowBinder::bind_null() {
  insert_.bind_null();
  facts_.take_null();
  return *this;
}

}  // namespace costops::storage
