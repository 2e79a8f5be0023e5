#!/usr/bin/env python3
"""The published brackets of a venue's perpetuals as ladders of contracts/models/tier_ladder.plim.

  python3 tests/margin/brackets.py [--plim build/plim] [--data ../shared/data]

Data: params/binance_leverage_tiers.csv.gz of the data folder; without it nothing is checked and that is said. For each
bracket: its `cum` is the sum of floor * (rate - rate before); the contract takes it; it refuses a cum one unit more or
less. At each edge: what the contract asks one unit of notional before, at and after it is the slices at their own
rates, rounded up, so that maintenance has no jump. Ends with "N passed, N failed".
"""
import argparse
import csv
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests.margin.exact import UNIT, Ladder, Tier, deductions  # noqa: E402

PER_BLOCK = 4000  # calls or views


def read(file):
    """Brackets by symbol, in order."""
    ladders = {}
    with gzip.open(file, "rt", newline="") as text:
        for row in csv.DictReader(text):
            ladders.setdefault(row["symbol"], []).append(row)
    for symbol, rows in ladders.items():
        if [int(r["tier"]) for r in rows] != list(range(1, len(rows) + 1)):
            raise ValueError(f"{symbol}: tiers are not 1, 2, ..")
    return ladders


def tier_of(row):
    return Tier(Fraction(row["notional_floor"]), Fraction(row["maint_margin_ratio"]),
                1 / Fraction(row["max_leverage"]))


def call(market, row, cum, expect):
    return {"from": "admin", "call": "ladders.add_tier", "expect": expect,
            "args": [market, row["notional_floor"], row["notional_cap"], row["maint_margin_ratio"], "0",
                     int(float(row["max_leverage"])), cum]}


def calls_of(market, rows):
    yield {"from": "admin", "call": "ladders.open_ladder", "args": [market, "cumulative"], "expect": "OK"}
    for row in rows:
        cum = Fraction(row["cum"])
        for wrong in (cum + UNIT, cum - UNIT):
            if wrong >= 0:
                yield call(market, row, decimal(wrong), "LadderJumps")
        yield call(market, row, row["cum"], "OK")


def decimal(value):
    units = value / UNIT
    return f"{units // 10**6}.{int(units % 10**6):06d}"


def asks_of(market, rows):
    """One unit of notional before, at and after each edge: a size of that many units at a price of 0.001."""
    ladder = Ladder("cumulative", [tier_of(r) for r in rows])
    for tier in ladder.tiers[1:]:
        for notional in (tier.floor - UNIT, tier.floor, tier.floor + UNIT):
            initial, maintenance = (-(-x // UNIT) * UNIT for x in ladder.requirement(notional, 0))
            yield {"view": "ladders.requirement", "args": [market, decimal(notional * 1000), "0.001"],
                   "expect": [decimal(initial), decimal(maintenance)]}


def world_of(ladders, source):
    calls = [c for market, rows in enumerate(ladders.values()) for c in calls_of(market, rows)]
    asks = [a for market, rows in enumerate(ladders.values()) for a in asks_of(market, rows)]
    blocks = [{"after_s": 1, "calls": calls[n:n + PER_BLOCK]} for n in range(0, len(calls), PER_BLOCK)]
    blocks += [{"after_s": 1, "ask": asks[n:n + PER_BLOCK]} for n in range(0, len(asks), PER_BLOCK)]
    world = {"name": "brackets", "time_s": 1700000000, "accounts": ["admin"], "blocks": blocks,
             "contracts": [{"name": "ladders", "source": source}]}
    return world, len(calls) + len(asks)


def check_cum(ladders):
    """(good, sentences): the column `cum` against its rule, and no jump at any edge."""
    good, bad = 0, []
    for symbol, rows in ladders.items():
        tiers = [tier_of(r) for r in rows]
        made = deductions(tiers)
        for n, (row, tier, cum) in enumerate(zip(rows, tiers, made)):
            jump = n and tier.floor * (tier.maintenance - tiers[n - 1].maintenance) - (cum - made[n - 1])
            if Fraction(row["cum"]) != cum or jump != 0:
                bad.append(f"{symbol} tier {row['tier']}: cum {row['cum']}, by its rule {float(cum)}")
            else:
                good += 1
    return good, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--contracts", default=str(ROOT / "contracts"))
    parser.add_argument("--data", default="../shared/data")
    options = parser.parse_args()
    file = pathlib.Path(options.data, "params", "binance_leverage_tiers.csv.gz")
    if not file.is_file():
        print(f"note: {file} is not there; no brackets are checked")
        return 0
    ladders = read(file)
    good, bad = check_cum(ladders)
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.relpath(pathlib.Path(options.contracts, "models", "tier_ladder.plim"), folder)
        world, count = world_of(ladders, source)
        path = pathlib.Path(folder, "brackets.world.json")
        path.write_text(json.dumps(world))
        done = subprocess.run([options.plim, "run", "--json", str(path), "--contracts", options.contracts],
                              capture_output=True, text=True, timeout=900)
    if done.returncode not in (0, 1):
        bad.append(done.stderr.strip()[:300])
    else:
        differences = json.loads(done.stdout)["differences"]
        good += count - len(differences)
        bad += [json.dumps(d) for d in differences]
    for line in bad[:10]:
        print("FAIL", line)
    print(f"{sum(map(len, ladders.values()))} brackets of {len(ladders)} ladders")
    print(f"{good} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
