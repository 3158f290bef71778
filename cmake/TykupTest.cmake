find_package(GTest REQUIRED)
include(GoogleTest)

# The tests of what decides: those that link nothing but the core, the agent and their texts. tests/run builds them a
# second time with sanitizers.
add_custom_target(tykup_pure_tests)
set(TYKUP_PURE_LAYERS tykup_core tykup_fake_etcd tykup_agent tykup_asio tykup_wire tykup_config tykup_etcd_json tykup_fake_etcd_port)

# What nearly every test includes is read once. Each test names what it uses all the same. -fpch-preprocess: for ccache.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/tests.cpp CONTENT "// Only there to have the headers of the tests compiled.\n")
set(TYKUP_TEST_OPTIONS -O0 -g1 -U_FORTIFY_SOURCE -fpch-preprocess)
# What is looked at for undefined behaviour is what the tests test: to look at themselves as well doubles what they take.
if(TYKUP_SANITIZE)
  list(APPEND TYKUP_TEST_OPTIONS -fno-sanitize=undefined)
endif()
add_library(tykup_test_headers OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/generated/tests.cpp)
target_link_libraries(tykup_test_headers PRIVATE tykup_options GTest::gmock)
target_compile_options(tykup_test_headers PRIVATE ${TYKUP_TEST_OPTIONS})
target_precompile_headers(tykup_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <algorithm> <chrono> <fstream> <functional> <map>
  <memory> <optional> <set> <sstream> <string> <string_view> <tl/expected.hpp> <variant> <vector>)

# tykup_test(NAME name LEVEL unit|integration|simulation|full SOURCES … LIBS … [ALONE what]): one GoogleTest program, its tests
# labelled by level. Those of `full` have an hour each. ALONE: they change something of the machine that they share; one of them at a time.
# With sanitizers a program is one test: each process has to lay out its shadow memory first.
function(tykup_test)
  cmake_parse_arguments(arg "" "NAME;LEVEL;ALONE" "SOURCES;LIBS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main)
  # What is tested is compiled as it is shipped; the tests themselves are compiled once and run once.
  target_compile_options(${arg_NAME} PRIVATE ${TYKUP_TEST_OPTIONS})
  target_precompile_headers(${arg_NAME} REUSE_FROM tykup_test_headers)
  target_compile_definitions(${arg_NAME} PRIVATE TYKUP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set(others ${arg_LIBS})
  list(REMOVE_ITEM others ${TYKUP_PURE_LAYERS})
  set(pure FALSE)
  if(arg_LEVEL STREQUAL "unit" AND NOT others)
    set(pure TRUE)
    add_dependencies(tykup_pure_tests ${arg_NAME})
  endif()
  set(lock)
  if(arg_ALONE)
    set(lock RESOURCE_LOCK ${arg_ALONE})
  endif()
  set(timeout 300)
  if(arg_LEVEL STREQUAL "full")
    set(timeout 3600)
  endif()
  if(TYKUP_SANITIZE)
    if(pure)
      add_test(NAME ${arg_LEVEL}.${arg_NAME} COMMAND ${arg_NAME})
      set_tests_properties(${arg_LEVEL}.${arg_NAME} PROPERTIES LABELS ${arg_LEVEL} TIMEOUT 1800 ${lock})
    endif()
    return()
  endif()
  gtest_discover_tests(${arg_NAME} TEST_PREFIX "${arg_LEVEL}.${arg_NAME}." NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LEVEL} TIMEOUT ${timeout} ${lock})
endfunction()
