// Reconciling a tree is least squares with a chain of sums: what a subtree says about its root has
// a mean and a variance (upwards), and the root's final value is handed back to the children in
// proportion to their variances (downwards). Both passes are exact, so no matrix is needed.
#include "costops/forecasting/hierarchy.h"

#include <fmt/format.h>

namespace costops::forecasting {

Result<Hierarchy> Hierarchy::of(std::vector<std::size_t> parents) {
  Hierarchy tree;
  tree.leaf_.assign(parents.size() + 1, 1);
  for (std::size_t i = 0; i < parents.size(); ++i) {
    if (parents[i] > i) {
      return fail(ErrorCode::invalid_input,
                  fmt::format("node {} has parent {}; a parent must come before its children",
                              i + 1, parents[i]));
    }
    tree.leaf_[parents[i]] = 0;
  }
  tree.parents_ = std::move(parents);
  return tree;
}

void Hierarchy::add_up(std::span<double> values) const {
  for (std::size_t node = 0; node < size(); ++node) {
    if (!is_leaf(node)) values[node] = 0.0;
  }
  for (std::size_t node = size() - 1; node > 0; --node) values[parents_[node - 1]] += values[node];
}

void Hierarchy::reconcile(std::span<double> values, std::span<const double> variances) const {
  struct Belief {
    double own_variance = 0, children_mean = 0, children_variance = 0, mean = 0, variance = 0;
  };
  std::vector<Belief> beliefs(size());
  for (std::size_t node = size(); node-- > 0;) {
    Belief& belief = beliefs[node];
    if (variances.empty()) {  // the number of leaves below, counted from the leaves up
      if (is_leaf(node)) belief.own_variance = 1.0;
      if (node > 0) beliefs[parents_[node - 1]].own_variance += belief.own_variance;
    } else {
      belief.own_variance = variances[node];
    }
    belief.mean = values[node];
    belief.variance = belief.own_variance;
    if (!is_leaf(node)) {
      const double all = belief.own_variance + belief.children_variance;
      belief.mean =
          (belief.children_mean * belief.own_variance + values[node] * belief.children_variance) /
          all;
      belief.variance = belief.own_variance * belief.children_variance / all;
    }
    if (node == 0) break;
    beliefs[parents_[node - 1]].children_mean += belief.mean;
    beliefs[parents_[node - 1]].children_variance += belief.variance;
  }
  values[0] = beliefs[0].mean;
  for (std::size_t node = 1; node < size(); ++node) {
    const Belief& parent = beliefs[parents_[node - 1]];
    const double missing = values[parents_[node - 1]] - parent.children_mean;
    values[node] = beliefs[node].mean + missing * beliefs[node].variance / parent.children_variance;
  }
  add_up(values);
}

}  // namespace costops::forecasting
