// report_commands.h - the commands of "report" that have files of their own.
#pragma once

#include "command.h"

namespace costops::cli {

/// "report budget" and "report forecast".
void add_outlook_reports(CLI::App& group, Commands& into);

}  // namespace costops::cli
