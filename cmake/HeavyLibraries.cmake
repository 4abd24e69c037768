# The libraries that are loaded on demand (OnDemand.cmake), and where they are.
set(COSTOPS_HEAVY_PACKAGES CURL DuckDB OpenSSL PangoCairo PkgConfig XlsxWriter)
find_package(CURL REQUIRED)
find_package(DuckDB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PangoCairo REQUIRED)
find_package(XlsxWriter REQUIRED)

get_target_property(_curl CURL::libcurl LOCATION)
costops_on_demand(curl TARGET CURL::libcurl FILES ${_curl} PREFIXES curl_)
costops_on_demand(crypto TARGET OpenSSL::Crypto FILES ${OPENSSL_CRYPTO_LIBRARY}
  PREFIXES EVP_ HMAC SHA256)
costops_on_demand(duckdb TARGET DuckDB::DuckDB FILES ${DuckDB_LIBRARY} PREFIXES duckdb_)
set(_pangocairo ${PangoCairo_pc_LINK_LIBRARIES})
list(FILTER _pangocairo INCLUDE REGEX "lib(pangocairo|pango|cairo|gobject)-?[0-9.]*\\.(so|a)$")
costops_on_demand(pangocairo TARGET PkgConfig::PangoCairo_pc FILES ${_pangocairo}
  PREFIXES cairo_ pango_ g_object_unref)
costops_on_demand(xlsxwriter TARGET XlsxWriter::XlsxWriter FILES ${XlsxWriter_LIBRARY}
  PREFIXES format_ lxw_ workbook_ worksheet_)

# Where DuckDB's library is before it is installed.
get_filename_component(_duckdb "${DuckDB_LIBRARY}" DIRECTORY)
list(APPEND CMAKE_BUILD_RPATH "${_duckdb}")
