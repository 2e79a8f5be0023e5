"""Chronicle Scribe, the call poke (spec 09 §13)."""
from .. import secp256k1
from ..policy import Reading
from .shared import WORD, Reader, Strict, Words, below, demand, eip191, keccak256, uint

SELECTORS = (bytes.fromhex("2f529d73"), bytes.fromhex("00000082"))
TAIL = 4 + 3 * WORD     # where the second struct stands in the plain layout


def read(payload, feed, now):
    strict = Strict()
    demand(Reader(payload).take(4) in SELECTORS, "MAGIC")
    words = Words(payload)
    value, age = words.word(4), words.word(4 + WORD)
    at = 4 + words.word(4 + 2 * WORD)
    s, commitment = words.word(at), words.word(at + WORD)
    ids_at, ids = words.text(at + 2 * WORD, at)
    value, age, commitment = below(value, 128), below(age, 32), below(commitment, 160)
    end = ids_at + len(ids) + -len(ids) % WORD
    plain = at == TAIL and ids_at == TAIL + 4 * WORD
    strict.demand(plain and payload[ids_at:end] == ids + bytes(-len(ids) % WORD), "NON_CANONICAL")
    strict.demand(len(payload) <= end, "TRAILING")
    demand(len(feed.subject) == WORD, "SUBJECT")
    set_ = feed.active_set(now)
    active = feed.sets[set_]
    demand(len(ids) == active.quorum, "QUORUM")
    signers = _signers(ids, active)
    message = eip191(keccak256(feed.subject + value.to_bytes(16, "big") + age.to_bytes(4, "big")))
    points = [secp256k1.point_of_key(active.members[signer]) for signer in signers]
    key = secp256k1.multiply_sum([(1, point, 2) for point in points])
    demand(key is not None, "SIGNATURE")
    demand(0 < s < secp256k1.N and commitment != 0, "SIGNATURE_RANGE")
    demand(_holds(key, message, s, commitment.to_bytes(20, "big")), "SIGNATURE")
    return Reading(value or None, -18, age, age * 10**9, set_, signers, strict_error=strict.error,
                   digest=message)


def _signers(ids, active):
    """The members whose addresses begin with these bytes."""
    first = {}
    for place, key in enumerate(active.members):
        first.setdefault(secp256k1.address_of(secp256k1.point_of_key(key))[0], place)
    signers = []
    for id_ in ids:
        demand(id_ in first, "SIGNER")
        demand(first[id_] not in signers, "SIGNER_DUPLICATE")
        signers.append(first[id_])
    return signers


def _holds(key, message, s, commitment):
    """address(s*G - e*P) = commitment."""
    x, y = key
    e = uint(keccak256(x.to_bytes(32, "big") + bytes([y % 2]) + message + commitment))
    point = secp256k1.multiply_sum([(s, secp256k1.G, 8), (-e, key, 5)])
    return point is not None and secp256k1.address_of(point) == commitment
