# How every target of the project is made, so that rooms only list their files.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The installed program finds the libraries installed beside it, wherever the prefix is moved to.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

add_library(costops_build_flags INTERFACE)
if(COSTOPS_DEVELOPER)
  # GCC 12 reports a false -Wrestrict for "literal" + std::string at -O3.
  target_compile_options(costops_build_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
endif()
# Aligned code: layout alone moved measured speed by 16 to 26 % without it (docs/benchmarking.md).
target_compile_options(costops_build_flags INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-falign-functions=64;-falign-loops=64;-falign-jumps=32>)
if(COSTOPS_SANITIZE)
  target_compile_options(costops_build_flags INTERFACE
    -fsanitize=${COSTOPS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Libraries on demand are then loaded by the sanitizer's library, which searches the program's
  # RPATH, but not its RUNPATH.
  target_link_options(costops_build_flags INTERFACE -fsanitize=${COSTOPS_SANITIZE}
    LINKER:--disable-new-dtags)
endif()
if(COSTOPS_FUZZ)
  target_compile_options(costops_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(COSTOPS_COVERAGE)
  target_compile_options(costops_build_flags INTERFACE --coverage -O0)
  target_link_options(costops_build_flags INTERFACE --coverage)
endif()

# What the sanitizer presets build: every room's test program, and those of rooms that start
# threads.
add_custom_target(unit_tests)
add_custom_target(threaded_tests)

# costops_room(NAME [THREADED] SOURCES a.cc ... USES room ... LINKS target ... [TESTS a_test.cc
# ...]) One library per room, alias costops::NAME, with one test program per room. USES are rooms
# that its public headers need; LINKS are libraries that only its own sources need. THREADED rooms
# are also tested under the thread sanitizer.
function(costops_room room)
  cmake_parse_arguments(ARG "THREADED" ""
    "SOURCES;USES;PRIVATE_USES;LINKS;TESTS;TEST_LINKS" ${ARGN})
  add_library(costops_${room} ${ARG_SOURCES})
  add_library(costops::${room} ALIAS costops_${room})
  set_target_properties(costops_${room} PROPERTIES EXPORT_NAME ${room})
  target_include_directories(costops_${room}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_features(costops_${room} PUBLIC cxx_std_20)
  target_link_libraries(costops_${room} PUBLIC tl::expected PRIVATE fmt::fmt ${ARG_LINKS}
    $<BUILD_INTERFACE:costops_build_flags>)
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(costops_${room} PUBLIC costops_${used})
  endforeach()
  foreach(used IN LISTS ARG_PRIVATE_USES)
    target_link_libraries(costops_${room} PRIVATE costops_${used})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY COSTOPS_ROOMS ${room})
  if(COSTOPS_DEVELOPER AND ARG_TESTS)
    add_executable(${room}_test ${ARG_TESTS})
    target_include_directories(${room}_test PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${room}_test PRIVATE
      COSTOPS_SHARED_DATA="${COSTOPS_SHARED_DATA}" COSTOPS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(${room}_test PRIVATE costops_${room} ${ARG_TEST_LINKS} fmt::fmt
      GTest::gmock_main costops_build_flags)
    add_test(NAME ${room} COMMAND ${room}_test)
    set(labels unit)
    add_dependencies(unit_tests ${room}_test)
    if(ARG_THREADED)
      list(APPEND labels threads)
      add_dependencies(threaded_tests ${room}_test)
    endif()
    set_tests_properties(${room} PROPERTIES LABELS "${labels}")
  endif()
endfunction()

function(costops_umbrella)
  get_property(rooms GLOBAL PROPERTY COSTOPS_ROOMS)
  add_library(costops INTERFACE)
  add_library(costops::costops ALIAS costops)
  foreach(room IN LISTS rooms)
    target_link_libraries(costops INTERFACE costops_${room})
  endforeach()
endfunction()

# Installs the program, the rooms with their headers, and the package `costops`: another project
# says find_package(costops) and links costops::costops, or one room, costops::pricing.
function(costops_install)
  get_property(rooms GLOBAL PROPERTY COSTOPS_ROOMS)
  set(targets costops)
  foreach(room IN LISTS rooms)
    list(APPEND targets costops_${room})
  endforeach()
  get_property(on_demand GLOBAL PROPERTY COSTOPS_ON_DEMAND_TARGETS)
  list(APPEND targets ${on_demand})
  set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/costops)
  if(TARGET cost-ops)
    install(TARGETS cost-ops)
  endif()
  install(TARGETS ${targets} EXPORT costops-targets)
  install(EXPORT costops-targets NAMESPACE costops:: DESTINATION ${package_dir})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/costops DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
  costops_install_duckdb()
  # What a user of the static libraries must find again: all that was found here, but what only
  # tests, benchmarks and the program need.
  get_property(COSTOPS_PACKAGES GLOBAL PROPERTY PACKAGES_FOUND)
  list(REMOVE_ITEM COSTOPS_PACKAGES GTest benchmark CLI11 Python3)
  if(COSTOPS_ON_DEMAND)
    list(REMOVE_ITEM COSTOPS_PACKAGES ${COSTOPS_HEAVY_PACKAGES})
  endif()
  if(COSTOPS_BUNDLED_DUCKDB)
    list(REMOVE_ITEM COSTOPS_PACKAGES DuckDB)
  endif()
  include(CMakePackageConfigHelpers)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/costops-config.cmake.in
    ${CMAKE_BINARY_DIR}/costops-config.cmake INSTALL_DESTINATION ${package_dir}
    PATH_VARS CMAKE_INSTALL_LIBDIR)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/costops-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/costops-config.cmake
    ${CMAKE_BINARY_DIR}/costops-config-version.cmake DESTINATION ${package_dir})
  file(GLOB modules ${PROJECT_SOURCE_DIR}/cmake/Found*.cmake
    ${PROJECT_SOURCE_DIR}/cmake/Find*.cmake)
  install(FILES ${modules} DESTINATION ${package_dir})
endfunction()

# DuckDB's library as fetched by scripts/bootstrap.sh is installed beside ours, so that the program
# runs where nobody has DuckDB. The system's own stays where it is.
function(costops_install_duckdb)
  set(bundled OFF)
  if(DuckDB_LIBRARY MATCHES "^${PROJECT_SOURCE_DIR}/")
    set(bundled ON)
    install(FILES ${DuckDB_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(FILES "${PROJECT_SOURCE_DIR}/.cache/duckdb/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR}
      RENAME LICENSE.duckdb OPTIONAL)
  endif()
  set(COSTOPS_BUNDLED_DUCKDB ${bundled} PARENT_SCOPE)
endfunction()
