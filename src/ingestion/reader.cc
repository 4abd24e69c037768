#include "costops/ingestion/reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "ingestion/emitter.h"
#include "ingestion/format_reader.h"

namespace costops::ingestion {
namespace {

constexpr std::array kFormats = {
    Format::usage_record, Format::provider_body, Format::openai_usage, Format::anthropic_usage,
    Format::bedrock_log,  Format::claude_code,   Format::codex,        Format::litellm_spend_logs,
    Format::langfuse,     Format::helicone,      Format::otlp,
};
constexpr std::array<std::string_view, kFormats.size()> kFormatNames = {
    "usage_record", "provider_body", "openai_usage", "anthropic_usage",
    "bedrock_log",  "claude_code",   "codex",        "litellm_spend_logs",
    "langfuse",     "helicone",      "otlp",
};

/// How much is looked at to tell the format.
constexpr std::size_t kHeadBytes = 1u << 20;

std::unique_ptr<FormatReader> make_reader(Format format) {
  switch (format) {
    case Format::usage_record:
      return make_usage_record_reader();
    case Format::provider_body:
      return make_provider_body_reader();
    case Format::bedrock_log:
      return make_bedrock_log_reader();
    case Format::openai_usage:
      return make_openai_usage_reader();
    case Format::anthropic_usage:
      return make_anthropic_usage_reader();
    case Format::claude_code:
      return make_claude_code_reader();
    case Format::codex:
      return make_codex_reader();
    case Format::litellm_spend_logs:
      return make_litellm_reader();
    case Format::langfuse:
      return make_langfuse_reader();
    case Format::helicone:
      return make_helicone_reader();
    case Format::otlp:
      return make_otlp_reader();
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(Format format) { return kFormatNames[static_cast<std::size_t>(format)]; }

std::optional<Format> parse_format(std::string_view name) {
  std::string wanted(name);
  std::ranges::replace(wanted, '-', '_');
  const auto found = std::ranges::find(kFormatNames, wanted);
  if (found == kFormatNames.end()) return std::nullopt;
  return kFormats[static_cast<std::size_t>(found - kFormatNames.begin())];
}

std::span<const Format> all_formats() { return kFormats; }

Result<void> read(Input& input, const ReadOptions& options, RecordSink& sink) {
  const std::string_view head = input.peek(kHeadBytes);
  const bool blank = head.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (blank && !input.error().message.empty()) return fail(input.error());
  Emitter emitter(options, sink, input.name());
  if (blank && head.size() < kHeadBytes) {
    emitter.reject(0, "the file is empty", {});
    return {};
  }
  const Result<Format> format = options.format ? *options.format : detect(head, input.name());
  if (!format) return fail(format.error());
  const std::unique_ptr<FormatReader> reader = make_reader(*format);
  if (reader == nullptr) {
    return fail(ErrorCode::unsupported,
                fmt::format("this build cannot read the format {} yet", to_string(*format)));
  }
  reader->read(input, emitter);
  return {};
}

}  // namespace costops::ingestion
