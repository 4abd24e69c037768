// price_one.cc - prices one call: 2,743 input tokens at 3 USD and 4 output tokens at 15 USD per
// million are 0.008229 + 0.00006 = 0.008289 USD.
#include <costops/engine/calculator.h>
#include <costops/pricing/price.h>

#include <iostream>
#include <string>

int main() {
  auto price = costops::pricing::per_token_price("3", "15", std::nullopt);
  if (!price) {
    std::cerr << price.error().message << '\n';
    return 1;
  }
  costops::UsageRecord usage;
  usage.at = costops::parse_instant("2026-07-01T12:00:00Z").value();
  at(usage.quantities, costops::Meter::input_tokens_uncached) = 2743;
  at(usage.quantities, costops::Meter::output_tokens) = 4;
  const auto cost = costops::engine::CostCalculator::calculate(usage, *price);
  if (!cost) {
    std::cerr << cost.error().message << '\n';
    return 1;
  }
  const std::string total = to_string(cost->costs.total());
  std::cout << total << '\n';
  return total == "0.008289" ? 0 : 1;
}
