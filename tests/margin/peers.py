#!/usr/bin/env python3
"""The margin vectors of another venue, through our contracts, value by value.

  python3 tests/margin/peers.py [--plim build/plim] [--data ../shared/data]

Source: derivexyz/v2-core, commit 7736900d3957, tests of the standard manager, the auctions and the cash asset. All of
it from peer-vectors/ of the data folder when that is there, otherwise the part in fixtures/margin/. What runs where:

  perpetuals, collateral, cash     contracts/perp.plim with the model flat_rate (6.5 % and 5 %) and collateral at a
                                   haircut: profit, funding, collateral value, both margins
  options, contingencies, auction  tests/margin/standard.plim; marks by tests/margin/black.plim
  interest, insurance              tests/margin/cash_pool.plim

Marks are also compared with 90 digits of decimal, to the unit of 18. The source wrote its numbers with doubles, so a
value of its counts as the same within 2^-50 of the greatest term of its sum (or 10^-6, the unit of cash, where it comes
from perp.plim); those of the portfolios are whole, cut towards zero.

Not reproduced, counted and said: portfolios with options whose result hangs on forwards and volatilities that are not
in the file. The insurance's share of the interest, the confidence of 0.1 and the stablecoin at 0.1 of three portfolios,
and the least that an insolvent account's auction may pay are inputs here.

Ends with "N passed, N failed".
"""
import argparse
import collections
import decimal
import gzip
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = {"cases": "derive_standard_manager_cases.json.gz", "portfolios": "derive_standard_manager_portfolios.json",
         "auctions": "derive_liquidation_auctions.json.gz", "interest": "derive_interest_sequence.json"}
WAD, CASH = Fraction(1, 10**18), Fraction(1, 10**6)
COINS = ("ETH", "BTC")
START = 1700000000


def read(data):
    """The vectors by kind, and whether they are whole."""
    folder = pathlib.Path(data, "peer-vectors")
    if not folder.is_dir():
        return json.loads((ROOT / "fixtures/margin/derive.json").read_text()), False
    out = {}
    for kind, name in NAMES.items():
        raw = (folder / name).read_bytes()
        out[kind] = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
    return out, True


def text(value, places=18):
    """An exact decimal; what a file says below these places is cut towards zero."""
    scaled = int(Fraction(value) * 10**places)
    digits = str(abs(scaled)).rjust(places + 1, "0")
    return ("-" if scaled < 0 else "") + digits[:-places] + "." + digits[-places:]


def wad(value):
    return (value or 0) * WAD


class Sheet:
    """Questions for one contract, and what the answers must be."""

    def __init__(self):
        self.asks, self.wanted = [], []
        self.same = collections.Counter()
        self.bad = []

    def ask(self, name, view, args, field, wanted, scale, kind):
        """field: a result or a function of all results; scale: the greatest term."""
        self.asks.append({"view": view, "args": args})
        self.wanted.append((name, field, Fraction(wanted), abs(Fraction(scale)), kind))

    def judge(self, answers):
        for (name, field, wanted, scale, kind), answer in zip(self.wanted, answers, strict=True):
            if answer["outcome"] != "OK":
                self.bad.append(f"{name}: {answer['outcome']}")
                continue
            results = {k: Fraction(v) for k, v in answer["result"].items()}
            got = field(results) if callable(field) else results[field]
            if kind == "whole":
                got = Fraction(int(got))
            room = {"whole": 0, "cash": CASH, "wad": WAD, "double": max(scale, abs(wanted)) / 2**50}[kind]
            if abs(got - wanted) <= room:
                self.same[name.split(":")[1].strip()] += 1
            else:
                self.bad.append(f"{name}: {float(got)!r}, not {float(wanted)!r}")


# ---- perpetuals, collateral and cash ----

def perp_world(contracts, account):
    """account: coins {coin: amount}, haircut, spot, perps {coin: (size, entry, price, funding due per unit)}, cash."""
    prices, positions, books, holdings = {}, [], [], []
    for n, coin in enumerate(COINS):
        prices[f"perp_{coin}"] = text(account["price"][coin], 8)
        prices[f"spot_{coin}"] = text(account["spot"][coin], 8)
        size, entry, due = account["perps"].get(coin, (0, 0, 0))
        for who, s in (("user", size), ("house", -size)) if size else ():
            positions.append({"who": who, "market": n, "size": text(s, 9), "cost": text(-s * entry, 17),
                              "index": text(due, 17), "book": n})
        books.append({"market": n, "long": text(abs(size), 9), "short": text(abs(size), 9)})
        if account["coins"].get(coin):
            holdings.append({"who": "user", "asset": n, "amount": text(account["coins"][coin], 9)})
    tables = {
        "accounts": [{"who": "user", "balance": text(account["cash"], 6)}, {"who": "house", "balance": "1000000000"}],
        "markets": [{"market": n, "feed": n, "model": 2, "stale_after_s": 10**9} for n in (0, 1)], "books": books,
        "assets": [{"asset": n, "feed": 2 + n, "haircut": text(account["haircut"], 9),
                    "total": text(account["coins"].get(c, 0), 9)} for n, c in enumerate(COINS)],
        "positions": positions, "holdings": holdings,
        "cash": [{"deposits": text(account["cash"] + 10**9, 6)}]}
    feeds = [{"name": f"{kind}_{c}", "decimals": 8, "staleness_s": 10**6} for kind in ("perp", "spot") for c in COINS]
    return {"name": "peer", "time_s": START, "feeds": feeds, "accounts": ["user", "house"],
            "contracts": [{"name": "perp", "source": f"{contracts}/perp.plim", "tables": tables},
                          {"name": "flat", "source": f"{contracts}/models/flat_rate.plim",
                           "params": {"initial": "0.065", "maintenance": "0.05"}}],
            "blocks": [{"after_s": 12, "prices": prices}]}


def case_account(s):
    perps = {}
    for c in COINS:
        if s[f"Perps_{c}"]:
            due = wad(s[f"Account{c}FundingIndex"]) - wad(s[f"{c}GlobalFundingIndex"])
            perps[c] = (wad(s[f"Perps_{c}"]), wad(s[f"LastEntry{c}"]), due)
    return {"price": dict(zip(COINS, map(wad, s["PerpPrice"]))), "spot": {c: wad(s[f"{c}SpotPrice"]) for c in COINS},
            "coins": {c: wad(s[f"w{c}"]) for c in COINS if s[f"w{c}"]}, "haircut": Fraction(9, 10),
            "perps": perps, "cash": wad(s["Cash"])}


def ask_case_perps(sheet, name, account, result):
    """Profit and funding by market, collateral, both margins; 6 decimals."""
    sums = {"UnrealizedPNL": "profit", "UnsettledFunding": "funding"}
    if len(account["perps"]) == 1:
        market = COINS.index(*account["perps"])
        for field, ours in sums.items():
            sheet.ask(f"{name}: {field}", "perp.position", ["user", market], ours, wad(result[field]), 0, "cash")
    equity = account["cash"] + sum(wad(result[k]) for k in ("UnrealizedPNL", "UnsettledFunding", "BaseMargin"))
    margin = wad(result["PerpMargin"])
    for field, ours, wanted in (
            ("equity", "equity", equity), ("PerpMargin", "maintenance", -margin),
            ("perps and base MM", lambda r: r["equity"] - r["maintenance"], equity + margin),
            ("perps and base IM", lambda r: r["equity"] - r["initial"], equity + margin * Fraction(13, 10))):
        sheet.ask(f"{name}: {field}", "perp.margin_of", ["user"], ours, wanted, 0, "cash")


PORTFOLIO_PERP = 2001  # the seven portfolios of one perpetual agree on it alone; the file does not say it


def portfolio_account(p):
    scale = Fraction(1, 10**8)
    return {"price": {"ETH": PORTFOLIO_PERP, "BTC": 28000}, "spot": {"ETH": 2000, "BTC": 28000},
            "haircut": Fraction(1, 5), "cash": p["cash"] * scale,
            "coins": {b["underlying"].upper(): b["amount"] * scale for b in p["bases"]},
            "perps": {q["underlying"].upper(): (q["amount"] * scale, q["entryPrice"] * scale, 0) for q in p["perps"]}}


# What a portfolio says by its name alone: confidence of 0.1, a stablecoin at 0.1.
UNSURE = {"test_long_eth_perp_low_perp_confidence": "contingency", "test_base_asset_low_spot_confidence": "contingency",
          "test_long_perp_and_USDC_depeg": "depeg"}


def ask_portfolio(sheet, standard, name, p):
    """Whole numbers, cut. Contingencies are of one unit at spot; perp.plim has none, so they are added here."""
    result = p.get("results") or p["result"]
    extra = 0
    if name in UNSURE:
        extra = {"contingency": -720, "depeg": -2112}[UNSURE[name]]
        standard.ask(f"{name}: {UNSURE[name]}", f"standard.{UNSURE[name]}", ["1", "2000", "0.1"], "result", extra, 2000,
                     "double")
    for field, asked in (("mm", "maintenance"), ("im", "initial")):
        more = extra if field == "im" else 0
        sheet.ask(f"{name}: {field}", "perp.margin_of", ["user"], lambda r, a=asked, m=more: r["equity"] - r[a] + m,
                  result[field], 0, "whole")


# ---- options ----

# Portfolios of one expiry that are bought, or whose worst payoff binds, as their names say; calls are covered.
WORST = {"test_long_ATM_call", "test_long_ATM_put", "test_short_call_spread_with_MaxLoss",
         "test_short_put_spread_with_MaxLoss", "test_long_call_spread", "test_long_put_spread", "test_long_box",
         "test_short_box", "test_short_put_with_0_strike_MaxLoss", "test_short_btc_spread_with_eth_collateral",
         "test_long_call_low_spot_vol_fwd_confidence"}


def ask_worst(sheet, books, name, p):
    result, spots = p.get("results") or p["result"], {"eth": 2000, "btc": 28000}
    coins = sum(Fraction(4, 5) * spots[b["underlying"]] * b["amount"] / 10**8 for b in p["bases"])
    book = books.add([(o["strike"], o["type"] == "call", Fraction(o["amount"], 10**8), 0) for o in p["options"]])
    for field, ours in (("mm", "maintenance"), ("im", "initial")):
        sheet.ask(f"{name}: {field} by worst payoff", "standard.bounded", [book, "0"],
                  lambda r, o=ours: coins + min(r[o], 0), result[field], 0, "whole")


class Books:
    """Rows of standard.plim's table of options."""

    def __init__(self):
        self.rows, self.books, self.count = [], [], 0

    def add(self, options, seconds=1, forward=1, settlement=1, spot=1):
        """options: (strike, is call, amount, vol). Gives the number of the book."""
        self.count += 1
        self.books.append({"book": self.count, "seconds": seconds, "forward": text(forward),
                           "settlement": text(settlement), "spot": text(spot)})
        self.rows += [{"book": self.count, "id": n, "strike": text(k), "is_call": c, "amount": text(a),
                       "vol": text(v)} for n, (k, c, a, v) in enumerate(options)]
        return self.count


def by_expiry(s):
    """Options of a case by underlying, then expiry: [(strike, is call, amount, vol)], forward."""
    out = {}
    keys = ("OptionUnderlying", "OptionExpiries", "OptionStrikes", "OptionIsCall", "OptionAmounts", "OptionVols",
            "Forwards")
    for coin, expiry, strike, is_call, amount, vol, forward in zip(*(s[k] for k in keys)):
        options, _ = out.setdefault(coin, {}).setdefault(expiry, ([], wad(forward)))
        options.append((wad(strike), bool(is_call), wad(amount), wad(vol)))
    return out


AVERAGED_S = 1800  # options settle at the average of so long before expiry


def ask_options(sheet, books, name, s, r):
    """Marks, worst payoffs of one expiry, options by themselves, and the lighter of both, expiry by expiry."""
    marks, first = Fraction(0), books.count + 1
    greatest = 1
    for coin, expiries in by_expiry(s).items():
        begin = books.count + 1
        for expiry, (options, forward) in sorted(expiries.items()):
            settlement = wad(s[f"SettlementPrice{coin}"]) if expiry < AVERAGED_S else forward
            book = books.add(options, expiry, forward, settlement, wad(s[f"{coin}SpotPrice"]))
            greatest = max(greatest, sum(abs(a) * (k + forward) for k, _, a, _ in options))
        for field, ours in (("IM", "initial"), ("MM", "maintenance")):
            bound = wad(r[f"{coin}OptionBounded{field}"])
            if len(expiries) == 1 and (bound or len(options) == 1 and options[0][2] > 0):
                sheet.ask(f"{name}: worst payoff", "standard.bounded", [book, text(forward)], ours, bound, greatest,
                          "double")
            sheet.ask(f"{name}: options by themselves", "standard.isolated", [begin, book], ours,
                      wad(r[f"{coin}OptionIsolated{field}"]), greatest, "double")
            sheet.ask(f"{name}: options", "standard.asked", [begin, book], ours, wad(r[f"{coin}Option{field}"]),
                      greatest, "double")
    for n, coin in enumerate(COINS):
        marks += wad(s[f"w{coin}"]) * wad(s[f"{coin}SpotPrice"])
    marks += wad(r["UnrealizedPNL"]) + wad(r["UnsettledFunding"]) + wad(s["Cash"])
    if s["OptionAmounts"]:
        sheet.ask(f"{name}: PortfolioMtM", "standard.marked", [first, books.count], "result",
                  wad(r["PortfolioMtM"]) - marks, greatest, "double")


PI = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"


def black(is_call, strike, forward, vol, seconds):
    """The mark at 90 digits, from decimal's own exp, ln and root, and the distribution as a series."""
    with decimal.localcontext(decimal.Context(prec=90)):
        k, f, v = (decimal.Decimal(text(x)) for x in (strike, forward, vol))
        deviation = (v * v * seconds / 31536000).sqrt()
        d1 = (f / k).ln() / deviation + deviation / 2

        def normal(x):
            if abs(x) > 13:
                return decimal.Decimal(x > 0)
            term = total = x
            for n in range(1, 700):
                term *= x * x / (2 * n + 1)
                total += term
            return decimal.Decimal("0.5") + (-x * x / 2).exp() / (2 * decimal.Decimal(PI)).sqrt() * total

        call = f * normal(d1) - k * normal(d1 - deviation)
        return Fraction(call if is_call else call - f + k)


def ask_marks(sheet, books):
    """Marks of options from minutes to years, near and far from their forward: to the unit of 18 decimals."""
    rng = random.Random(76)
    for n in range(200):
        forward = Fraction(rng.randint(10**4, 10**9), 10**4)
        strike = Fraction(int(forward * rng.choice((1000, rng.randint(500, 2000), rng.randint(990, 1010)))), 1000)
        vol, seconds = Fraction(rng.randint(5, 300), 100), rng.choice((60, 900, 86400, rng.randint(10**3, 10**8)))
        option = (strike, rng.random() < 0.5, Fraction(1), vol)
        book = books.add([option], seconds, forward, forward, forward)
        sheet.ask(f"mark {n}: mark against 90 digits", "standard.marked", [book, book], "result",
                  black(option[1], strike, forward, vol, seconds), 0, "wad")


def ask_contingencies(sheet, name, s, r):
    """(of the prices, of the peg); sold options count by the least sure of their prices, coins by spot."""
    spots = {c: wad(s[f"{c}SpotPrice"]) for c in COINS}
    confidence = {c: wad(s["SpotPerpConfidences"][n][0]) for n, c in enumerate(COINS)}
    groups = collections.Counter()
    for c in COINS:
        groups[c, confidence[c]] += wad(s[f"w{c}"])
    keys = ("OptionUnderlying", "OptionAmounts", "OptionVolConfidences", "ForwardConfidences", "DiscountConfidences")
    for coin, amount, *sure in zip(*(s[k] for k in keys)):
        if amount < 0:
            groups[coin, min(confidence[coin], *map(wad, sure))] -= wad(amount)
    unsure = {k: n for k, n in groups.items() if n and k[1] < Fraction(55, 100)}
    if len(unsure) > 1:
        raise ValueError(f"{name}: several contingencies in one sum")
    for (coin, sure), units in unsure.items() or [(("ETH", Fraction(1)), 0)]:
        sheet.ask(f"{name}: OracleConts", "standard.contingency", [text(units), text(spots[coin]), text(sure)],
                  "result", wad(r["OracleConts"]), spots[coin] * units, "double")
    short = sum(-wad(a) for a in s["OptionAmounts"] if a < 0)
    if short and s["USDCValue"] < 10**18 or len(s["OptionAmounts"]) == 1:
        sheet.ask(f"{name}: DepegIMs", "standard.depeg", [text(short), text(spots["ETH"]), text(wad(s["USDCValue"]))],
                  "result", wad(r["DepegIMs"]), spots["ETH"] * short, "double")


# ---- auctions ----

def ask_auction(sheet, name, test):
    reserved, left = Fraction(0), Fraction(1)
    for n, action in enumerate(test["Actions"]):
        at, r = action["Time"], {k: wad(v) for k, v in action["Results"].items()}
        label, want = f"{name}.{n}", wad(action["Liquidator"]["PercentWant"])
        if r["PreMtM"] < 0:
            share = r["FinalPercentageReceived"]
            sheet.ask(f"{label}: payout", "standard.payout", [text(share), text(-r["Lowerbound"]), at], "result",
                      -r["SMPayout"], r["Lowerbound"], "double")
            share, left, paid = share / left, left - share, Fraction(0)
        else:
            sheet.ask(f"{label}: PreFMax", "standard.share_max",
                      [text(r["PreMtM"]), text(r["PreBM"]), text(reserved), at], "result", r["PreFMax"], 4, "double")
            share = min(want, r["PreFMax"])
            paid = r["ExpectedBidPrice"]
            sheet.ask(f"{label}: ExpectedBidPrice", "standard.bid_price",
                      [text(share), text(r["PreMtM"]), text(reserved), at], "result", paid,
                      r["PreMtM"] - r["PreBM"], "double")
        for field in ("MtM", "MM", "BM"):
            sheet.ask(f"{label}: Post{field}", "standard.after",
                      [text(r[f"Pre{field}"]), text(share), text(reserved), text(paid)], "result", r[f"Post{field}"],
                      abs(r["PreBM"]) + abs(r["PreMtM"]), "double")
        reserved += paid


# ---- interest ----

def interest_world(contracts, data):
    """One block an event: interest of the days since the one before, then the event, then questions."""
    people = ("Alice", "Bob", "Charlie", "David", "Eric")
    blocks, sheet = [], Sheet()
    for n, event in enumerate(data["EventsVec"]):
        days, amount = event["key5"] // 10**18, text(wad(event["key4"] // 10 * 10))
        calls = [("accrue", days, text(wad(data["SMFeeShare"][n])))]
        if n == 0:
            calls = [("give", who, text(wad(b))) for who, b in zip(people, data["StartingBalances"])]
            calls.append(("insure", text(wad(data["StartingBalances"][5]))))
        calls += {"START": [], "TRADE": [("trade", event["key2"], event["key3"], amount)],
                  "SETTLEMENT": [("settle", event["key2"], amount)], "BORROW": [("give", event["key2"], amount)],
                  "INSOLVENCY": [("insolvency", event["key2"], amount)]}[event["key1"]]
        first = len(sheet.asks)
        supply = wad(data["totalSupplys"][n])
        for view, field, key in (("totals", "supply", "totalSupplys"), ("totals", "borrow", "totalBorrows"),
                                 ("utilization", "result", "utilizations"), ("borrow_rate", "result", "borrowRates"),
                                 ("reserves", "insurance", "SMBalances"), ("reserves", "printed", "netPrints"),
                                 ("reserves", "unpaid", "toxicDebts")):
            scale = 1 if view in ("utilization", "borrow_rate") else supply
            sheet.ask(f"{n}: {key}", f"pool.{view}", [], field, wad(data[key][n]), 8 * scale, "double")
        blocks.append({"after_s": 86400, "ask": sheet.asks[first:], "calls": [
            {"from": "all", "call": f"pool.{name}", "args": args, "expect": "OK"} for name, *args in calls]})
    here = os.path.relpath(ROOT / "tests/margin", contracts)
    return {"name": "interest", "time_s": START, "accounts": ["all"], "blocks": blocks,
            "contracts": [{"name": "pool", "source": f"{contracts}/{here}/cash_pool.plim"}]}, sheet


# ---- running ----

def run(options, world):
    with tempfile.TemporaryDirectory() as folder:
        for contract in world["contracts"]:
            contract["source"] = os.path.relpath(contract["source"], folder)
        file = pathlib.Path(folder) / "peer.world.json"
        file.write_text(json.dumps(world))
        done = subprocess.run([options.plim, "run", "--json", str(file), "--contracts", options.contracts],
                              capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    told = json.loads(done.stdout)
    return [a for block in told["blocks"] for a in block["asked"]], [json.dumps(d) for d in told["differences"]]


def ask_all(vectors, options, standard, books, sheets):
    """Fills `standard`; runs a world of perp.plim for each account that is in reach."""
    def with_perps(account, fill):
        sheet, world = Sheet(), perp_world(options.contracts, account)
        fill(sheet)
        world["blocks"][0]["ask"] = sheet.asks
        answers, bad = run(options, world)
        sheet.judge(answers)
        sheet.bad += bad
        sheets.append(sheet)

    for name, case in vectors["cases"].items():
        s, r = case["Scenario"], case["Result"]
        account = case_account(s)
        if account["perps"] or account["coins"]:
            with_perps(account, lambda sheet: ask_case_perps(sheet, name, account, r))
        ask_options(standard, books, name, s, r)
        ask_contingencies(standard, name, s, r)
        ask_sum(standard, name, r)
    for name, p in vectors["portfolios"].items():
        if name in WORST:
            ask_worst(standard, books, name, p)
            continue
        if p["options"]:
            standard.same["left away: portfolios with options, whose forwards are not in the file"] += 1
            continue
        with_perps(portfolio_account(p), lambda sheet: ask_portfolio(sheet, standard, name, p))
    for name, test in vectors["auctions"].items():
        ask_auction(standard, name, test)


def ask_sum(sheet, name, r):
    """The result is the sum of its parts: the initial one has 1.3 of the perpetuals' margin and the contingencies."""
    parts = {k: wad(r.get(k)) for k in ("UnrealizedPNL", "UnsettledFunding", "PerpMargin", "BaseMargin", "Cash",
                                        "OracleConts", "DepegIMs", "ETHOptionMM", "BTCOptionMM", "ETHOptionIM",
                                        "BTCOptionIM")}
    both = parts["UnrealizedPNL"] + parts["UnsettledFunding"] + parts["BaseMargin"] + parts["Cash"]
    mm = both + parts["PerpMargin"] + parts["ETHOptionMM"] + parts["BTCOptionMM"]
    im = (both + parts["PerpMargin"] * Fraction(13, 10) + parts["ETHOptionIM"] + parts["BTCOptionIM"]
          + parts["OracleConts"] + parts["DepegIMs"])
    for field, total in (("realMM", mm), ("realIM", im)):
        room = 4 * max(map(abs, parts.values())) / 2**50
        if abs(total - wad(r[field])) <= room:
            sheet.same[field] += 1
        else:
            sheet.bad.append(f"{name}: {field}: {float(total)}, not {float(wad(r[field]))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--contracts", default=str(ROOT / "contracts"))
    parser.add_argument("--data", default="../shared/data")
    options = parser.parse_args()
    vectors, whole = read(options.data)
    if not whole:
        print(f"note: {options.data}/peer-vectors is not there; the part in fixtures/margin is run")
    standard, books, sheets = Sheet(), Books(), []
    ask_all(vectors, options, standard, books, sheets)
    ask_marks(standard, books)
    world = {"name": "standard", "time_s": START, "accounts": [], "blocks": [{"after_s": 1, "ask": standard.asks}],
             "contracts": [{"name": "standard", "source": str(ROOT / "tests/margin/standard.plim"),
                            "tables": {"options": books.rows, "books": books.books}}]}
    answers, bad = run(options, world)
    standard.judge(answers)
    world, interest = interest_world(options.contracts, vectors["interest"])
    answers, more = run(options, world)
    interest.judge(answers)
    sheets += [standard, interest]
    counts, bad = collections.Counter(), bad + more
    for sheet in sheets:
        counts.update(sheet.same)
        bad += sheet.bad
    for line in bad[:40]:
        print("FAIL", line)
    for name, count in sorted(counts.items()):
        print(f"  {count:>4}  {name}")
    passed = sum(n for name, n in counts.items() if not name.startswith("left away"))
    print(f"{passed} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
