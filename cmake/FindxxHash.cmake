# Finds xxHash, fast 64-bit and 128-bit hashes; defines xxHash::xxhash.
include("${CMAKE_CURRENT_LIST_DIR}/FoundLibrary.cmake")
costops_found_library(xxHash xxHash::xxhash xxhash.h xxhash)
