# costops_found_library(PACKAGE TARGET HEADER LIBRARY): for libraries whose Debian package carries
# no CMake configuration. Finds one header and one library, and defines the imported TARGET.
include(FindPackageHandleStandardArgs)
macro(costops_found_library package target header library)
  find_path(${package}_INCLUDE_DIR ${header})
  find_library(${package}_LIBRARY NAMES ${library})
  find_package_handle_standard_args(${package}
    REQUIRED_VARS ${package}_LIBRARY ${package}_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "run scripts/bootstrap.sh, which installs it")
  mark_as_advanced(${package}_INCLUDE_DIR ${package}_LIBRARY)
  if(${package}_FOUND AND NOT TARGET ${target})
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION "${${package}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${${package}_INCLUDE_DIR}")
  endif()
endmacro()
