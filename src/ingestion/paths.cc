// Which files some paths name.
#include <fmt/core.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <unordered_set>

#include "costops/ingestion/input.h"

namespace costops::ingestion {
namespace {

namespace fs = std::filesystem;

bool looks_like_log(std::string name) {
  if (name.starts_with('.')) return false;
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
  }
  constexpr std::array<std::string_view, 6> kEndings{".json", ".jsonl", ".ndjson",
                                                     ".csv",  ".log",   ".txt"};
  return std::ranges::any_of(kEndings, [&](std::string_view end) { return name.ends_with(end); });
}

/// Appends the logs below `folder`, sorted; returns whether there are any.
Result<bool> append_folder(const std::string& folder, std::vector<std::string>& files) {
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         failure);
  std::vector<std::string> found;
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (entry->is_directory(ignored)) {
      if (name.starts_with('.')) entry.disable_recursion_pending();
    } else if (entry->is_regular_file(ignored) && looks_like_log(name)) {
      found.push_back(entry->path().string());
    }
  }
  if (failure) {
    return fail(ErrorCode::io_error,
                fmt::format("cannot list the folder \"{}\": {}", folder, failure.message()));
  }
  std::ranges::sort(found);
  files.insert(files.end(), found.begin(), found.end());
  return !found.empty();
}

/// The paths that match a shell pattern, sorted by their bytes.
std::vector<std::string> matches(const std::string& pattern) {
  glob_t result{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &result) == 0) {
    paths.assign(result.gl_pathv, result.gl_pathv + result.gl_pathc);
  }
  ::globfree(&result);
  std::ranges::sort(paths);
  return paths;
}

Result<bool> append_existing(const std::string& path, std::vector<std::string>& files) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return append_folder(path, files);
  files.push_back(path);
  return true;
}

Result<void> append_path(const std::string& path, std::vector<std::string>& files) {
  std::error_code ignored;
  if (path == "-" || fs::exists(path, ignored)) {
    const auto found = append_existing(path, files);
    if (!found) return fail(found.error());
    // Without logs it stands for itself: opening it says what is missing, and the rest goes on.
    if (!*found) files.push_back(path);
    return {};
  }
  if (path.find_first_of("*?[") == std::string::npos) {
    return fail(ErrorCode::not_found, fmt::format("no file or folder \"{}\"", path));
  }
  const std::vector<std::string> found = matches(path);
  if (found.empty()) {
    return fail(ErrorCode::not_found, fmt::format("nothing matches \"{}\"", path));
  }
  const std::size_t before = files.size();
  for (const std::string& match : found) {
    // A folder without logs is no fault of a pattern that also matches others.
    const auto done = append_existing(match, files);
    if (!done) return fail(done.error());
  }
  if (files.size() != before) return {};
  return fail(ErrorCode::not_found, fmt::format("nothing that \"{}\" matches holds logs", path));
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Result<std::vector<std::string>> expand_paths(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (auto done = append_path(path, files); !done) return fail(done.error());
  }
  std::unordered_set<std::string> seen;
  std::erase_if(files, [&](const std::string& file) { return !seen.insert(file).second; });
  return files;
}

std::vector<std::string> agent_folders(const std::string& home) {
  std::vector<std::string> folders;
  const auto add = [&folders](const std::string& folder) {
    std::error_code ignored;
    const bool known = std::ranges::find(folders, folder) != folders.end();
    if (!known && fs::is_directory(folder, ignored)) folders.push_back(folder);
  };
  // Several Claude Code folders may be given, separated by commas.
  const std::string claude = variable("CLAUDE_CONFIG_DIR");
  for (std::size_t from = 0; from < claude.size();) {
    const std::size_t comma = std::min(claude.find(',', from), claude.size());
    if (comma != from) add(claude.substr(from, comma - from) + "/projects");
    from = comma + 1;
  }
  add(home + "/.claude/projects");
  add(home + "/.config/claude/projects");
  if (const std::string codex = variable("CODEX_HOME"); !codex.empty()) add(codex + "/sessions");
  add(home + "/.codex/sessions");
  return folders;
}

}  // namespace costops::ingestion
