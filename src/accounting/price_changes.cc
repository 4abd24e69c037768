#include "costops/accounting/price_changes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "accounting/local_steps.h"
#include "costops/forecasting/amounts.h"

namespace costops::accounting {
namespace {

using forecasting::Grid;

/// Adds up to the largest number there is: weights need no more.
void add(Quantities& to, const Quantities& quantities) {
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    if (__builtin_add_overflow(to[m], quantities[m], &to[m])) {
      to[m] = std::numeric_limits<std::int64_t>::max();
    }
  }
}

/// What the usage costs at one price by what it costs at another, both exact sums of charges at
/// the standard rates that the two have. 1 where nothing can be said.
double factor_between(const Quantities& mix, const pricing::Price* from, const pricing::Price* to) {
  if (from == to || from == nullptr || to == nullptr || from->currency != to->currency) return 1.0;
  Amount before, after;
  for (std::size_t m = 0; m < kMeterCount; ++m) {
    const pricing::MeterRate* const old_rate = from->rate_of(static_cast<Meter>(m));
    const pricing::MeterRate* const new_rate = to->rate_of(static_cast<Meter>(m));
    if (old_rate == nullptr || new_rate == nullptr) continue;
    before += price_of(old_rate->base, mix[m]);
    after += price_of(new_rate->base, mix[m]);
  }
  const bool comparable = before > Amount() && after > Amount();
  return comparable ? forecasting::units_of(after) / forecasting::units_of(before) : 1.0;
}

/// One model's standard prices, one after the other.
class PriceCourse {
 public:
  /// Within `range`. Prices that depend on the hour of the day have no course.
  PriceCourse(const pricing::PriceBook& book, std::string_view provider, std::string_view model,
              TimeRange range) {
    const pricing::PriceSet& set =
        book.resolve({.provider = provider, .model = model, .at = range.from});
    std::vector<Instant> starts = {range.from};
    for (const pricing::Price* price : set.candidates()) {
      if (!price->conditions.windows.empty()) return;
      const TimeRange& effective = price->conditions.effective;
      for (const Instant at : {effective.from, effective.to}) {
        if (range.from < at && at < range.to) starts.push_back(at);
      }
    }
    std::sort(starts.begin(), starts.end());
    for (const Instant at : starts) {
      const pricing::Price* price = set.at(at);
      if (!pieces_.empty() && (pieces_.back().price == price || price == nullptr)) continue;
      pieces_.push_back({at, price});
    }
  }

  [[nodiscard]] bool changes() const { return pieces_.size() > 1; }

  [[nodiscard]] const pricing::Price* at(Instant when) const {
    const pricing::Price* price = nullptr;
    for (const Piece& piece : pieces_) {
      if (piece.from <= when || price == nullptr) price = piece.price;
    }
    return price;
  }

  /// The mean over a period of what the usage costs by what it costs at `reference`.
  [[nodiscard]] double mean_factor(const Quantities& mix, const pricing::Price* reference,
                                   TimeRange period) const {
    double sum = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const Instant from = i == 0 ? period.from : std::max(period.from, pieces_[i].from);
      const Instant to =
          i + 1 < pieces_.size() ? std::min(period.to, pieces_[i + 1].from) : period.to;
      if (from >= to) continue;
      sum += static_cast<double>((to - from).count()) *
             factor_between(mix, reference, pieces_[i].price);
    }
    return sum / static_cast<double>((period.to - period.from).count());
  }

  /// Every change that costs the usage more or less.
  void tell(const std::string& provider, const std::string& model, const Quantities& mix,
            std::vector<PriceChange>& into) const {
    for (std::size_t i = 1; i < pieces_.size(); ++i) {
      const double factor = factor_between(mix, pieces_[i - 1].price, pieces_[i].price);
      if (factor != 1.0) into.push_back({provider, model, pieces_[i].from, factor});
    }
  }

 private:
  struct Piece {
    Instant from;
    const pricing::Price* price;
  };
  std::vector<Piece> pieces_;
};

/// One series' usage of one model whose price changes.
struct Share {
  const PriceCourse* course = nullptr;
  Quantities mix{};           ///< Of the whole history.
  std::vector<double> costs;  ///< By period.
};

class Comparison {
 public:
  Comparison(const UsageSeries& series, const Grid& grid, std::size_t horizon)
      : series_(series), grid_(grid), ahead_(periods_after(series, horizon)) {}

  Result<PriceChanges> of(const storage::Ledger& ledger, const pricing::PriceBook& book,
                          storage::Query query) {
    const std::size_t keys = query.group_by.size();
    query.group_by.push_back(Dimension::provider);
    query.group_by.push_back(Dimension::model);
    if (auto found = find_courses(ledger, book, query); !found) return fail(found.error());
    if (courses_.empty()) return PriceChanges();
    add_filter(query);
    const auto rows = ledger.query(query);
    if (!rows) return fail(rows.error());
    for (const storage::QueryRow& row : *rows) take(row, keys);
    return finish();
  }

 private:
  using Name = std::pair<std::string, std::string>;  // Provider and model.

  static Grid periods_after(const UsageSeries& series, std::size_t horizon) {
    const Grid& grid = series.table.grid();
    const TimeRange known{grid.period(0).from, grid.period(series.complete - 1).to};
    return Grid(known, grid.grain(), grid.zone()).following(horizon);
  }

  Result<void> find_courses(const storage::Ledger& ledger, const pricing::PriceBook& book,
                            storage::Query query) {
    query.steps.reset();
    query.group_by = {Dimension::provider, Dimension::model};
    query.measures = {storage::Measure::unpriced};
    const auto rows = ledger.query(query);
    if (!rows) return fail(rows.error());
    const TimeRange range{grid_.period(0).from, ahead_.period(ahead_.size() - 1).to};
    for (const storage::QueryRow& row : *rows) {
      PriceCourse course(book, row.keys[0], row.keys[1], range);
      if (course.changes()) courses_.emplace(Name(row.keys[0], row.keys[1]), std::move(course));
    }
    return {};
  }

  /// Only the models whose price changes.
  void add_filter(storage::Query& query) const {
    storage::Filter models{Dimension::model, {}, storage::Filter::Kind::include};
    for (const auto& [name, course] : courses_) models.values.push_back(name.second);
    query.filters.push_back(std::move(models));
    query.measures = {storage::Measure::quantities, storage::Measure::total_cost};
  }

  void take(const storage::QueryRow& row, std::size_t keys) {
    const auto course = courses_.find({row.keys[keys], row.keys[keys + 1]});
    if (course == courses_.end() || row.currency.is_none()) return;
    const std::vector<std::string> group(row.keys.begin(),
                                         row.keys.begin() + static_cast<std::ptrdiff_t>(keys));
    const std::size_t period = grid_.index_of(std::max(row.step_start, grid_.period(0).from));
    if (period >= series_.complete) return;
    Share& share = shares_[{group, row.currency}][course->first];
    share.course = &course->second;
    share.costs.resize(series_.complete);
    share.costs[period] += forecasting::units_of(row.costs.total());
    add(share.mix, row.quantities);
    add(mixes_[course->first], row.quantities);
  }

  PriceChanges finish() const {
    PriceChanges out;
    for (const auto& [name, course] : courses_) {
      const auto mix = mixes_.find(name);
      if (mix != mixes_.end()) course.tell(name.first, name.second, mix->second, out.told);
    }
    std::stable_sort(out.told.begin(), out.told.end(),
                     [](const PriceChange& a, const PriceChange& b) { return a.at < b.at; });
    out.back.resize(series_.keys.size());
    out.ahead.resize(series_.keys.size());
    for (std::size_t i = 0; i < series_.keys.size(); ++i) {
      const auto found = shares_.find({series_.keys[i], series_.currencies[i]});
      if (found != shares_.end()) weigh(i, found->second, out.back[i], out.ahead[i]);
    }
    return out;
  }

  void weigh(std::size_t index, const std::map<Name, Share>& shares, std::vector<double>& back,
             std::vector<double>& ahead) const {
    const auto values = series_.table.values(index).first(series_.complete);
    const Instant last = grid_.period(series_.complete - 1).to - Instant::duration(1);
    back.assign(series_.complete, 1.0);
    std::vector<double> future(ahead_.size(), 0.0);
    double all = 0, changing = 0;
    std::vector<double> constant(series_.complete);
    for (std::size_t t = 0; t < values.size(); ++t) {
      constant[t] = std::isnan(values[t]) ? 0.0 : values[t];
    }
    for (const auto& [name, share] : shares) {
      const pricing::Price* reference = share.course->at(last);
      double weight = 0;
      for (std::size_t t = 0; t < values.size(); ++t) {
        const double was = share.course->mean_factor(share.mix, reference, grid_.period(t));
        constant[t] += share.costs[t] / was - share.costs[t];
        if (t + kRecent >= values.size()) weight += share.costs[t] / was;
      }
      changing += weight;
      for (std::size_t i = 0; i < future.size(); ++i) {
        future[i] += weight * share.course->mean_factor(share.mix, reference, ahead_.period(i));
      }
    }
    for (std::size_t t = 0; t < values.size(); ++t) {
      if (values[t] > 0 && constant[t] > 0) back[t] = constant[t] / values[t];
      if (t + kRecent >= values.size()) all += constant[t];
    }
    ahead.assign(ahead_.size(), 1.0);
    if (!(all > 0)) return;
    for (std::size_t i = 0; i < ahead.size(); ++i) {
      ahead[i] = std::max(0.0, all - changing + future[i]) / all;
    }
  }

  /// How many of the last periods say which models are in use.
  static constexpr std::size_t kRecent = 28;

  const UsageSeries& series_;
  const Grid& grid_;
  Grid ahead_;
  std::map<Name, PriceCourse> courses_;
  std::map<Name, Quantities> mixes_;
  std::map<std::pair<std::vector<std::string>, Currency>, std::map<Name, Share>> shares_;
};

}  // namespace

Result<PriceChanges> price_changes(const storage::Ledger& ledger, const pricing::PriceBook& book,
                                   const SeriesRequest& request, const UsageSeries& series,
                                   std::size_t horizon) {
  if (request.metric != Metric::cost || series.complete == 0) return PriceChanges();
  const Grid& grid = series.table.grid();
  storage::Query query;
  query.range = {grid.period(0).from, grid.period(series.complete - 1).to};
  query.group_by = request.group_by;
  query.filters = request.filters;
  query.as_of = request.as_of;
  query.steps = local_steps(request.zone, request.grain, query.range);
  return Comparison(series, grid, horizon).of(ledger, book, std::move(query));
}

}  // namespace costops::accounting
