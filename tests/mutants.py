#!/usr/bin/env python3
"""Contracts with one mistake each, and what notices it: tests/mutants/NAME.json.

  python3 tests/mutants.py [--data ../shared/data] [--plim build/plim] [--only WORD]
  python3 tests/mutants.py --flips [--sample N --seed S] [--long] [--only WORD]    mistakes made by rule: tests/flips.py

An entry is {"name", "file", "old", "new", "trace", "caught_by"}: in a copy of contracts/, `old` (which stands once in
`file`) becomes `new`; the trace is imported and replayed. caught_by names the invariant that must be the first to fail,
or is "difference": then a recorded number must differ. A trace is a file below the project or, as "aave-v3/seed-5", of
the data folder; without that folder the entry is left out and said so. The unchanged contracts must pass on every trace
named here. Ends with "N passed, N failed".

--flips prints a table: what was changed where, and which judge killed it. It fails for one that survives without a
reason in tests/mutants/equivalent.txt, for one of that file that is killed, and for a line of it that names none.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import queue
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests import flips  # noqa: E402

CONTRACTS = ROOT / "contracts"


def find_trace(data, name):
    """The file of a trace, or None where the data folder is not there."""
    inside = ROOT / name
    if inside.is_file():
        return inside
    file = pathlib.Path(data, "evm-traces", f"{name}.jsonl.gz")
    if pathlib.Path(data, "evm-traces").is_dir() and not file.is_file():
        raise FileNotFoundError(f"no trace {name}")
    return file if file.is_file() else None


def verdict(plim, contracts, trace, folder, expectations):
    """(exit code, first difference) of a replay under these contracts; an import that fails is an error."""
    made = subprocess.run([plim, "import", "evm-trace", str(trace), "-o", folder, "--contracts", str(contracts)],
                          capture_output=True, text=True, timeout=600)
    if made.returncode:
        raise RuntimeError(f"import exits {made.returncode}: {made.stderr.strip()[:300]}")
    options = ["--json", "--quiet", *([] if expectations else ["--no-expect", "--check-invariants"])]
    ran = subprocess.run([plim, "replay", folder, *options], capture_output=True, text=True, timeout=600)
    return ran.returncode, json.loads(ran.stdout)["first_difference"]


def check_clean(plim, trace):
    with tempfile.TemporaryDirectory() as top:
        for expectations in (True, False):
            code, first = verdict(plim, CONTRACTS, trace, os.path.join(top, "out"), expectations)
            if code:
                raise RuntimeError(f"the contracts as they are differ: {first}")
    return f"unchanged: {trace.name}"


def check_mutant(plim, entry, trace):
    with tempfile.TemporaryDirectory() as top:
        contracts = pathlib.Path(top, "contracts")
        shutil.copytree(CONTRACTS, contracts)
        source = contracts / entry["file"]
        text = source.read_text()
        if text.count(entry["old"]) != 1:
            raise RuntimeError(f"`old` stands {text.count(entry['old'])} times in {entry['file']}, not once")
        source.write_text(text.replace(entry["old"], entry["new"]))
        difference = entry["caught_by"] == "difference"
        code, first = verdict(plim, contracts, trace, os.path.join(top, "out"), difference)
    if code != 1:
        raise RuntimeError(f"nothing noticed it; expected {entry['caught_by']}")
    where = first["where"]
    if not difference and where.split(".", 1)[-1] != entry["caught_by"]:
        raise RuntimeError(f"{where} failed first, not {entry['caught_by']}")
    return f"{entry['name']}: block {first['block']}, {where}"


def jobs_of(options):
    """Yields (label, function, arguments)."""
    traces = {}
    for file in sorted((ROOT / "tests" / "mutants").glob("*.json")):
        for entry in json.loads(file.read_text()):
            if options.only not in f"{file.stem} {entry['name']}":
                continue
            trace = traces.setdefault(entry["trace"], find_trace(options.data, entry["trace"]))
            if trace is None:
                print(f"note: left out, no {entry['trace']}: {file.stem}: {entry['name']}")
            else:
                yield f"{file.stem}: {entry['name']}", check_mutant, (options.plim, entry, trace)
    for name, trace in sorted(traces.items()):
        if trace is not None:
            yield name, check_clean, (options.plim, trace)


# ---- mistakes made by rule ----


def verdict_of_flip(benches, flip, known):
    """(whether it is as it should be, killer or None, sentence)."""
    bench = benches.get()
    try:
        killer = bench.killer(flip)
    finally:
        benches.put(bench)
    reason = known.get(flips.key_of(flip))
    if killer is None:
        fate = f"survives: {reason}" if reason else "SURVIVES"
    else:
        fate = f"{killer}, but equivalent.txt says: {reason}" if reason else killer
    where = f"{flip.file}:{flip.line}"
    return (killer is None) == (reason is not None), killer, f"{where:<36} {flip.change:<12} {flip.source}  [{fate}]"


def run_flips(options):
    """Gives (passed, failed)."""
    known, made = flips.read_equivalent(), list(flips.flips())
    strays = set(known) - {flips.key_of(flip) for flip in made}
    made = [flip for flip in made if options.only in flips.key_of(flip)]
    if options.sample and options.sample < len(made):
        made = random.Random(options.seed).sample(made, options.sample)
    passed, table, workers = 0, collections.defaultdict(collections.Counter), os.cpu_count() or 1
    benches = queue.SimpleQueue()
    with tempfile.TemporaryDirectory() as top, concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for n in range(workers):
            benches.put(flips.Bench(os.path.join(top, str(n)), options.plim, options.long))
        first = benches.get()
        if first.first_to_fail():
            raise SystemExit(f"the contracts as they are fail: {first.first_to_fail()}")
        benches.put(first)
        for flip, job in [(f, pool.submit(verdict_of_flip, benches, f, known)) for f in made]:
            good, killer, text = job.result()
            print(f"{'ok  ' if good else 'FAIL'} {text}", flush=True)
            passed += good
            table[flip.file][flip.kind] += 1
            table[flip.file]["killed" if killer else "survive"] += 1
    for line in strays:
        print(f"FAIL equivalent.txt names no flip: {line}")
    columns = ("compare", "round", "extreme", "order", "step", "killed", "survive")
    print(f"{'':<36}" + "".join(f"{c:>9}" for c in columns))
    for file, row in [*sorted(table.items()), ("all", sum(table.values(), collections.Counter()))]:
        print(f"{file:<36}" + "".join(f"{row[c]:>9}" for c in columns))
    return passed, len(made) - passed + len(strays)


def run_entries(options):
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for label, job in [(label, pool.submit(check, *args)) for label, check, args in jobs_of(options)]:
            try:
                print(f"ok   {job.result()}", flush=True)
                passed += 1
            except (RuntimeError, OSError, ValueError, KeyError, TypeError) as problem:
                print(f"FAIL {label}: {problem}", flush=True)
                failed += 1
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--only", default="", help="only entries whose file or name contains the word")
    parser.add_argument("--flips", action="store_true", help="mistakes made by rule instead")
    parser.add_argument("--sample", type=int, default=0, help="only so many flips")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--long", action="store_true", help="more random books and days as judges of flips")
    options = parser.parse_args()
    passed, failed = run_flips(options) if options.flips else run_entries(options)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
