// Any history, season, horizon and model: a clear error, or finite, ordered numbers.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "costops/forecasting/forecast.h"

namespace {

void require(bool fact) {
  if (!fact) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace costops::forecasting;
  if (size < 3) return 0;
  const auto names = model_names();
  const std::size_t model = bytes[0] % (names.size() + 1);
  std::vector<double> history((size - 3) / sizeof(double));
  if (!history.empty()) std::memcpy(history.data(), bytes + 3, history.size() * sizeof(double));
  if (history.size() > 200) history.resize(200);
  const auto forecast =
      ForecastEngine().forecast({.history = history,
                                 .season = bytes[1],
                                 .horizon = bytes[2],
                                 .model = model == 0 ? "auto" : names[model - 1]});
  if (!forecast) {
    require(!forecast.error().message.empty());
    return 0;
  }
  for (std::size_t i = 0; i < forecast->mean.size(); ++i) {
    require(std::isfinite(forecast->mean[i]));
    const Band &b80 = forecast->bands[0], &b95 = forecast->bands[1];
    require(b95.lower[i] <= b80.lower[i] && b80.lower[i] <= b80.upper[i]);
    require(b80.upper[i] <= b95.upper[i]);
  }
  return 0;
}
