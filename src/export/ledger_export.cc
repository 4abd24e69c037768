// ledger_export.cc - selection -> rows -> files -> manifest. Each month's folder is written under
// a hidden name and then changes places with the old one; the manifest comes last, so that it
// never names what is not there.
#include "costops/export/ledger_export.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "costops/export/ledger_rows.h"
#include "export/manifest.h"
#include "export/parts.h"

namespace costops::exports {
namespace {

namespace fs = std::filesystem;

storage::Query query_of(const accounting::ReportRequest& selection) {
  storage::Query query;
  query.range = selection.range;
  query.filters = selection.filters;
  query.as_of = selection.as_of;
  return query;
}

/// Rows of a ledger for one request after the other, of the same kind: what is late is found once.
class RowSources {
 public:
  RowSources(const storage::Ledger& ledger, const ExportRequest& request)
      : ledger_(ledger),
        request_(request),
        closing_{request.selection.zone, request.closes_after_days} {}

  Result<void> prepare() {
    if (request_.late == ExportRequest::Late::replace) return {};
    if (grouped()) {
      return fail(ErrorCode::invalid_input,
                  "corrections are told record by record: leave out the groups, or let late data "
                  "replace");
    }
    auto late = late_months(ledger_, query_of(request_.selection), closing_);
    if (!late) return fail(late.error());
    late_ = std::move(*late);
    return {};
  }

  /// Rows of a part of the request's range.
  Result<std::unique_ptr<TableSource>> of(const accounting::ReportRequest& selection) const {
    if (!grouped()) return records(selection, request_.columns);
    auto report = accounting::report(ledger_, selection);
    if (!report) return fail(report.error());
    return group_rows(std::move(*report), request_.columns);
  }

  /// How many records there are and when they last changed.
  Result<PartitionState> state_of(const accounting::ReportRequest& selection) const {
    auto source = records(selection, {"recorded_at", "corrected_at"});
    if (!source) return fail(source.error());
    PartitionState state;
    const auto scanned = (*source)->rows([&](const Batch& batch) {
      state.records += batch.rows;
      for (const Batch::Values& times : batch.columns) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
          if (!times.is_null(row)) state.watermark = std::max(state.watermark, times.whole[row]);
        }
      }
      return Result<void>();
    });
    if (!scanned) return fail(scanned.error());
    return state;
  }

  /// When the last of what is late became known.
  [[nodiscard]] std::optional<Instant> last_known() const {
    std::optional<Instant> last;
    for (const LateMonth& month : late_)
      last = std::max(last.value_or(month.last_known), month.last_known);
    return last;
  }

 private:
  [[nodiscard]] bool grouped() const {
    return !request_.selection.group_by.empty() || request_.selection.grain;
  }
  Result<std::unique_ptr<TableSource>> records(const accounting::ReportRequest& selection,
                                               const std::vector<std::string>& columns) const {
    if (request_.late == ExportRequest::Late::replace) {
      return record_rows(ledger_, query_of(selection), columns);
    }
    return corrected_rows(ledger_, query_of(selection), closing_, late_, columns);
  }

  const storage::Ledger& ledger_;
  const ExportRequest& request_;
  Closing closing_;
  std::vector<LateMonth> late_;
};

void add_files(ExportReport& report, const std::vector<ExportedFile>& files) {
  for (const ExportedFile& file : files) {
    report.rows += file.rows;
    report.totals.add(file.totals);
    report.files.push_back(file);
  }
}

/// By a scan, as the rows themselves: a sum over the ledger would take the memory that it likes.
Result<void> count_unpriced(const storage::Ledger& ledger, const ExportRequest& request,
                            ExportReport& report) {
  storage::RecordColumnsWanted wanted;
  wanted.add(storage::RecordColumn::status);
  return ledger.scan_batches(
      query_of(request.selection), wanted, [&](const storage::RecordBatch& batch) {
        report.unpriced += static_cast<std::uint64_t>(
            std::count(batch.status.begin(), batch.status.end(), PricingStatus::unpriced));
        return Result<void>();
      });
}

/// The text that was written.
Result<std::string> write_manifest(std::string text, const std::string& path) {
  if (auto written = write_file(path, text); !written) return fail(written.error());
  return text;
}

// --- Partitions ---

std::string file_name(const ExportRequest& request) {
  return "usage." + std::string(extension_of(request.format)) +
         std::string(compression::file_suffix(request.compression));
}

/// Names of partitions being written end with the writer's process id.
std::string unfinished_name(const std::string& partition) {
  return "." + partition + "." + std::to_string(::getpid()) + ".tmp";
}

/// The finished folder takes the old one's place in one step.
Result<void> put_in_place(const fs::path& finished, const fs::path& target) {
  std::error_code error;
  if (!fs::exists(target, error)) {
    fs::rename(finished, target, error);
    if (!error) return {};
    return fail(ErrorCode::io_error, "cannot write " + target.string() + ": " + error.message());
  }
  if (::renameat2(AT_FDCWD, finished.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) {
    return fail(ErrorCode::io_error, "cannot replace " + target.string() + ": " +
                                         std::generic_category().message(errno));
  }
  fs::remove_all(finished, error);
  return {};
}

class PartitionedExport {
 public:
  PartitionedExport(const storage::Ledger& ledger, const ExportRequest& request)
      : ledger_(ledger), request_(request), sources_(ledger, request), folder_(request.output) {}

  Result<ExportReport> run() {
    if (auto prepared = sources_.prepare(); !prepared) return fail(prepared.error());
    const auto months = months_to_export();
    if (!months) return fail(months.error());
    auto source = sources_.of(request_.selection);  // Its schema is that of every month.
    if (!source) return fail(source.error());
    const Schema& schema = (*source)->schema();
    if (auto begun = begin(schema); !begun) return fail(begun.error());
    for (const TimeRange& month : *months) {
      if (auto done = export_month(month); !done) return fail(done.error());
    }
    if (auto counted = count_unpriced(ledger_, request_, report_); !counted) {
      return fail(counted.error());
    }
    if (now_.partitions.empty()) return std::move(report_);
    auto written =
        write_manifest(manifest_text(request_, schema, now_), (folder_ / "manifest.json").string());
    if (!written) return fail(written.error());
    report_.manifest = std::move(*written);
    return std::move(report_);
  }

 private:
  Result<std::vector<TimeRange>> months_to_export() const {
    std::vector<TimeRange> months;
    const auto extent = ledger_.extent();
    if (!extent) return fail(extent.error());
    if (!*extent) return months;
    const TimeRange& asked = request_.selection.range;
    const Instant from = std::max(asked.from, (*extent)->from);
    // What is late makes months of their own, after the last usage.
    const auto known = sources_.last_known();
    const Instant last = known ? std::max((*extent)->to, *known + Microseconds(1)) : (*extent)->to;
    const Instant to = std::min(asked.to, last);
    for (Instant at = from; at < to;) {
      const TimeRange month = request_.selection.zone.period_of(at, Grain::month);
      months.push_back({std::max(month.from, asked.from), std::min(month.to, asked.to)});
      at = month.to;
    }
    return months;
  }

  Result<void> begin(const Schema& schema) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
      return fail(ErrorCode::io_error, "cannot write " + folder_.string() + ": " + error.message());
    }
    remove_leftovers(folder_.string(), "billing_period=");
    auto before = read_manifest((folder_ / "manifest.json").string());
    if (!before) return fail(before.error());
    if (*before) before_ = std::move(**before);
    // The range is part of no partition: months exported by other runs stay where they are.
    ExportRequest whole = request_;
    whole.selection.range = {};
    now_.kind = kind_of(whole, schema);
    if (before_.kind.empty() || before_.kind == now_.kind) {
      now_.partitions = before_.partitions;
      return {};
    }
    return fail(ErrorCode::conflict,
                folder_.string() +
                    " holds an export with other columns, filters or format: name another folder");
  }

  Result<void> export_month(const TimeRange& month) {
    ExportRequest request = request_;
    request.selection.range = month;
    const std::string name =
        "billing_period=" + request_.selection.zone.label_of(month.from, Grain::month);
    const auto state = sources_.state_of(request.selection);
    if (!state) return fail(state.error());
    const auto known = std::find_if(now_.partitions.begin(), now_.partitions.end(),
                                    [&](const auto& partition) { return partition.name == name; });
    if (known != now_.partitions.end() && known->state == *state && all_there(*known)) {
      ++report_.partitions_unchanged;
      add_files(report_, known->files);
      return {};
    }
    if (state->records == 0) return {};
    auto files = write_month(request, name);
    if (!files) return fail(files.error());
    add_files(report_, *files);
    ExportedPartition partition{name, *state, std::move(*files)};
    if (known != now_.partitions.end()) {
      *known = std::move(partition);
    } else {
      now_.partitions.push_back(std::move(partition));
      std::sort(now_.partitions.begin(), now_.partitions.end(),
                [](const auto& a, const auto& b) { return a.name < b.name; });
    }
    return {};
  }

  [[nodiscard]] bool all_there(const ExportedPartition& partition) const {
    return std::all_of(partition.files.begin(), partition.files.end(), [&](const auto& file) {
      std::error_code error;
      return fs::file_size(folder_ / file.path, error) == file.facts.bytes && !error;
    });
  }

  Result<std::vector<ExportedFile>> write_month(const ExportRequest& request,
                                                const std::string& name) {
    const fs::path unfinished = folder_ / unfinished_name(name);
    auto files = write_month_into(unfinished, request, name);
    std::error_code error;
    fs::remove_all(unfinished, error);
    return files;
  }

  Result<std::vector<ExportedFile>> write_month_into(const fs::path& unfinished,
                                                     const ExportRequest& request,
                                                     const std::string& name) {
    auto source = sources_.of(request.selection);
    if (!source) return fail(source.error());
    Parts parts(request, (*source)->schema(), (unfinished / file_name(request)).string());
    auto copied = (*source)->rows([&](const Batch& batch) { return parts.write(batch); });
    if (!copied) return fail(copied.error());
    auto files = parts.finish();
    if (!files) return fail(files.error());
    for (ExportedFile& file : *files) {
      file.path = name + "/" + fs::path(file.path).filename().string();
    }
    if (auto placed = put_in_place(unfinished, folder_ / name); !placed) {
      return fail(placed.error());
    }
    return files;
  }

  const storage::Ledger& ledger_;
  const ExportRequest& request_;
  RowSources sources_;
  fs::path folder_;
  Manifest before_, now_;
  ExportReport report_;
};

std::string manifest_for(const ExportRequest& request, const Schema& schema,
                         std::vector<ExportedFile> files, const PartitionState& state) {
  for (ExportedFile& file : files) file.path = fs::path(file.path).filename().string();
  return manifest_text(request, schema,
                       {kind_of(request, schema), {{"", state, std::move(files)}}});
}

Result<ExportReport> export_whole(const storage::Ledger& ledger, const ExportRequest& request) {
  RowSources sources(ledger, request);
  if (auto prepared = sources.prepare(); !prepared) return fail(prepared.error());
  auto source = sources.of(request.selection);
  if (!source) return fail(source.error());
  auto files = export_table(**source, request);
  if (!files) return fail(files.error());
  ExportReport report;
  if (auto counted = count_unpriced(ledger, request, report); !counted) {
    return fail(counted.error());
  }
  if (request.manifest == ExportRequest::Manifest::yes && !files->empty()) {
    const auto state = sources.state_of(request.selection);
    if (!state) return fail(state.error());
    auto written = write_manifest(manifest_for(request, (*source)->schema(), *files, *state),
                                  request.output + ".manifest.json");
    if (!written) return fail(written.error());
    report.manifest = std::move(*written);
  }
  add_files(report, *files);
  return report;
}

}  // namespace

std::string manifest_of(const ExportRequest& request, const Schema& schema,
                        std::vector<ExportedFile> files, std::uint64_t records) {
  return manifest_for(request, schema, std::move(files), {records, 0});
}

Result<std::vector<ExportedFile>> export_table(TableSource& source, const ExportRequest& request) {
  Parts parts(request, source.schema(), request.output);
  auto copied = source.rows([&](const Batch& batch) { return parts.write(batch); });
  if (!copied) return fail(copied.error());
  return parts.finish();
}

Result<ExportReport> export_ledger(const storage::Ledger& ledger, const ExportRequest& request) {
  if (request.partition == ExportRequest::Partition::none) return export_whole(ledger, request);
  return PartitionedExport(ledger, request).run();
}

}  // namespace costops::exports
