#include "costops/benchmarks/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "costops/benchmarks/io.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEnvKeyMax = 64;
constexpr std::size_t kLineBytesMax = 1u << 20;
constexpr int kDepthMax = 8;

/// A key becomes a folder's name.
bool is_valid_env_key(std::string_view key) {
  return !key.empty() && key.size() <= kEnvKeyMax && std::ranges::all_of(key, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

fs::path file_of(const fs::path& dir, std::string_view env_key, std::string_view target_id) {
  return dir / env_key / (std::string(target_id) + ".ndjson");
}

Json parsed(std::string_view text) {
  const auto depth_limit = [](int depth, Json::parse_event_t, Json&) { return depth <= kDepthMax; };
  return Json::parse(text, depth_limit, /*allow_exceptions=*/false);
}

std::string text_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<HistoryEntry> entry_of(std::string_view text) {
  if (text.size() > kLineBytesMax) return fail(ErrorCode::invalid_input, "longer than 1 MiB");
  const Json line = parsed(text);
  if (line.is_discarded()) return fail(ErrorCode::invalid_input, "not valid JSON, or torn");
  if (!line.is_object()) return fail(ErrorCode::invalid_input, "not an object");
  Json canonical = Json::object();
  for (const char* name : {"target_id", "metrics", "timestamp"}) {
    if (line.contains(name)) canonical[name] = line[name];
  }
  auto result = result_from_json(canonical);
  if (!result) return fail(result.error());
  return HistoryEntry{std::move(*result), text_of(line, "env_key"), text_of(line, "run_id"),
                      text_of(line, "revision")};
}

}  // namespace

Result<void> append_history(const fs::path& dir, const HistoryEntry& entry) {
  if (!is_valid_target_id(entry.result.target_id) || !is_valid_env_key(entry.env_key)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("no history for target \"{}\" in environment \"{}\": both become names "
                            "of files",
                            entry.result.target_id, entry.env_key));
  }
  Json line = to_json(entry.result);
  line["env_key"] = entry.env_key;
  line["run_id"] = entry.run_id;
  line["revision"] = entry.revision;
  return append_line(file_of(dir, entry.env_key, entry.result.target_id),
                     line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<void> describe_environment(const fs::path& dir, const Environment& environment) {
  const fs::path folder = dir / environment.env_key;
  std::error_code error;
  if (fs::exists(folder / "environment.json", error)) return {};
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::io_error,
                fmt::format("cannot create folder {}: {}", folder.string(), error.message()));
  }
  return write_file_atomically(
      folder / "environment.json",
      environment.facts.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", folder);
}

Result<StoredHistory> read_history(const fs::path& dir, std::string_view env_key,
                                   std::string_view target_id) {
  if (!is_valid_target_id(target_id) || !is_valid_env_key(env_key)) {
    return fail(ErrorCode::invalid_input,
                fmt::format("no history for target \"{}\" in \"{}\"", target_id, env_key));
  }
  const fs::path path = file_of(dir, env_key, target_id);
  const auto content = read_whole_file(path, kHistoryFileBytesMax);
  if (!content) return fail(content.error());
  StoredHistory stored;
  std::string_view rest = *content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    auto entry = entry_of(line);
    if (entry && entry->result.target_id != target_id) {
      entry = fail(ErrorCode::invalid_input,
                   fmt::format("it is of target \"{}\"", entry->result.target_id));
    }
    if (entry) {
      // The folder says where a line without a key was measured.
      if (entry->env_key.empty()) entry->env_key = env_key;
      stored.entries.push_back(std::move(*entry));
    } else {
      stored.skipped.push_back(
          fmt::format("{}:{}: {}", path.string(), number, entry.error().message));
    }
  }
  std::ranges::stable_sort(stored.entries, {},
                           [](const HistoryEntry& entry) { return entry.result.timestamp; });
  return stored;
}

Result<std::vector<HistoryEnvironment>> history_environments(const fs::path& dir) {
  std::vector<HistoryEnvironment> environments;
  std::error_code error;
  for (fs::directory_iterator folder(dir, error), end; !error && folder != end;
       folder.increment(error)) {
    HistoryEnvironment environment;
    environment.env_key = folder->path().filename().string();
    if (!is_valid_env_key(environment.env_key)) continue;
    std::error_code inner;
    for (fs::directory_iterator file(folder->path(), inner), none; !inner && file != none;
         file.increment(inner)) {
      const std::string target = file->path().stem().string();
      if (file->path().extension() == ".ndjson" && is_valid_target_id(target)) {
        environment.targets.push_back(target);
      }
    }
    if (environment.targets.empty()) continue;
    std::ranges::sort(environment.targets);
    if (const auto text =
            read_whole_file(folder->path() / "environment.json", kResultFileBytesMax)) {
      if (Json facts = parsed(*text); facts.is_object()) environment.facts = std::move(facts);
    }
    environments.push_back(std::move(environment));
  }
  if (environments.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("no history in {}: \"cost-ops run\" writes one", dir.string()));
  }
  std::ranges::sort(environments, {}, &HistoryEnvironment::env_key);
  return environments;
}

}  // namespace costops::benchmarks
