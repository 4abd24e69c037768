// budget_check.cc - a budget held against the ledger: exact sums, an outlook, alerts once.
#include <algorithm>
#include <map>

#include "accounting/local_steps.h"
#include "costops/accounting/budgets.h"
#include "costops/forecasting/amounts.h"
#include "costops/json/json.h"

namespace costops::accounting {
namespace {

constexpr std::string_view kAlertKind = "budget_alert";
constexpr int kClosedPeriodsMax = 24;
constexpr std::chrono::days kRollingMemory{400};  ///< An alert older than this is told again.

Result<TimeZone> zone_of(const Budget& budget) {
  return budget.timezone.empty() ? TimeZone() : TimeZone::find(budget.timezone);
}

/// The start of the local day `days` after that of `at`.
Instant local_day(const TimeZone& zone, Instant at, std::int64_t days) {
  const auto day = std::chrono::floor<std::chrono::days>(zone.to_local(at));
  return zone.to_instant(day + std::chrono::days(days));
}

/// Quarters or years that begin with the fiscal year's month.
TimeRange fiscal_period(const TimeZone& zone, Instant at, int start, int months) {
  using std::chrono::local_days;
  const std::chrono::year_month_day day{
      local_days(std::chrono::floor<std::chrono::days>(zone.to_local(at)))};
  const int month = static_cast<int>(static_cast<unsigned>(day.month()));
  const int gone = ((month - start) % months + months) % months;
  const auto first = day.year() / day.month() - std::chrono::months(gone);
  return {zone.to_instant(local_days(first / 1)),
          zone.to_instant(local_days((first + std::chrono::months(months)) / 1))};
}

TimeRange period_in(const Budget& budget, const TimeZone& zone, Instant at) {
  if (budget.rolling_days > 0) {
    return {local_day(zone, at, 1 - budget.rolling_days), local_day(zone, at, 1)};
  }
  if (budget.period == Grain::quarter) return fiscal_period(zone, at, budget.fiscal_start, 3);
  if (budget.period == Grain::year) return fiscal_period(zone, at, budget.fiscal_start, 12);
  return zone.period_of(at, budget.period);
}

struct Spent {
  Amount amount;
  std::int64_t unpriced = 0;
  std::vector<Money> others;
};

Result<Spent> spent_in(const storage::Ledger& ledger, const Budget& budget, TimeRange range) {
  storage::Query query;
  query.range = range;
  query.filters = budget.filters;
  query.measures = {storage::Measure::unpriced, storage::Measure::total_cost};
  const auto rows = ledger.query(query);
  if (!rows) return fail(rows.error());
  Spent spent;
  for (const storage::QueryRow& row : *rows) {
    spent.unpriced += row.unpriced;
    if (row.currency == budget.currency) {
      spent.amount += row.costs.total();
    } else if (!row.currency.is_none()) {
      spent.others.push_back({row.costs.total(), row.currency});
    }
  }
  return spent;
}

/// Whether `value` is at least `percent` of the budget. Of an amount of zero: whether it is
/// anything.
bool reaches(const Budget& budget, Amount value, std::int64_t percent) {
  if (budget.amount.is_zero()) return value > Amount();
  return value.pico() * 100 >= budget.amount.pico() * percent;
}

std::string told_text(const Alert& alert);
std::string crossing_text(const Alert& alert);

/// Which alerts were told: one text for each period, threshold and amount.
class Told {
 public:
  static Result<Told> of(const storage::Ledger& ledger, std::string_view budget) {
    const auto documents = ledger.documents(kAlertKind);
    if (!documents) return fail(documents.error());
    Told told;
    for (const storage::Document& document : *documents) {
      if (document.name == budget) told.texts_.emplace(document.text, document.recorded_at);
    }
    return told;
  }
  [[nodiscard]] bool has(const Alert& alert) const { return texts_.contains(told_text(alert)); }
  /// When this threshold was told last, of whatever period.
  [[nodiscard]] std::optional<Instant> last(const Alert& alert) const {
    const std::string crossing = crossing_text(alert);
    std::optional<Instant> last;
    for (const auto& [text, at] : texts_) {
      if (text.ends_with(crossing)) last = std::max(last.value_or(at), at);
    }
    return last;
  }

 private:
  std::map<std::string, Instant> texts_;
};

/// What is kept of a told alert. A changed amount is a new budget: it tells again.
std::string told_text(const Alert& alert) {
  std::string text;
  json::Writer json(text);
  json.object().key("period").value(costops::to_string(alert.period.from));
  json.key("threshold").value(to_string(alert.threshold)).key("amount").value(alert.amount);
  json.end_object();
  return text;
}

/// The part of it that stays the same while a rolling window moves.
std::string crossing_text(const Alert& alert) {
  const std::string text = told_text(alert);
  return text.substr(text.find(R"("threshold")"));
}

void add_alerts(const Told& told, const Alert& pattern, const std::vector<Threshold>& crossed,
                std::vector<Alert>& into) {
  for (const Threshold& threshold : crossed) {
    Alert alert = pattern;
    alert.threshold = threshold;
    if (!told.has(alert)) into.push_back(std::move(alert));
  }
}

/// Whether a rolling sum was below the threshold at the end of any day from that of `since` until
/// yesterday: then it has been crossed anew.
Result<bool> fell_below(const storage::Ledger& ledger, const Budget& budget, const TimeZone& zone,
                        TimeRange since, std::int64_t percent) {
  const Instant today = local_day(zone, since.to, 0);
  const TimeRange range{local_day(zone, since.from, 1 - budget.rolling_days), today};
  if (local_day(zone, since.from, 0) >= today) return false;
  storage::Query query;
  query.range = range;
  query.filters = budget.filters;
  query.steps = local_steps(zone, Grain::day, range);
  query.measures = {storage::Measure::total_cost};
  const auto rows = ledger.query(query);
  if (!rows) return fail(rows.error());
  const forecasting::Grid days(range, Grain::day, zone);
  std::vector<Amount> spent(days.size());
  for (const storage::QueryRow& row : *rows) {
    const std::size_t day = days.index_of(row.step_start);
    if (row.currency == budget.currency && day < days.size()) spent[day] += row.costs.total();
  }
  const auto window = static_cast<std::size_t>(budget.rolling_days);
  Amount sum;
  for (std::size_t i = 0; i < spent.size(); ++i) {
    sum += spent[i];
    if (i >= window) sum = sum - spent[i - window];
    if (i + 1 >= window && !reaches(budget, sum, percent)) return true;
  }
  return false;
}

/// A rolling window moves every day: an alert is told again only after the sum was below.
Result<void> add_rolling_alerts(const storage::Ledger& ledger, const TimeZone& zone, Instant now,
                                const Told& told, const Alert& pattern, BudgetState& state) {
  for (const Threshold& threshold : state.crossed) {
    Alert alert = pattern;
    alert.threshold = threshold;
    const auto last = told.last(alert);
    const bool remembered = last && *last > now - kRollingMemory;
    if (remembered) {
      const auto anew = fell_below(ledger, state.budget, zone, {*last, now}, threshold.percent);
      if (!anew) return fail(anew.error());
      if (!*anew) continue;
    }
    state.alerts.push_back(std::move(alert));
  }
  return {};
}

std::vector<Threshold> crossed_by(const Budget& budget, Basis basis, Amount value) {
  std::vector<Threshold> crossed;
  for (const Threshold& threshold : budget.thresholds) {
    if (threshold.basis == basis && reaches(budget, value, threshold.percent)) {
      crossed.push_back(threshold);
    }
  }
  return crossed;
}

/// Alerts of periods that ended after the budget was set: late records may have crossed a
/// threshold since.
Result<void> look_back(const storage::Ledger& ledger, const Budget& budget, const TimeZone& zone,
                       const Told& told, BudgetState& state) {
  if (budget.rolling_days > 0) return {};
  TimeRange period = state.period;
  for (int i = 0; i < kClosedPeriodsMax; ++i) {
    period = period_in(budget, zone, period.from - Microseconds(1));
    if (period.to <= budget.set_at) return {};
    const auto spent = spent_in(ledger, budget, period);
    if (!spent) return fail(spent.error());
    const Alert pattern{budget.name,   period,          {},  budget.amount,
                        spent->amount, budget.currency, true};
    add_alerts(told, pattern, crossed_by(budget, Basis::actual, spent->amount), state.alerts);
  }
  return {};
}

/// Days of the budget's spend: those before `from_day` for learning, those since for the rest.
struct DailySpend {
  UsageSeries series;
  std::size_t index = SIZE_MAX;  ///< Of the series in the budget's currency.
  [[nodiscard]] const forecasting::Grid& grid() const { return series.table.grid(); }
};

Result<DailySpend> daily_spend(const storage::Ledger& ledger, const Budget& budget,
                               const TimeZone& zone, Instant now) {
  auto series = usage_series(ledger, {.range = {min_instant(), local_day(zone, now, 1)},
                                      .group_by = {},
                                      .grain = Grain::day,
                                      .zone = zone,
                                      .filters = budget.filters,
                                      .as_of = std::nullopt,
                                      .metric = Metric::cost,
                                      .now = now});
  if (!series) return fail(series.error());
  DailySpend daily{std::move(*series)};
  for (std::size_t i = 0; i < daily.series.currencies.size(); ++i) {
    if (daily.series.currencies[i] == budget.currency) daily.index = i;
  }
  return daily;
}

/// The day on which the running total of known days passed the limit.
std::optional<Instant> passed_on(const storage::Ledger& ledger, const Budget& budget,
                                 const DailySpend& daily, TimeRange period) {
  Amount sum;
  for (std::size_t i = 0; i < daily.grid().size(); ++i) {
    const TimeRange day = daily.grid().period(i);
    if (!period.contains(day.from)) continue;
    const auto spent = spent_in(ledger, budget, {day.from, std::min(day.to, period.to)});
    if (!spent) return std::nullopt;
    sum += spent->amount;
    if (sum > budget.amount) return day.from;
  }
  return std::nullopt;
}

Result<void> look_ahead(const DailySpend& daily, const TimeZone& zone, BudgetState& state) {
  if (state.budget.rolling_days > 0 || daily.index == SIZE_MAX || daily.series.complete == 0) {
    return {};
  }
  const auto& grid = daily.grid();
  const std::size_t complete = daily.series.complete;
  const Instant known_to = grid.period(complete - 1).to;
  if (known_to >= state.period.to) return {};
  const Instant own_from = std::max(known_to, state.period.from);
  const forecasting::Grid left({own_from, state.period.to}, Grain::day, zone);
  const forecasting::Grid before({known_to, own_from}, Grain::day, zone);
  const auto values = daily.series.table.values(daily.index);
  forecasting::BudgetQuestion question{.history = values.first(complete),
                                       .left = left.size(),
                                       .limit = forecasting::units_of(state.budget.amount)};
  question.before = before.size();
  for (std::size_t i = 0; i < complete; ++i) {
    const bool own = state.period.contains(grid.period(i).from) && values[i] == values[i];
    if (own) question.spent += values[i];
  }
  question.spent_now = forecasting::units_of(state.spent);
  forecasting::ForecastEngine engine;
  const auto outlook = forecasting::budget_outlook(engine, question);
  if (!outlook) return fail(outlook.error());
  state.outlook = *outlook;
  state.has_outlook = true;
  if (outlook->passes_in) state.exceeded_on = left.period(*outlook->passes_in).from;
  return {};
}

Amount burn_rate(const BudgetState& state, const TimeZone& zone, Instant now) {
  const Instant until = std::min(now, state.period.to);
  const forecasting::Grid gone({state.period.from, until}, Grain::day, zone);
  if (gone.size() == 0) return state.spent;
  const auto days = static_cast<std::int64_t>(gone.size());
  constexpr Int128 kMicro = 1'000'000;
  return Amount::pico(state.spent.pico() / days / kMicro * kMicro);
}

}  // namespace

Result<TimeRange> budget_period(const Budget& budget, Instant at) {
  const auto zone = zone_of(budget);
  if (!zone) return fail(zone.error());
  return period_in(budget, *zone, at);
}

Result<BudgetState> check_budget(const storage::Ledger& ledger, const Budget& budget, Instant now) {
  const auto zone = zone_of(budget);
  if (!zone) return fail(zone.error());
  BudgetState state;
  state.budget = budget;
  state.period = period_in(budget, *zone, now);
  // Records from the future of `now` do not count yet.
  auto spent = spent_in(ledger, budget, {state.period.from, std::min(now, state.period.to)});
  if (!spent) return fail(spent.error());
  state.spent = spent->amount;
  state.unpriced = spent->unpriced;
  state.other_currencies = std::move(spent->others);
  state.remaining = budget.amount - state.spent;
  state.per_day = burn_rate(state, *zone, now);
  state.stop = reaches(budget, state.spent, budget.stop_at);
  const auto daily = daily_spend(ledger, budget, *zone, now);
  if (!daily) return fail(daily.error());
  if (auto ahead = look_ahead(*daily, *zone, state); !ahead) return fail(ahead.error());
  if (state.spent > budget.amount) {
    const TimeRange known{state.period.from, std::min(now, state.period.to)};
    state.exceeded_on = passed_on(ledger, budget, *daily, known);
  }
  state.crossed = crossed_by(budget, Basis::actual, state.spent);
  if (state.has_outlook) {
    const Amount projected = forecasting::amount_of(state.outlook.projected);
    for (const auto& each : crossed_by(budget, Basis::forecast, projected)) {
      state.crossed.push_back(each);
    }
  }
  const auto told = Told::of(ledger, budget.name);
  if (!told) return fail(told.error());
  if (auto back = look_back(ledger, budget, *zone, *told, state); !back) return fail(back.error());
  const Alert pattern{budget.name, state.period,    {},   budget.amount,
                      state.spent, budget.currency, false};
  if (budget.rolling_days > 0) {
    auto added = add_rolling_alerts(ledger, *zone, now, *told, pattern, state);
    if (!added) return fail(added.error());
    return state;
  }
  add_alerts(*told, pattern, state.crossed, state.alerts);
  return state;
}

Result<void> note_told(storage::Ledger& ledger, const std::vector<Alert>& alerts, Instant now) {
  std::vector<storage::Document> documents;
  for (const Alert& alert : alerts) {
    documents.push_back({std::string(kAlertKind), alert.budget, now, told_text(alert)});
  }
  if (documents.empty()) return {};
  return ledger.append_documents(documents);
}

}  // namespace costops::accounting
