# Finds cairo (PDF) and pango (text); defines PangoCairo::PangoCairo.
include(FindPackageHandleStandardArgs)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PangoCairo_pc QUIET IMPORTED_TARGET GLOBAL pangocairo)
endif()
find_package_handle_standard_args(PangoCairo
  REQUIRED_VARS PangoCairo_pc_FOUND PangoCairo_pc_LINK_LIBRARIES
  REASON_FAILURE_MESSAGE "run scripts/bootstrap.sh, which installs it")
if(PangoCairo_FOUND AND NOT TARGET PangoCairo::PangoCairo)
  add_library(PangoCairo::PangoCairo INTERFACE IMPORTED)
  set_target_properties(PangoCairo::PangoCairo PROPERTIES
    INTERFACE_LINK_LIBRARIES PkgConfig::PangoCairo_pc)
endif()
