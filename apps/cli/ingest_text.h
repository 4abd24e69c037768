// ingest_text.h - what an ingest, or a retry, did: for people and as JSON.
#pragma once

#include <string>

#include "costops/accounting/ingest.h"

namespace costops::cli {

/// One line per count: read, new, duplicate, superseded, unpriced, quarantined.
void append_counts(std::string& out, const accounting::IngestReport& report);
/// Why some records are unpriced or quarantined, the first ones by name; nothing if none are.
void append_doubts(std::string& out, const accounting::IngestReport& report);
void write_ingest_json(std::string& out, const accounting::IngestReport& report,
                       accounting::IngestOptions::Mode mode);

}  // namespace costops::cli
