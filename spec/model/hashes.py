"""Tagged SHA-256 (spec 04 §1)."""
import hashlib

EMPTY = bytes(32)

TAGS = ("code key row leaf node root header body receipts world report tx account").split()


def sha256(data):
    return hashlib.sha256(data).digest()


def _prefix(tag):
    digest = sha256(tag.encode("ascii"))
    return hashlib.sha256(digest + digest)


_START = {name: _prefix("plimsoll/" + name) for name in TAGS}


def tagged(name, data):
    """spec 04 §1: SHA256(SHA256(tag) | SHA256(tag) | data); `name` is the tag after `plimsoll/`."""
    running = _START[name].copy()
    running.update(data)
    return running.digest()


# ---- Keccak-256 (the padding before FIPS 202: 01 instead of 06) --------------------------------

_LANES = (1 << 64) - 1
_STEPS = [(x, y) for x in range(5) for y in range(5)]


def _turn(lane, count):
    return (lane << count | lane >> 64 - count) & _LANES if count else lane


def _round_constants():
    """The 24 words of iota: bits of an LFSR over x^8 + x^6 + x^5 + x^4 + 1 at 2^j - 1."""
    state, words = 1, []
    for _ in range(24):
        word = 0
        for j in range(7):
            word |= (state & 1) << (1 << j) - 1
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        words.append(word)
    return words


def _rotations():
    """The offsets of rho: triangular numbers along the walk (x, y) -> (y, 2x + 3y)."""
    out, x, y = {(0, 0): 0}, 1, 0
    for t in range(24):
        out[x, y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return out


_ROUNDS, _RHO = _round_constants(), _rotations()


def _permute(a):
    for constant in _ROUNDS:
        column = [a[x, 0] ^ a[x, 1] ^ a[x, 2] ^ a[x, 3] ^ a[x, 4] for x in range(5)]
        a = {(x, y): a[x, y] ^ column[x - 1] ^ _turn(column[(x + 1) % 5], 1) for x, y in _STEPS}
        a = {(y, (2 * x + 3 * y) % 5): _turn(a[x, y], _RHO[x, y]) for x, y in _STEPS}
        a = {(x, y): a[x, y] ^ ~a[(x + 1) % 5, y] & a[(x + 2) % 5, y] for x, y in _STEPS}
        a[0, 0] ^= constant
    return a


def keccak256(data):
    rate = 136
    data = bytearray(data) + b"\1" + bytes(-(len(data) + 1) % rate)
    data[-1] |= 0x80
    a = {step: 0 for step in _STEPS}
    for at in range(0, len(data), rate):
        for i in range(rate // 8):
            a[i % 5, i // 5] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
        a = _permute(a)
    return b"".join(a[i, 0].to_bytes(8, "little") for i in range(4))
