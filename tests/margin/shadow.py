"""A venue by its page, in plain integers: what contracts/perp.md promises, written again without its contract.

Told which calls were accepted, it says what every account, fund and layer must hold afterwards and which events the
waterfall must have given. Cash counts 10^-6, costs 10^-17, sizes 10^-9, prices 10^-8, rates 10^-9, funding 10^-26.
Python's // rounds down; up(a, b) rounds up.
"""
from dataclasses import dataclass

LAYERS = ("own", "market_fund", "global_fund", "deleveraging", "socialised", "unpaid")
CASH17, CASH26, ONE = 10**11, 10**20, 10**9
GLOBAL_FUND = 2**32 - 1
FEES, DUST, CLEARING = "fees", "dust", "clearing"
VICTIMS_MAX, LEVERAGE_MAX = 256, 2**100


def units(text, places):
    """The integer of an exact decimal."""
    whole, _, rest = text.lstrip("-").partition(".")
    value = int(whole + rest.ljust(places, "0"))
    return -value if text.startswith("-") else value


def up(a, b):
    return -(-a // b)


def place(who):
    """Accounts are ordered by their 32 bytes."""
    return bytes.fromhex(who[2:]) if who.startswith("0x") else who.encode().ljust(32, b"\0")


@dataclass
class Position:
    size: int = 0
    cost: int = 0   # received less paid
    index: int = 0  # of funding, when last settled


@dataclass
class Market:
    model: object           # notional at 10^-17 -> (initial, maintenance)
    kind: str
    expiry: int
    maker: int = 0
    taker: int = 0
    fee: int = 0
    partial: str = "whole"
    factor: int = ONE
    whole_below: int = 0
    surplus: bool = False
    ranking: str = "profit_leverage"
    interest: int = 0
    clamp: int = 0
    cap: int = 0
    interval: int = 28800
    reward: tuple = (0, 0, 0, 0)  # cost, margin, least, most
    index: int = 0
    funded: int = 0
    due_dust: int = 0       # settled funding below a cash unit
    settlement: int = None


def ladder(form, tiers):
    """tiers: (floor of cash, maintenance rate, leverage); each slice of a cumulative ladder at its own rate."""
    def requirement(notional):
        at = max(n for n, t in enumerate(tiers) if t[0] * CASH17 <= notional)
        if form == "step":
            exact = notional * tiers[at][1]
        else:
            ends = [t[0] * CASH17 for t in tiers[1:at + 1]] + [notional]
            exact = sum((end - t[0] * CASH17) * t[1] for t, end in zip(tiers, ends))
        maintenance = up(exact, CASH26)
        return max(up(notional, tiers[at][2] * CASH17), maintenance), maintenance
    return requirement


def flat(initial, maintenance):
    return lambda notional: (max(up(notional * initial, CASH26), up(notional * maintenance, CASH26)),
                             up(notional * maintenance, CASH26))


class Shadow:
    def __init__(self, models):
        self.models = models
        self.now, self.prices = 0, {}
        self.balance, self.funds, self.markets, self.positions = {}, {}, {}, {}
        self.assets, self.coins = {}, {}       # asset -> haircut; (who, asset) -> amount
        self.layers, self.clearing = {}, 0
        self.paid_in = self.rounding = 0
        self.events = []

    # ---- what accounts have ----

    def mark(self, market):
        m = self.markets[market]
        return self.prices[f"m{market}"] if m.settlement is None else m.settlement

    def held(self, who):
        return [(m, p) for (w, m), p in self.positions.items() if w == who]

    def at(self, who, market):
        return self.positions.get((who, market), Position())

    def due(self, p, market):
        return -p.size * (self.markets[market].index - p.index)

    def counted(self, who):
        return sum(self.counted_one(who, a) for a in self.assets)

    def counted_one(self, who, asset):
        return self.coins.get((who, asset), 0) * self.prices[f"c{asset}"] * (ONE - self.assets[asset]) // CASH26

    def equity(self, who):
        total = self.balance.get(who, 0) + self.counted(who)
        for m, p in self.held(who):
            total += (p.size * self.mark(m) + p.cost) // CASH17 + self.due(p, m) // CASH26
        return total

    def exact_equity(self, who):
        """Nothing rounded: (at 10^-26, how many roundings the venue's own figure has)."""
        total, roundings = self.balance.get(who, 0) * CASH26, len(self.assets)
        for a, haircut in self.assets.items():
            total += self.coins.get((who, a), 0) * self.prices[f"c{a}"] * (ONE - haircut)
        for m, p in self.held(who):
            total += (p.size * self.mark(m) + p.cost) * ONE + self.due(p, m)
            roundings += 2
        return total, roundings

    def requirement(self, who, market):
        m, p = self.markets[market], self.at(who, market)
        if m.settlement is not None or p.size == 0:
            return 0, 0
        return m.model(abs(p.size) * self.mark(market))

    def margin(self, who):
        asked = [self.requirement(who, m) for m, _ in self.held(who)]
        return self.equity(who), sum(i for i, _ in asked), sum(m for _, m in asked)

    def conserved(self):
        """Cash that came in, less all that is anywhere, at 10^-26: 0. Positions count at their marks."""
        total = (sum(self.balance.values()) + sum(self.funds.values())) * CASH26 + self.rounding * ONE
        for (_, m), p in self.positions.items():
            total += (p.size * self.mark(m) + p.cost) * ONE + self.due(p, m)
        total += sum(m.due_dust for m in self.markets.values())
        return self.paid_in * CASH26 - total

    # ---- money ----

    def pay(self, who, amount):
        self.balance[who] = self.balance.get(who, 0) + amount

    def settle_funding(self, who, market):
        p, m = self.positions.get((who, market)), self.markets[market]
        if p is None:
            return
        due = self.due(p, market)
        p.index = m.index
        credit = due // CASH26
        self.pay(who, credit)
        m.due_dust += due - credit * CASH26
        self.pay(DUST, m.due_dust // CASH26)
        m.due_dust %= CASH26

    def realise(self, who, profit):
        credit = profit // CASH17
        self.pay(who, credit)
        self.rounding += profit % CASH17
        self.pay(DUST, self.rounding // CASH17)
        self.rounding %= CASH17
        return credit

    def change(self, who, market, delta, price):
        self.settle_funding(who, market)
        m = self.markets[market]
        if not any(k == market for _, k in self.positions):
            m.funded = self.now - self.now % m.interval
        p = self.positions.setdefault((who, market), Position())
        p.index = m.index
        part = min(abs(p.size), abs(delta)) if p.size * delta < 0 else 0
        closes = -part if delta < 0 else part
        cost = p.cost * part // abs(p.size) if part else 0
        p.cost -= cost + (delta - closes) * price
        p.size += delta
        if p.size == 0:
            del self.positions[who, market]
        return self.realise(who, cost - closes * price) if part else 0

    def sell_coins(self, who, buyer):
        for a in sorted(self.assets):
            value, amount = self.counted_one(who, a), self.coins.pop((who, a), 0)
            if amount:
                self.coins[buyer, a] = self.coins.get((buyer, a), 0) + amount
                self.pay(who, value)
                self.pay(buyer, -value)
                self.events.append(("CollateralSold", who, a, amount, value))

    # ---- the waterfall ----

    def absorb(self, market, who, layer, amount):
        if amount:
            self.layers[market, layer] = self.layers.get((market, layer), 0) + amount
            self.events.append(("LossAbsorbed", market, who, layer, amount))

    def from_funds(self, market, who, due):
        for fund, layer in ((market, "market_fund"), (GLOBAL_FUND, "global_fund")):
            paid = 0 if layer == "market_fund" and fund == GLOBAL_FUND else min(due, self.funds.get(fund, 0))
            if paid:
                self.funds[fund] -= paid
                self.pay(who, paid)
                self.absorb(market, who, layer, paid)
            due -= paid
        return due

    def share_out(self, market, who, loss):
        if loss == 0:
            return
        able = [(w, self.equity(w)) for w in sorted(self.balance, key=place)
                if w not in (who, FEES, DUST, CLEARING)]
        able = [(w, e) for w, e in able if e > 0]
        everything = sum(e for _, e in able)
        due, reached, paid = min(loss, everything), 0, 0
        for w, e in able:
            reached += e
            share = due * reached // everything - paid
            paid += share
            self.pay(w, -share)
            if share:
                self.events.append(("Socialised", market, who, w, share))
        self.pay(who, paid)
        self.absorb(market, who, "socialised", paid)
        self.absorb(market, who, "unpaid", loss - paid)

    def settle_loss(self, market, who, profit, missing):
        self.absorb(market, who, "own", max(missing, -profit, 0) - missing)
        self.share_out(market, who, self.from_funds(market, who, missing))

    def cover(self, market, who, helper, profit):
        if who == CLEARING or self.held(who) or self.equity(who) >= 0:
            return False
        missing = -self.equity(who)
        self.sell_coins(who, helper)
        self.settle_loss(market, who, profit, missing)
        return True

    def leverage(self, who, notional):
        equity = self.equity(who)
        return LEVERAGE_MAX if equity <= 0 else min(notional // CASH17 * 10**18 // equity, LEVERAGE_MAX)

    def score(self, who, p, market):
        mark, ranking = self.mark(market), self.markets[market].ranking
        profit = (p.size * mark + p.cost) // CASH17
        if ranking == "size":
            return abs(p.size)
        if ranking == "leverage":
            return self.leverage(who, abs(p.size) * mark)
        if ranking == "profit" or profit <= 0:
            return profit
        return profit * self.leverage(who, abs(p.size) * mark)

    def deleverage(self, market, who, helper, owed):
        """(closed, paid by victims, profit of the account)."""
        size, mark = self.at(who, market).size, self.mark(market)
        others = [(-self.score(w, p, market), place(w), w) for (w, m), p in self.positions.items()
                  if m == market and p.size * size < 0]
        left, owed_left = abs(size), owed
        for low, _, victim in sorted(others)[:VICTIMS_MAX]:
            if left == 0:
                break
            theirs = self.at(victim, market).size
            closed = min(abs(theirs), left)
            credit = self.change(victim, market, closed if theirs < 0 else -closed, mark)
            haircut = min(up(owed * closed, abs(size)), owed_left, max(credit, 0))
            self.pay(victim, -haircut)
            self.pay(who, haircut)
            left, owed_left = left - closed, owed_left - haircut
            self.events.append(("Deleveraged", market, who, victim, closed, haircut, -low))
            if self.cover(market, victim, helper, credit):
                break
        closed = abs(size) - left
        return closed, owed - owed_left, self.change(who, market, closed if size < 0 else -closed, mark)

    # ---- liquidation ----

    def part(self, who, market, margin):
        equity, initial, maintenance = margin
        m, whole = self.markets[market], abs(self.at(who, market).size)
        if m.partial == "whole" or equity <= 0 or equity < up(maintenance * m.whole_below, ONE):
            return whole
        if m.partial == "factor":
            return min(up(whole * m.factor, ONE), whole)
        mine = self.requirement(who, market)[0]
        cost = up(whole * self.mark(market) * m.fee, CASH26)
        return whole if mine <= cost else min(up(whole * max(initial - equity, 0), mine - cost), whole)

    def takeover(self, market, size, fee):
        off = up(self.mark(market) * fee, ONE)
        return self.mark(market) - (off if size > 0 else -off)

    def liquidate(self, liquidator, who, market):
        self.settle_funding(who, market)
        if self.at(who, market).size == 0:  # accepted: assets of an account below zero, without positions
            self.cover(GLOBAL_FUND, who, liquidator, 0)
            return
        p, margin = self.at(who, market), self.margin(who)
        part = self.part(who, market, margin)
        if part == abs(p.size):
            self.close_all(liquidator, who, market)
            return
        price, delta = self.takeover(market, p.size, self.markets[market].fee), -part if p.size > 0 else part
        profit = self.change(who, market, delta, price)
        self.change(liquidator, market, -delta, price)
        self.events.append(("Liquidated", market, who, part, self.at(who, market).size, price, profit))
        self.settle_loss(market, who, profit, 0)
        self.pay_keeper(market, who, liquidator, part)

    def pay_keeper(self, market, who, keeper, closed):
        """The account pays what it has, the funds the rest; gives the account's part."""
        cost, margin, least, most = self.markets[market].reward
        due = min(max(cost + up(closed * self.mark(market) * margin, CASH26), least), most)
        due = min(due, self.markets[market].model(closed * self.mark(market))[1] // 2)
        own = min(due, max(self.equity(who), 0))
        funded = due - own - self.from_funds(market, who, due - own)
        self.pay(who, -own - funded)
        self.pay(keeper, own + funded)
        if own + funded:
            self.events.append(("KeeperPaid", market, who, keeper, own + funded, funded))
        return own

    def close_all(self, liquidator, who, market):
        p, m = self.at(who, market), self.markets[market]
        equity, _, all_asked = self.margin(who)
        mine, mark, size = self.requirement(who, market)[1], self.mark(market), p.size

        def with_price(price):
            return equity - (size * mark + p.cost) // CASH17 + (size * price + p.cost) // CASH17

        def share(missing):
            return missing if all_asked == 0 else up(missing * mine, all_asked)

        price = self.takeover(market, size, m.fee)
        if with_price(price) < 0 <= equity:
            part = equity if all_asked == 0 else equity * mine // all_asked
            off = abs(part) * CASH17 // abs(size)
            price = max(mark - off if (part < 0) == (size < 0) else mark + off, 0)
        at_price = with_price(price)
        missing = share(max(-at_price, 0))
        if at_price < 0:
            self.sell_coins(who, liquidator)
        if missing <= self.funds.get(market, 0) + self.funds.get(GLOBAL_FUND, 0):
            profit = self.change(who, market, -size, price)
            self.change(liquidator, market, size, price)
            self.events.append(("Liquidated", market, who, abs(size), 0, price, profit))
            self.settle_loss(market, who, profit, missing)
            reward = self.pay_keeper(market, who, liquidator, abs(size))
            self.keep_surplus(market, who, at_price - reward, mine, all_asked)
        else:
            self.close_against_others(liquidator, who, market, share(max(-equity, 0)))

    def keep_surplus(self, market, who, equity, mine, all_asked):
        if not self.markets[market].surplus or equity <= 0 or self.balance[who] <= 0:
            return
        amount = min(min(equity, all_asked) * mine // all_asked if all_asked else 0, self.balance[who])
        self.pay(who, -amount)
        self.funds[market] = self.funds.get(market, 0) + amount
        self.events.append(("SurplusToFund", market, who, amount))

    def close_against_others(self, helper, who, market, missing):
        whole = abs(self.at(who, market).size)
        owed = self.from_funds(market, who, missing)
        closed, paid, profit = self.deleverage(market, who, helper, owed)
        self.absorb(market, who, "deleveraging", paid)
        due = owed if closed == whole else max(paid, owed * closed // whole)
        others = missing - owed + due
        self.absorb(market, who, "own", max(others, -profit) - others)
        self.share_out(market, who, due - paid)
        left = self.at(who, market).size
        self.events.append(("Liquidated", market, who, closed, left, self.mark(market), profit))

    # ---- accepted calls ----

    def accept(self, caller, function, args):
        self.events = []
        getattr(self, f"on_{function}")(caller, **args)
        return self.events

    def on_list_market(self, caller, market, feed, model, kind, expiry):
        self.markets[int(market)] = Market(self.models[int(model), int(market)], kind, int(expiry))

    def on_set_fees(self, caller, market, maker, taker):
        m = self.markets[int(market)]
        m.maker, m.taker = units(maker, 9), units(taker, 9)

    def on_set_liquidation(self, caller, market, fee, partial, factor, whole_below, surplus_to_fund, ranking):
        m = self.markets[int(market)]
        m.fee, m.factor, m.whole_below = units(fee, 9), units(factor, 9), units(whole_below, 9)
        m.partial, m.surplus, m.ranking = partial, surplus_to_fund in (True, "true"), ranking

    def on_set_reward(self, caller, market, cost, margin, least, most):
        self.markets[int(market)].reward = (units(cost, 6), units(margin, 9), units(least, 6), units(most, 6))

    def on_set_funding(self, caller, market, premium_feed, interest, premium_clamp, funding_cap, interval_s):
        self.accrue_due(int(market))
        m = self.markets[int(market)]
        if m.interval != int(interval_s):
            m.funded = self.now - self.now % int(interval_s)
        m.interest, m.clamp, m.cap = units(interest, 9), units(premium_clamp, 9), units(funding_cap, 9)
        m.interval = int(interval_s)

    def on_set_asset(self, caller, asset, feed, haircut):
        self.assets[int(asset)] = units(haircut, 9)

    def on_open_account(self, caller, **_):
        self.balance.setdefault(caller, 0)

    def on_deposit(self, caller, who, amount):
        self.paid_in += units(amount, 6)
        self.pay(who, units(amount, 6))

    def on_withdraw(self, caller, who, amount):
        self.paid_in -= units(amount, 6)
        self.pay(who, -units(amount, 6))

    def on_transfer(self, caller, from_who, to_who, amount):
        self.pay(from_who, -units(amount, 6))
        self.pay(to_who, units(amount, 6))

    def on_pay_into_fund(self, caller, fund, amount):
        self.pay(caller, -units(amount, 6))
        self.funds[int(fund)] = self.funds.get(int(fund), 0) + units(amount, 6)

    def on_deposit_collateral(self, caller, who, asset, amount):
        self.pay(who, 0)
        self.coins[who, int(asset)] = self.coins.get((who, int(asset)), 0) + units(amount, 9)

    def on_withdraw_collateral(self, caller, who, asset, amount):
        self.coins[who, int(asset)] = self.coins.get((who, int(asset)), 0) - units(amount, 9)

    def on_fill(self, caller, market, maker, taker, size, price):
        market, size, price = int(market), units(size, 9), units(price, 8)
        m = self.markets[market]
        self.accrue_due(market)
        self.change(maker, market, -size, price)
        self.change(taker, market, size, price)
        for who, fee in ((maker, m.maker), (taker, m.taker)):
            amount = up(abs(size) * price * fee, CASH26)
            self.pay(who, -amount)
            self.pay(FEES, amount)

    def accrue_due(self, market):
        m = self.markets[market]
        open_ = any(k == market for _, k in self.positions)
        if open_ and self.now >= m.funded + m.interval and (m.kind == "perpetual" or self.now < m.expiry):
            self.on_fund(None, market)

    def on_fund(self, caller, market):
        m = self.markets[int(market)]
        premium = self.prices["premium"]
        rate = premium + min(max(m.interest - premium, -m.clamp), m.clamp)
        rate = min(max(rate, -m.cap), m.cap) if m.cap else rate
        intervals = (self.now - m.funded) // m.interval
        m.index += rate * self.mark(int(market)) * intervals
        m.funded += intervals * m.interval

    def on_collect_funding(self, caller, who, market):
        self.settle_funding(who, int(market))

    def on_liquidate(self, caller, who, market):
        self.liquidate(caller, who, int(market))

    def on_settle(self, caller, who, market):
        market = int(market)
        m = self.markets[market]
        m.settlement = self.mark(market) if m.settlement is None else m.settlement
        size = self.at(who, market).size
        profit = self.change(who, market, -size, m.settlement)
        self.change(CLEARING, market, size, m.settlement)
        self.cover(market, who, caller, profit)
