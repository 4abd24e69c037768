// portions.h - an input of usage records read by several threads, given out in its order.
#pragma once

#include <cstdint>
#include <memory>

#include "costops/ingestion/content_hash.h"
#include "costops/ingestion/lines.h"

namespace costops::ingestion {

/// A place in an uncompressed file, between two lines.
struct Place {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  RecordId hash;          ///< Of the bytes before it.
  bool resumable = true;  ///< Reading may begin here.
};

/// One thread reads blocks of whole lines, others turn them into portions, and next() gives these
/// out in the order of the input: the same whatever the number of threads. What is read and not
/// yet given out is bounded; a thread that is ahead waits.
class Portions {
 public:
  /// How many threads read and compare; none: next() does all itself.
  struct Threads {
    unsigned count = 0;
  };
  /// `input` and `options` must outlive it. `from` is where the input begins, with the hash of what
  /// lies before.
  Portions(Input& input, const ReadOptions& options, Place from, ContentHash before,
           Threads threads);
  ~Portions();

  /// The next portion, valid until the next call; null at the end of the input.
  [[nodiscard]] Portion* next();
  /// The end of the portion given out last.
  [[nodiscard]] const Place& place() const;
  /// Bytes of the file read so far, and its size.
  [[nodiscard]] std::uint64_t bytes_read() const;
  [[nodiscard]] std::uint64_t bytes_total() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace costops::ingestion
