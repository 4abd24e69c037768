// focus_export.h - the ledger as FOCUS files, for the commands that write them.
#pragma once

#include <string>

#include "selection.h"
#include "webhook_options.h"

namespace costops::cli {

struct FocusExportOptions {
  SelectionOptions selection;
  std::string output;     ///< "-": standard output.
  std::string format;     ///< "csv", "parquet"; "": by the file's name.
  std::string version;    ///< "": 1.2.
  std::string settings;   ///< "": focus.toml in the configuration folder.
  std::string late;       ///< "": replace.
  std::string bucket;     ///< "": day.
  std::string preset;     ///< "": none.
  bool manifest = false;  ///< Also write FILE.manifest.json, last.
  WebhookOptions webhook;
};

/// Declares --focus-version, --settings, --late, --bucket and --preset.
void declare_focus(CLI::App& app, FocusExportOptions& into);
/// The first of those that was given, or "".
[[nodiscard]] std::string focus_option_used(const FocusExportOptions& options);
/// Writes the files, and a metadata file beside them; says on standard error what they hold.
[[nodiscard]] Result<ExitCode> export_focus(Session& session, const FocusExportOptions& options);

}  // namespace costops::cli
