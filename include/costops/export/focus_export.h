// focus_export.h - the ledger as a FOCUS dataset: one row per day, account, SKU price and owner.
//
// Costs stand apart: list (the published price), contracted (what was agreed), billed (what the
// invoice says: 0 where prepaid credits pay) and effective (what the usage cost in the end). Billed
// and effective are the ledger's own sums, to the last digit; list and contracted are unit price
// x quantity, exactly as printed, which FOCUS demands.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "costops/export/focus_settings.h"
#include "costops/export/table.h"
#include "costops/pricing/price_book.h"
#include "costops/storage/ledger.h"

namespace costops::focus {

enum class Version : std::uint8_t { v1_2, v1_3, v1_4 };
[[nodiscard]] std::string_view to_string(Version version);
/// "1.2", "1.3", "1.4". Fails with invalid_input.
[[nodiscard]] Result<Version> parse_version(std::string_view word);

/// replace: each month as it is known now. correct: a month is closed some days after its end;
/// what the ledger learned later stands as ChargeClass "Correction" in the month in which it did,
/// so that a closed month never changes. A range then holds the usage of its time as the open month
/// knew it, and the corrections that were recorded in its time, so that ranges side by side add up
/// to the whole.
enum class Late : std::uint8_t { replace, correct };

/// vantage: the 25 columns of Vantage's custom providers.
enum class Preset : std::uint8_t { none, vantage };
/// What Vantage takes in one file, read 2026-10 in its documentation of custom providers.
inline constexpr std::uint64_t kVantageRowsMax = 10'000;
inline constexpr std::uint64_t kVantageBytesMax = 2 * 1024 * 1024;

struct ExportRequest {
  Version version = Version::v1_2;
  Preset preset = Preset::none;
  Late late = Late::replace;
  Grain bucket = Grain::day;   ///< Of the charge period: hour or day, in UTC.
  storage::Query selection{};  ///< Range of usage times, filters, as_of.
  /// List prices of usage that a price of one's own was used for; null: that price is the list's.
  const pricing::PriceBook* list_prices = nullptr;
};

struct ExportFacts {
  std::uint64_t rows = 0;
  std::uint64_t records = 0;
  /// Records with quantities that no price covers: those quantities are not in the dataset.
  std::uint64_t unpriced = 0;
  CurrencyTotals usage;  ///< What the ledger says that the exported usage costs.
  CurrencyTotals billed, effective;
};

/// A dataset in memory: as large as its rows, which are sums, not records. Rows come in the order
/// of charge period, account and SKU; the same ledger gives the same rows.
class Dataset final : public exports::TableSource {
 public:
  /// Fails with not_found, naming the entry that is missing, if the settings have no account for a
  /// provider of the ledger; with invalid_input for a bucket that is neither hour nor day;
  /// otherwise like Ledger::scan and accounting::ChargeReader::charges.
  [[nodiscard]] static Result<Dataset> of(const storage::Ledger& ledger, const Settings& settings,
                                          const ExportRequest& request);
  Dataset(Dataset&&) noexcept;
  ~Dataset() override;

  [[nodiscard]] const exports::Schema& schema() const override;
  [[nodiscard]] Result<void> rows(const Visitor& visit) override;
  [[nodiscard]] const ExportFacts& facts() const;

 private:
  struct State;
  explicit Dataset(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Bytes of CSV cut into files that each begin with the header, between records: a line break
/// inside quotes is none.
struct CsvLimits {
  std::uint64_t rows_max = 0;   ///< Per file, without the header; 0: no limit.
  std::uint64_t bytes_max = 0;  ///< Per file, with the header; 0: no limit.
};
class CsvParts {
 public:
  /// Takes each finished part. Its number counts from 1.
  using Visitor = std::function<Result<void>(std::uint64_t number, std::string_view csv)>;
  CsvParts(CsvLimits limits, Visitor visit);
  ~CsvParts();
  CsvParts(CsvParts&&) noexcept;
  CsvParts& operator=(CsvParts&&) = delete;
  /// Fails with unsupported if one record alone is beyond the limit of bytes.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Hands on what is left; a dataset without rows is one part, the header.
  [[nodiscard]] Result<std::uint64_t> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The metadata that FOCUS wants beside a dataset, as JSON: schema, version, types and places of
/// the columns.
[[nodiscard]] std::string metadata_of(const exports::Schema& schema, Version version,
                                      std::string_view generator_version);

}  // namespace costops::focus
