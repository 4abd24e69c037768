// exit_code.h - what the process says when it ends.
#pragma once

namespace costops::cli {

/// The exit codes of cost-ops, in full (docs/cli.md). 3 to 5 belong to benchmark and budget gates.
enum class ExitCode : int {
  fine = 0,
  failed = 1,           ///< It could not be done: a file, the ledger or a price said no.
  usage = 2,            ///< The command line itself is wrong.
  gate = 3,             ///< A gate said no: the result is there, and it is not good enough.
  inconclusive = 4,     ///< compare: not known within the budget.
  nothing = 5,          ///< There is nothing to work on: a period without rows.
  session_invalid = 6,  ///< compare: the control arm moved, so nothing is proven.
  incomplete = 6,       ///< Done, but some records are unpriced or quarantined.
  interrupted = 130     ///< Stopped by Ctrl-C; what was committed is kept.
};

}  // namespace costops::cli
