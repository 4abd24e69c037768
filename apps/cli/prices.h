// prices.h - which prices apply for this user: the built-in book, the user's own above it.
#pragma once

#include <string>
#include <vector>

#include "config.h"
#include "costops/domain/time.h"
#include "costops/pricing/importers.h"
#include "costops/pricing/price_book.h"

namespace costops::cli {

/// Built-in prices with those that the user added or imported. Own prices rank above built-in ones.
/// Fails with io_error or invalid_input, naming the file.
[[nodiscard]] Result<pricing::PriceBook> standard_book(const Folders& folders);
/// The parts of that book, to add to.
[[nodiscard]] Result<pricing::PriceBookBuilder> standard_builder(const Folders& folders);
/// One price file alone; its prices count as learned at `now`.
[[nodiscard]] Result<pricing::PriceBook> book_of_file(const std::string& path, Instant now);

/// Keeps prices for good in the user's folder as one more file, durable when this returns its path.
/// Nothing that is there is ever changed. Fails with io_error.
[[nodiscard]] Result<std::string> keep_prices(const pricing::PriceBook& prices,
                                              const Folders& folders, Instant now);
/// The files that keep_prices has written, oldest first.
[[nodiscard]] std::vector<std::string> kept_price_files(const Folders& folders);

/// A whole file as text. Fails with not_found or io_error, naming it.
[[nodiscard]] Result<std::string> read_whole(const std::string& path);

}  // namespace costops::cli
