// reader.h - from bytes of any known format to usage records.
//
// One reader per source format. A reader states how its source's counts contain each other, checks
// the source's own sum identity, makes the counts disjoint, and gives each record its identity.
// Whatever is wrong with one record is told to the sink and reading goes on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/usage_record.h"
#include "costops/ingestion/input.h"

namespace costops::ingestion {

/// The formats that can be told apart and forced by name (`--format NAME`).
enum class Format : std::uint8_t {
  usage_record,        ///< The documented record, all spellings.
  provider_body,       ///< Response bodies, bare or in the envelope; batch outputs.
  openai_usage,        ///< OpenAI organization usage and costs exports.
  anthropic_usage,     ///< Anthropic admin usage and cost reports.
  bedrock_log,         ///< Bedrock model invocation log.
  claude_code,         ///< Claude Code session files.
  codex,               ///< Codex rollout files and `codex exec --json`.
  litellm_spend_logs,  ///< LiteLLM SpendLogs, JSON or CSV.
  langfuse,            ///< Langfuse observations, JSON or CSV.
  helicone,            ///< Helicone requests, JSON or CSV.
  otlp,                ///< OTLP/JSON traces and logs.
};
[[nodiscard]] std::string_view to_string(Format format);
[[nodiscard]] std::optional<Format> parse_format(std::string_view name);
[[nodiscard]] std::span<const Format> all_formats();

/// A piece of input that gave no record. Its reason says what is wrong and what was expected.
struct Rejection {
  SourcePosition position;
  std::string reason;
  std::string excerpt;  ///< The raw input, cut to kExcerptBytesMax, made valid UTF-8.
};
inline constexpr std::size_t kExcerptBytesMax = 4096;

/// Where records go. Called from the thread that reads.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// `record` is the reader's scratch: copy what is needed.
  virtual void record(const UsageRecord& record) = 0;
  virtual void rejected(Rejection rejection) = 0;
  /// Asked between records; true ends the reading early, as if the input ended.
  [[nodiscard]] virtual bool stopped() const { return false; }
};

struct ReadOptions {
  std::optional<Format> format;  ///< None: detected.
  /// Used where the source says nothing.
  std::string default_provider;
  std::string default_organization;
  std::string default_project;
  std::string default_user;
  std::vector<std::string> extra_tags;  ///< Added to each record's tags.
  Instant now{};                        ///< For validation: the caller's clock.
};

/// The format of what an input begins with (and of its name, where the content leaves it open).
/// Fails with unsupported, saying what was seen and which formats can be forced.
[[nodiscard]] Result<Format> detect(std::string_view head, std::string_view file_name);

/// Reads one input to its end. Records come in input order with their identity, validated.
/// Fails only if nothing can be read at all (unknown format, first block unreadable); an input that
/// breaks half way is a rejection, and what came before it stands.
[[nodiscard]] Result<void> read(Input& input, const ReadOptions& options, RecordSink& sink);

}  // namespace costops::ingestion
