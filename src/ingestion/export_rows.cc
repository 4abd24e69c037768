#include "ingestion/export_rows.h"

#include <fmt/format.h>

#include <charconv>

#include "ingestion/reported_cost.h"

namespace costops::ingestion {
namespace {

bool is_blank(json::Value value) {
  if (!value.exists() || value.kind() == json::Value::Kind::null) return true;
  const auto text = value.string();
  return text && text->empty();
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    if (text.find_first_not_of('0', dot + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, dot);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::int64_t> count_of(std::string_view name, json::Value value) {
  const auto text = value.string();
  const auto number = text ? whole_number(*text) : value.integer();
  if (number && *number >= 0) return *number;
  return costops::fail(ErrorCode::invalid_input,
                       fmt::format("\"{}\" must be a count, found {}", name, value.raw()));
}

json::Value ExportRow::value(Names names) const {
  for (const std::string_view name : names) {
    if (const json::Value value = object_[name]; !is_blank(value)) return value;
  }
  return {};
}

std::string_view ExportRow::text(Names names) const {
  const json::Value found = value(names);
  if (const auto text = found.string()) return *text;
  return found.number_text().value_or(std::string_view{});
}

std::optional<std::int64_t> ExportRow::count(Names names) {
  for (const std::string_view name : names) {
    const json::Value found = object_[name];
    if (is_blank(found)) continue;
    auto number = count_of(name, found);
    if (number) return *number;
    fail(number.error().message);
    break;
  }
  return std::nullopt;
}

std::optional<Instant> ExportRow::time(Names names) {
  const json::Value found = value(names);
  if (!found.exists()) return std::nullopt;
  const auto number = found.integer();
  auto at = number ? instant_from_epoch(*number) : parse_instant(found.string().value_or(""));
  if (at) return *at;
  fail(fmt::format("\"{}\" is no time: {}", *names.begin(), at.error().message));
  return std::nullopt;
}

std::optional<Amount> ExportRow::cost(Names names) {
  const json::Value found = value(names);
  if (!found.exists()) return std::nullopt;
  auto amount = parse_reported_cost(text(names));
  if (amount) return *amount;
  fail(fmt::format("\"{}\" is no amount: {}", *names.begin(), amount.error().message));
  return std::nullopt;
}

json::Value ExportRow::structure(Names names, json::Document& scratch) const {
  const json::Value found = value(names);
  const auto text = found.string();
  if (!text) return found.is_object() || found.is_array() ? found : json::Value{};
  auto parsed = scratch.parse_copy(*text);
  return parsed ? *parsed : json::Value{};
}

void ExportRow::fail(std::string reason) {
  if (reason_.empty()) reason_ = std::move(reason);
}

bool begins_as_json(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const std::size_t from = head.find_first_not_of(" \t\r\n");
  return from != std::string_view::npos && (head[from] == '{' || head[from] == '[');
}

bool CsvRows::read_header() {
  const auto header = csv_.read_header();
  if (!header) emitter_.reject(1, header.error().message, csv_.text());
  return header.has_value();
}

bool CsvRows::next() {
  while (!emitter_.stopped()) {
    const CsvReader::Step step = csv_.next();
    if (step == CsvReader::Step::end) return false;
    if (step == CsvReader::Step::bad) {
      emitter_.reject(csv_.line(), csv_.reason(), csv_.text());
      continue;
    }
    object_text_.clear();
    json::Writer writer(object_text_);
    writer.object();
    for (std::size_t i = 0; i < csv_.header().size(); ++i) {
      if (!csv_.cell(i).empty()) writer.key(csv_.header()[i]).value(csv_.cell(i));
    }
    writer.end_object();
    auto object = document_.parse_copy(object_text_);
    if (object) {
      object_ = *object;
      return true;
    }
    emitter_.reject(csv_.line(), object.error().message, csv_.text());
  }
  return false;
}

}  // namespace costops::ingestion
