"""Chainlink OCR1, the call transmit (spec 09 §2)."""
from ..policy import Reading
from .chainlink import Transmission, epoch_and_round, int192, observers_error
from .shared import WORD, Reader, Reject, Strict, Words, demand, keccak256

SELECTOR = bytes.fromhex("c9807539")


def read(payload, feed, now):
    demand(Reader(payload).take(4) == SELECTOR, "MAGIC")
    strict = Strict()
    sent = Transmission(payload, 4, 4, strict)
    sent.exact_size()
    report = sent.report
    demand(len(report) >= WORD, "TRUNCATED")
    strict.demand(not any(report[:11]), "TRAILING")
    set_ = feed.named_set(bytes(16) + report[11:27], now, "CONFIG")
    quorum = feed.sets[set_].quorum
    demand(len(sent.r) >= quorum, "QUORUM")
    digest = keccak256(report)
    sent.check(digest, feed.sets[set_])
    values = _observations(report, quorum - 1, strict)
    return Reading(values[len(values) // 2], -feed.wire_decimals, epoch_and_round(report[:WORD]),
                   None, set_, sent.signers, strict_error=strict.error, digest=digest)


def _observations(report, f, strict):
    words = Words(report)
    words.word(2 * WORD)
    _, count, entries = words.array(2 * WORD, 0, WORD)
    observers = report[WORD:2 * WORD]
    demand(count <= 31, "LIMIT")
    demand(count > 0 and count > 2 * f, "QUORUM")
    error = observers_error(observers, count)
    if error is not None:
        raise Reject(error)
    values = int192(entries)
    demand(values == sorted(values), "VALUE_ORDER")
    strict.demand(not any(observers[count:]), "TRAILING")
    strict.demand(len(report) == WORD * (4 + count), "TRAILING")
    return values
