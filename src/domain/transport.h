// transport.h - amounts sent from rows to sinks of limited room, where not every row may use every
// sink: a small transportation problem, solved exactly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace costops {

inline constexpr std::size_t kTransportRows = 6;
inline constexpr std::size_t kTransportSinks = 8;

/// Set supply, room and open; fill(); read sent.
class Transport {
 public:
  std::array<std::int64_t, kTransportRows> supply{};
  std::array<std::int64_t, kTransportSinks> room{};
  std::array<std::array<bool, kTransportSinks>, kTransportRows> open{};
  std::array<std::array<std::int64_t, kTransportSinks>, kTransportRows> sent{};

  /// Sends all supplies: rows in order, each to its open sinks in order; where that leaves a row
  /// without room, earlier rows are moved aside. False if no way of sending exists.
  /// Requires that no supply and no room is negative.
  [[nodiscard]] bool fill();

 private:
  struct Path;
  bool make_room_for(std::size_t row);
  void shift(std::size_t row, std::size_t last, const Path& path);
};

}  // namespace costops
