#include "session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>

#include "costops/storage/ledger_url.h"
#include "prices.h"

namespace costops::cli {
namespace {

Result<Instant> clock_now() {
  const char* fixed = std::getenv("COSTOPS_NOW");
  if (fixed == nullptr || *fixed == 0) {
    return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
  }
  auto now = parse_instant(fixed);
  if (!now) return fail(ErrorCode::invalid_input, "COSTOPS_NOW: " + now.error().message);
  return now;
}

Colors wanted_colors(const std::string& choice) {
  if (choice == "always") return Colors::on;
  if (choice == "never") return Colors::off;
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool refused = (no_color != nullptr && *no_color != 0) ||
                       (terminal != nullptr && std::string_view(terminal) == "dumb");
  return !refused && is_terminal(stdout) ? Colors::on : Colors::off;
}

}  // namespace

Result<Session> Session::open(const GlobalOptions& options) {
  Session session;
  session.options_ = options;
  auto now = clock_now();
  if (!now) return fail(now.error());
  session.now_ = *now;
  auto folders = folders_of_user();
  if (!folders) return fail(folders.error());
  session.folders_ = std::move(*folders);
  auto config = read_config(options.config, session.folders_);
  if (!config) return fail(config.error());
  session.config_ = std::move(*config);
  session.colors_ = wanted_colors(options.color.empty() ? session.config_.color : options.color);
  if (!session.config_.path.empty()) spdlog::info("configuration: {}", session.config_.path);
  return session;
}

Result<Instant> Session::at() const {
  if (options_.at.empty()) return now_;
  auto at = parse_instant(options_.at);
  if (!at) return fail(ErrorCode::invalid_input, "--at: " + at.error().message);
  return at;
}

Result<TimeZone> Session::zone(const std::string& name) const {
  const std::string& wanted = name.empty() ? config_.timezone : name;
  if (wanted.empty()) return TimeZone();
  return TimeZone::find(wanted);
}

std::string Session::store_url() const {
  if (!options_.store.empty()) return complete_store_url(options_.store);
  if (!config_.store.empty()) return complete_store_url(config_.store);
  return "duckdb:" + folders_.data + "/ledger.duckdb";
}

std::string Session::complete_store_url(const std::string& url) const {
  const auto environment = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  return storage::with_ledger_defaults(
      url, {folders_.data + "/spool", environment("COSTOPS_CLICKHOUSE_USER"),
            environment("COSTOPS_CLICKHOUSE_PASSWORD")});
}

Result<std::unique_ptr<storage::Ledger>> Session::ledger(Use use) const {
  const std::string url = store_url();
  std::error_code error;
  const bool named = !options_.store.empty() || !config_.store.empty();
  const bool present = std::filesystem::exists(folders_.data + "/ledger.duckdb", error);
  const bool create = use == Use::write || (use == Use::read && !named && !present);
  auto ledger = storage::open_ledger(
      url, create ? storage::OpenMode::create : storage::OpenMode::read_only, wait());
  if (ledger) {
    spdlog::info("ledger: {}", (*ledger)->url());
    return ledger;
  }
  if (ledger.error().code != ErrorCode::not_found) return ledger;
  if (use == Use::look) {
    return storage::open_ledger("duckdb::memory:", storage::OpenMode::create);
  }
  const std::string shown = storage::shown_ledger_url(url);
  return fail(ErrorCode::not_found,
              fmt::format("there is no ledger at {}; \"cost-ops ingest --store {}\" creates it",
                          shown, shown));
}

Result<pricing::PriceBook> Session::price_book() const {
  const std::string& alone = options_.book.empty() ? config_.book : options_.book;
  auto book = alone.empty() ? standard_book(folders_) : book_of_file(alone, now_);
  if (book) spdlog::info("price book: {} prices", book->prices().size());
  return book;
}

void Session::complain(std::string_view message) const {
  fmt::print(stderr, "cost-ops: {}\n", message);
}

void Session::note(std::string_view message) const { fmt::print(stderr, "{}\n", message); }

ExitCode Session::wrong_usage(std::string_view message) const {
  complain(message);
  note(fmt::format("See: cost-ops {} --help", options_.command));
  return ExitCode::usage;
}

}  // namespace costops::cli
