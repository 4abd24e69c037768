// circumstances.h - what many records have in common, under one number.
//
// Tier, region, source, file, price and the like take few values together. A column for each costs
// time with every record that is appended; a number for all of them costs one.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "costops/domain/usage_batch.h"

namespace costops::storage {

/// Texts by their numbers in the ledger.
struct Circumstances {
  static constexpr std::array kDimensions{
      Dimension::model_version, Dimension::service_tier,    Dimension::region, Dimension::speed,
      Dimension::source_kind,   Dimension::source_endpoint, Dimension::file};
  std::int64_t recorded_at = 0;
  std::int64_t context_window = 0;
  std::array<std::int32_t, kDimensions.size()> dimensions{};
  std::int32_t price = 0;
  std::int32_t reason = 0;
  bool time_given = false;
  bool grows = false;
  std::int8_t call_status = 0;
  friend bool operator==(const Circumstances&, const Circumstances&) = default;
};

/// Numbers circumstances, from 1. Remembers a bounded number of them: the same ones may get two
/// numbers, never the same number two meanings.
class CircumstanceNumbers {
 public:
  /// Forgets everything: numbers go on after `last`.
  void begin_after(std::int32_t last);
  [[nodiscard]] std::int32_t number(const Circumstances& circumstances);

  struct Numbered {
    std::int32_t number;
    Circumstances circumstances;
  };
  /// Those that got their number since the last call.
  [[nodiscard]] std::vector<Numbered> take_new();

 private:
  static constexpr std::size_t kRemembered = 100'000;
  struct Hash {
    std::size_t operator()(const Circumstances& circumstances) const;
  };
  static constexpr std::size_t kRecent = 64;
  std::int32_t last_ = 0;
  std::unordered_map<Circumstances, std::int32_t, Hash> known_;
  std::array<Numbered, kRecent> recent_{};  ///< The last one of some prices; number 0 is none.
  std::vector<Numbered> new_;
};

}  // namespace costops::storage
