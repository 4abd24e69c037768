// clickhouse_schema.h - the tables of a ledger on ClickHouse, made on every server that has none.
#pragma once

#include "costops/domain/identity.h"
#include "costops/storage/ledger.h"
#include "storage/clickhouse_cluster.h"

namespace costops::storage {

/// The batch without rows that `batches` of a cluster begins with.
inline constexpr std::uint64_t kUnseenBatch = 1;

/// What a ledger is from its first day on.
struct ClickhouseLayout {
  RecordId ledger;  ///< Another one for every ledger that was ever made.
  std::size_t shards = 1;
};

/// Makes what is absent if `mode` allows it. Fails with not_found (no ledger), unsupported (one of
/// a newer version, or spread over more shards than the URL leads to), io_error.
[[nodiscard]] Result<ClickhouseLayout> prepare_clickhouse_tables(const ClickhouseCluster& cluster,
                                                                 OpenMode mode);

}  // namespace costops::storage
