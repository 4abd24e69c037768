// Where the sources of a book disagree about the same model under the same conditions.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "costops/domain/money.h"
#include "costops/pricing/importers.h"
#include "pricing/model_matcher.h"

namespace costops::pricing {
namespace {

// The same money per unit, however it is written.
bool same(Rate a, Rate b) { return Int128{a.pico} * b.per == Int128{b.pico} * a.per; }

bool same(const MeterRate& a, const MeterRate& b) {
  return same(a.base, b.base) &&
         std::ranges::equal(a.steps, b.steps, [](const RateStep& x, const RateStep& y) {
           return x.threshold == y.threshold && same(x.rate, y.rate);
         });
}

std::string text_of(const MeterRate& rate) {
  std::string text = to_string(rate.base);
  for (const RateStep& step : rate.steps) {
    text += fmt::format(", above {}: {}", step.threshold, to_string(step.rate));
  }
  return text;
}

const MeterRate* own_rate(const Price& price, Meter meter) {
  const auto found = std::ranges::find(price.rates, meter, &MeterRate::meter);
  return found == price.rates.end() ? nullptr : &*found;
}

bool same_conditions(const Price& a, const Price& b) {
  return a.conditions.service_tier == b.conditions.service_tier &&
         a.conditions.region == b.conditions.region && a.conditions.speed == b.conditions.speed &&
         a.conditions.windows.empty() == b.conditions.windows.empty();
}

// What `other` says and `used` says otherwise, or not at all.
void compare(const Price& used, const Price& other, std::vector<Disagreement>& into) {
  for (const MeterRate& rate : other.rates) {
    const MeterRate* own = own_rate(used, rate.meter);
    if (own != nullptr && same(*own, rate)) continue;
    into.push_back({&used, &other, rate.meter, own == nullptr ? "" : text_of(*own), text_of(rate)});
  }
}

}  // namespace

std::vector<Disagreement> audit(const PriceBook& book) {
  Instant latest = min_instant();
  for (const Price& price : book.prices()) latest = std::max(latest, price.provenance.learned_at);
  std::vector<Disagreement> all;
  std::set<std::pair<const Price*, const Price*>> compared;
  for (const Price& price : book.prices()) {
    const Conditions& when = price.conditions;
    const PriceSet& set = book.resolve({.provider = price.provider,
                                        .model = price.model,
                                        .service_tier = when.service_tier,
                                        .region = when.region,
                                        .speed = when.speed});
    const Price* used = nullptr;
    std::set<std::string_view> heard;
    for (const Price* candidate : set.candidates()) {
      // As of the last thing we learned: a price that has ended is history, not a disagreement.
      if (!same_conditions(*candidate, price) ||
          !candidate->conditions.effective.contains(latest)) {
        continue;
      }
      if (!heard.insert(candidate->provenance.source).second) continue;
      if (used == nullptr)
        used = candidate;
      else if (compared.emplace(used, candidate).second)
        compare(*used, *candidate, all);
    }
  }
  std::ranges::stable_sort(all, {}, [](const Disagreement& d) {
    return std::tie(d.used->provider, d.used->model, d.used->id, d.other->id, d.meter);
  });
  return all;
}

}  // namespace costops::pricing
