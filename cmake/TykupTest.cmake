find_package(GTest REQUIRED)
include(GoogleTest)

# tykup_test(NAME name LEVEL unit|integration|simulation SOURCES … LIBS …): one GoogleTest program, its tests labelled by level.
function(tykup_test)
  cmake_parse_arguments(arg "" "NAME;LEVEL" "SOURCES;LIBS" ${ARGN})
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${arg_NAME} PRIVATE TYKUP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${arg_NAME} TEST_PREFIX "${arg_LEVEL}.${arg_NAME}." NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LEVEL} TIMEOUT 300)
endfunction()
