// parts.h - rows into one file or a series of files of bounded length.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "costops/export/ledger_export.h"

namespace costops::exports {

class Parts {
 public:
  /// `path` is the first file's; later ones get a number before the extension.
  Parts(const ExportRequest& request, const Schema& schema, std::string path);
  ~Parts();
  [[nodiscard]] Result<void> write(const Batch& batch);
  /// The files, complete. Without rows: none, but for standard output.
  [[nodiscard]] Result<std::vector<ExportedFile>> finish();

 private:
  class Part;
  [[nodiscard]] Result<void> write_rows(const Batch& batch);
  [[nodiscard]] Result<void> close();
  /// Fails with cancelled if the caller wants an end.
  [[nodiscard]] Result<void> go_on() const;
  const ExportRequest& request_;
  const Schema& schema_;
  std::string path_;
  std::unique_ptr<Part> open_;
  std::vector<ExportedFile> done_;
};

}  // namespace costops::exports
