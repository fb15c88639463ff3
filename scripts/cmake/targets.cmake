# pncp_library(NAME SOURCES... [LINK ...] [PRIVATE_LINK ...]): a static library pncp_NAME, alias pncp::NAME.
# Every include in the project is written from the top level: #include "schema/frame.hpp".
function(pncp_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(pncp_${name} STATIC ${ARG_SOURCES})
  add_library(pncp::${name} ALIAS pncp_${name})
  target_include_directories(pncp_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(pncp_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# pncp_program(NAME SOURCES... LINK ...): an executable in build/<preset>/bin.
function(pncp_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY PNCP_PROGRAMS ${name})
endfunction()

# pncp_test(NAME LABELS ... SOURCES ... LINK ...): a GoogleTest binary whose cases become ctest tests.
function(pncp_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(test_${name} PRIVATE
    PNCP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PNCP_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  target_link_libraries(test_${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." TEST_LIST ${name}_tests DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  # CMake 3.25 flattens a list among PROPERTIES, so that only the first of several labels took effect.
  set(labels_file "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
  file(WRITE "${labels_file}" "set_tests_properties(\${${name}_tests} PROPERTIES LABELS \"${ARG_LABELS}\")\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels_file}")
endfunction()
include(GoogleTest)
