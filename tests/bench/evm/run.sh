#!/bin/sh
# The yardsticks under published EVMs: bench.mjs with the packages of package-lock.json.
#   usage: tests/bench/evm/run.sh BUILD [--rows] [--check] [--repeats N]
# Only npm ci uses the network, once for a lock file; everything measured stays on this machine.
set -eu
build="$1"
shift
here="tests/bench/evm"
skip() {
    echo "bench-evm: note: skipped: $1" >&2
    exit 0
}
command -v node > /dev/null || skip "node is missing (apt-get install nodejs, 20 or later)"
command -v npm > /dev/null || skip "npm is missing (apt-get install npm)"
major="$(node -p 'process.versions.node.split(".")[0]')"
[ "$major" -ge 20 ] || skip "node $major is too old; 20 or later is needed"

# No package may run a script of its own when it is installed.
installed="$here/node_modules/.of-lock"
if ! cmp -s "$here/package-lock.json" "$installed"; then
    echo "bench-evm: npm ci (the packages of $here/package-lock.json, once)" >&2
    npm ci --prefix "$here" --ignore-scripts --no-audit --no-fund --prefer-offline --fetch-retries=1 \
        --fetch-retry-mintimeout=1000 --fetch-timeout=60000 --loglevel=error >&2 || {
        echo "bench-evm: the packages could not be fetched; npm says why above. Once a registry is" >&2
        echo "bench-evm: needed, or a filled cache; without them \`make bench\` measures the rest." >&2
        exit 1
    }
    cp "$here/package-lock.json" "$installed"
fi
exec node "$here/bench.mjs" "$build/bench/evm/worker" tests/bench/health.plim \
    tests/bench/kernels.plim "$@"
