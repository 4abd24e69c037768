// duckdb_entries.cc - entries (records and signed adjustments) back into records.
#include "storage/duckdb_entries.h"

#include <algorithm>

#include "storage/record_dimensions.h"

namespace costops::storage {
namespace {

// Columns of the view `entries`, in its order.
enum Column : std::size_t {
  kEntry,
  kId,
  kRecordedAt,
  kAt,
  kAtGiven,
  kDimensions,
  kCurrency = kDimensions + kDimensionCount,
  kStatus,
  kPrice,
  kReason,
  kMeters,
  kMore = kMeters + kColumnMeters.size(),
  kCosts,
  kReported = kCosts + kCostClassCount,
  kReportedCurrency,
  kWhy,
  kRecords,
  kUnpriced,
  kGrows,
  kCallStatus,
  kContextWindow,
  kLatency,
  kFirstToken,
  kIngestedAt,
  kLine,
  kSourceId,
  kMetadata
};

/// Quantities of entries that are not in columns, by entry.
using SideQuantities =
    std::unordered_map<std::int64_t, std::vector<std::pair<Meter, std::int64_t>>>;

Result<SideQuantities> side_quantities(duck::Connection& side, const duck::Rows& rows) {
  SideQuantities found;
  std::string wanted;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows.column<bool>(kMore)[row]) continue;
    if (!wanted.empty()) wanted += ',';
    wanted += std::to_string(rows.column<std::int64_t>(kEntry)[row]);
  }
  if (wanted.empty()) return found;
  auto select = side.prepare(
      "SELECT q.entry, m.value, q.quantity FROM other_quantities q "
      "JOIN meters m ON m.id = q.meter_id WHERE q.entry IN (" +
      wanted + ")");
  if (!select) return fail(select.error());
  auto quantities = select->run();
  if (!quantities) return fail(quantities.error());
  for (auto more = quantities->next(); !more || *more; more = quantities->next()) {
    if (!more) return fail(more.error());
    for (std::size_t row = 0; row < quantities->size(); ++row) {
      const auto meter = parse_meter(quantities->text(1, row));
      if (!meter) {
        return fail(ErrorCode::unsupported, "the ledger counts \"" +
                                                std::string(quantities->text(1, row)) +
                                                "\", which this cost-ops does not know");
      }
      found[quantities->column<std::int64_t>(0)[row]].emplace_back(
          *meter, quantities->column<std::int64_t>(2)[row]);
    }
  }
  return found;
}

std::optional<std::int64_t> optional_at(const duck::Rows& rows, std::size_t column,
                                        std::size_t row) {
  if (rows.is_null(column, row)) return std::nullopt;
  return rows.column<std::int64_t>(column)[row];
}

void begin_record(const duck::Rows& rows, std::size_t row, FoldedRecord& record) {
  record.id = duck::id_of(rows.column<duckdb_hugeint>(kId)[row]);
  record.at = rows.column<std::int64_t>(kAt)[row];
  record.at_given = rows.column<bool>(kAtGiven)[row];
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    record.dimensions[d] = rows.column<std::int32_t>(kDimensions + d)[row];
  }
  record.grows = rows.column<bool>(kGrows)[row];
  record.call_status = static_cast<CallStatus>(rows.column<std::int8_t>(kCallStatus)[row]);
  record.context_window = rows.column<std::int64_t>(kContextWindow)[row];
  record.latency_ms = optional_at(rows, kLatency, row);
  record.time_to_first_token_ms = optional_at(rows, kFirstToken, row);
  record.ingested_at = optional_at(rows, kIngestedAt, row);
  record.line = rows.column<std::int64_t>(kLine)[row];
  record.source_id_follows = rows.is_null(kSourceId, row);
  record.source_id = record.source_id_follows ? std::string_view() : rows.text(kSourceId, row);
  record.metadata = rows.text(kMetadata, row);
  record.lines.clear();
}

/// Adds an entry's measures to `standing` and takes over its words.
void apply(const duck::Rows& rows, std::size_t row, const SideQuantities& side,
           Standing& standing) {
  standing.currency = rows.column<std::int32_t>(kCurrency)[row];
  standing.status = static_cast<PricingStatus>(rows.column<std::int8_t>(kStatus)[row]);
  standing.price = rows.column<std::int32_t>(kPrice)[row];
  standing.reason = rows.column<std::int32_t>(kReason)[row];
  for (std::size_t i = 0; i < kColumnMeters.size(); ++i) {
    at(standing.quantities, kColumnMeters[i]) += rows.column<std::int64_t>(kMeters + i)[row];
  }
  const auto more = side.find(rows.column<std::int64_t>(kEntry)[row]);
  if (more != side.end()) {
    for (const auto& [meter, quantity] : more->second) at(standing.quantities, meter) += quantity;
  }
  for (std::size_t i = 0; i < kCostClassCount; ++i) {
    standing.costs[i] += rows.column<std::int64_t>(kCosts + i)[row];
  }
  standing.reported_currency = rows.column<std::int32_t>(kReportedCurrency)[row];
  if (!rows.is_null(kReported, row)) {
    standing.reported += duck::int128_of(rows.column<duckdb_hugeint>(kReported)[row]);
  }
}

}  // namespace

Result<void> fold_entries(duck::Rows rows, duck::Connection& side, const FoldedVisitor& visit) {
  FoldedRecord record;
  Standing standing;
  bool open = false;
  for (auto more = rows.next(); !more || *more; more = rows.next()) {
    if (!more) return fail(more.error());
    const auto quantities = side_quantities(side, rows);
    if (!quantities) return fail(quantities.error());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (!rows.is_null(kCallStatus, row)) {  // A record, not an adjustment.
        if (open) {
          const auto go_on = visit(record);
          if (!go_on) return fail(go_on.error());
          if (!*go_on) return {};
        }
        begin_record(rows, row, record);
        standing = {};
        open = true;
      }
      apply(rows, row, *quantities, standing);
      // The reversal half of a change of currency is no state of its own.
      if (rows.column<std::int32_t>(kRecords)[row] < 0) continue;
      record.lines.push_back({rows.column<std::int64_t>(kRecordedAt)[row],
                              std::string(rows.text(kWhy, row)), standing});
    }
  }
  if (!open) return {};
  const auto last = visit(record);
  if (!last) return fail(last.error());
  return {};
}

Result<void> fill_probe(duck::Connection& connection, std::span<const RecordId> ids) {
  static constexpr duck::Type kColumns[] = {duck::Type::uuid};
  if (auto made = connection.run("CREATE OR REPLACE TEMP TABLE probe (id UUID)"); !made) {
    return made;
  }
  auto appender = connection.appender("temp", "probe", kColumns);
  if (!appender) return fail(appender.error());
  for (std::size_t from = 0; from < ids.size(); from += duck::Appender::kBlockRows) {
    const std::size_t rows = std::min(ids.size() - from, duck::Appender::kBlockRows);
    auto* column = appender->column<duckdb_hugeint>(0);
    for (std::size_t row = 0; row < rows; ++row) column[row] = duck::uuid_of(ids[from + row]);
    if (auto appended = appender->append_block(rows); !appended) return appended;
  }
  return appender->finish();
}

// --- RecordTexts ---

RecordTexts::RecordTexts(duck::Connection& connection)
    : connection_(connection), currencies_("currencies"), reasons_("reasons") {
  for (std::size_t d = 0; d < kDimensionCount; ++d) {
    dimensions_.emplace_back(std::string(text_table(static_cast<Dimension>(d))));
  }
}

Result<std::string> RecordTexts::price_id(std::int32_t number) {
  const auto known = price_ids_.find(number);
  if (known != price_ids_.end()) return known->second;
  auto select = connection_.prepare("SELECT id FROM prices_used WHERE number = ?");
  if (!select) return fail(select.error());
  auto rows = select->bind(std::int64_t{number}).run();
  if (!rows) return fail(rows.error());
  const auto found = rows->next();
  if (!found) return fail(found.error());
  return price_ids_[number] = *found ? std::string(rows->text(0, 0)) : std::string();
}

Result<std::vector<std::string>> RecordTexts::tags(std::int32_t list) {
  const auto known = tag_lists_.find(list);
  if (known != tag_lists_.end()) return known->second;
  auto select =
      connection_.prepare("SELECT tag FROM tag_members WHERE list_id = ? ORDER BY position");
  if (!select) return fail(select.error());
  auto rows = select->bind(std::int64_t{list}).run();
  if (!rows) return fail(rows.error());
  std::vector<std::string> tags;
  for (auto more = rows->next(); !more || *more; more = rows->next()) {
    if (!more) return fail(more.error());
    for (std::size_t row = 0; row < rows->size(); ++row) tags.emplace_back(rows->text(0, row));
  }
  if (tag_lists_.size() > TextNumbers::kRemembered) tag_lists_.clear();
  return tag_lists_[list] = std::move(tags);
}

Result<Currency> RecordTexts::currency(std::int32_t number) {
  const auto code = currencies_.text(connection_, number);
  if (!code) return fail(code.error());
  if (code->empty()) return Currency();
  return Currency::parse(*code);
}

Result<HistoryLine> RecordTexts::history_line(const Line& line) {
  HistoryLine out;
  out.recorded_at = Instant(Microseconds(line.recorded_at));
  out.what = line.why;
  out.status = line.standing.status;
  out.quantities = line.standing.quantities;
  for (std::size_t i = 0; i < kCostClassCount; ++i) {
    out.costs.by_class[i] = Amount::pico(line.standing.costs[i]);
  }
  out.price = line.standing.price;
  if (line.standing.reported_currency != 0) {
    const auto reported = currency(line.standing.reported_currency);
    if (!reported) return fail(reported.error());
    out.reported_cost = Money{Amount::pico(line.standing.reported), *reported};
  }
  const auto reason = reasons_.text(connection_, line.standing.reason);
  if (!reason) return fail(reason.error());
  out.reason = *reason;
  const auto code = currency(line.standing.currency);
  if (!code) return fail(code.error());
  out.currency = *code;
  if (out.price == 0) return out;
  const auto id = price_id(out.price);
  if (!id) return fail(id.error());
  out.price_id = *id;
  return out;
}

Result<StoredRecord> RecordTexts::stored(const FoldedRecord& folded) {
  StoredRecord out;
  UsageRecord& usage = out.usage;
  Result<void> read;
  for_each_dimension_text(usage, [&](Dimension d, std::string& field) {
    const auto number = static_cast<std::size_t>(d);
    const auto found = dimensions_[number].text(connection_, folded.dimensions[number]);
    if (found) {
      field = *found;
    } else {
      read = fail(found.error());
    }
  });
  if (!read) return fail(read.error());
  usage.position.line = static_cast<std::uint64_t>(folded.line);
  auto tag_list = tags(folded.dimensions[static_cast<std::size_t>(Dimension::tags)]);
  if (!tag_list) return fail(tag_list.error());
  usage.tags = std::move(*tag_list);

  out.at = Instant(Microseconds(folded.at));
  usage.id = folded.id;
  usage.grows = folded.grows;
  usage.source_id = folded.source_id_follows ? uuid_text(turned(folded.id, usage.organization))
                                             : folded.source_id;
  if (folded.at_given) usage.at = out.at;
  usage.context_window = folded.context_window;
  usage.metadata = folded.metadata;
  usage.status = folded.call_status;
  usage.latency_ms = folded.latency_ms;
  usage.time_to_first_token_ms = folded.time_to_first_token_ms;
  if (folded.ingested_at) usage.ingested_at = Instant(Microseconds(*folded.ingested_at));
  for (const Line& line : folded.lines) {
    auto history = history_line(line);
    if (!history) return fail(history.error());
    out.history.push_back(std::move(*history));
  }
  usage.quantities = out.history.back().quantities;
  usage.reported_cost = out.history.back().reported_cost;
  return out;
}

}  // namespace costops::storage
