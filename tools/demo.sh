#!/bin/sh
# Replays one real trace that ships with the project.  usage: tools/demo.sh PATH-OF-PLIM
set -eu
plim="$1"
history="fixtures/histories/aave-v3-seed-5"
echo "Replaying $history: 300 calls to the published Aave v3.0.2 bytecode, as an EVM answered them."
echo
told=$("$plim" replay --roots "$history") || { echo "$told"; exit 1; }
echo "$told" | awk '
    length($2) == 64 && NF == 2 { last = $0; if (++count <= 3) print "  root after block " $0; next }
    count && !told {
        print "  ...  one after every block; all of them: plim replay --roots"
        print "  root after block " last "\n"
        told = 1
    }
    { print }'
echo
echo "Next:  $plim show $history account u3      one account at the end of the history"
echo "       $plim show $history receipt 60      one transaction, and what it did"
echo "       $plim help                           everything else"
