// budget - limits on spend: set, list, show, check, delete.
#include <fmt/format.h>

#include "alert_delivery.h"
#include "budget_text.h"
#include "command.h"
#include "costops/accounting/budgets.h"
#include "options.h"
#include "selection.h"
#include "webhook_options.h"

namespace costops::cli {
namespace {

using accounting::Budget;
using accounting::BudgetState;

constexpr const char* kGroupHelp = R"(
A budget is kept in the ledger. docs/budgets.md says how its outlook is made.
)";

constexpr const char* kSetHelp = R"(
Sets a budget, or replaces the one of that name. Thresholds are percentages of what was spent
(80) or of what will have been spent (forecast:100); each is told once per period by "budget check".
An amount of 0 allows no spending.

Examples:
  cost-ops budget set team 500 --filter organization=acme
  cost-ops budget set agents 40 --period week --timezone Europe/Berlin --thresholds 75,100
  cost-ops budget set year 12000 --period year --fiscal-start 4 --currency EUR
  cost-ops budget set burst 100 --rolling 7
)";

constexpr const char* kCheckHelp = R"(
Holds every budget (or the one named) against the ledger. New alerts are told once: on standard
error, to --webhook and to --command, and noted in the ledger when all of that succeeded.

JSON: {"budgets":[{"name","amount","currency","period":{"from","to"},"spent","remaining",
  "spent_percent","per_day","projected","projected_lower","projected_upper","exceed_probability",
  "exceeded_on","unpriced","other_currencies","crossed","alerts","stop"}]}; "projected..." are
  null where there is nothing to learn from. The webhook gets one alert as JSON.

Exit code 3: a budget has reached the share at which it says stop (--stop-at of "budget set").
)";

constexpr const char* kListHelp = R"(
Definitions only, as they stand; "budget check" holds them against the ledger.
)";

/// Prints budgets or their states in one of the forms.
class BudgetCommand : public Command {
 protected:
  using Command::Command;
  std::string name_, output_ = "table";
  void declare_output() {
    add_choice(*app_, "-o,--output", output_, {"table", "json"},
               "Form of the result. Default: table.");
  }
};

class BudgetSet : public BudgetCommand {
 public:
  explicit BudgetSet(CLI::App& parent)
      : BudgetCommand(parent, "set", "Set or replace a budget", kSetHelp,
                      {.store = Uses::Store::yes}) {
    add_argument(*app_, name_, "NAME", "The budget's name.");
    add_argument(*app_, amount_, "AMOUNT", "The limit: a decimal number from 0.");
    add_text(*app_, "--currency", currency_, "CODE", "Currency. Default: USD.");
    add_choice(*app_, "--period", period_, {"day", "week", "month", "quarter", "year"},
               "Calendar period. Default: month.");
    add_number(*app_, "--rolling", rolling_, "The last N days instead, today included.");
    add_number(*app_, "--fiscal-start", fiscal_start_,
               "Month in which a year and its quarters begin, 1 to 12. Default: 1.");
    add_text(*app_, "--timezone", timezone_, "ZONE", "Whose days, as an IANA name. Default: UTC.");
    add_list(*app_, "--filter", selection_.filters, "DIM=VALUE",
             "Only records with this value; DIM!=VALUE: only without it. Repeat it for more.");
    add_comma_list(*app_, "--thresholds", thresholds_, "PERCENT,...",
                   "When to tell: 80, forecast:100. Default: 50,80,100.");
    add_number(*app_, "--stop-at", stop_at_,
               "Percent spent from which \"budget check\" exits with 3. Default: 100.");
  }

  Result<ExitCode> run(Session& session) override {
    auto budget = resolve(session);
    if (!budget) return session.wrong_usage(budget.error().message);
    const auto ledger = session.ledger(Session::Use::write);
    if (!ledger) return fail(ledger.error());
    if (auto set = accounting::set_budget(**ledger, *budget); !set) {
      if (set.error().code == ErrorCode::invalid_input) {
        return session.wrong_usage(set.error().message);
      }
      return fail(set.error());
    }
    session.out().text() +=
        fmt::format("Budget {}: {}\n", quoted(budget->name), definition_text(*budget));
    return ExitCode::fine;
  }

 private:
  Result<Budget> resolve(const Session& session) {
    Budget budget;
    budget.name = name_;
    budget.set_at = session.now();
    const auto amount = parse_amount(amount_);
    if (!amount) return fail(ErrorCode::invalid_input, "AMOUNT: " + amount.error().message);
    budget.amount = *amount;
    if (!currency_.empty()) {
      const auto currency = Currency::parse(currency_);
      if (!currency) return fail(currency.error().code, "--currency: " + currency.error().message);
      budget.currency = *currency;
    }
    budget.period = *parse_grain(period_);
    budget.rolling_days = static_cast<std::int64_t>(rolling_);
    budget.fiscal_start = static_cast<int>(std::min<std::uint64_t>(fiscal_start_, 99));
    budget.stop_at = static_cast<std::int64_t>(stop_at_);
    const auto zone = session.zone(timezone_);
    if (!zone) return fail(zone.error().code, "--timezone: " + zone.error().message);
    budget.timezone = zone->is_utc() ? "" : zone->name();
    const auto selected = selection_.resolve(session);
    if (!selected) return fail(selected.error());
    budget.filters = selected->filters;
    if (!thresholds_.empty()) budget.thresholds.clear();
    for (const std::string& text : thresholds_) {
      const auto threshold = accounting::parse_threshold(text);
      if (!threshold) return fail(threshold.error());
      budget.thresholds.push_back(*threshold);
    }
    return budget;
  }

  SelectionOptions selection_;
  std::string amount_, currency_, period_ = "month", timezone_;
  std::uint64_t rolling_ = 0, fiscal_start_ = 1, stop_at_ = 100;
  std::vector<std::string> thresholds_;
};

class BudgetList : public BudgetCommand {
 public:
  explicit BudgetList(CLI::App& parent)
      : BudgetCommand(parent, "list", "Every budget's definition", kListHelp,
                      {.store = Uses::Store::yes}) {
    declare_output();
  }
  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto budgets = accounting::budgets_of(**ledger);
    if (!budgets) return fail(budgets.error());
    print_definitions(session, *budgets, output_);
    return ExitCode::fine;
  }
};

class BudgetDelete : public BudgetCommand {
 public:
  explicit BudgetDelete(CLI::App& parent)
      : BudgetCommand(parent, "delete", "Delete a budget; the ledger keeps that it was", "",
                      {.store = Uses::Store::yes}) {
    add_argument(*app_, name_, "NAME", "The budget's name.");
  }
  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::write);
    if (!ledger) return fail(ledger.error());
    if (auto gone = accounting::delete_budget(**ledger, name_, session.now()); !gone) {
      return fail(gone.error());
    }
    session.out().text() += fmt::format("Deleted the budget {}.\n", quoted(name_));
    return ExitCode::fine;
  }
};

/// The states of all budgets, or of the one named. Fails like check_budget.
Result<std::vector<BudgetState>> states_of(const storage::Ledger& ledger, const std::string& name,
                                           Instant now) {
  std::vector<Budget> budgets;
  if (name.empty()) {
    auto all = accounting::budgets_of(ledger);
    if (!all) return fail(all.error());
    budgets = std::move(*all);
  } else {
    auto one = accounting::find_budget(ledger, name);
    if (!one) return fail(one.error());
    budgets.push_back(std::move(*one));
  }
  std::vector<BudgetState> states;
  for (const Budget& budget : budgets) {
    auto state = accounting::check_budget(ledger, budget, now);
    if (!state) return fail(state.error());
    states.push_back(std::move(*state));
  }
  return states;
}

class BudgetShow : public BudgetCommand {
 public:
  explicit BudgetShow(CLI::App& parent)
      : BudgetCommand(parent, "show", "One budget and where it stands; tells no alerts", "",
                      {.store = Uses::Store::yes}) {
    add_argument(*app_, name_, "NAME", "The budget's name.");
    declare_output();
  }
  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto states = states_of(**ledger, name_, session.now());
    if (!states) return fail(states.error());
    print_states(session, *states, output_);
    return ExitCode::fine;
  }
};

class BudgetCheck : public BudgetCommand {
 public:
  explicit BudgetCheck(CLI::App& parent)
      : BudgetCommand(parent, "check", "Hold budgets against the ledger; tell new alerts",
                      kCheckHelp, {.store = Uses::Store::yes}) {
    add_text(*app_, "--budget", name_, "NAME", "Only this budget.");
    webhook_.declare(*app_, "POST each new alert as JSON to this address.");
    add_text(*app_, "--command", command_, "COMMAND",
             "Run this with sh for each new alert, with the JSON on its standard input.");
    declare_output();
  }

  Result<ExitCode> run(Session& session) override {
    auto webhook = webhook_.resolve();
    if (!webhook) return session.wrong_usage(webhook.error().message);
    const AlertTargets targets{std::move(*webhook), command_};
    const auto ledger = session.ledger(Session::Use::write);
    if (!ledger) return fail(ledger.error());
    const auto states = states_of(**ledger, name_, session.now());
    if (!states) return fail(states.error());
    print_states(session, *states, output_);
    bool stop = false;
    for (const BudgetState& state : *states) {
      stop = stop || state.stop;
      for (const accounting::Alert& alert : state.alerts) {
        session.note(alert_text(alert));
        if (auto sent = deliver(targets, session, alert_json(alert)); !sent)
          return fail(sent.error());
        if (auto noted = accounting::note_told(**ledger, {alert}, session.now()); !noted) {
          return fail(noted.error());
        }
      }
    }
    return stop ? ExitCode::gate : ExitCode::fine;
  }

 private:
  WebhookOptions webhook_;
  std::string command_;
};

}  // namespace

void add_budget(CLI::App& parent, Commands& into) {
  CLI::App& group =
      add_group(parent, "budget", "Limits on spend: set, list, show, check, delete", kGroupHelp);
  into.push_back(std::make_unique<BudgetSet>(group));
  into.push_back(std::make_unique<BudgetList>(group));
  into.push_back(std::make_unique<BudgetShow>(group));
  into.push_back(std::make_unique<BudgetCheck>(group));
  into.push_back(std::make_unique<BudgetDelete>(group));
}

}  // namespace costops::cli
