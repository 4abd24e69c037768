// duckdb_documents.cc - texts that a ledger keeps beside its records.
#include "storage/duckdb_ledger.h"

namespace costops::storage {

Result<void> DuckdbLedger::append_documents(std::span<const Document> documents) {
  const auto change = changing();
  if (!change) return fail(change.error());
  auto transaction = duck::Transaction::begin(writer_);
  if (!transaction) return fail(transaction.error());
  auto insert = writer_.prepare(
      "INSERT INTO documents SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ? FROM documents");
  if (!insert) return fail(insert.error());
  for (const Document& document : documents) {
    insert->bind(document.kind).bind(document.name);
    insert->bind_time(document.recorded_at.time_since_epoch().count()).bind(document.text);
    if (auto inserted = insert->run(); !inserted) return fail(inserted.error());
  }
  return transaction->commit();
}

Result<std::vector<Document>> DuckdbLedger::documents(std::string_view kind) const {
  auto question = asking();
  if (!question) return fail(question.error());
  auto select = question->connection.prepare(
      "SELECT kind, name, epoch_us(recorded_at), body FROM documents "
      "WHERE kind = ? OR ? = '' ORDER BY number");
  if (!select) return fail(select.error());
  auto rows = select->bind(kind).bind(kind).run();
  std::vector<Document> found;
  const auto read = duck::for_each_row(rows, [&](std::size_t row) {
    found.push_back({std::string(rows->text(0, row)), std::string(rows->text(1, row)),
                     Instant(Microseconds(rows->column<std::int64_t>(2)[row])),
                     std::string(rows->text(3, row))});
  });
  if (!read) return fail(read.error());
  return found;
}

}  // namespace costops::storage
