"""Random readings for the policy of spec 05 §6, near its edges: what goes in, and what the model says.

One row is a line of words: format decimals rules rounding staleness_s future_s min max deviation_bps
confidence_bps, now_s now_ns, last (1 price round set, or 0 0 0 0), reading (has price, price, exponent,
has confidence, confidence, has time, time_s, time_ns, order, valid_from_s, expires_s, set, strict error's
number or 0), verdict, price time round. Prices are 64 hex digits, two's complement.
"""
from . import policy
from .bytes_io import i256
from .oracle import Feed, Price
from .tables import FORMATS, Reject, status

END = 2**64 - 1


def _near(rng, value, low, high, steps=(-1, 0, 0, 1)):
    return min(max(value + rng.choice(steps), low), high)


def _price(rng):
    size = rng.choice([0, 1, 10, 64, 130, 222, 240, 255])
    value = rng.choice([-1, 1]) * rng.getrandbits(size) if size else 0
    return rng.choice([value, value, -2**255, 2**255 - 1])


def _feed(rng):
    number = rng.choice([n for n, f in FORMATS.items() if n > 1 and not f.transport])
    low, high = sorted([rng.choice([-2**255, 0, _price(rng)]), rng.choice([2**255 - 1, _price(rng)])])
    feed = Feed("f", number, rng.choice([0, 6, 8, 18, 77]), rng.choice([0, 60, 3600, END]),
                rng.choice([0, 5, END]), low, high, [], "")
    feed.rules, feed.rounding = rng.randint(0, 1), rng.randint(0, 3)
    feed.deviation_bps = rng.choice([0, 0, 1, 100, 10000, 2**32 - 1])
    feed.confidence_bps = rng.choice([0, 0, 1, 100, 2**32 - 1])
    return feed


def _reading(rng, feed, now, last):
    shift = rng.choice([0, 0, 0, -1, -2, 1, -10, 10, -76, -77, 76, 77])
    price = rng.choice([_price(rng), rng.randint(-1000, 1000) * 5, feed.low, feed.high])
    if last is not None and rng.random() < 0.6:
        step = abs(last.price) * rng.choice([feed.deviation_bps, 0]) // 10000
        price, shift = last.price + rng.choice([-step, step]) + rng.choice([-1, 0, 0, 1]), 0
    price = min(max(price, -2**255), 2**255 - 1)
    wide = abs(price) * feed.confidence_bps // 10000
    time = now + rng.choice([0, feed.future_s * 10**9, -feed.staleness_s * 10**9]) + rng.choice(
        [0, 0, 1, -1, 10**9, -10**9])
    time = min(max(time, 0), END * 10**9 + 999_999_999)
    now_s = now // 10**9
    return policy.Reading(
        None if rng.random() < 0.02 else price, shift - feed.decimals,
        _near(rng, last.round if last else 5, 0, END, (-1, 0, 1, 1, 1, 1)),
        time if rng.random() < 0.9 else None, rng.choice([1, 1, 1, 0, 2]),
        confidence=min(_near(rng, wide, 0, END), END) if rng.random() < 0.9 else None,
        valid_from_s=0 if rng.random() < 0.8 else _near(rng, min(now_s + feed.future_s, END), 0, END),
        expires_s=END if rng.random() < 0.8 else _near(rng, now_s, 0, END),
        strict_error=rng.choice([None, None, None, "HIGH_S", "TRAILING"]))


def row(rng):
    """One line, without its end."""
    feed = _feed(rng)
    now = rng.choice([0, 1000, 1_700_000_000, END]) * 10**9 + rng.choice([0, 0, 0, 1, 999_999_999])
    last = None if rng.random() < 0.2 else Price(
        rng.choice([_price(rng), rng.randint(-1000, 1000)]), feed.decimals, 0,
        rng.choice([0, 5, 1_700_000_000, END]), set_=rng.choice([1, 1, 1, 0, 2]))
    r = _reading(rng, feed, now, last)
    try:
        found, verdict = policy.check(feed, now, last, r), "OK"
    except Reject as reject:
        found, verdict = Price(0, 0, 0, 0), reject.name
    words = [feed.format, feed.decimals, feed.rules, feed.rounding, feed.staleness_s, feed.future_s,
             feed.low, feed.high, feed.deviation_bps, feed.confidence_bps, now // 10**9, now % 10**9]
    words += [1, last.price, last.round, last.set] if last else [0, 0, 0, 0]
    time = r.time_ns or 0
    words += [int(r.price is not None), r.price or 0, r.exponent, int(r.confidence is not None),
              r.confidence or 0, int(r.time_ns is not None), time // 10**9, time % 10**9, r.order,
              r.valid_from_s, r.expires_s, r.set, status(r.strict_error or "OK"), verdict,
              found.price, found.time, found.round]
    for at in (6, 7, 13, 17, 30):   # the prices
        words[at] = i256(words[at]).hex()
    return " ".join(str(word) for word in words)
