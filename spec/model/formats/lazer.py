"""Pyth Lazer (spec 09 §8)."""
from ..policy import Reading
from .shared import Flat, Reader, demand, keccak256

ORDERS = {bytes.fromhex("2a22999a"): "big", bytes.fromhex("e4bd474d"): "little"}
INNER = 2479346549
# property: (bytes, signed, a mark before it)
PROPERTIES = {0: (8, True, False), 1: (8, True, False), 2: (8, True, False), 3: (2, False, False),
              4: (2, True, False), 5: (8, False, False), 6: (8, True, True), 7: (8, False, True),
              8: (8, False, True), 9: (2, True, False), 10: (8, True, False),
              11: (8, False, False), 12: (8, False, True)}
PRICE, EXPONENT, CONFIDENCE, FEED_TIME = 0, 4, 5, 12


def read(payload, feed, now):
    reader = Reader(payload)
    order = ORDERS.get(reader.take(4))
    demand(order is not None, "MAGIC")
    r, s, v = reader.take(32), reader.take(32), reader.u8()
    body = reader.take(int.from_bytes(reader.take(2), order))
    flat = Flat(feed, now)
    digest = keccak256(body)
    flat.check(digest, r, s, v + 27, low_s=True)
    time, feeds = _body(body, order, flat.strict)
    found = _wanted(feeds, feed.subject, flat.strict)
    flat.strict.demand(reader.done(), "TRAILING")
    if found is None:
        return Reading(None, 0, 0, None, flat.set, [flat.signer], strict_error=flat.strict.error,
                       digest=digest)
    return _reading(found, time, feed, flat, digest)


def _wanted(feeds, subject, strict):
    """The properties of the first feed with the id; None when any would do and there is none."""
    if not subject:
        return feeds[0][1] if feeds else None
    found = [properties for id_, properties in feeds if id_.to_bytes(4, "big") == subject]
    demand(found, "SUBJECT")
    strict.demand(len(found) == 1, "DUPLICATE")
    return found[0]


def _body(body, order, strict):
    reader = Reader(body)

    def number(size, is_signed=False):
        return int.from_bytes(reader.take(size), order, signed=is_signed)

    demand(number(4) == INNER, "MAGIC")
    time = number(8)
    reader.take(1)              # channel
    feeds = []
    for _ in range(reader.u8()):
        id_, properties = number(4), {}
        for _ in range(reader.u8()):
            which = reader.u8()
            demand(which in PROPERTIES, "TYPE")
            size, is_signed, marked = PROPERTIES[which]
            if which in properties:
                strict.say("DUPLICATE")
            told = not marked or reader.u8() != 0
            properties[which] = number(size, is_signed) if told else None
        feeds.append((id_, properties))
    reader.end()
    return time, feeds


def _reading(found, time, feed, flat, digest):
    exponent = found.get(EXPONENT, -feed.wire_decimals)
    of_price = time
    if feed.rules and found.get(FEED_TIME) is not None:
        of_price = found[FEED_TIME]
    return Reading(found.get(PRICE) or None, exponent, time, of_price * 1000, flat.set,
                   [flat.signer], found.get(CONFIDENCE) or None, strict_error=flat.strict.error,
                   digest=digest)
