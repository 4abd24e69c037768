# Finds DuckDB's library and C header: what scripts/bootstrap.sh put into .cache/duckdb, or the
# system's. Defines DuckDB::DuckDB.
set(_costops_duckdb "${PROJECT_SOURCE_DIR}/.cache/duckdb")
find_path(DuckDB_INCLUDE_DIR duckdb.h HINTS "${_costops_duckdb}")
find_library(DuckDB_LIBRARY NAMES duckdb HINTS "${_costops_duckdb}")
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/bootstrap.sh, which fetches it")
if(DuckDB_FOUND AND NOT TARGET DuckDB::DuckDB)
  add_library(DuckDB::DuckDB SHARED IMPORTED)
  set_target_properties(DuckDB::DuckDB PROPERTIES
    IMPORTED_LOCATION "${DuckDB_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
endif()
