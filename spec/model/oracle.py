"""Feeds and reports: what formats 0 and 1 check, and the way to all others (spec 05)."""
from . import policy, secp256k1
from .bytes_io import i256, u8, u16, u32, u64
from .hashes import tagged
from .tables import FORMATS, Reject
from .values import as_signed

UNSIGNED, NATIVE = 0, 1
DEPLOYED, STRICT = 0, 1
EXACT, DOWN, UP, HALF_EVEN = range(4)
NO_END = 2**64 - 1
NO_FEED = 2**32 - 1


class SignerSet:
    """spec 05 §3."""

    def __init__(self, members, quorum, from_s=0, until_s=NO_END, id_=bytes(32)):
        self.members = members      # bytes each
        self.quorum = quorum
        self.from_s = from_s
        self.until_s = until_s
        self.id = id_

    def active(self, now):
        return self.from_s <= now and (now < self.until_s or self.until_s == NO_END)


class Feed:
    """spec 05 §1."""

    def __init__(self, name, format_, decimals, staleness_s, future_s, low, high, sets, note):
        self.name = name
        self.format = format_
        self.decimals = decimals
        self.staleness_s = staleness_s
        self.future_s = future_s
        self.low = low              # signed
        self.high = high            # signed
        self.sets = sets            # SignerSet each
        self.note = note
        self.rules, self.rounding, self.wire_decimals, self.subject = STRICT, EXACT, 0, b""
        self.heartbeat_s = self.deviation_bps = self.confidence_bps = 0
        self.twap_s = self.delay_s = 0
        self.fallback = NO_FEED

    def plain(self):
        """spec 06 §1: world format 1 can say this feed."""
        if (self.format > NATIVE or self.heartbeat_s or self.deviation_bps or self.twap_s
                or self.delay_s or self.fallback != NO_FEED):
            return False
        return self.format == UNSIGNED or [(s.from_s, s.until_s) for s in self.sets] == [(0, NO_END)]

    def active_set(self, now):
        """The number of the one active set; SIGNER_SET when there is none."""
        for number, signer_set in enumerate(self.sets):
            if signer_set.active(now):
                return number
        raise Reject("SIGNER_SET")

    def named_set(self, id_, now, unknown):
        """The number of the set that a report names; `unknown` says which error there is without."""
        for number, signer_set in enumerate(self.sets):
            if signer_set.id == id_:
                if not signer_set.active(now):
                    raise Reject("SIGNER_SET_OVER")
                return number
        raise Reject(unknown)


class Price:
    """What a feed accepted, or what `prices` has (spec 04 §6)."""

    def __init__(self, price, decimals, time, round_, height=0, set_=0):
        self.price = price          # signed
        self.decimals = decimals
        self.time = time
        self.round = round_
        self.height = height
        self.set = set_

    def row(self):
        return (i256(self.price) + u8(self.decimals) + u64(self.time) + u64(self.round)
                + u64(self.height))

    def accepted_row(self):
        return self.row() + u16(self.set)

    @classmethod
    def of_row(cls, row):
        """Of a row that begins as that of `prices`; None for None."""
        if row is None:
            return None
        number = [int.from_bytes(row[a:b], "big") for a, b in ((33, 41), (41, 49), (49, 57))]
        return cls(as_signed(int.from_bytes(row[:32], "big")), row[32], *number)


class Report:
    """spec 05 §2, its parts by name; version is not checked here."""
    HEAD = 1 + 4 + 8 + 8 + 32 + 1 + 1
    SIGNATURE = 1 + 32 + 32

    def __init__(self, feed, round_, time, price, decimals, signatures=(), version=1):
        self.version = version
        self.feed = feed
        self.round = round_
        self.time = time
        self.price = price          # signed
        self.decimals = decimals
        self.signatures = list(signatures)      # (signer, r32, s32)

    def digest(self, world_id):
        return tagged("report", world_id + u32(self.feed) + u64(self.round) + u64(self.time)
                      + i256(self.price) + u8(self.decimals))

    def encode(self):
        head = (u8(self.version) + u32(self.feed) + u64(self.round) + u64(self.time)
                + i256(self.price) + u8(self.decimals) + u8(len(self.signatures)))
        return head + b"".join(u8(signer) + r + s for signer, r, s in self.signatures)


def feed_number(raw):
    """spec 06 §5: the feed a receipt names; 2^32-1 when it cannot be read."""
    return int.from_bytes(raw[1:5], "big") if len(raw) >= 5 else 0xffffffff


def check(raw, feeds, last, world_id, block_time):
    """(Price or None, error name or "OK") of a report. last(feed) is the accepted Price or None."""
    try:
        return _check(raw, feeds, last, world_id, block_time), "OK"
    except Reject as reject:
        return None, reject.name


def _check(raw, feeds, last, world_id, block_time):
    # spec 05 §2: the envelope.
    if len(raw) < 5:
        raise Reject("TRUNCATED")
    if raw[0] != 1:
        raise Reject("VERSION")
    number = feed_number(raw)
    if number >= len(feeds):
        raise Reject("FEED")
    feed, before = feeds[number], last(number)
    if feed.format in (UNSIGNED, NATIVE):
        return check_native(_parse(raw), feed, before, world_id, block_time)
    return policy.check(feed, block_time * 10**9, before, read(raw[5:], feed, block_time))


def read(payload, feed, now):
    """policy.Reading of a payload by the feed's format; Reject when the bytes do not hold.

    The adapter of a format is formats/<adapter>.py with read(payload, feed, now)."""
    from . import formats
    format_ = FORMATS[feed.format]
    reading = formats.adapter(format_.adapter).read(payload, feed, now)
    if format_.transport and feed.rules == STRICT and reading.strict_error is not None:
        raise Reject(reading.strict_error)      # no policy comes after
    return reading


# ---- formats 0 and 1 (spec 05 §2) ------------------------------------------------------------

def _parse(raw):
    """spec 05 §2 (1)."""
    if len(raw) < Report.HEAD:
        raise Reject("TRUNCATED")
    size = Report.HEAD + Report.SIGNATURE * raw[Report.HEAD - 1]
    if len(raw) != size:
        raise Reject("TRUNCATED" if len(raw) < size else "TRAILING")
    number = int.from_bytes
    signatures = []
    for at in range(Report.HEAD, size, Report.SIGNATURE):
        signatures.append((raw[at], raw[at + 1:at + 33], raw[at + 33:at + 65]))
    return Report(number(raw[1:5], "big"), number(raw[5:13], "big"), number(raw[13:21], "big"),
                  as_signed(number(raw[21:53], "big")), raw[53], signatures)


def check_native(report, feed, last, world_id, block_time):
    """spec 05 §2 (2) to (8)."""
    if report.decimals != feed.decimals:
        raise Reject("DECIMALS")
    if last is not None and report.round <= last.round:
        raise Reject("ROUND")
    if last is not None and report.time < last.time:
        raise Reject("REPORT_TIME")
    if report.time > block_time + feed.future_s:
        raise Reject("REPORT_TIME")
    if report.time + feed.staleness_s < block_time:
        raise Reject("STALE")
    if not feed.low <= report.price <= feed.high:
        raise Reject("PRICE_BOUNDS")
    set_number = _signatures(report, feed, world_id, block_time)
    policy.check_deviation(feed, report.price, last)
    return Price(report.price, report.decimals, report.time, report.round, set_=set_number)


def authentic_native(raw, feed, world_id, block_time):
    """spec 10 §6: (1), (2), (6) and (7), for a price that another block has judged."""
    report = _parse(raw)
    if report.decimals != feed.decimals:
        raise Reject("DECIMALS")
    _signatures(report, feed, world_id, block_time)
    return Price(report.price, report.decimals, report.time, report.round)


def _signatures(report, feed, world_id, block_time):
    """spec 05 §2 (6) and (7): the number of the signer set."""
    signers = [signer for signer, _, _ in report.signatures]
    if feed.format == UNSIGNED:
        if signers:
            raise Reject("NON_CANONICAL")
        return 0
    if not signers:
        raise Reject("UNSIGNED")
    number = feed.active_set(block_time)
    active = feed.sets[number]
    if any(signer >= len(active.members) for signer in signers):
        raise Reject("SIGNER")
    if any(right <= left for left, right in zip(signers, signers[1:])):
        raise Reject("SIGNER_ORDER")
    if len(signers) < active.quorum:
        raise Reject("QUORUM")
    digest = report.digest(world_id)
    for signer, r, s in report.signatures:
        if not secp256k1.verify(active.members[signer], digest, r, s):
            raise Reject("SIGNATURE")
    return number
