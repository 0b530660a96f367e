# Flags live in INTERFACE targets and reach our own code only (linked PRIVATE).
add_library(kmpack_warnings INTERFACE)
target_compile_options(kmpack_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2 -Wextra-semi -Wmissing-declarations
  # Records are filled with designated initializers; what is not named keeps its default on purpose.
  -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override>
  # GCC 12 sees overlapping copies in std::string's operator+ at -O2 (GCC bug 105651, fixed in 13); may go with Debian 13 as the floor.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${KMPACK_WERROR}>:-Werror>)

add_library(kmpack_sanitizers INTERFACE)
if(KMPACK_SANITIZE)
  target_compile_options(kmpack_sanitizers INTERFACE -fsanitize=${KMPACK_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(kmpack_sanitizers INTERFACE -fsanitize=${KMPACK_SANITIZE})
endif()
add_library(kmpack_coverage INTERFACE)
if(KMPACK_COVERAGE)
  target_compile_options(kmpack_coverage INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(kmpack_sanitizers INTERFACE --coverage)
endif()

# kmpack_folder(name SOURCES a.cpp … LINK targets… PRIVATE_LINK targets…)
# One target per folder of src/. LINK are lower folders; PRIVATE_LINK are foreign libraries that headers do not show.
function(kmpack_folder name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(kmpack_${name} STATIC ${arg_SOURCES})
  target_include_directories(kmpack_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src/include>)
  target_link_libraries(kmpack_${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK}
    $<BUILD_INTERFACE:kmpack_warnings> $<BUILD_INTERFACE:kmpack_sanitizers> $<BUILD_INTERFACE:kmpack_coverage>)
endfunction()

# Tests are watched for memory faults as the code they test; UBSan's checks of every assertion would cost a third of all compiling.
add_library(kmpack_test_flags INTERFACE)
target_link_libraries(kmpack_test_flags INTERFACE kmpack_warnings kmpack_sanitizers)
if(KMPACK_SANITIZE MATCHES "undefined")
  target_compile_options(kmpack_test_flags INTERFACE -fno-sanitize=undefined)
endif()

# kmpack_test_headers(): GoogleTest and what every test includes, parsed once for all of them. Only tests share a precompiled header: in
# src/ it would hide a missing include.
function(kmpack_test_headers)
  add_library(kmpack_test_headers OBJECT ${PROJECT_SOURCE_DIR}/tests/support/precompiled.cpp)
  target_link_libraries(kmpack_test_headers PRIVATE GTest::gtest GTest::gmock kmpack_test_flags)
  target_precompile_headers(kmpack_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <filesystem> <fstream> <functional> <map> <optional>
    <string> <vector>)
endfunction()

# kmpack_test(folder label SOURCES … LINK …): a test binary under tests/<label>/<folder>, one ctest entry per TEST, but for those that
# the GoogleTest pattern EXCEPT names: kmpack_test_part() has them.
function(kmpack_test name label)
  cmake_parse_arguments(arg "" "TIMEOUT;EXCEPT" "SOURCES;LINK;DEFINES" ${ARGN})
  set(target test_${label}_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main
    kmpack_test_flags)
  target_compile_definitions(${target} PRIVATE KMPACK_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${arg_DEFINES})
  target_precompile_headers(${target} REUSE_FROM kmpack_test_headers)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/src/include)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(arg_EXCEPT)
    string(PREPEND arg_EXCEPT "-")
  endif()
  kmpack_test_part(${name} ${label} "${arg_EXCEPT}" LABELS ${label} TIMEOUT ${arg_TIMEOUT})
endfunction()

# kmpack_test_part(folder label pattern PROPERTY value…): the ctest entries of those TESTs of a kmpack_test(), with these properties.
function(kmpack_test_part name label pattern)
  include(GoogleTest)
  gtest_discover_tests(test_${label}_${name} TEST_PREFIX "${label}/${name}: " TEST_FILTER "${pattern}" DISCOVERY_TIMEOUT 60
    PROPERTIES ${ARGN})
endfunction()
