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
  /// The files that the paths name. Fails like ingestion::expand_paths.
  [[nodiscard]] Result<std::vector<std::string>> expanded() const;
  /// What to read and how, the configuration's defaults filled in. Fails if --at is no time.
  [[nodiscard]] Result<accounting::IngestOptions> resolve(const Session& session) const;
};

}  // namespace costops::cli
