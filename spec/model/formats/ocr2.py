"""Chainlink OCR2, the call transmit (spec 09 §3)."""
from ..policy import Reading
from .chainlink import (SIGNERS_MAX, Transmission, context_digest, epoch_and_round, int192,
                        observers_error)
from .shared import WORD, Reader, Strict, Words, demand, uint

SELECTOR = bytes.fromhex("b1dc65a4")
HEAD = 5 * WORD     # of a median report: time, observers, offset, fee, count


def read(payload, feed, now):
    reader = Reader(payload)
    demand(reader.take(4) == SELECTOR, "MAGIC")
    context = reader.take(3 * WORD)
    strict = Strict()
    strict.demand(not any(context[WORD:WORD + 27]), "TRAILING")
    sent = Transmission(payload, 4, reader.at, strict)
    sent.exact_size()
    set_ = feed.named_set(context[:WORD], now, "CONFIG")
    quorum = feed.sets[set_].quorum
    demand(len(sent.r) == quorum, "QUORUM")
    digest = context_digest(sent.report, context)
    sent.check(digest, feed.sets[set_])
    price = time_ns = None
    if _is_median(sent.report):
        price, time_ns = _median(sent.report, quorum - 1, strict)
    return Reading(price, -feed.wire_decimals, epoch_and_round(context[WORD:2 * WORD]), time_ns,
                   set_, sent.signers, strict_error=strict.error, digest=digest)


def _is_median(report):
    if len(report) < HEAD + WORD:
        return False
    words = Words(report)
    count = words.word(4 * WORD)
    return (words.word(0) < 2**32 and words.word(2 * WORD) == 4 * WORD
            and len(report) == HEAD + WORD * count)


def _median(report, f, strict):
    words = [report[i:i + WORD] for i in range(0, len(report), WORD)]
    count, observers = uint(words[4]), words[1]
    demand(count <= SIGNERS_MAX, "LIMIT")
    demand(count > f, "QUORUM")
    int192(words[3:4])
    values = int192(words[5:])
    strict.demand(count > 2 * f, "QUORUM")
    error = observers_error(observers, count)
    strict.demand(error is None, error)
    strict.demand(not any(observers[count:]), "TRAILING")
    strict.demand(values == sorted(values), "VALUE_ORDER")
    return values[count // 2], uint(words[0]) * 10**9
