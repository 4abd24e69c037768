// quarantine - input that gave no usable record: list it, show it, try it again.
#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "cost_json.h"
#include "costops/json/json.h"
#include "counted.h"
#include "ingest_text.h"
#include "interrupt.h"
#include "options.h"
#include "reading.h"
#include "table.h"

namespace costops::cli {
namespace {

using storage::Quarantined;

constexpr std::size_t kIdDigits = 12;  ///< Enough to tell entries apart; any prefix is accepted.

std::string where(const Quarantined& entry) { return to_string(entry.position); }

void write_entry(json::Writer& json, const Quarantined& entry) {
  json.object().key("id").value(to_string(entry.id));
  json.key("file").value(entry.position.file).key("line").value(entry.position.line);
  json.key("reason").value(entry.reason);
  json.key("recorded_at").value(to_string(entry.recorded_at));
  json.key("excerpt").value(entry.excerpt).end_object();
}

Result<std::vector<Quarantined>> entries_with_prefix(const storage::Ledger& ledger,
                                                     const std::string& prefix) {
  auto entries = ledger.quarantine(SIZE_MAX);
  if (!entries) return entries;
  std::erase_if(*entries,
                [&](const Quarantined& e) { return !to_string(e.id).starts_with(prefix); });
  if (!entries->empty()) return entries;
  return fail(ErrorCode::not_found,
              fmt::format("no quarantined entry has the id \"{}\"; \"cost-ops quarantine list\" "
                          "lists them",
                          prefix));
}

class List : public Command {
 public:
  explicit List(CLI::App& parent)
      : Command(parent, "list", "What is quarantined, and why; oldest first", "",
                {.store = Uses::Store::yes}) {
    add_number(*app_, "--limit", limit_, "At most N entries. Default: 100.");
    add_choice(*app_, "-o,--output", output_, {"table", "json", "csv"},
               "Form of the result. Default: table.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto entries = (*ledger)->quarantine(limit_);
    if (!entries) return fail(entries.error());
    const auto count = (*ledger)->quarantine_count();
    if (!count) return fail(count.error());
    std::string& out = session.out().text();
    if (output_ == "json") {
      write_json(out, *entries, *count);
    } else if (output_ == "csv") {
      append_csv(out, {"id", "file", "line", "reason", "recorded_at"});
      for (const Quarantined& entry : *entries) {
        append_csv(out, {to_string(entry.id), csv_text(entry.position.file),
                         std::to_string(entry.position.line), csv_text(entry.reason),
                         to_string(entry.recorded_at)});
      }
    } else {
      append_table(out, *entries, *count, session.colors());
    }
    return ExitCode::fine;
  }

 private:
  static void append_table(std::string& out, const std::vector<Quarantined>& entries,
                           std::uint64_t count, Colors colors) {
    if (entries.empty()) {
      out += "Nothing is quarantined.\n";
      return;
    }
    Table table({{"id"}, {"where"}, {"reason"}});
    for (const Quarantined& entry : entries) {
      table.add({{to_string(entry.id).substr(0, kIdDigits)}, {where(entry)}, {entry.reason}});
    }
    table.append_to(out, colors);
    if (count > entries.size()) {
      out += fmt::format("{} of {} shown; --limit {} shows all\n", entries.size(), count, count);
    }
  }

  static void write_json(std::string& out, const std::vector<Quarantined>& entries,
                         std::uint64_t count) {
    json::Writer json(out);
    json.object().key("count").value(count).key("entries").array();
    for (const Quarantined& entry : entries) write_entry(json, entry);
    json.end_array().end_object();
    out += '\n';
  }

  std::uint64_t limit_ = 100;
  std::string output_ = "table";
};

class Show : public Command {
 public:
  explicit Show(CLI::App& parent)
      : Command(parent, "show", "One entry with the input as it was read", "",
                {.store = Uses::Store::yes}) {
    add_argument(*app_, id_, "ID", "The entry's id, or its first digits.");
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    const auto ledger = session.ledger(Session::Use::read);
    if (!ledger) return fail(ledger.error());
    const auto entries = entries_with_prefix(**ledger, id_);
    if (!entries) return fail(entries.error());
    if (entries->size() > 1) {
      return fail(ErrorCode::conflict,
                  fmt::format("\"{}\" begins {} ids; give more digits", id_, entries->size()));
    }
    print(session.out().text(), entries->front());
    return ExitCode::fine;
  }

 private:
  void print(std::string& out, const Quarantined& entry) const {
    if (output_ == "json") {
      json::Writer json(out);
      write_entry(json, entry);
      out += '\n';
      return;
    }
    out += fmt::format("id        {}\nwhere     {}\nreason    {}\nrecorded  {}\n\n{}\n",
                       to_string(entry.id), printable(where(entry)), printable(entry.reason),
                       to_string(entry.recorded_at), printable(entry.excerpt));
  }

  std::string id_;
  std::string output_ = "text";
};

constexpr const char* kRetryHelp = R"(
Reads the kept input of every open entry again with the readers and prices of this
version. What now gives a good record goes into the ledger and leaves the quarantine;
the rest stays as it is.

Exit code 6: something is still quarantined or unpriced.
)";

class Retry : public Command {
 public:
  explicit Retry(CLI::App& parent)
      : Command(parent, "retry", "Read the quarantined input again", kRetryHelp,
                {Uses::Store::yes, Uses::Book::yes, Uses::At::yes}) {
    reading_.declare_defaults(*app_);
    add_choice(*app_, "-o,--output", output_, {"text", "json"},
               "Form of the result. Default: text.");
  }

  Result<ExitCode> run(Session& session) override {
    auto options = reading_.resolve(session);
    if (!options) return session.wrong_usage(options.error().message);
    options->cancel = &stop_requested_on_interrupt();
    const auto book = session.price_book();
    if (!book) return fail(book.error());
    const auto ledger = session.ledger(Session::Use::write);
    if (!ledger) return fail(ledger.error());
    const auto report = accounting::retry_quarantined(*options, *book, **ledger);
    if (!report) return fail(report.error());
    std::string& out = session.out().text();
    if (output_ == "json") {
      write_ingest_json(out, *report, options->mode);
    } else {
      out += fmt::format("{} tried again; records:\n", counted(report->files, "entry", "entries"));
      append_counts(out, *report);
      append_doubts(out, *report);
    }
    return report->unpriced + report->quarantined > 0 ? ExitCode::incomplete : ExitCode::fine;
  }

 private:
  ReadingOptions reading_;
  std::string output_ = "text";
};

}  // namespace

void add_quarantine(CLI::App& parent, Commands& into) {
  CLI::App& group =
      add_group(parent, "quarantine", "Input that gave no usable record: list, show, retry", "");
  into.push_back(std::make_unique<List>(group));
  into.push_back(std::make_unique<Show>(group));
  into.push_back(std::make_unique<Retry>(group));
}

}  // namespace costops::cli
