# ccache makes a second build of the same sources cheap; it is used where it is installed and never required.
find_program(KMPACK_CCACHE ccache)
mark_as_advanced(KMPACK_CCACHE)
if(KMPACK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${KMPACK_CCACHE})
endif()
