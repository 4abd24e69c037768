#include <string_view>

#include "costops/json/json.h"
#include "costops/pricing/importers.h"

namespace costops::pricing {
namespace {

std::string_view without_leading_space(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  return from == std::string_view::npos ? std::string_view{} : text.substr(from);
}

// TOML's "[[prices]]" starts like a JSON list, but a list of providers goes on with an object.
bool is_json_list(std::string_view text) {
  return text.starts_with('[') && without_leading_space(text.substr(1)).starts_with('{');
}

}  // namespace

Result<ImportNotes> import_price_file(std::string_view text, Instant learned_at,
                                      PriceBookBuilder& into) {
  text = without_leading_space(text);
  if (text.empty()) return fail(ErrorCode::invalid_input, "the price file is empty");
  if (is_json_list(text)) return import_genai_prices(text, learned_at, into);
  if (!text.starts_with('{')) return import_own_toml(text, into);
  json::Document document;
  const auto root = document.parse_copy(text);
  if (!root) return fail(root.error());
  if ((*root)["format"].exists()) return import_own_json(text, into);
  return import_litellm(text, learned_at, into);
}

}  // namespace costops::pricing
