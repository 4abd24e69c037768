# Finds RE2, linear-time regular expressions; defines re2::re2.
include("${CMAKE_CURRENT_LIST_DIR}/FoundLibrary.cmake")
costops_found_library(re2 re2::re2 re2/re2.h re2)
