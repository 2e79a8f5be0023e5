#!/bin/sh
# Replays one real trace that ships with the project.  usage: tools/demo.sh PATH-OF-PLIM
set -eu
plim="$1"
history="fixtures/histories/aave-v3-seed-5"
echo "Replaying $history: 300 calls to the published Aave v3.0.2 bytecode, as an EVM answered them."
echo
"$plim" replay "$history"
echo
echo "Next:  $plim show $history account u3      one account at the end of the history"
echo "       $plim help                          everything else"
