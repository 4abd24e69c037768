// ledger_url.h - the URL of a ledger, for messages and with what an application adds to it.
#pragma once

#include <string>
#include <string_view>

namespace costops::storage {

/// The URL without a password: for everything that people or logs may read.
[[nodiscard]] std::string shown_ledger_url(std::string_view url);

/// What an application adds to the URL of a ClickHouse ledger.
struct LedgerDefaults {
  std::string spool;           ///< Folder for batches on their way.
  std::string user, password;  ///< From the environment; "": none.
};

/// A ClickHouse ledger's URL with what it does not say itself; every other URL as it is. The
/// result may hold a password: see shown_ledger_url().
[[nodiscard]] std::string with_ledger_defaults(std::string_view url,
                                               const LedgerDefaults& defaults);

}  // namespace costops::storage
