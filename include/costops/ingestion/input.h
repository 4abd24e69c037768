// input.h - bytes in: files, folders, globs, standard input; gzip and zstd undone on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "costops/domain/error.h"
#include "costops/ingestion/content_hash.h"

namespace costops::ingestion {

/// Largest line, and largest document that must be held whole. Longer input is rejected with its
/// position, and reading goes on after it.
inline constexpr std::size_t kLineBytesMax = 64u << 20;
inline constexpr std::size_t kDocumentBytesMax = 512u << 20;
/// A compressed file may grow by this factor; more is a decompression bomb.
inline constexpr std::uint64_t kInflationMax = 1100;

/// A stream of bytes with bounded memory. One thread at a time.
class Input {
 public:
  /// Opens a file ("-": standard input). Compression is told by the first bytes, not by the name.
  /// Fails with not_found or io_error.
  [[nodiscard]] static Result<Input> open(const std::string& path);
  /// Opens a file that is not compressed behind its first `offset` bytes.
  /// Fails with not_found or io_error.
  [[nodiscard]] static Result<Input> open_behind(const std::string& path, std::uint64_t offset);
  /// Reads from memory that outlives the input: tests, fuzzing, request bodies.
  [[nodiscard]] static Input from_memory(std::string name, std::string_view bytes);
  Input(Input&&) noexcept;
  Input& operator=(Input&&) noexcept;
  ~Input();

  [[nodiscard]] const std::string& name() const;
  /// The first bytes (at most `limit`, at most 1 MiB), without consuming them.
  [[nodiscard]] std::string_view peek(std::size_t limit);

  enum class Step : std::uint8_t { line, too_long, end, failed };
  /// The next line without its end (LF or CR LF); valid until the next call. The last line needs
  /// no LF. too_long: a line above kLineBytesMax was skipped. failed: see error().
  [[nodiscard]] Step next_line(std::string_view& line);
  /// As many whole lines as are at hand, at least one, with their ends (the last line of all needs
  /// none); valid until the next call. line_number() does not count them, except too_long ones.
  [[nodiscard]] Step next_lines(std::string_view& lines);
  /// Number of the line last returned, from 1.
  [[nodiscard]] std::uint64_t line_number() const;
  /// All bytes that are at hand, at least one, for readers that cut by structure and not by line;
  /// valid until the next call. line_number() does not count them. Never too_long.
  [[nodiscard]] Step next_block(std::string_view& bytes);
  /// Everything not yet read, as one piece; valid until the input is destroyed.
  /// Fails with invalid_input above kDocumentBytesMax, io_error, or on broken compression.
  [[nodiscard]] Result<std::string_view> rest();
  /// Adds to `hash` everything that is not yet handed out, and what is read from now on. It must
  /// outlive the input.
  void hash_into(ContentHash& hash);
  /// Why next_line failed: a read error, a truncated or broken compressed file, a bomb.
  [[nodiscard]] const Error& error() const;
  /// Bytes of the file itself (compressed) read so far, and its size (0: not known).
  [[nodiscard]] std::uint64_t bytes_read() const;
  [[nodiscard]] std::uint64_t bytes_total() const;
  /// Simdjson may read this many bytes behind a returned view.
  static constexpr std::size_t kPadding = 64;

 private:
  struct State;
  explicit Input(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The files that some paths name, in the order of the paths, each once: a file is itself, a folder
/// all files below it that look like logs (.json .jsonl .ndjson .csv .log .txt, with .gz or .zst;
/// hidden files left out), sorted, a glob its matches, sorted, "-" standard input. Symbolic links
/// to folders are not followed.
/// A folder without logs stands for itself, and opening it says so: the other paths are still read.
/// Fails with not_found, naming the path, if a path or glob matches nothing.
[[nodiscard]] Result<std::vector<std::string>> expand_paths(const std::vector<std::string>& paths);

/// The session folders of coding agents that exist on this machine for `home` (Claude Code:
/// $CLAUDE_CONFIG_DIR, ~/.claude/projects, ~/.config/claude/projects; Codex: $CODEX_HOME/sessions,
/// ~/.codex/sessions).
[[nodiscard]] std::vector<std::string> agent_folders(const std::string& home);

}  // namespace costops::ingestion
