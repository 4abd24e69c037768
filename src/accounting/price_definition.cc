// price_definition.cc - books of one price, there and back.
#include "accounting/price_definition.h"

#include <algorithm>

#include "costops/pricing/importers.h"

namespace costops::accounting {

Result<std::string> definition_of(const pricing::Price& price, const pricing::PriceBook& book) {
  pricing::PriceBookBuilder builder;
  const auto source =
      std::ranges::find(book.sources(), price.provenance.source, &pricing::Source::id);
  if (source != book.sources().end()) builder.add(*source);
  if (auto added = builder.add(price); !added) return fail(added.error());
  const auto alone = pricing::PriceBook::build(std::move(builder));
  if (!alone) return fail(alone.error());
  return pricing::export_own_json(*alone);
}

Result<pricing::Price> price_of_definition(std::string_view definition) {
  pricing::PriceBookBuilder builder;
  if (auto imported = pricing::import_own_json(definition, builder); !imported) {
    return fail(imported.error());
  }
  const auto book = pricing::PriceBook::build(std::move(builder));
  if (!book) return fail(book.error());
  if (book->prices().size() == 1) return book->prices().front();
  return fail(ErrorCode::invalid_input, "a price in the ledger holds " +
                                            std::to_string(book->prices().size()) +
                                            " prices instead of one: the ledger is damaged");
}

}  // namespace costops::accounting
