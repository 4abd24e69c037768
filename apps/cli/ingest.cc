// ingest - read usage into the ledger.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "command.h"
#include "costops/json/json.h"
#include "counted.h"
#include "ingest_text.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "reading.h"

namespace costops::cli {
namespace {

using accounting::IngestOptions;
using accounting::IngestReport;

constexpr std::uint64_t kThreadsMax = 256;
constexpr const char* kHelp = R"(
Without a PATH it reads the session logs of Claude Code and Codex of this user.
Formats are detected, gzip and zstd are undone. Reading the same again adds nothing,
so it may be stopped (Ctrl-C), repeated and run from a timer.

Examples:
  cost-ops ingest
  cost-ops ingest logs/ 'archive/2026-0*.jsonl.zst' --organization acme --tag nightly
  curl -s https://gateway/logs | cost-ops ingest - --format litellm_spend_logs
  cost-ops ingest export.csv --dry-run

Exit codes: 6 some records are unpriced or quarantined, the rest is in the ledger;
130 stopped by Ctrl-C, what was committed is kept.
)";

void write_text(std::string& out, const IngestReport& report, IngestOptions::Mode mode) {
  out += mode == IngestOptions::Mode::dry_run ? "Dry run, nothing is stored. " : "";
  out += counted(report.files, "file", "files");
  if (report.files_skipped > 0) {
    out += fmt::format(", {} unchanged since the last ingest", report.files_skipped);
  }
  out += "; records:\n";
  append_counts(out, report);
  for (const Money& money : report.cost.all()) {
    if (money.currency.is_none()) continue;  // Unpriced.
    out +=
        fmt::format("Cost of what is new: {} {}\n", to_string(money.amount), money.currency.code());
  }
  append_doubts(out, report);
}

class Ingest : public Command {
 public:
  explicit Ingest(CLI::App& parent)
      : Command(parent, "ingest", "Read usage logs into the ledger", kHelp,
                {Uses::Store::yes, Uses::Book::yes, Uses::At::yes}) {
    reading_.declare(*app_, "Files, folders, globs, or - for standard input.");
    add_flag(*app_, "-n,--dry-run", dry_run_, "Say what would be done, and store nothing.");
    add_flag(*app_, "--reread", reread_, "Read files again that are known to be complete.");
    add_number(*app_, "--threads", threads_,
               "Parse with N threads, at most 256. Default: one per core.");
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    auto options = reading_.resolve(session);
    if (!options) return session.wrong_usage(options.error().message);
    options->mode = dry_run_ ? IngestOptions::Mode::dry_run : IngestOptions::Mode::write;
    options->journal = reread_ ? IngestOptions::Journal::ignore : IngestOptions::Journal::use;
    if (threads_ > kThreadsMax) {
      return session.wrong_usage(
          fmt::format("--threads {} is more than {}", threads_, kThreadsMax));
    }
    options->threads = static_cast<unsigned>(threads_);
    options->cancel = &stop_requested_on_interrupt();
    const auto files = reading_.names_no_path() ? agent_files(session) : reading_.expanded();
    if (!files) return fail(files.error());
    const auto ledger = session.ledger(dry_run_ ? Session::Use::look : Session::Use::write);
    if (!ledger) return fail(ledger.error());
    Progress progress;
    std::optional<pricing::PriceBook> book;
    const auto prices = [&]() -> Result<const pricing::PriceBook*> {
      auto built = session.price_book();
      if (!built) return fail(built.error());
      return &book.emplace(std::move(*built));
    };
    const auto report =
        accounting::ingest(*files, *options, prices, **ledger,
                           [&](const accounting::IngestProgress& p) { progress.show(p); });
    progress.clear();
    if (!report) return fail(report.error());
    return conclusion(session, *report, options->mode);
  }

 private:
  ExitCode conclusion(Session& session, const IngestReport& report,
                      IngestOptions::Mode mode) const {
    if (output_ == "json") {
      write_ingest_json(session.out().text(), report, mode);
    } else {
      write_text(session.out().text(), report, mode);
    }
    if (report.cancelled) {
      session.complain("stopped; what was committed is kept, and the same command goes on from it");
      return ExitCode::interrupted;
    }
    const bool complete = report.unpriced + report.quarantined + report.conflicts == 0;
    return complete ? ExitCode::fine : ExitCode::incomplete;
  }

  /// The session logs of this user's coding agents, which it names on standard error.
  static Result<std::vector<std::string>> agent_files(const Session& session) {
    std::vector<std::string> files;
    std::string folders;
    for (const std::string& folder : ingestion::agent_folders(session.folders().home)) {
      const auto found = ingestion::expand_paths({folder});
      const bool empty = !found || found->empty() || found->front() == folder;
      if (empty) continue;
      folders += fmt::format("\n  {}  ({})", folder, counted(found->size(), "file", "files"));
      files.insert(files.end(), found->begin(), found->end());
    }
    if (files.empty()) {
      return fail(ErrorCode::not_found,
                  "no session logs of Claude Code or Codex in this home; give a PATH to read");
    }
    session.note("No PATH given, so reading the coding agents' session logs:" + folders);
    return files;
  }

  ReadingOptions reading_;
  std::uint64_t threads_ = 0;
  bool dry_run_ = false;
  bool reread_ = false;
  std::string output_ = "text";
};

}  // namespace

void add_ingest(CLI::App& parent, Commands& into) {
  into.push_back(std::make_unique<Ingest>(parent));
}

}  // namespace costops::cli
