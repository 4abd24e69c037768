#include "ingestion/line_shapes.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "costops/domain/identity.h"
#include "ingestion/served.h"

namespace costops::ingestion {
namespace {

constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::source) + 1;
constexpr std::size_t kDigitsMax = 15;

std::size_t index(Field field) { return static_cast<std::size_t>(field); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether `literal` (padded to whole steps of 16 bytes) stands at `at`.
bool stands_at(const char* at, const std::string& literal, std::size_t length) {
#if defined(__SSE2__)
  const char* wanted = literal.data();
  for (; length >= 16; length -= 16, at += 16, wanted += 16) {
    const __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                                         _mm_loadu_si128(reinterpret_cast<const __m128i*>(wanted)));
    if (_mm_movemask_epi8(equal) != 0xffff) return false;
  }
  const __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)),
                                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(wanted)));
  const unsigned behind = 0xffffU << length;
  return ((static_cast<unsigned>(_mm_movemask_epi8(equal)) | behind) & 0xffffU) == 0xffffU;
#else
  return std::memcmp(at, literal.data(), length) == 0;
#endif
}

/// The first byte from `at` on that cannot be inside a plain text. A line's end is such a byte.
const char* end_of_text(const char* at) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  for (;; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Signed: bytes above 0x7f are below space, too.
    const __m128i odd =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmplt_epi8(bytes, space));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(odd));
    if (found != 0) return at + std::countr_zero(found);
  }
#else
  const auto plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
  };
  while (plain(*at)) ++at;
  return at;
#endif
}

/// A list of plain texts: `["a","b"]`. The byte behind it, or null.
const char* end_of_texts(const char* at) {
  if (*at++ != '[') return nullptr;
  if (*at == ']') return at + 1;
  while (*at == '"') {
    at = end_of_text(at + 1);
    if (*at++ != '"') return nullptr;
    if (*at == ']') return at + 1;
    if (*at++ != ',') return nullptr;
  }
  return nullptr;
}

std::vector<std::string> texts_in(std::string_view list) {
  std::vector<std::string> texts;
  for (std::size_t at = list.find('"'); at != std::string_view::npos; at = list.find('"', at)) {
    const std::size_t end = list.find('"', at + 1);
    texts.emplace_back(list.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return texts;
}

}  // namespace

/// What lies between a line's literals.
struct LineShapes::Values {
  std::array<std::string_view, kFieldCount> text;
  std::array<std::int64_t, kFieldCount> number;
  std::uint32_t texts_present = 0;
  std::uint32_t numbers_present = 0;
  std::string_view model_version;
  std::int64_t context_window = 0;
  std::string_view metadata;

  [[nodiscard]] bool has_number(Field f) const { return (numbers_present >> index(f) & 1U) != 0; }
  [[nodiscard]] bool has_text(Field f) const { return (texts_present >> index(f) & 1U) != 0; }
  [[nodiscard]] std::string_view text_of(Field f) const {
    return has_text(f) ? text[index(f)] : std::string_view();
  }
  [[nodiscard]] std::int64_t count_of(Field f) const {
    return has_number(f) ? number[index(f)] : 0;
  }
};
static_assert(kFieldCount <= 32);

/// Takes an accepted line apart. The line is valid JSON, so the walk need not check it.
class LineShapes::Learner {
 public:
  explicit Learner(std::string_view line) : line_(line) {}

  /// False if the line has something that shapes cannot express.
  [[nodiscard]] bool learn(Shape& shape) {
    shape_ = &shape;
    space();
    if (peek() != '{' || !object(Place::record, 0)) return false;
    space();
    if (at_ != line_.size()) return false;
    close(shape.tail);
    return true;
  }

 private:
  enum class Place : std::uint8_t { record, model, ignored };

  [[nodiscard]] char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  void take() { literal_ += line_[at_++]; }
  void space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') take();
  }
  void close(Slot& slot) {
    slot.length = literal_.size();
    slot.literal = std::move(literal_);
    slot.literal.append(16, '\0');
    literal_.clear();
  }

  bool object(Place place, int depth) {
    take();
    space();
    while (peek() == '"') {
      take();
      const std::size_t from = at_;
      while (peek() != '"' && peek() != '\\' && peek() != '\0') take();
      if (peek() != '"') return false;
      const std::string_view name = line_.substr(from, at_ - from);
      take();
      space();
      take();  // The colon.
      space();
      if (!member(name, place, depth)) return false;
      space();
      if (peek() == ',') take();
      space();
    }
    if (peek() != '}') return false;
    take();
    return true;
  }

  bool member(std::string_view name, Place place, int depth) {
    if (place == Place::model) return model_member(name);
    const Field field = place == Place::record ? kFieldNames.field_of(name) : Field::unknown;
    if (peek() == '{') return object_member(field, depth);
    if (peek() == '[') return list_member(field);
    if (field == Field::source || field == Field::metadata) return peek() == 'n' && word();
    return scalar(field == Field::group ? Field::unknown : field);
  }

  bool object_member(Field field, int depth) {
    switch (field) {
      case Field::group:
        return depth < 2 ? object(Place::record, depth + 1) : object(Place::ignored, depth);
      case Field::model:
        return once(Field::model) && object(Place::model, depth);
      case Field::metadata:
        return metadata(depth);
      case Field::unknown:
        return object(Place::ignored, depth);
      default:
        return false;
    }
  }

  bool metadata(int depth) {
    if (!once(Field::metadata)) return false;
    const std::size_t from = shape_->slots.size();
    const std::size_t from_byte = literal_.size();
    const std::size_t begin = at_;
    if (!object(Place::ignored, depth)) return false;
    const std::string_view inside = line_.substr(begin + 1, at_ - begin - 2);
    if (inside.find_first_not_of(" \t\r") == std::string_view::npos) return true;  // {}
    shape_->metadata_from = from;
    shape_->metadata_from_byte = from_byte;
    shape_->metadata_to = shape_->slots.size();
    shape_->metadata_to_byte = literal_.size();
    return true;
  }

  bool list_member(Field field) {
    if (field != Field::tags && field != Field::unknown) return false;
    if (field == Field::tags && !once(field)) return false;
    const std::string padded = std::string(line_.substr(at_)) + std::string(64, '\0');
    const char* const end = end_of_texts(padded.data());
    if (end == nullptr) return false;
    at_ += static_cast<std::size_t>(end - padded.data());
    slot(Kind::texts, field);
    return true;
  }

  bool model_member(std::string_view name) {
    const bool is_name = name == "name";
    const bool is_version = name == "version";
    const bool is_window = name == "context_window" || name == "contextWindow";
    if (peek() == '{' || peek() == '[') return false;
    if (is_window && !is_digit(peek()) && peek() != 'n') return false;
    if ((is_name || is_version) && peek() != '"' && peek() != 'n') return false;
    if ((is_version && versions_++ > 0) || (is_window && windows_++ > 0)) return false;
    const std::size_t before = shape_->slots.size();
    if (!value(is_name ? Field::model : Field::unknown)) return false;
    if (shape_->slots.size() > before) {
      shape_->slots.back().model_version = is_version;
      shape_->slots.back().context_window = is_window;
    }
    return true;
  }

  bool scalar(Field field) {
    const bool counts = field >= Field::prompt && field <= Field::first_token;
    const bool time =
        field == Field::timestamp || field == Field::created_at || field == Field::ingested_at;
    if (is_digit(peek()) && field != Field::unknown && !counts && !time) return false;
    if (peek() == '"' && counts) return false;
    if (field != Field::unknown && peek() != 'n' && !once(field)) return false;
    return value(field);
  }

  bool value(Field field) {
    if (peek() == '"') {
      take();
      while (peek() != '"' && peek() != '\\' && peek() != '\0') ++at_;
      if (peek() != '"') return false;
      slot(Kind::text, field);
      take();  // The closing quote begins the next literal.
      return true;
    }
    if (is_digit(peek())) {
      while (is_digit(peek())) ++at_;
      const char next = peek();
      if (next == '.' || next == 'e' || next == 'E') return false;
      slot(Kind::number, field);
      return true;
    }
    return peek() != '-' && word();
  }

  /// null, true or false: part of the literal.
  bool word() {
    while (peek() >= 'a' && peek() <= 'z') take();
    return true;
  }

  void slot(Kind kind, Field field) {
    Slot& slot = shape_->slots.emplace_back();
    close(slot);
    slot.kind = kind;
    slot.field = field;
  }

  bool once(Field field) {
    const std::uint32_t bit = std::uint32_t{1} << index(field);
    const bool first = (seen_ & bit) == 0;
    seen_ |= bit;
    return first;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string literal_;
  Shape* shape_ = nullptr;
  std::uint32_t seen_ = 0;
  int versions_ = 0;
  int windows_ = 0;
};

LineShapes::LineShapes(const ReadOptions& options, std::string_view file)
    : options_(options), file_(file) {}

void LineShapes::learn(std::string_view line) {
  // Lines that never repeat a shape are not worth remembering any more.
  constexpr std::uint64_t kMissesMax = 10'000;
  if (misses_++ > kMissesMax) return;
  Shape shape;
  if (!Learner(line).learn(shape)) return;
  if (shapes_.size() == kShapesMax) shapes_.pop_back();
  shapes_.insert(shapes_.begin(), std::move(shape));
}

/// The end of the line, if it has the shape; its values.
const char* LineShapes::match(const Shape& shape, const char* at, Values& values) {
  values.texts_present = values.numbers_present = 0;
  values.model_version = values.metadata = {};
  values.context_window = 0;
  const char* metadata_from = nullptr;
  const char* metadata_to = nullptr;
  const auto mark = [&](std::size_t slot) {
    if (slot == shape.metadata_from) metadata_from = at + shape.metadata_from_byte;
    if (slot == shape.metadata_to) metadata_to = at + shape.metadata_to_byte;
  };
  for (std::size_t i = 0; i < shape.slots.size(); ++i) {
    const Slot& slot = shape.slots[i];
    if (!stands_at(at, slot.literal, slot.length)) return nullptr;
    mark(i);
    at += slot.length;
    const char* const begin = at;
    if (slot.kind == Kind::number) {
      std::int64_t number = 0;
      while (is_digit(*at)) number = number * 10 + (*at++ - '0');
      const auto digits = static_cast<std::size_t>(at - begin);
      if (digits == 0 || digits > kDigitsMax || (*begin == '0' && digits > 1)) return nullptr;
      values.number[index(slot.field)] = number;
      values.numbers_present |= std::uint32_t{1} << index(slot.field);
      if (slot.context_window) values.context_window = number;
      continue;
    }
    at = slot.kind == Kind::text ? end_of_text(at) : end_of_texts(at);
    if (at == nullptr) return nullptr;
    const std::string_view text(begin, static_cast<std::size_t>(at - begin));
    values.text[index(slot.field)] = text;
    values.texts_present |= std::uint32_t{1} << index(slot.field);
    if (slot.model_version) values.model_version = text;
  }
  if (!stands_at(at, shape.tail.literal, shape.tail.length)) return nullptr;
  mark(shape.slots.size());
  if (metadata_to != nullptr) {
    values.metadata = {metadata_from, static_cast<std::size_t>(metadata_to - metadata_from)};
  }
  return at + shape.tail.length;
}

const char* LineShapes::read(const char* at, const char* end, std::uint64_t line,
                             UsageBatch& into) {
  Values values;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    const char* after = match(shapes_[i], at, values);
    if (after == nullptr || after > end) continue;
    if (after < end && *after == '\r') ++after;
    if (after < end && *after != '\n') continue;
    if (!append(values, line, into)) return nullptr;
    if (i > 0) std::swap(shapes_[i], shapes_[i - 1]);
    return after < end ? after + 1 : end;
  }
  return nullptr;
}

/// "2026-07-01T12:34:56.789Z" and the like; every other writing costs a full parse.
bool LineShapes::time_of(const Values& values, Field field, std::int64_t& at) {
  if (values.has_number(field)) {
    const auto instant = instant_from_epoch(values.number[index(field)]);
    if (instant) at = instant->time_since_epoch().count();
    return instant.has_value();
  }
  if (!values.has_text(field)) return true;
  const std::string_view text = values.text[index(field)];
  const auto two = [&](std::size_t place) {
    const auto tens = static_cast<unsigned>(text[place] - '0');
    const auto ones = static_cast<unsigned>(text[place + 1] - '0');
    return tens > 9 || ones > 9 ? 100U : tens * 10 + ones;
  };
  const bool known = text.size() >= 20 && std::memcmp(text.data(), date_.data(), 10) == 0;
  if (known && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text.back() == 'Z') {
    const unsigned hours = two(11);
    const unsigned minutes = two(14);
    const unsigned seconds = two(17);
    std::int64_t fraction = 0;
    const std::size_t digits = text.size() - 20;  // With the point.
    bool plain = hours < 24 && minutes < 60 && seconds < 60 && digits != 1 && digits <= 7 &&
                 (digits == 0 || text[19] == '.');
    std::int64_t unit = 100'000;
    for (std::size_t i = 20; i + 1 < text.size(); ++i, unit /= 10) {
      plain = plain && is_digit(text[i]);
      fraction += unit * (text[i] - '0');
    }
    if (plain) {
      at = date_micros_ + (hours * 3600 + minutes * 60 + seconds) * INT64_C(1'000'000) + fraction;
      return true;
    }
  }
  const auto instant = parse_instant(text);
  if (!instant) return false;
  at = instant->time_since_epoch().count();
  if (text.size() >= 20 && text.back() == 'Z' && text[17] != '6') {
    std::memcpy(date_.data(), text.data(), date_.size());
    date_micros_ = std::chrono::floor<std::chrono::days>(*instant).time_since_epoch().count() *
                   INT64_C(86'400'000'000);
  }
  return true;
}

std::uint32_t LineShapes::tags_code(const Values& values, UsageBatch& into) {
  const std::string_view list = values.text_of(Field::tags);
  const bool has_environment = values.has_text(Field::environment);
  std::string_view written = list;
  if (has_environment) {
    tags_written_.assign(list) += '+';
    written = tags_written_ += values.text_of(Field::environment);
  }
  return tags_.code_of(written, into.dictionary(Dimension::tags), [&](std::string_view) {
    std::vector<std::string> tags = texts_in(list);
    if (has_environment) {
      tags.push_back("environment:" + std::string(values.text_of(Field::environment)));
    }
    tags.insert(tags.end(), options_.extra_tags.begin(), options_.extra_tags.end());
    std::ranges::sort(tags);
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags.empty() ? std::string() : tags_text(tags);
  });
}

RecordId LineShapes::id_of(std::string_view id, std::uint32_t organization,
                           const UsageBatch& into) {
  const Dictionary& organizations = into.dictionary(Dimension::organization);
  const auto uuid = parse_uuid(id);
  if (!uuid) return record_id(kUsageRecordScope, {organizations.text_of(organization), id});
  if (organizations.identity() != keys_of_) uuid_keys_.clear();
  keys_of_ = organizations.identity();
  if (organization >= uuid_keys_.size()) uuid_keys_.resize(organizations.size());
  RecordId& key = uuid_keys_[organization];
  if (key.is_null()) key = uuid_key(organizations.text_of(organization));
  return {uuid->high ^ key.high, uuid->low ^ key.low};
}

namespace {

/// `text`, or what `option` says in its place.
std::string_view or_default(std::string_view text, const std::string& option) {
  return text.empty() ? std::string_view(option) : text;
}

}  // namespace

bool LineShapes::append(const Values& values, std::uint64_t line, UsageBatch& into) {
  using enum Field;
  const std::int64_t input = values.count_of(prompt);
  const std::int64_t output = values.count_of(completion);
  const std::int64_t cache_read = values.count_of(cached);
  const std::int64_t thought = values.count_of(reasoning);
  if (!values.has_number(prompt) || !values.has_number(completion) || input + output == 0 ||
      cache_read > input || thought > output ||
      (values.has_number(total) && values.count_of(total) != input + output)) {
    return false;
  }
  std::string_view name;
  for (const Field field : {id, request_id, event_id, message_id}) {
    if (name.empty()) name = values.text_of(field);
  }
  const std::string_view written = or_default(values.text_of(provider), options_.default_provider);
  const std::string_view owner =
      or_default(values.text_of(organization), options_.default_organization);
  if (name.empty() || values.text_of(model).empty() || written.empty() || owner.empty())
    return false;

  UsageBatch::Row row;
  if (!time_of(values, created_at, row.at) || !time_of(values, timestamp, row.at) ||
      !time_of(values, ingested_at, row.ingested_at)) {
    return false;
  }
  const auto latest = (options_.now + kClockSkewAllowance).time_since_epoch().count();
  if (row.at > latest) return false;
  row.latency_ms = values.has_number(latency) ? values.count_of(latency) : UsageBatch::kNone;
  row.time_to_first_token_ms =
      values.has_number(first_token) ? values.count_of(first_token) : UsageBatch::kNone;
  row.context_window = values.context_window;
  row.line = line;
  row.source_id = name;
  row.metadata = values.metadata;

  const auto code = [&](Dimension dimension, std::string_view text) {
    return row.codes[static_cast<std::size_t>(dimension)] =
               into.dictionary(dimension).code_of(text);
  };
  const auto made = [&](Dimension dimension, std::string_view text, CodeMemo& memo, auto make) {
    row.codes[static_cast<std::size_t>(dimension)] =
        memo.code_of(text, into.dictionary(dimension), make);
  };
  made(Dimension::provider, written, providers_, fold_provider);
  code(Dimension::model, values.text_of(model));
  code(Dimension::model_version, values.model_version);
  const std::uint32_t organization_code = code(Dimension::organization, owner);
  code(Dimension::project, or_default(values.text_of(project), options_.default_project));
  code(Dimension::user, or_default(values.text_of(user), options_.default_user));
  code(Dimension::session, values.text_of(session));
  made(Dimension::service_tier, values.text_of(service_tier), tiers_, served_tier);
  made(Dimension::region, values.text_of(region), regions_, served_region);
  code(Dimension::source_kind, kUsageRecordScope);
  code(Dimension::file, file_);
  row.codes[static_cast<std::size_t>(Dimension::tags)] = tags_code(values, into);
  row.id = id_of(name, organization_code, into);
  const std::array<std::pair<Meter, std::int64_t>, 5> quantities{
      {{Meter::input_tokens_uncached, input - cache_read},
       {Meter::cache_read_tokens, cache_read},
       {Meter::output_tokens, output - thought},
       {Meter::output_reasoning_tokens, thought},
       {Meter::requests, 1}}};
  row.quantities = quantities;
  into.append(row);
  return true;
}

}  // namespace costops::ingestion
