#!/usr/bin/env python3
"""Imports and replays every recorded trace and expects no difference, and that every invariant holds.

  python3 tests/traces.py --data ../shared/data [--plim build/plim] [--keep DIR]

One line a trace; ends with "N passed, N failed". A trace passes when import and replay both exit 0,
every step became a block and was compared, both count the same liquidations, and nothing differed.
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDERS = ("aave-v3", "aave-v3.6", "maker-dss", "morpho-blue", "morpho-blue-acirm", "compound-v2", "compound-v3",
           "liquity-v1")


def count_steps(path):
    with gzip.open(path, "rt") as lines:
        return sum(1 for _ in lines) - 1


def replay(plim, trace, folder):
    """Returns (ok, text)."""
    made = subprocess.run([plim, "import", "evm-trace", str(trace), "-o", folder], capture_output=True, text=True)
    if made.returncode:
        return False, f"import exits {made.returncode}: {made.stderr.strip()[:300]}"
    ran = subprocess.run([plim, "replay", "--json", "--check-invariants", folder], capture_output=True, text=True)
    try:
        told = json.loads(ran.stdout)
    except ValueError:
        return False, f"replay exits {ran.returncode}, no JSON: {ran.stderr.strip()[:300]}"
    steps = count_steps(trace)
    named = re.search(r"\((\d+) liquidations", made.stdout)  # by the trace's calls; replay counts events
    ok = (ran.returncode == 0 and told["mismatches"] == 0 and told["blocks"] >= steps
          and told["compared"] > 100 * steps and named is not None and int(named[1]) == told["liquidations"])
    return ok, (f"{told['blocks']} blocks {told['liquidations']:>3} liquidations {told['reverts']:>3} reverts "
                f"{told['compared']:>7} compared {told['mismatches']} mismatches root {told['final_root'][:16]}"
                + ("" if ok else f" first difference: {told['first_difference']}"))


def replay_ocr(plim, data, folder):
    """Captured Chainlink transmissions, with the reads of latestAnswer beside them; the same two values."""
    made = subprocess.run([plim, "import", "ocr-transmits", str(data / "ocr_transmits.json.gz"), "--calls",
                           str(data / "liquidation_calls.json.gz"), "-o", folder], capture_output=True, text=True)
    if made.returncode:
        return False, f"import exits {made.returncode}: {made.stderr.strip()[:300]}"
    ran = subprocess.run([plim, "replay", "--json", "--check-invariants", folder], capture_output=True, text=True)
    told = json.loads(ran.stdout or "{}")
    wanted = ("12 blocks, 70 feeds, 43 reports accepted, 3 refused as replays; 52 reverted",
              "612 of 612 signatures recover, 3 of 3 calls")
    ok = (ran.returncode == 0 and told["mismatches"] == 0 and told["blocks"] == 12 and told["compared"] == 285
          and all(text in made.stdout for text in wanted))
    return ok, made.stdout.replace("\n", "; ") + ran.stderr[:300]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--plim", default="build/plim")
    parser.add_argument("--keep", help="keep the imported histories below this folder")
    options = parser.parse_args()
    traces = [p for f in FOLDERS for p in sorted(pathlib.Path(options.data, "evm-traces", f).glob("*.jsonl.gz"))]
    top = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="plimsoll-traces-"))
    passed = failed = 0

    def one(trace):
        folder = top / trace.parent.name / trace.name.removesuffix(".jsonl.gz")
        folder.parent.mkdir(parents=True, exist_ok=True)
        return replay(options.plim, trace, str(folder))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for trace, (ok, text) in zip(traces, pool.map(one, traces)):
            print(f"{'ok  ' if ok else 'FAIL'} {trace.parent.name}/{trace.name:<18} {text}", flush=True)
            passed, failed = passed + ok, failed + (not ok)
    transmits = pathlib.Path(options.data, "evm-liquidation-traces")
    if (transmits / "ocr_transmits.json.gz").is_file():
        ok, text = replay_ocr(options.plim, transmits, str(top / "ocr-transmits"))
        print(f"{'ok  ' if ok else 'FAIL'} ocr-transmits {text}", flush=True)
        passed, failed = passed + ok, failed + (not ok)
    if not options.keep:
        shutil.rmtree(top)
    if not traces:
        print(f"no traces below {options.data}/evm-traces")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
