# Everything comes from the distribution's own packages. Foreign headers are SYSTEM: our warnings are for our code.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(toml REQUIRED IMPORTED_TARGET tomlplusplus)
if(TYKUP_APT)
  pkg_check_modules(apt REQUIRED IMPORTED_TARGET apt-pkg)
endif()

# 1.81 or later: earlier releases lack awaitable operators and channels.
find_path(TYKUP_BOOST_INCLUDE boost/asio/experimental/awaitable_operators.hpp REQUIRED)
add_library(tykup_boost INTERFACE)
target_include_directories(tykup_boost SYSTEM INTERFACE ${TYKUP_BOOST_INCLUDE})
target_compile_definitions(tykup_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_URL_NO_SOURCE_LOCATION)
# GCC 12 at -O2 takes Asio's own allocator of coroutine frames for two that do not match.
target_compile_options(tykup_boost INTERFACE -Wno-mismatched-new-delete)
target_link_libraries(tykup_boost INTERFACE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
