// record_columns.h - the columns of a record, each filled for a whole batch at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "costops/export/table.h"
#include "costops/storage/record_batch.h"

namespace costops::exports {

/// Texts made here live as long as the batch.
using Scratch = std::vector<std::string>;

struct RecordColumn {
  Column column;
  /// Adds what it is made of.
  std::function<void(storage::RecordColumnsWanted&)> want;
  std::function<void(const storage::RecordBatch&, Batch::Values&, Scratch&)> fill;
};

/// All of them, in their order.
[[nodiscard]] std::vector<RecordColumn> record_columns();

/// Batches of a ledger's records as batches of some of those columns.
class ColumnFiller {
 public:
  explicit ColumnFiller(std::vector<RecordColumn> columns);
  [[nodiscard]] const Schema& schema() const { return schema_; }
  [[nodiscard]] const storage::RecordColumnsWanted& wanted() const { return wanted_; }
  /// Valid until the next call, and as long as `records` is.
  [[nodiscard]] const Batch& fill(const storage::RecordBatch& records);

 private:
  std::vector<RecordColumn> columns_;
  storage::RecordColumnsWanted wanted_;
  Schema schema_;
  Batch batch_;
  Scratch scratch_;
};

}  // namespace costops::exports
