// open_ledger.cc - the ledger's database is a library that is loaded when it is first needed: found
// wherever the package was moved to.
#include <costops/storage/ledger.h>

#include <iostream>

int main() {
  const auto ledger =
      costops::storage::open_ledger("duckdb::memory:", costops::storage::OpenMode::create);
  if (!ledger) std::cerr << ledger.error().message << '\n';
  return ledger ? 0 : 1;
}
