// own_pages.h - code in memory of this process alone.
#pragma once

#include <cstddef>

namespace costops::benchmarks {

/// Replaces the pages of this program's code that this process has used so far by copies of its
/// own, at the same addresses. Processes of one build share its pages in the page cache: where
/// those lie is one draw for all of them, and two files of the same bytes differed by 30 % through
/// it. Returns the number of pages; 0 where the system does not allow it. Not while other threads
/// run.
std::size_t take_own_pages();

}  // namespace costops::benchmarks
