// emitter.h - the last step of every reader: defaults, disjoint counts, identity, validation, sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "costops/domain/usage_record.h"
#include "costops/ingestion/reader.h"
#include "ingestion/occurrences.h"

namespace costops::ingestion {

/// One per input. A reader fills record() and counts(), then calls emit(); both are empty again
/// after.
class Emitter {
 public:
  Emitter(const ReadOptions& options, RecordSink& sink, std::string file);

  [[nodiscard]] UsageRecord& record() { return record_; }
  [[nodiscard]] UsageCounts& counts() { return counts_; }

  /// Finishes the record: makes the counts disjoint into its quantities, folds the provider,
  /// applies the options' defaults, gives an id from the content (`excerpt`) and its occurrence in
  /// this input where the reader set none, validates, and hands it on. Any failure is a rejection
  /// at `line` with that reason and `excerpt`.
  void emit(std::uint64_t line, std::string_view excerpt,
            OrganizationRule organization = OrganizationRule::optional);
  /// A piece of input that is no record. Also empties record() and counts().
  void reject(std::uint64_t line, std::string reason, std::string_view excerpt);

  /// A piece of input that is neither: part of one that comes. Empties record() and counts().
  void discard() { reset(); }

  [[nodiscard]] bool stopped() const { return sink_.stopped(); }
  [[nodiscard]] const ReadOptions& options() const { return options_; }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  void reset();
  [[nodiscard]] Result<void> finish(OrganizationRule organization);
  void apply_defaults();
  void fold_provider_name();

  const ReadOptions& options_;
  RecordSink& sink_;
  std::string file_;
  UsageRecord record_;
  UsageCounts counts_;
  Occurrences occurrences_;       ///< Of the contents without an id of their own.
  std::string provider_written_;  ///< The provider last folded, and what it became.
  std::string provider_folded_;
};

/// `text` cut to kExcerptBytesMax, as valid UTF-8.
[[nodiscard]] std::string excerpt_of(std::string_view text);

}  // namespace costops::ingestion
