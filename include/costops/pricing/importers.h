// importers.h - price files of other projects and our own, read as decimal text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/domain/time.h"
#include "costops/pricing/price_book.h"

namespace costops::pricing {

/// What an import noticed without failing: float noise snapped, keys it does not know, entries left
/// out and why. Each starts with the entry's name.
struct ImportNotes {
  std::vector<std::string> notes;
  std::size_t prices = 0;   ///< Prices added.
  std::size_t skipped = 0;  ///< Entries left out (each has a note).
};

/// `learned_at` is the date on which the file was published or fetched. All importers: amounts
/// as decimal text, numbers with more than 9 significant digits that look like binary noise
/// snapped to 9 and noted; an entry that cannot be understood is skipped and noted, never free.
/// Fail with invalid_input if the file as a whole is not of its format.
[[nodiscard]] Result<ImportNotes> import_genai_prices(std::string_view json, Instant learned_at,
                                                      PriceBookBuilder& into);
[[nodiscard]] Result<ImportNotes> import_litellm(std::string_view json, Instant learned_at,
                                                 PriceBookBuilder& into);
/// Our own format (docs/price-files.md), in JSON or TOML.
[[nodiscard]] Result<ImportNotes> import_own_json(std::string_view json, PriceBookBuilder& into);
[[nodiscard]] Result<ImportNotes> import_own_toml(std::string_view toml, PriceBookBuilder& into);

/// Tells the format of a price file by its shape and imports it.
[[nodiscard]] Result<ImportNotes> import_price_file(std::string_view text, Instant learned_at,
                                                    PriceBookBuilder& into);

/// Our own JSON of some prices with their models and providers: import_own_json reads it back to
/// equal prices.
[[nodiscard]] std::string export_own_json(const PriceBook& book);

/// The book that comes with the program (data/, generated, with source and date per price).
[[nodiscard]] Result<void> add_built_in_prices(PriceBookBuilder& into);

/// One disagreement between two sources about the same model, conditions and meter.
struct Disagreement {
  const Price* used;
  const Price* other;
  Meter meter;
  std::string used_rate;  ///< "" if that source has no rate for the meter.
  std::string other_rate;
};
/// Every disagreement between sources in the book, ordered by provider, model, meter.
[[nodiscard]] std::vector<Disagreement> audit(const PriceBook& book);

}  // namespace costops::pricing
