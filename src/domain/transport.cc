#include "domain/transport.h"

#include <algorithm>

namespace costops {

/// How a search came to each row and sink.
struct Transport::Path {
  std::array<std::size_t, kTransportSinks> from_row{};  ///< The row that would enter the sink.
  std::array<std::size_t, kTransportRows> from_sink{};  ///< The sink that the row would leave.
  std::array<bool, kTransportSinks> sink_seen{};
  std::array<bool, kTransportRows> row_seen{};
};

bool Transport::fill() {
  for (std::size_t row = 0; row < kTransportRows; ++row) {
    for (std::size_t sink = 0; sink < kTransportSinks; ++sink) {
      if (!open[row][sink]) continue;
      const std::int64_t amount = std::min(supply[row], room[sink]);
      supply[row] -= amount;
      room[sink] -= amount;
      sent[row][sink] += amount;
    }
    while (supply[row] > 0) {
      if (!make_room_for(row)) return false;
    }
  }
  return true;
}

/// Finds, breadth first, a chain row -> full sink -> another row in it -> ... -> sink with room,
/// and shifts along it as much as it allows. False if there is none.
bool Transport::make_room_for(std::size_t row) {
  Path path;
  std::array<std::size_t, kTransportRows> queue{row};
  std::size_t queued = 1;
  path.row_seen[row] = true;
  for (std::size_t head = 0; head < queued; ++head) {
    const std::size_t current = queue[head];
    for (std::size_t sink = 0; sink < kTransportSinks; ++sink) {
      if (!open[current][sink] || path.sink_seen[sink]) continue;
      path.sink_seen[sink] = true;
      path.from_row[sink] = current;
      if (room[sink] > 0) {
        shift(row, sink, path);
        return true;
      }
      for (std::size_t other = 0; other < kTransportRows; ++other) {
        if (path.row_seen[other] || sent[other][sink] == 0) continue;
        path.row_seen[other] = true;
        path.from_sink[other] = sink;
        queue[queued++] = other;
      }
    }
  }
  return false;
}

void Transport::shift(std::size_t row, std::size_t last, const Path& path) {
  std::int64_t amount = std::min(supply[row], room[last]);
  for (std::size_t at = path.from_row[last]; at != row; at = path.from_row[path.from_sink[at]]) {
    amount = std::min(amount, sent[at][path.from_sink[at]]);
  }
  supply[row] -= amount;
  room[last] -= amount;
  std::size_t sink = last;
  for (std::size_t at = path.from_row[last]; at != row; at = path.from_row[sink]) {
    sent[at][sink] += amount;
    sink = path.from_sink[at];
    sent[at][sink] -= amount;
  }
  sent[row][sink] += amount;
}

}  // namespace costops
