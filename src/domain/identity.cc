#include "costops/domain/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace costops {
namespace {

struct Spelling {
  std::string_view squeezed;  ///< Lower case, letters and digits only.
  std::string_view provider;
};
constexpr std::array kSpellings = {
    Spelling{"amazon", "aws"},
    Spelling{"amazonbedrock", "aws"},
    Spelling{"anthropicmessages", "anthropic"},
    Spelling{"awsbedrock", "aws"},
    Spelling{"azai", "azure"},
    Spelling{"azaiinference", "azure"},
    Spelling{"azaiopenai", "azure"},
    Spelling{"azureai", "azure"},
    Spelling{"azureaifoundry", "azure"},
    Spelling{"azureaiinference", "azure"},
    Spelling{"azureaiopenai", "azure"},
    Spelling{"azureopenai", "azure"},
    Spelling{"azuretext", "azure"},
    Spelling{"bedrock", "aws"},
    Spelling{"bedrockconverse", "aws"},
    Spelling{"claude", "anthropic"},
    Spelling{"cohereai", "cohere"},
    Spelling{"coherechat", "cohere"},
    Spelling{"deepseekai", "deepseek"},
    Spelling{"fireworksai", "fireworks"},
    Spelling{"gcpgemini", "google"},
    Spelling{"gcpgenai", "google"},
    Spelling{"gcpvertexai", "google"},
    Spelling{"gemini", "google"},
    Spelling{"googleai", "google"},
    Spelling{"googleaistudio", "google"},
    Spelling{"googlegemini", "google"},
    Spelling{"googlegenai", "google"},
    Spelling{"googlegenerativeai", "google"},
    Spelling{"googlevertex", "google"},
    Spelling{"googlevertexai", "google"},
    Spelling{"grok", "x-ai"},
    Spelling{"groqcloud", "groq"},
    Spelling{"microsoftazure", "azure"},
    Spelling{"mistralai", "mistral"},
    Spelling{"moonshot", "moonshotai"},
    Spelling{"moonshotai", "moonshotai"},
    Spelling{"novitaai", "novita"},
    Spelling{"openaichat", "openai"},
    Spelling{"openairesponses", "openai"},
    Spelling{"openrouterai", "openrouter"},
    Spelling{"ovh", "ovhcloud"},
    Spelling{"perplexityai", "perplexity"},
    Spelling{"textcompletionopenai", "openai"},
    Spelling{"together", "together"},
    Spelling{"togetherai", "together"},
    Spelling{"vertex", "google"},
    Spelling{"vertexai", "google"},
    Spelling{"voyage", "voyageai"},
    Spelling{"voyageai", "voyageai"},
    Spelling{"xai", "x-ai"},
    Spelling{"zai", "zai"},
    Spelling{"zhipu", "zhipuai"},
    Spelling{"zhipuai", "zhipuai"},
};
static_assert(std::ranges::is_sorted(kSpellings, {}, &Spelling::squeezed));

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.' || c == '/' || c == ' '; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Letters and digits of a name, lower case, in `buffer`; empty if it holds anything but those and
/// separators, or is longer than any known spelling.
std::string_view squeezed(std::string_view name, std::array<char, 32>& buffer) {
  std::size_t length = 0;
  for (const char raw : name) {
    const char c = lower(raw);
    if (is_separator(c)) continue;
    if (!is_letter_or_digit(c) || length == buffer.size()) return {};
    buffer[length++] = c;
  }
  return {buffer.data(), length};
}

RecordId from_hash(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

/// Bytes of a hash's input: gathered in place while they are few, as nearly always, else streamed.
class Hasher {
 public:
  void add(std::string_view part) {
    const std::uint64_t length = part.size();
    add_bytes(&length, sizeof(length));
    add_bytes(part.data(), part.size());
  }
  [[nodiscard]] RecordId id() const {
    if (streaming_) return from_hash(XXH3_128bits_digest(&state_));
    return from_hash(XXH3_128bits(bytes_.data(), size_));
  }

 private:
  void add_bytes(const void* data, std::size_t size) {
    if (size == 0) return;
    if (!streaming_ && size <= bytes_.size() - size_) {
      std::memcpy(bytes_.data() + size_, data, size);
      size_ += size;
      return;
    }
    if (!streaming_) {
      XXH3_128bits_reset(&state_);
      XXH3_128bits_update(&state_, bytes_.data(), size_);
      streaming_ = true;
    }
    XXH3_128bits_update(&state_, data, size);
  }

  std::array<char, 512> bytes_;
  std::size_t size_ = 0;
  bool streaming_ = false;
  XXH3_state_t state_;
};

constexpr std::uint64_t of_each_byte(std::uint64_t byte) { return byte * 0x0101010101010101; }

/// Eight lower-case hexadecimal digits, the first in the lowest byte, as a number; sets a bit of
/// `wrong` if there is any other byte. All eight at once: digits have bit 6 clear and letters set.
std::uint64_t of_digits(std::uint64_t bytes, std::uint64_t& wrong) {
  const std::uint64_t letter = bytes >> 6U & of_each_byte(1);
  const std::uint64_t value = (bytes & of_each_byte(15)) + letter * 9;
  wrong |= bytes ^ (value + of_each_byte('0') + letter * ('a' - '0' - 10));
  wrong |= ((value + of_each_byte(6)) >> 4U & of_each_byte(1)) ^ letter;
  wrong |= value & of_each_byte(16);
  std::uint64_t number = __builtin_bswap64(value);
  number = (number | number >> 4U) & 0x00ff00ff00ff00ff;
  number = (number | number >> 8U) & 0x0000ffff0000ffff;
  return (number | number >> 16U) & 0xffffffff;
}

template <typename Number>
std::uint64_t bytes_at(std::string_view text, std::size_t at) {
  Number bytes = 0;
  std::memcpy(&bytes, text.data() + at, sizeof(bytes));
  return bytes;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::uint64_t parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

}  // namespace

std::string fold_provider(std::string_view name) {
  const std::string_view plain = trimmed(name);
  std::array<char, 32> buffer;
  const std::string_view key = squeezed(plain, buffer);
  const auto place = std::ranges::lower_bound(kSpellings, key, {}, &Spelling::squeezed);
  if (place != kSpellings.end() && place->squeezed == key) return std::string(place->provider);
  std::string folded(plain);
  std::ranges::transform(folded, folded.begin(), lower);
  return folded;
}

RecordId record_id(std::string_view scope, std::initializer_list<std::string_view> parts) {
  Hasher hasher;
  hasher.add(scope);
  for (const std::string_view part : parts) hasher.add(part);
  return hasher.id();
}

RecordId content_id(std::string_view content, std::uint64_t occurrence) {
  std::array<char, sizeof(occurrence)> bytes;
  std::memcpy(bytes.data(), &occurrence, sizeof(occurrence));
  return record_id("content", {content, {bytes.data(), bytes.size()}});
}

std::optional<RecordId> parse_uuid(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength) return std::nullopt;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  const auto around = [&](std::size_t at) {  // Four digits, a hyphen, four digits.
    return bytes_at<std::uint32_t>(text, at) | bytes_at<std::uint32_t>(text, at + 5) << 32U;
  };
  std::uint64_t wrong = 0;
  const std::uint64_t first = of_digits(bytes_at<std::uint64_t>(text, 0), wrong);
  const std::uint64_t second = of_digits(around(9), wrong);
  const std::uint64_t third = of_digits(around(19), wrong);
  const std::uint64_t fourth = of_digits(bytes_at<std::uint64_t>(text, 28), wrong);
  if (wrong != 0) return std::nullopt;
  return RecordId{first << 32U | second, third << 32U | fourth};
}

std::string uuid_text(RecordId uuid) {
  std::string text = to_string(uuid);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

RecordId uuid_key(std::string_view owner) { return record_id("uuid", {owner}); }

RecordId turned(RecordId uuid, std::string_view owner) {
  const RecordId key = uuid_key(owner);
  return {uuid.high ^ key.high, uuid.low ^ key.low};
}

std::string to_string(RecordId id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[15 - i] = kDigits[id.high >> (4 * i) & 15U];
    text[31 - i] = kDigits[id.low >> (4 * i) & 15U];
  }
  return text;
}

Result<RecordId> parse_record_id(std::string_view text) {
  if (text.size() != 32 || !std::ranges::all_of(text, is_hex)) {
    return fail(ErrorCode::invalid_input,
                "record id " + quoted(text) + " is not 32 hexadecimal digits");
  }
  return RecordId{parse_hex(text.substr(0, 16)), parse_hex(text.substr(16))};
}

}  // namespace costops
