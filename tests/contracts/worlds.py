#!/usr/bin/env python3
"""Runs every *.world.json here, and the mutants of mutants.txt.

  python3 tests/contracts/worlds.py [--plim build/plim]

A world passes when all that it expects came, every invariant held, and its events are those of events.txt. A mutant
is a contract with one mistake; it passes when the sed expression changed something, the contract still compiles and
the named invariant failed in that world (of its first contract, unless the name says CONTRACT.INVARIANT), or, for the
name "expectation", something that the world expects did not come. Ends with "N passed, N failed".
"""
import argparse
import collections
import concurrent.futures
import fractions
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run(plim, world, contracts, *options):
    """Returns (exit code, what was said)."""
    done = subprocess.run([plim, "run", *options, str(world), "--contracts", str(contracts)],
                          capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def said(value):
    """A number without its trailing zeros, or the text."""
    try:
        return str(fractions.Fraction(value))
    except ValueError:
        return value


def read_events():
    """{world: [(block, event, count, fields)]} of events.txt."""
    told = collections.defaultdict(list)
    for line in (HERE / "events.txt").read_text().splitlines():
        if line and line[0] != "#":
            world, block, event, count, fields = (part.strip() for part in line.split(" | "))
            pairs = dict(pair.split("=", 1) for pair in fields.split() if pair != "-")
            told[world].append((int(block), event, int(count), pairs))
    return told


def wrong_events(world, told, wanted):
    """Sentences about events that are not as often there as events.txt says; told: what plim run --json printed."""
    seen = collections.defaultdict(list)
    for block in told["blocks"]:
        for receipt in block["receipts"]:
            seen[block["block"]] += receipt.get("events", [])
    wrong = []
    for block, event, count, fields in wanted[pathlib.Path(world).name.removesuffix(".world.json")]:
        fits = [e for e in seen[block] if e["event"] == event
                and all(field in e and said(e[field]) == said(value) for field, value in fields.items())]
        if len(fits) != count:
            wrong.append(f"block {block}: {len(fits)} events {event} {fields}, not {count}")
    return wrong


def check_world(plim, world):
    code, text = run(plim, world, ROOT / "contracts")
    if code == 0:
        told = json.loads(run(plim, world, ROOT / "contracts", "--json")[1])
        events = wrong_events(world, told, read_events())
        if events:
            return False, f"{world.stem}: {events[:3]}"
    wrong = [line for line in text.splitlines() if line.startswith("DIFFERENT") or "error" in line]
    return code == 0, f"{world.stem}: {text.splitlines()[-2] if code == 0 else wrong[:3] or text[-300:]}"


def check_mutant(plim, line):
    name, file, expression, invariant = (part.strip() for part in line.split(" | "))
    with tempfile.TemporaryDirectory() as top:
        folder = pathlib.Path(top)
        shutil.copytree(ROOT / "contracts", folder / "contracts")
        (folder / "tests" / "contracts").mkdir(parents=True)
        world = folder / "tests" / "contracts" / f"{name}.world.json"
        shutil.copy(HERE / f"{name}.world.json", world)
        source = folder / "contracts" / file
        before = source.read_bytes()
        subprocess.run(["sed", "-i", expression, str(source)], check=True)
        if source.read_bytes() == before:
            return False, f"{line}: changes nothing"
        code, text = run(plim, world, folder / "contracts")
    if invariant == "expectation":
        return code == 1 and "DIFFERENT" in text, f"{line}{'' if code == 1 else ': ' + text[-300:]}"
    if "." not in invariant:
        first = json.loads((HERE / f"{name}.world.json").read_text())["contracts"][0]["name"]
        invariant = f"{first}.{invariant}"
    caught = code == 1 and f"invariant {invariant}\n" in text
    return caught, f"{line}{'' if caught else ': ' + text[-300:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    plim = parser.parse_args().plim
    mutants = [line for line in (HERE / "mutants.txt").read_text().splitlines() if line and line[0] != "#"]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [pool.submit(check_world, plim, world) for world in sorted(HERE.glob("*.world.json"))]
        jobs += [pool.submit(check_mutant, plim, line) for line in mutants]
        for job in jobs:
            ok, text = job.result()
            print(f"{'ok  ' if ok else 'FAIL'} {text}", flush=True)
            passed, failed = passed + ok, failed + (not ok)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
