# A layer is a static library that links only what it may know: the arrows of the house, enforced by the linker and by
# the include paths that come with each target.
add_library(tykup_options INTERFACE)
target_include_directories(tykup_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(tykup_options INTERFACE TYKUP_VERSION="${PROJECT_VERSION}")
target_compile_options(tykup_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wold-style-cast
  -Wformat=2 -Werror)
if(TYKUP_SANITIZE)
  target_compile_options(tykup_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(tykup_options INTERFACE -fsanitize=address,undefined)
  # Nothing of this build is shipped: what its layers include over and over is read once.
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/layers.cpp CONTENT "// Only there to have the headers of the layers compiled.\n")
  add_library(tykup_layer_headers OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/generated/layers.cpp)
  target_link_libraries(tykup_layer_headers PRIVATE tykup_options)
  target_compile_options(tykup_layer_headers PRIVATE -fpch-preprocess)
  target_precompile_headers(tykup_layer_headers PRIVATE <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <string>
    <string_view> <tl/expected.hpp> <variant> <vector>)
endif()

# tykup_layer(NAME SOURCES … LIBS …)
function(tykup_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC tykup_options ${arg_LIBS})
  if(TYKUP_SANITIZE)
    target_compile_options(${name} PRIVATE -fpch-preprocess)
    target_precompile_headers(${name} REUSE_FROM tykup_layer_headers)
  endif()
endfunction()
