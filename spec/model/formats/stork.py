"""Stork (spec 09 §12)."""
from ..policy import Reading
from .shared import (Flat, Reader, address, below, demand, eip191, keccak256, member, signed,
                     uint)


def read(payload, feed, now):
    reader = Reader(payload)
    id_, time, value, _root, _algorithm, r, s = (reader.take(32) for _ in range(7))
    v = reader.u8()
    reader.end()
    flat = Flat(feed, now)
    digest = eip191(keccak256(flat.active.members[0] + payload[:160]))
    aggregator = address(digest, r, s, v - 27, flat.strict, low_s=True)
    demand(member(flat.active, aggregator) == 0, "SIGNATURE")   # another member's
    demand(flat.active.quorum == 1, "QUORUM")
    nanoseconds = below(uint(time), 64)
    price = signed(uint(value), 192)
    demand(feed.subject in (b"", id_), "SUBJECT")
    return Reading(price, -18, nanoseconds, nanoseconds, flat.set, [0],
                   strict_error=flat.strict.error, digest=digest)
