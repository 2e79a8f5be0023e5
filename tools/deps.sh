#!/bin/sh
# Installs the Debian 12 packages that are missing.  usage: tools/deps.sh build|test|mpi|cross|browser
#   build  what `make demo` and `make bench` need
#   test   the same, and the judges, sanitizers and checkers of `make test` and `make check`
#   mpi    build, and Open MPI for build/plim-mpi, which replays on many machines
#   cross  build, and for `make cross` compilers and emulators of other processors, and the source of
#          libsecp256k1 into build/cross/secp256k1 (no package of it for riscv64, ppc64 and wasm32)
#   browser  build, what `make verify-page` compiles with, and a browser that tests the page (350 MB)
set -eu
build="gcc libc6-dev make pkg-config libsecp256k1-dev libssl-dev libjansson-dev
    libsqlite3-dev zlib1g-dev python3"
test="clang clang-format libclang-rt-14-dev libcmocka-dev libgmp-dev sqlite3"

mpi="libopenmpi-dev openmpi-bin"
cross="clang-14 clang lld-14 libclang-rt-14-dev-wasm32 wasi-libc nodejs qemu-user-static dpkg-dev
    gcc-s390x-linux-gnu gcc-arm-linux-gnueabihf gcc-i686-linux-gnu gcc-aarch64-linux-gnu
    gcc-riscv64-linux-gnu gcc-powerpc64-linux-gnu gcc-powerpc64le-linux-gnu
    libc6-dev-s390x-cross libc6-dev-armhf-cross libc6-dev-i386-cross libc6-dev-arm64-cross
    libc6-dev-riscv64-cross libc6-dev-ppc64-cross libc6-dev-ppc64el-cross"

browser="clang-14 lld-14 libclang-rt-14-dev-wasm32 wasi-libc dpkg-dev chromium chromium-driver"

# Debian's source package, with lists of its own so that the system's stay as they are.
fetch_secp256k1() {
    into="$PWD/build/cross"
    [ -e "$into/secp256k1/src/secp256k1.c" ] && return
    mkdir -p "$into/lists/partial"
    echo "deb-src http://deb.debian.org/debian bookworm main" > "$into/sources.list"
    lists="-o Dir::Etc::SourceList=$into/sources.list -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State::Lists=$into/lists"
    echo "deps: fetching the source of libsecp256k1"
    (cd "$into" && apt-get $lists update && apt-get $lists source --download-only libsecp256k1 &&
        rm -rf secp256k1 && dpkg-source -x libsecp256k1_*.dsc secp256k1) > "$into/fetch.log" 2>&1 || {
        echo "deps: no source of libsecp256k1: see build/cross/fetch.log" >&2
        exit 1
    }
}

with_source() {
    case "$group" in cross | browser) fetch_secp256k1 ;; esac
}

group="${1:-}"
case "$group" in
build) wanted="$build" ;;
test) wanted="$build $test" ;;
mpi) wanted="$build $mpi" ;;
cross) wanted="$build $cross" ;;
browser) wanted="$build $browser" ;;
*) echo "usage: tools/deps.sh build|test|mpi|cross|browser" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
if [ -z "$missing" ]; then
    with_source
    exit 0
fi

if [ "$(id -u)" = 0 ]; then run=""; else run="sudo"; fi
if ! command -v apt-get >/dev/null || { [ -n "$run" ] && ! command -v sudo >/dev/null; }; then
    echo "deps: please install these packages and run again:$missing" >&2
    exit 1
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
    $run apt-get update >/dev/null
    $run apt-get install -y --no-install-recommends $missing >/dev/null
}
with_source
