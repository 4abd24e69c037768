#include "ingestion/outline.h"

#include <algorithm>
#include <cctype>

namespace costops::ingestion {
namespace {

constexpr std::size_t kMembersMax = 512;
constexpr int kOutlineDepthMax = 8;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

/// One pass over the text. Each step answers false where the text stops or is no JSON.
class OutlineReader {
 public:
  OutlineReader(std::string_view text, Outline& outline) : text_(text), outline_(outline) {}

  void read() {
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '{' && text_[at_] != '[')) return;
    outline_.structured_ = true;
    // The elements of a top array have the paths that they would have alone.
    if (text_[at_] == '[') {
      ++at_;
      skip_space();
    }
    std::string path;
    value(path, 0);
  }

 private:
  bool value(std::string& path, int depth) {
    if (at_ >= text_.size()) return false;
    switch (text_[at_]) {
      case '{':
        return depth < kOutlineDepthMax ? object(path, depth) : skip_nested();
      case '[':
        return depth < kOutlineDepthMax ? array(path, depth) : skip_nested();
      case '"': {
        std::string_view ignored;
        return string(ignored);
      }
      default:
        return scalar();
    }
  }

  bool object(std::string& path, int depth) {
    ++at_;
    while (true) {
      skip_space();
      if (at_ >= text_.size()) return false;
      if (text_[at_] == '}') {
        ++at_;
        return true;
      }
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (!member(path, depth)) return false;
    }
  }

  bool member(std::string& path, int depth) {
    std::string_view name;
    if (text_[at_] != '"' || !string(name)) return false;
    skip_space();
    if (at_ >= text_.size() || text_[at_] != ':') return false;
    ++at_;
    skip_space();
    const std::size_t length = path.size();
    if (!path.empty()) path += '.';
    path += name;
    note(path);
    const bool complete = value(path, depth + 1);
    path.resize(length);
    return complete;
  }

  bool array(std::string& path, int depth) {
    ++at_;
    skip_space();
    if (at_ < text_.size() && text_[at_] == ']') {
      ++at_;
      return true;
    }
    const std::size_t length = path.size();
    path += "[]";
    note(path);
    const bool complete = value(path, depth + 1);
    path.resize(length);
    return complete && skip_to_close();
  }

  bool skip_nested() {
    ++at_;
    return skip_to_close();
  }

  /// From inside a bracket to behind its end.
  bool skip_to_close() {
    int open = 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        std::string_view ignored;
        if (!string(ignored)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++open;
      if ((c == '}' || c == ']') && --open == 0) return true;
    }
    return false;
  }

  bool string(std::string_view& out) {
    const std::size_t begin = ++at_;
    while (at_ < text_.size()) {
      if (text_[at_] == '"') {
        out = text_.substr(begin, at_ - begin);
        ++at_;
        return true;
      }
      at_ += text_[at_] == '\\' ? 2U : 1U;
    }
    return false;
  }

  bool scalar() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '-' || text_[at_] == '+' || text_[at_] == '.')) {
      ++at_;
    }
    return at_ > begin && at_ < text_.size();
  }

  void note(const std::string& path) {
    if (at_ >= text_.size() || outline_.members_.size() >= kMembersMax) return;
    Outline::Member member{path, text_[at_], {}};
    if (member.kind == '"') {
      const std::size_t here = at_;
      if (!string(member.text)) member.text = {};
      at_ = here;
    }
    outline_.members_.push_back(std::move(member));
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Outline& outline_;
};

Outline::Outline(std::string_view json) { OutlineReader(json, *this).read(); }

const Outline::Member* Outline::find(std::string_view path) const {
  const auto found = std::ranges::find(members_, path, &Member::path);
  return found == members_.end() ? nullptr : &*found;
}

bool Outline::has_any(std::initializer_list<std::string_view> paths) const {
  return std::ranges::any_of(paths, [this](std::string_view path) { return has(path); });
}

bool Outline::is(std::string_view path, char kind) const {
  const Member* member = find(path);
  return member != nullptr && member->kind == kind;
}

std::string_view Outline::text(std::string_view path) const {
  const Member* member = find(path);
  return member == nullptr || member->kind != '"' ? std::string_view{} : member->text;
}

std::string Outline::names() const {
  std::string list;
  for (const Member& member : members_) {
    if (member.path.find_first_of(".[") != std::string::npos) continue;
    if (list.size() > 100) return list + ", ...";
    if (!list.empty()) list += ", ";
    list += '"' + member.path + '"';
  }
  return list;
}

}  // namespace costops::ingestion
