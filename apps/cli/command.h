// command.h - one command of the program: declares its options, then runs with what was parsed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "session.h"

namespace CLI {
class App;
}

namespace costops::cli {

class Command {
 public:
  /// Which of the global options mean something to a command; the others are refused, because an
  /// option that is silently without effect misleads.
  struct Uses {
    enum class Store { no, yes } store = Store::no;
    enum class Book { no, yes } book = Book::no;
    enum class At { no, yes } at = At::no;
  };

  /// `help` follows the options in the command's help; it begins with its empty line, or is empty.
  Command(CLI::App& parent, const char* name, const char* summary, const char* help, Uses uses);
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  [[nodiscard]] virtual Result<ExitCode> run(Session& session) = 0;

  [[nodiscard]] const Uses& uses() const { return uses_; }
  [[nodiscard]] bool chosen() const;

 protected:
  CLI::App* app_;

 private:
  Uses uses_;
};

/// A word that only commands stand behind: "pricing", "quarantine".
CLI::App& add_group(CLI::App& parent, const char* name, const char* summary, const char* help);

using Commands = std::vector<std::unique_ptr<Command>>;

// Each adds its command (and the commands below it) to `parent`.
void add_init(CLI::App& parent, Commands& into);
void add_ingest(CLI::App& parent, Commands& into);
void add_forecast(CLI::App& parent, Commands& into);
void add_budget(CLI::App& parent, Commands& into);
void add_anomalies(CLI::App& parent, Commands& into);
void add_price(CLI::App& parent, Commands& into);
void add_query(CLI::App& parent, Commands& into);
void add_summary(CLI::App& parent, Commands& into);
void add_explain(CLI::App& parent, Commands& into);
void add_export(CLI::App& parent, Commands& into);
void add_quarantine(CLI::App& parent, Commands& into);
void add_pricing(CLI::App& parent, Commands& into);
void add_reprice(CLI::App& parent, Commands& into);
void add_report(CLI::App& parent, Commands& into);
void add_focus(CLI::App& parent, Commands& into);
void add_store(CLI::App& parent, Commands& into);
void add_run(CLI::App& parent, Commands& into);
void add_history(CLI::App& parent, Commands& into);
void add_aggregate(CLI::App& parent, Commands& into);
void add_compare(CLI::App& parent, Commands& into);
void add_selftest(CLI::App& parent, Commands& into);
void add_bench_worker(CLI::App& parent, Commands& into);
void add_completion(CLI::App& parent, Commands& into);
void add_version(CLI::App& parent, Commands& into);

}  // namespace costops::cli
