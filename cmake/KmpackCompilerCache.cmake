# ccache makes a second build of the same sources cheap; it is used where it is installed and never required. Without these settings it
# would pass by every file that uses a precompiled header (ccache manual, "Precompiled headers").
find_program(KMPACK_CCACHE ccache)
mark_as_advanced(KMPACK_CCACHE)
if(KMPACK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${KMPACK_CCACHE})
endif()
