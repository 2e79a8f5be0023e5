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
