// simdjson's first stage, which finds every structural character at several gigabytes a second and
// validates UTF-8, is used as it is; the second stage is ours, because none of simdjson's own keeps
// the digits of a number, refuses repeated names, and needs no copy of strings all at once.
//
// What makes the second stage short: between one structural position and the next stands exactly
// one token and white space, so a token's end is found from behind, without scanning it.
#include "json/document_state.h"

#include <algorithm>
#include <array>
#include <optional>

#include "json/utf8.h"

namespace costops::json {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// Up to here the names of an object are compared pairwise, above they are sorted.
constexpr std::size_t kPairwiseMax = 32;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether `text` is a number by the grammar of JSON.
bool is_number(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto digits = [&at, end] {
    const char* const from = at;
    while (at != end && is_digit(*at)) ++at;
    return at != from;
  };
  if (at != end && *at == '-') ++at;
  const bool zero = at != end && *at == '0';
  const char* const first = at;
  if (!digits() || (zero && at - first > 1)) return false;
  if (at != end && *at == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return false;
  }
  return at == end;
}

/// Four hexadecimal digits; -1 if they are none.
int hex4(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    int digit = 0;
    if (is_digit(c)) {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

/// The character that a one-letter escape stands for; 0 if there is none.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

bool is_high_surrogate(int code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(int code) { return code >= 0xDC00 && code < 0xE000; }

}  // namespace

/// The second stage. Every step answers false once something is wrong; error() says what.
class Builder {
 public:
  explicit Builder(ParseMemory& state)
      : state_(state),
        text_(state.text.data()),
        nodes_(state.nodes.get()),
        next_(state.parser.implementation->structural_indexes.get()),
        end_(next_ + state.parser.implementation->n_structural_indexes) {}

  bool build();
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  struct Frame {
    std::uint32_t node;
    std::uint32_t last;   // child read last
    std::uint32_t names;  // where its names' keys begin
    std::uint32_t count;
    bool object;
  };

  bool value(const Node& named);
  bool string_value(Node& node, std::uint32_t begin);
  bool scalar(Node& node, std::uint32_t begin);
  bool open(Node& node, bool object);
  bool step();
  bool close(Frame& frame, std::uint32_t at);
  bool member_name(Node& named);
  /// The string that begins at `begin`, unescaped.
  bool string(std::uint32_t begin, const char*& text, std::uint32_t& length);
  bool unescape(std::uint32_t begin, std::string_view escaped);
  bool unescape_unicode(const char*& at, const char* end);
  [[nodiscard]] bool names_differ(const Frame& frame);
  bool report_repeated(const Frame& frame);
  /// End of the token that begins before the next structural position.
  [[nodiscard]] std::uint32_t token_end() const {
    std::uint32_t end = *next_;
    while (is_space(text_[end - 1])) --end;
    return end;
  }
  bool wrong(std::string what) {
    error_ = std::move(what);
    return false;
  }
  bool wrong_at(std::string_view what, std::uint32_t at) {
    return wrong(std::string(what) + " at byte " + std::to_string(at + state_.skipped));
  }
  bool ended() { return wrong("the text ends before the JSON value does"); }

  ParseMemory& state_;
  const char* text_;
  Node* nodes_;
  const std::uint32_t* next_;
  const std::uint32_t* end_;
  std::uint32_t node_count_ = 0;
  std::array<Frame, kDepthMax> frames_;
  std::size_t depth_ = 0;
  std::string error_;
};

bool Builder::build() {
  if (!value(Node{})) return false;
  while (depth_ > 0) {
    if (!step()) return false;
  }
  return next_ == end_ || wrong_at("content after the JSON value", *next_);
}

/// Reads the next element, member or end of the innermost container.
bool Builder::step() {
  Frame& frame = frames_[depth_ - 1];
  if (next_ == end_) return ended();
  const char c = text_[*next_];
  if (c == (frame.object ? '}' : ']')) return close(frame, *next_++);
  if (frame.count > 0) {
    if (c != ',') {
      return wrong_at(frame.object ? R"(expected "," or "}")" : R"(expected "," or "]")", *next_);
    }
    ++next_;
  }
  Node named;
  if (frame.object && !member_name(named)) return false;
  const std::uint32_t index = node_count_;
  if (frame.count > 0) nodes_[frame.last].next = index;
  frame.last = index;
  ++frame.count;
  return value(named);
}

bool Builder::member_name(Node& named) {
  if (next_ == end_) return ended();
  const std::uint32_t begin = *next_++;
  if (text_[begin] != '"') return wrong_at("expected a member's name in quotes", begin);
  if (!string(begin, named.name, named.name_length)) return false;
  if (next_ == end_) return ended();
  if (text_[*next_] != ':') return wrong_at(R"(expected ":")", *next_);
  ++next_;
  named.name_key = key_of(named.name_view());
  state_.name_keys.push_back(named.name_key);
  return true;
}

bool Builder::value(const Node& named) {
  if (next_ == end_) return ended();
  const std::uint32_t begin = *next_++;
  Node& node = nodes_[node_count_++];
  node = named;
  node.raw_begin = begin;
  switch (text_[begin]) {
    case '"':
      return string_value(node, begin);
    case '{':
      return open(node, true);
    case '[':
      return open(node, false);
    case ',':
    case ':':
    case '}':
    case ']':
      return wrong_at("expected a value", begin);
    default:
      return scalar(node, begin);
  }
}

bool Builder::string_value(Node& node, std::uint32_t begin) {
  node.kind = Value::Kind::string;
  node.raw_length = token_end() - begin;
  return string(begin, node.text, node.length);
}

bool Builder::scalar(Node& node, std::uint32_t begin) {
  node.text = text_ + begin;
  node.length = node.raw_length = token_end() - begin;
  const std::string_view text = node.text_view();
  if (text[0] == '-' || is_digit(text[0])) {
    node.kind = Value::Kind::number;
    if (is_number(text)) return true;
  } else if (text == "true" || text == "false") {
    node.kind = Value::Kind::boolean;
    return true;
  } else if (text == "null") {
    node.kind = Value::Kind::null;
    return true;
  }
  return wrong_at(quoted(text) + " is no JSON value,", begin);
}

bool Builder::open(Node& node, bool object) {
  if (depth_ == frames_.size()) {
    return wrong_at("nested deeper than " + std::to_string(kDepthMax) + " levels", node.raw_begin);
  }
  node.kind = object ? Value::Kind::object : Value::Kind::array;
  frames_[depth_++] = {node_count_ - 1, 0, static_cast<std::uint32_t>(state_.name_keys.size()), 0,
                       object};
  return true;
}

bool Builder::close(Frame& frame, std::uint32_t at) {
  Node& node = nodes_[frame.node];
  node.count = frame.count;
  node.raw_length = at + 1 - node.raw_begin;
  node.text = text_ + node.raw_begin;
  node.length = node.raw_length;
  --depth_;
  if (!frame.object) return true;
  if (!names_differ(frame)) return report_repeated(frame);
  state_.name_keys.resize(frame.names);
  return true;
}

/// False if two names may be equal; sure only above kPairwiseMax, or if all keys differ.
bool Builder::names_differ(const Frame& frame) {
  if (frame.count > kPairwiseMax) return false;
  const std::uint32_t* const keys = state_.name_keys.data() + frame.names;
  for (std::size_t i = 1; i < frame.count; ++i) {
    std::uint32_t equal = 0;
    for (std::size_t j = 0; j < i; ++j) equal |= static_cast<std::uint32_t>(keys[j] == keys[i]);
    if (equal != 0) return false;
  }
  return true;
}

/// Compares the names themselves.
bool Builder::report_repeated(const Frame& frame) {
  std::vector<std::string_view>& names = state_.names;
  names.clear();
  for (std::uint32_t i = frame.node + 1; names.size() < frame.count; i = nodes_[i].next) {
    names.push_back(nodes_[i].name_view());
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::adjacent_find(names);
  if (repeated != names.end()) return wrong("object repeats the name " + quoted(*repeated));
  state_.name_keys.resize(frame.names);
  return true;
}

bool Builder::string(std::uint32_t begin, const char*& text, std::uint32_t& length) {
  const std::uint32_t end = token_end();
  if (end - begin < 2 || text_[end - 1] != '"') return wrong_at("a string is not closed", begin);
  const std::string_view inside(text_ + begin + 1, end - begin - 2);
  if (!state_.has_escapes || inside.find('\\') == std::string_view::npos) {
    text = inside.data();
    length = static_cast<std::uint32_t>(inside.size());
    return true;
  }
  const char* const from = state_.unescaped_end;
  if (!unescape(begin, inside)) return false;
  text = from;
  length = static_cast<std::uint32_t>(state_.unescaped_end - from);
  return true;
}

bool Builder::unescape(std::uint32_t begin, std::string_view escaped) {
  char*& out = state_.unescaped_end;
  const char* at = escaped.data();
  const char* const end = at + escaped.size();
  while (at != end) {
    const auto left = static_cast<std::size_t>(end - at);
    const auto* const slash = static_cast<const char*>(std::memchr(at, '\\', left));
    const auto plain = slash == nullptr ? left : static_cast<std::size_t>(slash - at);
    std::memcpy(out, at, plain);
    out += plain;
    if (slash == nullptr) return true;
    at = slash + 1;
    if (at != end && *at == 'u') {
      if (!unescape_unicode(++at, end)) {
        return wrong_at(R"(a string has a wrong \u escape)", begin);
      }
      continue;
    }
    const char meant = at == end ? '\0' : simple_escape(*at);
    if (meant == 0) return wrong_at("a string has an unknown escape", begin);
    *out++ = meant;
    ++at;
  }
  return true;
}

/// `at` stands behind "\u", and is moved behind what was read: two escapes for a surrogate pair.
bool Builder::unescape_unicode(const char*& at, const char* end) {
  const int first = hex4(at, end);
  if (first < 0 || is_low_surrogate(first)) return false;
  at += 4;
  int code = first;
  if (is_high_surrogate(first)) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
    const int second = hex4(at + 2, end);
    if (!is_low_surrogate(second)) return false;
    at += 6;
    code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }
  state_.unescaped_end = append_utf8(state_.unescaped_end, static_cast<std::uint32_t>(code));
  return true;
}

namespace {

std::string first_stage_error(simdjson::error_code error, std::string_view text) {
  switch (error) {
    case simdjson::EMPTY:
      return "the text holds no JSON value";
    case simdjson::UTF8_ERROR:
      return "invalid UTF-8 at byte " + std::to_string(valid_utf8_length(text));
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    default:
      return simdjson::error_message(error);
  }
}

}  // namespace

bool ParseMemory::reserve(std::size_t size) {
  if (size > capacity || capacity == 0) {
    const std::size_t wanted = std::max(size + size / 2, std::size_t{4096});
    if (parser.allocate(wanted) != simdjson::SUCCESS) return false;
    capacity = wanted;
  }
  return true;
}

void ParseMemory::reserve_nodes() {
  const std::size_t wanted = parser.implementation->n_structural_indexes;
  if (wanted > node_capacity) {
    node_capacity = wanted + wanted / 2;
    nodes = std::make_unique_for_overwrite<Node[]>(node_capacity);
  }
  has_escapes = text.find('\\') != std::string_view::npos;
  if (has_escapes && unescaped_capacity < text.size()) {
    unescaped_capacity = capacity;
    unescaped = std::make_unique_for_overwrite<char[]>(unescaped_capacity);
  }
  unescaped_end = unescaped.get();
  name_keys.clear();
}

Document::Document() : state_(std::make_unique<State>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Result<Value> Document::parse(std::string_view text) {
  State& state = *state_;
  state.skipped = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  text.remove_prefix(state.skipped);
  state.text = text;
  if (text.size() >= UINT32_MAX || !state.reserve(text.size())) {
    return fail(ErrorCode::invalid_input,
                "a JSON text of " + std::to_string(text.size()) + " bytes is too large");
  }
  const simdjson::error_code error = state.parser.implementation->stage1(
      reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
      simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::invalid_input, first_stage_error(error, text));
  }
  state.reserve_nodes();
  Builder builder(state);
  if (!builder.build()) return fail(ErrorCode::invalid_input, builder.error());
  return Value(this, 0);
}

Result<Value> Document::parse_copy(std::string_view text) {
  State& state = *state_;
  state.copy.assign(text);
  state.copy.append(kPadding, ' ');
  return parse(std::string_view(state.copy).substr(0, text.size()));
}

}  // namespace costops::json
