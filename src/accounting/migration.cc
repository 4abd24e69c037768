// migration.cc - histories replayed line by line: the first as an append, the others as the growth
// or repricing that they were, each at the time it was recorded.
#include "costops/accounting/migration.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace costops::accounting {
namespace {

using storage::HistoryLine;
using storage::Ledger;
using storage::StoredRecord;

constexpr std::size_t kRecordsAtOnce = 20'000;
constexpr std::size_t kTimesCompared = 20;

/// Rows of one batch, with their columns.
class Batch {
 public:
  void add(const StoredRecord& record, const HistoryLine& line, std::uint32_t price) {
    UsageRecord usage = record.usage;
    usage.quantities = line.quantities;
    usage.reported_cost = line.reported_cost;
    usage_.append(usage);
    status_.push_back(line.status);
    price_.push_back(price);
    for (std::size_t c = 0; c < kCostClassCount; ++c) {
      pico_[c].push_back(static_cast<std::int64_t>(line.costs.by_class[c].pico()));
    }
    currency_.push_back(line.currency);
    const auto [known, is_new] = reason_codes_.try_emplace(line.reason, reasons_.size());
    if (is_new) reasons_.push_back(line.reason);
    reason_.push_back(static_cast<std::uint32_t>(known->second));
  }
  [[nodiscard]] std::size_t size() const { return usage_.size(); }
  [[nodiscard]] storage::LedgerBatch rows(std::span<const storage::PriceUsed> prices,
                                          Instant default_at, Instant recorded_at) const {
    storage::LedgerBatch batch;
    batch.usage = &usage_;
    batch.default_at = default_at;
    batch.status = status_;
    batch.price = price_;
    for (std::size_t c = 0; c < kCostClassCount; ++c) batch.pico[c] = pico_[c];
    batch.currency = currency_;
    batch.reason = reason_;
    batch.prices = prices;
    batch.reasons = reasons_;
    batch.recorded_at = recorded_at;
    return batch;
  }

 private:
  UsageBatch usage_;
  std::vector<PricingStatus> status_;
  std::vector<std::uint32_t> price_, reason_;
  std::array<std::vector<std::int64_t>, kCostClassCount> pico_;
  std::vector<Currency> currency_;
  std::vector<std::string> reasons_{""};
  std::map<std::string, std::size_t> reason_codes_{{"", 0}};
};

class Replay {
 public:
  Replay(const Ledger& from, Ledger& to) : from_(from), to_(to) {}

  Result<void> add(StoredRecord record) {
    records_.push_back(std::move(record));
    return records_.size() < kRecordsAtOnce ? Result<void>() : flush();
  }
  Result<void> flush() {
    bool more = !records_.empty();
    for (std::size_t line = 0; more; ++line) {
      const auto done = replay_lines(line);
      if (!done) return fail(done.error());
      more = *done;
    }
    report_.records += records_.size();
    records_.clear();
    return {};
  }
  [[nodiscard]] MigrationReport& report() { return report_; }
  [[nodiscard]] const std::set<Instant>& times() const { return times_; }

 private:
  /// When and how a line came about; the rows of one batch agree in it.
  struct Occasion {
    Instant recorded_at;
    std::string what;
    Instant default_at;
    friend auto operator<=>(const Occasion&, const Occasion&) = default;
  };

  Result<std::uint32_t> price_of(const HistoryLine& line) {
    if (line.price == 0) return UINT32_MAX;
    const auto [known, is_new] =
        price_codes_.try_emplace(line.price, static_cast<std::uint32_t>(prices_.size()));
    if (!is_new) return known->second;
    auto price = from_.price_used(line.price);
    if (!price) return fail(price.error());
    prices_.push_back(std::move(*price));
    return known->second;
  }
  /// Whether any record has such a line.
  Result<bool> replay_lines(std::size_t line);
  Result<void> append(const Occasion& occasion, std::span<const StoredRecord* const> records,
                      std::size_t line);
  Result<void> reprice(const Occasion& occasion, std::span<const StoredRecord* const> records,
                       std::size_t line);

  const Ledger& from_;
  Ledger& to_;
  std::vector<StoredRecord> records_;
  std::vector<storage::PriceUsed> prices_;
  std::map<std::int32_t, std::uint32_t> price_codes_;
  std::set<Instant> times_;
  MigrationReport report_;
};

Result<bool> Replay::replay_lines(std::size_t line) {
  std::map<Occasion, std::vector<const StoredRecord*>> occasions;
  for (const StoredRecord& record : records_) {
    if (line >= record.history.size()) continue;
    const HistoryLine& entry = record.history[line];
    const Instant default_at = record.usage.at ? Instant() : record.at;
    occasions[{entry.recorded_at, entry.what, default_at}].push_back(&record);
    times_.insert(entry.recorded_at);
  }
  for (const auto& [occasion, records] : occasions) {
    auto done = occasion.what == "repriced" ? reprice(occasion, records, line)
                                            : append(occasion, records, line);
    if (!done) return fail(done.error());
    if (line > 0) report_.adjustments += records.size();
  }
  return !occasions.empty();
}

Result<void> Replay::append(const Occasion& occasion, std::span<const StoredRecord* const> records,
                            std::size_t line) {
  Batch batch;
  for (const StoredRecord* record : records) {
    const auto price = price_of(record->history[line]);
    if (!price) return fail(price.error());
    batch.add(*record, record->history[line], *price);
  }
  const auto counts = to_.append(batch.rows(prices_, occasion.default_at, occasion.recorded_at));
  if (!counts) return fail(counts.error());
  const std::uint64_t taken = line == 0 ? counts->added : counts->superseded;
  if (taken == records.size()) return {};
  return fail(ErrorCode::conflict, "the new ledger took " + std::to_string(taken) + " of " +
                                       std::to_string(records.size()) + " entries recorded at " +
                                       to_string(occasion.recorded_at) +
                                       ": run `cost-ops store check` on the old one");
}

Result<void> Replay::reprice(const Occasion& occasion, std::span<const StoredRecord* const> records,
                             std::size_t line) {
  std::vector<storage::Repricing> corrections;
  for (const StoredRecord* record : records) {
    const HistoryLine& entry = record->history[line];
    const auto price = price_of(entry);
    if (!price) return fail(price.error());
    corrections.push_back(
        {record->usage.id, entry.status, entry.currency, entry.costs, *price, entry.reason});
  }
  const auto changed = to_.reprice(corrections, prices_, occasion.recorded_at);
  if (!changed) return fail(changed.error());
  if (*changed == records.size()) return {};
  return fail(ErrorCode::conflict, "the new ledger took " + std::to_string(*changed) + " of " +
                                       std::to_string(records.size()) + " corrections of " +
                                       to_string(occasion.recorded_at));
}

Result<void> move_quarantine(const Ledger& from, Ledger& to) {
  const auto entries = from.quarantine_history();
  if (!entries) return fail(entries.error());
  const auto sources = from.sources();
  if (!sources) return fail(sources.error());
  const UsageBatch none;
  storage::LedgerBatch batch;
  batch.usage = &none;
  batch.quarantined = *entries;
  batch.journal = *sources;
  const std::string no_reason[] = {""};
  batch.reasons = no_reason;
  if (auto appended = to.append(batch); !appended) return fail(appended.error());
  std::map<Instant, std::vector<RecordId>> resolved;
  for (const storage::Quarantined& entry : *entries) {
    if (entry.resolved_at) resolved[*entry.resolved_at].push_back(entry.id);
  }
  for (const auto& [at, ids] : resolved) {
    if (auto done = to.resolve(ids, at); !done) return done;
  }
  const auto documents = from.documents("");
  if (!documents) return fail(documents.error());
  return to.append_documents(*documents);
}

bool equal(const storage::QueryRow& a, const storage::QueryRow& b) {
  return std::tie(a.keys, a.currency, a.requests, a.unpriced, a.quantities, a.costs,
                  a.reported_cost) == std::tie(b.keys, b.currency, b.requests, b.unpriced,
                                               b.quantities, b.costs, b.reported_cost);
}

Result<void> compare(const Ledger& from, const Ledger& to, std::optional<Instant> as_of) {
  storage::Query query;
  query.group_by = {Dimension::provider, Dimension::model};
  query.as_of = as_of;
  const auto old_rows = from.query(query);
  if (!old_rows) return fail(old_rows.error());
  const auto new_rows = to.query(query);
  if (!new_rows) return fail(new_rows.error());
  if (std::ranges::equal(*old_rows, *new_rows, equal)) return {};
  return fail(ErrorCode::conflict, "the sums of both ledgers differ" +
                                       (as_of ? " as of " + to_string(*as_of) : std::string()) +
                                       ": the new one is not to be used");
}

/// Sums by currency, as records say and as the ledger answers.
struct Sums {
  std::int64_t records = 0, unpriced = 0;
  std::array<Int128, kMeterCount> quantities{};
  ClassCosts costs;
};

Result<void> compare_sums(const Ledger& ledger, const std::map<Currency, Sums>& sums,
                          LedgerCheck& check) {
  const auto rows = ledger.query({});
  if (!rows) return fail(rows.error());
  if (rows->size() != sums.size()) {
    check.findings.push_back("the ledger answers " + std::to_string(rows->size()) +
                             " currencies, its records have " + std::to_string(sums.size()));
  }
  for (const storage::QueryRow& row : *rows) {
    const auto found = sums.find(row.currency);
    const std::string name = row.currency.is_none() ? "none" : std::string(row.currency.code());
    if (found == sums.end()) {
      check.findings.push_back("no record is in currency " + name);
      continue;
    }
    const Sums& sum = found->second;
    const auto differ = [&](std::string_view what, const std::string& answered,
                            const std::string& added) {
      if (answered == added) return;
      check.findings.push_back("currency " + name + ": the ledger answers " + answered + " " +
                               std::string(what) + ", its records add up to " + added);
    };
    differ("records", std::to_string(row.requests), std::to_string(sum.records));
    differ("unpriced records", std::to_string(row.unpriced), std::to_string(sum.unpriced));
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      differ(to_string(static_cast<Meter>(i)), to_string(Int128{row.quantities[i]}),
             to_string(sum.quantities[i]));
    }
    for (std::size_t c = 0; c < kCostClassCount; ++c) {
      differ(to_string(static_cast<CostClass>(c)), to_string(row.costs.by_class[c]),
             to_string(sum.costs.by_class[c]));
    }
  }
  return {};
}

Error stopped() { return {ErrorCode::cancelled, "stopped"}; }

}  // namespace

Result<LedgerCheck> check_ledger(const Ledger& ledger, const RecordProgress& progress) {
  constexpr std::size_t kFindings = 20;
  LedgerCheck check;
  auto integrity = ledger.verify();
  if (!integrity) return fail(integrity.error());
  check.batches = integrity->batches;
  check.entries_without_batch = integrity->entries_without_batch;
  check.findings = std::move(integrity->findings);
  if (check.findings.size() > kFindings) {
    check.findings.resize(kFindings);
    check.findings.emplace_back("and more");
    return check;
  }
  std::map<Currency, Sums> sums;
  std::set<std::int32_t> prices;
  bool go_on = true;
  auto last = std::pair(Instant::min(), RecordId{});
  auto scanned = ledger.scan({}, [&](const StoredRecord& record) {
    const std::string id = to_string(record.usage.id);
    const auto here = std::pair(record.at, record.usage.id);
    if (check.records > 0 && here <= last)
      check.findings.push_back("record " + id + " comes twice");
    last = here;
    ++check.records;
    check.lines += record.history.size();
    const HistoryLine& now = record.history.back();
    Sums& sum = sums[now.currency];
    ++sum.records;
    sum.unpriced += now.status == PricingStatus::unpriced ? 1 : 0;
    for (std::size_t i = 0; i < kMeterCount; ++i) sum.quantities[i] += now.quantities[i];
    sum.costs += now.costs;
    for (const HistoryLine& line : record.history) {
      if (line.price != 0) prices.insert(line.price);
      if (std::ranges::any_of(line.quantities, [](std::int64_t q) { return q < 0; })) {
        check.findings.push_back("record " + id + " has a negative quantity");
      }
    }
    if (check.records % 10'000 == 0 && progress) go_on = progress(check.records);
    return go_on && check.findings.size() < kFindings;
  });
  if (!go_on) return fail(stopped());
  if (!scanned) {
    check.findings.push_back("the records cannot be read: " + scanned.error().message);
    return check;
  }
  for (const std::int32_t price : prices) {
    const auto used = ledger.price_used(price);
    if (!used) check.findings.push_back(used.error().message);
  }
  if (check.findings.size() < kFindings) {
    if (auto compared = compare_sums(ledger, sums, check); !compared) return fail(compared.error());
  }
  return check;
}

Result<LedgerStatistics> statistics_of(const Ledger& ledger) {
  LedgerStatistics out;
  storage::Query query;
  query.measures = {storage::Measure::unpriced, storage::Measure::total_cost};
  const auto rows = ledger.query(query);
  if (!rows) return fail(rows.error());
  for (const storage::QueryRow& row : *rows) {
    out.records += row.requests;
    out.unpriced += row.unpriced;
    if (!row.currency.is_none()) out.cost.add({row.costs.total(), row.currency});
  }
  const auto extent = ledger.extent();
  if (!extent) return fail(extent.error());
  out.extent = *extent;
  const auto sources = ledger.sources();
  if (!sources) return fail(sources.error());
  out.sources = sources->size();
  const auto quarantined = ledger.quarantine_history();
  if (!quarantined) return fail(quarantined.error());
  out.quarantine_all = quarantined->size();
  const auto open = ledger.quarantine_count();
  if (!open) return fail(open.error());
  out.quarantine_open = *open;
  const auto documents = ledger.documents("");
  if (!documents) return fail(documents.error());
  out.documents = documents->size();
  return out;
}

Result<MigrationReport> migrate_ledger(const Ledger& from, Ledger& to,
                                       const RecordProgress& progress) {
  const auto there = to.extent();
  if (!there) return fail(there.error());
  if (*there) {
    return fail(ErrorCode::conflict, to.url() + " is not empty: migrate into a new ledger");
  }
  Replay replay(from, to);
  std::uint64_t seen = 0;
  bool go_on = true;
  Result<void> added;
  auto scanned = from.scan({}, [&](const StoredRecord& record) {
    added = replay.add(record);
    if (++seen % kRecordsAtOnce == 0 && progress) go_on = progress(seen);
    return added.has_value() && go_on;
  });
  if (!scanned) return fail(scanned.error());
  if (!added) return fail(added.error());
  if (!go_on) return fail(stopped());
  if (auto flushed = replay.flush(); !flushed) return fail(flushed.error());
  if (auto moved = move_quarantine(from, to); !moved) return fail(moved.error());

  MigrationReport& report = replay.report();
  if (auto same = compare(from, to, std::nullopt); !same) return fail(same.error());
  const std::vector<Instant> times(replay.times().begin(), replay.times().end());
  const std::size_t every = times.size() / kTimesCompared + 1;
  for (std::size_t i = 0; i < times.size(); i += every) {
    if (auto same = compare(from, to, times[i]); !same) return fail(same.error());
    ++report.compared;
  }
  ++report.compared;
  return report;
}

}  // namespace costops::accounting
