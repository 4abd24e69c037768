#include "costops/domain/charge.h"

namespace costops {
namespace {

constexpr std::array<std::string_view, kCostClassCount> kClassNames = {
    "input", "cache_read", "cache_write", "output", "other"};
constexpr std::array<std::string_view, 3> kStatusNames = {"priced", "unpriced", "quarantined"};

}  // namespace

std::string_view to_string(CostClass cost_class) {
  return kClassNames[static_cast<std::size_t>(cost_class)];
}

CostClass cost_class_of(Meter meter) {
  const MeterFacts& meter_facts = facts(meter);
  if (meter_facts.token_type == TokenType::cache_read) return CostClass::cache_read;
  if (meter_facts.token_type == TokenType::cache_write) return CostClass::cache_write;
  switch (meter_facts.direction) {
    case Direction::input:
      return CostClass::input;
    case Direction::output:
      return CostClass::output;
    default:
      return CostClass::other;
  }
}

Amount ClassCosts::input_cost() const {
  return (*this)[CostClass::input] + (*this)[CostClass::cache_read] +
         (*this)[CostClass::cache_write];
}

Amount ClassCosts::output_cost() const { return (*this)[CostClass::output]; }

Amount ClassCosts::other_cost() const { return (*this)[CostClass::other]; }

Amount ClassCosts::total() const { return input_cost() + output_cost() + other_cost(); }

ClassCosts& ClassCosts::operator+=(const ClassCosts& other) {
  for (std::size_t i = 0; i < kCostClassCount; ++i) by_class[i] += other.by_class[i];
  return *this;
}

std::string_view to_string(PricingStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

}  // namespace costops
