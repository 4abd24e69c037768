// duckdb_texts.cc - text tables: (id INTEGER, value VARCHAR), id 0 being the empty text.
#include "storage/duckdb_texts.h"

#include <algorithm>

namespace costops::storage {
namespace {

constexpr std::int32_t kUnknown = -1;
constexpr duck::Type kTextColumns[] = {duck::Type::integer, duck::Type::text};

/// Appends (number, text) pairs to a table of that shape.
Result<void> append_texts(duck::Connection& connection, const char* catalog,
                          const std::string& table, std::span<const std::string_view> texts,
                          std::span<const std::int32_t> numbers) {
  auto appender = connection.appender(catalog, table.c_str(), kTextColumns);
  if (!appender) return fail(appender.error());
  for (std::size_t from = 0; from < texts.size(); from += duck::Appender::kBlockRows) {
    const std::size_t rows = std::min(texts.size() - from, duck::Appender::kBlockRows);
    auto* ids = appender->column<std::int32_t>(0);
    for (std::size_t row = 0; row < rows; ++row) {
      ids[row] = numbers[from + row];
      appender->set_text(1, row, texts[from + row]);
    }
    if (auto appended = appender->append_block(rows); !appended) return appended;
  }
  return appender->finish();
}

}  // namespace

void TextNumbers::forget() {
  remembered_.clear();
  complete_ = false;
  next_ = kUnknown;
}

void TextNumbers::remember(std::string_view text, std::int32_t number) {
  if (remembered_.size() >= kRemembered) {
    remembered_.clear();
    complete_ = false;
  }
  remembered_.emplace(text, number);
}

Result<void> TextNumbers::load(duck::Connection& connection) {
  auto count = connection.prepare("SELECT count(*), max(id)::BIGINT FROM " + table_);
  if (!count) return fail(count.error());
  auto counted = count->run();
  if (!counted) return fail(counted.error());
  if (auto next = counted->next(); !next) return fail(next.error());
  const std::int64_t texts = counted->column<std::int64_t>(0)[0];
  next_ = static_cast<std::int32_t>(counted->column<std::int64_t>(1)[0] + 1);
  if (static_cast<std::size_t>(texts) > kRemembered / 2) return {};

  auto all = connection.prepare("SELECT id, value FROM " + table_);
  if (!all) return fail(all.error());
  auto rows = all->run();
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    remember(rows->text(1, row), rows->column<std::int32_t>(0)[row]);
  });
  if (!read) return fail(read.error());
  complete_ = true;
  return {};
}

Result<void> TextNumbers::look_up(duck::Connection& connection,
                                  std::span<const std::string_view> texts,
                                  std::vector<std::int32_t>& numbers) {
  std::vector<std::string_view> asked;
  std::vector<std::int32_t> positions;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (numbers[i] != kUnknown) continue;
    asked.push_back(texts[i]);
    positions.push_back(static_cast<std::int32_t>(i));
  }
  if (auto made = connection.run("CREATE OR REPLACE TEMP TABLE asked (position INTEGER, "
                                 "value VARCHAR)");
      !made) {
    return made;
  }
  if (auto sent = append_texts(connection, "temp", "asked", asked, positions); !sent) return sent;
  auto join = connection.prepare("SELECT a.position, t.id FROM temp.asked a JOIN " + table_ +
                                 " t ON t.value = a.value");
  if (!join) return fail(join.error());
  auto rows = join->run();
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    const auto position = static_cast<std::size_t>(rows->column<std::int32_t>(0)[row]);
    numbers[position] = rows->column<std::int32_t>(1)[row];
    remember(texts[position], numbers[position]);
  });
  if (!read) return fail(read.error());
  return {};
}

Result<void> TextNumbers::add(duck::Connection& connection, std::span<const std::string_view> texts,
                              std::vector<std::int32_t>& numbers) {
  std::vector<std::string_view> added;
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (numbers[i] != kUnknown) continue;
    numbers[i] = next_++;
    added.push_back(texts[i]);
    ids.push_back(numbers[i]);
    remember(texts[i], numbers[i]);
  }
  return append_texts(connection, nullptr, table_, added, ids);
}

Result<std::int32_t> TextNumbers::number(duck::Connection& connection,
                                         std::span<const std::string_view> texts,
                                         std::vector<std::int32_t>& numbers) {
  if (next_ == kUnknown) {
    if (auto loaded = load(connection); !loaded) return fail(loaded.error());
  }
  const std::int32_t first_new = next_;
  numbers.assign(texts.size(), kUnknown);
  std::size_t missing = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto found = remembered_.find(texts[i]);
    if (found != remembered_.end()) {
      numbers[i] = found->second;
    } else {
      ++missing;
    }
  }
  if (missing > 0 && !complete_) {
    if (auto found = look_up(connection, texts, numbers); !found) return fail(found.error());
    missing = static_cast<std::size_t>(std::ranges::count(numbers, kUnknown));
  }
  if (missing > 0) {
    if (auto added = add(connection, texts, numbers); !added) return fail(added.error());
  }
  return first_new;
}

Result<std::string_view> Texts::text(duck::Connection& connection, std::int32_t number) {
  if (number == 0) return std::string_view();
  if (const auto known = texts_.find(number); known != texts_.end()) return known->second;
  if (texts_.size() > TextNumbers::kRemembered) texts_.clear();
  auto select = connection.prepare("SELECT id, value FROM " + table_ + " WHERE id BETWEEN ? AND ?");
  if (!select) return fail(select.error());
  auto rows = select->bind(std::int64_t{number}).bind(std::int64_t{number} + kFetched - 1).run();
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    texts_[rows->column<std::int32_t>(0)[row]] = rows->text(1, row);
  });
  if (!read) return fail(read.error());
  const auto found = texts_.find(number);
  if (found != texts_.end()) return found->second;
  return fail(ErrorCode::io_error, "the ledger's table " + table_ + " lacks number " +
                                       std::to_string(number) + ": it is damaged");
}

}  // namespace costops::storage
