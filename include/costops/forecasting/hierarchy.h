// hierarchy.h - forecasts that add up: organization > project > model.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "costops/domain/error.h"

namespace costops::forecasting {

/// A tree of series: node 0 is the total, and each other node has one parent before it.
class Hierarchy {
 public:
  /// `parents[i]` is the parent of node i + 1.
  /// Fails with invalid_input if a parent does not come before its child.
  [[nodiscard]] static Result<Hierarchy> of(std::vector<std::size_t> parents);

  [[nodiscard]] std::size_t size() const { return parents_.size() + 1; }
  [[nodiscard]] bool is_leaf(std::size_t node) const { return leaf_[node] != 0; }

  /// Replaces the value of every inner node by the sum of its leaves. Requires a value per node.
  void add_up(std::span<double> values) const;

  /// Moves the values of all nodes as little as needed for parents to be the sums of their
  /// children: least squares weighted by 1 / variance. Without variances: by 1 / the number of
  /// leaves below (WLS with structural scaling). Takes time in proportion to the nodes.
  /// Requires a value per node, and none or as many positive variances.
  /// Source: Athanasopoulos, Hyndman, Kourentzes, Petropoulos, EJOR 262(1), 2017.
  void reconcile(std::span<double> values, std::span<const double> variances = {}) const;

 private:
  std::vector<std::size_t> parents_;
  std::vector<unsigned char> leaf_;
};

}  // namespace costops::forecasting
