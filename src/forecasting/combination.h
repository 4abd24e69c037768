// combination.h - many simple forecasts, weighted by how they did when replayed.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "costops/forecasting/model.h"
#include "forecasting/candidates.h"

namespace costops::forecasting {

/// Reusable: no allocation for a series of the same length and season as the one before.
class Combination {
 public:
  Combination();
  /// Requires finite values, at least one.
  void fit(std::span<const double> values, std::size_t season, std::size_t horizon);

  /// The combined path.
  [[nodiscard]] std::span<const double> mean() const { return mean_; }
  [[nodiscard]] std::size_t replays() const { return plan_.origins.size() - 1; }
  [[nodiscard]] std::size_t steps() const { return plan_.steps; }
  /// Where replay `replay` began: the index of its first step in the history.
  [[nodiscard]] std::size_t origin(std::size_t replay) const { return plan_.origins[replay]; }
  /// What the combination would have forecast there, with weights from the other replays only.
  [[nodiscard]] std::span<const double> replayed(std::size_t replay) const;

  [[nodiscard]] std::size_t members() const { return weights_.size(); }
  [[nodiscard]] double weight(std::size_t member) const { return weights_[member]; }
  [[nodiscard]] std::string member_name(std::size_t member) const;
  /// The path of one member from one origin (the last origin is the end of the history).
  [[nodiscard]] std::span<const double> member_path(std::size_t member, std::size_t origin) const;

 private:
  struct Member {
    Scale scale = Scale::raw;
    double half_life = 0;
    std::size_t set = 0;
    const Model* rule = nullptr;  // set for the members that are no autoregressions
  };

  void plan(std::size_t length, std::size_t season, std::size_t horizon);
  void transform(std::span<const double> values);
  void add_rules(std::span<const double> values);
  void add_rule(Model& model, std::span<const double> values);
  void add_autoregressions(std::span<const double> values, Scale scale);
  void note_runaways(std::span<const double> values);
  void tame(std::span<const double> known, const LagSet& set);
  void continue_series(std::span<const double> known, const LagSet& set, std::span<double> path);
  void weigh(std::span<const double> values);
  void new_member(Member member);
  void restore(std::span<double> path, Scale scale, double mean, double last) const;
  void combine(std::size_t left_out);
  std::span<double> path_of(std::size_t member, std::size_t origin);
  std::size_t path_length(std::size_t origin) const;

  Candidates plan_;
  std::size_t length_ = 0, season_ = 0, horizon_ = 0;
  struct Rule {
    std::unique_ptr<Model> model;
    bool seasonal = false;
    bool intermittent = false;
    bool trending = false;
  };
  std::vector<Rule> rules_;
  LagSums sums_;
  LagSums step_sums_;  // for the series of steps, which is one shorter
  Autoregression fitted_;
  std::vector<Member> members_;
  std::vector<double> paths_;           // by member, origin, step
  std::vector<unsigned char> runaway_;  // by member, origin
  std::vector<double> transformed_, work_, phase_means_, phase_counts_;
  std::vector<double> errors_;  // by member, replay: relative to the size
  std::vector<double> weights_, mean_, replayed_;
  double lowest_ = 0, highest_ = 0;
};

}  // namespace costops::forecasting
