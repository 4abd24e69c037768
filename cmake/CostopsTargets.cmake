# How every target of the project is made, so that rooms only list their files.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

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
  target_link_options(costops_build_flags INTERFACE -fsanitize=${COSTOPS_SANITIZE})
endif()
if(COSTOPS_COVERAGE)
  target_compile_options(costops_build_flags INTERFACE --coverage -O0)
  target_link_options(costops_build_flags INTERFACE --coverage)
endif()

# costops_room(NAME SOURCES a.cc ... USES room ... LINKS target ... [TESTS a_test.cc ...])
# One library per room, alias costops::NAME, with one test program per room. USES are rooms that its
# public headers need; LINKS are libraries that only its own sources need.
function(costops_room room)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE_USES;LINKS;TESTS;TEST_LINKS" ${ARGN})
  add_library(costops_${room} ${ARG_SOURCES})
  add_library(costops::${room} ALIAS costops_${room})
  set_target_properties(costops_${room} PROPERTIES EXPORT_NAME ${room})
  target_include_directories(costops_${room}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
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
    set_tests_properties(${room} PROPERTIES LABELS unit)
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

function(costops_install)
  # Filled in with the package test.
endfunction()
