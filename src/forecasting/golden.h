// golden.h - tables of the golden data that tests compare with; see its README for origins.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace costops::forecasting {

/// A comma-separated table with a header; cells without their quotes.
struct GoldenTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  static std::string path(const std::string& name) {
    return std::string(COSTOPS_SHARED_DATA) + "/data/forecasting/golden/" + name + ".csv";
  }
  static GoldenTable read(const std::string& name) {
    GoldenTable table;
    std::ifstream file(path(name));
    for (std::string line; std::getline(file, line);) {
      std::vector<std::string> cells;
      bool quoted = false;
      std::string cell;
      for (const char c : line + ",") {
        if (c == '"') quoted = !quoted;
        if (c == ',' && !quoted) {
          cells.push_back(cell);
          cell.clear();
        } else if (c != '"' && c != '\r') {
          cell += c;
        }
      }
      if (table.columns.empty()) {
        table.columns = cells;
      } else {
        table.rows.push_back(cells);
      }
    }
    return table;
  }
  std::size_t column(const std::string& name) const {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == name) return i;
    }
    ADD_FAILURE() << "no column " << name;
    return 0;
  }
  static double number(const std::string& cell) {
    double value = std::numeric_limits<double>::quiet_NaN();
    std::from_chars(cell.data(), cell.data() + cell.size(), value);
    return value;
  }
  std::vector<double> numbers(const std::string& name) const {
    std::vector<double> values;
    const std::size_t at = column(name);
    for (const auto& row : rows) values.push_back(number(row[at]));
    return values;
  }
};

inline std::vector<double> golden_series(const std::string& name) {
  return GoldenTable::read("series/" + name).numbers("y");
}

#define COSTOPS_NEEDS_GOLDEN_DATA()                                                   \
  if (!std::filesystem::exists(::costops::forecasting::GoldenTable::path("croston"))) \
  GTEST_SKIP() << "no golden data at " << ::costops::forecasting::GoldenTable::path("croston")

}  // namespace costops::forecasting
