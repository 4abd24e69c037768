#include "costops/export/markup.h"

#include "costops/json/json.h"

namespace costops::exports {
namespace {

/// What a character of HTML is written as; "": as itself.
std::string_view entity_of(char c) {
  switch (c) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  const bool control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
  return control ? "\xef\xbf\xbd" : "";
}

}  // namespace

void append_html(std::string& out, std::string_view text) {
  for (const char c : json::valid_utf8(text)) {
    const std::string_view entity = entity_of(c);
    if (entity.empty()) {
      out += c;
    } else {
      out += entity;
    }
  }
}

std::string html_of(std::string_view text) {
  std::string out;
  append_html(out, text);
  return out;
}

void append_markdown(std::string& out, std::string_view text) {
  for (const char c : json::valid_utf8(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '@':  // No mention of a person.
        out += "&#64;";
        break;
      case '\n':
      case '\r':
      case '\t':
        out += ' ';
        break;
      case '|':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '\\':
      case '~':
        out += '\\';
        [[fallthrough]];
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    }
  }
}

std::string markdown_of(std::string_view text) {
  std::string out;
  append_markdown(out, text);
  return out;
}

}  // namespace costops::exports
