// progress.h - one line on a terminal that says how far an ingest is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "costops/accounting/ingest.h"

namespace costops::cli {

/// Draws on standard error, at most ten times a second, and only where that is a terminal.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const accounting::IngestProgress& progress);
  /// Removes the line.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point started_;
  Clock::time_point shown_;
  bool terminal_;
  bool visible_ = false;
};

/// "[=====>    ] 52%  1.2 of 2.3 GB  412,000 records/s  3 s left", cut to `columns`.
[[nodiscard]] std::string progress_line(const accounting::IngestProgress& progress,
                                        std::chrono::milliseconds elapsed, std::size_t columns);

}  // namespace costops::cli
