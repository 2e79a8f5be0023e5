"""Maker's Median, the call poke (spec 09 §9)."""
from ..policy import Reading
from .median import digest_of, in_range
from .shared import WORD, Reader, Strict, Words, address, demand, member, uint

SELECTOR = bytes.fromhex("89bbb8b2")


def read(payload, feed, now):
    strict = Strict()
    reader = Reader(payload)
    demand(reader.take(4) == SELECTOR, "MAGIC")
    words = Words(payload)
    arrays = [words.array(4 + WORD * i, 4, WORD) for i in range(5)]
    count = arrays[0][1]
    demand(all(array[1] >= count for array in arrays), "NON_CANONICAL")
    strict.demand(all(array[1] == count for array in arrays), "NON_CANONICAL")
    # Where the arrays stand when there are no gaps between them.
    block = WORD * (count + 1)
    places = [4 + 5 * WORD + WORD + i * block for i in range(5)]
    strict.demand([array[0] for array in arrays] == places, "NON_CANONICAL")
    strict.demand(len(payload) <= 4 + 5 * WORD + 5 * block, "TRAILING")
    demand(len(feed.subject) == WORD, "SUBJECT")
    set_ = feed.active_set(now)
    active = feed.sets[set_]
    demand(count == active.quorum, "QUORUM")
    before, bloom, signers, digest = 0, set(), [], None
    for value, age, v, r, s in zip(*(array[2] for array in arrays)):
        digest = digest_of(value, age, feed.subject)
        signer = address(digest, r, s, uint(v) - 27, strict)
        signers.append(member(active, signer))
        demand(uint(value) >= before, "VALUE_ORDER")
        before = uint(value)
        demand(signer[0] not in bloom, "SIGNER_DUPLICATE")
        bloom.add(signer[0])
    middle, youngest = uint(arrays[0][2][count // 2]), min(uint(age) for age in arrays[1][2][:count])
    price, seconds = in_range(middle, youngest)
    return Reading(price or None, -18, seconds, seconds * 10**9, set_, signers,
                   strict_error=strict.error, digest=digest)
