// clickhouse_spool.cc - one file a batch: written aside, synced, then named.
#include "storage/clickhouse_spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>

#include "costops/domain/identity.h"
#include "costops/storage/ledger_copy.h"
#include "storage/row_binary.h"

namespace costops::storage {
namespace {

constexpr std::string_view kEnding = ".batch";
constexpr std::string_view kFormat = "cost-ops spool 2";

Error refused(const std::string& what, const std::string& path) {
  return {ErrorCode::io_error, "cannot " + what + " " + path + ": " + std::strerror(errno)};
}

/// What a file says of a block before its bytes.
void write_head(RowBinaryWriter& out, const SpooledBlock& block) {
  out.number(block.shard).text(block.table).number(block.rows);
  out.number(block.first).number(block.last).length(block.bytes.size());
}

/// So that a file that the disk damaged is not sent.
RecordId checksum(std::span<const SpooledBlock> blocks) {
  RowBinaryWriter all;
  for (const SpooledBlock& block : blocks) {
    write_head(all, block);
    all.id(record_id("block", {block.bytes}));
  }
  return record_id("spool", {all.bytes()});
}

void write(std::ofstream& stream, std::string_view bytes) {
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string contents_of(std::ifstream& stream) {
  stream.seekg(0, std::ios::end);
  std::string bytes(static_cast<std::size_t>(std::max<std::streamoff>(stream.tellg(), 0)), '\0');
  stream.seekg(0);
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

}  // namespace

ClickhouseSpool::Lock::~Lock() {
  if (file_ >= 0) ::close(file_);
}

Result<ClickhouseSpool::Lock> ClickhouseSpool::lock() const {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::string path = folder_ + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return fail(refused("open", path));
  Lock lock(file);
  while (::flock(file, LOCK_EX) != 0) {
    if (errno != EINTR) return fail(refused("lock", path));
  }
  return lock;
}

std::string ClickhouseSpool::file(std::uint64_t batch) const {
  return folder_ + "/" + std::to_string(batch) + std::string(kEnding);
}

std::vector<std::uint64_t> ClickhouseSpool::pending() const {
  std::vector<std::uint64_t> batches;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t batch = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), batch);
    if (wrong == std::errc() && std::string_view(end) == kEnding) batches.push_back(batch);
  }
  std::ranges::sort(batches);
  return batches;
}

Result<void> ClickhouseSpool::keep(std::uint64_t batch,
                                   const std::vector<SpooledBlock>& blocks) const {
  const std::string path = file(batch);
  const std::string aside = path + ".unfinished";
  std::ofstream stream(aside, std::ios::binary | std::ios::trunc);
  RowBinaryWriter words;
  words.text(kFormat);
  for (const SpooledBlock& block : blocks) {
    write_head(words, block);
    write(stream, words.bytes());
    write(stream, block.bytes);
    words.bytes().clear();
  }
  words.id(checksum(blocks));
  write(stream, words.bytes());
  stream.close();
  if (!stream) {
    const Error error = refused("write", aside);
    std::error_code ignored;
    std::filesystem::remove(aside, ignored);
    return fail(error);
  }
  return put_in_place(aside, path);
}

Result<std::vector<SpooledBlock>> ClickhouseSpool::blocks(std::uint64_t batch) const {
  const std::string path = file(batch);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(refused("read", path));
  const std::string bytes = contents_of(stream);
  constexpr std::size_t kSum = sizeof(RecordId);
  const std::string_view body =
      std::string_view(bytes).substr(0, bytes.size() - std::min(bytes.size(), kSum));
  const RecordId kept = RowBinaryReader(std::string_view(bytes).substr(body.size())).id();
  std::vector<SpooledBlock> blocks;
  RowBinaryReader in(body);
  const bool known = in.text() == kFormat;
  while (known && in.more()) {
    SpooledBlock& block = blocks.emplace_back();
    block.shard = in.number<std::uint32_t>();
    block.table = in.text();
    block.rows = in.number<std::uint64_t>();
    block.first = in.number<std::int64_t>();
    block.last = in.number<std::int64_t>();
    block.bytes = in.text();
  }
  if (known && !in.failed() && kept == checksum(blocks)) return blocks;
  return fail(ErrorCode::io_error, path + " is damaged: move it away and ingest its source again");
}

Result<void> ClickhouseSpool::drop(std::uint64_t batch) const {
  if (::unlink(file(batch).c_str()) == 0) return {};
  return fail(refused("remove", file(batch)));
}

}  // namespace costops::storage
