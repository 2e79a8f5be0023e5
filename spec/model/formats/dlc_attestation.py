"""A DLC attestation (spec 09 §15)."""
from ..hashes import sha256
from ..policy import Reading
from . import dlc
from .shared import Reader, Reject, demand

ATTESTATION = 0xd868     # it stands behind fd
TAGGED, SHA256 = 0, 1


class _Event:
    """The subject: rule, announced nonces, event id."""

    def __init__(self, subject):
        self.rule, self.nonces, self.id = TAGGED, [], b""
        if not subject:
            return
        reader = Reader(subject)
        try:
            self.rule = reader.u8()
            self.nonces = [reader.take(32) for _ in range(reader.u16())]
        except Reject:
            raise Reject("SUBJECT")
        demand(self.rule in (TAGGED, SHA256), "SUBJECT")
        self.id = subject[reader.at:]


def read(payload, feed, now):
    key, id_, signatures, outcomes = _parts(payload)
    event = _Event(feed.subject)
    set_, signer = dlc.oracle(feed, key, now)
    demand(signatures, "UNSIGNED")
    digest = None
    for place, (signature, outcome) in enumerate(zip(signatures, outcomes)):
        if event.rule == TAGGED:
            digest = dlc.tagged(b"DLC/oracle/attestation/v0", outcome)
        else:
            digest = sha256(outcome)
        dlc.check(key, digest, signature)
        if event.nonces:
            demand(event.nonces[place:place + 1] == [signature[:32]], "NONCE")
    demand(not event.nonces or len(event.nonces) == len(signatures), "NONCE")
    demand(feed.sets[set_].quorum <= 1, "QUORUM")
    demand(event.id in (b"", id_), "SUBJECT")
    price = _price(outcomes) if event.nonces else None     # only nonces bind a digit to its place
    return Reading(price, -feed.wire_decimals, 0, None, set_, [signer], digest=digest)


def _parts(payload):
    reader = Reader(payload)
    _, inner = dlc.tlv(reader, (ATTESTATION,))
    reader.end()
    id_, key = dlc.text(inner), inner.take(32)
    count = inner.u16()
    inner.must_hold(count, 64)
    signatures = [inner.take(64) for _ in range(count)]
    outcomes = [dlc.text(inner) for _ in range(count)]
    inner.end()
    return key, id_, signatures, outcomes


def _price(outcomes):
    """The number that the outcomes spell in base 2, or None."""
    sign, digits = 1, outcomes
    if outcomes[0] in (b"+", b"-"):
        sign, digits = (1 if outcomes[0] == b"+" else -1), outcomes[1:]
    if not 1 <= len(digits) <= 255 or any(digit not in (b"0", b"1") for digit in digits):
        return None
    return sign * int(b"".join(digits), 2)
