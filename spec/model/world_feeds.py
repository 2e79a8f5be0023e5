"""The feeds of a world: their part of spec 06 §1, both formats."""
from . import secp256k1
from .bytes_io import i256, name, text16, u8, u16, u32, u64
from .oracle import EXACT, HALF_EVEN, NATIVE, NO_FEED, STRICT, UNSIGNED, Feed, SignerSet
from .tables import FORMATS, LIMITS, Reject
from .values import as_signed


def check_new(name_, before):
    if name_ in before:
        raise Reject("DUPLICATE", name_)


def take(reader, before, world_format):
    feed_name = reader.name()
    check_new(feed_name, [feed.name for feed in before])
    format_, decimals = reader.u8(), reader.u8()
    staleness_s, future_s = reader.u64(), reader.u64()
    low, high = as_signed(reader.uint(32)), as_signed(reader.uint(32))
    feed = Feed(feed_name, format_, decimals, staleness_s, future_s, low, high, [], "")
    # spec 06 §1: a feed is judged after its signers, before its note.
    if world_format == 1:
        quorum, count = reader.u8(), reader.u8()
        signers = [reader.take(33) for _ in range(count)]
        if format_ > NATIVE:
            raise Reject("TYPE", "feed format")
        if format_ == NATIVE or quorum or count:
            feed.sets = [SignerSet(signers, quorum)]
    else:
        _rules_and_sets(reader, feed)
    _judge(feed)
    if feed.fallback != NO_FEED:
        if feed.fallback >= len(before):
            raise Reject("RANGE", "fallback")
        if before[feed.fallback].decimals != decimals:
            raise Reject("DECIMALS", "fallback")
    feed.note = reader.text16()
    return feed


def _rules_and_sets(reader, feed):
    if feed.format not in FORMATS:
        raise Reject("TYPE", "feed format")
    feed.rules, feed.rounding, feed.wire_decimals = reader.u8(), reader.u8(), reader.u8()
    feed.subject = reader.take(reader.u16())
    feed.heartbeat_s = reader.u64()
    feed.deviation_bps, feed.confidence_bps = reader.u32(), reader.u32()
    feed.twap_s, feed.delay_s, feed.fallback = reader.u32(), reader.u32(), reader.u32()
    count = reader.u16()
    if count > LIMITS["SIGNER_SETS_MAX"]:
        raise Reject("LIMIT", "signer sets")
    reader.must_hold(count, 50)
    for _ in range(count):
        from_s, until_s, id_ = reader.u64(), reader.u64(), reader.take(32)
        quorum, members = reader.u8(), reader.u8()
        size = FORMATS[feed.format].member_size
        feed.sets.append(SignerSet([reader.take(size) for _ in range(members)], quorum, from_s,
                                   until_s, id_))


def _fits(value, bits):
    return -2**(bits - 1) <= value < 2**(bits - 1)


def _judge(feed):
    """spec 05 §1 and §3 in the order of spec 06 §1."""
    format_ = FORMATS[feed.format]
    if format_.transport or feed.rules > STRICT or feed.rounding > HALF_EVEN:
        raise Reject("TYPE", feed.name)
    if max(feed.decimals, feed.wire_decimals) > 77:
        raise Reject("LIMIT", feed.name)
    if len(feed.subject) > LIMITS["SUBJECT_SIZE_MAX"]:
        raise Reject("LIMIT", feed.name)
    if feed.low > feed.high:
        raise Reject("RANGE", "feed bounds")
    if feed.twap_s and not (_fits(feed.low, 224) and _fits(feed.high, 224)):
        raise Reject("RANGE", "bounds of a mean")
    if format_.scale != "FEED" and feed.wire_decimals:
        raise Reject("NON_CANONICAL", "wire_decimals")
    if feed.format <= NATIVE and (feed.rules, feed.rounding, feed.subject,
                                  feed.confidence_bps) != (STRICT, EXACT, b"", 0):
        raise Reject("NON_CANONICAL", "rules of a native feed")
    if feed.format == UNSIGNED:
        if feed.sets:
            raise Reject("NON_CANONICAL", "signers of an unsigned feed")
        return
    if not feed.sets:
        raise Reject("RANGE", "no signer set")
    for number, signer_set in enumerate(feed.sets):
        _judge_set(feed, format_, number, signer_set)
        _judge_members(format_, signer_set.members)


def _judge_set(feed, format_, number, signer_set):
    if feed.format == NATIVE and len(signer_set.members) > LIMITS["SIGNERS_MAX"]:
        raise Reject("LIMIT", "signers")
    if signer_set.from_s >= signer_set.until_s:
        raise Reject("RANGE", "times of a signer set")
    if not 1 <= signer_set.quorum <= len(signer_set.members):
        raise Reject("RANGE", "quorum")
    if not format_.named and any(signer_set.id):
        raise Reject("NON_CANONICAL", "id of a signer set")
    for before in feed.sets[:number]:
        if format_.named and before.id == signer_set.id:
            raise Reject("DUPLICATE", "id of a signer set")
        if before.from_s > signer_set.from_s:
            raise Reject("ORDER", "signer sets")
        if not format_.named and before.until_s > signer_set.from_s:
            raise Reject("RANGE", "two sets at once")


def _judge_members(format_, members):
    for at, member in enumerate(members):
        if member in (members[:at] if format_.named else members[max(at - 1, 0):at]):
            raise Reject("DUPLICATE", "signers")
        if not format_.named and at and members[at - 1] > member:
            raise Reject("ORDER", "signers")
        if not any(member):
            raise Reject("NON_CANONICAL", "signer zero")
        key = {33: member, 32: b"\2" + member}.get(len(member))
        if key is not None and secp256k1.point_of_key(key) is None:
            raise Reject("NON_CANONICAL", "signer key")


def encode(feed, world_format):
    head = b"".join([name(feed.name), u8(feed.format), u8(feed.decimals), u64(feed.staleness_s),
                     u64(feed.future_s), i256(feed.low), i256(feed.high)])
    if world_format == 1:
        signers = feed.sets[0] if feed.sets else SignerSet([], 0)
        return (head + u8(signers.quorum) + u8(len(signers.members)) + b"".join(signers.members)
                + text16(feed.note))
    head += (u8(feed.rules) + u8(feed.rounding) + u8(feed.wire_decimals) + u16(len(feed.subject))
             + feed.subject + u64(feed.heartbeat_s) + u32(feed.deviation_bps)
             + u32(feed.confidence_bps) + u32(feed.twap_s) + u32(feed.delay_s) + u32(feed.fallback)
             + u16(len(feed.sets)))
    for s in feed.sets:
        head += (u64(s.from_s) + u64(s.until_s) + s.id + u8(s.quorum) + u8(len(s.members))
                 + b"".join(s.members))
    return head + text16(feed.note)
