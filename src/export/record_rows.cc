// record_rows.cc - the columns of a record, each filled for a whole batch at a time.
#include <functional>

#include "costops/export/ledger_rows.h"
#include "costops/json/json.h"
#include "export/column_choice.h"

namespace costops::exports {
namespace {

using storage::RecordBatch;
using storage::RecordTextsWanted;
using Values = Batch::Values;

/// Meters with a column of their own; the others share other_quantities.
constexpr Meter kOwnColumn[] = {Meter::input_tokens_uncached,   Meter::cache_read_tokens,
                                Meter::cache_write_tokens,      Meter::cache_write_5m_tokens,
                                Meter::cache_write_1h_tokens,   Meter::output_tokens,
                                Meter::output_reasoning_tokens, Meter::requests};

bool has_own_column(Meter meter) {
  for (const Meter own : kOwnColumn) {
    if (own == meter) return true;
  }
  return false;
}

/// Texts made here live as long as the batch.
using Scratch = std::vector<std::string>;

struct RecordColumn {
  Column column;
  std::function<void(RecordTextsWanted&)> want;
  std::function<void(const RecordBatch&, Values&, Scratch&)> fill;
};

Column text_column(std::string name) { return {std::move(name), ColumnType::text, 0}; }
Column whole_column(std::string name) { return {std::move(name), ColumnType::integer, 0}; }
Column time_column(std::string name) { return {std::move(name), ColumnType::instant, 0}; }
Column money_column(std::string name) {
  return {std::move(name), ColumnType::decimal, kMoneyScale};
}

void want_nothing(RecordTextsWanted&) {}

/// "": unassigned or unknown is no value.
void copy_texts(const std::vector<std::string_view>& texts, Values& into) {
  into.text = texts;
  into.null.clear();
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (!texts[row].empty()) continue;
    into.null.resize(texts.size(), 0);
    into.null[row] = 1;
  }
}

void copy_whole(const std::vector<std::int64_t>& numbers, Values& into) {
  into.whole = numbers;
  into.null.clear();
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (numbers[row] != UsageBatch::kNone) continue;
    into.null.resize(numbers.size(), 0);
    into.null[row] = 1;
  }
}

using Texts = std::vector<std::string_view> RecordBatch::*;
using Numbers = std::vector<std::int64_t> RecordBatch::*;

RecordColumn of_texts(std::string name, Texts texts) {
  return {text_column(std::move(name)), want_nothing,
          [texts](const RecordBatch& batch, Values& into, Scratch&) {
            copy_texts(batch.*texts, into);
          }};
}

RecordColumn of_numbers(Column column, Numbers numbers) {
  return {std::move(column), want_nothing,
          [numbers](const RecordBatch& batch, Values& into, Scratch&) {
            copy_whole(batch.*numbers, into);
          }};
}

RecordColumn of_dimension(Dimension dimension) {
  const auto d = static_cast<std::size_t>(dimension);
  return {text_column(std::string(to_string(dimension))),
          [d](RecordTextsWanted& wanted) { wanted.dimensions.set(d); },
          [d](const RecordBatch& batch, Values& into, Scratch&) {
            copy_texts(batch.dimensions[d], into);
          }};
}

RecordColumn of_meter(Meter meter) {
  const auto m = static_cast<std::size_t>(meter);
  return {whole_column(std::string(to_string(meter))), want_nothing,
          [m](const RecordBatch& batch, Values& into, Scratch&) {
            into.whole = batch.quantities[m];
            into.whole.resize(batch.rows, 0);
          }};
}

template <typename Sum>
RecordColumn of_cost(std::string name, Sum sum) {
  return {money_column(std::move(name)), want_nothing,
          [sum](const RecordBatch& batch, Values& into, Scratch&) {
            into.decimal.resize(batch.rows);
            for (std::size_t row = 0; row < batch.rows; ++row) {
              into.decimal[row] = sum(batch, row);
            }
          }};
}

Int128 pico_of(const RecordBatch& batch, CostClass cost_class, std::size_t row) {
  return batch.pico[static_cast<std::size_t>(cost_class)][row];
}

RecordColumn id_column() {
  return {text_column("id"), want_nothing,
          [](const RecordBatch& batch, Values& into, Scratch& scratch) {
            static constexpr char kDigits[] = "0123456789abcdef";
            constexpr std::size_t kWidth = 32;
            std::string& all = scratch.emplace_back(batch.rows * kWidth, '0');
            for (std::size_t row = 0; row < batch.rows; ++row) {
              char* digit = all.data() + row * kWidth;
              for (const std::uint64_t half : {batch.ids[row].high, batch.ids[row].low}) {
                for (int shift = 60; shift >= 0; shift -= 4) {
                  *digit++ = kDigits[half >> shift & 15];
                }
              }
            }
            into.text.resize(batch.rows);
            for (std::size_t row = 0; row < batch.rows; ++row) {
              into.text[row] = std::string_view(all).substr(row * kWidth, kWidth);
            }
          }};
}

template <typename Status>
RecordColumn of_status(std::string name, std::vector<Status> RecordBatch::*statuses) {
  return {text_column(std::move(name)), want_nothing,
          [statuses](const RecordBatch& batch, Values& into, Scratch&) {
            into.text.resize(batch.rows);
            for (std::size_t row = 0; row < batch.rows; ++row) {
              into.text[row] = to_string((batch.*statuses)[row]);
            }
          }};
}

RecordColumn reported_cost_column() {
  return {money_column("reported_cost"), want_nothing,
          [](const RecordBatch& batch, Values& into, Scratch&) {
            into.decimal = batch.reported_pico;
            into.null.assign(batch.rows, 0);
            for (std::size_t row = 0; row < batch.rows; ++row) {
              into.null[row] = batch.reported_currencies[row].empty();
            }
          }};
}

/// {"input_images":2}: meters without a column, in the order of their names; none: null.
RecordColumn other_quantities_column() {
  return {text_column("other_quantities"), want_nothing,
          [](const RecordBatch& batch, Values& into, Scratch& scratch) {
            into.text.assign(batch.rows, {});
            into.null.assign(batch.rows, 1);
            std::vector<std::size_t> counted;
            for (std::size_t m = 0; m < kMeterCount; ++m) {
              if (!batch.quantities[m].empty() && !has_own_column(static_cast<Meter>(m))) {
                counted.push_back(m);
              }
            }
            if (counted.empty()) return;
            for (std::size_t row = 0; row < batch.rows; ++row) {
              std::string text;
              for (const std::size_t m : counted) {
                if (batch.quantities[m][row] == 0) continue;
                const auto meter = static_cast<Meter>(m);
                text += text.empty() ? "{\"" : ",\"";
                text.append(to_string(meter)).append("\":");
                text += quantity_text(meter, batch.quantities[m][row]);
              }
              if (text.empty()) continue;
              into.text[row] = scratch.emplace_back(text + "}");
              into.null[row] = 0;
            }
          }};
}

std::vector<RecordColumn> all_columns() {
  std::vector<RecordColumn> all;
  all.push_back(id_column());
  all.push_back(of_numbers(time_column("used_at"), &RecordBatch::at));
  for (const Dimension d :
       {Dimension::provider, Dimension::model, Dimension::model_version, Dimension::organization,
        Dimension::project, Dimension::user, Dimension::session, Dimension::tags,
        Dimension::service_tier, Dimension::region, Dimension::speed}) {
    all.push_back(of_dimension(d));
  }
  for (const Meter meter : kOwnColumn) all.push_back(of_meter(meter));
  all.push_back(other_quantities_column());
  all.push_back(of_texts("currency", &RecordBatch::currencies));
  for (const CostClass c : {CostClass::input, CostClass::cache_read, CostClass::cache_write,
                            CostClass::output, CostClass::other}) {
    // "input" is uncached input here: the classes add up to the total.
    const std::string name = c == CostClass::input ? "uncached_input" : std::string(to_string(c));
    all.push_back(of_cost(name + "_cost", [c](const RecordBatch& batch, std::size_t row) {
      return pico_of(batch, c, row);
    }));
  }
  all.push_back(of_cost("total_cost", [](const RecordBatch& batch, std::size_t row) {
    Int128 sum = 0;
    for (const auto& column : batch.pico) sum += column[row];
    return sum;
  }));
  all.push_back(reported_cost_column());
  all.push_back(of_texts("reported_currency", &RecordBatch::reported_currencies));
  all.push_back(of_status("status", &RecordBatch::status));
  all.push_back(of_texts("unpriced_reason", &RecordBatch::reasons));
  all.push_back(of_texts("price_id", &RecordBatch::price_ids));
  all.push_back(of_status("call_status", &RecordBatch::call_status));
  all.push_back(of_numbers(whole_column("latency_ms"), &RecordBatch::latency_ms));
  all.push_back(
      of_numbers(whole_column("time_to_first_token_ms"), &RecordBatch::time_to_first_token_ms));
  RecordColumn source_id = of_texts("source_id", &RecordBatch::source_ids);
  source_id.want = [](RecordTextsWanted& wanted) { wanted.source_ids = true; };
  all.push_back(std::move(source_id));
  for (const Dimension d : {Dimension::source_kind, Dimension::source_endpoint, Dimension::file}) {
    all.push_back(of_dimension(d));
  }
  all.push_back(of_numbers(whole_column("line"), &RecordBatch::line));
  all.push_back(of_numbers(time_column("recorded_at"), &RecordBatch::recorded_at));
  all.push_back(of_numbers(time_column("corrected_at"), &RecordBatch::corrected_at));
  RecordColumn metadata = of_texts("metadata", &RecordBatch::metadata);
  metadata.want = [](RecordTextsWanted& wanted) { wanted.metadata = true; };
  all.push_back(std::move(metadata));
  return all;
}

class RecordRows final : public TableSource {
 public:
  RecordRows(const storage::Ledger& ledger, storage::Query selection,
             std::vector<RecordColumn> columns)
      : ledger_(ledger), selection_(std::move(selection)), columns_(std::move(columns)) {
    for (const RecordColumn& column : columns_) {
      schema_.columns.push_back(column.column);
      column.want(wanted_);
    }
    schema_.amount_column = schema_.index_of("total_cost");
    schema_.currency_column = schema_.index_of("currency");
  }

  const Schema& schema() const override { return schema_; }

  Result<void> rows(const Visitor& visit) override {
    Batch batch;
    batch.columns.resize(columns_.size());
    Scratch scratch;
    return ledger_.scan_batches(selection_, wanted_, [&](const RecordBatch& records) {
      batch.rows = records.rows;
      scratch.clear();
      scratch.reserve(records.rows + columns_.size());  // Views into it must stay.
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        columns_[c].fill(records, batch.columns[c], scratch);
      }
      return visit(batch);
    });
  }

 private:
  const storage::Ledger& ledger_;
  storage::Query selection_;
  std::vector<RecordColumn> columns_;
  RecordTextsWanted wanted_;
  Schema schema_;
};

}  // namespace

std::vector<std::string> record_column_names() {
  std::vector<std::string> names;
  for (const RecordColumn& column : all_columns()) names.push_back(column.column.name);
  return names;
}

Result<std::unique_ptr<TableSource>> record_rows(const storage::Ledger& ledger,
                                                 storage::Query selection,
                                                 const std::vector<std::string>& columns) {
  const auto places = chosen_columns(record_column_names(), columns);
  if (!places) return fail(places.error());
  std::vector<RecordColumn> all = all_columns();
  std::vector<RecordColumn> chosen;
  for (const std::size_t place : *places) chosen.push_back(std::move(all[place]));
  return std::make_unique<RecordRows>(ledger, std::move(selection), std::move(chosen));
}

}  // namespace costops::exports
