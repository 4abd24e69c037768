// usage_batch.h - many usage records as columns: how records travel between the rooms.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "costops/domain/usage_record.h"

namespace costops {

/// Strings numbered in order of first sight; 0 is always the empty string. Ids and views stay
/// valid until the dictionary is destroyed.
class Dictionary {
 public:
  Dictionary();
  ~Dictionary();
  Dictionary(Dictionary&&) noexcept;
  Dictionary& operator=(Dictionary&&) noexcept;

  [[nodiscard]] std::uint32_t code_of(std::string_view text);
  [[nodiscard]] std::string_view text_of(std::uint32_t code) const;
  [[nodiscard]] std::uint32_t size() const;
  /// Unique in the process and moved along: while it is the same, a code means the same text.
  [[nodiscard]] std::uint64_t identity() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

/// The text dimensions of a record, each with a dictionary of its own.
enum class Dimension : std::uint8_t {
  provider,
  model,
  model_version,
  organization,
  project,
  user,
  session,
  service_tier,
  region,
  speed,
  source_kind,
  source_endpoint,
  file,
  tags,  ///< The whole list as one JSON array text, "" if empty.
};
inline constexpr std::size_t kDimensionCount = 14;
[[nodiscard]] std::string_view to_string(Dimension dimension);
/// Tags as one text of Dimension::tags.
[[nodiscard]] std::string tags_text(const std::vector<std::string>& tags);
/// The tags in a text of Dimension::tags, as append() wrote it; none in "".
[[nodiscard]] std::vector<std::string> tags_of(std::string_view text);

/// Strings of varying content, one per record: offsets into one buffer.
class TextColumn {
 public:
  void append(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  [[nodiscard]] std::string_view operator[](std::size_t row) const {
    const std::size_t from = row == 0 ? 0 : ends_[row - 1];
    return std::string_view(bytes_).substr(from, ends_[row] - from);
  }
  void append(const TextColumn& other, std::size_t from, std::size_t count);
  void clear() {
    bytes_.clear();
    ends_.clear();
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// Records as columns of one length, size(). clear() keeps memory and dictionaries, so a code means
/// the same string for the batch's whole life. One thread at a time.
class UsageBatch {
 public:
  static constexpr std::int64_t kNone = INT64_MIN;  ///< Absent time, latency or cost.

  [[nodiscard]] std::size_t size() const { return ids.size(); }
  void append(const UsageRecord& record);
  /// Appends `count` rows of another batch, beginning with `from`: column by column.
  void append(const UsageBatch& other, std::size_t from, std::size_t count);
  /// Appends a row whose texts have their codes already; what a Row does not have is absent.
  struct Row {
    RecordId id;
    std::int64_t at = kNone;
    std::int64_t latency_ms = kNone;
    std::int64_t time_to_first_token_ms = kNone;
    std::int64_t ingested_at = kNone;
    std::int64_t context_window = 0;
    std::uint64_t line = 0;
    std::string_view source_id;
    std::string_view metadata;
    std::array<std::uint32_t, kDimensionCount> codes{};
    std::span<const std::pair<Meter, std::int64_t>> quantities;
  };
  void append(const Row& row);
  /// Row `row` as a record of its own.
  [[nodiscard]] UsageRecord record(std::size_t row) const;
  void clear();

  [[nodiscard]] Dictionary& dictionary(Dimension d) {
    return dictionaries_[static_cast<std::size_t>(d)];
  }
  [[nodiscard]] const Dictionary& dictionary(Dimension d) const {
    return dictionaries_[static_cast<std::size_t>(d)];
  }
  [[nodiscard]] const std::vector<std::uint32_t>& codes(Dimension d) const {
    return codes_[static_cast<std::size_t>(d)];
  }
  /// Quantities of one meter; empty if no record of the batch counts it.
  [[nodiscard]] std::span<const std::int64_t> quantities(Meter meter) const {
    return quantities_[static_cast<std::size_t>(meter)];
  }
  /// The meters that some record of the batch counts.
  [[nodiscard]] const MeterSet& meters() const { return meters_; }

  std::vector<RecordId> ids;
  std::vector<std::uint8_t> grows;
  std::vector<std::int64_t> at;  ///< UTC microseconds, or kNone.
  std::vector<CallStatus> status;
  std::vector<std::int64_t> context_window;
  std::vector<std::int64_t> latency_ms;
  std::vector<std::int64_t> time_to_first_token_ms;
  std::vector<Amount> reported_cost;
  std::vector<Currency> reported_currency;  ///< None where no cost was reported.
  std::vector<std::int64_t> ingested_at;
  std::vector<std::uint64_t> line;
  TextColumn source_ids;
  TextColumn metadata;

 private:
  std::array<Dictionary, kDimensionCount> dictionaries_;
  std::array<std::vector<std::uint32_t>, kDimensionCount> codes_;
  std::array<std::vector<std::int64_t>, kMeterCount> quantities_;
  MeterSet meters_;
  /// From the codes of other batches' dictionaries, by their identity, to codes of this one's.
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> translations_;
};

}  // namespace costops
