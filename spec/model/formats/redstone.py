"""RedStone, read from its end (spec 09 §7)."""
from ..policy import Reading
from .shared import U255, Strict, address, demand, keccak256, member, uint

MARKER = bytes.fromhex("000002ed57011e0000")
TAIL = 78       # time, value size, point count, signature


class _FromEnd:
    def __init__(self, data):
        self.data = data

    def take(self, size):
        demand(size <= len(self.data), "TRUNCATED")
        at = len(self.data) - size
        piece, self.data = self.data[at:], self.data[:at]
        return piece

    def uint(self, size):
        return uint(self.take(size))


def read(payload, feed, now):
    walk, strict = _FromEnd(payload), Strict()
    demand(walk.take(len(MARKER)) == MARKER, "MAGIC")
    walk.take(walk.uint(3))     # metadata
    count = walk.uint(2)
    demand(len(walk.data) >= TAIL * count, "TRUNCATED")
    set_ = feed.active_set(now)
    active = feed.sets[set_]
    demand(len(feed.subject) in (0, 32), "SUBJECT")
    values, wanted, time, digest = {}, feed.subject or None, None, None
    for _ in range(count):
        package = _Package(walk, active, strict)
        digest = package.digest
        demand(package.time != 0 and time in (None, package.time), "TIME_MISMATCH")
        time = package.time
        for id_, value in package.points:
            wanted = wanted or id_
            if id_ == wanted and package.signer in values:
                strict.say("SIGNER_DUPLICATE")
            elif id_ == wanted:
                values[package.signer] = value
    demand(len(values) >= active.quorum, "QUORUM")
    signers = list(values)      # in reading order
    if not feed.rules:          # deployed: the first `quorum` count
        signers = signers[:active.quorum]
    price = _median([values[signer] for signer in signers])
    demand(price < U255, "EXPONENT")
    return Reading(price, -feed.wire_decimals, time, time * 10**6, set_, signers,
                   strict_error=strict.error, digest=digest)


class _Package:
    """The package that ends where the walk stands."""

    def __init__(self, walk, active, strict):
        v, s, r = walk.uint(1), walk.take(32), walk.take(32)
        signed = walk.data
        points, size = walk.uint(3), walk.uint(4)
        self.time = walk.uint(6)
        demand(size <= 32, "LIMIT")
        body = walk.take(points * (32 + size))
        self.digest = keccak256(signed[len(walk.data):])
        self.signer = member(active, address(self.digest, r, s, v - 27, strict, low_s=True))
        self.points = [(body[i:i + 32], uint(body[i + 32:i + 32 + size]))
                       for i in range(0, len(body), 32 + size)][::-1]     # the last is met first


def _median(values):
    """Of an even number floor of the mean of the middle two."""
    values = sorted(values)
    middle = len(values) // 2
    if len(values) % 2:
        return values[middle]
    return (values[middle - 1] + values[middle]) // 2
