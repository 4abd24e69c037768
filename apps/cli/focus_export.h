// focus_export.h - the ledger as FOCUS files, for the commands that write them.
#pragma once

#include <string>

#include "selection.h"

namespace costops::cli {

struct FocusExportOptions {
  SelectionOptions selection;
  std::string output;  ///< "-": standard output.
  std::string format;  ///< "csv", "parquet"; "": by the file's name.
  std::string version = "1.2";
  std::string settings;  ///< "": focus.toml in the configuration folder.
  std::string late = "replace";
  std::string bucket = "day";
  std::string preset = "none";
};

/// Declares --focus-version, --settings, --late, --bucket and --preset.
void declare_focus(CLI::App& app, FocusExportOptions& into);
/// Writes the files, and a metadata file beside them; says on standard error what they hold.
[[nodiscard]] Result<ExitCode> export_focus(Session& session, const FocusExportOptions& options);

}  // namespace costops::cli
