"""Wormhole VAA v1 (spec 09 §5)."""
from ..bytes_io import u32
from ..policy import Reading
from .shared import Reader, Strict, address, demand, keccak256, member


class Vaa:
    """The parts of a VAA whose signatures hold."""

    def __init__(self, payload, feed, now, strict):
        reader = Reader(payload)
        demand(reader.u8() == 1, "VERSION")
        index = reader.u32()
        signatures = [(reader.u8(), reader.take(32), reader.take(32), reader.u8())
                      for _ in range(reader.u8())]
        body_at = reader.at
        self.time = reader.u32()
        reader.take(4)                  # nonce
        self.emitter = reader.take(34)  # chain, address
        reader.take(9)                  # sequence, consistency
        self.payload = payload[reader.at:]
        self.digest = keccak256(keccak256(payload[body_at:]))
        self.set = feed.named_set(bytes(28) + u32(index), now, "SIGNER_SET")
        self.signers = []
        self._check(signatures, feed.sets[self.set], strict)

    def _check(self, signatures, guardians, strict):
        demand(len(signatures) >= guardians.quorum, "QUORUM")
        for place, r, s, v in signatures:
            demand(place < len(guardians.members), "SIGNER")
            demand(place not in self.signers, "SIGNER_DUPLICATE")
            demand(not self.signers or place > self.signers[-1], "SIGNER_ORDER")
            signer = member(guardians, address(self.digest, r, s, v, strict))
            demand(signer == place, "SIGNATURE")
            self.signers.append(place)


def read(payload, feed, now):
    strict = Strict()
    vaa = Vaa(payload, feed, now, strict)
    return Reading(None, 0, vaa.time, vaa.time * 10**9, vaa.set, vaa.signers,
                   strict_error=strict.error, digest=vaa.digest)
