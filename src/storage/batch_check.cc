#include "storage/batch_check.h"

#include <algorithm>

namespace costops::storage {

void BatchCheck::expect(std::int64_t first_entry, Instant recorded_at, const EntrySums& written) {
  batches_.push_back({first_entry, recorded_at, written, {}, {}});
}

void BatchCheck::begin() { std::ranges::sort(batches_, {}, &Batch::first); }

BatchCheck::Batch* BatchCheck::batch_of(std::int64_t entry) {
  const auto holds = [entry](const Batch& b) { return b.first <= entry && entry <= b.last(); };
  // Entries mostly come in their order.
  if (last_used_ < batches_.size() && holds(batches_[last_used_])) return &batches_[last_used_];
  const auto after = std::ranges::upper_bound(batches_, entry, {}, &Batch::first);
  if (after == batches_.begin() || !holds(*std::prev(after))) return nullptr;
  last_used_ = static_cast<std::size_t>(std::prev(after) - batches_.begin());
  return &batches_[last_used_];
}

void BatchCheck::add(const EntryFacts& facts) {
  if (Batch* const batch = batch_of(facts.entry); batch != nullptr) return batch->found.add(facts);
  if (batches_.empty() || facts.entry < batches_.front().first) {
    ++older_;
    return;
  }
  if (astray_++ == 0) first_astray_ = facts.entry;
}

void BatchCheck::unreadable(std::int64_t first, std::int64_t last, const std::string& reason) {
  for (Batch& batch : batches_) {
    if (batch.first <= last && first <= batch.last()) batch.unreadable = reason;
  }
}

std::vector<std::pair<std::int64_t, std::int64_t>> BatchCheck::ranges() const {
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  for (const Batch& batch : batches_) ranges.emplace_back(batch.first, batch.last());
  return ranges;
}

std::string BatchCheck::finding(const Batch& batch) {
  std::string text = "the batch of entries " + std::to_string(batch.first) + " to " +
                     std::to_string(batch.last()) + ", recorded at " + to_string(batch.recorded_at);
  if (!batch.unreadable.empty()) return text + ", cannot be read: " + batch.unreadable;
  text += ", is not what was written";
  char separator = ':';
  const auto differs = [&](std::string_view what, const std::string& found,
                           const std::string& written) {
    if (found == written) return;
    text += separator;
    text.append(" ").append(what).append(" ").append(found).append(", not ").append(written);
    separator = ';';
  };
  differs("entries", std::to_string(batch.found.entries), std::to_string(batch.written.entries));
  differs("quantities", to_string(batch.found.quantity), to_string(batch.written.quantity));
  differs("costs", to_string(Amount::pico(batch.found.cost_pico)),
          to_string(Amount::pico(batch.written.cost_pico)));
  return separator == ':' ? text + ": the sums are right, the checksum is not" : text;
}

IntegrityReport BatchCheck::report() const {
  IntegrityReport report;
  report.batches = batches_.size();
  report.entries_without_batch = older_;
  for (const Batch& batch : batches_) {
    if (!batch.unreadable.empty() || batch.found != batch.written) {
      report.findings.push_back(finding(batch));
    }
  }
  if (astray_ > 0) {
    report.findings.push_back(std::to_string(astray_) + " entries from " +
                              std::to_string(first_astray_) + " on are in no batch");
  }
  return report;
}

}  // namespace costops::storage
