// store - the ledger as a whole: check it, look at its size, compact, back up, restore, move it.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "command.h"
#include "costops/accounting/migration.h"
#include "costops/json/json.h"
#include "costops/storage/ledger_copy.h"
#include "costops/storage/ledger_url.h"
#include "counted.h"
#include "interrupt.h"
#include "options.h"

namespace costops::cli {
namespace {

using accounting::LedgerStatistics;

/// Says on a terminal how many records are done; stops at Ctrl-C.
accounting::RecordProgress record_progress() {
  const std::atomic<bool>& stop = stop_requested_on_interrupt();
  return [&stop, terminal = is_terminal(stderr)](std::uint64_t records) {
    if (terminal) fmt::print(stderr, "\r{} records", records);
    return !stop;
  };
}

void end_progress() {
  if (is_terminal(stderr)) fmt::print(stderr, "\r\x1b[K");
}

std::uintmax_t bytes_of(const std::string& url) {
  const auto path = storage::ledger_file(url);
  if (!path) return 0;
  std::uintmax_t bytes = 0;
  for (const char* suffix : {"", ".wal", "-wal"}) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(*path + suffix, absent);
    if (!absent) bytes += size;
  }
  return bytes;
}

constexpr const char* kCheckHelp = R"(
Compares every batch with the control totals and the checksum that were written with it,
has the database look through its file, then adds up all records and compares the sums with
what queries answer. Changes nothing.

Exit code 0: sound. 1: something is wrong; each finding is a line and names its batch.
)";

class Check : public Command {
 public:
  explicit Check(CLI::App& parent)
      : Command(parent, "check", "Read every record and compare the sums", kCheckHelp,
                {.store = Uses::Store::yes}) {}

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto check = accounting::check_ledger(**ledger, record_progress());
    end_progress();
    if (!check) return fail(check.error());
    std::string& out = session.out().text();
    for (const std::string& finding : check->findings) out += finding + '\n';
    out += fmt::format("{}, {} in {}: {}\n", counted(check->records, "record", "records"),
                       counted(check->lines, "entry", "entries"),
                       counted(check->batches, "batch", "batches"),
                       check->findings.empty() ? "sound" : "damaged");
    if (check->entries_without_batch > 0) {
      out += fmt::format("{} older than the checksums: only their sums were compared\n",
                         counted(check->entries_without_batch, "entry is", "entries are"));
    }
    return check->findings.empty() ? ExitCode::fine : ExitCode::failed;
  }
};

class Stats : public Command {
 public:
  explicit Stats(CLI::App& parent)
      : Command(parent, "stats", "What the ledger holds, and its size", "",
                {.store = Uses::Store::yes}) {
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto stats = accounting::statistics_of(**ledger);
    if (!stats) return fail(stats.error());
    print(session.out().text(), (*ledger)->url(), *stats);
    return ExitCode::fine;
  }

 private:
  void print(std::string& out, const std::string& url, const LedgerStatistics& stats) const {
    const std::uintmax_t bytes = bytes_of(url);
    if (output_ == "json") return write_json(out, url, bytes, stats);
    out += fmt::format("ledger      {}\nbytes       {}\nrecords     {}\nunpriced    {}\n", url,
                       bytes, stats.records, stats.unpriced);
    if (stats.extent) {
      out += fmt::format("first       {}\nlast        {}\n", to_string(stats.extent->from),
                         to_string(stats.extent->to - Microseconds(1)));
    }
    for (const Money& money : stats.cost.all()) {
      out += fmt::format("cost        {} {}\n", to_string(money.amount), money.currency.code());
    }
    out += fmt::format("sources     {}\nquarantine  {} open, {} in all\ndocuments   {}\n",
                       stats.sources, stats.quarantine_open, stats.quarantine_all, stats.documents);
  }

  static void write_json(std::string& out, const std::string& url, std::uintmax_t bytes,
                         const LedgerStatistics& stats) {
    json::Writer json(out);
    json.object().key("ledger").value(url).key("bytes").value(std::uint64_t{bytes});
    json.key("records").value(stats.records).key("unpriced").value(stats.unpriced);
    if (stats.extent) {
      json.key("first").value(to_string(stats.extent->from));
      json.key("last").value(to_string(stats.extent->to - Microseconds(1)));
    }
    json.key("cost").array();
    for (const Money& money : stats.cost.all()) {
      json.object().key("currency").value(money.currency.code());
      json.key("amount").value(money.amount).end_object();
    }
    json.end_array().key("sources").value(stats.sources);
    json.key("quarantine_open").value(stats.quarantine_open);
    json.key("quarantine_all").value(stats.quarantine_all);
    json.key("documents").value(stats.documents).end_object();
    out += '\n';
  }

  std::string output_ = "text";
};

class Compact : public Command {
 public:
  explicit Compact(CLI::App& parent)
      : Command(parent, "compact", "Rewrite the ledger's file without its slack",
                "\nA crash leaves the old file or the new one, never half of one.\n",
                {.store = Uses::Store::yes}) {}

  Result<ExitCode> run(Session& session) override {
    const std::string url = session.store_url();
    const std::uintmax_t before = bytes_of(url);
    if (auto done = storage::compact_ledger(url, session.wait()); !done) return fail(done.error());
    session.out().text() += fmt::format("{} bytes, before {}\n", bytes_of(url), before);
    return ExitCode::fine;
  }
};

class Backup : public Command {
 public:
  explicit Backup(CLI::App& parent)
      : Command(parent, "backup", "Copy the ledger into a file",
                "\nThe file appears complete or not at all, and is a ledger of the same kind.\n",
                {.store = Uses::Store::yes}) {
    add_argument(*app_, file_, "FILE", "The file to write. It must not exist.");
  }

  Result<ExitCode> run(Session& session) override {
    auto done = storage::copy_ledger(session.store_url(), file_, session.wait());
    if (!done) return fail(done.error());
    std::error_code error;
    session.out().text() +=
        fmt::format("{}: {} bytes\n", file_, std::filesystem::file_size(file_, error));
    return ExitCode::fine;
  }

 private:
  std::string file_;
};

/// The scheme of a ledger's file, from its first bytes.
std::string scheme_of(const std::string& file) {
  char first[16] = {};
  std::ifstream(file, std::ios::binary).read(first, sizeof(first));
  return std::string_view(first, 15) == "SQLite format 3" ? "sqlite:" : "duckdb:";
}

class Restore : public Command {
 public:
  explicit Restore(CLI::App& parent)
      : Command(parent, "restore", "Put a backup in the ledger's place",
                "\nA backup of another kind of ledger is moved with \"store migrate\" instead.\n",
                {.store = Uses::Store::yes}) {
    add_argument(*app_, file_, "FILE", "A file that \"store backup\" wrote.");
    add_flag(*app_, "--force", force_, "Replace a ledger that is there.");
  }

  Result<ExitCode> run(Session& session) override {
    const std::string url = session.store_url();
    const auto path = storage::ledger_file(url);
    if (!path) return fail(path.error());
    const std::string scheme = scheme_of(file_);
    if (!url.starts_with(scheme)) {
      return fail(ErrorCode::unsupported,
                  fmt::format("{} is a {} file, {} is not: use \"cost-ops store migrate {}{} {}\"",
                              file_, scheme.substr(0, scheme.size() - 1), url, scheme, file_, url));
    }
    std::error_code error;
    if (!force_ && std::filesystem::exists(*path, error)) {
      return fail(ErrorCode::conflict, fmt::format("{} exists: give --force to replace it", *path));
    }
    if (auto done = storage::restore_ledger(file_, url, session.wait()); !done) {
      return fail(done.error());
    }
    session.out().text() += fmt::format("restored {}\n", url);
    return ExitCode::fine;
  }

 private:
  std::string file_;
  bool force_ = false;
};

constexpr const char* kMigrateHelp = R"(
Copies records with their whole history, prices used, quarantine, sources and documents,
then compares the sums of both ledgers, now and as of times in between. The new ledger
appears when all of it is there and equal (on a ClickHouse server from the beginning); the
old one stays as it is.

Examples:
  cost-ops store migrate duckdb:ledger.duckdb sqlite:ledger.sqlite
  cost-ops store migrate duckdb:ledger.duckdb clickhouse://db1,db2/costs?cluster=main
)";

class Migrate : public Command {
 public:
  explicit Migrate(CLI::App& parent)
      : Command(parent, "migrate", "Copy a ledger to another backend", kMigrateHelp, {}) {
    add_argument(*app_, from_, "FROM", "URL of the ledger to copy.");
    add_argument(*app_, to_, "TO", "URL of the ledger to make.");
  }

  Result<ExitCode> run(Session& session) override {
    from_ = session.complete_store_url(from_);
    to_ = session.complete_store_url(to_);
    if (to_.starts_with("clickhouse:")) return run_to_server(session);
    const auto path = storage::ledger_file(to_);
    if (!path) return fail(path.error());
    std::error_code error;
    if (std::filesystem::exists(*path, error)) {
      return fail(ErrorCode::conflict, fmt::format("{} exists: migrate into a new file", *path));
    }
    const std::string unfinished = *path + ".unfinished";
    storage::remove_ledger_files(unfinished);
    const auto report = copy(to_.substr(0, to_.find(':') + 1) + unfinished, session.wait());
    end_progress();
    if (!report) {
      storage::remove_ledger_files(unfinished);
      return fail(report.error());
    }
    if (auto done = storage::put_in_place(unfinished, *path); !done) return fail(done.error());
    print(session, *report);
    return ExitCode::fine;
  }

 private:
  void print(Session& session, const accounting::MigrationReport& report) const {
    session.out().text() += fmt::format(
        "{} records with {} adjustments moved to {}; sums equal at {} points in time\n",
        report.records, report.adjustments, storage::shown_ledger_url(to_), report.compared);
  }
  /// A server cannot give a finished database its name: what was begun and failed stays there.
  Result<ExitCode> run_to_server(Session& session) const {
    const std::string shown = storage::shown_ledger_url(to_);
    const auto present = storage::open_ledger(to_, storage::OpenMode::read_only);
    if (present) {
      return fail(ErrorCode::conflict, fmt::format("{} exists: migrate into a new one", shown));
    }
    if (present.error().code != ErrorCode::not_found) return fail(present.error());
    const auto report = copy(to_, session.wait());
    end_progress();
    if (!report) {
      return fail(report.error().code,
                  fmt::format("{}; {} is incomplete: drop its database before another attempt",
                              report.error().message, shown));
    }
    print(session, *report);
    return ExitCode::fine;
  }
  /// Both ledgers are closed, and their logs folded in, when this returns.
  Result<accounting::MigrationReport> copy(const std::string& to_url,
                                           std::chrono::milliseconds wait) const {
    const auto from = storage::open_ledger(from_, storage::OpenMode::existing, wait);
    if (!from) return fail(from.error());
    const auto to = storage::open_ledger(to_url, storage::OpenMode::create);
    if (!to) return fail(to.error());
    return accounting::migrate_ledger(**from, **to, record_progress());
  }

  std::string from_, to_;
};

}  // namespace

void add_store(CLI::App& parent, Commands& into) {
  CLI::App& group = add_group(parent, "store", "The ledger as a whole: check, back up, move", "");
  into.push_back(std::make_unique<Check>(group));
  into.push_back(std::make_unique<Stats>(group));
  into.push_back(std::make_unique<Compact>(group));
  into.push_back(std::make_unique<Backup>(group));
  into.push_back(std::make_unique<Restore>(group));
  into.push_back(std::make_unique<Migrate>(group));
}

}  // namespace costops::cli
