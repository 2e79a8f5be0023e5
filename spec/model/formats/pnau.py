"""Pyth's accumulator update with its proofs (spec 09 §6)."""
from ..policy import Reading
from .shared import Reader, Strict, demand, keccak256
from .vaa import Vaa

EMITTER, WHOLE = 34, 66


def read(payload, feed, now):
    strict = Strict()
    reader = Reader(payload)
    reader.magic(b"PNAU")
    demand(reader.u8() == 1, "VERSION")
    reader.u8()
    reader.take(reader.u8())
    demand(reader.u8() == 0, "TYPE")
    vaa = Vaa(reader.take(reader.u16()), feed, now, strict)
    demand(feed.subject, "EMITTER")
    demand(len(feed.subject) in (EMITTER, WHOLE), "SUBJECT")
    demand(vaa.emitter == feed.subject[:EMITTER], "EMITTER")
    root = _root(vaa.payload)
    wanted = feed.subject[EMITTER:] or None
    found = None
    updates = reader.u8()
    for number in range(updates):
        message, proof = _update(reader)
        demand(_leads_to(message, proof) == root, "MERKLE")
        price = _price(message)
        if wanted is None and number > 0 or wanted not in (None, message[1:33]):
            continue            # a subject without an id takes the first update
        if found is not None:
            strict.say("DUPLICATE")
        if found is None or price["time"] > found["time"]:
            found = price
    reader.end()
    if found is None:
        demand(updates == 0 and wanted is None, "SUBJECT")
        return Reading(None, 0, 0, None, vaa.set, vaa.signers, strict_error=strict.error,
                       digest=vaa.digest)
    return Reading(found["price"], found["exponent"], found["time"], found["time"] * 10**9, vaa.set,
                   vaa.signers, found["confidence"], strict_error=strict.error, digest=vaa.digest)


def _root(payload):
    reader = Reader(payload)
    reader.magic(b"AUWV")
    demand(reader.u8() == 0, "TYPE")
    reader.take(8 + 4)          # slot, ring size
    return reader.take(20)


def _update(reader):
    message = reader.take(reader.u16())
    return message, [reader.take(20) for _ in range(reader.u8())]


def _leads_to(message, proof):
    node = keccak256(b"\0" + message)[:20]
    for other in proof:
        node = keccak256(b"\1" + min(node, other) + max(node, other))[:20]
    return node


def _price(message):
    reader = Reader(message)
    demand(reader.u8() == 0, "MESSAGE_TYPE")
    reader.take(32)
    found = {"price": int.from_bytes(reader.take(8), "big", signed=True),
             "confidence": reader.u64(),
             "exponent": int.from_bytes(reader.take(4), "big", signed=True), "time": reader.u64()}
    reader.take(8 + 8 + 8)      # previous publish time, ema price, ema confidence
    return found
