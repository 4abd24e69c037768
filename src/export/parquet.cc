// parquet.cc - Parquet files: row groups of a column chunk each, then a footer that says where they
// are. Written here, not by the embedded database: the columns are at hand, and rows need not be
// made of them first. Version 1 of the format, which every reader knows: dictionaries with codes,
// plain values, zstd.
//
// Source: https://github.com/apache/parquet-format (README.md, parquet.thrift), read 2026-11.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "export/buffered.h"
#include "export/parquet_column.h"
#include "export/parquet_encoding.h"

namespace costops::exports {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::int64_t kRowsPerGroup = 122'880;
/// Long texts end a row group early, so that memory stays bounded.
constexpr std::size_t kBytesPerGroup = std::size_t{64} << 20;
constexpr int kZstd = 6, kOptional = 1;

struct RowGroup {
  std::int64_t offset = 0, rows = 0;
  std::vector<ParquetChunk> chunks;
};

/// What readers older than logical types know a column as; none: as its physical type.
void write_type(ThriftWriter& footer, const Column& column) {
  footer.i32(1, parquet_type(column.type));
  const bool decimal = column.type == ColumnType::decimal;
  if (decimal) footer.i32(2, kParquetDecimalBytes);
  footer.i32(3, kOptional).text(4, column.name);
  switch (column.type) {
    case ColumnType::text:
      footer.i32(6, 0).begin(10).begin(1).end().end();
      break;
    case ColumnType::decimal:
      footer.i32(6, 5).i32(7, column.scale).i32(8, kParquetDecimalDigits);
      footer.begin(10).begin(5).i32(1, column.scale).i32(2, kParquetDecimalDigits).end().end();
      break;
    case ColumnType::instant:  // Microseconds, in UTC.
      footer.i32(6, 10).begin(10).begin(8).boolean(1, true);
      footer.begin(2).begin(2).end().end().end().end();
      break;
    default:
      break;
  }
}

void write_chunk(ThriftWriter& footer, const Column& column, const ParquetChunk& chunk,
                 std::int64_t offset) {
  footer.begin_item().i64(2, offset).begin(3).i32(1, parquet_type(column.type));
  const bool coded = chunk.dictionary_bytes > 0;
  footer.list_of_numbers(2, coded ? 3 : 2).item_number(0).item_number(3);
  if (coded) footer.item_number(8);
  footer.list_of_texts(3, 1).item_text(column.name);
  footer.i32(4, kZstd).i64(5, chunk.values).i64(6, chunk.raw_bytes).i64(7, chunk.bytes);
  footer.i64(9, offset + chunk.dictionary_bytes);
  if (coded) footer.i64(11, offset);
  footer.begin(12).i64(3, chunk.nulls);
  if (!chunk.least.empty()) footer.text(5, chunk.greatest).text(6, chunk.least);
  footer.end().end().end();
}

void write_group(ThriftWriter& footer, const Schema& schema, const RowGroup& group) {
  footer.begin_item().list_of_structs(1, group.chunks.size());
  std::int64_t offset = group.offset, raw = 0;
  for (std::size_t c = 0; c < group.chunks.size(); ++c) {
    write_chunk(footer, schema.columns[c], group.chunks[c], offset);
    offset += group.chunks[c].bytes;
    raw += group.chunks[c].raw_bytes;
  }
  footer.i64(2, raw).i64(3, group.rows).i64(5, group.offset).i64(6, offset - group.offset).end();
}

std::string footer_of(const Schema& schema, const std::vector<RowGroup>& groups) {
  std::string out;
  ThriftWriter footer(out);
  footer.i32(1, 1).list_of_structs(2, schema.columns.size() + 1);
  footer.begin_item().text(4, "schema");
  footer.i32(5, static_cast<std::int64_t>(schema.columns.size())).end();
  for (const Column& column : schema.columns) {
    footer.begin_item();
    write_type(footer, column);
    footer.end();
  }
  std::int64_t rows = 0;
  for (const RowGroup& group : groups) rows += group.rows;
  footer.i64(3, rows).list_of_structs(4, groups.size());
  for (const RowGroup& group : groups) write_group(footer, schema, group);
  footer.text(6, "cost-ops").list_of_structs(7, schema.columns.size());
  // Least and greatest are in the order of the type.
  for (std::size_t c = 0; c < schema.columns.size(); ++c) footer.begin_item().begin(1).end().end();
  footer.end();
  return out;
}

class ParquetTableWriter final : public TableWriter {
 public:
  explicit ParquetTableWriter(std::string path) : path_(std::move(path)) {}
  ParquetTableWriter(const ParquetTableWriter&) = delete;
  ParquetTableWriter& operator=(const ParquetTableWriter&) = delete;
  ~ParquetTableWriter() override {
    if (file_ >= 0) ::close(file_);
  }

  Result<void> begin(const Schema& schema) override {
    schema_ = &schema;
    for (const Column& column : schema.columns) columns_.emplace_back(column);
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0) return refused();
    return put(kMagic);
  }

  Result<void> write(const Batch& batch) override {
    std::size_t held = 0;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      columns_[c].add(batch.columns[c], batch.rows);
      held += columns_[c].bytes();
    }
    rows_ += static_cast<std::int64_t>(batch.rows);
    return rows_ >= kRowsPerGroup || held >= kBytesPerGroup ? close_group() : Result<void>();
  }

  Result<void> finish() override {
    if (rows_ > 0) {
      if (auto closed = close_group(); !closed) return closed;
    }
    std::string end = footer_of(*schema_, groups_);
    const auto size = static_cast<std::uint32_t>(end.size());
    for (int i = 0; i < 4; ++i) end += static_cast<char>(size >> 8 * i);
    end += kMagic;
    return put(end);
  }

 private:
  Result<void> close_group() {
    RowGroup group;
    group.offset = written_;
    group.rows = std::exchange(rows_, 0);
    for (ParquetColumn& column : columns_) {
      pages_.clear();
      auto chunk = column.finish(pages_);
      if (!chunk) return fail(chunk.error());
      if (auto done = put(pages_); !done) return done;
      group.chunks.push_back(std::move(*chunk));
    }
    groups_.push_back(std::move(group));
    return {};
  }

  Result<void> put(std::string_view bytes) {
    written_ += static_cast<std::int64_t>(bytes.size());
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return refused();
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  [[nodiscard]] tl::unexpected<Error> refused() const {
    return fail(ErrorCode::io_error,
                "cannot write " + path_ + ": " + std::generic_category().message(errno));
  }

  std::string path_, pages_;
  const Schema* schema_ = nullptr;
  std::vector<ParquetColumn> columns_;
  std::vector<RowGroup> groups_;
  int file_ = -1;
  std::int64_t rows_ = 0, written_ = 0;
};

}  // namespace

std::unique_ptr<TableWriter> make_parquet_writer(std::string path) {
  return std::make_unique<ParquetTableWriter>(std::move(path));
}

}  // namespace costops::exports
