// report_output.h - where a report goes, and in which form.
#pragma once

#include <string>

#include "costops/export/report_generator.h"
#include "session.h"

namespace CLI {
class App;
}

namespace costops::cli {

/// The options --output, --format, --template and --title, as written.
struct ReportOutput {
  std::string output, format, mustache, title;

  void declare(CLI::App& app);
  /// A file appears whole or not at all.
  [[nodiscard]] Result<void> write(Session& session, reports::ReportDocument& document) const;
};

/// To `path`; "" and "-": standard output.
[[nodiscard]] Result<void> write_report_text(Session& session, const std::string& path,
                                             std::string_view text);
/// Fails with not_found.
[[nodiscard]] Result<std::string> whole_file(const std::string& path);

}  // namespace costops::cli
