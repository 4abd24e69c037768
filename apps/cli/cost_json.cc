#include "cost_json.h"

namespace costops::cli {
namespace {

std::string_view class_word(Meter meter) {
  switch (cost_class_of(meter)) {
    case CostClass::output:
      return "output";
    case CostClass::other:
      return "other";
    default:
      return "input";
  }
}

void write_charge(json::Writer& json, const Charge& charge) {
  json.object().key("meter").value(to_string(charge.meter));
  json.key("class").value(class_word(charge.meter));
  json.key("quantity").value(quantity_text(charge.meter, charge.quantity));
  json.key("unit_price").value(charge.rate.amount());
  json.key("per").value(quantity_text(charge.meter, charge.rate.per));
  json.key("cost").value(charge.cost);
  json.key("price_id").value(charge.price_id).end_object();
}

}  // namespace

void write_optional(json::Writer& json, std::string_view key, std::string_view text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

void write_costs(json::Writer& json, const CostRecord& cost) {
  write_optional(json, "currency", cost.currency.code());
  json.key("charges").array();
  for (const Charge& charge : cost.charges) write_charge(json, charge);
  json.end_array().key("input_cost").value(cost.costs.input_cost());
  json.key("output_cost").value(cost.costs.output_cost());
  json.key("other_cost").value(cost.costs.other_cost());
  json.key("total_cost").value(cost.costs.total());
}

}  // namespace costops::cli
