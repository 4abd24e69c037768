// record_rows.cc - a row per record, from the ledger's columnar scan.
#include "costops/export/ledger_rows.h"
#include "export/column_choice.h"
#include "export/record_columns.h"

namespace costops::exports {
namespace {

class RecordRows final : public TableSource {
 public:
  RecordRows(const storage::Ledger& ledger, storage::Query selection,
             std::vector<RecordColumn> columns)
      : ledger_(ledger), selection_(std::move(selection)), filler_(std::move(columns)) {}

  const Schema& schema() const override { return filler_.schema(); }

  Result<void> rows(const Visitor& visit) override {
    return ledger_.scan_batches(
        selection_, filler_.wanted(),
        [&](const storage::RecordBatch& records) { return visit(filler_.fill(records)); });
  }

 private:
  const storage::Ledger& ledger_;
  storage::Query selection_;
  ColumnFiller filler_;
};

}  // namespace

std::vector<std::string> record_column_names() {
  std::vector<std::string> names;
  for (const RecordColumn& column : record_columns()) names.push_back(column.column.name);
  return names;
}

Result<std::unique_ptr<TableSource>> record_rows(const storage::Ledger& ledger,
                                                 storage::Query selection,
                                                 const std::vector<std::string>& columns) {
  const auto places = chosen_columns(record_column_names(), columns);
  if (!places) return fail(places.error());
  std::vector<RecordColumn> all = record_columns();
  std::vector<RecordColumn> chosen;
  for (const std::size_t place : *places) chosen.push_back(std::move(all[place]));
  return std::make_unique<RecordRows>(ledger, std::move(selection), std::move(chosen));
}

}  // namespace costops::exports
