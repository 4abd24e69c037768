// interrupt.h - Ctrl-C as a request to stop at the next safe point.
#pragma once

#include <atomic>

namespace costops::cli {

/// From now on the first SIGINT or SIGTERM sets the returned flag; a second one ends the process.
[[nodiscard]] const std::atomic<bool>& stop_requested_on_interrupt();

}  // namespace costops::cli
