// series_options.h - which series of the ledger a question is about: groups, width, metric,
// records.
#pragma once

#include <string>
#include <vector>

#include "costops/accounting/series.h"
#include "selection.h"

namespace costops::cli {

/// The options --by, --metric and those of SelectionOptions; --period, or a period in --by.
class SeriesOptions {
 public:
  /// Where the width of a period is told: by --period, or among the words of --by, as in reports,
  /// where --period is a range of time.
  enum class Width { option, word };
  explicit SeriesOptions(Width width = Width::option) : width_(width) {}

  /// `by`: what a group gets ("A forecast for each value of these dimensions."); `until` as for
  /// SelectionOptions.
  void declare(CLI::App& app, const char* by,
               SelectionOptions::Until until = SelectionOptions::Until::range);
  /// Fails with invalid_input or not_found, naming the option.
  [[nodiscard]] Result<accounting::SeriesRequest> resolve(const Session& session) const;

  /// By --period.
  [[nodiscard]] const std::string& period() const { return period_; }
  [[nodiscard]] Grain grain() const;
  [[nodiscard]] const std::string& metric() const { return metric_; }

 private:
  Width width_;
  SelectionOptions selection_;
  std::vector<std::string> by_;
  std::string period_ = "day", metric_ = "cost";
};

}  // namespace costops::cli
