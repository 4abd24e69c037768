// reading.h - the options of commands that read usage: ingest and price.
#pragma once

#include <string>
#include <vector>

#include "costops/accounting/ingest.h"
#include "session.h"

namespace CLI {
class App;
}

namespace costops::cli {

struct ReadingOptions {
  std::vector<std::string> paths, files;
  std::string format, provider, organization, project, user;
  std::vector<std::string> tags;

  void declare(CLI::App& app, const char* paths_description);
  /// Only --format and what is assumed of records that say nothing of it.
  void declare_defaults(CLI::App& app);
  [[nodiscard]] bool names_no_path() const { return paths.empty() && files.empty(); }
  /// The files that the paths name; a folder without logs is told and left out.
  struct Files {
    std::vector<std::string> files;
    ExitCode worst = ExitCode::fine;  ///< incomplete: a folder was left out.
  };
  /// Fails like ingestion::expand_paths, but for such a folder.
  [[nodiscard]] Result<Files> expanded(const Session& session) const;
  /// What to read and how, the configuration's defaults filled in. Fails if --at is no time.
  [[nodiscard]] Result<accounting::IngestOptions> resolve(const Session& session) const;
};

}  // namespace costops::cli
