// The files: which folders hold results, which results are copies.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "costops/benchmarks/io.h"
#include "costops/benchmarks/sibling.h"

namespace costops::benchmarks {
namespace {

namespace fs = std::filesystem;

constexpr int kFolderDepthMax = 16;
constexpr std::size_t kFilesMax = 200'000;

/// Folders that hold no results of their own, however deep.
bool is_passed_over(const std::string& name) {
  return name.starts_with('.') || name == "node_modules" || name == "target" || name == "build";
}

/// Directly below a repository; its absence says that a folder holds repositories.
bool is_place_of_results(const std::string& name) {
  static constexpr std::string_view kPlaces[] = {
      "benchmarks", "benches", "crates", "src", "core", "raw", "output", "docs", "history"};
  return name.ends_with("-benchmarks") || std::ranges::find(kPlaces, name) != std::end(kPlaces);
}

bool holds_results(const fs::path& name) {
  const std::string kind = name.extension().string();
  return kind == ".json" || kind == ".jsonl" || kind == ".ndjson" || kind == ".csv";
}

/// Every regular file below, in order; links are not followed.
std::vector<fs::path> files_below(const fs::path& dir, SiblingResults& into) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator at(dir, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    const fs::file_status status = at->symlink_status(ignored);
    if (fs::is_directory(status)) {
      const bool deep = at.depth() >= kFolderDepthMax;
      if (deep || is_passed_over(at->path().filename().string())) at.disable_recursion_pending();
    } else if (fs::is_symlink(status)) {
      into.skipped.push_back(fmt::format("{}: a link, not followed", at->path().string()));
    } else if (files.size() == kFilesMax) {
      into.skipped.push_back(fmt::format("{}: more than {} files; the rest is not looked at",
                                         dir.string(), kFilesMax));
      break;
    } else {
      files.push_back(at->path());
    }
  }
  if (error) into.skipped.push_back(fmt::format("{}: {}", dir.string(), error.message()));
  std::ranges::sort(files);
  return files;
}

void read_file(const fs::path& file, const std::string& repository, SiblingResults& into) {
  const std::string name = file.filename().string();
  if (!holds_results(file)) {
    if (name.ends_with(".md") &&
        (name.find("summary") != std::string::npos || name.find("report") != std::string::npos)) {
      into.skipped.push_back(
          fmt::format("{}: a summary for people; the results are in JSON", file.string()));
    } else {
      ++into.other_files;
    }
    return;
  }
  const auto text = read_whole_file(file, kSiblingFileBytesMax);
  if (!text) {
    into.skipped.push_back(text.error().message);
    return;
  }
  read_sibling_text(*text, file.string(), repository, into);
}

std::string last_part(const fs::path& dir) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(dir, error);
  return (error ? dir : whole).filename().string();
}

/// The repositories of one folder: itself, or those directly below it.
std::vector<fs::path> repositories_in(const fs::path& dir) {
  std::vector<fs::path> below;
  std::error_code error;
  for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (at->is_directory(ignored) && !is_passed_over(name)) {
      if (is_place_of_results(name)) return {dir};
      below.push_back(at->path());
    } else if (holds_results(name)) {
      return {dir};
    }
  }
  std::ranges::sort(below);
  return below.empty() ? std::vector<fs::path>{dir} : below;
}

/// Drops copies: the same target at the same time in the same repository.
void drop_copies(SiblingResults& into) {
  std::ranges::stable_sort(into.results, {}, [](const SiblingResult& result) {
    return std::tie(result.repository, result.target_id, result.at);
  });
  std::vector<SiblingResult> kept;
  for (SiblingResult& result : into.results) {
    const auto same_time = [&](const SiblingResult& other) {
      return other.repository == result.repository && other.target_id == result.target_id &&
             other.at == result.at;
    };
    if (kept.empty() || !same_time(kept.back())) {
      kept.push_back(std::move(result));
    } else if (kept.back().metrics == result.metrics) {
      ++into.duplicates;
    } else if (!result.at) {
      // Without times, different figures are different runs.
      kept.push_back(std::move(result));
    } else {
      into.skipped.push_back(fmt::format("{}: target {} at the time of {}, but with other figures",
                                         result.file, costops::quoted(result.target_id),
                                         kept.back().file));
    }
  }
  into.results = std::move(kept);
}

}  // namespace

Result<SiblingResults> read_siblings(const std::vector<fs::path>& dirs) {
  SiblingResults siblings;
  for (const fs::path& dir : dirs) {
    std::error_code error;
    if (!fs::is_directory(dir, error)) {
      return fail(ErrorCode::not_found, fmt::format("{} is not a folder", dir.string()));
    }
    for (const fs::path& repository : repositories_in(dir)) {
      const std::string name = last_part(repository);
      for (const fs::path& file : files_below(repository, siblings)) {
        read_file(file, name, siblings);
      }
    }
  }
  drop_copies(siblings);
  std::ranges::sort(siblings.skipped);
  return siblings;
}

}  // namespace costops::benchmarks
