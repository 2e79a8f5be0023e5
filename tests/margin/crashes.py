#!/usr/bin/env python3
"""Random tapes with crashes: who bears a loss, judged by a second ledger after every block.

  python3 tests/margin/crashes.py [--plim build/plim] [--worlds 400] [--seed 1] [--jobs 2]

A tape is a world of a day: up to seven traders with cross and isolated sub-accounts, collateral, two markets of
random rules, rewards for keepers, thin insurance funds, and marks that jump by up to 60 %, after which somebody tries
to liquidate everybody. Judges, beside the contract's own invariants:

  the ledger    tests/margin/shadow.py takes the accepted calls and must have the same balances, funds, layers and
                positions after each block and the same events of the waterfall in each call, to the unit
  conservation  cash that came in is all that is anywhere, positions at their marks: exact, nothing rounded
  the laws      of each call, from its events alone: no fund and nobody else pays for an account that is solvent in
                exact numbers; a layer pays only when the ones before have nothing left; the layers add up to the
                realised loss, or to what others paid if that is more; of a keeper's reward the funds' part is what
                they paid; an account that was made whole ends with nothing; nobody liquidates itself or buys its own
                collateral
  refusals      Healthy is said of accounts that are, and of no other

Says in how many tapes deleveraging and socialised losses were reached; below 5 % of them it fails. A failing tape is
named by its seed: --seed N --worlds 1 runs it again, --keep FOLDER leaves the world there. Ends with "N passed, M
failed".
"""
import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests.margin.shadow import (CASH26, CLEARING, DUST, FEES, GLOBAL_FUND, LAYERS, Position, Shadow,  # noqa: E402
                                 flat, ladder, place, units)
from tests.margin.storm import START, TRAPS, call, sub_account, world_frame  # noqa: E402

TRADERS = ("ann", "ben", "cat", "dan", "eve", "fay", "gus")
MARKETS = (0, 1)
BLOCKS = 9
# floor, maintenance, leverage
TIERS = ((0, 10**7, 50), (50000 * 10**6, 2 * 10**7, 25), (250000 * 10**6, 5 * 10**7, 10))
RULES = {"LossAbsorbed": (("layer", None), ("amount", 6)), "Socialised": (("payer", None), ("amount", 6)),
         "Liquidated": (("closed", 9), ("left", 9), ("price", 8), ("profit", 6)),
         "KeeperPaid": (("keeper", None), ("amount", 6), ("funded", 6)),
         "Deleveraged": (("victim", None), ("closed", 9), ("haircut", 6), ("score", 0))}


class Tape:
    """Draws a day. Knows only marks, so that many calls are refused for good reasons."""
    rich = (3, 8)  # powers of ten of what the account 'rich' has

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.name = f"crash_{seed}"
        self.traders = TRADERS[:rng.randint(3, len(TRADERS))]
        self.crosses = [sub_account(t, 2) for t in self.traders if rng.random() < 0.3]
        self.isolated = {sub_account(t, 1): rng.randrange(2) for t in self.traders if rng.random() < 0.3}
        self.accounts = [*self.traders, *self.crosses, *self.isolated]
        self.prices = {"m0": 20000 * rng.uniform(0.5, 2), "m1": 3 * rng.uniform(0.5, 2), "c0": 1500.0, "premium": 0.0}
        self.kinds = [("perpetual", 0), ("dated", START + 2000) if rng.random() < 0.2 else ("perpetual", 0)]
        self.models = [rng.choice((2, 2, 3)) for _ in MARKETS]

    def setup(self):
        rng, calls = self.rng, []
        for m, form in enumerate(("cumulative", "step")):
            calls.append({"from": "admin", "call": "ladders.open_ladder", "args": [m, form]})
            for (floor, rate, leverage), cap, cum in zip(TIERS, (50000, 250000, 10**7), (0, 500, 8000)):
                calls.append({"from": "admin", "call": "ladders.add_tier", "expect": "OK", "args": [
                    m, str(floor // 10**6), str(cap), f"{rate / 10**9:.9f}", "0", leverage,
                    str(cum if form == "cumulative" else 0)]})
        for m, (kind, expiry) in enumerate(self.kinds):
            calls += [call("admin", "list_market", m, m, self.models[m], kind, expiry),
                      call("admin", "set_fees", m, rng.choice(("0", "0.0002")), rng.choice(("0", "0.0005"))),
                      call("admin", "set_liquidation", m, rng.choice(("0", "0.005", "0.02")),
                           rng.choice(("whole", "factor", "target")), rng.choice(("0.1", "0.333333333")),
                           rng.choice(("0", "0.66")), rng.random() < 0.5,
                           rng.choice(("profit_leverage", "profit", "leverage", "size"))),
                      call("admin", "set_funding", m, 3, "0.0001", "0.0005", rng.choice(("0", "0.01")), 600)]
            if rng.random() < 0.4:
                calls.append(call("admin", "set_reward", m, self.amount(-1, 2, 6), rng.choice(("0", "0.0031")), "0.5",
                                  rng.choice(("3", "200"))))
        calls.append(call("admin", "set_asset", 0, 2, rng.choice(("0", "0.1", "0.333333333"))))
        calls.append(call("rich", "deposit", "rich", str(10 ** rng.randint(*self.rich))))
        for who in self.traders:
            calls.append(call(who, "deposit", who, self.amount(2, 4, 6)))
            if rng.random() < 0.3:
                calls.append(call(who, "deposit_collateral", who, 0, self.amount(-3, 0, 9)))
        for who in [*self.crosses, *self.isolated]:
            owner, number = bytes.fromhex(who[2:]).rstrip(b"\0\1\2").decode(), int(who[-4:], 16)
            calls += [call(owner, "open_account", number, "isolated" if who in self.isolated else "cross",
                           self.isolated.get(who, 0)), call("admin", "deposit", who, self.amount(2, 4, 6))]
        for fund in (*MARKETS, GLOBAL_FUND):
            if rng.random() < 0.6:
                calls.append(call("rich", "pay_into_fund", fund, self.amount(0, 3.3, 6)))
        return calls

    def amount(self, low, high, places):
        return f"{10 ** self.rng.uniform(low, high):.{places}f}"

    def fill(self):
        """Against another trader as a rule; sizes up to what a whole account can carry at its highest leverage."""
        rng, market = self.rng, self.rng.randrange(2)
        mark = self.prices[f"m{market}"]
        fits = [a for a in self.accounts if self.isolated.get(a, market) == market]
        who, other = rng.sample(fits, 2)
        size = rng.choice((-1, 1)) * 10 ** rng.uniform(2, 5) / mark
        return call("operator", "fill", market, other if rng.random() < 0.8 else "rich", who, f"{size:.9f}",
                    f"{mark * rng.uniform(0.995, 1.005):.8f}")

    def fills(self):
        return [self.fill() for _ in range(8)]

    def other(self):
        rng, who, market = self.rng, self.rng.choice(self.accounts), self.rng.randrange(2)
        owner = rng.choice(self.traders)
        return rng.choice((
            call("rich", "fund", market), call("rich", "collect_funding", who, market),
            call("admin", "deposit", who, self.amount(0, 3, 6)), call(owner, "withdraw", owner, self.amount(0, 4, 6)),
            call(owner, "transfer", owner, rng.choice(self.accounts), self.amount(0, 3, 6)),
            call(owner, "withdraw_collateral", owner, 0, self.amount(-4, -1, 9)), call("rich", "settle", who, 1)))

    def sweep(self):
        """Everybody in every market, in any order, by somebody with money or without."""
        out = [call(self.rng.choice(("rich", "rich", "rich", *self.traders)), "liquidate", who, m)
               for who in self.accounts for m in MARKETS if self.isolated.get(who, m) == m]
        self.rng.shuffle(out)
        if self.rng.random() < 0.3:  # a run: between the liquidations everybody takes out what can be had
            runs = [[call(who, "withdraw", who, str(10**n)) for n in (6, 5, 4, 3, 2, 1)]
                    for who in (*self.traders, "rich", "rich")]
            out = [c for liquidation in out for c in (liquidation, *self.rng.choice(runs))]
        return out

    def blocks(self):
        rng = self.rng
        self.first, self.calm = dict(self.prices), []  # calm: blocks without a crash
        out = [{"after_s": 12, "prices": self.said(), "calls": self.setup()}]
        for n in range(BLOCKS):
            crash = n in (3, 6) or n > 3 and rng.random() < 0.3
            for m in ("m0", "m1", "c0"):
                self.prices[m] *= rng.uniform(0.4, 1.6) if crash and rng.random() < 0.7 else rng.uniform(0.98, 1.02)
            self.prices["premium"] = rng.uniform(-0.003, 0.003)
            calls = self.sweep() if crash else self.fills()
            if not crash:
                self.calm.append(n + 1)
            calls += [self.other() for _ in range(3)]
            out.append({"after_s": rng.choice((12, 300, 700)), "prices": self.said(), "calls": calls})
        for block in out:
            block["ask"] = self.questions()
        return out

    def everybody(self):
        return sorted({*self.accounts, "rich", FEES, DUST, CLEARING}, key=place)

    def questions(self):
        who = self.everybody()
        return ([{"view": "perp.balance_of", "args": [w]} for w in who]
                + [{"view": "perp.fund_of", "args": [f]} for f in (*MARKETS, GLOBAL_FUND)]
                + [{"view": "perp.absorbed", "args": [m, layer]} for m in MARKETS for layer in LAYERS]
                + [{"view": "perp.position", "args": [w, m]} for w in who for m in MARKETS])

    def said(self):
        return {name: f"{price:.{9 if name == 'premium' else 8}f}" for name, price in self.prices.items()}

    def world(self, contracts):
        feeds = [{"name": n, "decimals": 8, "staleness_s": 10**6} for n in ("m0", "m1", "c0")] + [
            {"name": "premium", "decimals": 9, "staleness_s": 10**6, "min": "-1", "max": "1"}]
        names = ["admin", "operator", "rich", FEES, DUST, CLEARING, *self.traders]
        return world_frame(self.name, contracts, names, feeds, self.blocks())


class Flight(Tape):
    """The winner of a crash sells to an heir and leaves with the money before the loser is liquidated: what everybody
    else has is less than the loss, and a debt stays."""
    rich = (3, 4)

    def blocks(self):
        rng, (win, lose, heir) = self.rng, self.traders[:3]
        out, first = super().blocks(), self.first
        self.prices = dict(first)
        size = 10 ** rng.uniform(5.6, 6) / first["m0"]
        setup = out[0]["calls"] + [call(w, "deposit", w, "150000") for w in self.traders[:3]]
        setup.append(call("operator", "fill", 0, lose, win, f"{size:.9f}", f"{first['m0']:.8f}"))
        self.prices["m0"] *= rng.uniform(1.4, 1.6)
        calls = [call("operator", "fill", 0, win, heir, f"{size:.9f}", f"{self.prices['m0']:.8f}")]
        calls += [call(win, "withdraw", win, str(2**n)) for n in range(20, -1, -1)]
        calls += self.sweep() + [call("rich", "liquidate", lose, 0)]
        return [dict(out[0], calls=setup), {"after_s": 12, "prices": self.said(), "calls": calls, "ask": out[0]["ask"]}]


def tape_of(seed):
    return (Flight if seed % 20 == 0 else Tape)(seed)


def shadow_of():
    models = {(2, m): ladder(form, TIERS) for m, form in enumerate(("cumulative", "step"))}
    return Shadow(models | {(3, m): flat(10**8, 5 * 10**7) for m in MARKETS})


# ---- judges ----

def told_events(receipt):
    """The waterfall's events of a receipt, as the ledger names them."""
    out = []
    for e in receipt.get("events", []):
        kind = e["event"]
        if kind in RULES:
            out.append((kind, int(e["market"]), e["who"],
                        *(e[k] if places is None else units(e[k], places) for k, places in RULES[kind])))
        elif kind == "CollateralSold":
            if e["who"] == e["buyer"]:
                kind = "sold to itself"
            out.append((kind, e["who"], int(e["asset"]), units(e["amount"], 9), units(e["value"], 6)))
        elif kind == "SurplusToFund":
            out.append((kind, int(e["market"]), e["who"], units(e["amount"], 6)))
    return out


def compare(shadow, tape, asked):
    """Sentences about what the ledger has and the contract has not."""
    answers = iter(asked)

    def say(what, mine):
        answer = next(answers)
        theirs = answer["result"] if answer["outcome"] == "OK" else {"result": answer["outcome"]}
        theirs = {k: theirs[k] for k in mine}
        return [] if theirs == mine else [f"{what}: ledger {mine}, contract {theirs}"]

    def decimal(value, places):
        digits = str(abs(value)).rjust(places + 1, "0")
        return ("-" if value < 0 else "") + digits[:-places] + "." + digits[-places:]

    bad = []
    for w in tape.everybody():
        bad += say(f"balance of {w}", {"result": decimal(shadow.balance.get(w, 0), 6)})
    for f in (*MARKETS, GLOBAL_FUND):
        bad += say(f"fund {f}", {"result": decimal(shadow.funds.get(f, 0), 6)})
    for m in MARKETS:
        for layer in LAYERS:
            bad += say(f"layer {layer} of {m}", {"result": decimal(shadow.layers.get((m, layer), 0), 6)})
    for w in tape.everybody():
        for m in MARKETS:
            p = shadow.positions.get((w, m), Position())
            bad += say(f"position of {w} in {m}", {"size": decimal(p.size, 9), "cost": decimal(p.cost, 17)})
    return bad


class Before:
    """What the laws need to know of the moment before a call."""

    def __init__(self, shadow):
        self.equity = {w: shadow.exact_equity(w) for w in shadow.balance}
        self.funds = dict(shadow.funds)


def for_keepers(events):
    """Places of the events that are a keeper's reward, and sentences about rewards that are not what funds paid."""
    places, bad = set(), []
    for n, e in enumerate(events):
        if e[0] == "KeeperPaid":
            funded, at = e[5], n
            while funded > 0 and at > 0 and events[at - 1][0] == "LossAbsorbed" and events[at - 1][2] == e[2]:
                at -= 1
                funded -= events[at][4]
                places.add(at)
            if funded != 0:
                bad.append(f"the funds paid {e[5] - funded} of {e[5]} for a keeper")
    return places, bad


def laws(before, shadow, who, events):
    """Sentences about one liquidation or settlement, from its events and exact equities."""
    losers = {}
    funds = dict(before.funds)
    haircuts = collections.Counter()
    rewards, bad = for_keepers(events)
    for n, e in enumerate(events):
        if e[0] == "Deleveraged":
            haircuts[e[3]] += e[5]
        if e[0] != "LossAbsorbed":
            continue
        _, market, loser, layer, amount = e
        used = losers.setdefault(loser, {}) if n not in rewards else {}
        if layer in used or any(LAYERS.index(u) > LAYERS.index(layer) for u in used if u != "own") and layer != "own":
            bad.append(f"{layer} of {loser} after {sorted(used)}")
        used[layer] = amount
        if layer == "market_fund":
            funds[market] = funds.get(market, 0) - amount
        if layer == "global_fund":
            if funds.get(market, 0) != 0:
                bad.append(f"global fund asked, the market's has {funds[market]}")
            funds[GLOBAL_FUND] = funds.get(GLOBAL_FUND, 0) - amount
        if layer in LAYERS[3:] and (funds.get(market, 0) or funds.get(GLOBAL_FUND, 0)):
            bad.append(f"{layer} asked, funds have {funds.get(market, 0)} and {funds.get(GLOBAL_FUND, 0)}")
    if any(v < 0 for v in funds.values()):
        bad.append(f"a fund paid more than it has: {funds}")
    profits = {e[2]: e[6] for e in events if e[0] == "Liquidated"}
    for loser, used in losers.items():
        others = sum(a for layer, a in used.items() if layer != "own")
        equity, roundings = before.equity.get(loser, (0, 1))
        equity -= haircuts[loser] * CASH26
        if others and equity >= (roundings + 1) * CASH26:
            bad.append(f"{others} paid for {loser}, whose exact equity is {equity / 10**26}")
        if others and not shadow.held(loser) and shadow.balance[loser] != -used.get("unpaid", 0):
            bad.append(f"{loser} was made whole and has {shadow.balance[loser]}")
        if loser in profits and sum(used.values()) != max(others, -profits[loser]):
            bad.append(f"{loser} lost {-profits[loser]}, layers {used}")
        if used.get("unpaid") and any(shadow.equity(w) > 0 for w in shadow.balance
                                      if w not in (loser, who, FEES, DUST, CLEARING)):
            bad.append(f"{loser} stays in debt although somebody has equity")
    return bad


def follow(shadow, receipt):
    """One transaction into the ledger; sentences about what is wrong."""
    function, args, status = receipt["function"], receipt["arguments"], receipt["status"]
    if receipt["contract"] != "perp":
        return []
    if status in TRAPS:
        return [f"{function} ended in {status}"]
    if status == "REVERT" and "Healthy" in json.dumps(receipt):
        shadow_equity, _, maintenance = shadow.margin(args["who"])
        return [] if shadow_equity >= maintenance else [f"{args['who']} is said to be healthy"]
    if status != "OK":
        return []
    bad, watched = [], function in ("liquidate", "settle")
    before = Before(shadow) if watched else None
    if function == "liquidate":
        equity, _, maintenance = shadow.margin(args["who"])
        if equity >= maintenance:
            bad.append(f"{args['who']} was healthy and is liquidated")
        if receipt["caller"] == args["who"]:
            bad.append(f"{args['who']} liquidates itself")
    mine = shadow.accept(receipt["caller"], function, args)
    theirs = told_events(receipt)
    if mine != theirs:
        bad.append(f"{function}: ledger {mine}, contract {theirs}")
    return bad + (laws(before, shadow, receipt["caller"], theirs) if watched and not bad else [])


def judge(tape, world, told):
    """(what is wrong, layers that were used)."""
    shadow, used = shadow_of(), collections.Counter()
    bad = [json.dumps(d)[:300] for d in told["differences"]]
    for block, asked in zip(told["blocks"], world["blocks"]):
        shadow.now = block["time_s"]
        shadow.prices = {n: units(p, 9 if n == "premium" else 8) for n, p in asked["prices"].items()}
        for receipt in block["receipts"]:
            if receipt["kind"] != "transaction":
                continue
            bad += [f"block {block['block']}, receipt {receipt['receipt']}: {s}" for s in follow(shadow, receipt)]
            for e in receipt.get("events", []):
                if e["event"] == "LossAbsorbed":
                    used[e["layer"]] += 1
                used["ADL"] += e["event"] == "Deleveraged"
        bad += [f"after block {block['block']}: {s}" for s in compare(shadow, tape, block["asked"])]
        if shadow.conserved() != 0:
            bad.append(f"after block {block['block']}: {shadow.conserved()} of 10^-26 appeared or are lost")
        if bad:
            break
    return bad, used


def run(job):
    """(seed, what is wrong, layers used, root) of one tape."""
    seed, plim, contracts, keep = job
    tape = tape_of(seed)
    with tempfile.TemporaryDirectory() as folder:
        place_ = pathlib.Path(keep or folder)
        world = tape.world(os.path.relpath(contracts, place_))
        file = place_ / f"{tape.name}.world.json"
        file.write_text(json.dumps(world))
        done = subprocess.run([plim, "run", "--json", str(file), "--contracts", str(contracts)], capture_output=True,
                              text=True, timeout=300)
    if done.returncode not in (0, 1):
        return seed, [done.stderr.strip()[:300]], collections.Counter()
    bad, used = judge(tape, world, json.loads(done.stdout))
    return seed, bad, used


def arguments(doc, worlds):
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--contracts", default=str(ROOT / "contracts"))
    parser.add_argument("--worlds", type=int, default=worlds)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 2))
    parser.add_argument("--keep", default="", help="a folder for the worlds")
    return parser.parse_args()


def main():
    options = arguments(__doc__, 400)
    jobs = [(s, options.plim, options.contracts, options.keep)
            for s in range(options.seed, options.seed + options.worlds)]
    passed = failed = 0
    reached, total = collections.Counter(), collections.Counter()
    with multiprocessing.Pool(options.jobs) as pool:
        for seed, bad, used in pool.imap(run, jobs, chunksize=8):
            passed, failed = passed + (not bad), failed + bool(bad)
            total.update(used)
            reached.update(k for k, n in used.items() if n)
            for line in bad[:3] if failed <= 5 else []:
                print(f"FAIL seed {seed}: {line}")
    print(f"seeds {options.seed} to {options.seed + options.worlds - 1}; tapes that reached "
          + ", ".join(f"{k} {reached[k]} ({100 * reached[k] / options.worlds:.1f} %)" for k in (*LAYERS, "ADL")))
    for name in ("ADL", "socialised"):
        if options.worlds >= 100 and reached[name] * 20 < options.worlds:
            failed += 1
            print(f"FAIL {name} in less than 5 % of the tapes")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
