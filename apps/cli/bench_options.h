// bench_options.h - what the commands that compare builds share: decimal options, and progress.
#pragma once

#include <cstddef>
#include <string>

namespace costops::cli {

/// "" if `text` is a decimal number of percent from 0.01 to 100; else what is wrong with it.
[[nodiscard]] std::string problem_of_percent(const std::string& text);
/// "" if `text` is a decimal number of seconds from 0.01 to 100,000; else what is wrong with it.
[[nodiscard]] std::string problem_of_seconds(const std::string& text);
/// A number that one of these found nothing wrong with.
[[nodiscard]] double decimal_of(const std::string& text);

/// One line on a terminal: what is measured, and how far that is; removed at the end.
void show_progress(std::size_t done, std::size_t of, const std::string& what);

}  // namespace costops::cli
