// duckdb_entries.h - reading records with their adjustments, folded into what they are now.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "costops/storage/ledger.h"
#include "storage/duck.h"
#include "storage/duckdb_schema.h"
#include "storage/duckdb_texts.h"

namespace costops::storage {

using CostColumns = std::array<std::int64_t, kCostClassCount>;

/// The part of a record that adjustments change, with the ledger's numbers for texts.
struct Standing {
  std::int32_t currency = 0;
  PricingStatus status = PricingStatus::unpriced;
  std::int32_t price = 0;
  std::int32_t reason = 0;
  Quantities quantities{};
  CostColumns costs{};
  Int128 reported = 0;
  std::int32_t reported_currency = 0;  ///< 0: none reported.
  friend bool operator==(const Standing&, const Standing&) = default;
};

/// A record after one line of its history.
struct Line {
  std::int64_t recorded_at = 0;
  std::string why;
  Standing standing;
};

/// One record as the tables hold it, with its lines, oldest first.
struct FoldedRecord {
  RecordId id;
  std::int64_t at = 0;
  bool at_given = false;
  std::array<std::int32_t, kDimensionCount> dimensions{};
  bool grows = false;
  CallStatus call_status = CallStatus::ok;
  std::int64_t context_window = 0;
  std::optional<std::int64_t> latency_ms, time_to_first_token_ms, ingested_at;
  std::int64_t line = 0;
  std::string source_id, metadata;
  bool source_id_follows = false;  ///< It is the UUID that the id was made of.
  std::vector<Line> lines;
};

/// Reads `SELECT * FROM entries ...` ordered by id (within anything else), then entry, and hands
/// on whole records until `visit` says false. `side` is a second connection, for other_quantities.
using FoldedVisitor = std::function<Result<bool>(const FoldedRecord&)>;
[[nodiscard]] Result<void> fold_entries(duck::Rows rows, duck::Connection& side,
                                        const FoldedVisitor& visit);

/// Puts ids into the temporary table `probe` of a connection.
[[nodiscard]] Result<void> fill_probe(duck::Connection& connection, std::span<const RecordId> ids);

/// Turns folded records into records with texts. One thread at a time.
class RecordTexts {
 public:
  explicit RecordTexts(duck::Connection& connection);
  [[nodiscard]] Result<StoredRecord> stored(const FoldedRecord& folded);
  [[nodiscard]] Result<Currency> currency(std::int32_t number);

 private:
  [[nodiscard]] Result<std::string> price_id(std::int32_t number);
  [[nodiscard]] Result<std::vector<std::string>> tags(std::int32_t list);
  [[nodiscard]] Result<HistoryLine> history_line(const Line& line);

  duck::Connection& connection_;
  std::vector<Texts> dimensions_;
  Texts currencies_, reasons_;
  std::unordered_map<std::int32_t, std::string> price_ids_;
  std::unordered_map<std::int32_t, std::vector<std::string>> tag_lists_;
};

}  // namespace costops::storage
