// on_demand.h - libraries that are loaded when one of their functions is first called. A function
// that is called where its library is missing ends the program; who wants an error instead asks
// here first: null, or why the library cannot be loaded.
#pragma once

extern "C" {
const char* costops_why_no_curl();
const char* costops_why_no_duckdb();
const char* costops_why_no_pangocairo();
const char* costops_why_no_xlsxwriter();
}
