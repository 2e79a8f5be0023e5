"""Tagged SHA-256 (spec 04 §1), Keccak-256."""
import functools
import hashlib

EMPTY = bytes(32)

TAGS = ("code key row leaf node root header body receipts world report tx account "
        "certificate").split()


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


def _moves():
    """For each lane after pi, which lane comes there, its column, and its turn by rho."""
    turns, out = _rotations(), [None] * 25
    for (x, y), turn in turns.items():
        out[y + 5 * ((2 * x + 3 * y) % 5)] = (x + 5 * y, x, turn, 64 - turn)
    return out


# Lane (x, y) stands at x + 5 * y.
_ROUNDS, _MOVES = _round_constants(), _moves()
_CHI = [(x + 5 * y, (x + 1) % 5 + 5 * y, (x + 2) % 5 + 5 * y) for y in range(5) for x in range(5)]


def _permute(a):
    for constant in _ROUNDS:
        column = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        theta = [column[x - 1] ^ (column[x - 4] << 1 | column[x - 4] >> 63) & _LANES
                 for x in range(5)]
        b = [((lane := a[at] ^ theta[x]) << turn | lane >> rest) & _LANES
             for at, x, turn, rest in _MOVES]
        a = [b[i] ^ ~b[j] & b[k] for i, j, k in _CHI]
        a[0] ^= constant
    return a


@functools.lru_cache(maxsize=1 << 16)
def keccak256(data):
    rate = 136
    data = bytearray(data) + b"\1" + bytes(-(len(data) + 1) % rate)
    data[-1] |= 0x80
    a = [0] * 25
    for at in range(0, len(data), rate):
        for i in range(rate // 8):
            a[i] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], "little")
        a = _permute(a)
    return b"".join(lane.to_bytes(8, "little") for lane in a[:4])
