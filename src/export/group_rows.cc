// group_rows.cc - the groups of a report as a table.
#include <functional>
#include <utility>

#include "costops/export/ledger_rows.h"
#include "export/column_choice.h"

namespace costops::exports {
namespace {

using accounting::ReportRow;

struct GroupColumn {
  Column column;
  std::function<void(const ReportRow&, BatchBuilder&)> fill;
};

constexpr Meter kMeters[] = {Meter::input_tokens_uncached,  Meter::cache_read_tokens,
                             Meter::cache_write_tokens,     Meter::cache_write_5m_tokens,
                             Meter::cache_write_1h_tokens,  Meter::output_tokens,
                             Meter::output_reasoning_tokens};

void add_text(std::string_view text, BatchBuilder& into) {
  if (text.empty()) {
    into.null();
  } else {
    into.text(text);
  }
}

template <typename AmountOf>
GroupColumn money(std::string name, AmountOf amount_of) {
  return {{std::move(name), ColumnType::decimal, kMoneyScale},
          [amount_of](const ReportRow& row, BatchBuilder& into) { into.amount(amount_of(row)); }};
}

GroupColumn whole(std::string name, std::int64_t ReportRow::*count) {
  return {{std::move(name), ColumnType::integer, 0},
          [count](const ReportRow& row, BatchBuilder& into) { into.integer(row.*count); }};
}

std::vector<GroupColumn> all_columns(const std::vector<std::string>& keys) {
  std::vector<GroupColumn> all;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    all.push_back({{keys[k], ColumnType::text, 0},
                   [k](const ReportRow& row, BatchBuilder& into) { add_text(row.keys[k], into); }});
  }
  all.push_back(whole("requests", &ReportRow::requests));
  all.push_back(whole("unpriced", &ReportRow::unpriced));
  for (const Meter meter : kMeters) {
    all.push_back({{std::string(to_string(meter)), ColumnType::integer, 0},
                   [meter](const ReportRow& row, BatchBuilder& into) {
                     into.integer(at(row.quantities, meter));
                   }});
  }
  all.push_back({{"currency", ColumnType::text, 0}, [](const ReportRow& row, BatchBuilder& into) {
                   add_text(row.currency.code(), into);
                 }});
  all.push_back(money("input_cost", [](const ReportRow& row) { return row.costs.input_cost(); }));
  all.push_back(money("output_cost", [](const ReportRow& row) { return row.costs.output_cost(); }));
  all.push_back(money("other_cost", [](const ReportRow& row) { return row.costs.other_cost(); }));
  all.push_back(money("total_cost", [](const ReportRow& row) { return row.costs.total(); }));
  all.push_back(money("reported_cost", [](const ReportRow& row) { return row.reported_cost; }));
  return all;
}

class GroupRows final : public TableSource {
 public:
  GroupRows(accounting::Report report, std::vector<GroupColumn> columns)
      : report_(std::move(report)), columns_(std::move(columns)) {
    for (const GroupColumn& column : columns_) schema_.columns.push_back(column.column);
    schema_.amount_column = schema_.index_of("total_cost");
    schema_.currency_column = schema_.index_of("currency");
  }

  const Schema& schema() const override { return schema_; }

  Result<void> rows(const Visitor& visit) override {
    constexpr std::size_t kRows = 2048;
    BatchBuilder builder(schema_);
    for (const ReportRow& row : report_.rows) {
      for (const GroupColumn& column : columns_) column.fill(row, builder);
      if (builder.rows() < kRows) continue;
      if (auto visited = visit(builder.batch()); !visited) return visited;
      builder.clear();
    }
    return builder.rows() == 0 ? Result<void>() : visit(builder.batch());
  }

 private:
  accounting::Report report_;
  std::vector<GroupColumn> columns_;
  Schema schema_;
};

}  // namespace

Result<std::unique_ptr<TableSource>> group_rows(accounting::Report report,
                                                const std::vector<std::string>& columns) {
  std::vector<GroupColumn> all = all_columns(report.key_names);
  std::vector<std::string> names;
  for (const GroupColumn& column : all) names.push_back(column.column.name);
  const auto places = chosen_columns(names, columns);
  if (!places) return fail(places.error());
  std::vector<GroupColumn> chosen;
  for (const std::size_t place : *places) chosen.push_back(std::move(all[place]));
  return std::make_unique<GroupRows>(std::move(report), std::move(chosen));
}

}  // namespace costops::exports
