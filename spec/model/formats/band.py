"""A message signed by Band's group key (spec 09 §14)."""
from .. import secp256k1
from ..policy import Reading
from .shared import Reader, demand, keccak256, uint

START = b"BAND-TSS-secp256k1-v0\0challenge\0"


def read(payload, feed, now):
    reader = Reader(payload)
    commitment, s = reader.take(33), uint(reader.take(32))
    digest = keccak256(payload[reader.at:])
    set_ = feed.active_set(now)
    key = feed.sets[set_].members[0]
    point = secp256k1.point_of_key(commitment)
    demand(point is not None and 0 < s < secp256k1.N, "SIGNATURE")
    parity = bytes([27 + key[0] % 2])
    e = uint(keccak256(START + secp256k1.address_of(point) + parity + key[1:] + digest))
    found = secp256k1.multiply_sum([(s, secp256k1.G, 8), (-e, secp256k1.point_of_key(key), 5)])
    demand(found == point, "SIGNATURE")
    return Reading(None, 0, 0, None, set_, [0], digest=digest)
