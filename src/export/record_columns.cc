#include "export/record_columns.h"

#include "costops/json/json.h"

namespace costops::exports {
namespace {

using storage::RecordBatch;
using storage::RecordColumnsWanted;
using Values = Batch::Values;
using From = storage::RecordColumn;

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

Column text_column(std::string name) { return {std::move(name), ColumnType::text, 0}; }
Column whole_column(std::string name) { return {std::move(name), ColumnType::integer, 0}; }
Column time_column(std::string name) { return {std::move(name), ColumnType::instant, 0}; }
Column money_column(std::string name) {
  return {std::move(name), ColumnType::decimal, kMoneyScale};
}

std::function<void(RecordColumnsWanted&)> want(From column) {
  return [column](RecordColumnsWanted& wanted) { wanted.add(column); };
}

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

RecordColumn of_texts(std::string name, From from, Texts texts) {
  return {text_column(std::move(name)), want(from),
          [texts](const RecordBatch& batch, Values& into, Scratch&) {
            copy_texts(batch.*texts, into);
          }};
}

RecordColumn of_numbers(Column column, From from, Numbers numbers) {
  return {std::move(column), want(from),
          [numbers](const RecordBatch& batch, Values& into, Scratch&) {
            copy_whole(batch.*numbers, into);
          }};
}

RecordColumn of_dimension(Dimension dimension) {
  const auto d = static_cast<std::size_t>(dimension);
  return {text_column(std::string(to_string(dimension))),
          [d](RecordColumnsWanted& wanted) { wanted.dimensions.set(d); },
          [d](const RecordBatch& batch, Values& into, Scratch&) {
            copy_texts(batch.dimensions[d], into);
          }};
}

RecordColumn of_meter(Meter meter) {
  const auto m = static_cast<std::size_t>(meter);
  return {whole_column(std::string(to_string(meter))),
          [m](RecordColumnsWanted& wanted) { wanted.meters.set(m); },
          [m](const RecordBatch& batch, Values& into, Scratch&) {
            into.whole = batch.quantities[m];
            into.whole.resize(batch.rows, 0);
          }};
}

template <typename Sum>
RecordColumn of_cost(std::string name, Sum sum) {
  return {money_column(std::move(name)), want(From::pico),
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
  return {text_column("id"), want(From::ids),
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
RecordColumn of_status(std::string name, From from, std::vector<Status> RecordBatch::*statuses) {
  return {text_column(std::move(name)), want(from),
          [statuses](const RecordBatch& batch, Values& into, Scratch&) {
            into.text.resize(batch.rows);
            for (std::size_t row = 0; row < batch.rows; ++row) {
              into.text[row] = to_string((batch.*statuses)[row]);
            }
          }};
}

RecordColumn reported_cost_column() {
  return {money_column("reported_cost"), want(From::reported),
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
  return {text_column("other_quantities"),
          [](RecordColumnsWanted& wanted) {
            for (std::size_t m = 0; m < kMeterCount; ++m) {
              if (!has_own_column(static_cast<Meter>(m))) wanted.meters.set(m);
            }
          },
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

}  // namespace

std::vector<RecordColumn> record_columns() {
  std::vector<RecordColumn> all;
  all.push_back(id_column());
  all.push_back(of_numbers(time_column("used_at"), From::at, &RecordBatch::at));
  for (const Dimension d :
       {Dimension::provider, Dimension::model, Dimension::model_version, Dimension::organization,
        Dimension::project, Dimension::user, Dimension::session, Dimension::tags,
        Dimension::service_tier, Dimension::region, Dimension::speed}) {
    all.push_back(of_dimension(d));
  }
  for (const Meter meter : kOwnColumn) all.push_back(of_meter(meter));
  all.push_back(other_quantities_column());
  all.push_back(of_texts("currency", From::currencies, &RecordBatch::currencies));
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
  all.push_back(of_texts("reported_currency", From::reported, &RecordBatch::reported_currencies));
  all.push_back(of_status("status", From::status, &RecordBatch::status));
  all.push_back(of_texts("unpriced_reason", From::reasons, &RecordBatch::reasons));
  all.push_back(of_texts("price_id", From::price_ids, &RecordBatch::price_ids));
  all.push_back(of_status("call_status", From::call_status, &RecordBatch::call_status));
  all.push_back(of_numbers(whole_column("latency_ms"), From::latency_ms, &RecordBatch::latency_ms));
  all.push_back(of_numbers(whole_column("time_to_first_token_ms"), From::time_to_first_token_ms,
                           &RecordBatch::time_to_first_token_ms));
  all.push_back(of_texts("source_id", From::source_ids, &RecordBatch::source_ids));
  for (const Dimension d : {Dimension::source_kind, Dimension::source_endpoint, Dimension::file}) {
    all.push_back(of_dimension(d));
  }
  all.push_back(of_numbers(whole_column("line"), From::line, &RecordBatch::line));
  all.push_back(
      of_numbers(time_column("recorded_at"), From::recorded_at, &RecordBatch::recorded_at));
  all.push_back(
      of_numbers(time_column("corrected_at"), From::corrected_at, &RecordBatch::corrected_at));
  all.push_back(of_texts("metadata", From::metadata, &RecordBatch::metadata));
  return all;
}

ColumnFiller::ColumnFiller(std::vector<RecordColumn> columns) : columns_(std::move(columns)) {
  for (const RecordColumn& column : columns_) {
    schema_.columns.push_back(column.column);
    column.want(wanted_);
  }
  schema_.amount_column = schema_.index_of("total_cost");
  schema_.currency_column = schema_.index_of("currency");
  batch_.columns.resize(columns_.size());
}

const Batch& ColumnFiller::fill(const storage::RecordBatch& records) {
  batch_.rows = records.rows;
  scratch_.clear();
  scratch_.reserve(records.rows + columns_.size());  // Views into it must stay.
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    columns_[c].fill(records, batch_.columns[c], scratch_);
  }
  return batch_;
}

}  // namespace costops::exports
