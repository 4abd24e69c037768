#include <fmt/format.h>

#include "costops/pricing/price.h"

namespace costops::pricing {
namespace {

std::string clock_text(std::chrono::seconds since_midnight) {
  const auto minutes = since_midnight.count() / 60;
  const auto seconds = since_midnight.count() % 60;
  std::string text = fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
  if (seconds != 0) text += fmt::format(":{:02}", seconds);
  return text;
}

// "2026-03-13" where the instant is a midnight UTC, else the instant in full.
std::string day_or_instant(Instant at) {
  std::string text = to_string(at);
  const std::size_t time_of_day = text.find("T00:00:00Z");
  if (time_of_day != std::string::npos) text.resize(time_of_day);
  return text;
}

}  // namespace

std::string price_id(const Price& price) {
  std::string id;
  const std::string& source = price.provenance.source;
  if (!source.empty() && source != "genai-prices") id = source + ":";
  id += price.provider + "/" + price.model;
  const Conditions& when = price.conditions;
  if (when.effective.from != min_instant()) id += "@" + day_or_instant(when.effective.from);
  if (!when.service_tier.empty()) id += "+" + when.service_tier;
  if (!when.region.empty()) id += "+region=" + when.region;
  if (!when.speed.empty()) id += "+speed=" + when.speed;
  for (const TimeWindow& window : when.windows) {
    id += fmt::format("+{}-{}", clock_text(window.from), clock_text(window.to));
    if (window.zone != "UTC") id += "[" + window.zone + "]";
  }
  return id;
}

}  // namespace costops::pricing
