// anomalies.h - which spend of a ledger is strange, and which models and projects explain it.
#pragma once

#include <string>
#include <vector>

#include "costops/accounting/series.h"
#include "costops/forecasting/anomaly.h"

namespace costops::accounting {

struct AnomalyRequest {
  SeriesRequest series;  ///< Its range is where anomalies are told; all before it is learnt from.
  forecasting::AnomalyParameters parameters;
  std::vector<Dimension> explain_by = {Dimension::model, Dimension::project};
  std::size_t parts = 3;  ///< How many parts of each of these dimensions are told at most.
};

/// One value of a dimension, with what it was and usually is.
struct Explanatory {
  Dimension dimension = Dimension::model;
  std::string value;
  forecasting::Part part;
};

struct FoundAnomaly {
  std::size_t series = 0;  ///< Index in the report's series.
  forecasting::Anomaly anomaly;
  std::vector<Explanatory> explained_by;  ///< By dimension, then by excess.
};

struct AnomalyReport {
  UsageSeries series;
  std::vector<FoundAnomaly> found;  ///< By time, then series. Only of complete periods.
};

/// Fails like usage_series, and with invalid_input for parameters out of range.
[[nodiscard]] Result<AnomalyReport> find_anomalies(const storage::Ledger& ledger,
                                                   const AnomalyRequest& request);

}  // namespace costops::accounting
