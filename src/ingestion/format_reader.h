// format_reader.h - one class per source format; reader.cc picks one by Format.
#pragma once

#include <memory>

#include "costops/ingestion/input.h"
#include "costops/ingestion/reader.h"
#include "ingestion/emitter.h"

namespace costops::ingestion {

/// Reads one input of one format, to its end or until the emitter is stopped.
class FormatReader {
 public:
  virtual ~FormatReader() = default;
  virtual void read(Input& input, Emitter& emitter) = 0;
};

std::unique_ptr<FormatReader> make_usage_record_reader();
std::unique_ptr<FormatReader> make_provider_body_reader();
std::unique_ptr<FormatReader> make_bedrock_log_reader();
std::unique_ptr<FormatReader> make_openai_usage_reader();
std::unique_ptr<FormatReader> make_anthropic_usage_reader();
std::unique_ptr<FormatReader> make_claude_code_reader();
std::unique_ptr<FormatReader> make_codex_reader();
std::unique_ptr<FormatReader> make_litellm_reader();
std::unique_ptr<FormatReader> make_langfuse_reader();
std::unique_ptr<FormatReader> make_helicone_reader();
std::unique_ptr<FormatReader> make_otlp_reader();

}  // namespace costops::ingestion
