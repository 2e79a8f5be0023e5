"""Chainlink Data Streams, a full report (spec 09 §4)."""
from ..policy import Reading
from .chainlink import Transmission, context_digest
from .shared import WORD, Reader, Strict, Words, below, demand, signed

# schema: the place of the price among its words, then for each word its bits, negative: signed
SCHEMAS = {2: (0, (-192,)), 3: (0, (-192, -192, -192)), 4: (0, (-192, 32)), 8: (1, (64, -192, 32)),
           9: (0, (-192, 64, -192, 32))}
HEAD = (32, 32, 192, 192, 32)       # valid from, observations, two fees, expiry


def read(payload, feed, now):
    context = Reader(payload).take(3 * WORD)
    strict = Strict()
    strict.demand(not any(context[WORD:WORD + 27]), "TRAILING")
    sent = Transmission(payload, 0, 3 * WORD, strict)
    strict.demand(sent.found <= sent.size, "TRAILING")
    strict.demand(sent.found >= sent.size, "TRUNCATED")
    set_ = feed.named_set(context[:WORD], now, "CONFIG")
    quorum, count = feed.sets[set_].quorum, len(sent.r)
    demand(count == quorum if context[:2] == b"\0\6" else count >= quorum, "QUORUM")
    digest = context_digest(sent.report, context)
    sent.check(digest, feed.sets[set_])
    values, price = _report(sent.report, feed, strict)
    valid_from, time, _, _, expires = values
    return Reading(price, -18, time, time * 10**9, set_, sent.signers, None, valid_from, expires,
                   strict.error, digest)


def _report(report, feed, strict):
    words = Words(report)
    words.word(0)
    demand(feed.subject in (b"", report[:WORD]), "SUBJECT")
    schema = int.from_bytes(report[:2], "big")
    demand(schema in SCHEMAS, "VERSION")
    place, kinds = SCHEMAS[schema]
    kinds = HEAD + kinds
    strict.demand(len(report) <= WORD * (1 + len(kinds)), "TRAILING")
    values = []
    for i, bits in enumerate(kinds):
        word = words.word(WORD * (1 + i))
        values.append(below(word, bits) if bits > 0 else signed(word, -bits))
    return values[:5], values[5 + place]
