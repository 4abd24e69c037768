#include "json/nodes.h"

namespace costops::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The value of an optional sign and digits; saturates far beyond every exponent that matters.
std::int64_t exponent_of(std::string_view text) {
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : text) {
    if (value < 1'000'000'000'000) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

/// A number's digits, and by how many places its point stands left of their end.
struct Digits {
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;
};

Digits digits_of(std::string_view text) {
  Digits digits;
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    digits.exponent = exponent_of(text.substr(e + 1));
    text = text.substr(0, e);
  }
  const std::size_t point = text.find('.');
  digits.whole = text.substr(0, point);
  if (point != std::string_view::npos) digits.fraction = text.substr(point + 1);
  return digits;
}

/// `value` x 10 + digit with the sign of the number, so that INT64_MIN can be read.
bool append_digit(std::int64_t& value, int digit, bool negative) {
  return !__builtin_mul_overflow(value, 10, &value) &&
         !__builtin_add_overflow(value, negative ? -digit : digit, &value);
}

std::optional<std::int64_t> whole_number(const Digits& digits, bool negative) {
  const auto whole_size = static_cast<std::int64_t>(digits.whole.size());
  const auto size = whole_size + static_cast<std::int64_t>(digits.fraction.size());
  const std::int64_t point = whole_size + digits.exponent;  // digits before the point
  std::int64_t value = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const char c = i < whole_size ? digits.whole[static_cast<std::size_t>(i)]
                                  : digits.fraction[static_cast<std::size_t>(i - whole_size)];
    if (i >= point) {
      if (c != '0') return std::nullopt;
    } else if (!append_digit(value, c - '0', negative)) {
      return std::nullopt;
    }
  }
  for (std::int64_t i = size; i < point && value != 0; ++i) {
    if (!append_digit(value, 0, negative)) return std::nullopt;
  }
  return value;
}

}  // namespace

Value::Kind Value::kind() const { return node_ == nullptr ? Kind::missing : node_->kind; }

Value Value::operator[](std::string_view name) const {
  if (size() == 0 || node_->kind != Kind::object) return {};
  const std::uint32_t key = key_of(name);
  for (const Node* member = node_ + 1;; member += member->next) {
    if (member->name_key == key && member->name_view() == name) return Value(member);
    if (member->next == 0) return {};
  }
}

Value Value::at(std::initializer_list<std::string_view> path) const {
  Value value = *this;
  for (const std::string_view name : path) value = value[name];
  return value;
}

std::optional<std::string_view> Value::string() const {
  if (kind() != Kind::string) return std::nullopt;
  return node_->text_view();
}

std::optional<bool> Value::boolean() const {
  if (kind() != Kind::boolean) return std::nullopt;
  return node_->text_view() == "true";
}

std::optional<std::string_view> Value::number_text() const {
  if (kind() != Kind::number) return std::nullopt;
  return node_->text_view();
}

std::optional<std::int64_t> Value::integer() const {
  if (kind() != Kind::number) return std::nullopt;
  std::string_view text = node_->text_view();
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  std::int64_t value = 0;
  if (text.size() <= 18) {  // Cannot overflow: nearly every count ends here.
    std::size_t i = 0;
    while (i < text.size() && is_digit(text[i])) value = value * 10 + (text[i++] - '0');
    if (i == text.size()) return negative ? -value : value;
  }
  return whole_number(digits_of(text), negative);
}

std::string_view Value::raw() const {
  return node_ == nullptr ? std::string_view{} : node_->raw_view();
}

Value Value::first() const { return size() == 0 ? Value{} : Value(node_ + 1); }

Value Value::next() const {
  return node_ == nullptr || node_->next == 0 ? Value{} : Value(node_ + node_->next);
}

std::string_view Value::name() const {
  return node_ == nullptr ? std::string_view{} : node_->name_view();
}

std::size_t Value::size() const {
  return node_ != nullptr && node_->is_container() ? node_->size : 0;
}

}  // namespace costops::json
