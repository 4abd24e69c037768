// clickhouse_spool.h - batches on their way to a server that has no transactions.
//
// A batch is one file, on the disk before the first byte is sent and removed when the server has
// acknowledged all of it: its blocks keep their bytes and their boundaries however often they are
// sent. One process at a time sends.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "costops/domain/error.h"

namespace costops::storage {

/// Rows for one table of one shard.
struct SpooledBlock {
  std::uint32_t shard = 0;
  std::string table;
  std::uint64_t rows = 0;
  /// Usage times of entries: where to look for them on the server.
  std::int64_t first = 0, last = 0;
  std::string bytes;
};

class ClickhouseSpool {
 public:
  ClickhouseSpool() = default;
  explicit ClickhouseSpool(std::string folder) : folder_(std::move(folder)) {}

  /// The right to send, as long as it lives.
  class Lock {
   public:
    explicit Lock(int file) : file_(file) {}
    Lock(Lock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
    Lock& operator=(Lock&&) = delete;
    ~Lock();

   private:
    int file_;
  };
  /// Makes the folder where it is absent, and waits for other processes. Fails with io_error.
  [[nodiscard]] Result<Lock> lock() const;
  /// The batches that were not acknowledged, oldest first.
  [[nodiscard]] std::vector<std::uint64_t> pending() const;
  /// Fails with io_error, as when the disk is full; then nothing was kept.
  [[nodiscard]] Result<void> keep(std::uint64_t batch,
                                  const std::vector<SpooledBlock>& blocks) const;
  [[nodiscard]] Result<std::vector<SpooledBlock>> blocks(std::uint64_t batch) const;
  [[nodiscard]] Result<void> drop(std::uint64_t batch) const;
  [[nodiscard]] std::string file(std::uint64_t batch) const;

 private:
  std::string folder_;
};

}  // namespace costops::storage
