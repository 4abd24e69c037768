#include <cstdint>
#include <string_view>

#include "costops/storage/ledger_url.h"
#include "storage/clickhouse_url.h"

using costops::storage::parse_clickhouse_url;

/// Parses any text; names are safe to stand in statements, and what is shown parses to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("password_file=") != std::string_view::npos) return 0;  // Reads any file.
  const auto url = parse_clickhouse_url(text);
  if (!url) return 0;
  for (const std::string* const name : {&url->database, &url->cluster}) {
    for (const char c : *name) {
      if (std::string_view("'`\"\\ ;()\n").find(c) != std::string_view::npos) __builtin_trap();
    }
  }
  for (const char c : url->user + url->password) {
    if (c == '\n' || c == '\r') __builtin_trap();
  }
  const auto again = parse_clickhouse_url(url->text());
  if (!again || again->text() != url->text()) __builtin_trap();
  if (!again->password.empty()) __builtin_trap();
  const std::string whole =
      costops::storage::with_ledger_defaults(url->text(), {"/s&?", "u@", ":"});
  const auto filled = parse_clickhouse_url(whole);
  if (!filled || filled->spool != "/s&?" || filled->user != "u@" || filled->password != ":") {
    __builtin_trap();
  }
  return 0;
}
