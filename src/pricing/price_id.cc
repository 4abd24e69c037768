#include <fmt/format.h>

#include "costops/pricing/price.h"
#include "pricing/own_format.h"

namespace costops::pricing {

std::string price_id(const Price& price) {
  std::string id;
  const std::string& source = price.provenance.source;
  if (!source.empty() && source != "genai-prices") id = source + ":";
  id += price.provider + "/" + price.model;
  const Conditions& when = price.conditions;
  if (when.effective.from != min_instant()) {
    id += "@" + own_format::instant_text(when.effective.from);
  }
  if (!when.service_tier.empty()) id += "+" + when.service_tier;
  if (!when.region.empty()) id += "+region=" + when.region;
  if (!when.speed.empty()) id += "+speed=" + when.speed;
  for (const TimeWindow& window : when.windows) {
    id += fmt::format("+{}-{}", own_format::clock_text(window.from),
                      own_format::clock_text(window.to));
    if (window.zone != "UTC") id += "[" + window.zone + "]";
  }
  return id;
}

}  // namespace costops::pricing
