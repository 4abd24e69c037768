// rehearsal.cc - judging batches without writing them.
#include <unordered_map>

#include "costops/storage/ledger.h"
#include "storage/admission.h"

namespace costops::storage {
namespace {

struct IdHash {
  std::size_t operator()(RecordId id) const { return id.low ^ (id.high * 0x9e3779b97f4a7c15); }
};

/// A record that would be in the ledger, with what it would cost.
struct Rehearsed {
  KnownRecord known;
  Currency currency;
  Int128 total = 0;
};

Int128 cost_of(const LedgerBatch& batch, std::size_t row) {
  Int128 total = 0;
  for (const auto& pico : batch.pico) total += pico[row];
  return total;
}

}  // namespace

struct AppendRehearsal::State {
  const Ledger* ledger;
  Admission admission;
  std::unordered_map<RecordId, Rehearsed, IdHash> rehearsed;

  Result<std::vector<KnownRecord>> look_up(std::span<const RecordId> ids) const;
  Result<Rehearsed> standing(RecordId id) const;
  Result<void> take(const LedgerBatch& batch, std::uint32_t row, CurrencyTotals& cost);
};

Result<std::vector<KnownRecord>> AppendRehearsal::State::look_up(
    std::span<const RecordId> ids) const {
  std::vector<KnownRecord> known;
  std::vector<RecordId> asked;
  for (const RecordId id : ids) {
    const auto here = rehearsed.find(id);
    if (here != rehearsed.end()) {
      known.push_back(here->second.known);
    } else {
      asked.push_back(id);
    }
  }
  if (ledger == nullptr || asked.empty()) return known;
  const auto there = ledger->known(asked);
  if (!there) return fail(there.error());
  known.insert(known.end(), there->begin(), there->end());
  return known;
}

/// What the record costs before this batch; nothing if it is new.
Result<Rehearsed> AppendRehearsal::State::standing(RecordId id) const {
  const auto here = rehearsed.find(id);
  if (here != rehearsed.end()) return here->second;
  Rehearsed none;
  if (ledger == nullptr) return none;
  const auto there = ledger->find(to_string(id));
  if (!there)
    return there.error().code == ErrorCode::not_found ? Result<Rehearsed>(none)
                                                      : Result<Rehearsed>(fail(there.error()));
  none.currency = there->history.back().currency;
  none.total = there->history.back().costs.total().pico();
  return none;
}

Result<void> AppendRehearsal::State::take(const LedgerBatch& batch, std::uint32_t row,
                                          CurrencyTotals& cost) {
  Rehearsed now;
  now.currency = batch.currency[row];
  now.total = cost_of(batch, row);
  cost.add({Amount::pico(now.total), now.currency});
  rehearsed[batch.usage->ids[row]] = now;
  return {};
}

AppendRehearsal::AppendRehearsal(const Ledger* ledger) : state_(std::make_unique<State>()) {
  state_->ledger = ledger;
}
AppendRehearsal::~AppendRehearsal() = default;

Result<AppendCounts> AppendRehearsal::append(const LedgerBatch& batch) {
  State& state = *state_;
  Admission& admission = state.admission;
  auto judged = admission.judge(
      batch, [](RecordId) { return true; },
      [&](std::span<const RecordId> ids) { return state.look_up(ids); });
  if (!judged) return fail(judged.error());
  AppendCounts counts = admission.counts(batch);
  for (const std::uint32_t row : admission.growths()) {
    const auto before = state.standing(batch.usage->ids[row]);
    if (!before) return fail(before.error());
    counts.cost.add({Amount::pico(-before->total), before->currency});
    if (auto taken = state.take(batch, row, counts.cost); !taken) return fail(taken.error());
  }
  for (const auto& insertion : admission.insertions()) {
    if (auto taken = state.take(batch, insertion.largest, counts.cost); !taken) {
      return fail(taken.error());
    }
  }
  for (const KnownRecord& known : admission.after(batch)) state.rehearsed[known.id].known = known;
  return counts;
}

}  // namespace costops::storage
