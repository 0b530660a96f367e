install(DIRECTORY templates flavors DESTINATION ${CMAKE_INSTALL_DATADIR}/kmpack)
