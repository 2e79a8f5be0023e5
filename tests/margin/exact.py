"""Margin in exact rationals: what an account has and what is asked of it, before any rounding.

Written from contracts/perp.md and the sources it names, not from the contracts: nothing here rounds, so a contract's
figure must lie on the protocol's side of this one and within one unit for each rounding that its page declares.
"""
from dataclasses import dataclass, field
from fractions import Fraction

UNIT = Fraction(1, 10**6)  # of cash


@dataclass
class Tier:
    floor: Fraction
    maintenance: Fraction
    initial: Fraction  # a share of the notional: 1 / leverage where a venue says leverage


@dataclass
class Ladder:
    """form: "step" or "cumulative"; scale: lower and upper of the open interest's notional, or None."""
    form: str
    tiers: list
    scale: tuple = None

    def rate_at(self, notional):
        return [tier for tier in self.tiers if tier.floor <= notional][-1]

    def maintenance(self, notional):
        """A cumulative ladder by its meaning, each slice at its own rate: no deduction is needed."""
        if self.form == "step":
            return notional * self.rate_at(notional).maintenance
        total = Fraction(0)
        for tier, above in zip(self.tiers, self.tiers[1:] + [None]):
            end = notional if above is None else min(notional, above.floor)
            total += max(end - tier.floor, Fraction(0)) * tier.maintenance
        return total

    def requirement(self, notional, interest):
        """(initial, maintenance); interest: notional of the open interest, one side."""
        maintenance = self.maintenance(notional)
        initial = max(notional * self.rate_at(notional).initial, maintenance)
        if self.scale is not None:
            lower, upper = self.scale
            part = min(max((interest - lower) / (upper - lower), Fraction(0)), Fraction(1))
            initial += (max(notional, initial) - initial) * part
        return initial, maintenance

    def slack(self, notional):
        """Units by which a requirement may exceed the exact one: (initial, maintenance)."""
        if self.scale is None:
            return 1, 1
        lower, upper = self.scale
        return 4 + notional / (upper - lower), 1


def deductions(tiers):
    """The deduction of each tier: the one before, and floor * (rate - rate before)."""
    out = [Fraction(0)]
    for before, tier in zip(tiers, tiers[1:]):
        out.append(out[-1] + tier.floor * (tier.maintenance - before.maintenance))
    return out


@dataclass
class Position:
    market: int
    size: Fraction
    cost: Fraction   # received less paid
    index: Fraction  # funding index when last settled


@dataclass
class Book:
    """An account: cash, collateral (asset, amount) and positions; only: the one market of an isolated account. A
    sub-account is a book of its own: nothing of its owner's counts, nor the other way."""
    cash: Fraction
    coins: list = field(default_factory=list)
    positions: list = field(default_factory=list)
    only: int = None


@dataclass
class Venue:
    """ladders, funding indexes and open interest (base) by market; haircuts by asset."""
    ladders: dict
    indexes: dict
    interest: dict
    haircuts: dict

    def equity(self, book, marks, coin_prices):
        total = book.cash
        for asset, amount in book.coins:
            total += amount * coin_prices[asset] * (1 - self.haircuts[asset])
        for p in book.positions:
            total += p.size * marks[p.market] + p.cost - p.size * (self.indexes[p.market] - p.index)
        return total

    def requirement(self, book, marks):
        """Exact (initial, maintenance) and the units by which rounding may raise each."""
        initial = maintenance = Fraction(0)
        more_initial = more_maintenance = Fraction(0)
        for p in book.positions:
            mark = marks[p.market]
            notional = abs(p.size) * mark
            i, m = self.ladders[p.market].requirement(notional, self.interest[p.market] * mark)
            a, b = self.ladders[p.market].slack(notional)
            initial, maintenance = initial + i, maintenance + m
            more_initial, more_maintenance = more_initial + a, more_maintenance + b
        return initial, maintenance, more_initial * UNIT, more_maintenance * UNIT

    @staticmethod
    def equity_slack(book):
        """One unit for each collateral asset, and for each position's profit and funding."""
        return (len(book.coins) + 2 * len(book.positions)) * UNIT
