#include "ingestion/elements.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace costops::ingestion {
namespace {

constexpr std::size_t kHeadBytes = 1u << 20;
constexpr std::string_view kSpace = " \t\r\n";

/// 0: nothing. Below kInString: something outside strings only.
constexpr std::uint8_t kInString = 2;
constexpr std::array<std::uint8_t, 256> kMeaning = [] {
  std::array<std::uint8_t, 256> meaning{};
  for (const char c : {'{', '}', '[', ']'}) meaning[static_cast<unsigned char>(c)] = 1;
  for (const char c : {'"', '\\', '\n'}) meaning[static_cast<unsigned char>(c)] = kInString;
  return meaning;
}();

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }

/// Where a line stops: the brackets still open, and what came last.
struct LineState {
  std::string open;
  bool in_string = false;
  bool broken = false;  ///< Closes what is not open, or goes on behind its value.
  char last = 0;        ///< Last byte that is no space; '"' also for the end of a string.
};

LineState state_after(std::string_view line) {
  LineState state;
  bool escaped = false;
  bool done = false;
  for (const char c : line) {
    if (state.in_string) {
      if (!escaped && c == '"') state.in_string = false;
      escaped = !escaped && c == '\\';
      continue;
    }
    if (is_space(c)) continue;
    if (done) state.broken = true;
    if (c == '"') state.in_string = true;
    if (c == '{' || c == '[') state.open.push_back(c);
    if (c == '}' || c == ']') {
      if (state.open.empty()) {
        state.broken = true;
      } else {
        state.open.pop_back();
      }
    }
    state.last = c;
    done = state.open.empty() && !state.in_string;
  }
  return state;
}

/// Whether `next`, the first byte of the next line, can follow in one JSON text.
bool can_go_on(const LineState& line, char next) {
  if (line.in_string || line.broken || line.open.empty()) return false;
  const bool in_object = line.open.back() == '{';
  if (line.last == ':') return true;
  if (line.last == ',') return in_object ? next == '"' : true;
  if (line.last == '{') return next == '"' || next == '}';
  if (line.last == '[') return true;
  return next == ',' || next == ':' || next == '}' || next == ']';
}

}  // namespace

bool reads_by_line(std::string_view head) {
  const std::size_t from = head.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return true;
  if (head[from] == '[') return false;
  if (head[from] != '{') return true;
  const std::size_t end = std::min(head.find('\n', from), head.size());
  const LineState first = state_after(head.substr(from, end - from));
  if (first.open.empty() && !first.in_string) return true;
  const std::size_t next = head.find_first_not_of(kSpace, end);
  if (next == std::string_view::npos) return head.size() < kHeadBytes;
  return !can_go_on(first, head[next]);
}

json::Value list_in(json::Value value, std::span<const std::string_view> containers) {
  if (value.is_array()) return value;
  if (!value.is_object()) return {};
  for (const std::string_view name : containers) {
    if (const json::Value list = value[name]; list.is_array()) return list;
  }
  return {};
}

Elements::Elements(Input& input, std::span<const std::string_view> containers)
    : input_(input), containers_(containers), by_line_(reads_by_line(input.peek(kHeadBytes))) {}

Elements::Step Elements::next(Element& element) {
  return by_line_ ? next_line(element) : next_by_brackets(element);
}

Elements::Step Elements::next_line(Element& element) {
  while (true) {
    const Input::Step step = input_.next_line(element.text);
    element.line = input_.line_number();
    switch (step) {
      case Input::Step::line:
        if (element.text.find_first_not_of(kSpace) == std::string_view::npos) continue;
        return Step::element;
      case Input::Step::too_long:
        reason_ = fmt::format("the line is longer than {} MiB", kLineBytesMax >> 20);
        return Step::broken;
      case Input::Step::failed:
        reason_ = input_.error().message;
        element.text = {};
        ++element.line;
        return Step::broken;
      case Input::Step::end:
        return Step::end;
    }
  }
}

Elements::Step Elements::next_by_brackets(Element& element) {
  while (true) {
    if (at_ == block_.size() && !take_block()) return at_end(element);
    if (open_ != Open::none) {
      if (!scan_open()) continue;
      if (open_ != Open::none) return close(element);
      continue;
    }
    const char c = block_[at_];
    if (is_space(c) || c == ',') {
      if (c == '\n') ++line_;
      ++at_;
    } else if (c == ']' && in_list_) {
      ++at_;
      in_list_ = false;
      if (in_container_) {
        open_ = Open::tail;
        depth_ = 1;
        key_next_ = false;
      }
    } else if (c == '[' && !in_list_) {
      ++at_;
      in_list_ = true;
    } else {
      begin_at(c);
    }
  }
}

bool Elements::take_block() {
  if (open_ != Open::none && open_ != Open::tail) {
    if (!too_long_) carried_.append(block_.substr(begin_));
    if (carried_.size() > kLineBytesMax) {
      too_long_ = true;
      carried_.resize(kExcerptBytesMax);
    }
  }
  begin_ = 0;
  at_ = 0;
  block_ = {};
  return !ended_ && input_.next_block(block_) == Input::Step::line;
}

/// The input ended or broke off: what is open is lost.
Elements::Step Elements::at_end(Element& element) {
  if (ended_) return Step::end;
  ended_ = true;
  element = {carried_, open_ == Open::none ? line_ : begin_line_};
  if (!input_.error().message.empty()) {
    reason_ = input_.error().message;
    return Step::broken;
  }
  if (open_ == Open::scalar) return close(element);
  if (open_ == Open::none && !in_list_) return Step::end;
  reason_ = open_ == Open::none || open_ == Open::tail
                ? "the file is cut off: it ends before its closing bracket"
                : "the file is cut off: it ends inside a record";
  return Step::broken;
}

void Elements::begin_at(char first) {
  begin_ = at_;
  begin_line_ = line_;
  carried_.clear();
  too_long_ = false;
  depth_ = 0;
  in_string_ = escaped_ = false;
  if (first == '{' || first == '[') {
    const bool may_contain = first == '{' && !in_list_ && !containers_.empty();
    open_ = may_contain ? Open::head : Open::value;
    depth_ = 1;
    ++at_;
    in_key_ = value_next_ = false;
    key_next_ = true;
  } else {
    open_ = Open::scalar;
  }
}

/// Goes on in the open value. True if it was closed or turned out to be a container.
bool Elements::scan_open() {
  if (open_ == Open::scalar) return scan_scalar();
  if (open_ == Open::value) return skip_nested(0);
  const Scan scan = scan_members();
  if (scan == Scan::needs_bytes) return false;
  if (scan == Scan::list) {
    in_list_ = in_container_ = true;
    open_ = Open::none;
  } else if (open_ == Open::tail) {
    in_container_ = false;
    open_ = Open::none;
  }
  return true;
}

/// A value without brackets ends before the next separator; a lone closing bracket is one, too.
bool Elements::scan_scalar() {
  const std::size_t begin = at_;
  while (at_ < block_.size()) {
    const char c = block_[at_];
    if (in_string_) {
      scan_string_byte(c);
      ++at_;
      continue;
    }
    const bool closer = c == ']' || c == '}';
    if (closer && at_ == begin && carried_.empty() && begin == begin_) {
      ++at_;
      return true;
    }
    if (is_space(c) || c == ',' || closer) return true;
    if (c == '"') in_string_ = true;
    ++at_;
  }
  return false;
}

void Elements::scan_string_byte(char byte) {
  if (byte == '\n') ++line_;
  if (escaped_) {
    escaped_ = false;
  } else if (byte == '\\') {
    escaped_ = true;
  } else if (byte == '"') {
    in_string_ = false;
  }
}

/// Goes on until so many brackets are open. The hot loop: most bytes of a document pass here, so
/// the state lives in local variables, and only bytes that mean something leave the inner loops.
bool Elements::skip_nested(std::uint32_t floor) {
  const char* const bytes = block_.data();
  const std::size_t size = block_.size();
  std::size_t at = at_;
  std::uint32_t depth = depth_;
  std::uint64_t line = line_;
  bool closed = false;
  while (at < size && !closed) {
    if (in_string_) {
      // The byte behind a backslash is looked at whatever it is.
      const auto plain = [&] {
        return kMeaning[static_cast<unsigned char>(bytes[at])] < kInString;
      };
      while (!escaped_ && at < size && plain()) ++at;
      if (at == size) break;
      line_ = line;
      scan_string_byte(bytes[at++]);
      line = line_;
      continue;
    }
    while (at < size && kMeaning[static_cast<unsigned char>(bytes[at])] == 0) ++at;
    if (at == size) break;
    switch (bytes[at++]) {
      case '"':
        in_string_ = true;
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        closed = --depth == floor;
        break;
      case '\n':
        ++line;
        break;
      default:
        break;
    }
  }
  at_ = at;
  depth_ = depth;
  line_ = line;
  return closed;
}

/// Goes on in a top object, looking at the names of its own members only.
Elements::Scan Elements::scan_members() {
  while (at_ < block_.size()) {
    if (depth_ > 1) {
      if (!skip_nested(1)) return Scan::needs_bytes;
      continue;
    }
    const char c = block_[at_++];
    if (in_string_) {
      scan_string_byte(c);
      if (in_key_ && in_string_ && key_.size() < 64) key_.push_back(c);
      if (!in_string_) in_key_ = false;
      continue;
    }
    if (const Scan scan = scan_member_byte(c); scan != Scan::needs_bytes) return scan;
  }
  return Scan::needs_bytes;
}

Elements::Scan Elements::scan_member_byte(char byte) {
  if (is_space(byte)) {
    if (byte == '\n') ++line_;
    return Scan::needs_bytes;
  }
  const bool value_begins = value_next_;
  value_next_ = byte == ':';
  if (byte == '"') {
    in_string_ = true;
    in_key_ = key_next_;
    if (key_next_) key_.clear();
    key_next_ = false;
  } else if (byte == ',') {
    key_next_ = true;
  } else if (byte == '[' || byte == '{') {
    if (byte == '[' && value_begins && names_container()) return Scan::list;
    ++depth_;
  } else if (byte == ']' || byte == '}') {
    depth_ = 0;
    return Scan::closed;
  }
  return Scan::needs_bytes;
}

bool Elements::names_container() const {
  return std::ranges::find(containers_, std::string_view(key_)) != containers_.end();
}

/// Hands out the value that ends here: a view into the block, or a copy if it began before it.
Elements::Step Elements::close(Element& element) {
  open_ = Open::none;
  element.line = begin_line_;
  const std::string_view here = block_.substr(begin_, at_ - begin_);
  if (too_long_ || carried_.size() + here.size() > kLineBytesMax) {
    element.text = std::string_view(carried_).substr(0, kExcerptBytesMax);
    reason_ = fmt::format("the record is longer than {} MiB", kLineBytesMax >> 20);
    return Step::broken;
  }
  if (carried_.empty()) {
    element.text = here;
    return Step::element;
  }
  carried_.append(here);
  carried_.reserve(carried_.size() + json::kPadding);
  element.text = carried_;
  return Step::element;
}

}  // namespace costops::ingestion
