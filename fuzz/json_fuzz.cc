// Any bytes: parsing never reads outside them, and what it accepts is read the same again after it
// was written.
#include <cstddef>
#include <cstdint>

#include "costops/json/json.h"

namespace costops::json {
namespace {

void write(Writer& writer, Value value) {
  switch (value.kind()) {
    case Value::Kind::object:
      writer.object();
      for (Value v = value.first(); v.exists(); v = v.next()) {
        writer.key(v.name());
        write(writer, v);
      }
      writer.end_object();
      break;
    case Value::Kind::array:
      writer.array();
      for (Value v = value.first(); v.exists(); v = v.next()) write(writer, v);
      writer.end_array();
      break;
    case Value::Kind::string:
      writer.value(*value.string());
      break;
    default:
      writer.raw(value.raw());
  }
}

std::string written(Value value) {
  std::string out;
  Writer writer(out);
  write(writer, value);
  return out;
}

/// Asks every question of every value; returns how many there are.
std::size_t visit(Value value) {
  std::size_t count = 1;
  (void)value.integer();
  (void)value.boolean();
  if (!value.raw().empty() && value.kind() == Value::Kind::missing) __builtin_trap();
  for (Value child = value.first(); child.exists(); child = child.next()) {
    if (value.is_object() && value[child.name()].raw().data() != child.raw().data()) {
      __builtin_trap();
    }
    count += visit(child);
  }
  return count;
}

}  // namespace
}  // namespace costops::json

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace costops::json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string quoted;
  append_quoted(quoted, text);
  Document document;
  if (document.parse_copy(quoted).value().string() != valid_utf8(text)) __builtin_trap();

  const costops::Result<Value> root = document.parse_copy(text);
  if (!root) return 0;
  const std::size_t count = visit(*root);
  Fields fields(*root);
  (void)fields.count("a");
  (void)fields.text("b");
  (void)fields.amount("c");
  const std::string once = written(*root);
  const costops::Result<Value> again = document.parse_copy(once);
  if (!again || visit(*again) != count || written(*again) != once) __builtin_trap();
  return 0;
}
