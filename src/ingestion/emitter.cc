#include "ingestion/emitter.h"

#include <algorithm>
#include <utility>

#include "costops/json/json.h"

namespace costops::ingestion {

Emitter::Emitter(const ReadOptions& options, RecordSink& sink, std::string file)
    : options_(options), sink_(sink), file_(std::move(file)) {}

void Emitter::emit(std::uint64_t line, std::string_view excerpt, OrganizationRule organization) {
  if (const auto finished = finish(organization); !finished) {
    reject(line, finished.error().message, excerpt);
    return;
  }
  if (record_.id.is_null()) {
    // The first sight of a content keeps the plain hash, so that its own count needs no second one.
    const RecordId first = content_id(excerpt, 0);
    const std::uint64_t occurrence = occurrences_.next(first.low);
    record_.id = occurrence == 0 ? first : content_id(excerpt, occurrence);
  }
  record_.position.file = file_;
  record_.position.line = line;
  sink_.record(record_);
  reset();
}

void Emitter::reject(std::uint64_t line, std::string reason, std::string_view excerpt) {
  sink_.rejected({{file_, line}, std::move(reason), excerpt_of(excerpt)});
  reset();
}

Result<void> Emitter::finish(OrganizationRule organization) {
  const bool requests_known =
      counts_.has(Unit::requests) || at(record_.quantities, Meter::requests) != 0;
  if (!counts_.empty()) {
    auto quantities = counts_.disjoint();
    if (!quantities) return fail(quantities.error());
    record_.quantities = *quantities;
  }
  if (!requests_known) at(record_.quantities, Meter::requests) = 1;
  apply_defaults();
  return validate(record_, options_.now, organization);
}

void Emitter::apply_defaults() {
  if (record_.provider.empty()) record_.provider = options_.default_provider;
  if (!record_.provider.empty()) fold_provider_name();
  if (record_.organization.empty()) record_.organization = options_.default_organization;
  if (record_.project.empty()) record_.project = options_.default_project;
  if (record_.user.empty()) record_.user = options_.default_user;
  record_.tags.insert(record_.tags.end(), options_.extra_tags.begin(), options_.extra_tags.end());
  std::ranges::sort(record_.tags);
  record_.tags.erase(std::unique(record_.tags.begin(), record_.tags.end()), record_.tags.end());
}

void Emitter::fold_provider_name() {
  if (record_.provider != provider_written_) {
    provider_written_ = record_.provider;
    provider_folded_ = fold_provider(record_.provider);
  }
  record_.provider = provider_folded_;
}

void Emitter::reset() {
  record_.clear();
  counts_.clear();
}

namespace {

/// The longest beginning of at most `most` bytes that ends between two characters.
std::string_view whole_characters(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
  };
  for (int step = 0; step < 3 && end > 0 && continues(end); ++step) --end;
  return text.substr(0, end);
}

}  // namespace

std::string excerpt_of(std::string_view text) {
  std::string valid = json::valid_utf8(whole_characters(text, kExcerptBytesMax));
  // A byte that is no character became three: the limit holds for what is kept.
  valid.resize(whole_characters(valid, kExcerptBytesMax).size());
  return valid;
}

}  // namespace costops::ingestion
