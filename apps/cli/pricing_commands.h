// pricing_commands.h - the commands below "pricing".
#pragma once

#include "command.h"

namespace costops::cli {

void add_pricing_list(CLI::App& group, Commands& into);
void add_pricing_get(CLI::App& group, Commands& into);
void add_pricing_history(CLI::App& group, Commands& into);
void add_pricing_add(CLI::App& group, Commands& into);
void add_pricing_import(CLI::App& group, Commands& into);
void add_pricing_audit(CLI::App& group, Commands& into);

}  // namespace costops::cli
