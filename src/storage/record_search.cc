// record_search.cc - beginnings of ids, and what is said when they fit none or several.
#include "storage/record_search.h"

#include <algorithm>
#include <string>

namespace costops::storage {
namespace {

/// Shortest beginning of an id that finds a record.
constexpr std::size_t kPrefixMin = 4;
constexpr std::size_t kIdDigits = 32;

}  // namespace

std::optional<std::pair<RecordId, RecordId>> ids_beginning_with(std::string_view text) {
  if (text.size() < kPrefixMin || text.size() > kIdDigits) return std::nullopt;
  std::string low(text);
  std::string high(text);
  low.resize(kIdDigits, '0');
  high.resize(kIdDigits, 'f');
  const auto from = parse_record_id(low);
  const auto to = parse_record_id(high);
  if (!from || !to) return std::nullopt;
  return std::pair(*from, *to);
}

Result<void> require_one_match(std::string_view text, std::span<const RecordId> matches) {
  if (matches.size() == 1) return {};
  if (matches.empty()) {
    return fail(ErrorCode::not_found, "no record \"" + std::string(text) +
                                          "\" in the ledger: give its id, at least the first " +
                                          std::to_string(kPrefixMin) +
                                          " digits of it, or its source's own id");
  }
  std::string message = "several records match \"" + std::string(text) + "\": ";
  const std::size_t shown = std::min(matches.size(), kMatchesWanted - 1);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) message += ", ";
    message += to_string(matches[i]);
  }
  if (matches.size() > shown) message += ", ...";
  return fail(ErrorCode::conflict, message + "; give one of these ids");
}

Error nothing_to_reprice(RecordId id) {
  return {ErrorCode::not_found, "no record " + to_string(id) + " in the ledger to reprice"};
}

}  // namespace costops::storage
