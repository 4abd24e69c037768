#include "config.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "costops/json/toml.h"

namespace costops::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKeys =
    "store, book, timezone, color, provider, organization, project, user, tags";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string home_of_user() {
  if (std::string home = environment("HOME"); !home.empty()) return home;
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr || entry->pw_dir == nullptr ? "" : entry->pw_dir;
}

/// `<variable>/cost-ops`, or `<home>/<fallback>/cost-ops`.
Result<std::string> folder(const char* variable, const std::string& home, const char* fallback) {
  const std::string set = environment(variable);
  if (!set.empty() && set.front() == '/') return set + "/cost-ops";
  if (home.empty()) {
    return fail(
        ErrorCode::not_found,
        fmt::format("neither HOME nor {} is set: set one, or give --store and --config", variable));
  }
  return home + "/" + fallback + "/cost-ops";
}

Error at_line(const std::string& path, const toml::source_region& where, std::string_view what) {
  return {ErrorCode::invalid_input, fmt::format("{}:{}: {}", path, where.begin.line, what)};
}

Result<void> read_text(const std::string& path, std::string_view key, const toml::node& node,
                       std::string& into) {
  const auto text = node.value_exact<std::string>();
  if (!text) {
    return fail(at_line(path, node.source(), fmt::format("\"{}\" must be a string", key)));
  }
  into = *text;
  return {};
}

Result<void> read_texts(const std::string& path, std::string_view key, const toml::node& node,
                        std::vector<std::string>& into) {
  const Error wrong =
      at_line(path, node.source(), fmt::format("\"{}\" must be an array of strings", key));
  const toml::array* array = node.as_array();
  if (array == nullptr) return fail(wrong);
  for (const toml::node& element : *array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return fail(wrong);
    into.push_back(*text);
  }
  return {};
}

Result<Config> config_of(const std::string& path, const toml::table& table) {
  Config config;
  config.path = path;
  const std::map<std::string_view, std::string*> texts = {
      {"store", &config.store},       {"book", &config.book},
      {"timezone", &config.timezone}, {"color", &config.color},
      {"provider", &config.provider}, {"organization", &config.organization},
      {"project", &config.project},   {"user", &config.user}};
  for (const auto& [key, node] : table) {
    Result<void> done;
    if (const auto text = texts.find(key.str()); text != texts.end()) {
      done = read_text(path, key.str(), node, *text->second);
    } else if (key.str() == "tags") {
      done = read_texts(path, key.str(), node, config.tags);
    } else {
      done = fail(at_line(path, key.source(),
                          fmt::format("unknown key \"{}\"; known are {}", key.str(), kKeys)));
    }
    if (!done) return fail(done.error());
  }
  if (!config.color.empty() && config.color != "auto" && config.color != "always" &&
      config.color != "never") {
    return fail(at_line(path, table.get("color")->source(),
                        "\"color\" must be \"auto\", \"always\" or \"never\""));
  }
  return config;
}

}  // namespace

Result<Folders> folders_of_user() {
  Folders folders;
  folders.home = home_of_user();
  auto config = folder("XDG_CONFIG_HOME", folders.home, ".config");
  if (!config) return fail(config.error());
  auto data = folder("XDG_DATA_HOME", folders.home, ".local/share");
  if (!data) return fail(data.error());
  folders.config = std::move(*config);
  folders.data = std::move(*data);
  return folders;
}

Result<Config> read_config(const std::string& path, const Folders& folders) {
  const std::string file = path.empty() ? folders.config + "/config.toml" : path;
  std::error_code error;
  if (!fs::exists(file, error)) {
    if (path.empty()) return Config{};
    return fail(ErrorCode::not_found, fmt::format("{}: no such configuration file", path));
  }
  if (!fs::is_regular_file(file, error)) {
    return fail(ErrorCode::io_error, fmt::format("{}: not a file", file));
  }
  const toml::parse_result parsed = toml::parse_file(file);
  if (!parsed) {
    return fail(at_line(file, parsed.error().source(), parsed.error().description()));
  }
  return config_of(file, parsed.table());
}

std::string config_template() {
  return R"(# cost-ops configuration. Every key is optional and named like its option;
# an option on the command line wins.

# store = "duckdb:/path/to/ledger.duckdb"    # where the ledger is
# timezone = "UTC"                           # whose days and months: an IANA name
# color = "auto"                             # auto, always or never
# book = "/path/to/prices.json"              # this price file alone, instead of the built-in book

# Who usage belongs to whose source does not say (ingest, price):
# provider = ""
# organization = ""
# project = ""
# user = ""
# tags = []                                  # added to every record
)";
}

}  // namespace costops::cli
