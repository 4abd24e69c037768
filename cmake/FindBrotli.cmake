# Finds brotli's two libraries; defines Brotli::encoder and Brotli::decoder.
include(FindPackageHandleStandardArgs)
find_path(Brotli_INCLUDE_DIR brotli/encode.h)
find_library(Brotli_ENCODER brotlienc)
find_library(Brotli_DECODER brotlidec)
find_package_handle_standard_args(Brotli
  REQUIRED_VARS Brotli_ENCODER Brotli_DECODER Brotli_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/bootstrap.sh, which installs it")
mark_as_advanced(Brotli_INCLUDE_DIR Brotli_ENCODER Brotli_DECODER)
if(Brotli_FOUND)
  foreach(side IN ITEMS encoder decoder)
    string(TOUPPER ${side} upper)
    if(NOT TARGET Brotli::${side})
      add_library(Brotli::${side} UNKNOWN IMPORTED)
      set_target_properties(Brotli::${side} PROPERTIES
        IMPORTED_LOCATION "${Brotli_${upper}}"
        INTERFACE_INCLUDE_DIRECTORIES "${Brotli_INCLUDE_DIR}")
    endif()
  endforeach()
endif()
