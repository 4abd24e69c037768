# The libraries that are loaded on demand (OnDemand.cmake), and where they are.
set(COSTOPS_HEAVY_PACKAGES Brotli CURL DuckDB OpenSSL PangoCairo PkgConfig SQLite3 XlsxWriter ZLIB
  libdeflate zstd)
find_package(Brotli REQUIRED)
find_package(CURL REQUIRED)
find_package(DuckDB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PangoCairo REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(XlsxWriter REQUIRED)
find_package(ZLIB REQUIRED)
find_package(libdeflate REQUIRED)
find_package(zstd REQUIRED)

get_target_property(_curl CURL::libcurl LOCATION)
get_target_property(_zlib ZLIB::ZLIB LOCATION)
get_target_property(_zstd zstd::libzstd_shared LOCATION)
costops_on_demand(curl TARGET CURL::libcurl FILES ${_curl} PREFIXES curl_)
costops_on_demand(crypto TARGET OpenSSL::Crypto FILES ${OPENSSL_CRYPTO_LIBRARY}
  PREFIXES EVP_ HMAC SHA256)
costops_on_demand(brotlidec TARGET Brotli::decoder FILES ${Brotli_DECODER} PREFIXES BrotliDec)
costops_on_demand(brotlienc TARGET Brotli::encoder FILES ${Brotli_ENCODER} PREFIXES BrotliEnc)
costops_on_demand(deflate TARGET libdeflate::libdeflate FILES ${libdeflate_LIBRARY}
  PREFIXES libdeflate_)
costops_on_demand(sqlite TARGET SQLite::SQLite3 FILES ${SQLite3_LIBRARIES} PREFIXES sqlite3_)
costops_on_demand(zlib TARGET ZLIB::ZLIB FILES ${_zlib} PREFIXES adler crc deflate inflate zlib)
costops_on_demand(zstd TARGET zstd::libzstd_shared FILES ${_zstd} PREFIXES ZSTD_)
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
