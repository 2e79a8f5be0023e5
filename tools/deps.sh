#!/bin/sh
# Installs the Debian 12 packages that are missing.  usage: tools/deps.sh build|test
#   build  what `make demo` and `make bench` need
#   test   the same, and the judges, sanitizers and checkers of `make test` and `make check`
set -eu
build="gcc libc6-dev make pkg-config libsecp256k1-dev libssl-dev libjansson-dev
    libsqlite3-dev zlib1g-dev python3"
test="clang clang-format libclang-rt-14-dev libcmocka-dev libgmp-dev sqlite3"

case "${1:-}" in
build) wanted="$build" ;;
test) wanted="$build $test" ;;
*) echo "usage: tools/deps.sh build|test" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

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
