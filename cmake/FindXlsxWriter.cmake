# Finds libxlsxwriter, workbooks; defines XlsxWriter::XlsxWriter.
include("${CMAKE_CURRENT_LIST_DIR}/FoundLibrary.cmake")
costops_found_library(XlsxWriter XlsxWriter::XlsxWriter xlsxwriter.h xlsxwriter)
