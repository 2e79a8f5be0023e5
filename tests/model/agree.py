#!/usr/bin/env python3
"""The Python model and the C core must agree: same verdicts, same roots.

  python3 tests/model/agree.py [--programs N] [--seed S] [--plim build/plim] [--histories N]
                               [--core build/storm/agree]

1. Random worlds, contracts and blocks from the model (spec/model/random_programs.py): the C replay must reach the
   same height and state root and, where the model broke the last block on purpose, refuse it.
2. Random valid and damaged containers: accepted by both or by neither.
3. The same files, histories made by hand for limits, damaged worlds, and readings of reports that a feed
   judges, on the bare library (tests/storm/agree.c).
4. The histories of fixtures/: the model replays them and must find every recorded root.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARD = 100


def generate(job):
    """Writes one shard of random histories and containers; returns its folder."""
    folder, seed, count = job
    corners = ["--corners"] if seed % 1000 == 0 else []
    subprocess.run([sys.executable, "-m", "spec.model.random_programs", "--count", str(count), "--containers",
                    str(count), "--worlds", str(count), "--policy", str(30 * count), "--seed", str(seed),
                    "--out", folder] + corners,
                   cwd=ROOT, check=True)
    return folder


def compare_history(plim, folder, line):
    """None, or what differs."""
    name, height, root, verdict = line.split()
    run = subprocess.run([plim, "replay", "--json", f"{folder}/{name}"], capture_output=True, text=True)
    try:
        told = json.loads(run.stdout)
    except ValueError:
        told = None
    if told is None:
        return None if verdict != "OK" and run.returncode == 3 else f"{folder}/{name}: {run.stderr.strip()[:200]}"
    found = (told["blocks"], told["final_root"], run.returncode == 0)
    wanted = (int(height), root, verdict == "OK")
    if found != wanted:
        return f"{folder}/{name}: C says {found}, the model {wanted} {verdict}; {told.get('first_difference')}"
    if verdict != "OK" and verdict not in json.dumps(told) + run.stderr:
        return f"{folder}/{name}: refused by both, but not by {verdict}: {told.get('first_difference')}"
    return None


def compare_container(plim, folder, line):
    name, verdict, _ = line.split()
    run = subprocess.run([plim, "disasm", f"{folder}/code/{name}"], capture_output=True, text=True)
    if (run.returncode == 0) != (verdict == "OK"):
        return f"{folder}/code/{name}: C exits {run.returncode}, the model says {verdict}; {run.stderr.strip()[:200]}"
    return None


def compare_core(core, folder):
    """None, or what the bare library finds different in a whole shard."""
    run = subprocess.run([core, folder], capture_output=True, text=True)
    return None if run.returncode == 0 else f"{run.stdout[-2000:]} {run.stderr[-500:]}"


def compare_fixture(name):
    """The model's roots of one shipped history against the recorded ones."""
    history = next((ROOT / "fixtures/histories" / name).glob("history.plh*"))
    run = subprocess.run([sys.executable, "-m", "spec.model.replay", "--roots", str(history)], cwd=ROOT,
                         capture_output=True, text=True)
    found = [line.split()[:2] for line in run.stdout.splitlines() if " ok " in line]
    wanted = [line.split() for line in (ROOT / "fixtures/golden" / f"{name}.roots").read_text().splitlines()]
    if run.returncode != 0 or found != wanted:
        return f"{name}: {run.stdout.splitlines()[-1:]} {run.stderr[-300:]}"
    return None


def tally(what, problems):
    problems = list(problems)
    bad = [p for p in problems if p]
    for problem in bad[:10]:
        print(f"FAIL {problem}")
    print(f"{what}: {len(problems) - len(bad)} agree, {len(bad)} differ", flush=True)
    return len(problems) - len(bad), len(bad)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plim", default="build/plim")
    parser.add_argument("--core", default="build/storm/agree")
    parser.add_argument("--histories", type=int, default=99, help="replay at most this many shipped histories")
    options = parser.parse_args()
    fixtures = sorted(p.name for p in (ROOT / "fixtures/histories").iterdir() if p.is_dir())[:options.histories]
    results = []
    with tempfile.TemporaryDirectory(prefix="plimsoll-agree-") as top, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [(f"{top}/{i}", options.seed * 1000 + i, min(SHARD, options.programs - i * SHARD))
                for i in range((options.programs + SHARD - 1) // SHARD)]
        folders = list(pool.map(generate, jobs))
        lines = [(f, line) for f in folders for line in pathlib.Path(f, "index.txt").read_text().splitlines()]
        results.append(tally("random histories", pool.map(lambda x: compare_history(options.plim, *x), lines)))
        lines = [(f, line) for f in folders for line in pathlib.Path(f, "code/index.txt").read_text().splitlines()]
        results.append(tally("containers", pool.map(lambda x: compare_container(options.plim, *x), lines)))
        results.append(tally("shards on the bare library", pool.map(lambda f: compare_core(options.core, f), folders)))
        results.append(tally("shipped histories", pool.map(compare_fixture, fixtures)))
    passed, failed = sum(r[0] for r in results), sum(r[1] for r in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
