"""What several adapters need: words, signatures with recovery, what only strict rules say."""
import functools

from .. import secp256k1
from ..bytes_io import Reader
from ..hashes import keccak256
from ..tables import Reject

U64, U128, U255 = 1 << 64, 1 << 128, 1 << 255
WORD = 32


class Strict:
    """The first rule, in reading order, that only strict rules have (spec 09)."""

    def __init__(self):
        self.error = None

    def say(self, name):
        if self.error is None:
            self.error = name

    def demand(self, holds, name):
        if not holds:
            self.say(name)


def demand(holds, name):
    if not holds:
        raise Reject(name)


def uint(data):
    return int.from_bytes(data, "big")


def signed(value, bits):
    """A number of two's complement, or Reject NON_CANONICAL when a 256-bit word does not fit."""
    if value >= U255:
        value -= 1 << 256
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise Reject("NON_CANONICAL")
    return value


def below(value, bits):
    """The word, or Reject NON_CANONICAL when it is no unsigned number of so many bits."""
    demand(value >> bits == 0, "NON_CANONICAL")
    return value


def eip191(digest):
    return keccak256(b"\x19Ethereum Signed Message:\n32" + digest)


@functools.lru_cache(maxsize=1 << 16)
def _address_or_error(digest, r, s, parity):
    try:
        return secp256k1.address_of(secp256k1.recover(digest, r, s, parity)), None
    except Reject as reject:
        return None, reject.name


def address(digest, r, s, parity, strict, low_s=False):
    """spec 09: the address that a signature with recovery leads to. parity is the recovery byte
    without its base: anything but 0 and 1 is refused."""
    demand(parity in (0, 1), "RECOVERY_ID")
    demand(1 <= uint(r) < secp256k1.N and 1 <= uint(s) < secp256k1.N, "SIGNATURE_RANGE")
    if secp256k1.is_high(s):
        demand(not low_s, "HIGH_S")
        strict.say("HIGH_S")
    found, error = _address_or_error(digest, r, s, parity)
    if error is not None:
        raise Reject(error)
    return found


def member(signer_set, key):
    """The place of a key among the members, or Reject UNKNOWN_SIGNER."""
    demand(key in signer_set.members, "UNKNOWN_SIGNER")
    return signer_set.members.index(key)


class Flat:
    """The formats with one signature r | s | v, v being 27 or 28: signer and set."""

    def __init__(self, feed, now):
        self.set = feed.active_set(now)
        self.active = feed.sets[self.set]
        self.strict = Strict()
        self.signer = None

    def check(self, digest, r, s, v, low_s):
        self.signer = member(self.active, address(digest, r, s, v - 27, self.strict, low_s))
        demand(self.active.quorum <= 1, "QUORUM")


class Words:
    """Bytes of the ABI: words and arrays found by offsets (spec 09 §2)."""

    def __init__(self, data):
        self.data = data

    def word(self, at):
        demand(at + WORD <= len(self.data), "TRUNCATED")
        return uint(self.data[at:at + WORD])

    def array(self, at, base, size):
        """(first byte, count, entries) of what the offset at `at`, counted from base, leads to;
        entries have `size` bytes each."""
        start = base + self.word(at)
        count = self.word(start)
        start += WORD
        demand(start + count * size <= len(self.data), "TRUNCATED")
        ends = range(start, start + count * size, size)
        return start, count, [self.data[i:i + size] for i in ends]

    def text(self, at, base):
        """(first byte, bytes) of a text or of bytes."""
        start, count, _ = self.array(at, base, 1)
        return start, self.data[start:start + count]


__all__ = ["Flat", "Reader", "Reject", "Strict", "U128", "U255", "U64", "WORD", "Words", "address",
           "below", "demand", "eip191", "keccak256", "member", "signed", "uint"]
