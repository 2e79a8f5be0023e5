"""From accepted reports to the prices that contracts read (spec 05 §7)."""
from .bytes_io import i256, u32, u64
from .machine import ACCEPTED, CURRENT, NEXT, OBSERVED, PRICES
from .oracle import NO_FEED, Price
from .state import GE, GT, LE
from .values import as_signed


def has_stages(feed):
    return bool(feed.delay_s or feed.twap_s or feed.heartbeat_s or feed.fallback != NO_FEED
                or len(feed.sets) > 1)


def last(state, feeds, number):
    """The Price that the feed accepted last, or None."""
    if not has_stages(feeds[number]):
        return Price.of_row(state.get(0, PRICES, u32(number)))
    row = state.get(0, ACCEPTED, u32(number))
    price = Price.of_row(row)
    if price is not None:
        price.set = int.from_bytes(row[57:59], "big")
    return price


def accept(state, feeds, number, price):
    if has_stages(feeds[number]):
        state.put(0, ACCEPTED, u32(number), price.accepted_row())
    else:
        state.put(0, PRICES, u32(number), price.row())


def settle(state, feeds, height, time):
    """After the reports of a block."""
    for number, feed in enumerate(feeds):
        if not has_stages(feed):
            continue
        price = last(state, feeds, number)
        new = price is not None and price.height == height
        if feed.delay_s:
            price, new = _delay(state, number, feed, price, time)
        if feed.twap_s and price is not None:
            price = _mean(state, number, feed, price, new, time)
        if feed.heartbeat_s and price is not None and price.time + feed.heartbeat_s < time:
            price = None
        if price is None and feed.fallback != NO_FEED:
            price = Price.of_row(state.get(0, PRICES, u32(feed.fallback)))
        if price is not None:
            state.put(0, PRICES, u32(number), price.row())
        elif state.get(0, PRICES, u32(number)) is not None:
            state.delete(0, PRICES, u32(number))


def _delay(state, number, feed, accepted, time):
    """spec 05 §7 (1): (price or None, new)."""
    if accepted is None:
        return None, False
    row = state.get(0, NEXT, u32(number))
    if row is not None and time < int.from_bytes(row[57:65], "big") + feed.delay_s:
        return Price.of_row(state.get(0, CURRENT, u32(number))), False
    waited = Price.of_row(row)
    if waited is not None:
        state.put(0, CURRENT, u32(number), waited.row())
    state.put(0, NEXT, u32(number), accepted.row() + u64(time - time % feed.delay_s))
    return waited, waited is not None


def _observed(state, number, mode, time):
    """(time, price, total) nearest to a time, or None."""
    found = state.seek(0, OBSERVED, 0, mode, 1, [u32(number), u64(time)])
    if found is None:
        return None
    row = state.get(0, OBSERVED, b"".join(found))
    return (int.from_bytes(found[1], "big"), as_signed(int.from_bytes(row[:32], "big")),
            int.from_bytes(row[32:], "big"))


def _total(observation, time):
    since, price, total = observation
    return total + price * (time - since)


def _mean(state, number, feed, price, new, time):
    """spec 05 §7 (2)."""
    if new:
        before = _observed(state, number, LE, time)
        total = _total(before, time) if before is not None else 0
        state.put(0, OBSERVED, u32(number) + u64(time),
                  i256(price.price) + i256(as_signed(total % 2**256)))
    start = max(time - feed.twap_s, 0)
    for _ in range(2):
        oldest = _observed(state, number, GE, 0)
        follower = oldest and _observed(state, number, GT, oldest[0])
        if follower is None or follower[0] > start:
            break
        state.delete(0, OBSERVED, u32(number) + u64(oldest[0]))
    if _observed(state, number, LE, time) is None:
        return price
    first = _observed(state, number, LE, start)
    if first is None:
        first = _observed(state, number, GE, start)
        start = first[0]
    mean = price.price
    if start < time:
        whole = _total(_observed(state, number, LE, time), time) - _total(first, start)
        mean = as_signed(whole % 2**256) // (time - start)
    return Price(mean, price.decimals, price.time, price.round, price.height)
