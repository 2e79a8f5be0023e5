"""Oracle reports, native format (spec 05)."""
from . import secp256k1
from .bytes_io import i256, u8, u32, u64
from .hashes import tagged
from .values import as_signed

UNSIGNED, NATIVE = 0, 1


class Feed:
    """spec 05 §1."""

    def __init__(self, name, format_, decimals, staleness_s, future_s, low, high, quorum, signers,
                 note):
        self.name = name
        self.format = format_
        self.decimals = decimals
        self.staleness_s = staleness_s
        self.future_s = future_s
        self.low = low              # signed
        self.high = high            # signed
        self.quorum = quorum
        self.signers = signers      # compressed keys
        self.note = note


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


def parse(raw, feeds):
    """(Report, "OK") or (None, error); spec 05 §3 (1)."""
    if len(raw) < 5:
        return None, "TRUNCATED"
    if raw[0] != 1:
        return None, "VERSION"
    if feed_number(raw) >= len(feeds):
        return None, "FEED"
    if len(raw) < Report.HEAD:
        return None, "TRUNCATED"
    size = Report.HEAD + Report.SIGNATURE * raw[Report.HEAD - 1]
    if len(raw) != size:
        return None, "TRUNCATED" if len(raw) < size else "TRAILING"
    number = int.from_bytes
    signatures = []
    for at in range(Report.HEAD, size, Report.SIGNATURE):
        signatures.append((raw[at], raw[at + 1:at + 33], raw[at + 33:at + 65]))
    return Report(number(raw[1:5], "big"), number(raw[5:13], "big"), number(raw[13:21], "big"),
                  as_signed(number(raw[21:53], "big")), raw[53], signatures), "OK"


def check(raw, feeds, last, world_id, block_time):
    """spec 05 §3 in its order: (Report or None, error name or "OK").

    last(feed) is the accepted (round, time) or None."""
    report, verdict = parse(raw, feeds)
    if report is None:
        return None, verdict
    feed = feeds[report.feed]
    if report.decimals != feed.decimals:
        return None, "DECIMALS"
    before = last(report.feed)
    if before is not None and report.round <= before[0]:
        return None, "ROUND"
    if before is not None and report.time < before[1]:
        return None, "REPORT_TIME"
    if report.time > block_time + feed.future_s:
        return None, "REPORT_TIME"
    if report.time + feed.staleness_s < block_time:
        return None, "STALE"
    if not feed.low <= report.price <= feed.high:
        return None, "PRICE_BOUNDS"
    verdict = _signatures(report, feed, world_id)
    return (report, "OK") if verdict == "OK" else (None, verdict)


def _signatures(report, feed, world_id):
    """spec 05 §3 (6) and (7)."""
    signers = [signer for signer, _, _ in report.signatures]
    if feed.format == UNSIGNED:
        return "NON_CANONICAL" if signers else "OK"
    if not signers:
        return "UNSIGNED"
    if any(signer >= len(feed.signers) for signer in signers):
        return "SIGNER"
    if any(right <= left for left, right in zip(signers, signers[1:])):
        return "SIGNER_ORDER"
    if len(signers) < feed.quorum:
        return "QUORUM"
    digest = report.digest(world_id)
    for signer, r, s in report.signatures:
        if not secp256k1.verify(feed.signers[signer], digest, r, s):
            return "SIGNATURE"
    return "OK"


def accepted_row(report, height):
    """spec 04 §6: the feed's row in the table `prices`."""
    return (i256(report.price) + u8(report.decimals) + u64(report.time) + u64(report.round)
            + u64(height))
