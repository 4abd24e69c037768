#include "export/column_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace costops::exports {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string suggestion(const std::vector<std::string>& known, const std::string& name) {
  const auto closest = std::min_element(
      known.begin(), known.end(),
      [&](const auto& a, const auto& b) { return distance(a, name) < distance(b, name); });
  if (closest == known.end() || distance(*closest, name) * 3 > name.size()) return "";
  return ", did you mean \"" + *closest + "\"?";
}

}  // namespace

Result<std::vector<std::size_t>> chosen_columns(const std::vector<std::string>& known,
                                                const std::vector<std::string>& wanted) {
  std::vector<std::size_t> places;
  for (const std::string& name : wanted) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("unknown column {}{}; known are {}", quoted(name),
                              suggestion(known, name), fmt::join(known, ", ")));
    }
    const auto place = static_cast<std::size_t>(found - known.begin());
    if (std::find(places.begin(), places.end(), place) != places.end()) {
      return fail(ErrorCode::invalid_input, fmt::format("column {} is given twice", quoted(name)));
    }
    places.push_back(place);
  }
  if (!wanted.empty()) return places;
  places.resize(known.size());
  std::iota(places.begin(), places.end(), 0);
  return places;
}

}  // namespace costops::exports
