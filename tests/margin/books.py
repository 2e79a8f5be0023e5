#!/usr/bin/env python3
"""Random books at random marks: the contracts against exact.py.

  python3 tests/margin/books.py [--plim build/plim] [--books 3000] [--seed 1]

Each world has four markets (a ladder of steps, a cumulative one, one scaled by open interest, a flat rate), random
ladders, accounts with positions near the edges of the tiers, collateral at a haircut and funding due, among them
isolated and cross sub-accounts, and a dozen blocks of marks. After each block every account is asked for. Equity must
not be above the exact figure, requirements not below it, both within the units that the page of the contract declares;
who is liquidatable exactly is so in the contract. A liquidation price is exact to its last digit. In the end each owner
asks each of his accounts for one unit of cash more than its exact equity leaves above initial margin, and is refused
whatever his other accounts have; then for that less the declared units, and gets it; an isolated account is refused a
second market. Invariants of the contract are checked as well. Ends with "N passed, N failed".
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
from fractions import Fraction

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests.margin.exact import UNIT, Book, Ladder, Position, Tier, Venue, deductions  # noqa: E402
from tests.margin.storm import sub_account  # noqa: E402

ACCOUNTS, BLOCKS = 120, 12
MARKETS, ASSETS = (0, 1, 2, 3), (0, 1)
MODELS = {0: 2, 1: 2, 2: 3, 3: 4}  # contract of each market's model
NAMES = {2: "ladders", 3: "scaled", 4: "flat"}


def text(value, places):
    """An exact decimal."""
    scaled = Fraction(value) * 10**places
    assert scaled.denominator == 1, value
    sign, digits = "-" if scaled < 0 else "", str(abs(int(scaled))).rjust(places + 1, "0")
    return sign + digits[:-places] + "." + digits[-places:]


def number(rng, low, high, places):
    """A random multiple of 10^-places, of random magnitude between two powers of ten."""
    return Fraction(rng.randrange(10**(rng.randint(low, high) + places)) + 1, 10**places)


def random_ladder(rng, form):
    """Rates of at most 9 decimals; floors such that deductions have at most 6."""
    floor, tiers = Fraction(0), []
    maintenance = Fraction(rng.randint(1, 20), 1000)
    for _ in range(rng.randint(1, 9)):
        leverage = int(1 / maintenance)
        initial = Fraction(1, rng.randint(max(1, leverage // 2), leverage))
        tiers.append(Tier(floor, maintenance, initial))
        floor += rng.randint(1, 500) * 10**rng.randint(2, 4)
        maintenance = min(maintenance + Fraction(rng.randint(0, 100), 1000), Fraction(1, 2))
    return Ladder(form, tiers), floor


def ladder_rows(market, ladder, top):
    rows = [{"market": market, "tier": n, "floor": text(t.floor, 6), "maintenance": text(t.maintenance, 9),
             "leverage": int(1 / t.initial), "deduction": text(d if ladder.form == "cumulative" else 0, 6)}
            for n, (t, d) in enumerate(zip(ladder.tiers, deductions(ladder.tiers)))]
    return {"market": market, "form": ladder.form, "count": len(rows), "top": text(top, 6)}, rows


class World:
    """One world: its exact picture and its file."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.name = f"books_{seed}"
        rates = (Fraction(rng.randint(1, 5 * 10**7), 10**9), Fraction(rng.randint(5 * 10**7, 10**9), 10**9))
        flat = Ladder("step", [Tier(Fraction(0), *rates)])
        made = {0: random_ladder(rng, "step"), 1: random_ladder(rng, "cumulative"), 2: random_ladder(rng, "cumulative")}
        self.tops = {m: top for m, (_, top) in made.items()}
        self.ladders = {m: ladder for m, (ladder, _) in made.items()} | {3: flat}
        self.first = {m: Fraction(10)**rng.randint(-2, 4) for m in MARKETS} | {
            3: Fraction(1, 10**8) if rng.random() < 0.3 else number(rng, -8, 5, 8)}
        self.venue = Venue(self.ladders, {m: self.signed(number(rng, -4, 3, 17)) for m in MARKETS},
                           {m: Fraction(0) for m in MARKETS},
                           {a: Fraction(rng.randint(0, 10**9), 10**9) for a in ASSETS})
        self.owners = {}  # of sub-accounts
        self.books = self.add_accounts()
        self.add_house()
        size = self.venue.interest[2] * self.first[2]
        lower = Fraction(int(size * rng.randint(1, 10**6)), 10**6)
        span = Fraction(int(size * rng.randint(1, 10**6)) + 1, 10**6) * rng.choice((1, 3))
        self.ladders[2].scale = (lower, lower + span)
        self.marks = [({m: self.near(self.first[m], n) for m in MARKETS}, {a: number(rng, -3, 5, 8) for a in ASSETS})
                      for n in range(BLOCKS)]

    def signed(self, value):
        return value if self.rng.random() < 0.5 else -value

    def near(self, price, n):
        """The first price again, so that sizes are at the edges there, or up to 30 % away."""
        return price if n == 0 else max(Fraction(int(price * 10**8 * self.rng.randint(700, 1300)) // 1000, 10**8),
                                        Fraction(1, 10**8))

    def size(self, market):
        """At an edge of the ladder and one step beside it, or anything."""
        rng, tiers = self.rng, self.ladders[market].tiers
        if rng.random() < 0.5 and len(tiers) > 1:
            edge = rng.choice(tiers[1:]).floor / self.first[market]
            size = Fraction(int(edge * 10**9) + rng.randint(-1, 1), 10**9)
        else:
            size = number(rng, -9, 3, 9)
        return self.signed(max(size, Fraction(1, 10**9)))

    def add_accounts(self):
        """One in four owners has two accounts more: one for a single market, one for all."""
        books = {}
        for n in range(ACCOUNTS):
            owner = f"a{n}"
            books[owner] = self.book(MARKETS)
            if n % 4 == 0:
                isolated, cross = sub_account(owner, 1), sub_account(owner, 2)
                only = self.rng.choice(MARKETS)
                books[isolated], books[cross] = self.book((only,)), self.book(MARKETS)
                books[isolated].only = only
                self.owners |= {isolated: owner, cross: owner}
        return books

    def book(self, markets):
        rng = self.rng
        book = Book(self.signed(number(rng, -3, 6, 6)))
        book.coins = [(a, number(rng, -6, 3, 9)) for a in ASSETS if rng.random() < 0.4]
        for m in markets:
            if rng.random() < 0.5:
                size = self.size(m)
                cost = -size * self.near(self.first[m], 1) + self.signed(number(rng, -9, 2, 17))
                index = self.venue.indexes[m] + self.signed(number(rng, -6, 2, 17))
                book.positions.append(Position(m, size, cost, index))
        if not book.positions:
            book.cash = abs(book.cash)  # a debt without positions would have to be named as unpaid
        return book

    def add_house(self):
        """The other side of everything, so that the contract's invariants hold."""
        house = Book(Fraction(10**9))
        for m in MARKETS:
            held = [p for b in self.books.values() for p in b.positions if p.market == m]
            size, cost = -sum(p.size for p in held), -sum(p.cost for p in held)
            if size == 0:
                size = Fraction(0)
            self.venue.interest[m] = sum(p.size for p in [*held, Position(m, size, cost, 0)] if p.size > 0)
            house.positions.append(Position(m, size, cost, self.venue.indexes[m]))
        self.books["house"] = house

    def perp_tables(self):
        accounts = [{"who": who, "balance": text(b.cash, 6), "mode": "cross" if b.only is None else "isolated",
                     "market": b.only or 0} | ({"owner": self.owners[who]} if who in self.owners else {})
                    for who, b in self.books.items()]
        held = [(who, p) for who, b in self.books.items() for p in b.positions]
        coins = [(who, a, n) for who, b in self.books.items() for a, n in b.coins]
        books, moved = [], Fraction(0)
        for m in MARKETS:
            due = -sum(p.size * (self.venue.indexes[m] - p.index) for _, p in held if p.market == m)
            paid = -(-due // UNIT) * UNIT  # what has been received before is what is still to be paid now, up to dust
            dust = paid - due
            received, paid = max(-paid, Fraction(0)), max(paid, Fraction(0))
            moved += paid - received
            side = text(self.venue.interest[m], 9)
            books.append({"market": m, "long": side, "short": side, "index": text(self.venue.indexes[m], 17),
                          "paid": text(paid, 6), "received": text(received, 6), "dust": str(int(dust * 10**26))})
        cash = sum(b.cash for b in self.books.values()) + moved
        return {
            "accounts": accounts, "books": books,
            "markets": [{"market": m, "feed": m, "model": MODELS[m], "stale_after_s": 10**9} for m in MARKETS],
            "assets": [{"asset": a, "feed": 4 + a, "haircut": text(self.venue.haircuts[a], 9),
                        "total": text(sum(n for _, b, n in coins if b == a), 9)} for a in ASSETS],
            "holdings": [{"who": who, "asset": a, "amount": text(n, 9)} for who, a, n in coins],
            "positions": [{"who": who, "market": p.market, "size": text(p.size, 9), "cost": text(p.cost, 17),
                           "index": text(p.index, 17), "book": p.market} for who, p in held],
            "cash": [{"deposits": text(max(cash, Fraction(0)), 6), "withdrawals": text(max(-cash, Fraction(0)), 6)}],
        }

    def write(self, file, contracts):
        rows = {m: ladder_rows(m, self.ladders[m], self.tops[m]) for m in (0, 1, 2)}
        lower, upper = self.ladders[2].scale
        flat = self.ladders[3].tiers[0]

        def tables(*markets):
            return {"ladders": [rows[m][0] for m in markets], "tiers": [r for m in markets for r in rows[m][1]]}

        world = {
            "name": self.name, "time_s": 1700000000,
            "contracts": [
                {"name": "perp", "source": f"{contracts}/perp.plim", "tables": self.perp_tables()},
                {"name": "ladders", "source": f"{contracts}/models/tier_ladder.plim", "tables": tables(0, 1)},
                {"name": "scaled", "source": f"{contracts}/models/ladder_open_interest.plim", "tables": {
                    **tables(2), "scales": [{"market": 2, "lower": text(lower, 6), "upper": text(upper, 6)}]}},
                {"name": "flat", "source": f"{contracts}/models/flat_rate.plim",
                 "params": {"initial": text(flat.initial, 9), "maintenance": text(flat.maintenance, 9)}}],
            "feeds": [{"name": f"f{n}", "decimals": 8, "staleness_s": 10**6} for n in range(6)],
            "accounts": ["operator", *(who for who in self.books if who not in self.owners)],
            "blocks": [{"after_s": 12, "prices": self.said(*said), "ask": self.questions()} for said in self.marks]
            + [{"after_s": 12, "prices": self.said(*self.marks[-1]), "calls": list(self.edges())}]}
        file.write_text(json.dumps(world))

    def said(self, marks, prices):
        return {f"f{m}": text(p, 8) for m, p in marks.items()} | {f"f{4 + a}": text(p, 8) for a, p in prices.items()}

    def edges(self):
        """Calls at the edge of what an account may do, each with its outcome."""
        marks, prices = self.marks[-1]
        for who, book in self.books.items():
            owner = self.owners.get(who, who)
            initial, _, more, _ = self.venue.requirement(book, marks)
            free = self.venue.equity(book, marks, prices) - initial
            over = max(free // UNIT + 1, 1) * UNIT
            yield {"from": owner, "call": "perp.withdraw", "args": [who, text(over, 6)],
                   "expect": "NotEnough" if over > book.cash else "BelowInitial"}
            under = min((free - more - self.venue.equity_slack(book)) // UNIT, book.cash // UNIT) * UNIT
            if under > 0:
                yield {"from": owner, "call": "perp.withdraw", "args": [who, text(under, 6)], "expect": "OK"}
            if book.only is not None:
                other = (book.only + 1) % len(MARKETS)
                yield {"from": "operator", "call": "perp.fill", "expect": "WrongMarket",
                       "args": [other, "house", who, "0.000000001", text(marks[other], 8)]}

    def questions(self):
        return [ask for who in self.books for ask in ({"view": "perp.margin_of", "args": [who]},
                                                      {"view": "perp.is_liquidatable", "args": [0, who]},
                                                      {"view": "perp.liquidation_price", "args": [who, 1]})]

    def judge(self, block, asked):
        """Yields (account, what is wrong or None)."""
        marks, prices = self.marks[block]
        answers = iter(asked)
        for who, book in self.books.items():
            said, flagged, price = next(answers), next(answers), next(answers)
            yield who, (self.wrong(book, marks, prices, said, flagged)
                        or self.wrong_price(book, marks, prices, price["result"]["result"]
                                            if price["outcome"] == "OK" else price["outcome"]))

    def room(self, book, marks, prices, at):
        """Exact equity less maintenance if market 1, whose ladder is continuous, stood at this price; and the slack."""
        marks = {**marks, 1: at}
        initial, maintenance, _, more = self.venue.requirement(book, marks)
        return self.venue.equity(book, marks, prices) - maintenance, more + self.venue.equity_slack(book)

    def wrong_price(self, book, marks, prices, said):
        """At the price the account is below maintenance but for rounding, beside it it is not at all."""
        held = sum(p.size for p in book.positions if p.market == 1)
        if held == 0:
            return None if said.startswith("NoPosition") else f"liquidation price {said} without a position"
        price, tick = Fraction(said), Fraction(1, 10**8)
        if price == 0:
            room, slack = self.room(book, marks, prices, Fraction(0))
            fits = (room >= 0) == (held > 0) or abs(room) <= slack
            return None if fits else f"no liquidation price, room {float(room)}"
        room, slack = self.room(book, marks, prices, price)
        beside, _ = self.room(book, marks, prices, price + tick if held > 0 else price - tick)
        return None if room < slack and beside >= 0 else f"liquidation price {said}: {float(room)}, {float(beside)}"

    def wrong(self, book, marks, prices, said, flagged):
        if said["outcome"] != "OK":
            return said["outcome"]
        have, initial, maintenance = (Fraction(said["result"][k]) for k in ("equity", "initial", "maintenance"))
        equity = self.venue.equity(book, marks, prices)
        asked_i, asked_m, more_i, more_m = self.venue.requirement(book, marks)
        if not 0 <= equity - have < max(self.venue.equity_slack(book), UNIT):
            return f"equity {have} of {equity}"
        if not 0 <= initial - asked_i < max(more_i, UNIT):
            return f"initial {initial} of {asked_i}"
        if not 0 <= maintenance - asked_m < max(more_m, UNIT):
            return f"maintenance {maintenance} of {asked_m}"
        holds = any(p.market == 0 for p in book.positions)
        if holds and equity < asked_m and not flagged["result"]["result"]:
            return "is below maintenance and not liquidatable"
        return None


def run(plim, seed, folder, contracts):
    """(books that agree, sentences about those that do not)."""
    world = World(seed)
    file = pathlib.Path(folder) / f"{world.name}.world.json"
    world.write(file, os.path.relpath(contracts, folder))
    done = subprocess.run([plim, "run", "--json", str(file), "--contracts", str(contracts)], capture_output=True,
                          text=True, timeout=900)
    if done.returncode not in (0, 1):
        return 0, [f"seed {seed}: {done.stderr.strip()[:300]}"]
    told = json.loads(done.stdout)
    bad = [f"seed {seed}: {d}" for d in told["differences"][:3]]
    good = 0
    *marked, last = told["blocks"]
    good += sum(receipt["kind"] == "transaction" for receipt in last["receipts"]) - len(bad)
    for n, block in enumerate(marked):
        for who, problem in world.judge(n, block["asked"]):
            good += problem is None
            if problem is not None:
                bad.append(f"seed {seed}, block {n + 1}, {who}: {problem}")
    return good, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plim", default=str(ROOT / "build" / "plim"))
    parser.add_argument("--contracts", default=str(ROOT / "contracts"))
    parser.add_argument("--books", type=int, default=3000, help="at least so many books x marks")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    passed, failed, seed = 0, 0, options.seed
    with tempfile.TemporaryDirectory() as folder:
        while passed + failed < options.books:
            good, bad = run(options.plim, seed, folder, options.contracts)
            passed, failed, seed = passed + good, failed + len(bad), seed + 1
            for line in bad[:5]:
                print("FAIL", line)
            if failed:
                break
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
