"""API3 signed data (spec 09 §11)."""
from ..policy import Reading
from .shared import Flat, Reader, below, demand, eip191, keccak256, signed, uint


def read(payload, feed, now):
    reader = Reader(payload)
    template, time, value, r, s = (reader.take(32) for _ in range(5))
    v = reader.u8()
    reader.end()
    flat = Flat(feed, now)
    digest = eip191(keccak256(payload[:96]))
    flat.check(digest, r, s, v, low_s=True)
    seconds = below(uint(time), 64)
    price = signed(uint(value), 224)
    demand(feed.subject in (b"", template), "SUBJECT")
    return Reading(price, -18, seconds, seconds * 10**9, flat.set, [flat.signer],
                   strict_error=flat.strict.error, digest=digest)
