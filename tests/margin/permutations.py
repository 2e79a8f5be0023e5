#!/usr/bin/env python3
"""What may come in another order, and leaves the state root as it was.

  python3 tests/margin/permutations.py [--plim build/plim] [--worlds 40] [--seed 1] [--jobs 2]

For each seed a tape of tests/margin/crashes.py whose fills have disjoint pairs of accounts, so that they commute. The
same root, bit for bit, is asked of:

  set-up     the first block, its calls in every order that keeps what must come first (a market before its rules, an
             account before its money)
  block      a later block: fills, deposits and collateral in any order
  tables     a world of tests/margin/books.py, its tables and their rows written in any order: all blocks
  crowd      300 positions opened in one block in two orders (tests/margin/storm.py)
  replays    1, 2 and 7 replays of the written history at once: each has every root of the run

The state holds the id of the world, of which the labels of accounts are a part in their order, and the hash of the
block before, which knows the order of its calls: by that row of the system later roots differ. There every row of
every contract at the end of the tape must be the same:

  rows       labels, set-up and all blocks between crashes permuted, and all the liquidations after them

By nature not the same root, but the same balances, layers, positions and events of the waterfall, up to names:

  numbers    markets, assets, feeds and models under other numbers: numbers are keys and stand in rows
  names      accounts under other names in the same order: names are keys. In another order not even the balances are
             the same, for ties of a ranking and remainders go by name

Not asked, because the order decides: liquidations (who comes first gets the fund), fills of one account that open and
close (what closes takes its share of the cost, rounded), a fill that empties a market before one that opens it anew
(the funding clock starts again), withdrawals. Ends with "N passed, N failed".
"""
import contextlib
import copy
import json
import multiprocessing
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests.margin import books, storm  # noqa: E402
from tests.margin.crashes import TRADERS, Tape, arguments, told_events  # noqa: E402
from tests.margin.storm import call  # noqa: E402

REPLAYS = (1, 2, 7)


class Calm(Tape):
    """The fills of a block are between disjoint pairs; who has no pair puts in money or coins."""
    rich = (5, 8)  # enough for all that is paid into the funds

    def fills(self):
        rng, market = self.rng, self.rng.randrange(2)
        free = [a for a in self.accounts if self.isolated.get(a, market) == market]
        rng.shuffle(free)
        mark, out = self.prices[f"m{market}"], []
        while len(free) > 1:
            size = rng.choice((-1, 1)) * 10 ** rng.uniform(2, 5) / mark
            out.append(call("operator", "fill", market, free.pop(), free.pop(), f"{size:.9f}", f"{mark:.8f}"))
        out += [call("admin", "deposit", who, self.amount(0, 3, 6)) for who in free for _ in range(2)]
        out += [call(who, "deposit_collateral", who, 0, self.amount(-4, -1, 9)) for who in free if who in TRADERS]
        return out


# ---- permutations with the same root ----

def claims(c):
    """What a set-up call touches: (thing, whether it must keep its place among all that touch it)."""
    name, args = c["call"].split(".")[1], c["args"]
    if name in ("open_ladder", "add_tier"):
        return [(("ladder", args[0]), True)]
    if name == "list_market":
        return [(("market", args[0]), True)]
    if name.startswith("set_") and name != "set_asset":
        return [(("market", args[0]), False)]
    if name == "set_asset":
        return [(("asset", args[0]), True)]
    if name == "open_account":
        return [(("account", storm.sub_account(c["from"], args[0])), True)]
    if name == "pay_into_fund":
        return [(("account", c["from"]), False), (("market", args[0]), False)]
    if name == "deposit_collateral":
        return [(("account", args[0]), False), (("asset", args[1]), False)]
    return [(("account", args[0]), args[0] == "rich")]


def other_order(rng, calls):
    """A random order of set-up calls that keeps each before the others that need it."""
    before = {n: {m for m in range(n) for thing, first in claims(calls[m]) for other, second in claims(calls[n])
                  if thing == other and (first or second)} for n in range(len(calls))}
    out, left = [], set(before)
    while left:
        n = rng.choice(sorted(n for n in left if not before[n] & left))
        out.append(calls[n])
        left.remove(n)
    return out


def shuffled(rng, items):
    out = list(items)
    rng.shuffle(out)
    return out


def with_set_up(rng, world):
    world["blocks"][0]["calls"] = other_order(rng, world["blocks"][0]["calls"])


def with_block(rng, world, n):
    """The last three calls of a block are not fills and stay where they are."""
    calls = world["blocks"][n]["calls"]
    world["blocks"][n]["calls"] = shuffled(rng, calls[:-3]) + calls[-3:]


def with_labels(rng, world):
    world["accounts"] = shuffled(rng, world["accounts"])


def with_tables(rng, world):
    for contract in world["contracts"]:
        if "tables" in contract:
            contract["tables"] = {t: shuffled(rng, rows) for t, rows in shuffled(rng, contract["tables"].items())}


def same_root(plim, contracts, folder, tape, world, first):
    """Yields (name, whether the root of the block, or of all, is that of the first run)."""
    roots = [b["state_root"] for b in first["blocks"]]
    for n in range(2):
        rng = random.Random(f"{world['name']} {n}")
        block = rng.choice(tape.calm)
        for name, at, change in (("set-up", 0, with_set_up), ("block", block, lambda r, w: with_block(r, w, block))):
            changed = copy.deepcopy(world)
            change(rng, changed)
            told = plim_run(plim, contracts, folder, changed)
            yield f"{name}, order {n}", told["blocks"][at]["state_root"] == roots[at]


def same_rows(plim, contracts, folder, tape, world):
    rng, changed = random.Random(world["name"]), copy.deepcopy(world)
    with_labels(rng, changed)
    with_set_up(rng, changed)
    for n in tape.calm:
        with_block(rng, changed, n)
    plim_run(plim, contracts, folder, changed, "-o", f"{folder}/other")
    yield "rows", rows(plim, f"{folder}/other") == rows(plim, f"{folder}/run")


def rows(plim, folder):
    """Every row of every contract after the last block."""
    subprocess.run([plim, "replay", "--quiet", folder, "--archive", f"{folder}.db"], check=True, capture_output=True)
    with contextlib.closing(sqlite3.connect(f"{folder}.db")) as archive:
        names = [n for n, in archive.execute("select name from sqlite_master where type = 'table'") if "." in n]
        return {n: sorted(archive.execute(f'select * from "{n}"')) for n in names}


# ---- permutations up to names ----

def with_numbers(world):
    """Market 0 is 7 and market 1 is 3, asset 0 is 5, feeds run backwards, models change places."""
    market, feed = {0: 7, 1: 3}, {0: 3, 1: 2, 2: 1, 3: 0}
    world["contracts"][1:] = reversed(world["contracts"][1:])
    world["feeds"].reverse()
    places = {"list_market": 0, "set_fees": 0, "set_liquidation": 0, "set_funding": 0, "set_reward": 0,
              "pay_into_fund": 0, "fill": 0, "fund": 0, "open_ladder": 0, "add_tier": 0, "collect_funding": 1,
              "settle": 1, "liquidate": 1, "open_account": 2, "fund_of": 0, "absorbed": 0, "position": 1}
    for block in world["blocks"]:
        for c in [*block.get("calls", ()), *block["ask"]]:
            name, args = (c.get("call") or c["view"]).split(".")[1], c["args"]
            if name in places:
                args[places[name]] = market.get(args[places[name]], args[places[name]])
            if name == "list_market":
                args[1:3] = [feed[args[1]], 5 - args[2]]
            if name == "set_funding":
                args[1] = feed[args[1]]
            if name == "set_asset":
                args[:2] = [5, feed[args[1]]]
            if name in ("deposit_collateral", "withdraw_collateral"):
                args[1] = 5
    return {"7": 0, "3": 1}, {}


def with_names(world):
    """ann is called annx, and so on: the order of names stays."""
    names = {t: t + "x" for t in TRADERS}
    names |= {storm.sub_account(t, n): storm.sub_account(new, n) for t, new in list(names.items()) for n in (1, 2)}
    world["accounts"] = [names.get(a, a) for a in world["accounts"]]
    for block in world["blocks"]:
        for c in [*block.get("calls", ()), *block["ask"]]:
            c["args"] = [names.get(a, a) for a in c["args"]]
            if "from" in c:
                c["from"] = names.get(c["from"], c["from"])
    return {}, {new: old for old, new in names.items()}


UP_TO_NAMES = {"numbers": with_numbers, "names": with_names}


def facts(told, market, names):
    """Outcomes, events of the waterfall and answers, in the names of the first run."""
    out = []
    for block in told["blocks"]:
        events = []
        for receipt in block["receipts"]:
            if receipt["kind"] != "transaction":
                continue
            for e in receipt.get("events", []):
                for key, value in list(e.items()):
                    e[key] = names.get(value, value)
                if "market" in e:
                    e["market"] = market.get(e["market"], e["market"])
                if e["event"] == "CollateralSold":
                    e["asset"] = "0"
            events.append((receipt["function"], receipt["status"], told_events(receipt)))
        out.append((events, [a.get("result", a["outcome"]) for a in block["asked"]]))
    return out


# ---- running ----

def plim_run(plim, contracts, folder, world, *more):
    file = pathlib.Path(folder) / f"{world['name']}.world.json"
    file.write_text(json.dumps(world))
    done = subprocess.run([plim, "run", "--json", str(file), "--contracts", str(contracts), *more],
                          capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1):
        raise ValueError(done.stderr.strip()[:300])
    told = json.loads(done.stdout)
    if told["differences"]:
        raise ValueError(f"{world['name']}: {told['differences'][0]}")
    return told


def replays(plim, folder, roots):
    """Several processes at once, each from the written history."""
    for count in REPLAYS:
        started = [subprocess.Popen([plim, "replay", "--quiet", "--json", "--roots", folder], stdout=subprocess.PIPE,
                                    text=True) for _ in range(count)]
        told = [json.loads(process.communicate(timeout=300)[0]) for process in started]
        yield f"{count} replays", all(t["roots"] == roots for t in told)


def same_facts(plim, contracts, folder, world, first):
    wanted = facts(copy.deepcopy(first), {}, {})
    for name, change in UP_TO_NAMES.items():
        changed = copy.deepcopy(world)
        back = change(changed)
        yield name, facts(plim_run(plim, contracts, folder, changed), *back) == wanted


def one_tape(seed, plim, contracts):
    with tempfile.TemporaryDirectory() as folder:
        tape = Calm(seed)
        world = tape.world(os.path.relpath(contracts, folder))
        first = plim_run(plim, contracts, folder, world, "-o", f"{folder}/run")
        return [*same_root(plim, contracts, folder, tape, world, first),
                *same_rows(plim, contracts, folder, tape, world), *same_facts(plim, contracts, folder, world, first),
                *replays(plim, f"{folder}/run", [b["state_root"] for b in first["blocks"]])]


def tables_and_crowd(seed, plim, contracts):
    with tempfile.TemporaryDirectory() as folder:
        above = os.path.relpath(contracts, folder)
        file = pathlib.Path(folder, "books.world.json")
        books.World(seed).write(file, above)
        world = json.loads(file.read_text())
        for block in world["blocks"]:
            block.pop("ask", None)
        roots = {plim_run(plim, contracts, folder, world)["final_root"]}
        for n in range(2):
            with_tables(random.Random(f"{seed} rows {n}"), world)
            roots.add(plim_run(plim, contracts, folder, world)["final_root"])
        crowds = {plim_run(plim, contracts, folder, storm.crowd(s, above))["blocks"][0]["state_root"]
                  for s in (seed, -seed)}
    return [("tables", len(roots) == 1), ("crowd", len(crowds) == 1)]


def run(job):
    """(passed, sentences about what failed) of one seed."""
    work, seed, plim, contracts = job
    try:
        done = work(seed, plim, contracts)
    except ValueError as problem:
        done = [(str(problem), False)]
    bad = [f"seed {seed}: {name}: not the same" for name, same in done if not same]
    return len(done) - len(bad), bad


def main():
    options = arguments(__doc__, 40)
    seeds = range(options.seed, options.seed + options.worlds)
    jobs = [(one_tape, s, options.plim, options.contracts) for s in seeds]
    jobs += [(tables_and_crowd, *job[1:]) for job in jobs[:max(len(jobs) // 20, 1)]]
    passed = failed = 0
    with multiprocessing.Pool(options.jobs) as pool:
        for good, bad in pool.imap(run, jobs):
            passed, failed = passed + good, failed + len(bad)
            for line in bad[:3] if failed <= 20 else []:
                print("FAIL", line)
    print(f"seeds {options.seed} to {options.seed + options.worlds - 1}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
