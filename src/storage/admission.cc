// admission.cc - rows of a batch against each other and against what the ledger holds.
#include "storage/admission.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

namespace costops::storage {
namespace {

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

/// One odd factor per meter, from its name: stable when meters are added.
const std::array<std::uint64_t, kMeterCount>& factors() {
  static const auto table = [] {
    std::array<std::uint64_t, kMeterCount> all{};
    for (std::size_t i = 0; i < kMeterCount; ++i) {
      all[i] = hash_of(to_string(static_cast<Meter>(i)), 0) | 1;
    }
    return all;
  }();
  return table;
}

std::uint64_t spread(std::uint64_t bits) {
  bits ^= bits >> 30;
  bits *= 0xbf58476d1ce4e5b9;
  bits ^= bits >> 27;
  return bits * 0x94d049bb133111eb;
}

std::uint64_t joined(std::uint64_t provider, std::uint64_t model, std::int64_t at) {
  return spread(spread(provider * 3 + model) + static_cast<std::uint64_t>(at));
}

constexpr std::uint64_t kProviderSeed = 1;
constexpr std::uint64_t kModelSeed = 2;

void append_json_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  if (out.size() > 1) out += ',';
  append_json_text(out, name);
  out += ':';
  append_json_text(out, text);
}

/// What the record said, as JSON, for people who look into the quarantine.
std::string excerpt_of(const UsageRecord& record) {
  std::string out = "{";
  append_member(out, "id", record.source_id);
  if (record.at) append_member(out, "timestamp", to_string(*record.at));
  append_member(out, "provider", record.provider);
  append_member(out, "model", record.model);
  append_member(out, "organization", record.organization);
  append_member(out, "project", record.project);
  if (out.size() > 1) out += ',';
  out += "\"quantities\":{";
  bool first = true;
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (record.quantities[i] == 0) continue;
    if (!first) out += ',';
    first = false;
    append_json_text(out, to_string(static_cast<Meter>(i)));
    out += ':' + std::to_string(record.quantities[i]);
  }
  return out + "}}";
}

/// What a row is, as far as it is compared.
KnownRecord measured_row(const UsageBatch& batch, std::size_t row) {
  const auto text = [&](Dimension dimension) {
    return batch.dictionary(dimension).text_of(batch.codes(dimension)[row]);
  };
  KnownRecord measured;
  measured.id = batch.ids[row];
  measured.content = joined(hash_of(text(Dimension::provider), kProviderSeed),
                            hash_of(text(Dimension::model), kModelSeed), batch.at[row]);
  for (std::size_t i = 0; i < kMeterCount; ++i) {
    if (!batch.meters().test(i)) continue;
    const auto meter = static_cast<Meter>(i);
    const std::int64_t quantity = batch.quantities(meter)[row];
    measured.content += content_of(meter, quantity);
    if (counts_as_output(meter)) measured.output += quantity;
    measured.total += quantity;
  }
  return measured;
}

bool larger(const KnownRecord& a, const KnownRecord& b) {
  return a.output != b.output ? a.output > b.output : a.total > b.total;
}

}  // namespace

std::uint64_t content_of(std::string_view provider, std::string_view model,
                         std::optional<Instant> at) {
  return joined(hash_of(provider, kProviderSeed), hash_of(model, kModelSeed),
                at ? at->time_since_epoch().count() : UsageBatch::kNone);
}

std::uint64_t content_of(Meter meter, std::int64_t quantity) {
  return factors()[static_cast<std::size_t>(meter)] * static_cast<std::uint64_t>(quantity);
}

bool counts_as_output(Meter meter) {
  return token_meters(Direction::output)[static_cast<std::size_t>(meter)];
}

Quarantined quarantine_entry(const UsageBatch& batch, std::size_t row, std::string reason,
                             Instant recorded_at) {
  const UsageRecord record = batch.record(row);
  Quarantined entry;
  entry.position = record.position;
  entry.excerpt = excerpt_of(record);
  entry.id = record_id("quarantine", {record.position.file, std::to_string(record.position.line),
                                      reason, entry.excerpt});
  entry.reason = std::move(reason);
  entry.recorded_at = recorded_at;
  return entry;
}

Admission::State* Admission::state_of(RecordId id) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = spread(id.low ^ (id.high * 3)) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    State& state = states_[slots_[slot] - 1];
    if (state.known.id == id) return &state;
  }
  return nullptr;
}

Admission::State& Admission::add_state(RecordId id) {
  if (State* const known = state_of(id)) return *known;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = spread(id.low ^ (id.high * 3)) & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  State& state = states_.emplace_back();
  state.known.id = id;
  slots_[slot] = static_cast<std::uint32_t>(states_.size());
  return state;
}

RowOutcome Admission::judge_row(const LedgerBatch& batch, std::uint32_t row, State& state) {
  const KnownRecord measured = measured_row(*batch.usage, row);
  if (!state.seen) {
    state.seen = true;
    state.known = measured;
    state.insertion = static_cast<std::uint32_t>(insertions_.size());
    insertions_.push_back({row, row});
    return RowOutcome::added;
  }
  if (state.known.content == measured.content) return RowOutcome::duplicate;
  if (batch.usage->grows[row] == 0) return RowOutcome::conflict;
  if (!larger(measured, state.known)) return RowOutcome::duplicate;
  state.known = measured;
  if (state.insertion != kNone) {
    insertions_[state.insertion].largest = row;
  } else {
    state.largest = row;
  }
  return RowOutcome::superseded;
}

Result<void> Admission::judge(const LedgerBatch& batch, const MayKnow& may_know,
                              const LookUp& look_up) {
  const std::vector<RecordId>& ids = batch.usage->ids;
  std::vector<std::uint32_t> suspects;
  states_.clear();
  slots_.assign(std::bit_ceil(2 * ids.size() + 1), 0);
  for (std::uint32_t row = 0; row < ids.size(); ++row) {
    const bool repeats = state_of(ids[row]) != nullptr;
    if (repeats || may_know(ids[row])) suspects.push_back(row);
    if (!repeats) add_state(ids[row]);
  }
  return judge(batch, suspects, look_up);
}

Result<void> Admission::judge(const LedgerBatch& batch, std::span<const std::uint32_t> suspects,
                              const LookUp& look_up) {
  const std::vector<RecordId>& ids = batch.usage->ids;
  states_.clear();
  insertions_.clear();
  growths_.clear();
  outcomes_.assign(ids.size(), RowOutcome::added);
  slots_.assign(std::bit_ceil(2 * suspects.size() + 1), 0);
  for (const std::uint32_t row : suspects) add_state(ids[row]);
  if (!suspects.empty()) {
    std::vector<RecordId> asked;
    for (const State& state : states_) asked.push_back(state.known.id);
    std::ranges::sort(asked);
    const auto known = look_up(asked);
    if (!known) return fail(known.error());
    for (const KnownRecord& record : *known) {
      State* const state = state_of(record.id);
      if (state == nullptr) continue;
      state->known = record;
      state->seen = true;
    }
  }

  insertions_.reserve(ids.size());
  for (std::uint32_t row = 0; row < ids.size(); ++row) {
    if (batch.status[row] == PricingStatus::quarantined) {
      outcomes_[row] = RowOutcome::quarantined;
      continue;
    }
    State* const state = suspects.empty() ? nullptr : state_of(ids[row]);
    if (state == nullptr) {
      insertions_.push_back({row, row});
    } else {
      outcomes_[row] = judge_row(batch, row, *state);
    }
  }
  for (const State& state : states_) {
    if (state.largest != kNone) growths_.push_back(state.largest);
  }
  return {};
}

std::vector<KnownRecord> Admission::after(const LedgerBatch& batch) const {
  std::vector<KnownRecord> after;
  for (const Insertion& insertion : insertions_) {
    after.push_back(measured_row(*batch.usage, insertion.largest));
  }
  for (const std::uint32_t row : growths_) after.push_back(measured_row(*batch.usage, row));
  return after;
}

AppendCounts Admission::counts(const LedgerBatch& batch) const {
  AppendCounts counts;
  counts.outcomes = outcomes_;
  for (const RowOutcome outcome : outcomes_) {
    switch (outcome) {
      case RowOutcome::added:
        ++counts.added;
        break;
      case RowOutcome::duplicate:
        ++counts.duplicates;
        break;
      case RowOutcome::superseded:
        ++counts.superseded;
        break;
      case RowOutcome::conflict:
        ++counts.conflicts;
        break;
      case RowOutcome::quarantined:
        break;
    }
    if (outcome == RowOutcome::conflict || outcome == RowOutcome::quarantined) {
      ++counts.quarantined;
    }
  }
  counts.quarantined += batch.quarantined.size();
  for (const Insertion& insertion : insertions_) counts.standing.push_back(insertion.largest);
  counts.standing.insert(counts.standing.end(), growths_.begin(), growths_.end());
  return counts;
}

/// Neighbours mostly have one currency: their costs are summed before they are added.
void Admission::add_costs(const LedgerBatch& batch, CurrencyTotals& totals) const {
  std::optional<Currency> currency;
  Int128 pico = 0;
  const auto add = [&] {
    if (currency) totals.add({Amount::pico(std::exchange(pico, 0)), *currency});
  };
  for (const auto& [row, largest] : insertions_) {
    if (batch.currency[largest] != currency) {
      add();
      currency = batch.currency[largest];
    }
    for (std::size_t c = 0; c < kCostClassCount; ++c) pico += batch.pico[c][largest];
  }
  add();
}

std::vector<Quarantined> Admission::doubtful(const LedgerBatch& batch) const {
  std::vector<Quarantined> entries;
  for (std::size_t row = 0; row < outcomes_.size(); ++row) {
    if (outcomes_[row] == RowOutcome::quarantined) {
      entries.push_back(
          quarantine_entry(*batch.usage, row, batch.reasons[batch.reason[row]], batch.recorded_at));
    } else if (outcomes_[row] == RowOutcome::conflict) {
      entries.push_back(quarantine_entry(
          *batch.usage, row,
          "record " + to_string(batch.usage->ids[row]) +
              " is already in the ledger with other content (time, provider, model or quantities)",
          batch.recorded_at));
    }
  }
  return entries;
}

}  // namespace costops::storage
