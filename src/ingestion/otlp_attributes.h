// otlp_attributes.h - attributes of OTLP/JSON spans, log records and resources.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/json/json.h"

namespace costops::ingestion {

using Names = std::span<const std::string_view>;

/// One list of `{key, value: {stringValue | intValue | ...}}`. Names given to a reader are tried in
/// order; the first attribute that is there answers.
class OtlpAttributes {
 public:
  /// Takes the list; valid as long as its document.
  void reset(json::Value list);
  /// Text; "" if there is none.
  [[nodiscard]] std::string_view text(Names names) const;
  /// A whole number from 0: intValue as number or text (as protobuf writes 64 bits), doubleValue
  /// without fraction, stringValue of digits.
  /// Fails with invalid_input: "\"gen_ai.usage.input_tokens\" must be a count, found \"x\"".
  [[nodiscard]] Result<std::optional<std::int64_t>> count(Names names) const;
  /// The digits of a number, or a text that may be one; "" if there is none.
  [[nodiscard]] std::string_view number(Names names) const;

 private:
  struct Attribute {
    std::string_view key;
    json::Value value;  ///< Of any kind: the member inside "value".
  };
  [[nodiscard]] const Attribute* find(Names names) const;
  std::vector<Attribute> attributes_;
};

}  // namespace costops::ingestion
