// explain - every multiplication behind one record's cost.
#include <fmt/format.h>

#include "command.h"
#include "cost_json.h"
#include "costops/accounting/report.h"
#include "costops/json/json.h"
#include "options.h"
#include "price_text.h"
#include "table.h"

namespace costops::cli {
namespace {

using accounting::Explanation;

constexpr const char* kHelp = R"(
ID is the record's own id (32 digits or the first ones), or the id that its source
gave it, such as a response id.

Examples:
  cost-ops explain msg_01XFDUDYJgAACzvnptvVoYEL
  cost-ops explain 3f9a --output json
)";

void append_fact(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += fmt::format("{:<14}{}\n", name, printable(value));
}

void append_usage(std::string& out, const storage::StoredRecord& record) {
  const UsageRecord& usage = record.usage;
  append_fact(out, "record", to_string(usage.id));
  append_fact(out, "source id", usage.source_id);
  append_fact(out, "time",
              usage.at ? to_string(*usage.at) : to_string(record.at) + " (the source names none)");
  append_fact(out, "provider", usage.provider);
  append_fact(out, "model", usage.model);
  append_fact(out, "service tier", usage.service_tier);
  append_fact(out, "region", usage.region);
  append_fact(out, "speed", usage.speed);
  append_fact(out, "organization", usage.organization);
  append_fact(out, "project", usage.project);
  append_fact(out, "user", usage.user);
  append_fact(out, "session", usage.session);
  append_fact(out, "tags", fmt::format("{}", fmt::join(usage.tags, ", ")));
  append_fact(out, "read from",
              fmt::format("{} ({})", to_string(usage.position), usage.source_kind));
}

void append_charges(std::string& out, const CostRecord& cost, Colors colors) {
  const std::string code(cost.currency.code());
  Table table({{"meter"},
               {"quantity", Align::right},
               {""},
               {"price", Align::decimal},
               {""},
               {"per", Align::right},
               {""},
               {"cost", Align::decimal},
               {""}});
  for (const Charge& charge : cost.charges) {
    table.add({{std::string(to_string(charge.meter))},
               {quantity_text(charge.meter, charge.quantity)},
               {"x"},
               {to_string(charge.rate.amount())},
               {"/"},
               {quantity_text(charge.meter, charge.rate.per)},
               {"="},
               {to_string(charge.cost)},
               {code}});
  }
  table.rule();
  for (const auto& [name, amount] : {std::pair{"input_cost", cost.costs.input_cost()},
                                     std::pair{"output_cost", cost.costs.output_cost()},
                                     std::pair{"other_cost", cost.costs.other_cost()},
                                     std::pair{"total_cost", cost.costs.total()}}) {
    table.add({{name}, {""}, {""}, {""}, {""}, {""}, {"="}, {to_string(amount)}, {code}});
  }
  table.append_to(out, colors);
}

Cell cost_of(const storage::HistoryLine& line) {
  const bool known = line.status == PricingStatus::priced || !line.costs.total().is_zero();
  return known ? Cell{to_string(line.costs.total())} : Cell{"-", Ink::dim};
}

void append_history(std::string& out, const std::vector<storage::HistoryLine>& history,
                    Colors colors) {
  Table table(
      {{"recorded at"}, {"what"}, {"status"}, {"total_cost", Align::decimal}, {""}, {"price"}});
  for (const auto& line : history) {
    table.add({{to_string(line.recorded_at)},
               {line.what},
               {std::string(to_string(line.status))},
               cost_of(line),
               {std::string(line.currency.code())},
               {line.price_id}});
  }
  out += "\nHistory in the ledger\n";
  table.append_to(out, colors, 2);
}

void append_explanation(std::string& out, const Explanation& explanation, Colors colors) {
  const UsageRecord& usage = explanation.record.usage;
  const CostRecord& cost = explanation.cost;
  append_usage(out, explanation.record);
  append_fact(out, "status", to_string(cost.status));
  append_fact(out, "because", cost.reason);
  if (!cost.charges.empty()) {
    out += '\n';
    append_charges(out, cost, colors);
  }
  if (usage.reported_cost) {
    out += '\n';
    append_fact(
        out, "reported cost",
        fmt::format("{} {} (what the source claims)", to_string(usage.reported_cost->amount),
                    usage.reported_cost->currency.code()));
  }
  if (explanation.price) {
    out += '\n';
    append_price(out, *explanation.price);
  }
  append_history(out, explanation.record.history, colors);
}

void write_usage(json::Writer& json, const storage::StoredRecord& record) {
  const UsageRecord& usage = record.usage;
  json.key("id").value(to_string(usage.id));
  write_optional(json, "source_id", usage.source_id);
  json.key("at").value(to_string(record.at));
  write_optional(json, "provider", usage.provider);
  write_optional(json, "model", usage.model);
  write_optional(json, "service_tier", usage.service_tier);
  write_optional(json, "region", usage.region);
  write_optional(json, "speed", usage.speed);
  write_optional(json, "organization", usage.organization);
  write_optional(json, "project", usage.project);
  write_optional(json, "user", usage.user);
  write_optional(json, "session", usage.session);
  json.key("tags").array();
  for (const std::string& tag : usage.tags) json.value(tag);
  json.end_array();
  write_optional(json, "file", usage.position.file);
  json.key("line").value(usage.position.line);
  write_optional(json, "source_kind", usage.source_kind);
  write_optional(json, "reported_cost",
                 usage.reported_cost ? to_string(usage.reported_cost->amount) : "");
}

void write_explanation(std::string& out, const Explanation& explanation) {
  json::Writer json(out);
  const CostRecord& cost = explanation.cost;
  json.object();
  write_usage(json, explanation.record);
  json.key("status").value(to_string(cost.status));
  write_optional(json, "reason", cost.reason);
  write_costs(json, cost);
  json.key("price");
  if (explanation.price) {
    write_price(json, *explanation.price);
  } else {
    json.null();
  }
  json.key("history").array();
  for (const auto& line : explanation.record.history) {
    json.object().key("recorded_at").value(to_string(line.recorded_at));
    json.key("what").value(line.what).key("status").value(to_string(line.status));
    json.key("total_cost").value(line.costs.total());
    write_optional(json, "currency", line.currency.code());
    write_optional(json, "price_id", line.price_id);
    json.end_object();
  }
  json.end_array().end_object();
  out += '\n';
}

class Explain : public Command {
 public:
  explicit Explain(CLI::App& parent)
      : Command(parent, "explain", "Why a record costs what it costs: each multiplication", kHelp,
                {.store = Uses::Store::yes}) {
    add_argument(*app_, id_, "ID", "The record's id.");
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto explanation = accounting::explain(**ledger, id_);
    if (!explanation) return fail(explanation.error());
    if (output_ == "json") {
      write_explanation(session.out().text(), *explanation);
    } else {
      append_explanation(session.out().text(), *explanation, session.colors());
    }
    return ExitCode::fine;
  }

 private:
  std::string id_;
  std::string output_ = "text";
};

}  // namespace

void add_explain(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Explain>(parent));
}

}  // namespace costops::cli
