// prices_used.cc - numbered by first use.
#include "accounting/prices_used.h"

namespace costops::accounting {

Result<std::uint32_t> PricesUsed::index_of(const pricing::Price& price) {
  const auto known = index_.find(&price);
  if (known != index_.end()) return known->second;
  auto definition = definition_of(price, book_);
  if (!definition) return fail(definition.error());
  used_.push_back({price.id, std::move(*definition)});
  return index_[&price] = static_cast<std::uint32_t>(used_.size() - 1);
}

}  // namespace costops::accounting
