// The price book that comes with the program: data/price_book.json.zst, carried in the binary.
#include <zstd.h>

#include <cstddef>
#include <string>

#include "costops/pricing/importers.h"

// The assembler includes the file: no source text of a megabyte to compile.
__asm__(
    ".section .rodata\n"
    ".global costops_price_book_begin\n"
    ".global costops_price_book_end\n"
    ".balign 16\n"
    "costops_price_book_begin:\n"
    ".incbin \"" COSTOPS_PRICE_BOOK
    "\"\n"
    "costops_price_book_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" {
extern const std::byte costops_price_book_begin[];
extern const std::byte costops_price_book_end[];
}

namespace costops::pricing {

Result<void> add_built_in_prices(PriceBookBuilder& into) {
  const auto size = static_cast<std::size_t>(costops_price_book_end - costops_price_book_begin);
  const unsigned long long full = ZSTD_getFrameContentSize(costops_price_book_begin, size);
  if (full == ZSTD_CONTENTSIZE_UNKNOWN || full == ZSTD_CONTENTSIZE_ERROR) {
    return fail(ErrorCode::invalid_input,
                "the built-in price book is not a zstd frame of known "
                "size; generate it again");
  }
  std::string json(full, '\0');
  const std::size_t got = ZSTD_decompress(json.data(), json.size(), costops_price_book_begin, size);
  if (ZSTD_isError(got) != 0 || got != full) {
    return fail(ErrorCode::invalid_input, "the built-in price book is damaged; generate it again");
  }
  const auto notes = import_own_json(json, into);
  if (!notes) return fail(notes.error());
  if (!notes->notes.empty()) {
    return fail(ErrorCode::invalid_input, "the built-in price book: " + notes->notes.front());
  }
  return {};
}

}  // namespace costops::pricing
