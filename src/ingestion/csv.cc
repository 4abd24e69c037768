#include "ingestion/csv.h"

#include <fmt/format.h>

#include <algorithm>

namespace costops::ingestion {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Result<void> CsvReader::read_header() {
  const Step step = read_row();
  if (step == Step::end) return fail(ErrorCode::invalid_input, "the CSV file is empty");
  if (step == Step::bad) return fail(ErrorCode::invalid_input, "CSV header: " + reason_);
  if (ends_.size() > kCsvColumnsMax) {
    return fail(ErrorCode::invalid_input, fmt::format("CSV header: {} columns, at most {} are read",
                                                      ends_.size(), kCsvColumnsMax));
  }
  for (std::size_t i = 0; i < ends_.size(); ++i) header_.emplace_back(cell(i));
  if (header_[0].starts_with(kByteOrderMark)) header_[0].erase(0, kByteOrderMark.size());
  auto sorted = header_;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    return fail(ErrorCode::invalid_input,
                fmt::format("CSV header: column \"{}\" is named twice", *twice));
  }
  return {};
}

CsvReader::Step CsvReader::next() {
  const Step step = read_row();
  if (step == Step::row && ends_.size() != header_.size()) {
    return bad(fmt::format("row has {} cells, the header names {}", ends_.size(), header_.size()));
  }
  return step;
}

std::string_view CsvReader::cell(std::size_t column) const {
  const std::size_t from = column == 0 ? 0 : ends_[column - 1];
  return std::string_view(cells_).substr(from, ends_[column] - from);
}

CsvReader::Step CsvReader::read_row() {
  std::string_view line;
  Input::Step step = Input::Step::line;
  do {
    start_row();
    if (!take_line(line, step)) {
      if (step == Input::Step::end) return Step::end;
      row_line_ = line_;
      return bad(step == Input::Step::too_long
                     ? fmt::format("line is longer than {} bytes", kLineBytesMax)
                     : input_.error().message);
    }
  } while (line.empty());
  row_line_ = line_;
  row_ = line;
  State state = parse(line);
  while (state == State::open) {
    keep(line);
    if (kept_.size() - row_from_ > kCsvRowBytesMax) {
      return bad(fmt::format("row is longer than {} bytes", kCsvRowBytesMax));
    }
    end_line_in_cell();
    if (!take_line(line, step)) {
      return bad(step == Input::Step::end ? "a quote is opened and never closed"
                                          : "the row is cut off inside a quoted cell");
    }
    state = parse(line);
    if (state != State::open) {
      keep(line);
      row_ = std::string_view(kept_).substr(row_from_, read_to_ - row_from_ - 1);
    }
  }
  return state == State::closed ? Step::row : bad(reason_);
}

void CsvReader::start_row() {
  if (read_to_ == kept_.size()) {
    kept_.clear();
    read_to_ = 0;
  }
  row_from_ = read_to_;
  in_quotes_ = false;
  cells_.clear();
  ends_.clear();
}

/// The next line: first those kept of a bad row, then the input's.
bool CsvReader::take_line(std::string_view& line, Input::Step& step) {
  step = Input::Step::line;
  if (read_to_ < kept_.size()) {
    const std::size_t end = kept_.find('\n', read_to_);
    line = std::string_view(kept_).substr(read_to_, end - read_to_);
    read_to_ = end + 1;
    ++line_;
    return true;
  }
  step = failed_ ? Input::Step::end : input_.next_line(line);
  failed_ = failed_ || step == Input::Step::failed;
  line_ = step == Input::Step::end ? line_ : line_ + 1;
  return step == Input::Step::line;
}

/// A quoted cell goes on in the next line. The line's end is one LF in the cell, whatever number of
/// carriage returns stood before it: a cell written out and read again must stay the same.
void CsvReader::end_line_in_cell() {
  const std::size_t from = ends_.empty() ? 0 : ends_.back();
  while (cells_.size() > from && cells_.back() == '\r') cells_.pop_back();
  cells_.push_back('\n');
}

/// Makes sure that the line just taken is among the kept ones.
void CsvReader::keep(std::string_view line) {
  if (!kept_.empty() && line.data() >= kept_.data() && line.data() < kept_.data() + kept_.size()) {
    return;
  }
  kept_.append(line).push_back('\n');
  read_to_ = kept_.size();
}

/// Skips the row. If it spans several lines, all but its first are read again.
CsvReader::Step CsvReader::bad(std::string reason) {
  reason_ = std::move(reason);
  const std::size_t first_end = kept_.find('\n', row_from_);
  if (first_end != std::string::npos && first_end < read_to_) {
    row_ = std::string_view(kept_).substr(row_from_, first_end - row_from_);
    read_to_ = first_end + 1;
    line_ = row_line_;
  }
  return Step::bad;
}

CsvReader::State CsvReader::parse(std::string_view line) {
  std::size_t at = 0;
  for (;;) {
    if (!in_quotes_ && at < line.size() && line[at] == '"') {
      in_quotes_ = true;
      ++at;
    } else if (!in_quotes_) {
      const std::size_t end = std::min(line.find_first_of(",\"", at), line.size());
      cells_.append(line.substr(at, end - at));
      at = end;
      if (at < line.size() && line[at] == '"') {
        reason_ =
            fmt::format("column {}: a quote inside a cell that is not quoted", ends_.size() + 1);
        return State::broken;
      }
    }
    while (in_quotes_) {
      const std::size_t quote = line.find('"', at);
      cells_.append(line.substr(at, quote - at));
      if (quote == std::string_view::npos) return State::open;
      at = quote + 1;
      in_quotes_ = at < line.size() && line[at] == '"';
      if (in_quotes_) cells_.push_back(line[at++]);
    }
    ends_.push_back(cells_.size());
    if (at == line.size()) return State::closed;
    if (line[at] != ',') {
      reason_ = fmt::format("column {}: text after the closing quote", ends_.size());
      return State::broken;
    }
    ++at;
  }
}

}  // namespace costops::ingestion
