// identity.h - who is who: providers under one name, models as written, and 128-bit record ids.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
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

/// The 128 bits of a UUID in its usual writing (8-4-4-4-12 digits, lower case); none for any other
/// text.
[[nodiscard]] std::optional<RecordId> parse_uuid(std::string_view text);
/// The usual writing of a UUID.
[[nodiscard]] std::string uuid_text(RecordId uuid);
/// Identity of a record that its source calls by a UUID: the UUID turned by a key of the owner
/// (its organization), so that two owners may use one UUID. Within one owner no two UUIDs share an
/// identity, and the UUID comes back: turned(turned(u, o), o) == u. Whoever keeps the identity
/// need not keep the UUID.
[[nodiscard]] RecordId turned(RecordId uuid, std::string_view owner);
/// The key itself: turned(uuid, owner) is uuid XOR uuid_key(owner).
[[nodiscard]] RecordId uuid_key(std::string_view owner);

[[nodiscard]] std::string to_string(RecordId id);
/// Fails with invalid_input unless `text` is 32 hexadecimal digits.
[[nodiscard]] Result<RecordId> parse_record_id(std::string_view text);

}  // namespace costops
