# What `cmake --install` puts where. kmpack finds its data relative to its own file (src/sys/data.cpp), so a prefix may be moved.
include(CMakePackageConfigHelpers)

foreach(data templates flavors schema)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${data})
    install(DIRECTORY ${data} DESTINATION ${CMAKE_INSTALL_DATADIR}/kmpack)
  endif()
endforeach()
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN source EXCLUDE) # source: what fetch-sources downloads
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)

if(TARGET kmpack)
  install(TARGETS kmpack RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# The library is what base/ offers: the records, diagnostics, names. Its headers each compile alone.
set_target_properties(kmpack_base PROPERTIES OUTPUT_NAME kmpack EXPORT_NAME kmpack)
install(TARGETS kmpack_base EXPORT kmpackTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT kmpackTargets NAMESPACE kmpack:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kmpack)
configure_package_config_file(cmake/kmpackConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/kmpackConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kmpack)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/kmpackConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kmpackConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/kmpackConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/kmpack)
file(RELATIVE_PATH KMPACK_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/kmpack.pc.in ${CMAKE_CURRENT_BINARY_DIR}/kmpack.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kmpack.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
