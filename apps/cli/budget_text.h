// budget_text.h - budgets, their states and alerts as tables, sentences and JSON.
#pragma once

#include <string>
#include <vector>

#include "costops/accounting/budgets.h"
#include "session.h"

namespace costops::cli {

/// "500 USD a month, organization=acme, thresholds 50,80,100, stop at 100 %".
[[nodiscard]] std::string definition_text(const accounting::Budget& budget);

/// `output` is table or json.
void print_definitions(Session& session, const std::vector<accounting::Budget>& budgets,
                       const std::string& output);
void print_states(Session& session, const std::vector<accounting::BudgetState>& states,
                  const std::string& output);

/// One line for people.
[[nodiscard]] std::string alert_text(const accounting::Alert& alert);
/// One object for programs.
[[nodiscard]] std::string alert_json(const accounting::Alert& alert);

}  // namespace costops::cli
