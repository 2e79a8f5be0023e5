"""Certificates changed as a forger would: each mutant has a name and, where the rules leave only one
outcome, the errors that may meet it. A mutant that is accepted must be another true statement."""
import bisect
import copy

from spec.model import certificate as maker
from spec.model import witness
from spec.model import world as world_module
from spec.model.bytes_io import u64
from spec.model.certificate import BLOCK, END, Claim, View
from spec.model.chain import decode_block, encode_body
from spec.model.hashes import tagged
from spec.model.machine import PRICES
from spec.model.tree import bit_of
from spec.model.witness import INNER, LEAF, NOTHING, PRUNED, ROW, Place

MENDED = {"RECEIPTS_ROOT", "STATE_ROOT", "WITNESS_LACKS", "VIEW", "WITNESS_EXTRA", "CLAIM", "RANGE", "OK"}


def changed(case, **parts):
    """The bytes of the certificate with other parts."""
    other = copy.copy(case.certificate)
    vars(other).update(parts)
    return other.encode()


def rearranged(rng, items):
    """(what, list) of the usual ways to disturb a list."""
    if items:
        at = rng.randrange(len(items))
        yield "drop", items[:at] + items[at + 1:]
        yield "twice", items[:at + 1] + items[at:]
    if len(items) > 1:
        at = rng.randrange(len(items) - 1)
        yield "swap", items[:at] + [items[at + 1], items[at]] + items[at + 2:]


# ---- views, evidence, claim, headers -------------------------------------------------------------

def views(rng, case):
    told = case.certificate.views
    for what, items in rearranged(rng, told):
        yield "view " + what, changed(case, views=items), None if what == "drop" else {"ORDER", "CLAIM"}
    if not told:
        return
    at = rng.randrange(len(told))
    for name, value in (("status", told[at].status ^ 1), ("result", told[at].result + b"\0"),
                        ("result", told[at].result[:-1] + b"\x7f"), ("moment", told[at].moment ^ 1),
                        ("function", told[at].function + 1), ("contract", 0),
                        ("moment", 2**31), ("moment", END), ("contract", told[at].contract + 1)):
        view = copy.copy(told[at])
        setattr(view, name, value)
        yield "view " + name, changed(case, views=told[:at] + [view] + told[at + 1:]), None
    if told[at].arguments:
        view = copy.copy(told[at])
        view.arguments = view.arguments[:-1]
        yield "view arguments", changed(case, views=told[:at] + [view] + told[at + 1:]), None


def evidence(rng, case):
    told = case.certificate.evidence
    for what, items in rearranged(rng, told):
        yield "evidence " + what, changed(case, evidence=items), None if what == "drop" else {"ORDER"}
    for feed, report in told[:1]:
        others = [r for number, known in case.reports.items() for r in known if r != report]
        if others:
            yield "evidence of another report", changed(case, evidence=[(feed, rng.choice(others))]), {"EVIDENCE"}
        yield "evidence cut", changed(case, evidence=[(feed, report[:-1])]), {"EVIDENCE"}
        at = rng.randrange(len(report))
        bad = report[:at] + bytes([report[at] ^ 1 << rng.randrange(8)]) + report[at + 1:]
        yield "evidence bit", changed(case, evidence=[(feed, bad)]), None
        yield "evidence of no feed", changed(case, evidence=[(2**31, report)]), {"EVIDENCE"}
    for feed, known in list(case.reports.items())[:3]:
        if feed not in [number for number, _ in told]:
            yield ("evidence not told", changed(case, evidence=sorted(told + [(feed, known[-1])])),
                   {"EVIDENCE", "OK"})
    if case.request.kind == BLOCK:
        for raw in decode_block(case.blocks[case.request.height - 1]).reports[:1]:
            feed = int.from_bytes(raw[1:5], "big")
            yield "evidence of the block", changed(case, evidence=[(feed, raw)]), {"EVIDENCE"}


def claims(rng, case):
    told, count = case.certificate.claim, len(case.certificate.views)
    for kind in range(6):
        claim = Claim(kind, told.transaction, told.account, told.view)
        yield "claim kind", changed(case, claim=claim), None
    for claim in (Claim(told.kind, told.transaction ^ 1, told.account, told.view),
                  Claim(told.kind, told.transaction, bytes([told.account[0] ^ 1]) + told.account[1:], told.view),
                  Claim(told.kind, told.transaction, told.account, (told.view + 1) % 2**16)):
        yield "claim part", changed(case, claim=claim), None
    for kind, transaction in ((1, 0), (1, 2**31), (2, 0), (3, maker.NO_TRANSACTION), (4, maker.NO_TRANSACTION)):
        view = rng.randrange(count) if count and kind > 1 else maker.NO_VIEW
        account = told.account if kind > 1 else maker.NO_ACCOUNT
        yield "claim made up", changed(case, claim=Claim(kind, transaction, account, view)), None


def headers(rng, case):
    told = case.certificate.headers
    if not told and case.blocks:
        yield "headers of genesis", changed(case, headers=[decode_block(case.blocks[0]).header]), {"HEIGHT", "CLAIM"}
    if not told:
        return
    for what, items in rearranged(rng, told):
        yield "header " + what, changed(case, headers=items), None
    yield "no headers", changed(case, headers=[]), None
    for name, value in (("height", told[0].height + 1), ("height", 0), ("height", 2**64 - 1), ("time", 0),
                        ("time", 2**64 - 1), ("world_id", bytes(32)), ("parent", bytes(32)),
                        ("state_root", b"\1" * 32), ("receipts_hash", b"\1" * 32), ("body_hash", b"\1" * 32)):
        at = 0 if name in ("height", "world_id", "parent") else rng.randrange(len(told))
        header = copy.copy(told[at])
        setattr(header, name, value)
        yield "header " + name, changed(case, headers=told[:at] + [header] + told[at + 1:]), None
    for height in (0, case.request.height + 1, case.request.height - 1, 2**64 - 1):
        yield "height", changed(case, height=height), None
    yield "kind", changed(case, kind=3 - case.certificate.kind), None


# ---- the witness -----------------------------------------------------------------------------------

class Opened:
    """The whole tree of the base, to forge from."""

    def __init__(self, case):
        self.state = case.chain.state
        self.tree = self.state.tree
        self.where = {witness.path_of(c, t, key): (c, t, key) for c, t, key, _ in self.state.all_rows()}
        self.tables = {name: rows.schema for name, rows in self.state.tables.items()}
        self.raw = case.certificate.witness

    def fresh(self):
        """(row count, top, [(parent, side, place, depth, bits)]), the places newly read."""
        read = witness.Reading(self.raw, self.tables)
        places = []

        def walk(parent, side, place, depth, bits):
            places.append((parent, side, place, depth, bits))
            for i in (0, 1) if place.kind == INNER else ():
                walk(place, i, place.sides[i], depth + 1, 2 * bits + i)
        walk(None, 0, read.top, 0, 0)
        return read, places

    def true(self, depth, bits, opened):
        """What stands at a place, opened so many steps; leaves when `opened` is out, else rows."""
        low = bisect.bisect_left(self.tree.paths, (bits << 256 - depth).to_bytes(32, "big"))
        end = (bits + 1) << 256 - depth
        high = (len(self.tree.paths) if end >> 256
                else bisect.bisect_left(self.tree.paths, end.to_bytes(32, "big")))
        if low == high:
            return Place(NOTHING)
        if opened == 0:
            return Place(PRUNED, self.tree.hash(depth, low, high))
        if high - low == 1:
            return self.lone(self.tree.paths[low], LEAF if opened == 1 else ROW)
        return Place(INNER, sides=[self.true(depth + 1, 2 * bits + i, opened - 1) for i in (0, 1)])

    def lone(self, path, kind):
        row = self.tree.rows[path]
        return Place(kind, None, path, tagged("row", row), self.where[path], row)

    def row_opened(self, path, place, depth):
        """The place with the way to one row more."""
        if place.kind == INNER:
            side = bit_of(path, depth)
            place.sides[side] = self.row_opened(path, place.sides[side], depth + 1)
            return place
        if place.kind != PRUNED:
            return self.lone(path, ROW) if place.path == path else place
        bits = int.from_bytes(path, "big") >> 256 - depth
        shown = self.true(depth, bits, 1)
        return self.lone(path, ROW) if shown.kind == LEAF else self.row_opened(path, shown, depth)


def last_bit(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def witness_bytes(count, top):
    return u64(count) + witness.encode(top)


def witnesses(rng, case):
    if not case.certificate.witness:
        yield "witness of genesis", changed(case, witness=bytes(9)), {"PROOF_SHAPE"}
        return
    opened = Opened(case)
    seeks = all(kind != PRUNED for kind in [p[2].kind for p in opened.fresh()[1]])

    def forged(kinds, make, errors):
        read, places = opened.fresh()
        places = [found for found in places if found[2].kind in kinds]
        if not places:
            return
        parent, side, place, depth, bits = rng.choice(places)
        new = make(place, depth, bits)
        if new is None:
            return
        if parent is not None:
            parent.sides[side] = new
        yield changed(case, witness=witness_bytes(read.row_count, new if parent is None else read.top)), errors

    table = [
        ("pruned opened one step", (PRUNED,), lambda p, d, b: opened.true(d, b, 1), {"WITNESS_EXTRA"}),
        ("pruned opened two steps", (PRUNED,), lambda p, d, b: opened.true(d, b, 2), {"WITNESS_EXTRA"}),
        ("row as leaf", (ROW,), lambda p, d, b: Place(LEAF, p.hash, p.path, p.row_hash), {"WITNESS_LACKS"}),
        ("leaf as row", (LEAF,), lambda p, d, b: opened.lone(p.path, ROW), {"WITNESS_EXTRA"}),
        ("leaf pruned", (LEAF,), lambda p, d, b: Place(PRUNED, p.hash), {"WITNESS_LACKS"}),
        ("row pruned", (ROW,), lambda p, d, b: Place(PRUNED, p.hash), {"WITNESS_LACKS"}),
        ("inner pruned", (INNER,), lambda p, d, b: Place(PRUNED, p.hash), {"WITNESS_LACKS"}),
        ("place empty", (ROW, LEAF, PRUNED), lambda p, d, b: Place(NOTHING), {"PROOF_SHAPE", "PROOF_ROOT"}),
        ("empty place pruned", (NOTHING,), lambda p, d, b: Place(PRUNED, bytes(32)), {"PROOF_SHAPE"}),
        ("sides swapped", (INNER,), lambda p, d, b: Place(INNER, sides=p.sides[::-1]),
         {"PROOF_SHAPE", "PROOF_ROOT"}),
        ("another row's", (ROW, LEAF), lambda p, d, b: opened.lone(rng.choice(opened.tree.paths), ROW),
         {"PROOF_SHAPE", "PROOF_ROOT", "WITNESS_EXTRA"}),
        ("pruned hash", (PRUNED,), lambda p, d, b: Place(PRUNED, b"\5" * 32), {"PROOF_ROOT"}),
        ("leaf one deeper", (LEAF, ROW), lambda p, d, b: Place(
            INNER, sides=[Place(NOTHING), p] if bit_of(p.path, d) else [p, Place(NOTHING)]), {"PROOF_SHAPE"}),
        ("two empty", (NOTHING,), lambda p, d, b: Place(INNER, sides=[Place(NOTHING), Place(NOTHING)]),
         {"PROOF_SHAPE"}),
        ("row value", (ROW,), lambda p, d, b: Place(ROW, where=p.where, row=last_bit(p.row)),
         {"PROOF_ROOT", "PROOF_SHAPE"}),
        ("table that is not", (ROW,), lambda p, d, b: Place(ROW, where=(p.where[0], 999, p.where[2]), row=p.row),
         {"PROOF_SHAPE"}),
        ("key of another", (ROW,), lambda p, d, b: Place(ROW, where=(*p.where[:2], last_bit(p.where[2])), row=p.row)
         if p.where[2] else None, {"PROOF_SHAPE", "PROOF_ROOT"}),
    ]
    for name, kinds, make, errors in table:
        for raw, wanted in forged(kinds, make, errors):
            yield "witness " + name, raw, wanted
    yield from made_up(rng, case, opened)
    read, _ = opened.fresh()
    path = rng.choice(opened.tree.paths)
    top = opened.row_opened(path, read.top, 0)
    raw = witness_bytes(read.row_count, top)
    if raw != opened.raw:
        yield "witness needless row", changed(case, witness=raw), {"WITNESS_EXTRA"}
    for count in (read.row_count - 1, read.row_count + 1, 0, 2**64 - 1):
        yield ("witness row count", changed(case, witness=u64(count) + opened.raw[8:]),
               {"PROOF_SHAPE", "PROOF_ROOT"})
    if not seeks:
        whole = opened.true(0, 0, 300)
        yield "witness of all rows", changed(case, witness=witness_bytes(read.row_count, whole)), {"WITNESS_EXTRA"}
    yield "witness trailing", changed(case, witness=opened.raw + b"\0"), {"TRAILING"}
    yield "witness cut", changed(case, witness=opened.raw[:-1]), {"TRUNCATED", "PROOF_SHAPE"}
    yield "witness kind", changed(case, witness=opened.raw[:8] + b"\5" + opened.raw[9:]), {"PROOF_SHAPE"}


def made_up(rng, case, opened):
    """States that never were, under headers made for them: nothing but the reader's own hash tells them from true
    ones, so a verdict is all that can be asked for."""
    base = case.request.height - (case.certificate.kind == BLOCK)
    for _ in range(6):
        read, places = opened.fresh()
        rows = [found for found in places if found[2].kind == ROW]
        if not rows:
            return
        what = rng.choice(["row", "row", "row gone", "count"])
        parent, side, place, _, _ = rng.choice(rows)
        count = read.row_count
        if what == "row":
            at = rng.randrange(len(place.row))
            value = place.row[:at] + bytes([rng.choice([0, 1, 127, 128, 255])]) + place.row[at + 1:]
            place.row, place.hash = value, witness.leaf_of(place.path, tagged("row", value))
        elif what == "row gone" and parent is not None and parent.sides[1 - side].kind in (PRUNED, INNER):
            parent.sides[side], count = Place(NOTHING), count - 1
        else:
            count = rng.choice([count + 1, 2**63 - 1, 2**63, len(read.rows), 2**32])
        raw = witness_bytes(count, read.top)
        headers = [copy.copy(header) for header in case.certificate.headers]
        for header in headers:
            if header.height == base:
                header.state_root = witness.state_root(top_hash(read.top), count)
        yield "made up " + what, changed(case, witness=raw, headers=headers), None


def top_hash(place):
    if place.kind == INNER:
        return witness.node_of(*map(top_hash, place.sides))
    return place.hash


# ---- the block -------------------------------------------------------------------------------------

def bodies(rng, case):
    if case.certificate.kind != BLOCK:
        yield "a body of a state", changed(case, body=bytes(8)), {"LIMIT"}
        return
    block = decode_block(case.blocks[case.request.height - 1])
    reports, told = block.reports, block.transactions
    found = []
    for what, items in rearranged(rng, reports):
        found.append(("report " + what, items, told))
    for what, items in rearranged(rng, told):
        found.append(("transaction " + what, reports, items))
    if told:
        at = rng.randrange(len(told))
        for name, value in (("gas_limit", told[at].gas_limit - 1), ("gas_limit", 2**64 - 1), ("gas_limit", 20),
                            ("caller", b"\3" * 32), ("function", told[at].function + 1), ("contract", 77),
                            ("nonce", told[at].nonce + 1), ("arguments", told[at].arguments[:-1])):
            tx = copy.copy(told[at])
            setattr(tx, name, value)
            found.append(("transaction " + name, reports, told[:at] + [tx] + told[at + 1:]))
    older = [raw for known in case.reports.values() for raw in known]
    if reports and older:
        at = rng.randrange(len(reports))
        found.append(("another round", reports[:at] + [rng.choice(older)] + reports[at + 1:], told))
        bit = bytearray(reports[at])
        bit[rng.randrange(len(bit))] ^= 1 << rng.randrange(8)
        found.append(("report bit", reports[:at] + [bytes(bit)] + reports[at + 1:], told))
        feed = bytearray(reports[at])
        feed[4] ^= 1
        found.append(("another feed", reports[:at] + [bytes(feed)] + reports[at + 1:], told))
    for name, new_reports, new_told in found:
        body = encode_body(new_reports, [tx.encode() for tx in new_told])
        if body == block.body:
            continue
        yield name, changed(case, body=body), {"BODY_HASH", "RANGE"}
        yield name + ", its hash mended", changed(case, body=body, headers=mended(case, body)), MENDED
    yield "body trailing", changed(case, body=block.body + b"\0"), {"TRAILING"}
    yield "body cut", changed(case, body=block.body[:-1]), {"TRUNCATED"}


def mended(case, body):
    """The headers with the body hash of another body; later parents follow by themselves."""
    out = []
    for header in case.certificate.headers:
        header = copy.copy(header)
        if header.height == case.request.height:
            header.body_hash = tagged("body", body)
        out.append(header)
    return out


# ---- the world, and the bytes as a whole -----------------------------------------------------------

def worlds(rng, case):
    if not case.certificate.world:
        yield "world of another", changed(case, world=b"PLWD"), {"TRUNCATED"}
        return
    if maker.without_symbols(case.source.world) != case.source.world_raw:
        yield "symbols", changed(case, world=case.source.world_raw), {"SYMBOLS"}
    world = world_module.decode(case.certificate.world)
    at = case.certificate.world.index(world.codes[1].code.hash)
    bad = bytearray(case.certificate.world)
    bad[at + rng.randrange(32)] ^= 1
    yield "code hash", changed(case, world=bytes(bad)), {"HASH"}
    errors = {"WORLD_MISMATCH"} if case.certificate.headers else None
    world.tx_gas_max -= 1
    yield "gas of the world", changed(case, world=world_module.encode(world)), errors
    world.tx_gas_max += 1
    world.time ^= 1
    yield "time of the world", changed(case, world=world_module.encode(world)), errors
    yield "no world", changed(case, world=b""), None


def splices(rng, case, other):
    """Parts of two certificates."""
    if other is None:
        return
    for part in ("world", "headers", "witness", "body", "views", "evidence", "claim", "height", "kind"):
        yield "splice " + part, changed(case, **{part: getattr(other.certificate, part)}), None
    cut = rng.randrange(min(len(case.raw), len(other.raw)))
    yield "splice bytes", case.raw[:cut] + other.raw[cut:], None
    yield "splice bytes, sealed", maker.sealed(case.raw[:cut] + other.raw[cut:-maker.SEAL_SIZE]), None


def whole(rng, case, flips):
    raw = case.raw
    parts, unsealed = raw[:-maker.SEAL_SIZE], {"CHECK", "TRUNCATED", "MAGIC", "VERSION"}
    yield "trailing", raw + b"\0", {"CHECK"}
    yield "trailing, sealed", maker.sealed(parts + b"\0"), {"TRAILING"}
    yield "cut by one", raw[:-1], {"CHECK"}
    yield "cut by one, sealed", maker.sealed(parts[:-1]), {"TRUNCATED", "CLAIM"}
    yield "cut", raw[:rng.randrange(len(raw))], unsealed
    yield "cut, sealed", maker.sealed(parts[:rng.randrange(len(parts))]), None
    yield "empty", b"", {"TRUNCATED"}
    yield "empty, sealed", maker.sealed(b""), {"TRUNCATED", "MAGIC"}
    start = 19 + len(case.certificate.world)
    for _ in range(flips):
        at = rng.randrange(len(raw))
        yield "bit", raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1:], unsealed
        at = rng.randrange(start, len(parts)) if rng.random() < 0.8 else rng.randrange(len(parts))
        yield "bit, sealed", maker.sealed(parts[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + parts[at + 1:]), None
        at = rng.randrange(start, len(parts))
        size = rng.randrange(1, 40)
        piece = rng.choice([b"", bytes(size), parts[at:at + size] * 2])
        yield "stretch, sealed", maker.sealed(parts[:at] + piece + parts[at + size:]), None


def mutants(rng, case, other, flips):
    """(name, bytes, errors that may meet it or None) of all kinds; equal bytes are left out."""
    for kind in (views, evidence, claims, headers, witnesses, bodies, worlds):
        for name, raw, errors in kind(rng, case):
            if raw != case.raw:
                yield name, raw, errors
    for name, raw, errors in (*splices(rng, case, other), *whole(rng, case, flips)):
        if raw != case.raw:
            yield name, raw, errors
