# Toolchain file of scripts/package: builds for PNCP_CROSS_ARCH (arm64 or armhf) with Debian's cross compiler against
# the folder PNCP_SYSROOT, and runs tests there under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
if(PNCP_CROSS_ARCH STREQUAL "arm64")
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(triplet aarch64-linux-gnu)
  set(emulator qemu-aarch64-static)
elseif(PNCP_CROSS_ARCH STREQUAL "armhf")
  # Debian's armhf: ARMv7 with VFPv3. No Pi 1, no Pi Zero without a 2.
  set(CMAKE_SYSTEM_PROCESSOR armv7l)
  set(triplet arm-linux-gnueabihf)
  set(emulator qemu-arm-static)
  # Files beyond 2 GiB and the years after 2038.
  add_compile_definitions(_FILE_OFFSET_BITS=64 _TIME_BITS=64)
  # g++ tells at every vector that its calls changed in g++ 7.1.
  add_compile_options(-Wno-psabi)
else()
  message(FATAL_ERROR "PNCP_CROSS_ARCH is '${PNCP_CROSS_ARCH}'; there are arm64 and armhf")
endif()
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PNCP_CROSS_ARCH PNCP_SYSROOT)

set(CMAKE_SYSROOT "${PNCP_SYSROOT}")
set(CMAKE_LIBRARY_ARCHITECTURE ${triplet})
set(CMAKE_C_COMPILER ${triplet}-gcc)
set(CMAKE_CXX_COMPILER ${triplet}-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR ${emulator} -L "${PNCP_SYSROOT}")

set(CMAKE_FIND_ROOT_PATH "${PNCP_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${PNCP_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${PNCP_SYSROOT}/usr/lib/${triplet}/pkgconfig:${PNCP_SYSROOT}/usr/share/pkgconfig")
