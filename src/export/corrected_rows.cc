// corrected_rows.cc - closed months that never change. A month's own rows are a question as of the
// instant before it closed. What the ledger learned later is found by the lines of the records'
// histories; only months of which something is late are read record by record.
#include <algorithm>
#include <map>

#include "costops/export/ledger_rows.h"
#include "export/column_choice.h"
#include "export/record_columns.h"

namespace costops::exports {
namespace {

using storage::HistoryLine;
using storage::RecordBatch;
using storage::RecordColumnsWanted;
using storage::StoredRecord;

constexpr std::size_t kRowsPerBatch = 2048;
constexpr std::string_view kClassColumn = "charge_class";

TimeRange month_of(const Closing& closing, Instant at) {
  return closing.zone.period_of(at, Grain::month);
}
Instant closes(const Closing& closing, const TimeRange& month) {
  return month.to + std::chrono::days(closing.after_days);
}

/// A record as if its history were one line; its measures are that line's.
StoredRecord as_line(const StoredRecord& record, const HistoryLine& line) {
  StoredRecord row;
  row.usage = record.usage;
  row.usage.quantities = line.quantities;
  row.usage.reported_cost = line.reported_cost;
  row.at = record.at;
  row.history = {line};
  return row;
}

void negate(StoredRecord& row) {
  for (std::int64_t& quantity : row.usage.quantities) quantity = -quantity;
  for (Amount& cost : row.history.back().costs.by_class) cost = -cost;
  if (row.usage.reported_cost) row.usage.reported_cost->amount = -row.usage.reported_cost->amount;
}

void subtract(StoredRecord& row, const HistoryLine& before) {
  for (std::size_t m = 0; m < kMeterCount; ++m) row.usage.quantities[m] -= before.quantities[m];
  auto& costs = row.history.back().costs.by_class;
  for (std::size_t c = 0; c < kCostClassCount; ++c) costs[c] -= before.costs.by_class[c];
  if (!row.usage.reported_cost || !before.reported_cost) return;
  row.usage.reported_cost->amount -= before.reported_cost->amount;
}

/// Whether amounts of one line can be told as a difference to the other's.
bool comparable(const HistoryLine& before, const HistoryLine& after) {
  const auto code = [](const HistoryLine& line) {
    return line.reported_cost ? line.reported_cost->currency.code() : std::string_view();
  };
  return (before.currency.code().empty() || before.currency == after.currency) &&
         (!before.reported_cost || code(before) == code(after));
}

/// Rows of what line `place` changed, the difference or the old taken back and the new.
void add_correction(const StoredRecord& record, std::size_t place,
                    storage::RecordBatchBuilder& into) {
  const HistoryLine& line = record.history[place];
  StoredRecord row = as_line(record, line);
  if (place > 0) {
    const HistoryLine& before = record.history[place - 1];
    if (comparable(before, line)) {
      subtract(row, before);
    } else {
      StoredRecord back = as_line(record, before);
      negate(back);
      back.history.back().recorded_at = line.recorded_at;
      into.add(back);
    }
  }
  into.add(row);
}

class CorrectedRows final : public TableSource {
 public:
  CorrectedRows(const storage::Ledger& ledger, storage::Query selection, Closing closing,
                std::vector<LateMonth> late, const std::vector<RecordColumn>& columns)
      : ledger_(ledger),
        selection_(std::move(selection)),
        closing_(std::move(closing)),
        late_(std::move(late)),
        filler_(with_class(columns)) {}

  const Schema& schema() const override { return filler_.schema(); }

  Result<void> rows(const Visitor& visit) override {
    correcting_ = false;
    if (auto done = open_months(visit); !done) return done;
    correcting_ = true;
    for (const LateMonth& month : late_) {
      if (month.last_known < selection_.range.from) continue;
      if (auto done = corrections_of(month, visit); !done) return done;
    }
    return {};
  }

 private:
  /// The column of classes reads its word here.
  std::vector<RecordColumn> with_class(std::vector<RecordColumn> columns) const {
    for (RecordColumn& column : columns) {
      if (column.column.name != kClassColumn) continue;
      column.fill = [this](const RecordBatch& batch, Batch::Values& into, Scratch&) {
        into.text.assign(batch.rows, correcting_ ? "Correction" : std::string_view());
        into.null.assign(batch.rows, correcting_ ? 0 : 1);
      };
    }
    return columns;
  }

  Result<void> open_months(const Visitor& visit) {
    const auto extent = ledger_.extent();
    if (!extent) return fail(extent.error());
    if (!*extent) return {};
    const Instant to = std::min(selection_.range.to, (*extent)->to);
    for (Instant at = std::max(selection_.range.from, (*extent)->from); at < to;) {
      const TimeRange month = month_of(closing_, at);
      storage::Query known = selection_;
      known.range = {at, std::min(to, month.to)};
      const Instant last = closes(closing_, month) - Microseconds(1);
      known.as_of = known.as_of ? std::min(*known.as_of, last) : last;
      auto scanned = ledger_.scan_batches(known, filler_.wanted(), [&](const RecordBatch& records) {
        return visit(filler_.fill(records));
      });
      if (!scanned) return scanned;
      at = month.to;
    }
    return {};
  }

  Result<void> corrections_of(const LateMonth& month, const Visitor& visit) {
    storage::RecordBatchBuilder records(filler_.wanted());
    const Instant closed = closes(closing_, month_of(closing_, month.used.from));
    storage::Query query = selection_;
    query.range = month.used;
    Result<void> visited;
    const auto hand_over = [&] {
      visited = visit(filler_.fill(records.batch()));
      records.clear();
      return visited.has_value();
    };
    const auto scanned = ledger_.scan(query, [&](const StoredRecord& record) {
      for (std::size_t place = 0; place < record.history.size(); ++place) {
        const Instant known = record.history[place].recorded_at;
        if (known < closed || !selection_.range.contains(known)) continue;
        add_correction(record, place, records);
      }
      return records.rows() < kRowsPerBatch || hand_over();
    });
    if (!visited) return visited;
    if (!scanned) return scanned;
    if (records.rows() > 0) hand_over();
    return visited;
  }

  const storage::Ledger& ledger_;
  storage::Query selection_;
  Closing closing_;
  std::vector<LateMonth> late_;
  bool correcting_ = false;
  ColumnFiller filler_;
};

}  // namespace

Result<std::vector<LateMonth>> late_months(const storage::Ledger& ledger,
                                           const storage::Query& selection,
                                           const Closing& closing) {
  storage::Query all = selection;
  all.range = {};  // What a range's months correct may be of any time.
  RecordColumnsWanted wanted;
  wanted.add(storage::RecordColumn::at).add(storage::RecordColumn::recorded_at);
  wanted.add(storage::RecordColumn::corrected_at);
  std::map<Instant, LateMonth> late;
  TimeRange month{Instant{}, Instant{}};  // Of the row before: neighbours mostly share it.
  Instant closed{};
  const auto scanned = ledger.scan_batches(all, wanted, [&](const RecordBatch& batch) {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const Instant at{Microseconds(batch.at[row])};
      if (!month.contains(at)) {
        month = month_of(closing, at);
        closed = closes(closing, month);
      }
      const Instant known{Microseconds(std::max(batch.recorded_at[row], batch.corrected_at[row]))};
      if (known < closed) continue;
      LateMonth& here = late.try_emplace(month.from, LateMonth{month, known}).first->second;
      here.last_known = std::max(here.last_known, known);
    }
    return Result<void>();
  });
  if (!scanned) return fail(scanned.error());
  std::vector<LateMonth> months;
  for (const auto& [from, one] : late) months.push_back(one);
  return months;
}

Result<std::unique_ptr<TableSource>> corrected_rows(const storage::Ledger& ledger,
                                                    storage::Query selection,
                                                    const Closing& closing,
                                                    std::vector<LateMonth> late,
                                                    const std::vector<std::string>& columns) {
  std::vector<RecordColumn> all = record_columns();
  all.push_back({{std::string(kClassColumn), ColumnType::text, 0},
                 [](RecordColumnsWanted&) {},
                 [](const RecordBatch&, Batch::Values&, Scratch&) {}});
  std::vector<std::string> names;
  for (const RecordColumn& column : all) names.push_back(column.column.name);
  const auto places = chosen_columns(names, columns);
  if (!places) return fail(places.error());
  std::vector<RecordColumn> chosen;
  for (const std::size_t place : *places) chosen.push_back(std::move(all[place]));
  return std::make_unique<CorrectedRows>(ledger, std::move(selection), closing, std::move(late),
                                         chosen);
}

}  // namespace costops::exports
