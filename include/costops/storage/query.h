// query.h - one description of a question to a ledger, for every backend.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "costops/domain/charge.h"
#include "costops/domain/meter.h"
#include "costops/domain/time.h"
#include "costops/domain/usage_batch.h"

namespace costops::storage {

/// Keeps records whose dimension has one of the values ("" is unassigned); `exclude` turns it
/// around.
struct Filter {
  enum class Kind : std::uint8_t { include, exclude };
  Dimension dimension = Dimension::model;
  std::vector<std::string> values;
  Kind kind = Kind::include;
};

/// Local time as steps: between instants, the zone's offset is constant. Lets every backend find
/// a record's hour or day by integer arithmetic, with no time zone data of its own.
/// A step that a change of the offset cuts is two steps, the second starting at the change.
struct LocalSteps {
  struct Offset {
    Instant from;
    std::int64_t offset_us = 0;
  };
  std::int64_t step_us = 0;     ///< An hour or a day.
  std::vector<Offset> offsets;  ///< Ascending; the first covers everything before the second.
};

/// What to sum. The number of records is always counted; of the rest only what is asked for is
/// read and computed, and what is not asked for stays empty (in a QueryRow: zero).
enum class Measure : std::uint8_t {
  unpriced,       ///< Records without a computed cost.
  quantities,     ///< Of every meter.
  costs,          ///< By class.
  total_cost,     ///< All classes together: much cheaper than `costs`.
  reported_cost,  ///< What sources claimed, where they did, in the same currency.
};
inline constexpr std::size_t kMeasureCount = 5;

class Measures {
 public:
  constexpr Measures(std::initializer_list<Measure> measures) {
    for (const Measure m : measures) bits_ |= bit(m);
  }
  /// All but total_cost, which follows from the costs.
  [[nodiscard]] static constexpr Measures all() {
    return {Measure::unpriced, Measure::quantities, Measure::costs, Measure::reported_cost};
  }
  [[nodiscard]] constexpr bool has(Measure m) const { return (bits_ & bit(m)) != 0; }

 private:
  static constexpr std::uint8_t bit(Measure m) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(m));
  }
  std::uint8_t bits_ = 0;
};

enum class Order : std::uint8_t {
  keys,  ///< By the keys' texts, then step, then currency.
  cost,  ///< By currency, then total cost, the most expensive first; equal ones by keys and step.
         ///< Needs costs or total_cost among the measures.
  none,  ///< As they come: not the same from one call to the next.
};

struct Query {
  TimeRange range;
  std::vector<Dimension> group_by;  ///< Dimension::tags: once under each tag of the record.
  std::optional<LocalSteps> steps;  ///< Also group by the start of the local hour or day.
  std::vector<Filter> filters;      ///< All must hold.
  std::optional<Instant> as_of;     ///< Only what the ledger knew then.
  Measures measures = Measures::all();
  Order order = Order::keys;
  std::size_t limit = 0;  ///< The first so many groups of each currency in that order; 0: all.
};

/// An answer as columns of one length, size(); a column of a measure that was not asked for, or of
/// a meter that nothing counts, is empty. Each group is in one currency (none: without a computed
/// cost).
struct Groups {
  struct Key {
    std::vector<std::string> texts;    ///< Distinct; every one is the key of some group.
    std::vector<std::uint32_t> codes;  ///< Per group: index into texts.
  };
  [[nodiscard]] std::size_t size() const { return requests.size(); }

  std::vector<Key> keys;       ///< As in Query::group_by.
  std::vector<Instant> steps;  ///< Empty if the query has none.
  std::vector<Currency> currencies;
  std::vector<std::int64_t> requests, unpriced;
  std::array<std::vector<std::int64_t>, kMeterCount> quantities;
  std::array<std::vector<Amount>, kCostClassCount> costs;
  std::vector<Amount> total_cost, reported_cost;
};

/// One group in one currency. With Measure::total_cost and without costs, the total stands in the
/// class `other`.
struct QueryRow {
  std::vector<std::string> keys;
  Instant step_start{};
  Currency currency;  ///< None for records without a computed cost.
  std::int64_t requests = 0;
  std::int64_t unpriced = 0;
  Quantities quantities{};
  ClassCosts costs;
  /// What sources claimed, where they did, in the same currency.
  Amount reported_cost;
};

}  // namespace costops::storage
