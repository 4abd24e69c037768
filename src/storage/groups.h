// groups.h - what every backend does with the sums that its database gave: tags, order, limit.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "costops/storage/query.h"

namespace costops::storage {

/// From the numbers of texts, as a database knows them, to codes in order of first sight.
class KeyCodes {
 public:
  [[nodiscard]] std::uint32_t code_of(std::uint64_t number);
  /// By code.
  [[nodiscard]] const std::vector<std::uint64_t>& numbers() const { return numbers_; }

 private:
  static constexpr std::uint32_t kUnseen = UINT32_MAX;
  static constexpr std::uint64_t kDense = 1U << 24;
  std::vector<std::uint32_t> dense_;  ///< By number, for small ones.
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_;
  std::vector<std::uint64_t> numbers_;
};

/// A sum of quantities as 64 bits. Fails with unsupported, naming `what`, if it does not fit.
[[nodiscard]] Result<std::int64_t> narrow_sum(Int128 sum, std::string_view what);
/// The meter of a name in a ledger. Fails with unsupported for one of a newer version.
[[nodiscard]] Result<Meter> meter_named(std::string_view name);

/// Whether every instant lies in the range: then no condition on time is needed.
[[nodiscard]] bool is_all_time(const TimeRange& range);
/// A multiple of `step` that makes the local time of every instant of this project positive, so
/// that the remainder of the division is how far into its step an instant lies.
[[nodiscard]] std::int64_t positive_shift(std::int64_t step);

/// Finishes an answer in place: groups by lists of tags become groups by tag, then order and limit.
/// Codes of Dimension::tags must stand for the lists' texts. Groups need not be distinct.
[[nodiscard]] Result<void> finish_groups(const Query& query, Groups& groups);

}  // namespace costops::storage
