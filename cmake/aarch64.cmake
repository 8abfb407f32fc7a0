# For 64-bit Arm, on another processor: Debian's crossbuild-essential-arm64, the libraries as arm64's packages beside the
# builder's own, and qemu-user-static for what the build itself runs. scripts/elsewhere.sh makes a root that has all that.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
set(PKG_CONFIG_EXECUTABLE aarch64-linux-gnu-pkg-config)
