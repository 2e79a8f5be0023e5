#!/usr/bin/env python3
"""`is_liquidatable` of the engines against their liquidation entries, over random books.

  python3 tests/contracts/liquidatable.py [--plim build/plim] [--worlds 4] [--seed 1]

A world is a random book under random prices and waits; liquidatable.plim asks the view and tries the
liquidation in one transaction, for every account, block after block. It passes when the two never
disagreed and both answers came. Ends with "N passed, N failed".
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEOPLE = ("ann", "ben", "cleo")
BLOCKS = 40
E18 = 10 ** 18


def engine(name, source, **more):
    return {"name": name, "source": source, **more}


def feed(name, decimals):
    return {"name": name, "decimals": decimals, "staleness_s": 10 ** 9}


def call(who, function, *args):
    return {"from": who, "call": function, "args": [str(a) if isinstance(a, int) and a > 2 ** 40 else a for a in args]}


def decimal(x, digits):
    return f"{x:.{digits}f}"


def compound(rng):
    """Three markets with steep rates; each is accrued by chance, and blocks pass by thousands."""
    rate = [decimal(rng.uniform(0.05, 1.5), 4) for _ in range(3)]
    markets = [{"market": m, "c_token": f"c{m}", "feed": m, "decimals": 18, "initial_exchange_rate": "1",
                "accrual_block_number": 1000, "base_rate_per_year": rate[m], "multiplier_per_year": "0.2",
                "jump_multiplier_per_year": "1", "kink": "0.8", "collateral_factor": "0.75",
                "reserve_factor": "0.1"} for m in range(3)]
    accounts = [{"account": who, "market": m, "wallet": str(10 ** 6 * E18)}
                for who in PEOPLE + ("pool", "@probe") for m in range(3)]
    blocks, height = [], 1000
    blocks.append({"after_s": 12, "prices": {"A": "1", "B": "1", "C": "1", "block": str(height)}, "calls": [
        call("pool", "engine.mint", m, 10 ** 5 * E18) for m in range(3)]})
    debts = {}
    for who in PEOPLE:
        blocks[0]["calls"] += [call(who, "engine.mint", 0, 1000 * E18), call(who, "engine.mint", 1, 1000 * E18),
                               call(who, "engine.enter_markets", 7)]
        debts[who] = rng.sample(range(3), 2)
        blocks[0]["calls"] += [call(who, "engine.borrow", m, int(rng.uniform(690, 745)) * E18) for m in debts[who]]
    for _ in range(BLOCKS):
        height += rng.choice((1, 100, 3000, 20000))
        calls = [call("pool", "engine.accrue_interest", m) for m in range(3) if rng.random() < 0.2]
        for who in PEOPLE:
            calls.append(call("pool", "probe.compound", who, 3, rng.choice(debts[who]), rng.choice((0, 1))))
            if rng.random() < 0.3:
                calls.append(call(who, "engine.repay_borrow", rng.choice(debts[who]), rng.randrange(1, 9) * E18))
        prices = {"block": str(height)}
        if rng.random() < 0.3:
            prices[rng.choice("ABC")] = decimal(rng.uniform(0.97, 1.03), 6)
        blocks.append({"after_s": 12, "prices": prices, "calls": calls})
    return [engine("engine", "compound_v2.plim", params={"block_feed": 3},
                   tables={"markets": markets, "accounts": accounts})], \
        [feed("A", 18), feed("B", 18), feed("C", 18), feed("block", 0)], ["pool", "c0", "c1", "c2"], blocks


def comet(rng):
    """Two collaterals, so that the order of assets and the early stop are met."""
    params = {"base_token_price_feed": 0, "base_decimals": 6, "supply_kink": "0.8",
              "supply_per_year_slope_low": "0.03", "supply_per_year_slope_high": "0.4", "supply_per_year_base": "0",
              "borrow_kink": "0.8", "borrow_per_year_slope_low": "0.05", "borrow_per_year_slope_high": "0.3",
              "borrow_per_year_base": decimal(rng.uniform(0.02, 0.9), 3), "store_front_price_factor": "0.5",
              "tracking_index_scale": str(10 ** 15), "base_tracking_supply_speed": "0",
              "base_tracking_borrow_speed": "0", "base_min_for_rewards": "1000000", "base_borrow_min": "1000000",
              "target_reserves": "5000000000"}
    assets = [{"asset": a, "price_feed": a + 1, "decimals": 18 - 10 * a, "borrow_collateral_factor": "0.8",
               "liquidate_collateral_factor": decimal(0.82 + 0.05 * a, 2), "liquidation_factor": "0.9",
               "supply_cap": str(10 ** 30)} for a in range(2)]
    wallets = [{"account": who, "token": t, "amount": str(10 ** 30)} for who in PEOPLE + ("pool",) for t in (0, 1, 255)]
    first = [call("pool", "engine.supply_base", "pool", 10 ** 13)]
    for who in PEOPLE:
        first += [call(who, "engine.supply_collateral", who, 0, rng.randrange(1, 9) * 10 ** 17),
                  call(who, "engine.supply_collateral", who, 1, rng.randrange(1, 9) * 10 ** 7)]
    blocks = [{"after_s": 12, "prices": {"BASE": "1", "A": "1000", "B": "1000"}, "calls": first}]
    for _ in range(BLOCKS):
        calls = []
        for who in PEOPLE:
            calls.append(call("pool", "probe.comet", who))
            if rng.random() < 0.5:
                calls.append(call(who, "engine.withdraw_base", who, who, rng.randrange(1, 150) * 10 ** 6))
            if rng.random() < 0.3:
                asset = rng.randrange(2)
                calls.append(call(who, "engine.supply_collateral", who, asset, 10 ** (17 - 10 * asset)))
        blocks.append({"after_s": rng.choice((12, 86400, 600000)), "calls": calls, "prices": {
            rng.choice(("BASE", "A", "B")): decimal(1, 8)} if rng.random() < 0.02 else {
                rng.choice(("A", "B")): decimal(1000 * rng.uniform(0.9, 1.08), 8)}})
    return [engine("engine", "compound_v3.plim", params=params, tables={
        "totals": [{"last_accrual_time": 1700000000}], "assets": assets, "wallets": wallets})], \
        [feed("BASE", 8), feed("A", 8), feed("B", 8)], ["pool"], blocks


def maker(rng):
    """Pokes and drips come by chance: the Dog judges what they left."""
    setup = [call("pool", "engine." + f, *args) for f, *args in (
        ("init", 0, "ETH"), ("jug_init", 0), ("file_duty", 0, "1.00000002"), ("file_pip", 0, 0, 2 ** 32 - 1),
        ("file_mat", 0, "1.5"), ("file_global_line", "1000000"), ("file_line", 0, "1000000"),
        ("file_clip", 0, "clip"), ("file_chop", 0, "1.13"), ("file_global_hole", "1000000"),
        ("file_hole", 0, "1000000"), ("file_calc", 0, "linear", "0", 0, 3600), ("poke", 0))]
    for who in PEOPLE:
        setup.append(call("pool", "engine.slip", 0, who, "1000"))
    blocks = [{"after_s": 12, "prices": {"ETH": "150"}, "calls": setup}]
    for _ in range(BLOCKS):
        calls = [call("pool", "engine." + f, 0) for f in ("drip", "poke") if rng.random() < 0.5]
        for who in PEOPLE:
            calls.append(call("pool", "probe.maker", 0, who))
            if rng.random() < 0.5:
                calls.append(call(who, "engine.frob", 0, who, who, who, "1", str(rng.randrange(80, 99))))
        blocks.append({"after_s": rng.choice((12, 3600, 200000)), "calls": calls,
                       "prices": {"ETH": decimal(150 * rng.uniform(0.85, 1.1), 6)} if rng.random() < 0.5 else {}})
    return [engine("engine", "maker.plim", tables={"wards": [{"usr": "pool", "yes": True}]})], \
        [feed("ETH", 18)], ["pool", "vow", "clip"], blocks


def morpho(rng):
    """Two markets over a model that adapts."""
    wallets = [{"token": t, "who": who, "amount": str(10 ** 9 * E18)}
               for t in (0, 1) for who in PEOPLE + ("pool", "@probe")]
    calls = [call("admin", "engine.enable_irm", 2), call("admin", "engine.enable_lltv", "0.86"),
             call("admin", "engine.enable_lltv", "0.915"), call("pool", "engine.create_market", 0, 1, 0, 2, "0.86"),
             call("pool", "engine.create_market", 0, 1, 0, 2, "0.915")]
    calls += [call("pool", "engine.supply", m, 3000 * E18, 0, "pool") for m in (0, 1)]
    calls += [call(who, "engine.supply_collateral", m, E18, who) for who in PEOPLE for m in (0, 1)]
    blocks = [{"after_s": 12, "prices": {"P": "1000"}, "calls": calls}]
    for _ in range(BLOCKS):
        calls = []
        for who in PEOPLE:
            m = rng.randrange(2)
            calls.append(call("pool", "probe.morpho", m, who))
            if rng.random() < 0.5:
                calls.append(call(who, "engine.borrow", m, rng.randrange(1, 800) * E18, 0, who, who))
        blocks.append({"after_s": rng.choice((1, 86400, 600000)), "calls": calls,
                       "prices": {"P": decimal(1000 * rng.uniform(0.93, 1.06), 9)} if rng.random() < 0.4 else {}})
    return [engine("engine", "morpho_blue.plim", tables={
        "tokens": [{"token": 0, "name": "DAI", "decimals": 18}, {"token": 1, "name": "ETH", "decimals": 18}],
        "wallets": wallets}), engine("model", "adaptive_curve_irm.plim", params={"morpho": "@engine"})], \
        [feed("P", 36)], ["pool", "admin", "fee"], blocks


def run(plim, contracts_folder, make, seed):
    """Returns (what the view said against what happened, or None, text)."""
    contracts, feeds, people, blocks = make(random.Random(f"{make.__name__} {seed}"))
    contracts.append({"name": "probe", "source": HERE / "liquidatable.plim"})
    blocks[-1]["ask"] = [{"view": "probe.agreement", "args": []}]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "liquidatable.world.json"
        for contract in contracts:
            contract["source"] = os.path.relpath(contracts_folder / contract["source"], folder)
        file.write_text(json.dumps({"name": f"liquidatable_{make.__name__}", "time_s": 1700000000,
                                    "contracts": contracts, "feeds": feeds, "accounts": list(PEOPLE) + people,
                                    "blocks": blocks}))
        done = subprocess.run([plim, "run", "--json", str(file), "--contracts", str(contracts_folder)],
                              capture_output=True, text=True, timeout=600)
    if done.returncode:
        return None, f"exit {done.returncode}: {done.stderr.strip()[-300:]}"
    told = json.loads(done.stdout)["blocks"][-1]["asked"][0]["result"]
    return {key: int(value) for key, value in told.items()}, str(told)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--contracts", default=str(ROOT / "contracts"))
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    passed = failed = 0
    for make in (compound, comet, maker, morpho):
        sums = {"taken": 0, "refused": 0, "disagree": 0}
        problem = ""
        for seed in range(options.seed, options.seed + options.worlds):
            told, text = run(options.plim, pathlib.Path(options.contracts).resolve(), make, seed)
            problem = problem or ("" if told else f"world {seed}: {text}")
            sums = {key: n + (told or {}).get(key, 0) for key, n in sums.items()}
        ok = not problem and sums["disagree"] == 0 and sums["taken"] > 0 and sums["refused"] > 0
        print(f"{'ok  ' if ok else 'FAIL'} {make.__name__}: {sums} {problem}", flush=True)
        passed, failed = passed + ok, failed + (not ok)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
