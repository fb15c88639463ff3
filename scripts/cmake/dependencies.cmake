# Every outside library, found once. All are Debian 12 packages; scripts/setup installs them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(cppzmq CONFIG REQUIRED)
find_package(cxxopts CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
pkg_check_modules(CRYPTOPP REQUIRED IMPORTED_TARGET libcrypto++)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)

# Debian 12 calls msgpack-c's package "msgpack", Debian 13 "msgpack-cxx". Its own target pulls in Boost
# headers, which MSGPACK_NO_BOOST makes needless; the headers are on the standard include path.
find_package(msgpack CONFIG QUIET)
if(NOT msgpack_FOUND)
  find_package(msgpack-cxx CONFIG REQUIRED)
endif()
add_library(pncp_msgpack INTERFACE)
target_compile_definitions(pncp_msgpack INTERFACE MSGPACK_NO_BOOST)
add_library(pncp::msgpack ALIAS pncp_msgpack)

# Crypto++ is linked statically: the shared one costs the agent 2.3 MiB RSS (facts.md, targets.md A2).
find_library(PNCP_CRYPTOPP_STATIC NAMES libcryptopp.a libcrypto++.a)
add_library(pncp_cryptopp INTERFACE)
if(PNCP_CRYPTOPP_STATIC)
  target_include_directories(pncp_cryptopp SYSTEM INTERFACE ${CRYPTOPP_INCLUDE_DIRS})
  target_link_libraries(pncp_cryptopp INTERFACE ${PNCP_CRYPTOPP_STATIC} Threads::Threads)
else()
  target_link_libraries(pncp_cryptopp INTERFACE PkgConfig::CRYPTOPP)
endif()
add_library(pncp::cryptopp ALIAS pncp_cryptopp)

if(PNCP_BUILD_TESTS)
  find_package(GTest CONFIG REQUIRED)
endif()
if(PNCP_BUILD_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()
