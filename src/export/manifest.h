// manifest.h - what an export wrote, for whoever loads it and for the next run.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "costops/export/ledger_export.h"

namespace costops::exports {

/// What a partition's records were when it was exported: changed records change it.
struct PartitionState {
  std::uint64_t records = 0;
  std::int64_t watermark = 0;  ///< Latest recording or correction, UTC microseconds.
  friend bool operator==(const PartitionState&, const PartitionState&) = default;
};

struct ExportedPartition {
  std::string name;  ///< "billing_period=2026-07"; "" for an export without partitions.
  PartitionState state;
  std::vector<ExportedFile> files;
};

struct Manifest {
  std::string kind;  ///< Hash of all that decides what rows look like.
  std::vector<ExportedPartition> partitions;
};

/// Hash of format, columns, filters, groups, range, as-of: exports of one kind may share a folder.
[[nodiscard]] std::string kind_of(const ExportRequest& request, const Schema& schema);
[[nodiscard]] std::string manifest_text(const ExportRequest& request, const Schema& schema,
                                        const Manifest& manifest);
/// None: there is no file. Fails with conflict if it is no manifest of ours.
[[nodiscard]] Result<std::optional<Manifest>> read_manifest(const std::string& path);

}  // namespace costops::exports
