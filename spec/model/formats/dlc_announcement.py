"""A DLC announcement (spec 09 §15)."""
from ..policy import Reading
from . import dlc
from .shared import Reader, demand

ANNOUNCEMENT, EVENT, DIGITS, ENUM = 0xd824, 0xd822, 0xd80a, 0xd806     # each stands behind fd


def read(payload, feed, now):
    reader = Reader(payload)
    _, inner = dlc.tlv(reader, (ANNOUNCEMENT,))
    reader.end()
    signature, key = inner.take(64), inner.take(32)
    event_at = inner.at
    _, event = dlc.tlv(inner, (EVENT,))
    inner.end()
    set_, signer = dlc.oracle(feed, key, now)
    digest = dlc.tagged(b"DLC/oracle/announcement/v0", inner.data[event_at:])
    dlc.check(key, digest, signature)
    demand(feed.sets[set_].quorum <= 1, "QUORUM")
    maturity = _event(event)
    return Reading(None, 0, maturity, maturity * 10**9, set_, [signer], digest=digest)


def _event(event):
    """Its maturity."""
    event.take(32 * event.u16())
    maturity = event.u32()
    type_, descriptor = dlc.tlv(event, (DIGITS, ENUM))
    if type_ == DIGITS:
        descriptor.take(2 + 1)      # base, signed
        dlc.text(descriptor)        # unit
        descriptor.take(4 + 2)      # precision, digits
    else:
        for _ in range(descriptor.u16()):
            dlc.text(descriptor)
    descriptor.end()
    dlc.text(event)
    event.end()
    return maturity
