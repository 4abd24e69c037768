#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "costops/ingestion/input.h"

namespace costops::ingestion {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

class PathsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("costops-paths-" + std::to_string(::getpid()));
    for (const char* name : {"logs/b.jsonl", "logs/a.json", "logs/deep/c.csv.gz", "logs/notes.md",
                             "logs/.hidden.json", "logs/.git/x.json", "empty/readme.md"}) {
      fs::create_directories((folder_ / name).parent_path());
      std::ofstream(folder_ / name) << "{}";
    }
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  fs::path folder_;
};

TEST_F(PathsTest, AFolderIsItsLogsSorted) {
  EXPECT_EQ(expand_paths({path("logs")}).value(),
            (Paths{path("logs/a.json"), path("logs/b.jsonl"), path("logs/deep/c.csv.gz")}));
}

TEST_F(PathsTest, FilesKeepTheirOrderAndComeOnce) {
  EXPECT_EQ(
      expand_paths({path("logs/notes.md"), "-", path("logs/a.json"), path("logs/*.json*")}).value(),
      (Paths{path("logs/notes.md"), "-", path("logs/a.json"), path("logs/b.jsonl")}));
}

TEST_F(PathsTest, APatternTakesTheFoldersThatHoldLogs) {
  EXPECT_EQ(expand_paths({path("*")}).value(),
            (Paths{path("logs/a.json"), path("logs/b.jsonl"), path("logs/deep/c.csv.gz")}));
}

TEST_F(PathsTest, WhatNamesNothingIsAnError) {
  EXPECT_EQ(expand_paths({path("none.json")}).error(),
            (Error{ErrorCode::not_found, "no file or folder \"" + path("none.json") + "\""}));
  EXPECT_EQ(expand_paths({path("*.parquet")}).error(),
            (Error{ErrorCode::not_found, "nothing matches \"" + path("*.parquet") + "\""}));
  EXPECT_EQ(
      expand_paths({path("emp*")}).error(),
      (Error{ErrorCode::not_found, "nothing that \"" + path("emp*") + "\" matches holds logs"}));
}

TEST_F(PathsTest, AFolderWithoutLogsIsSaidWhenItIsOpened) {
  EXPECT_EQ(expand_paths({path("empty"), path("logs/a.json")}).value(),
            (Paths{path("empty"), path("logs/a.json")}));
  EXPECT_EQ(Input::open(path("empty")).error(),
            (Error{ErrorCode::not_found, "the folder \"" + path("empty") +
                                             "\" holds no logs (.json .jsonl .ndjson .csv .log "
                                             ".txt, also with .gz or .zst)"}));
}

TEST_F(PathsTest, AgentFoldersAreThoseThatExist) {
  ::unsetenv("CLAUDE_CONFIG_DIR");
  ::unsetenv("CODEX_HOME");
  EXPECT_EQ(agent_folders(path("")), Paths{});
  fs::create_directories(folder_ / ".claude/projects");
  fs::create_directories(folder_ / ".codex/sessions");
  fs::create_directories(folder_ / "other/projects");
  EXPECT_EQ(agent_folders(folder_.string()),
            (Paths{path(".claude/projects"), path(".codex/sessions")}));
  ::setenv("CLAUDE_CONFIG_DIR", (path("other") + "," + path("missing")).c_str(), 1);
  EXPECT_EQ(agent_folders(folder_.string()),
            (Paths{path("other/projects"), path(".claude/projects"), path(".codex/sessions")}));
  ::unsetenv("CLAUDE_CONFIG_DIR");
}

}  // namespace
}  // namespace costops::ingestion
