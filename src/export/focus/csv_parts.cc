#include <fmt/format.h>

#include "costops/export/focus_export.h"

namespace costops::focus {

struct CsvParts::State {
  CsvLimits limits;
  Visitor visit;
  std::string header, part, record;
  bool in_quotes = false;
  bool has_header = false;
  std::uint64_t rows = 0, parts = 0;

  Result<void> close_part() {
    auto visited = visit(++parts, part);
    part = header;
    rows = 0;
    return visited;
  }

  Result<void> take_record() {
    if (!has_header) {
      has_header = true;
      header = part = std::move(record);
      record.clear();
      return {};
    }
    const bool too_large = limits.bytes_max > 0 && part.size() + record.size() > limits.bytes_max;
    const bool too_many = limits.rows_max > 0 && rows == limits.rows_max;
    if (rows > 0 && (too_large || too_many)) {
      if (auto closed = close_part(); !closed) return closed;
    }
    if (limits.bytes_max > 0 && part.size() + record.size() > limits.bytes_max) {
      return fail(ErrorCode::unsupported,
                  fmt::format("one row has {} bytes; a file may have {} at most", record.size(),
                              limits.bytes_max));
    }
    part += record;
    record.clear();
    ++rows;
    return {};
  }
};

CsvParts::CsvParts(CsvLimits limits, Visitor visit) : state_(std::make_unique<State>()) {
  state_->limits = limits;
  state_->visit = std::move(visit);
}
CsvParts::~CsvParts() = default;
CsvParts::CsvParts(CsvParts&&) noexcept = default;

Result<void> CsvParts::write(std::string_view bytes) {
  for (const char byte : bytes) {
    state_->record += byte;
    if (byte == '"') state_->in_quotes = !state_->in_quotes;
    if (byte != '\n' || state_->in_quotes) continue;
    if (auto taken = state_->take_record(); !taken) return taken;
  }
  return {};
}

Result<std::uint64_t> CsvParts::finish() {
  if (state_->rows > 0 || state_->parts == 0) {
    if (auto closed = state_->close_part(); !closed) return fail(closed.error());
  }
  return state_->parts;
}

}  // namespace costops::focus
