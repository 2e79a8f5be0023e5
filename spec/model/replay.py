"""Replay a history: python3 -m spec.model.replay HISTORY[.gz] [--until N] [--roots]

Prints the final root, with --roots the state root of every block too. With --expect FILE (spec 06
§7) what others observed is compared; with --from FILE the replay starts at a checkpoint (spec 06
§8), with --checkpoint FILE it leaves one at its end.
Exit code: 0 same, 1 diverged, 3 the input is not what it should be.
"""
import argparse
import gzip
import sys
import zlib

from . import beside
from . import world as world_module
from .chain import Chain, read_history
from .tables import Reject


def load(path):
    """The bytes of a file, uncompressed when it is gzip."""
    with open(path, "rb") as file:
        raw = file.read()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def replay(raw, until=None, roots=False, expect=None, start=None, out=sys.stdout, made=None):
    """Exit code of a history's bytes. expect, start: bytes of the files beside it, or None;
    made: a list that takes the checkpoint at the end, or None."""
    try:
        world_bytes, blocks = read_history(raw)
        world = world_module.decode(world_bytes)
        chain = Chain(world) if start is None else beside.restore(world, start)
        expected = beside.Expectations(expect) if expect is not None else None
    except Reject as reject:
        print("not a history of this format: %s" % reject, file=out)
        return 3
    if roots:
        print("%d %s %s" % (chain.height, chain.last_root.hex(),
                            "genesis" if chain.height == 0 else "checkpoint"), file=out)
    same = True
    for block in blocks[chain.height:until]:
        height = chain.height + 1
        try:
            receipts = chain.apply(block)
        except Reject as reject:
            print("%d DIVERGED %s" % (height, reject), file=out)
            return 1
        for sentence in expected.differences(chain, receipts) if expected else []:
            print("%d DIFFERS %s" % (height, sentence), file=out)
            same = False
        if roots:
            print("%d %s ok %d receipts" % (height, chain.last_root.hex(), len(receipts)),
                  file=out)
    for (column, kind, by), count in sorted(expected.classes.items()) if expected else []:
        print("column %s %s %d %s" % (column, kind, count, by), file=out)
    print("blocks %d final root %s" % (chain.height, chain.last_root.hex()), file=out)
    if made is not None:
        made.append(beside.checkpoint(chain))
    return 0 if same else 1


def main():
    parser = argparse.ArgumentParser(description="Replay a history with the model.")
    parser.add_argument("history")
    parser.add_argument("--until", type=int, help="stop after this height")
    parser.add_argument("--roots", action="store_true", help="print every block's state root")
    parser.add_argument("--expect", help="what others observed, to compare with")
    parser.add_argument("--from", dest="start", help="start at this checkpoint")
    parser.add_argument("--checkpoint", help="write a checkpoint after the last block")
    arguments = parser.parse_args()
    if arguments.until is not None and arguments.until < 0:
        parser.error("--until is a height")
    try:
        raw = load(arguments.history)
        expect = load(arguments.expect) if arguments.expect else None
        start = load(arguments.start) if arguments.start else None
    except (OSError, EOFError, zlib.error) as error:
        print("cannot read the input: %s" % error)
        return 3
    made = [] if arguments.checkpoint else None
    code = replay(raw, arguments.until, arguments.roots, expect, start, sys.stdout, made)
    if made:
        with open(arguments.checkpoint, "wb") as file:
            file.write(made[0])
    return code


if __name__ == "__main__":
    sys.exit(main())
