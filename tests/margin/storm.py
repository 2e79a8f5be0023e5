#!/usr/bin/env python3
"""Random days of a venue: every invariant after every block, and no call that fails without a name.

  python3 tests/margin/storm.py [--plim build/plim] [--worlds 6] [--seed 1]

Each world has three markets (one dated), two collateral assets, isolated and cross sub-accounts, random fees,
partial liquidations, rankings, thin insurance funds and marks that jump by up to 40 %, so that every layer of the
waterfall is reached. A refused call must name an error of a contract; OVERFLOW, CAST and their like are failures. A
crowd follows: 300 positions, opened in two random orders, against one that is bankrupt, more than one call may
close. Ends with "N passed, N failed".
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAPS = ("OVERFLOW", "CAST", "DIV_BY_ZERO", "OUT_OF_GAS", "STACK", "INDEX", "MISSING_ROW", "NO_PRICE", "REENTRANT",
         "UNREACHABLE", "EVENT_LIMIT", "WRITE_LIMIT", "INVARIANT", "DOMAIN")
OWNERS = ["ann", "ben", "cat", "dan", "eve", "fay"]
LAYERS = ("own", "market_fund", "global_fund", "deleveraging", "socialised", "unpaid")
START = 1700000000
GLOBAL_FUND = 2**32 - 1


def sub_account(owner, number):
    return "0x" + (owner.encode().ljust(30, b"\0") + number.to_bytes(2, "big")).hex()


def call(who, name, *args):
    return {"from": who, "call": f"perp.{name}", "args": list(args)}


def world_frame(name, contracts, accounts, feeds, blocks):
    return {"name": name, "time_s": START, "tx_gas_max": 2**34, "accounts": accounts, "feeds": feeds, "blocks": blocks,
            "contracts": [{"name": "perp", "source": f"{contracts}/perp.plim"},
                          {"name": "ladders", "source": f"{contracts}/models/tier_ladder.plim"},
                          {"name": "flat", "source": f"{contracts}/models/flat_rate.plim"}]}


class Day:
    """Draws calls; keeps nothing but the marks, so that many calls are refused for good reasons."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.prices = {"m0": 50000.0, "m1": 1500.0, "m2": 2.0, "premium": 0.0}
        self.accounts = OWNERS + [sub_account(o, n) for o in OWNERS for n in (1, 2)]

    def setup(self):
        rng, calls = self.rng, []
        for ladder, form in ((0, "cumulative"), (1, "step")):
            calls.append({"from": "admin", "call": "ladders.open_ladder", "args": [ladder, form]})
            for floor, cap, rate, leverage, cum in ((0, 50000, "0.01", 50, 0), (50000, 250000, "0.02", 25, 500),
                                                    (250000, 10**7, "0.05", 10, 8000)):
                calls.append({"from": "admin", "call": "ladders.add_tier", "expect": "OK",
                              "args": [ladder, str(floor), str(cap), rate, "0", leverage,
                                       str(cum if form == "cumulative" else 0)]})
        kinds = ((2, "perpetual", 0), (2, "perpetual", 0), (3, "dated", START + 9000))
        for m, (model, kind, expiry) in enumerate(kinds):
            calls += [call("admin", "list_market", m, m, model, kind, expiry),
                      call("admin", "set_fees", m, rng.choice(("0", "0.0002")), rng.choice(("0", "0.0005"))),
                      call("admin", "set_liquidation", m, rng.choice(("0", "0.005", "0.02")),
                           rng.choice(("whole", "factor", "target")), rng.choice(("0.1", "0.333333333")),
                           rng.choice(("0", "0.66")), rng.random() < 0.5,
                           rng.choice(("profit_leverage", "profit", "leverage", "size"))),
                      call("admin", "set_funding", m, 3, "0.0001", "0.0005", rng.choice(("0", "0.01")), 600)]
        calls += [call("admin", "set_asset", 0, 0, "0.1"), call("admin", "set_asset", 1, 1, "0.25")]
        for n, owner in enumerate(OWNERS):
            calls += [call(owner, "deposit", owner, str(rng.randint(50, 20000))),
                      call(owner, "open_account", 1, "isolated", n % 3), call(owner, "open_account", 2, "cross", 0),
                      call("admin", "deposit", sub_account(owner, 1), str(rng.randint(50, 2000))),
                      call("admin", "deposit", sub_account(owner, 2), str(rng.randint(50, 20000)))]
        calls += [call("rich", "deposit", "rich", "100000000"),
                  call("rich", "pay_into_fund", 0, str(rng.randint(1, 3000))),
                  call("rich", "pay_into_fund", GLOBAL_FUND, str(rng.randint(1, 3000)))]
        return calls

    def amount(self, low, high, places):
        return f"{self.rng.uniform(low, high):.{places}f}"

    def draw(self):
        rng, market = self.rng, self.rng.randrange(3)
        who, other = rng.sample(self.accounts, 2)
        owner = rng.choice(OWNERS)
        mark = self.prices[f"m{market}"]
        kind = rng.choices(("fill", "money", "coins", "liquidate", "fund", "settle"), (50, 8, 5, 30, 4, 3))[0]
        if kind == "fill":
            size = rng.choice((-1, 1)) * 10 ** rng.uniform(1, 5) / mark
            return call("operator", "fill", market, other if rng.random() < 0.7 else "rich", who, f"{size:.9f}",
                        f"{mark * rng.uniform(0.99, 1.01):.8f}")
        if kind == "money":
            return rng.choice((call("admin", "deposit", who, self.amount(0, 5000, 6)),
                               call(owner, "withdraw", owner, self.amount(0, 5000, 6)),
                               call(owner, "transfer", owner, sub_account(owner, rng.randint(1, 2)),
                                    self.amount(0, 500, 6))))
        if kind == "coins":
            return call(owner, rng.choice(("deposit_collateral", "withdraw_collateral")), owner, rng.randrange(2),
                        self.amount(0, 0.2, 9))
        if kind == "liquidate":
            return call(rng.choice(("rich", "rich", owner)), "liquidate", who, market)
        if kind == "fund":
            return rng.choice((call("rich", "fund", market), call("rich", "collect_funding", who, market)))
        return call("rich", "settle", rng.choice((who, "rich")), 2)

    def blocks(self, count):
        rng = self.rng
        out = [{"after_s": 12, "prices": self.said(), "calls": self.setup()}]
        for _ in range(count):
            for m in ("m0", "m1", "m2"):
                self.prices[m] *= rng.choice((1, 1, rng.uniform(0.97, 1.03), rng.uniform(0.6, 1.4)))
            self.prices["premium"] = rng.uniform(-0.003, 0.003)
            out.append({"after_s": rng.choice((12, 300, 700)), "prices": self.said(),
                        "calls": [self.draw() for _ in range(25)]})
        return out

    def said(self):
        return {name: f"{price:.{9 if name == 'premium' else 8}f}" for name, price in self.prices.items()}


def feeds():
    return [{"name": f"m{n}", "decimals": 8, "staleness_s": 10**6} for n in range(3)] + [
        {"name": "premium", "decimals": 9, "staleness_s": 10**6, "min": "-1", "max": "1"}]


def day(seed, contracts):
    d = Day(seed)
    world = world_frame(f"day_{seed}", contracts, ["admin", "operator", "rich", *OWNERS], feeds(), d.blocks(60))
    world["blocks"][-1]["ask"] = [{"view": "perp.absorbed", "args": [m, layer]} for m in range(3) for layer in LAYERS]
    return world


def crowd(seed, contracts):
    """One long of 300 against 300 shorts of 1 that came in any order; two calls close it, by account."""
    shorts = [f"s{n:03}" for n in range(300)]
    random.Random(seed).shuffle(shorts)
    calls = [call("admin", "list_market", 0, 0, 3, "perpetual", 0), call("lou", "deposit", "lou", "3000")]
    for who in shorts:
        calls += [call(who, "deposit", who, "100"), call("operator", "fill", 0, who, "lou", "1", "100")]
    ask = lambda layer, amount: {"view": "perp.absorbed", "args": [0, layer], "expect": [amount]}
    left = lambda who, size: {"view": "perp.position", "args": [who, 0], "expect": {"size": size}}
    liquidate = dict(call("s000", "liquidate", "lou", 0))
    blocks = [{"after_s": 12, "prices": {"m0": "100"}, "calls": [dict(c, expect="OK") for c in calls]},
              {"after_s": 12, "prices": {"m0": "85"}, "calls": [dict(liquidate, expect={"result": "256"})],
               "ask": [ask("deleveraging", "1280"), left("s255", "0"), left("s256", "-1")]},
              {"after_s": 12, "calls": [dict(liquidate, expect={"result": "44"})],
               "ask": [ask("deleveraging", "1500"), ask("own", "3000"), ask("socialised", "0"),
                       {"view": "perp.margin_of", "args": ["lou"], "expect": {"equity": "0", "initial": "0"}},
                       {"view": "perp.margin_of", "args": ["s299"], "expect": {"equity": "110", "initial": "0"}}]}]
    return world_frame("crowd", contracts, ["admin", "operator", "lou", *shorts], feeds()[:1], blocks)


def run(plim, contracts, folder, make):
    """(calls, named refusals, what went wrong, layers that were used)."""
    world = make(os.path.relpath(contracts, folder))
    file = pathlib.Path(folder) / f"{world['name']}.world.json"
    file.write_text(json.dumps(world))
    done = subprocess.run([plim, "run", "--json", str(file), "--contracts", str(contracts)], capture_output=True,
                          text=True, timeout=900)
    if done.returncode not in (0, 1):
        return 0, 0, [done.stderr.strip()[:300]], {}
    told = json.loads(done.stdout)
    bad = [f"{world['name']}: {json.dumps(d)[:300]}" for d in told["differences"]]
    calls = refused = 0
    used = {}
    for block in told["blocks"]:
        for receipt in block["receipts"]:
            if receipt["kind"] == "transaction":
                calls += 1
                refused += receipt["status"] != "OK"
                if receipt["status"] in TRAPS:
                    bad.append(f"{world['name']}, block {block['block']}: {json.dumps(receipt)[:400]}")
                for event in receipt.get("events", []):
                    if event["event"] == "LossAbsorbed":
                        used[event["layer"]] = used.get(event["layer"], 0) + 1
    return calls, refused, bad, used


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--contracts", default=str(ROOT / "contracts"))
    parser.add_argument("--worlds", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.worlds)
    makers = [lambda c, s=s: day(s, c) for s in seeds] + [lambda c, s=s: crowd(s, c) for s in (1, 2)]
    calls = refused = failed = 0
    used = {}
    with tempfile.TemporaryDirectory() as folder:
        for make in makers:
            n, no, bad, layers = run(options.plim, options.contracts, folder, make)
            calls, refused, failed = calls + n, refused + no, failed + bool(bad)
            for layer, count in layers.items():
                used[layer] = used.get(layer, 0) + count
            for line in bad[:5]:
                print("FAIL", line)
    print(f"{calls} calls, {refused} refused by name; losses by layer: "
          + ", ".join(f"{layer} {used.get(layer, 0)}" for layer in LAYERS))
    print(f"{len(makers) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
