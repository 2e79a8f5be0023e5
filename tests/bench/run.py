#!/usr/bin/env python3
"""Runs every benchmark and prints one table of ratios.

  python3 tests/bench/run.py [--json] [--build build]

Ratios compare contenders measured in turn within one run; single times depend on the machine.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOALS = (  # (start of the name, at least or at most, goal)
    ("health check, 4 reserves, in registers", "<=", 1.6),
    ("health check, 16 reserves, in registers", "<=", 1.6),
    ("health check, 4 reserves, from state", "<=", 2.0),
    ("health check, 16 reserves, from state", "<=", 2.2),
    ("liquidation amounts", "<=", 1.5),
    ("muldiv, 512-bit product", "<=", 1.5),
    ("loop, acc += i ^ (acc >> 1), against evmone", "<=", 0.69),  # 18 ns
    ("tracing taken away", "<=", 1.02),
    ("oracle signatures", ">=", 0.95),
    ("oracle chainlink-ocr1", ">=", 0.95),
    ("oracle wormhole-vaa", ">=", 0.95),
    ("oracle redstone", ">=", 0.95),
    ("commitment, change 1000 of 1000000", ">=", 0.7),
    ("commitment, change 10000 of 1000000", ">=", 0.7),
    ("commitment, change 100000 of 1000000", ">=", 0.7),
    ("updates, 1 % of 2^20 rows, root", ">=", 1.0),
    ("memory, in use, ", "<=", 1.0),
    ("price update, 10 hits of 10000000", "<=", 3.0),
    ("price sweep, 10 hits of 1000000 ", "<=", 3.0),
    ("replay, compared, besides signatures", ">=", 1.0),
    ("demo history", ">=", 1.0),
)
DEMO = "fixtures/histories/aave-v3-seed-5"
DEMO_GOAL = 2000


def lines_of(program):
    run = subprocess.run([str(program)] + (["--json"] if "state" in program.name else []), cwd=ROOT,
                         capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"bench: {program.name} failed: {run.stderr.strip()[:300]}")
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def demo_row(build):
    """Median blocks per second of the demo history over seven whole replays: start of the process,
    unpacking, signatures, roots and the comparison of every recorded value included."""
    rates = []
    for _ in range(7):
        start = time.perf_counter()
        run = subprocess.run([str(ROOT / build / "plim"), "replay", "--json", DEMO], cwd=ROOT,
                             capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if run.returncode:
            raise SystemExit(f"bench: replay failed: {run.stderr.strip()[:300]}")
        rates.append(json.loads(run.stdout)["blocks"] / seconds)
    rate = sorted(rates)[3]
    return {"name": "demo history, whole process, compared", "value": rate, "unit": "blocks/s",
            "against": f"{DEMO_GOAL} blocks/s", "ratio": rate / DEMO_GOAL}


def machine():
    for line in open("/proc/cpuinfo", encoding="ascii", errors="replace"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def verdict(row):
    for start, direction, goal in GOALS:
        if row["name"].startswith(start):
            ok = row["ratio"] <= goal if direction == "<=" else row["ratio"] >= goal
            return f"{'meets' if ok else 'MISSES'} {direction} {goal:g}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    compiler = subprocess.run([os.environ.get("CC", "gcc"), "--version"], capture_output=True,
                              text=True).stdout.splitlines()[0]
    rows = []
    for program in sorted((ROOT / options.build / "bench").glob("bench_*")):
        rows += lines_of(program)
    rows.append(demo_row(options.build))
    if options.json:
        print(json.dumps({"machine": machine(), "compiler": compiler, "rows": rows}, indent=1))
        return 0
    print(f"{machine()}; {compiler}; medians; contenders in turn")
    for row in rows:
        print(f"  {row['name']:<48} {row['value']:>12.6g} {row['unit']:<12} "
              f"{row['ratio']:>8.3f} x {row['against']:<26} {verdict(row)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
