// ledger_export.h - a ledger, or a part of it, as files: exact, whole, and the same bytes each
// time.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "costops/accounting/report.h"
#include "costops/compression/codec.h"
#include "costops/export/output_file.h"
#include "costops/export/table.h"
#include "costops/export/writer.h"

namespace costops::exports {

struct ExportRequest {
  /// Range, filters, zone, as_of. With groups or a grain, a row per group; else a row per record.
  accounting::ReportRequest selection;
  std::vector<std::string> columns;  ///< None: all.
  Format format = Format::csv;
  compression::Codec compression = compression::Codec::identity;
  WriterOptions writer;
  /// A file; a folder with a partition; "-": bytes go to standard_output.
  std::string output;
  enum class Partition : std::uint8_t { none, month } partition = Partition::none;
  /// What became known after a month closed: replaces its rows, or stands as differences in the
  /// month in which it became known (see corrected_rows). Groups know `replace` only.
  enum class Late : std::uint8_t { replace, correct } late = Late::replace;
  std::int64_t closes_after_days = 3;
  std::uint64_t rows_per_file_max = 0;  ///< 0: any number. More go to name-00002.csv and so on.
  /// Written beside the file, last; a partitioned export always has one.
  enum class Manifest : std::uint8_t { no, yes } manifest = Manifest::no;
  std::string program_version, price_book;  ///< For the manifest.
  compression::Sink standard_output;
  /// Set: stop at the next batch of rows, before anything new takes its place; null: never.
  const std::atomic<bool>* cancel = nullptr;
};

struct ExportedFile {
  std::string path;  ///< Relative to the manifest's folder.
  std::uint64_t rows = 0;
  FileFacts facts;  ///< The SHA-256 only where there is a manifest.
  CurrencyTotals totals;
};

struct ExportReport {
  std::vector<ExportedFile> files;
  std::uint64_t rows = 0;
  std::uint64_t unpriced = 0;  ///< Records among those exported.
  CurrencyTotals totals;
  std::uint64_t partitions_unchanged = 0;
  std::string manifest;  ///< What was written as the manifest; "" without one.
};

/// Exports. Files that are complete replace old ones at once; after a failure or a crash the old
/// ones are there. A partition whose records did not change since the folder's manifest stays
/// untouched. With no rows nothing is written but what was asked for on standard output.
/// Fails with invalid_input (unknown column; compression of a format that is compressed itself;
/// corrections of groups),
/// io_error, cancelled, conflict (the folder holds an export of another kind).
[[nodiscard]] Result<ExportReport> export_ledger(const storage::Ledger& ledger,
                                                 const ExportRequest& request);

/// The manifest of files that hold a table: JSON, the same for the same files. Paths are shown
/// without folders; `records` is what the rows were made of.
[[nodiscard]] std::string manifest_of(const ExportRequest& request, const Schema& schema,
                                      std::vector<ExportedFile> files, std::uint64_t records);

/// The same for any table: one file or a series of them, no partitions, no manifest.
[[nodiscard]] Result<std::vector<ExportedFile>> export_table(TableSource& source,
                                                             const ExportRequest& request);

}  // namespace costops::exports
