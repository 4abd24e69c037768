# Finds libdeflate, gzip on whole buffers; defines libdeflate::libdeflate.
include("${CMAKE_CURRENT_LIST_DIR}/FoundLibrary.cmake")
costops_found_library(libdeflate libdeflate::libdeflate libdeflate.h deflate)
