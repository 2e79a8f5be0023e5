"""Oracle payloads made from nothing, with fields at their edges, for the storm of oracle_storm.py.

A signature with recovery leads to some key whatever it signs, so the payloads of those formats carry
made-up signatures and the signer set is fitted to them afterwards; Schnorr formats are signed here.
"""
import functools
import hashlib

from spec.model import oracle, secp256k1
from spec.model.bytes_io import u8, u16, u32, u64
from spec.model.formats import shared
from spec.model.hashes import keccak256

WORD = 32
NOW = 1_700_000_000
G, N = secp256k1.G, secp256k1.N


def points(count):
    return [secp256k1.multiply_sum([(7 + i, G, 8)]) for i in range(count)]


NONCES = [point[0].to_bytes(32, "big") for point in points(40)]


def word(value):
    return (value % 2**256).to_bytes(32, "big")


def edge(rng, bits, is_signed=False):
    """A number at an edge of its type, or just beyond, or any."""
    top = 1 << (bits - 1 if is_signed else bits)
    low = -top if is_signed else 0
    return rng.choice([rng.randrange(low, top), rng.randrange(low, top), rng.randrange(1000), 0, 1,
                       top - 1, low, top, low - 1])


def fits(rng, bits, is_signed=False):
    """A number that its type holds."""
    value = edge(rng, bits, is_signed)
    top = 1 << (bits - 1 if is_signed else bits)
    return value if (-top if is_signed else 0) <= value < top else 1


def rarely(rng, usual, *others):
    return rng.choice(others) if rng.random() < 0.03 else usual


def sometimes(rng, usual, *others):
    return rng.choice(others) if rng.random() < 0.2 else usual


def signature(rng, base=0):
    """(r, s, recovery byte) that nobody made."""
    r = rarely(rng, rng.choice(NONCES), word(0), word(N), word(5), word(N - 1))
    low = rng.randrange(1, N // 2)
    s = rarely(rng, low, 0, N, N - low, N - 1, (N - 1) // 2, (N + 1) // 2)
    return r, word(s), base + rarely(rng, rng.randrange(2), 2, 3, 27, 255 - base)


def again(rng, items):
    """Now and then with one of them twice."""
    if items and rng.random() < 0.08:
        items[-1] = items[0]
    return items


def flat(rng):
    r, s, v = signature(rng, 27)
    return r + s + u8(v)


def near(rng, base):
    """A time near base."""
    return max(0, base + rng.choice([0, 0, -1, 1, -60, 60, -61, 61, -3600, 3600, 10**6]))


# ---- flat formats --------------------------------------------------------------------------------

def api3(rng):
    head = word(1) + word(rarely(rng, near(rng, NOW), 2**64, 2**64 - 1)) + word(edge(rng, 224, True))
    return head + flat(rng), word(1)


def median_message(rng):
    wat = rng.choice([b"ETHUSD", b"BTCUSD"]).ljust(WORD, b"\0")
    head = word(rarely(rng, fits(rng, 128), 2**128)) + word(rarely(rng, near(rng, NOW), 2**64))
    return head + wat + flat(rng), b"ETHUSD".ljust(WORD, b"\0")


def median_poke(rng):
    count = rng.choice([1, 1, 3, 3, 5])
    values = sorted(fits(rng, 128) for _ in range(count))
    if rng.random() < 0.1:
        rng.shuffle(values)
    ages = [rarely(rng, near(rng, NOW), 2**64) for _ in range(count)]
    signed = [signature(rng, 27) for _ in range(count)]
    columns = [[word(value) for value in values], [word(age) for age in ages],
               [word(rarely(rng, v, v + 256)) for _, _, v in signed], [r for r, _, _ in signed],
               [s for _, s, _ in signed]]
    if rng.random() < 0.1:
        rng.choice(columns).append(word(1))
    return bytes.fromhex("89bbb8b2") + arrays(rng, 0, columns), b"ETHUSD".ljust(WORD, b"\0")


def arrays(rng, head, columns, extra=b""):
    """`head` bytes of the caller, offsets, extra, then the arrays; sometimes with a gap or tail."""
    at, offsets, parts = head + WORD * len(columns) + len(extra), b"", b""
    for column in columns:
        if rng.random() < 0.02:
            parts, at = parts + word(0), at + WORD
        data = column if isinstance(column, bytes) else b"".join(column)
        count = len(data) if isinstance(column, bytes) else len(column)
        offsets += word(at)
        parts += word(count) + data
        at += WORD + len(data)
    return offsets + extra + parts + rarely(rng, b"", word(0), b"\0")


def open_oracle(rng):
    kind, key = rarely(rng, b"prices", b"price", b"pricesX"), rng.choice([b"ETH", b"BTC", b"K" * 40, b""])
    pad = rarely(rng, b"\0", b"\1")
    gap = rarely(rng, b"", word(0))
    message = (word(0x80) + word(rarely(rng, near(rng, NOW), 2**64)) + word(0xc0 + len(gap))
               + word(rarely(rng, fits(rng, 64), 2**64)) + word(len(kind)) + kind.ljust(WORD, pad)
               + gap + word(len(key)) + key + pad * (-len(key) % WORD) + rarely(rng, b"", b"\0", word(0)))
    r, s, v = signature(rng, 27)
    return message + r + s + word(rarely(rng, v, v + 256)), rng.choice([key, key, b"ETH"])


def eip712(rng):
    count = rng.randrange(1, 6)
    places = [rng.choice(list(range(count)) + [255]) for _ in range(4)]
    words = [word(rng.choice([near(rng, NOW), fits(rng, 64), edge(rng, 255)])) for _ in range(count)]
    subject = word(7) + word(8) + bytes([count] + places)
    if places[3] != 255:
        subject += rarely(rng, words[places[3]], word(9))
    signatures = again(rng, [flat(rng) for _ in range(rng.randrange(0, 4))])
    return b"".join(words) + b"".join(signatures), subject


def lazer(rng):
    order = rng.choice(["big", "little"])
    body = (2479346549).to_bytes(4, order) + (near(rng, NOW) * 10**6).to_bytes(8, order)
    feeds = rng.randrange(0, 4)
    body += b"\1" + u8(feeds)
    for _ in range(feeds):
        body += rng.choice([1, 1, 2]).to_bytes(4, order) + _properties(rng, order)
    body += rarely(rng, b"", b"\0")
    magic = bytes.fromhex("2a22999a" if order == "big" else "e4bd474d")
    r, s, v = signature(rng)
    return (magic + r + s + u8(v) + len(body).to_bytes(2, order) + body + rarely(rng, b"", b"\0"),
            u32(1))


def _properties(rng, order):
    out = b""
    numbers = [rng.choice([0, 4, 5, 12, rng.randrange(13)]) for _ in range(rng.randrange(5))]
    for number in numbers:
        size = {3: 2, 4: 2, 9: 2}.get(number, 8)
        value = {0: rng.choice([0, 5, 2**63, 2**64 - 5]), 4: (-rng.choice([8, 0, 80])) % 2**16,
                 5: rng.choice([0, 3])}.get(number, near(rng, NOW) * 10**6)
        mark = rng.choice([b"\0", b"\1", b"\1", b"\2"]) if number in (6, 7, 8, 12) else b"\1"
        out += u8(rarely(rng, number, 13)) + (mark if number in (6, 7, 8, 12) else b"")
        out += (value % 2**(8 * size)).to_bytes(size, order) if mark != b"\0" else b""
    return u8(len(numbers)) + out


# ---- RedStone, Wormhole, Pyth ---------------------------------------------------------------------

def redstone(rng):
    time, out = near(rng, NOW) * 1000 + rng.choice([0, 1, 999]), b"call"
    count = rng.randrange(0, 5)
    signatures = [signature(rng, 27) for _ in range(count)]
    for r, s, v in signatures:
        size = rarely(rng, 32, 0, 8, 33)
        ids = [rng.choice([b"ETH", b"ETH", b"BTC"]) for _ in range(rng.choice([1, 1, 2, 3, 0]))]
        body = b"".join(id_.ljust(WORD, b"\0") + (fits(rng, 8 * size) if size else 0).to_bytes(size, "big")
                        for id_ in ids)
        stamp = rarely(rng, time, time + 1, 0)
        out += body + stamp.to_bytes(6, "big") + u32(size) + len(ids).to_bytes(3, "big") + r + s + u8(v)
    note = rng.choice([b"", b"1.0#note"])
    tail = u16(rarely(rng, count, count + 1)) + note + len(note).to_bytes(3, "big")
    return out + tail + bytes.fromhex("000002ed57011e0000"), b"ETH".ljust(WORD, b"\0")


def vaa(rng, payload=b"any", emitter=u16(26) + word(3)):
    places = sorted(rng.sample(range(6), rng.randrange(1, 5)))
    if rng.random() < 0.1:
        rng.shuffle(places)
    if rng.random() < 0.1:
        places.append(rng.choice(places))
    out = u8(rarely(rng, 1, 2)) + u32(rarely(rng, 4, 5)) + u8(len(places))
    for place in places:
        r, s, v = signature(rng)
        out += u8(place) + r + s + u8(v)
    return out + u32(near(rng, NOW)) + u32(9) + emitter + u64(5) + b"\1" + payload, b""


def pnau(rng):
    messages = [_pyth_message(rng) for _ in range(rng.randrange(0, 4))]
    leaves = [keccak256(b"\0" + message)[:20] for message in messages] + [bytes(20)] * 4
    proofs, root = _tree(leaves[:4])
    emitter = u16(26) + word(rarely(rng, 3, 4))
    payload = (rarely(rng, b"AUWV", b"AUWX") + rarely(rng, b"\0", b"\1") + u64(1) + u32(2) + root
               + rarely(rng, b"", b"later"))
    inner, _ = vaa(rng, payload, emitter)
    out = b"PNAU" + u8(rarely(rng, 1, 2)) + b"\0" + rng.choice([b"\0", b"\2hh"]) + rarely(rng, b"\0", b"\1")
    out += u16(len(inner)) + inner + u8(len(messages))
    for message, proof in zip(messages, proofs):
        proof = rarely(rng, proof, proof[::-1])
        out += u16(len(message)) + message + u8(len(proof)) + b"".join(proof)
    subject = u16(26) + word(3) + rng.choice([word(1), word(1), word(2), b""])
    return out + rarely(rng, b"", b"\0"), subject


def _pyth_message(rng):
    time = rarely(rng, near(rng, NOW), 2**63, 2**64 - 1)
    message = (u8(sometimes(rng, 0, 1)) + word(rng.choice([1, 1, 2])) + u64(fits(rng, 64)) + u64(fits(rng, 64))
               + u32(rng.choice([2**32 - 8, 0, 3, 2**31])) + u64(time) + u64(time) + bytes(16))
    return rarely(rng, message, message + b"more", message[:40], message[:20], b"")


def _tree(leaves):
    """Proofs for four leaves, and the root."""
    def node(a, b):
        return keccak256(b"\1" + min(a, b) + max(a, b))[:20]
    left, right = node(*leaves[:2]), node(*leaves[2:])
    proofs = [[leaves[i ^ 1], right if i < 2 else left] for i in range(4)]
    return proofs, node(left, right)


# ---- Chainlink -----------------------------------------------------------------------------------

def _transmission(rng, head, report, count):
    signed = again(rng, [signature(rng) for _ in range(count)])
    v = bytes(v for _, _, v in signed).ljust(WORD, rarely(rng, b"\0", b"\1"))
    others = [s for _, s, _ in signed] + rarely(rng, [], [word(1)])
    return arrays(rng, head, [report, [r for r, _, _ in signed], others], v)


def _observers(rng, count):
    observers = rng.sample(range(31), min(count, 31))
    if rng.random() < 0.08 and observers:
        observers[-1] = rng.choice([observers[0], 31, 255])
    return bytes(observers).ljust(WORD, rarely(rng, b"\0", b"\1"))


def _observations(rng, count):
    values = sorted(fits(rng, 192, True) for _ in range(count))
    if rng.random() < 0.1:
        rng.shuffle(values)
    return [word(rarely(rng, value, 2**191, -2**191 - 1)) for value in values]


def _digest16(rng):
    return rarely(rng, b"c" * 16, b"d" * 16)


def ocr1(rng):
    offset, gap = rarely(rng, (96, b""), (128, word(0)), (96, word(0)))
    count = rng.choice([1, 2, 3, 3, 4, 5, 7, 31, 0, 32])
    context = rarely(rng, bytes(11), b"x" * 11) + _digest16(rng) + u32(rng.randrange(9)) + u8(3)
    report = context + _observers(rng, count) + word(offset) + gap + word(count)
    report += b"".join(_observations(rng, count))
    report += rarely(rng, b"", word(0), b"\0")
    return bytes.fromhex("c9807539") + _transmission(rng, 0, report, rng.randrange(0, 4)), b""


def _context(rng, family=b"\0\1"):
    return (family + b"c" * 30 + rarely(rng, bytes(27), b"y" * 27) + u32(rng.randrange(9)) + u8(3) + word(0))


def ocr2(rng):
    count = rng.choice([1, 2, 3, 3, 4, 5, 31, 0, 32])
    report = (word(sometimes(rng, near(rng, NOW), 2**32, 2**32 - 1)) + _observers(rng, count)
              + word(rarely(rng, 128, 96)) + word(rarely(rng, 5, 2**191, -1)) + word(count)
              + b"".join(_observations(rng, count)) + rarely(rng, b"", word(0), b"\0"))
    report = rarely(rng, report, b"", b"short", word(0))
    return (bytes.fromhex("b1dc65a4") + _context(rng)
            + _transmission(rng, 3 * WORD, report, rng.randrange(0, 4)), b"")


def data_streams(rng):
    schema = rng.choice([2, 3, 4, 8, 9, rarely(rng, 3, 1, 5, 0)])
    feed = u16(schema) + bytes(30)
    kinds = {2: "p", 3: "ppp", 4: "ps", 8: "nps", 9: "pnps"}.get(schema, "p")
    report = feed + word(near(rng, NOW)) + word(rarely(rng, near(rng, NOW), 2**32)) + word(5) + word(
        rarely(rng, 5, 2**192)) + word(near(rng, NOW + 100))
    for kind in kinds:
        bits = {"p": 192, "s": 32, "n": 64}[kind]
        beyond = rng.random() < (0.1 if kind == "p" else 0.3)
        report += word((edge if beyond else fits)(rng, bits, kind == "p"))
    report = rarely(rng, report, report + word(0), report[:-WORD], report[:20], report[:100])
    family = rng.choice([b"\0\6", b"\0\x09"])
    context = _context(rng, family)
    return context + _transmission(rng, 3 * WORD, report, rng.randrange(0, 4)), rarely(rng, feed, word(1), b"")


# ---- formats that are signed here ----------------------------------------------------------------

def _key(secret):
    return secp256k1.key_of_secret(secret)


def _set(members, quorum=1):
    return [oracle.SignerSet(members, quorum)]


def stork(rng):
    key = secp256k1.point_of_key(_key(11))
    message = (word(1) + word(rarely(rng, near(rng, NOW) * 10**9 + 7, 2**64)) + word(edge(rng, 192, True))
               + word(2) + word(3))
    signer = secp256k1.address_of(key)
    aggregator = sometimes(rng, signer, secp256k1.address_of(G))
    digest = shared.eip191(keccak256(aggregator + message))
    r, s = secp256k1.sign(11, digest, low=rarely(rng, True, False))
    v = next(27 + p for p in (0, 1) if secp256k1.recover(digest, r, s, p) == key)
    members = [aggregator] + sometimes(rng, [], [signer] if signer != aggregator else [bytes(20)])
    return message + r + s + u8(rarely(rng, v, 55 - v, v - 27)), word(1), _set(members)


def scribe(rng):
    secrets = rng.sample(range(5, 12), rng.randrange(1, 4))
    if rng.random() < 0.04:
        secrets = [5, N - 5]
    members = sorted({_key(secret) for secret in range(5, 12)} | {_key(secret) for secret in secrets})
    wat = b"ETHUSD".ljust(WORD, b"\0")
    value, age = rarely(rng, fits(rng, 128), 2**128), rarely(rng, near(rng, NOW), 2**32)
    message = shared.eip191(keccak256(wat + word(value)[16:] + word(age)[28:]))
    ids = bytes(secp256k1.address_of(secp256k1.point_of_key(_key(secret)))[0] for secret in secrets)
    total = secp256k1.multiply_sum([(secret, G, 8) for secret in secrets]) or G
    commitment = secp256k1.address_of(secp256k1.multiply_sum([(99, G, 8)]))
    e = shared.uint(keccak256(word(total[0]) + u8(total[1] % 2) + message + commitment))
    s = rarely(rng, (99 + e * sum(secrets)) % N, 0, N, 5)
    ids = rarely(rng, ids, ids + ids[:1], ids + b"\0")
    pad, gap = rarely(rng, b"\0", b"\1"), rarely(rng, b"", word(0))
    payload = (bytes.fromhex(rarely(rng, "2f529d73", "00000082", "00000083")) + word(value) + word(age)
               + word(0x60) + word(s) + word(rarely(rng, shared.uint(commitment), 0, 2**160)) + word(0x60 + len(gap))
               + gap + word(len(ids)) + ids + pad * (-len(ids) % WORD) + rarely(rng, b"", b"\0"))
    return payload, rarely(rng, wat, b"ETHUSD"), _set(members, min(len(members), max(1, len(ids))))


def band(rng):
    key, message = _key(31), rng.choice([b"data", b"", b"m" * 200])
    nonce = _key(77)
    point = secp256k1.point_of_key(nonce)
    e = shared.uint(keccak256(b"BAND-TSS-secp256k1-v0\0challenge\0" + secp256k1.address_of(point)
                              + u8(27 + key[0] % 2) + key[1:] + keccak256(message)))
    s = rarely(rng, (77 + 31 * e) % N, 0, N, 5)
    nonce = rarely(rng, nonce, u8(5 - nonce[0]) + nonce[1:], b"\4" + nonce[1:])
    return nonce + word(s) + rarely(rng, message, message + b"x"), b"", _set([key])


@functools.lru_cache(maxsize=4096)
def schnorr(secret, digest, nonce):
    """A BIP-340 signature with a nonce of our choice."""
    key, point = secp256k1.point_of_key(_key(secret)), secp256k1.point_of_key(_key(nonce))
    secret = secret if key[1] % 2 == 0 else N - secret
    nonce = nonce if point[1] % 2 == 0 else N - nonce
    tag = hashlib.sha256(b"BIP0340/challenge").digest()
    e = hashlib.sha256(tag + tag + word(point[0]) + word(key[0]) + digest).digest()
    return word(point[0]) + word((nonce + shared.uint(e) * secret) % N)


def _big(rng, value):
    if value < 0xfd:
        return u8(value) if rng.random() < 0.99 else b"\xfd" + u16(value)
    return b"\xfd" + u16(value)


def _text(rng, text):
    return _big(rng, len(text)) + text


def _tlv(rng, type_, value):
    return b"\xfd" + u16(rarely(rng, type_, type_ + 2)) + _text(rng, value)


def _tag(name, data):
    tag = hashlib.sha256(name).digest()
    return hashlib.sha256(tag + tag + data).digest()


def dlc_attestation(rng):
    count = sometimes(rng, rng.choice([1, 2, 5, 18]), 255, 256, 257, 0)
    others = [b"2", b"yes", b"+", b""] if count < 60 else [b"1"]
    digits = [rarely(rng, rng.choice([b"0", b"1"]), *others) for _ in range(count)]
    if rng.random() < 0.3 and digits:
        digits[0] = rng.choice([b"+", b"-"])
    rule = rng.randrange(2)
    digest = [_tag(b"DLC/oracle/attestation/v0", d) if rule == 0 else hashlib.sha256(d).digest()
              for d in digits]
    signatures = [schnorr(41, m, 100 + i % 20) for i, m in enumerate(digest)]
    event = rng.choice([b"event", b"other"])
    value = (_text(rng, event) + _key(41)[1:] + u16(rarely(rng, count, count + 1)) + b"".join(signatures)
             + b"".join(_text(rng, d) if count < 60 else u8(len(d)) + d for d in digits) + rarely(rng, b"", b"\0"))
    nonces = [s[:32] for s in signatures]
    nonces = sometimes(rng, nonces, nonces[:-1], nonces + [word(1)], nonces[::-1])
    nonces = rng.choice([nonces, nonces, []]) if count < 60 else []
    subject = u8(rarely(rng, rule, 1 - rule, 2)) + u16(rarely(rng, len(nonces), 60)) + b"".join(nonces)
    subject += rng.choice([event, b"", b"event"])
    members = sorted([_key(41)[1:], _key(42)[1:]])
    return _tlv(rng, 0xd868, value) + rarely(rng, b"", b"\0"), rng.choice([subject] * 6 + [b""]), _set(members)


def dlc_announcement(rng):
    nonces = rng.randrange(0, 4)
    if rng.random() < 0.6:
        descriptor = _tlv(rng, 0xd80a, u16(2) + u8(0) + _text(rng, b"USD") + u32(0) + u16(18)
                          + rarely(rng, b"", b"\0"))
    else:
        descriptor = _tlv(rng, 0xd806, u16(2) + _text(rng, b"yes") + _text(rng, b"no"))
    inside = u16(rarely(rng, nonces, nonces + 1)) + bytes(32 * nonces) + u32(near(rng, NOW)) + descriptor
    inside += _text(rng, b"event" * rng.choice([1, 60])) + rarely(rng, b"", b"\0")
    event = _tlv(rng, 0xd822, inside) + rarely(rng, b"", b"\0")
    digest = _tag(b"DLC/oracle/announcement/v0", event)
    value = rarely(rng, schnorr(41, digest, 100), bytes(64)) + _key(41)[1:] + event
    members = sorted([_key(41)[1:], _key(42)[1:]])
    return _tlv(rng, 0xd824, value) + rarely(rng, b"", b"\0"), b"", _set(members)


MADE = {2: ocr1, 3: ocr2, 4: data_streams, 5: vaa, 6: pnau, 7: redstone, 8: median_poke, 9: median_message,
        10: open_oracle, 11: api3, 12: stork, 13: lazer, 14: scribe, 15: band, 16: dlc_attestation,
        17: dlc_announcement, 18: eip712}
SIGNED_HERE = {12, 14, 15, 16, 17}
