// budgets.h - limits on spend: kept in the ledger, checked against it, alerts told once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "costops/accounting/series.h"
#include "costops/forecasting/budget.h"

namespace costops::accounting {

/// What of a period a threshold looks at.
enum class Basis : std::uint8_t { actual, forecast };

struct Threshold {
  Basis basis = Basis::actual;
  std::int64_t percent = 100;  ///< Of the amount, 1 to 1000.
  friend bool operator==(const Threshold&, const Threshold&) = default;
};
/// "80" or "forecast:100". Fails with invalid_input.
[[nodiscard]] Result<Threshold> parse_threshold(std::string_view text);
[[nodiscard]] std::string to_string(const Threshold& threshold);

struct Budget {
  std::string name{};
  Amount amount{};  ///< Zero: no spending allowed.
  Currency currency = Currency::usd();
  Grain period = Grain::month;    ///< Calendar periods in the zone; hours are refused.
  std::int64_t rolling_days = 0;  ///< Above 0: the last so many local days instead, today included.
  int fiscal_start = 1;  ///< The month in which a year, and with it its quarters, begins: 1 to 12.
  std::string timezone{};  ///< IANA name; "" is UTC.
  std::vector<storage::Filter> filters{};
  std::vector<Threshold> thresholds = {
      {Basis::actual, 50}, {Basis::actual, 80}, {Basis::actual, 100}};
  std::int64_t stop_at = 100;  ///< Percent of the amount from which a check says no.
  Instant set_at{};
};

/// All budgets that are not deleted, by name. Fails with io_error.
[[nodiscard]] Result<std::vector<Budget>> budgets_of(const storage::Ledger& ledger);
/// Fails with not_found, naming those there are.
[[nodiscard]] Result<Budget> find_budget(const storage::Ledger& ledger, std::string_view name);
/// Sets or replaces the budget of that name. Fails with invalid_input (a negative amount, a name
/// that is empty, an unknown zone, a period of hours) or io_error.
[[nodiscard]] Result<void> set_budget(storage::Ledger& ledger, const Budget& budget);
/// The ledger keeps what it was. Fails like find_budget.
[[nodiscard]] Result<void> delete_budget(storage::Ledger& ledger, std::string_view name,
                                         Instant at);

/// The budget's period that holds `at`. Fails with not_found for a zone that is gone.
[[nodiscard]] Result<TimeRange> budget_period(const Budget& budget, Instant at);

/// A threshold that was crossed and had not been told before.
struct Alert {
  std::string budget;
  TimeRange period;
  Threshold threshold;
  Amount amount, spent;
  Currency currency;
  bool late = false;  ///< Of a period that is over: late records crossed it.
};

struct BudgetState {
  Budget budget;
  TimeRange period;
  Amount spent;
  Amount remaining;  ///< Negative once it is exceeded.
  std::int64_t unpriced = 0;
  std::vector<Money> other_currencies;  ///< Spent in the period, counted by no one.
  forecasting::BudgetOutlook outlook;
  bool has_outlook =
      false;       ///< False for rolling budgets, and without a complete day to learn from.
  Amount per_day;  ///< Burn rate: spent / days gone, rounded to six decimals.
  std::optional<Instant> exceeded_on;  ///< Start of the day: passed, or expected to be.
  std::vector<Threshold> crossed;      ///< All that hold now.
  std::vector<Alert> alerts;           ///< Those never told before.
  bool stop = false;                   ///< spent >= stop_at percent.
};

/// The state of one budget at `now`, its alerts included; tells nothing and writes nothing.
/// Closed periods since the budget was set are looked at again (at most 24): late records count.
[[nodiscard]] Result<BudgetState> check_budget(const storage::Ledger& ledger, const Budget& budget,
                                               Instant now);
/// Writes down that these alerts were told. Fails with io_error.
[[nodiscard]] Result<void> note_told(storage::Ledger& ledger, const std::vector<Alert>& alerts,
                                     Instant now);

}  // namespace costops::accounting
