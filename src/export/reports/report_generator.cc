// report_generator.cc - rows of a ledger into the columns of each kind of report.
#include "costops/export/report_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "export/reports/charts.h"
#include "export/reports/document_state.h"

namespace costops::reports {
namespace {

using accounting::Report;
using accounting::ReportRow;
using exports::BatchBuilder;
using exports::ColumnType;

constexpr std::string_view kKinds[] = {"cost",  "usage", "summary", "chargeback",
                                       "cache", "audit", "budget",  "forecast"};
/// Groups that a summary shows.
constexpr std::size_t kSummaryRows = 10;

std::int64_t tokens(const ReportRow& row, Direction direction) {
  return sum_of(row.quantities, token_meters(direction));
}
std::int64_t cached(const ReportRow& row) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (facts(static_cast<Meter>(i)).token_type == TokenType::cache_read) sum += row.quantities[i];
  }
  return sum;
}
std::int64_t written(const ReportRow& row) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (facts(static_cast<Meter>(i)).token_type == TokenType::cache_write) sum += row.quantities[i];
  }
  return sum;
}

using PreviousCosts = std::map<std::pair<std::vector<std::string>, Currency>, Amount>;

/// What one kind of report shows of a row.
class Columns {
 public:
  Columns(const ReportRequest& request, exports::Schema& schema)
      : request_(request), schema_(schema) {
    for (const std::string& name : request.current->key_names) add(name, ColumnType::text);
    for (const ReportRow& total : request.current->totals) {
      totals_.add({total.costs.total(), total.currency});
    }
    if (request.savings != nullptr) {
      for (const ReportRow& row : request.current->rows) rows_.emplace(row.keys, row.currency);
      for (const auto& row : *request.savings) savings_[{row.keys, row.currency}] = &row;
    }
    if (request.previous == nullptr) return;
    for (const ReportRow& row : request.previous->rows) {
      previous_[{row.keys, row.currency}] += row.costs.total();
    }
  }

  void declare() {
    switch (request_.kind) {
      case Kind::usage:
        return declare_usage();
      case Kind::cache:
        return declare_cache();
      case Kind::audit:
        return add({"requests", "unpriced"}, ColumnType::integer);
      case Kind::cost:
        add({"requests", "input_tokens", "output_tokens"}, ColumnType::integer);
        add({"input_cost", "output_cost", "other_cost"}, ColumnType::decimal, exports::kMoneyScale);
        break;
      default:
        add("requests", ColumnType::integer);
    }
    add("total_cost", ColumnType::decimal, exports::kMoneyScale);
    add("currency", ColumnType::text);
    if (request_.kind == Kind::chargeback)
      add("share_percent", ColumnType::decimal, kPercentPlaces);
    if (request_.kind == Kind::cost) add("unpriced", ColumnType::integer);
    if (request_.previous == nullptr) return;
    add({"previous_cost", "change"}, ColumnType::decimal, exports::kMoneyScale);
    add("change_percent", ColumnType::decimal, kPercentPlaces);
  }

  void append(const ReportRow& row, BatchBuilder& into) const {
    for (std::size_t i = 0; i < request_.current->key_names.size(); ++i) {
      const std::string_view key = i < row.keys.size() ? std::string_view(row.keys[i]) : "";
      into.text(key.empty() ? "(unassigned)" : key);
    }
    switch (request_.kind) {
      case Kind::usage:
        return append_usage(row, into);
      case Kind::cache:
        return append_cache(row, into);
      case Kind::audit:
        into.integer(row.requests).integer(row.unpriced);
        return;
      default:
        append_costs(row, into);
    }
  }

 private:
  void add(std::string_view name, ColumnType type, int scale = 0) {
    schema_.columns.push_back({std::string(name), type, scale});
  }
  void add(std::initializer_list<const char*> names, ColumnType type, int scale = 0) {
    for (const char* name : names) add(name, type, scale);
  }

  /// The meters that some row counts.
  void declare_usage() {
    add("requests", ColumnType::integer);
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      const auto counts = [&](const ReportRow& row) { return row.quantities[i] != 0; };
      const auto& rows = request_.current->rows;
      if (static_cast<Meter>(i) == Meter::requests) continue;
      if (std::none_of(rows.begin(), rows.end(), counts)) continue;
      meters_.push_back(static_cast<Meter>(i));
      const bool whole = facts(static_cast<Meter>(i)).steps == 1;
      add(to_string(static_cast<Meter>(i)), whole ? ColumnType::integer : ColumnType::decimal,
          whole ? 0 : 3);
    }
  }
  void append_usage(const ReportRow& row, BatchBuilder& into) const {
    into.integer(row.requests);
    for (const Meter meter : meters_) {
      const std::int64_t quantity = at(row.quantities, meter);
      if (facts(meter).steps == 1) {
        into.integer(quantity);
      } else {
        into.decimal(quantity);
      }
    }
  }

  void declare_cache() {
    add({"input_tokens", "cached_tokens", "cache_write_tokens"}, ColumnType::integer);
    add("hit_percent", ColumnType::decimal, kPercentPlaces);
    add({"cache_read_cost", "cache_write_cost", "total_cost"}, ColumnType::decimal,
        exports::kMoneyScale);
    add("currency", ColumnType::text);
    if (request_.savings == nullptr) return;
    add({"savings", "net_savings"}, ColumnType::decimal, exports::kMoneyScale);
    add("savings_unknown", ColumnType::integer);
  }
  void append_cache(const ReportRow& row, BatchBuilder& into) const {
    const std::int64_t input = tokens(row, Direction::input);
    into.integer(input).integer(cached(row)).integer(written(row));
    if (input > 0) {
      into.decimal(percent(cached(row), input));
    } else {
      into.null();
    }
    into.amount(row.costs[CostClass::cache_read]).amount(row.costs[CostClass::cache_write]);
    into.amount(row.costs.total());
    append_currency(row, into);
    if (request_.savings != nullptr) append_savings(row, into);
  }
  /// Unknown is not zero: where nothing cached has a price, there is no amount.
  void append_savings(const ReportRow& row, BatchBuilder& into) const {
    const auto* own = savings_of(row.keys, row.currency);
    std::int64_t unknown = own == nullptr ? 0 : own->unknown;
    // Records without a price stand in the row of their group's only currency, if there is one.
    const bool joined = !row.currency.is_none() && !rows_.contains({row.keys, Currency{}});
    const auto* unpriced = joined ? savings_of(row.keys, Currency{}) : nullptr;
    if (unpriced != nullptr) unknown += unpriced->unknown;
    const bool nothing_known = own == nullptr || own->known == 0;
    if (unknown > 0 && nothing_known) {
      into.null().null();
    } else {
      into.amount(own == nullptr ? Amount{} : own->savings);
      into.amount(own == nullptr ? Amount{} : own->net_savings);
    }
    into.integer(unknown);
  }
  [[nodiscard]] const accounting::CacheSavingsRow* savings_of(const std::vector<std::string>& keys,
                                                              Currency currency) const {
    const auto found = savings_.find({keys, currency});
    return found == savings_.end() ? nullptr : found->second;
  }

  void append_costs(const ReportRow& row, BatchBuilder& into) const {
    into.integer(row.requests);
    if (request_.kind == Kind::cost) {
      into.integer(tokens(row, Direction::input)).integer(tokens(row, Direction::output));
      into.amount(row.costs.input_cost()).amount(row.costs.output_cost());
      into.amount(row.costs.other_cost());
    }
    into.amount(row.costs.total());
    append_currency(row, into);
    if (request_.kind == Kind::chargeback) append_share(row, into);
    if (request_.kind == Kind::cost) into.integer(row.unpriced);
    if (request_.previous != nullptr) append_change(row, into);
  }
  static void append_currency(const ReportRow& row, BatchBuilder& into) {
    if (row.currency.is_none()) {
      into.null();
    } else {
      into.text(row.currency.code());
    }
  }
  void append_share(const ReportRow& row, BatchBuilder& into) const {
    const Amount whole = totals_.in(row.currency);
    if (whole > Amount{}) {
      into.decimal(percent(row.costs.total().pico(), whole.pico()));
    } else {
      into.null();
    }
  }
  void append_change(const ReportRow& row, BatchBuilder& into) const {
    const auto before = previous_.find({row.keys, row.currency});
    const Amount old = before == previous_.end() ? Amount{} : before->second;
    const Amount change = row.costs.total() - old;
    into.amount(old).amount(change);
    if (old > Amount{}) {
      into.decimal(percent(change.pico(), old.pico()));
    } else {
      into.null();
    }
  }

  const ReportRequest& request_;
  exports::Schema& schema_;
  CurrencyTotals totals_;
  PreviousCosts previous_;
  using RowKey = std::pair<std::vector<std::string>, Currency>;
  std::set<RowKey> rows_;
  std::map<RowKey, const accounting::CacheSavingsRow*> savings_;
  std::vector<Meter> meters_;
};

bool is_shown(Kind kind, const ReportRow& row) {
  if (kind == Kind::audit) return row.unpriced > 0;
  return kind != Kind::cache || tokens(row, Direction::input) > 0;
}

/// The rows of a report in their order: as they come, or the most expensive first.
std::vector<const ReportRow*> chosen(const ReportRequest& request) {
  std::vector<const ReportRow*> rows;
  rows.reserve(request.current->rows.size());
  for (const ReportRow& row : request.current->rows) {
    if (is_shown(request.kind, row)) rows.push_back(&row);
  }
  if (request.kind != Kind::summary) return rows;
  std::stable_sort(rows.begin(), rows.end(), [](const ReportRow* a, const ReportRow* b) {
    return a->costs.total() > b->costs.total();
  });
  if (rows.size() > kSummaryRows) rows.resize(kSummaryRows);
  return rows;
}

std::string totals_line(std::string_view what, const std::vector<ReportRow>& totals) {
  std::string line;
  for (const ReportRow& total : totals) {
    if (total.currency.is_none()) continue;
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", to_string(total.costs.total()),
                        total.currency.code());
  }
  return fmt::format("{}: {}", what, line.empty() ? "nothing" : line);
}

/// Of all rows that are not counted twice: groups by tag overlap, and have no sum.
std::string savings_line(const ReportRequest& request) {
  CurrencyTotals saved;
  for (const auto& row : *request.savings) {
    if (!row.currency.is_none()) saved.add({row.net_savings, row.currency});
  }
  std::string line;
  for (const Money& money : saved.all()) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", to_string(money.amount),
                        money.currency.code());
  }
  return "Net savings: " + (line.empty() ? "nothing" : line);
}

std::vector<std::string> lines_of(const ReportRequest& request) {
  std::vector<std::string> lines;
  std::int64_t requests = 0;
  std::int64_t unpriced = 0;
  for (const ReportRow& total : request.current->totals) {
    requests += total.requests;
    unpriced += total.unpriced;
  }
  if (!request.period.empty()) lines.push_back("Period: " + request.period);
  if (request.kind != Kind::usage) lines.push_back(totals_line("Total", request.current->totals));
  const auto& keys = request.current->key_names;
  if (request.savings != nullptr && std::find(keys.begin(), keys.end(), "tags") == keys.end()) {
    lines.push_back(savings_line(request));
  }
  if (request.previous != nullptr) {
    lines.push_back(totals_line("Period before", request.previous->totals));
  }
  lines.push_back(fmt::format("Requests: {}", requests));
  if (unpriced > 0) {
    lines.push_back(
        fmt::format("Unpriced: {} of {} requests; their cost is unknown, so totals are "
                    "a lower bound",
                    unpriced, requests));
  }
  if (request.current->quarantined > 0) {
    lines.push_back(fmt::format("Quarantined: {} in the whole ledger, in no total",
                                request.current->quarantined));
  }
  return lines;
}

std::string title_of(Kind kind) {
  constexpr std::string_view kTitles[] = {"Costs", "Usage", "Summary", "Chargeback",
                                          "Cache", "Audit", "Budgets", "Forecast"};
  return std::string(kTitles[static_cast<std::size_t>(kind)]);
}

}  // namespace

ReportDocument::ReportDocument() : state_(std::make_unique<State>()) {}
ReportDocument::~ReportDocument() = default;
ReportDocument::ReportDocument(ReportDocument&&) noexcept = default;
ReportDocument& ReportDocument::operator=(ReportDocument&&) noexcept = default;
const exports::Schema& ReportDocument::schema() const { return state_->schema; }
const exports::DocumentText& ReportDocument::text() const { return state_->text; }
const CurrencyTotals& ReportDocument::totals() const { return state_->totals; }
Kind ReportDocument::kind() const { return state_->kind; }
std::size_t ReportDocument::size() const { return state_->builder->rows(); }

Result<void> ReportDocument::rows(const Visitor& visit) {
  return size() > 0 ? visit(state_->builder->batch()) : Result<void>{};
}

Result<ReportDocument> ReportGenerator::generate(const ReportRequest& request) const {
  if (request.kind == Kind::budget || request.kind == Kind::forecast) {
    return fail(ErrorCode::invalid_input,
                fmt::format("a {} report is not made of sums", to_string(request.kind)));
  }
  ReportDocument document;
  ReportDocument::State& state = *document.state_;
  Columns columns(request, state.schema);
  columns.declare();
  state.schema.amount_column = state.schema.index_of("total_cost");
  state.schema.currency_column = state.schema.index_of("currency");
  state.builder.emplace(state.schema);
  for (const ReportRow* row : chosen(request)) columns.append(*row, *state.builder);
  for (const ReportRow& total : request.current->totals) {
    if (!total.currency.is_none()) state.totals.add({total.costs.total(), total.currency});
  }
  state.kind = request.kind;
  state.text.title = request.title.empty() ? title_of(request.kind) : request.title;
  state.text.lines = lines_of(request);
  if (request.charts == ReportRequest::Charts::drawn) state.text.charts = charts_of(request);
  return document;
}

std::string_view to_string(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Result<Kind> parse_kind(std::string_view word) {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (kKinds[i] == word) return static_cast<Kind>(i);
  }
  return fail(ErrorCode::invalid_input, fmt::format("unknown report {}; known are {}", quoted(word),
                                                    fmt::join(kKinds, ", ")));
}

}  // namespace costops::reports
