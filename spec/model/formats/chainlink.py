"""What the transmissions of OCR1, OCR2 and Data Streams share (spec 09 §2 to §4)."""
from .shared import WORD, Words, address, demand, keccak256, member, signed, uint

SIGNERS_MAX = 31


class Transmission:
    """offset of the report, of r[], of s[] | v, and where they lead; offsets count from `base`."""

    def __init__(self, payload, base, at, strict):
        words = Words(payload)
        words.word(at + 3 * WORD)
        self.strict = strict
        self.report_at, self.report = words.text(at, base)
        _, count, self.r = words.array(at + WORD, base, WORD)
        _, others, self.s = words.array(at + 2 * WORD, base, WORD)
        self.v = payload[at + 3 * WORD:at + 4 * WORD]
        demand(max(count, others) <= SIGNERS_MAX, "LIMIT")
        demand(count == others, "SIGNATURE")
        # the head, then the parts with their lengths, the report not padded
        self.size = at + 4 * WORD + 3 * WORD + len(self.report) + 2 * WORD * count
        self.found = len(payload)
        self.signers = []
        strict.demand(not any(self.v[count:]), "TRAILING")

    def exact_size(self):
        demand(self.found >= self.size, "TRUNCATED")
        demand(self.found <= self.size, "TRAILING")

    def check(self, digest, signer_set):
        for v, r, s in zip(self.v, self.r, self.s):
            signer = member(signer_set, address(digest, r, s, v, self.strict))
            demand(signer not in self.signers, "SIGNER_DUPLICATE")
            self.signers.append(signer)


def context_digest(report, context):
    return keccak256(keccak256(report) + context)


def epoch_and_round(context):
    """Order key of 32 bytes that end with epoch u32 and round u8: epoch * 256 + round."""
    return uint(context[27:])


def observers_error(observers, count):
    """None, or the first rule that a byte of the observers in use breaks."""
    seen = set()
    for observer in observers[:count]:
        if observer >= SIGNERS_MAX:
            return "RANGE"
        if observer in seen:
            return "DUPLICATE"
        seen.add(observer)
    return None


def int192(words):
    return [signed(uint(word), 192) for word in words]
