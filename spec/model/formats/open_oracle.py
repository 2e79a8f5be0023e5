"""Open Oracle (spec 09 §10)."""
from ..policy import Reading
from .shared import WORD, Flat, Words, below, demand, eip191, keccak256, uint


def read(payload, feed, now):
    demand(len(payload) >= 96, "TRUNCATED")
    message = payload[:-96]
    r, s, v = payload[-96:-64], payload[-64:-32], uint(payload[-32:])
    words = Words(message)
    time, value = words.word(WORD), words.word(3 * WORD)
    kind_at, kind = words.text(0, 0)
    key_at, key = words.text(2 * WORD, 0)
    demand(kind == b"prices", "MESSAGE_TYPE")
    flat = Flat(feed, now)
    _layout(flat.strict, message, kind_at, key_at, key)
    digest = eip191(keccak256(message))
    flat.check(digest, r, s, v, low_s=False)
    seconds = below(time, 64)
    price = below(value, 64)
    demand(feed.subject in (b"", key), "SUBJECT")
    return Reading(price, -6, seconds, seconds * 10**9, flat.set, [flat.signer],
                   strict_error=flat.strict.error, digest=digest)


def _layout(strict, message, kind_at, key_at, key):
    padded = key + bytes(-len(key) % WORD)
    end = key_at + len(padded)
    plain = (kind_at == 0x80 + WORD and key_at == 0xc0 + WORD
             and message[kind_at:kind_at + WORD] == b"prices" + bytes(26)
             and message[key_at:end] == padded)
    strict.demand(plain, "NON_CANONICAL")
    strict.demand(len(message) <= end, "TRAILING")
