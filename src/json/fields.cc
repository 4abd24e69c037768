#include "costops/json/json.h"

namespace costops::json {
namespace {

/// What stands there instead, for a message.
std::string found(Value value) {
  switch (value.kind()) {
    case Value::Kind::object:
      return "an object";
    case Value::Kind::array:
      return "an array";
    case Value::Kind::string:
      return quoted(*value.string());
    default:
      return std::string(value.raw().substr(0, 80));
  }
}

bool is_absent(Value value) {
  return value.kind() == Value::Kind::missing || value.kind() == Value::Kind::null;
}

std::string must_be(std::string_view name, std::string_view what, Value value) {
  return quoted(name) + " must be " + std::string(what) + ", found " + found(value);
}

}  // namespace

void Fields::fail(std::string message) {
  if (!failed()) message_ = std::move(message);
}

std::optional<std::int64_t> Fields::optional_count(std::string_view name) {
  const Value value = object_[name];
  if (is_absent(value)) return std::nullopt;
  const std::optional<std::int64_t> count = value.integer();
  if (!count || *count < 0) {
    fail(must_be(name, "a count", value));
    return std::nullopt;
  }
  return count;
}

std::int64_t Fields::count(std::string_view name, std::int64_t fallback) {
  return optional_count(name).value_or(fallback);
}

std::int64_t Fields::require_count(std::string_view name) {
  if (is_absent(object_[name])) fail(quoted(name) + " is missing");
  return count(name);
}

std::string_view Fields::text(std::string_view name, std::string_view fallback) {
  const Value value = object_[name];
  if (is_absent(value)) return fallback;
  const std::optional<std::string_view> text = value.string();
  if (!text) fail(must_be(name, "a text", value));
  return text.value_or(fallback);
}

std::string_view Fields::require_text(std::string_view name) {
  if (is_absent(object_[name])) fail(quoted(name) + " is missing");
  return text(name);
}

std::optional<Amount> Fields::amount(std::string_view name) {
  const Value value = object_[name];
  if (is_absent(value)) return std::nullopt;
  const std::optional<std::string_view> text =
      value.kind() == Value::Kind::number ? value.number_text() : value.string();
  if (!text) {
    fail(must_be(name, "an amount", value));
    return std::nullopt;
  }
  const Result<Amount> amount = parse_amount(*text);
  if (!amount) {
    fail(quoted(name) + ": " + amount.error().message);
    return std::nullopt;
  }
  return *amount;
}

}  // namespace costops::json
