"""Replay a history: python3 -m spec.model.replay HISTORY[.gz] [--until N] [--roots]

Prints one line per block (with --roots also its state root), then the final root.
Exit code: 0 same, 1 diverged, 3 the history is not one.
"""
import argparse
import gzip
import sys
import zlib

from . import world as world_module
from .chain import Chain, read_history
from .tables import Reject


def load(path):
    """The bytes of a file, uncompressed when it is gzip."""
    with open(path, "rb") as file:
        raw = file.read()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def replay(raw, until=None, roots=False, out=sys.stdout):
    """Exit code of a history's bytes."""
    try:
        world_bytes, blocks = read_history(raw)
        chain = Chain(world_module.decode(world_bytes))
    except Reject as reject:
        print("not a history of this format: %s" % reject, file=out)
        return 3
    if roots:
        print("0 %s genesis" % chain.last_root.hex(), file=out)
    for block in blocks[:until]:
        height = chain.height + 1
        try:
            receipts = chain.apply(block)
        except Reject as reject:
            print("%d DIVERGED %s" % (height, reject), file=out)
            return 1
        if roots:
            print("%d %s ok %d receipts" % (height, chain.last_root.hex(), len(receipts)),
                  file=out)
    print("blocks %d final root %s" % (chain.height, chain.last_root.hex()), file=out)
    return 0


def main():
    parser = argparse.ArgumentParser(description="Replay a history with the model.")
    parser.add_argument("history")
    parser.add_argument("--until", type=int, help="stop after this height")
    parser.add_argument("--roots", action="store_true", help="print every block's state root")
    arguments = parser.parse_args()
    if arguments.until is not None and arguments.until < 0:
        parser.error("--until is a height")
    try:
        raw = load(arguments.history)
    except (OSError, EOFError, zlib.error) as error:
        print("cannot read the history: %s" % error)
        return 3
    return replay(raw, arguments.until, arguments.roots)


if __name__ == "__main__":
    sys.exit(main())
