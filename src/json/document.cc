// simdjson's first stage, which finds every structural character at several gigabytes a second and
// validates UTF-8, is used as it is. The second stage is ours, because none of simdjson's own keeps
// the digits of a number, refuses repeated names, and leaves strings where they are.
//
// What makes it short: from one structural position to the next there is exactly one token and
// then white space, so that a token's end is found from behind, without scanning it. What makes it
// fast: the hot steps are inlined into one loop over local variables, so they report a failure as
// a fault and a place, and the text of the message is made outside.
#include <algorithm>
#include <array>

#include "json/document_state.h"
#include "json/unescape.h"
#include "json/utf8.h"

namespace costops::json {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
/// Up to here the keys of an object's names are compared pairwise, above they are sorted.
constexpr std::size_t kPairwiseMax = 64;

enum class Fault : std::uint8_t {
  none,
  ended,
  no_value,
  no_name,
  no_colon,
  no_comma_in_object,
  no_comma_in_array,
  bad_token,
  unclosed_string,
  bad_escape,
  repeated_name,
  too_deep,
  trailing,
};

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

/// The kind of a token that is neither string nor structural; missing if it is no JSON value.
Value::Kind kind_of(std::string_view token) {
  if (token[0] == '-' || is_digit(token[0])) {
    return is_number(token) ? Value::Kind::number : Value::Kind::missing;
  }
  if (token == "true" || token == "false") return Value::Kind::boolean;
  return token == "null" ? Value::Kind::null : Value::Kind::missing;
}

/// Whether the keys of an object's names are all different. May put them in another order.
bool all_differ(std::uint32_t* keys, std::size_t count) {
  if (count > kPairwiseMax) {
    std::sort(keys, keys + count);
    return std::adjacent_find(keys, keys + count) == keys + count;
  }
  for (std::size_t i = 1; i < count; ++i) {
    std::uint32_t equal = 0;
    for (std::size_t j = 0; j < i; ++j) equal |= static_cast<std::uint32_t>(keys[j] == keys[i]);
    if (equal != 0) return false;
  }
  return true;
}

/// A name that two members of the object share, if there is one.
std::optional<std::string_view> repeated_name(const Node& object) {
  std::vector<std::string_view> names;
  names.reserve(object.size);
  const Node* member = &object + 1;
  for (; names.size() + 1 < object.size; member += member->next) {
    names.push_back(member->name_view());
  }
  names.push_back(member->name_view());
  std::ranges::sort(names);
  const auto place = std::ranges::adjacent_find(names);
  if (place == names.end()) return std::nullopt;
  return *place;
}

/// The second stage. The methods that are inlined answer false once something is wrong.
class Builder {
 public:
  Builder(const char* text, const std::uint32_t* first, const std::uint32_t* end, Node* nodes,
          std::uint32_t* name_keys, TextBuffer* unescaped)
      : text_(text),
        next_(first),
        end_(end),
        nodes_(nodes),
        name_keys_(name_keys),
        unescaped_(unescaped) {}

  [[nodiscard]] Fault build();
  /// Where the fault is; the object's node for repeated_name.
  [[nodiscard]] std::uint32_t fault_place() const { return place_; }

 private:
  struct Frame {
    std::uint32_t node;
    std::uint32_t last;       // child read last
    std::uint32_t count;      // children
    std::uint32_t key_count;  // names' keys of the frames below
    bool object;
  };
  struct Text {
    const char* begin;
    std::uint32_t length;
  };

  bool step();
  bool value(Text name, std::uint32_t key);
  bool string(std::uint32_t begin, std::uint32_t end, Text& text);
  bool close(const Frame& frame);
  /// The end of the token that stands before the next structural position.
  [[nodiscard]] std::uint32_t token_end() const {
    std::uint32_t end = *next_;
    while (is_space(text_[end - 1])) --end;
    return end;
  }
  bool wrong(Fault fault, std::uint32_t place) {
    fault_ = fault;
    place_ = place;
    return false;
  }

  const char* const text_;
  const std::uint32_t* next_;
  const std::uint32_t* const end_;
  Node* const nodes_;
  std::uint32_t* const name_keys_;
  TextBuffer* const unescaped_;
  std::uint32_t node_count_ = 0;
  std::uint32_t key_count_ = 0;
  std::size_t depth_ = 0;
  Fault fault_ = Fault::none;
  std::uint32_t place_ = 0;
  std::array<Frame, kDepthMax> frames_;
};

/// Reads the string with these bounds, quotes included.
[[gnu::always_inline]] inline bool Builder::string(std::uint32_t begin, std::uint32_t end,
                                                   Text& text) {
  if (end - begin < 2 || text_[end - 1] != '"') return wrong(Fault::unclosed_string, begin);
  text = {text_ + begin + 1, end - begin - 2};
  if (unescaped_ == nullptr || std::memchr(text.begin, '\\', text.length) == nullptr) return true;
  char* const from = unescaped_->end();
  char* const to = unescape({text.begin, text.length}, from);
  if (to == nullptr) return wrong(Fault::bad_escape, begin);
  unescaped_->set_end(to);
  text = {from, static_cast<std::uint32_t>(to - from)};
  return true;
}

[[gnu::always_inline]] inline bool Builder::value(Text name, std::uint32_t key) {
  if (next_ == end_) return wrong(Fault::ended, 0);
  const std::uint32_t begin = *next_++;
  const std::uint32_t index = node_count_++;
  Node& node = nodes_[index];
  node.name = name.begin;
  node.name_length = name.length;
  node.name_key = key;
  node.next = 0;
  node.raw = text_ + begin;
  const char c = text_[begin];
  if (c == '{' || c == '[') {
    if (depth_ == frames_.size()) return wrong(Fault::too_deep, begin);
    node.kind = c == '{' ? Value::Kind::object : Value::Kind::array;
    frames_[depth_++] = {index, index, 0, key_count_, c == '{'};
    return true;
  }
  const std::uint32_t end = token_end();
  node.raw_length = end - begin;
  Text text{text_ + begin, end - begin};
  if (c == '"') {
    node.kind = Value::Kind::string;
    if (!string(begin, end, text)) return false;
  } else {
    node.kind = kind_of({text.begin, text.length});
    if (node.kind == Value::Kind::missing) return wrong(Fault::bad_token, begin);
  }
  node.text = text.begin;
  node.size = text.length;
  return true;
}

/// Reads the next element, member or end of the innermost container.
[[gnu::always_inline]] inline bool Builder::step() {
  Frame& frame = frames_[depth_ - 1];
  if (next_ == end_) return wrong(Fault::ended, 0);
  const char c = text_[*next_];
  if (c == (frame.object ? '}' : ']')) return close(frame);
  if (frame.count > 0) {
    if (c != ',') {
      return wrong(frame.object ? Fault::no_comma_in_object : Fault::no_comma_in_array, *next_);
    }
    if (++next_ == end_) return wrong(Fault::ended, 0);
    nodes_[frame.last].next = node_count_ - frame.last;
  }
  frame.last = node_count_;
  ++frame.count;
  if (!frame.object) return value({nullptr, 0}, 0);

  const std::uint32_t begin = *next_;
  if (text_[begin] != '"') return wrong(Fault::no_name, begin);
  if (++next_ == end_) return wrong(Fault::ended, 0);
  Text name{};
  if (!string(begin, token_end(), name)) return false;
  if (text_[*next_] != ':') return wrong(Fault::no_colon, *next_);
  ++next_;
  const std::uint32_t key = key_of({name.begin, name.length});
  name_keys_[key_count_++] = key;
  return value(name, key);
}

[[gnu::always_inline]] inline bool Builder::close(const Frame& frame) {
  Node& node = nodes_[frame.node];
  node.size = frame.count;
  node.raw_length = static_cast<std::uint32_t>(text_ + *next_++ + 1 - node.raw);
  --depth_;
  if (!frame.object) return true;
  // Names with different keys differ; equal keys prove nothing.
  const bool differ = all_differ(name_keys_ + frame.key_count, frame.count) || !repeated_name(node);
  key_count_ = frame.key_count;
  return differ || wrong(Fault::repeated_name, frame.node);
}

Fault Builder::build() {
  bool fine = value({nullptr, 0}, 0);
  while (fine && depth_ > 0) fine = step();
  if (fine && next_ != end_) (void)wrong(Fault::trailing, *next_);
  return fault_;
}

std::string first_stage_message(simdjson::error_code error, std::string_view text) {
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

/// The token at the start of `text`, for a message.
std::string_view token_of(std::string_view text) {
  return text.substr(0, text.find_first_of(" \n\r\t,:[]{}"));
}

std::string_view words_for(Fault fault) {
  switch (fault) {
    case Fault::no_value:
      return "expected a value";
    case Fault::no_name:
      return "expected a member's name in quotes";
    case Fault::no_colon:
      return R"(expected ":")";
    case Fault::no_comma_in_object:
      return R"(expected "," or "}")";
    case Fault::no_comma_in_array:
      return R"(expected "," or "]")";
    case Fault::unclosed_string:
      return "a string is not closed";
    case Fault::bad_escape:
      return "a string holds a wrong escape";
    case Fault::trailing:
      return "content after the JSON value";
    default:
      return "";
  }
}

std::string message_of(Fault fault, std::uint32_t place, std::string_view text, const Node* nodes) {
  const auto at = " at byte " + std::to_string(place);
  switch (fault) {
    case Fault::ended:
      return "the text ends before the JSON value does";
    case Fault::repeated_name:
      return "object repeats the name " + quoted(repeated_name(nodes[place]).value_or(""));
    case Fault::too_deep:
      return "nested deeper than " + std::to_string(kDepthMax) + " levels" + at;
    case Fault::bad_token: {
      const std::string_view token = token_of(text.substr(place));
      if (token.empty()) return std::string(words_for(Fault::no_value)) + at;
      return quoted(token) + at + " is no JSON value";
    }
    default:
      return std::string(words_for(fault)) + at;
  }
}

}  // namespace

bool Document::State::reserve(std::size_t size) {
  if (size > capacity || capacity == 0) {
    const std::size_t wanted = std::max(size + size / 2, std::size_t{4096});
    if (parser.allocate(wanted) != simdjson::SUCCESS) return false;
    capacity = wanted;
  }
  return true;
}

void Document::State::reserve_nodes() {
  const std::size_t wanted = parser.implementation->n_structural_indexes;
  if (wanted > node_capacity) {
    node_capacity = wanted + wanted / 2;
    nodes = std::make_unique_for_overwrite<Node[]>(node_capacity);
    name_keys = std::make_unique_for_overwrite<std::uint32_t[]>(node_capacity);
  }
}

Document::Document() : state_(std::make_unique<State>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Result<Value> Document::parse(std::string_view text) {
  State& state = *state_;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.size() >= UINT32_MAX || !state.reserve(text.size())) {
    return fail(ErrorCode::invalid_input,
                "a JSON text of " + std::to_string(text.size()) + " bytes is too large");
  }
  auto& first_stage = *state.parser.implementation;
  const simdjson::error_code error =
      first_stage.stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                         simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::invalid_input, first_stage_message(error, text));
  }
  state.reserve_nodes();
  const bool has_escapes = std::memchr(text.data(), '\\', text.size()) != nullptr;
  if (has_escapes) state.unescaped.reset(text.size());
  const std::uint32_t* const places = first_stage.structural_indexes.get();
  Builder builder(text.data(), places, places + first_stage.n_structural_indexes, state.nodes.get(),
                  state.name_keys.get(), has_escapes ? &state.unescaped : nullptr);
  const Fault fault = builder.build();
  if (fault != Fault::none) {
    return fail(ErrorCode::invalid_input,
                message_of(fault, builder.fault_place(), text, state.nodes.get()));
  }
  return Value(state.nodes.get());
}

Result<Value> Document::parse_copy(std::string_view text) {
  State& state = *state_;
  state.copy.assign(text);
  state.copy.append(kPadding, ' ');
  return parse(std::string_view(state.copy).substr(0, text.size()));
}

}  // namespace costops::json
