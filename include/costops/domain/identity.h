// identity.h - who is who: providers under one name, models as written, and 128-bit record ids.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "costops/domain/error.h"

namespace costops {

/// One name per provider: lower case, known spellings folded (google|vertex|vertexai|
/// googlevertexai|gemini -> google; azure|azureopenai|azure_openai -> azure;
/// aws|bedrock|awsbedrock -> aws; xai|x_ai -> x-ai; ...), any other name trimmed and lower-cased.
[[nodiscard]] std::string fold_provider(std::string_view name);

/// 128-bit identity of a usage record: from the source's own ids, else from its content and its
/// occurrence. Written as 32 hexadecimal digits.
struct RecordId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const RecordId&, const RecordId&) = default;
  [[nodiscard]] bool is_null() const { return high == 0 && low == 0; }
};

/// XXH3-128 over the parts, each with its length, so that ("ab","c") differs from ("a","bc").
/// `scope` keeps ids of different kinds of source apart ("openai", "claude-code").
[[nodiscard]] RecordId record_id(std::string_view scope,
                                 std::initializer_list<std::string_view> parts);
/// Identity of the n-th record (from 0) with this content.
[[nodiscard]] RecordId content_id(std::string_view content, std::uint64_t occurrence);

[[nodiscard]] std::string to_string(RecordId id);
/// Fails with invalid_input unless `text` is 32 hexadecimal digits.
[[nodiscard]] Result<RecordId> parse_record_id(std::string_view text);

}  // namespace costops
