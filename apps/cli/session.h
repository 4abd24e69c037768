// session.h - one run of the program: its options, clock, price book, ledger and output.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config.h"
#include "costops/domain/error.h"
#include "costops/domain/time.h"
#include "costops/pricing/price_book.h"
#include "costops/storage/ledger.h"
#include "exit_code.h"
#include "output.h"
#include "terminal.h"

namespace costops::cli {

/// The options that stand before or after any command.
struct GlobalOptions {
  std::string config, store, book, at, color;
  int verbosity = 0;
  unsigned wait_seconds = 0;
  std::string command;  ///< The chosen command in words ("pricing add").
};

class Session {
 public:
  /// Reads the clock (COSTOPS_NOW, an RFC 3339 time, where set) and the configuration.
  /// Fails like read_config, and with invalid_input if COSTOPS_NOW is no time.
  [[nodiscard]] static Result<Session> open(const GlobalOptions& options);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const Folders& folders() const { return folders_; }
  [[nodiscard]] Output& out() { return out_; }
  [[nodiscard]] Colors colors() const { return colors_; }
  [[nodiscard]] int verbosity() const { return options_.verbosity; }
  /// How long to wait for another process that uses the ledger.
  [[nodiscard]] std::chrono::seconds wait() const {
    return std::chrono::seconds(options_.wait_seconds);
  }

  /// --at, else now. Fails with invalid_input.
  [[nodiscard]] Result<Instant> at() const;
  /// `name`, else the configuration's zone, else UTC. Fails with not_found.
  [[nodiscard]] Result<TimeZone> zone(const std::string& name) const;
  /// --store, else the configuration's, else the DuckDB file in the user's data folder.
  [[nodiscard]] std::string store_url() const;
  /// A ClickHouse ledger's URL with its spool folder and with what the environment says of user and
  /// password, where it names none: never to be printed.
  [[nodiscard]] std::string complete_store_url(const std::string& url) const;
  /// Opens it. The default ledger is created when absent; one that was named only by a command
  /// that writes. look: never creates it; an absent ledger is an empty one in memory.
  enum class Use { look, read, write };
  [[nodiscard]] Result<std::unique_ptr<storage::Ledger>> ledger(Use use) const;
  /// The built-in prices with the user's own above them; or --book alone.
  [[nodiscard]] Result<pricing::PriceBook> price_book() const;

  /// One line on standard error: "cost-ops: ...".
  void complain(std::string_view message) const;
  /// A remark on standard error beside a result.
  void note(std::string_view message) const;
  /// The command line is wrong: complains, and points to the command's help.
  [[nodiscard]] ExitCode wrong_usage(std::string_view message) const;

 private:
  Session() = default;
  GlobalOptions options_;
  Folders folders_;
  Config config_;
  Instant now_{};
  Output out_;
  Colors colors_ = Colors::off;
};

}  // namespace costops::cli
