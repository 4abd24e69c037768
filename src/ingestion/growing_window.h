// growing_window.h - merges the nearby lines in which a source repeats one response with growing
// counts, so that a response is handed on once. Bounded: a response whose lines lie further apart
// is handed on again, and whoever keeps records lets the larger one win, as `grows` says.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "ingestion/emitter.h"

namespace costops::ingestion {

class GrowingWindow {
 public:
  explicit GrowingWindow(Emitter& emitter) : emitter_(emitter) {}

  /// Takes the emitter's record and counts and leaves both empty. Of several with one id the one
  /// with more output is kept, then the one with more of everything, then the first; one without an
  /// id is like no other. Responses are emitted in the order of their first appearance.
  void add(std::uint64_t line, std::string_view excerpt);
  /// Emits everything held.
  void flush();

 private:
  struct Response {
    UsageRecord record;
    UsageCounts counts;
    std::int64_t total = 0;
    std::uint64_t line = 0;
    std::string excerpt;
  };
  static constexpr std::size_t kResponses = 64;

  void take(Response& response, std::int64_t total, std::uint64_t line, std::string_view excerpt);
  void restore(Response& response);
  static void note(Response& response, std::int64_t total, std::uint64_t line,
                   std::string_view excerpt);

  Emitter& emitter_;
  std::array<Response, kResponses> responses_;
  Response spare_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace costops::ingestion
