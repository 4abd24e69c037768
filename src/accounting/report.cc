// report.cc - sums of a ledger folded into the periods and groups that people asked for.
#include "costops/accounting/report.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "accounting/local_steps.h"

namespace costops::accounting {
namespace {

using storage::Ledger;
using storage::Query;
using storage::QueryRow;

constexpr std::string_view kOther = "(other)";

Result<void> add(ReportRow& to, const ReportRow& row) {
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (__builtin_add_overflow(to.quantities[i], row.quantities[i], &to.quantities[i])) {
      return fail(ErrorCode::unsupported, "the sum of " +
                                              std::string(to_string(static_cast<Meter>(i))) +
                                              " leaves 64 bits: ask for a shorter range");
    }
  }
  to.requests += row.requests;
  to.unpriced += row.unpriced;
  to.costs += row.costs;
  to.reported_cost += row.reported_cost;
  return {};
}

ReportRow report_row(QueryRow row) {
  return {std::move(row.keys), row.currency, row.requests,     row.unpriced,
          row.quantities,      row.costs,    row.reported_cost};
}

/// Orders rows by keys and currency, and sums those where both are equal. Rows that are in order
/// already, as a ledger's are but for neighbouring periods, are only looked at.
Result<std::vector<ReportRow>> folded(std::vector<ReportRow> rows) {
  const auto precedes = [](const ReportRow& a, const ReportRow& b) {
    const auto keys = a.keys <=> b.keys;
    return keys != 0 ? keys < 0 : a.currency < b.currency;
  };
  if (!std::ranges::is_sorted(rows, precedes)) std::ranges::stable_sort(rows, precedes);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (!precedes(rows[kept], rows[i])) {
      if (auto added = add(rows[kept], rows[i]); !added) return fail(added.error());
    } else if (++kept != i) {
      rows[kept] = std::move(rows[i]);
    }
  }
  if (!rows.empty()) rows.resize(kept + 1);
  return rows;
}

/// Rows of the ledger's steps under their periods' labels.
Result<std::vector<ReportRow>> rows_by_period(std::vector<QueryRow> steps,
                                              const ReportRequest& request) {
  std::map<Instant, std::string> labels;
  std::vector<ReportRow> rows;
  rows.reserve(steps.size());
  for (QueryRow& step : steps) {
    const Instant start = step.step_start;
    ReportRow& row = rows.emplace_back(report_row(std::move(step)));
    if (!request.grain) continue;
    std::string& label = labels[start];
    if (label.empty()) label = request.zone.label_of(start, *request.grain);
    row.keys.push_back(label);
  }
  return folded(std::move(rows));
}

Result<std::vector<ReportRow>> sum_by_currency(std::vector<ReportRow> rows) {
  for (ReportRow& row : rows) row.keys.clear();
  return folded(std::move(rows));
}

/// Rows without a currency (nothing of them has a price) join the row of the same keys, where that
/// is one: a group is then one row, which says how much of it is unpriced. The order stays.
Result<std::vector<ReportRow>> with_unpriced_joined(std::vector<ReportRow> rows) {
  struct Home {
    std::size_t unpriced = 0;              ///< The row without a currency.
    std::vector<std::size_t> priced = {};  ///< Rows of the same keys with one.
  };
  std::map<std::vector<std::string>, Home> homes;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].currency.is_none()) homes[rows[i].keys].unpriced = i;
  }
  if (homes.empty()) return rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto home = homes.find(rows[i].keys);
    if (home != homes.end() && !rows[i].currency.is_none()) home->second.priced.push_back(i);
  }
  std::vector<bool> joined(rows.size());
  for (const auto& [keys, home] : homes) {
    if (home.priced.size() != 1) continue;
    if (auto added = add(rows[home.priced.front()], rows[home.unpriced]); !added) {
      return fail(added.error());
    }
    joined[home.unpriced] = true;
  }
  std::vector<ReportRow> left;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!joined[i]) left.push_back(std::move(rows[i]));
  }
  return left;
}

/// A row's group without its period.
std::vector<std::string> group_of(const ReportRow& row, const ReportRequest& request) {
  return {row.keys.begin(),
          row.keys.begin() + static_cast<std::ptrdiff_t>(request.group_by.size())};
}

using GroupKey = std::pair<Currency, std::vector<std::string>>;

/// The rank of each group in its currency, from 0, the most expensive first.
Result<std::map<GroupKey, std::size_t>> ranks_of(const std::vector<ReportRow>& rows,
                                                 const ReportRequest& request) {
  std::map<GroupKey, std::tuple<Amount, std::int64_t>> sizes;
  for (const ReportRow& row : rows) {
    auto& [cost, requests] = sizes[{row.currency, group_of(row, request)}];
    cost += row.costs.total();
    requests += row.requests;
  }
  std::vector<std::pair<GroupKey, std::tuple<Amount, std::int64_t>>> order(sizes.begin(),
                                                                           sizes.end());
  std::ranges::stable_sort(order, [](const auto& a, const auto& b) {
    return a.first.first != b.first.first ? a.first.first < b.first.first : a.second > b.second;
  });
  std::map<GroupKey, std::size_t> ranks;
  std::size_t rank = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank = i > 0 && order[i].first.first == order[i - 1].first.first ? rank + 1 : 0;
    ranks[order[i].first] = rank;
  }
  return ranks;
}

/// The n most expensive groups of each currency by rank, the others summed.
Result<std::vector<ReportRow>> top_rows(std::vector<ReportRow> rows, const ReportRequest& request) {
  const auto ranks = ranks_of(rows, request);
  if (!ranks) return fail(ranks.error());
  std::vector<std::pair<std::size_t, ReportRow>> ranked;
  std::vector<ReportRow> others;
  for (ReportRow& row : rows) {
    const std::size_t rank = ranks->at({row.currency, group_of(row, request)});
    if (rank < request.top) {
      ranked.emplace_back(rank, std::move(row));
      continue;
    }
    for (std::size_t i = 0; i < request.group_by.size(); ++i) row.keys[i] = kOther;
    others.push_back(std::move(row));
  }
  auto other = folded(std::move(others));
  if (!other) return fail(other.error());
  for (ReportRow& row : *other) ranked.emplace_back(request.top, std::move(row));
  std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) {
    const bool a_none = a.second.currency.is_none();  // What has no cost comes last.
    const bool b_none = b.second.currency.is_none();
    return std::tie(a_none, a.second.currency, a.first) <
           std::tie(b_none, b.second.currency, b.first);
  });
  rows.clear();
  for (auto& [rank, row] : ranked) rows.push_back(std::move(row));
  return with_unpriced_joined(std::move(rows));
}

Query query_of(const ReportRequest& request) {
  Query query;
  query.range = request.range;
  query.group_by = request.group_by;
  query.filters = request.filters;
  query.as_of = request.as_of;
  return query;
}

/// Totals of their own where groups overlap, else the sum of the rows.
Result<std::vector<ReportRow>> totals_of(const Ledger& ledger, const ReportRequest& request,
                                         const std::vector<ReportRow>& rows) {
  if (std::ranges::find(request.group_by, Dimension::tags) == request.group_by.end()) {
    return sum_by_currency(rows);
  }
  Query query = query_of(request);
  query.group_by.clear();
  auto sums = ledger.query(query);
  if (!sums) return fail(sums.error());
  std::vector<ReportRow> totals;
  for (QueryRow& sum : *sums) totals.push_back(report_row(std::move(sum)));
  return totals;
}

}  // namespace

Result<Report> report(const Ledger& ledger, const ReportRequest& request) {
  Report out;
  out.range = request.range;
  for (const Dimension dimension : request.group_by) {
    out.key_names.emplace_back(to_string(dimension));
  }
  if (request.grain) out.key_names.emplace_back(to_string(*request.grain));
  const auto quarantined = ledger.quarantine_count();
  if (!quarantined) return fail(quarantined.error());
  out.quarantined = *quarantined;
  const auto extent = ledger.extent();
  if (!extent) return fail(extent.error());
  if (!*extent) return out;

  Query query = query_of(request);
  if (request.grain) {
    const TimeRange asked{std::max(request.range.from, (*extent)->from),
                          std::min(request.range.to, (*extent)->to)};
    query.steps = local_steps(request.zone, *request.grain, asked);
  }
  auto steps = ledger.query(query);
  if (!steps) return fail(steps.error());
  auto rows = rows_by_period(std::move(*steps), request);
  if (!rows) return fail(rows.error());
  auto totals = totals_of(ledger, request, *rows);
  if (totals) totals = with_unpriced_joined(std::move(*totals));
  if (!totals) return fail(totals.error());
  out.totals = std::move(*totals);
  rows = with_unpriced_joined(std::move(*rows));
  if (!rows) return fail(rows.error());
  if (request.top > 0 && !request.group_by.empty()) rows = top_rows(std::move(*rows), request);
  if (!rows) return fail(rows.error());
  out.rows = std::move(*rows);
  return out;
}

}  // namespace costops::accounting
