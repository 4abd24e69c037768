# Heavy libraries that few commands need are loaded where one of their functions is first called:
# linking them costs every start of the program 25 ms of relocations, most of all DuckDB's.
#
# A library on demand is a static library of trampolines, one for each function that the real one
# exports under the given prefixes; the code that calls them does not change. Where that cannot be
# (another processor or system, a static library), the real one is linked.

set(_can_load OFF)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|aarch64)$"
    AND CMAKE_NM AND CMAKE_OBJDUMP)
  set(_can_load ON)
endif()
option(COSTOPS_ON_DEMAND "Load DuckDB, curl, cairo and others when they are first needed"
  ${_can_load})
set(COSTOPS_ON_DEMAND_FOLDER "${CMAKE_CURRENT_LIST_DIR}/on_demand")

# costops_on_demand(NAME TARGET target FILES library... PREFIXES regex...) makes
# costops::on_demand_NAME, which stands for TARGET. FILES: the first is loaded, with all that it
# needs; functions are looked for in all.
function(costops_on_demand name)
  cmake_parse_arguments(ARG "" "TARGET" "FILES;PREFIXES" ${ARGN})
  set(target costops_on_demand_${name})
  set(NAME ${name})
  list(GET ARG_FILES 0 first)
  get_filename_component(LIBRARY "${first}" NAME)
  set(template linked)
  set(FUNCTIONS "")
  if(COSTOPS_ON_DEMAND AND LIBRARY MATCHES "\\.so")
    _costops_soname(${first} LIBRARY)
    _costops_functions("${ARG_FILES}" "${ARG_PREFIXES}" FUNCTIONS)
    set(template trampolines)
  endif()
  set(source "${CMAKE_CURRENT_BINARY_DIR}/on_demand_${name}.cc")
  configure_file("${COSTOPS_ON_DEMAND_FOLDER}/${template}.cc.in" "${source}" @ONLY)
  add_library(${target} STATIC "${source}")
  add_library(costops::on_demand_${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME on_demand_${name})
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${COSTOPS_ON_DEMAND_FOLDER}>
    $<BUILD_INTERFACE:$<TARGET_PROPERTY:${ARG_TARGET},INTERFACE_INCLUDE_DIRECTORIES>>)
  if(template STREQUAL "linked")
    target_link_libraries(${target} PUBLIC ${ARG_TARGET})
  else()
    target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
  endif()
  set_property(GLOBAL APPEND PROPERTY COSTOPS_ON_DEMAND_TARGETS ${target})
endfunction()

function(_costops_soname file into)
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p "${file}" OUTPUT_VARIABLE facts
    COMMAND_ERROR_IS_FATAL ANY)
  if(facts MATCHES "SONAME +([^\n]+)")
    set(${into} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  endif()
endfunction()

# One line of assembly for each function.
function(_costops_functions files prefixes into)
  list(JOIN prefixes "|" any_prefix)
  set(lines "")
  foreach(file IN LISTS files)
    execute_process(COMMAND ${CMAKE_NM} --dynamic --defined-only --format=posix "${file}"
      OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "(^|\n)(${any_prefix})[A-Za-z0-9_]*(@+[^ \n]*)? [TWi] "
      found "${symbols}")
    foreach(symbol IN LISTS found)
      string(REGEX REPLACE "^\n?([A-Za-z0-9_]+).*" "  function \\1\n" line "${symbol}")
      list(APPEND lines "${line}")
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES lines)
  if(NOT lines)
    message(FATAL_ERROR "no function of ${files} begins with ${any_prefix}: is it stripped?")
  endif()
  list(JOIN lines "" text)
  set(${into} "${text}" PARENT_SCOPE)
endfunction()
