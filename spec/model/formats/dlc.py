"""What announcements and attestations share: sizes, TLVs, texts and signatures (spec 09 §15)."""
import hashlib

from .. import secp256k1
from .shared import Reader, demand, member


def bigsize(reader):
    first = reader.u8()
    if first < 0xfd:
        return first
    size = {0xfd: 2, 0xfe: 4, 0xff: 8}[first]
    value = reader.uint(size)
    demand(value >= {2: 0xfd, 4: 1 << 16, 8: 1 << 32}[size], "NON_CANONICAL")
    return value


def text(reader):
    return reader.take(bigsize(reader))


def tlv(reader, types):
    """(type, a reader of the value)."""
    type_ = bigsize(reader)
    demand(type_ in types, "MAGIC")
    return type_, Reader(text(reader))


def tagged(tag, data):
    """BIP-340's tagged hash."""
    tag = hashlib.sha256(tag).digest()
    return hashlib.sha256(tag + tag + data).digest()


def oracle(feed, key, now):
    """(set, place) of an oracle's key."""
    set_ = feed.active_set(now)
    return set_, member(feed.sets[set_], key)


def check(key, digest, signature):
    demand(secp256k1.verify_schnorr(key, digest, signature), "SIGNATURE")
