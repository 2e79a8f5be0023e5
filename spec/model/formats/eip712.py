"""A typed struct that carries a price (spec 09 §16)."""
from ..policy import Reading
from .shared import WORD, Strict, address, below, demand, keccak256, member, signed, uint

NONE = 255


class _Plan:
    """The subject: domain, type, and which words are what."""

    def __init__(self, subject):
        demand(len(subject) >= 69, "SUBJECT")
        self.domain, self.type = subject[:32], subject[32:64]
        self.count, self.price, self.time, self.order, self.feed = subject[64:69]
        demand(len(subject) == (69 if self.feed == NONE else 101), "SUBJECT")
        for word in (self.price, self.time, self.order, self.feed):
            demand(word == NONE or word < self.count, "SUBJECT")
        self.wanted = subject[69:]


def read(payload, feed, now):
    plan, strict = _Plan(feed.subject), Strict()
    size = WORD * plan.count
    demand(len(payload) >= size and (len(payload) - size) % 65 == 0, "TRUNCATED")
    words = [payload[i:i + WORD] for i in range(0, size, WORD)]
    demand(plan.feed == NONE or words[plan.feed] == plan.wanted, "SUBJECT")
    set_ = feed.active_set(now)
    digest = keccak256(b"\x19\x01" + plan.domain + keccak256(plan.type + payload[:size]))
    signers = []
    for at in range(size, len(payload), 65):
        r, s, v = payload[at:at + 32], payload[at + 32:at + 64], payload[at + 64]
        signer = member(feed.sets[set_], address(digest, r, s, v - 27, strict, low_s=True))
        demand(signer not in signers, "SIGNER_DUPLICATE")
        signers.append(signer)
    demand(len(signers) >= feed.sets[set_].quorum, "QUORUM")
    time = order = None
    if plan.time != NONE:
        time = below(uint(words[plan.time]), 64)
    if plan.order != NONE:
        order = below(uint(words[plan.order]), 64)
    elif time is not None:
        order = time
    price = None if plan.price == NONE else signed(uint(words[plan.price]), 256)
    return Reading(price, -feed.wire_decimals, order or 0, None if time is None else time * 10**9,
                   set_, signers, strict_error=strict.error, digest=digest)
