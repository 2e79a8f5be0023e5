"""One message of a feed of Maker's Median (spec 09 §9)."""
from ..policy import Reading
from .shared import Flat, Reader, demand, uint
from .median import digest_of, in_range


def read(payload, feed, now):
    reader = Reader(payload)
    value, age, wat, r, s = (reader.take(32) for _ in range(5))
    v = reader.u8()
    reader.end()
    flat = Flat(feed, now)
    digest = digest_of(value, age, wat)
    flat.check(digest, r, s, v, low_s=False)
    demand(feed.subject in (b"", wat), "SUBJECT")
    price, seconds = in_range(uint(value), uint(age))
    return Reading(price or None, -18, seconds, seconds * 10**9, flat.set, [flat.signer],
                   strict_error=flat.strict.error, digest=digest)
