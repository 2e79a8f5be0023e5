#!/usr/bin/env python3
"""Replays the histories of fixtures/ with every build and compares each block's root with the recorded one.

  python3 tests/golden.py BUILD...            e.g. build build/asan build/limb32
  python3 tests/golden.py --record build      writes fixtures/golden/ anew: only after a semantics change

fixtures/golden/NAME.roots holds one line a block: height, root.  A golden root may change only together
with PL_SEMANTICS_ID.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HISTORIES = ROOT / "fixtures" / "histories"
GOLDEN = ROOT / "fixtures" / "golden"


def roots(build, history):
    run = subprocess.run([str(ROOT / build / "plim"), "replay", "--json", "--roots", str(history)],
                         capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"replay exits {run.returncode}: {run.stderr.strip()[:300]}")
    told = json.loads(run.stdout)
    if told["mismatches"]:
        raise RuntimeError(f"{told['mismatches']} mismatches, first: {told['first_difference']}")
    return "".join(f"{height} {root}\n" for height, root in enumerate(told["roots"], 1))


def main():
    record = "--record" in sys.argv
    builds = [a for a in sys.argv[1:] if not a.startswith("--")] or ["build"]
    names = sorted(p.name for p in HISTORIES.iterdir() if p.is_dir())
    passed = failed = 0
    for name in names:
        for build in builds:
            try:
                found = roots(build, HISTORIES / name)
                file = GOLDEN / f"{name}.roots"
                if record:
                    GOLDEN.mkdir(parents=True, exist_ok=True)
                    file.write_text(found)
                wanted = file.read_text()
                differ = [h for h, (a, b) in enumerate(zip(found.splitlines(), wanted.splitlines()), 1) if a != b]
                if found != wanted:
                    raise RuntimeError(f"first different block: {differ[0] if differ else 'the count of blocks'}")
                passed += 1
                print(f"ok   {build:<14} {name}: {found.count(chr(10))} roots")
            except (RuntimeError, OSError, ValueError, KeyError) as problem:
                failed += 1
                print(f"FAIL {build:<14} {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
