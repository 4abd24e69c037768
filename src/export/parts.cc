#include "export/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "export/document_rows.h"

namespace costops::exports {
namespace {

namespace fs = std::filesystem;
using compression::Codec;

/// "july.csv.gz", 2 -> "july-00002.csv.gz"; 1 -> unchanged where there is one file only.
std::string numbered(const std::string& path, std::size_t number) {
  const fs::path whole(path);
  const std::string name = whole.filename().string();
  const std::size_t dot = std::min(name.find('.', 1), name.size());
  return (whole.parent_path() /
          fmt::format("{}-{:05}{}", name.substr(0, dot), number, name.substr(dot)))
      .string();
}

template <typename T>
void take(std::vector<T>& into, const std::vector<T>& from, std::size_t first, std::size_t count) {
  if (from.empty()) {
    into.clear();
    return;
  }
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first);
  into.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
}

Batch rows_of(const Batch& batch, std::size_t first, std::size_t count) {
  Batch part;
  part.rows = count;
  part.columns.resize(batch.columns.size());
  for (std::size_t c = 0; c < batch.columns.size(); ++c) {
    take(part.columns[c].text, batch.columns[c].text, first, count);
    take(part.columns[c].whole, batch.columns[c].whole, first, count);
    take(part.columns[c].decimal, batch.columns[c].decimal, first, count);
    take(part.columns[c].null, batch.columns[c].null, first, count);
  }
  return part;
}

/// A file that a library wrote, to standard output.
Result<void> copy_to(const std::string& path, const compression::Sink& sink) {
  std::ifstream file(path, std::ios::binary);
  std::string block(std::size_t{1} << 18, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto count = static_cast<std::size_t>(file.gcount());
    if (count == 0) break;
    if (auto written = sink(std::string_view(block).substr(0, count)); !written) return written;
  }
  if (file.bad()) return fail(ErrorCode::io_error, "cannot read " + path + " again");
  return {};
}

}  // namespace

/// One file being written: writer, then compression, then file or standard output.
class Parts::Part {
 public:
  Part(const ExportRequest& request, const Schema& schema) : request_(request), schema_(schema) {}

  Result<void> open(const std::string& path) {
    const bool to_standard = request_.output == "-";
    file_.path = path;
    if (!to_standard || needs_file(request_.format)) {
      const fs::path folder = fs::temp_directory_path();
      const std::string where =
          to_standard
              ? (folder / fmt::format("cost-ops-export.{}", extension_of(request_.format))).string()
              : path;
      const bool told = request_.manifest == ExportRequest::Manifest::yes ||
                        request_.partition != ExportRequest::Partition::none;
      auto output =
          OutputFile::create(where, told ? OutputFile::Digest::yes : OutputFile::Digest::no);
      if (!output) return fail(output.error());
      output_.emplace(std::move(*output));
    }
    auto made = make();
    if (!made) return fail(made.error());
    writer_ = std::move(*made);
    return writer_->begin(schema_);
  }

  Result<void> write(const Batch& batch) {
    file_.rows += batch.rows;
    add_totals(schema_, batch, file_.totals);
    return writer_->write(batch);
  }

  Result<ExportedFile> finish() {
    if (auto finished = writer_->finish(); !finished) return fail(finished.error());
    if (stream_) {
      if (auto finished = stream_->finish(); !finished) return fail(finished.error());
    }
    if (!output_) return file_;
    if (request_.output == "-") {
      auto copied = copy_to(output_->temporary_path(), request_.standard_output);
      if (!copied) return fail(copied.error());
      return file_;
    }
    auto facts = output_->commit();
    if (!facts) return fail(facts.error());
    file_.facts = std::move(*facts);
    return file_;
  }

  [[nodiscard]] std::uint64_t rows() const { return file_.rows; }

 private:
  Result<std::unique_ptr<TableWriter>> make() {
    if (needs_file(request_.format)) {
      if (request_.compression != Codec::identity) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("{} files are compressed inside: leave out the compression",
                                to_string(request_.format)));
      }
      return make_file_writer(request_.format, request_.writer, output_->temporary_path());
    }
    compression::Sink sink = request_.standard_output;
    if (output_) sink = [this](std::string_view bytes) { return output_->write(bytes); };
    if (request_.compression != Codec::identity) {
      auto stream = compression::encoding(request_.compression,
                                          {.framing = compression::Framing::members}, sink);
      if (!stream) return fail(stream.error());
      stream_.emplace(std::move(*stream));
      sink = [this](std::string_view bytes) { return stream_->write(bytes); };
    }
    return make_writer(request_.format, request_.writer, std::move(sink));
  }

  const ExportRequest& request_;
  const Schema& schema_;
  std::optional<OutputFile> output_;
  std::optional<compression::Stream> stream_;
  std::unique_ptr<TableWriter> writer_;
  ExportedFile file_;
};

Parts::Parts(const ExportRequest& request, const Schema& schema, std::string path)
    : request_(request), schema_(schema), path_(std::move(path)) {}
Parts::~Parts() = default;

Result<void> Parts::write_rows(const Batch& batch) {
  if (!open_) {
    open_ = std::make_unique<Part>(request_, schema_);
    const std::string path =
        request_.rows_per_file_max == 0 ? path_ : numbered(path_, done_.size() + 1);
    if (auto opened = open_->open(path); !opened) return opened;
  }
  return open_->write(batch);
}

Result<void> Parts::go_on() const {
  if (request_.cancel == nullptr || !request_.cancel->load()) return {};
  return fail(ErrorCode::cancelled, "interrupted: nothing was replaced in " + request_.output);
}

Result<void> Parts::write(const Batch& batch) {
  if (auto going = go_on(); !going) return going;
  const std::uint64_t most = request_.rows_per_file_max;
  if (most == 0) return batch.rows == 0 ? Result<void>() : write_rows(batch);
  for (std::size_t first = 0; first < batch.rows;) {
    const std::uint64_t room = most - (open_ ? open_->rows() : 0);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(room, batch.rows - first));
    if (auto written = write_rows(rows_of(batch, first, count)); !written) return written;
    first += count;
    if (open_->rows() < most) continue;
    if (auto closed = close(); !closed) return closed;
  }
  return {};
}

Result<void> Parts::close() {
  if (auto going = go_on(); !going) return going;
  auto file = open_->finish();
  if (!file) return fail(file.error());
  done_.push_back(std::move(*file));
  open_.reset();
  return {};
}

Result<std::vector<ExportedFile>> Parts::finish() {
  if (!open_ && done_.empty() && request_.output == "-") {
    if (auto written = write_rows({0, std::vector<Batch::Values>(schema_.columns.size())});
        !written) {
      return fail(written.error());
    }
  }
  if (open_) {
    if (auto closed = close(); !closed) return fail(closed.error());
  }
  return std::move(done_);
}

}  // namespace costops::exports
