#include "ingestion/growing_window.h"

#include <algorithm>
#include <utility>

namespace costops::ingestion {
namespace {

/// A measure of "more"; saturates, since counts are not validated yet.
std::int64_t total_of(const UsageCounts& counts) {
  std::int64_t total = 0;
  for (const Unit unit : {Unit::input_tokens, Unit::output_tokens, Unit::web_searches}) {
    if (__builtin_add_overflow(total, counts.count(unit), &total)) return INT64_MAX;
  }
  return total;
}

}  // namespace

void GrowingWindow::add(std::uint64_t line, std::string_view excerpt) {
  const std::int64_t total = total_of(emitter_.counts());
  if (emitter_.record().id.is_null()) {
    // Its id will come from its whole content; only the order is to be kept.
    take(spare_, total, line, {});
    flush();
    restore(spare_);
    emitter_.emit(line, excerpt);
    return;
  }
  for (std::size_t back = 1; back <= size_; ++back) {
    Response& held = responses_[(first_ + size_ - back) % kResponses];
    if (held.record.id != emitter_.record().id) continue;
    const std::int64_t output = emitter_.counts().count(Unit::output_tokens);
    const std::int64_t held_output = held.counts.count(Unit::output_tokens);
    if (std::pair(output, total) > std::pair(held_output, held.total)) {
      take(held, total, line, excerpt);
    }
    emitter_.record().clear();
    emitter_.counts().clear();
    return;
  }
  if (size_ < kResponses) {
    take(responses_[(first_ + size_++) % kResponses], total, line, excerpt);
    return;
  }
  Response& oldest = responses_[first_];
  first_ = (first_ + 1) % kResponses;
  restore(oldest);
  emitter_.emit(oldest.line, oldest.excerpt);
  note(oldest, total, line, excerpt);
}

void GrowingWindow::take(Response& response, std::int64_t total, std::uint64_t line,
                         std::string_view excerpt) {
  std::swap(response.record, emitter_.record());
  response.counts = emitter_.counts();
  emitter_.record().clear();
  emitter_.counts().clear();
  note(response, total, line, excerpt);
}

void GrowingWindow::note(Response& response, std::int64_t total, std::uint64_t line,
                         std::string_view excerpt) {
  response.total = total;
  response.line = line;
  response.excerpt.assign(excerpt.substr(0, kExcerptBytesMax + 4));
}

/// Swaps a held response with what the emitter holds.
void GrowingWindow::restore(Response& response) {
  std::swap(emitter_.record(), response.record);
  std::swap(emitter_.counts(), response.counts);
}

void GrowingWindow::flush() {
  for (; size_ > 0 && !emitter_.stopped(); --size_) {
    Response& oldest = responses_[first_];
    first_ = (first_ + 1) % kResponses;
    restore(oldest);
    emitter_.emit(oldest.line, oldest.excerpt);
  }
}

}  // namespace costops::ingestion
