// clickhouse_totals.cc - one mix in two languages: C++ here, SQL there.
#include "storage/clickhouse_totals.h"

#include <vector>

namespace costops::storage {
namespace {

/// Odd, and another one for each column, so that no two columns can change places.
constexpr std::uint64_t factor(std::size_t column) { return 0x9e3779b97f4a7c15 * (2 * column + 1); }

/// ClickHouse's intHash64, the same in every version.
std::uint64_t mixed(std::uint64_t bits) {
  bits ^= 0x4cf2d2baae6da887;
  bits ^= bits >> 33;
  bits *= 0xff51afd7ed558ccd;
  bits ^= bits >> 33;
  bits *= 0xc4ceb9fe1a85ec53;
  return bits ^ bits >> 33;
}

std::vector<std::string> columns() {
  std::vector<std::string> names{"used_at",     "id_high", "id_low",       "history_line",
                                 "recorded_at", "status",  "price_number", "reason_id"};
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    names.push_back(id_column(static_cast<Dimension>(d)));
  }
  for (const Meter meter : kColumnMeters) names.emplace_back(to_string(meter));
  for (const std::string_view cost : kCostColumns) names.emplace_back(cost);
  return names;
}

}  // namespace

void ClickhouseTotals::add(const Numbers& numbers, Int128 quantity_of_entry, Int128 cost_of_entry) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) bits += numbers[i] * factor(i);
  ++entries;
  quantity += quantity_of_entry;
  cost_pico += cost_of_entry;
  checksum += mixed(bits);
}

const std::string& clickhouse_totals_sql() {
  static const std::string sql = [] {
    std::string quantity = "toDecimal128(arraySum(more_quantities), 0)";
    for (const Meter meter : kColumnMeters) {
      quantity += " + toDecimal128(" + std::string(to_string(meter)) + ", 0)";
    }
    std::string cost;
    for (const std::string_view column : kCostColumns) {
      cost += (cost.empty() ? "toDecimal128(" : " + toDecimal128(") + std::string(column) + ", 0)";
    }
    std::string bits;
    const auto names = columns();
    for (std::size_t i = 0; i < names.size(); ++i) {
      bits += (i == 0 ? "" : " + ") + ("toUInt64(" + names[i] + ") * toUInt64(") +
              std::to_string(factor(i)) + ")";
    }
    return "count(), sum(" + quantity + "), sum(" + cost + "), sum(intHash64(" + bits + "))";
  }();
  return sql;
}

}  // namespace costops::storage
