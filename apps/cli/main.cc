// main.cc - the command line: parse, call, print. No logic of its own.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

#include "command.h"
#include "help.h"
#include "options.h"
#include "version.h"

namespace costops::cli {
namespace {

constexpr const char* kDescription = "what large language models cost: exactly, with reasons";

constexpr const char* kFooter = R"(
First steps:
  cost-ops ingest              read the logs of Claude Code and Codex of this user
  cost-ops summary             what they cost
  cost-ops price FILE          the cost of each record of a file; nothing is stored

Exit codes:
  0 fine    1 failed    2 wrong usage    130 stopped by Ctrl-C
  6 done, but some records are unpriced or quarantined

Files:
  ~/.local/share/cost-ops/ledger.duckdb    the ledger, unless --store says otherwise
  ~/.local/share/cost-ops/prices/          your own prices (pricing add, pricing import)
  ~/.config/cost-ops/config.toml           configuration; "cost-ops init" writes a template

Environment: XDG_DATA_HOME, XDG_CONFIG_HOME, NO_COLOR, and COSTOPS_NOW (an RFC 3339
time that stands for the clock, for reproducible reports).
)";

void declare_globals(CLI::App& app, GlobalOptions& into) {
  add_text(app, "--store", into.store, "URL",
           "Ledger: duckdb:PATH, sqlite:PATH. Default: a DuckDB file in your data folder.");
  app.add_option("--wait", into.wait_seconds,
                 "Wait so long for another process that uses the ledger. Default: 0.")
      ->type_name("SECONDS");
  add_text(app, "--book", into.book, "FILE",
           "Price by this file alone (genai-prices, LiteLLM or own format) instead of the built-in "
           "prices and your own.");
  add_text(app, "--at", into.at, "TIME",
           "Price as of this time where a record has none. Default: now.");
  add_text(app, "--config", into.config, "FILE",
           "Configuration. Default: ~/.config/cost-ops/config.toml, if present.");
  add_choice(app, "--color", into.color, {"auto", "always", "never"},
             "Colours in tables. Default: auto (on a terminal, unless NO_COLOR is set).");
  app.add_flag("-v,--verbose", into.verbosity,
               "Say on standard error what is done; -vv says more.");
}

void start_logging(int verbosity) {
  auto log = spdlog::stderr_logger_st("cost-ops");
  log->set_pattern("%n: %l: %v");
  log->set_level(verbosity == 0   ? spdlog::level::warn
                 : verbosity == 1 ? spdlog::level::info
                                  : spdlog::level::debug);
  spdlog::set_default_logger(std::move(log));
}

int complain(std::string_view message, std::string_view command) {
  fmt::print(stderr, "cost-ops: {}\nSee: {} --help\n", message, command);
  return static_cast<int>(ExitCode::usage);
}

/// A comparison starts hundreds of workers: they need no other command's options.
bool is_worker(int argc, char** argv) {
  return argc > 1 && std::string_view(argv[1]) == "bench-worker";
}

Commands all_commands(CLI::App& app) {
  Commands commands;
  for (const auto add :
       {add_ingest,  add_summary,   add_query,        add_explain, add_export,     add_price,
        add_pricing, add_reprice,   add_quarantine,   add_store,   add_report,     add_forecast,
        add_budget,  add_anomalies, add_focus,        add_run,     add_compare,    add_selftest,
        add_history, add_aggregate, add_bench_worker, add_init,    add_completion, add_version}) {
    add(app, commands);
  }
  return commands;
}

/// A global option that the command has no use for; "" if none.
std::string_view useless_option(const Command& command, const GlobalOptions& options) {
  const Command::Uses& uses = command.uses();
  if (uses.store == Command::Uses::Store::no && !options.store.empty()) return "--store";
  if (uses.book == Command::Uses::Book::no && !options.book.empty()) return "--book";
  if (uses.at == Command::Uses::At::no && !options.at.empty()) return "--at";
  return "";
}

int run(Command& command, const GlobalOptions& options) {
  if (const auto option = useless_option(command, options); !option.empty()) {
    return complain(fmt::format("{} has no meaning for \"{}\"", option, options.command),
                    "cost-ops " + options.command);
  }
  auto session = Session::open(options);
  if (!session) {
    fmt::print(stderr, "cost-ops: {}\n", session.error().message);
    return static_cast<int>(ExitCode::failed);
  }
  Result<ExitCode> code = command.run(*session);
  const Result<void> written = session->out().finish();
  if (code && !written) code = fail(written.error());
  if (code) return static_cast<int>(*code);
  session->complain(code.error().message);
  return static_cast<int>(code.error().code == ErrorCode::cancelled ? ExitCode::interrupted
                                                                    : ExitCode::failed);
}

int chosen(CLI::App& app, Commands& commands, GlobalOptions& options) {
  const std::string words = command_in_words(app);
  for (const auto& command : commands) {
    if (!command->chosen()) continue;
    options.command = words.substr(std::min(words.size(), std::string("cost-ops ").size()));
    start_logging(options.verbosity);
    return run(*command, options);
  }
  const std::string unknown = unknown_command(app);
  if (!unknown.empty()) return complain(unknown, words);
  fmt::print(stderr, "{}", app.help());
  return static_cast<int>(ExitCode::usage);
}

int main_of(int argc, char** argv) {
  CLI::App app(kDescription, "cost-ops");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print help: of the program, or of a command.");
  app.set_version_flag("-V,--version", version_text(), "Print the version.");
  app.require_subcommand(0, 1);
  app.footer(kFooter);
  GlobalOptions options;
  declare_globals(app, options);
  Commands commands;
  if (is_worker(argc, argv)) {
    add_bench_worker(app, commands);
  } else {
    commands = all_commands(app);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return 0;
  } catch (const CLI::CallForVersion&) {
    fmt::print("{}\n", version_text());
    return 0;
  } catch (const CLI::ParseError& error) {
    return complain(told(app, error), command_in_words(app));
  }
  return chosen(app, commands, options);
}

/// Memory and threads that the system does not give are nothing that a thread in the middle of its
/// work can mend. What a ledger has committed stays.
[[noreturn]] void end_without_resources() {
  constexpr const char* kAdvice =
      "what was committed is kept; run it again with more memory or fewer threads";
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "cost-ops: out of memory: %s\n", kAdvice);
    std::_Exit(1);
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "cost-ops: no memory or thread left (%s): %s\n", error.what(), kAdvice);
    std::_Exit(1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cost-ops: an error that nothing expected: %s\n", error.what());
  }
  std::abort();
}

}  // namespace
}  // namespace costops::cli

int main(int argc, char** argv) {
  // A reader that goes away shows as a failed write, which ends the program quietly.
  std::signal(SIGPIPE, SIG_IGN);
  std::set_terminate(costops::cli::end_without_resources);
  return costops::cli::main_of(argc, argv);
}
