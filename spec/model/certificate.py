"""Certificates: their bytes, and making them (spec 10 §2, §3, §5). Judging is in verify.py.

A maker starts from a Chain that stands at the base; what it asks for is a Request.
"""
import zlib

from . import oracle, policy
from . import world as world_module
from .bytes_io import Reader, u8, u16, u32, u64
from .chain import Header, decode_block, take_header
from .code import TX
from .hashes import sha256, tagged
from .machine import PRICES, Machine
from .tables import Reject, status
from .values import canonical_all
from .witness import Recorder, Writing

BLOCK, STATE = 1, 2
SIZE_MAX = 1 << 26
SEAL_SIZE = 32
RATIO_MAX = 1100
VIEW_GAS = 1 << 28
BASE, END = 0, 2**32 - 1
CLAIM_BLOCK, CLAIM_TRANSACTION, CLAIM_TRIGGER, CLAIM_BELOW, CLAIM_NOT_BELOW = range(5)
NO_TRANSACTION, NO_ACCOUNT, NO_VIEW = 2**32 - 1, bytes(32), 2**16 - 1


class View:
    """A question and its answer."""

    def __init__(self, moment, contract, function, arguments=b"", status_=0, result=b""):
        self.moment = moment
        self.contract = contract
        self.function = function
        self.arguments = arguments
        self.status = status_
        self.result = result

    def key(self):
        return self.moment, self.contract, self.function, self.arguments

    def encode(self):
        return (u32(self.moment) + u32(self.contract) + u16(self.function)
                + u16(len(self.arguments)) + self.arguments + u16(self.status)
                + u16(len(self.result)) + self.result)


class Claim:
    """spec 10 §7."""

    def __init__(self, kind=CLAIM_BLOCK, transaction=NO_TRANSACTION, account=NO_ACCOUNT,
                 view=NO_VIEW):
        self.kind = kind
        self.transaction = transaction
        self.account = account
        self.view = view

    def encode(self):
        return u8(self.kind) + u32(self.transaction) + self.account + u16(self.view)


class Certificate:
    """The parts, as they are told. headers: chain.Header, consecutive; evidence: (feed, report)."""

    def __init__(self, kind, height):
        self.kind = kind
        self.height = height
        self.world = b""
        self.headers = []
        self.witness = b""
        self.body = b""
        self.views = []
        self.evidence = []
        self.claim = Claim()

    def encode(self):
        out = [b"PLCT", u16(1), u8(self.kind), u64(self.height), u32(len(self.world)), self.world,
               u32(len(self.headers))]
        out += [header.encode() for header in self.headers[:1]]
        out += [u64(header.time) + header.body_hash + header.state_root + header.receipts_hash
                for header in self.headers[1:]]
        for part in (self.witness, self.body):
            out += [u32(len(part)), part]
        out.append(u16(len(self.views)))
        out += [view.encode() for view in self.views]
        out.append(u16(len(self.evidence)))
        out += [u32(feed) + u32(len(report)) + report for feed, report in self.evidence]
        return sealed(b"".join(out) + self.claim.encode())

    def header(self, height):
        """The header at a height of the path."""
        return self.headers[height - self.headers[0].height]


def sealed(raw):
    """spec 10 §2: the parts with the seal behind them."""
    return raw + tagged("certificate", raw)


def identity(raw):
    """spec 10 §2."""
    return raw[-SEAL_SIZE:]


# ---- taking apart: the step shape of spec 10 §8 -----------------------------------------------

def decode(raw):
    if len(raw) > SIZE_MAX:
        raise Reject("LIMIT", "certificate")
    reader = Reader(raw)
    reader.magic(b"PLCT")
    if reader.u16() != 1:
        raise Reject("VERSION", "certificate")
    if len(raw) < reader.at + SEAL_SIZE:
        raise Reject("TRUNCATED", "seal")
    if sealed(raw[:-SEAL_SIZE]) != raw:
        raise Reject("CHECK", "seal")
    return _parts(Reader(raw[:-SEAL_SIZE], reader.at))


def _parts(reader):
    """What stands between the format and the seal."""
    kind = reader.u8()
    if kind not in (BLOCK, STATE):
        raise Reject("TYPE", "kind")
    certificate = Certificate(kind, reader.u64())
    certificate.world = reader.take(reader.u32())
    _headers(reader, certificate)
    certificate.witness = reader.take(reader.u32())
    size = reader.u32()
    if kind == STATE and size:
        raise Reject("LIMIT", "a body")
    certificate.body = reader.take(size)
    for _ in range(reader.u16()):
        _view(reader, certificate)
    for _ in range(reader.u16()):
        feed, report = reader.u32(), reader.take(reader.u32())
        if certificate.evidence and feed <= certificate.evidence[-1][0]:
            raise Reject("ORDER", "evidence")
        certificate.evidence.append((feed, report))
    certificate.claim = Claim(reader.u8(), reader.u32(), reader.take(32), reader.u16())
    _claim_form(certificate)
    reader.end()
    return certificate


def _headers(reader, certificate):
    """spec 10 §3: of all but the first only what does not follow from the one before."""
    count = reader.u32()
    for place in range(count):
        if place == 0:
            certificate.headers.append(take_header(Reader(reader.take(Header.SIZE))))
            continue
        before = certificate.headers[-1]
        certificate.headers.append(Header(before.world_id, (before.height + 1) % 2**64,
                                          reader.u64(), before.hash(), reader.take(32),
                                          reader.take(32), reader.take(32)))


def _view(reader, certificate):
    moment, contract, function = reader.u32(), reader.u32(), reader.u16()
    arguments = reader.take(reader.u16())
    view = View(moment, contract, function, arguments, reader.u16(), reader.take(reader.u16()))
    if certificate.kind == STATE and moment != END:
        raise Reject("RANGE", "moment")
    if certificate.views and view.key() <= certificate.views[-1].key():
        raise Reject("ORDER", "views")
    certificate.views.append(view)


def _claim_form(certificate):
    """spec 10 §7: what the kind has no use for has one value."""
    claim = certificate.claim
    if claim.kind > CLAIM_NOT_BELOW:
        raise Reject("TYPE", "claim")
    of_transaction = claim.kind in (CLAIM_TRANSACTION, CLAIM_TRIGGER)
    of_view = claim.kind >= CLAIM_TRIGGER
    good = ((of_transaction or claim.transaction == NO_TRANSACTION)
            and (of_view or (claim.account, claim.view) == (NO_ACCOUNT, NO_VIEW))
            and not (of_transaction and certificate.kind == STATE)
            and not (of_view and claim.view >= len(certificate.views)))
    if not good:
        raise Reject("CLAIM", "form")


# ---- packed (spec 10 §2) ------------------------------------------------------------------------

def pack(raw):
    deflated = zlib.compress(raw, 9)
    head = b"PLCZ" + u16(1) + u32(len(raw))
    return head + sha256(head + deflated) + deflated


def unpack(packed):
    reader = Reader(packed)
    reader.magic(b"PLCZ")
    if reader.u16() != 1:
        raise Reject("VERSION", "packed")
    size, check = reader.u32(), reader.take(32)
    deflated = packed[reader.at:]
    if size > SIZE_MAX or size > RATIO_MAX * len(deflated):
        raise Reject("LIMIT", "size")
    if check != sha256(packed[:10] + deflated):
        raise Reject("CHECK")
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(deflated, size + 1)
    except zlib.error as error:
        raise Reject("CHECK", str(error)) from error
    if len(raw) != size or not stream.eof or stream.unused_data:
        raise Reject("CHECK", "the stream is not of the size that is told")
    return raw


# ---- evidence (spec 10 §6) ------------------------------------------------------------------------

def check_evidence(world, state, certificate, feed, report):
    """EVIDENCE unless the report is that of the feed's price at the end of the execution."""
    row = state.tells(0, PRICES, u32(feed))
    if row is None:
        raise Reject("EVIDENCE", "feed %d has no price" % feed)
    known = oracle.Price.of_row(row)
    if certificate.kind == BLOCK and known.height == certificate.height:
        raise Reject("EVIDENCE", "feed %d has its price of this block" % feed)
    try:
        found = authentic(world, feed, report, known.time)
    except Reject as reject:
        raise Reject("EVIDENCE", str(reject)) from reject
    if ((found.price, found.decimals, found.time, found.round)
            != (known.price, known.decimals, known.time, known.round)):
        raise Reject("EVIDENCE", "another price")


def authentic(world, number, raw, now):
    """The oracle.Price of a report that another block has judged; Reject when it is none."""
    if raw[:5] != u8(1) + u32(number) or number >= len(world.feeds):
        raise Reject("FEED")
    feed = world.feeds[number]
    if feed.format in (oracle.UNSIGNED, oracle.NATIVE):
        return oracle.authentic_native(raw, feed, world.id, now)
    return policy.authentic(feed, now, oracle.read(raw[5:], feed, now))


# ---- asking and making ----------------------------------------------------------------------------

def answer(world, state, height, time, view):
    """(status, result) of a view; VIEW when there is no such question (spec 10 §5)."""
    contract = world.codes.get(view.contract)
    functions = contract.code.functions if contract else []
    if view.function >= len(functions):
        raise Reject("VIEW", "no such function")
    function = functions[view.function]
    if (not function.public or function.effect == TX
            or not canonical_all(function.parameters, view.arguments)):
        raise Reject("VIEW", "no such question")
    outcome = Machine(world.codes, state, height, time, VIEW_GAS).run(
        contract, function, 0, view.arguments)
    return status(outcome.name), outcome.results


def symbols_size(container):
    """spec 02 §2: what stands behind the body."""
    at = 12 + int.from_bytes(container[8:12], "big")
    return int.from_bytes(container[at:at + 4], "big")


def without_symbols(world):
    """The bytes of a world with every symbols_size 0."""
    whole = world.contracts
    world.contracts = [(name, code[:12 + int.from_bytes(code[8:12], "big")] + u32(0))
                       for name, code in whole]
    raw = world_module.encode(world)
    world.contracts = whole
    return raw


class Request:
    """What is to be certified. first, last: heights of the header path, None for the shortest;
    views: View without answers; evidence: (feed, report)."""

    def __init__(self, kind, height, views=(), evidence=(), claim=None, first=None, last=None,
                 without_world=False):
        self.kind = kind
        self.height = height
        self.views = sorted(views, key=View.key)
        self.evidence = sorted(evidence)
        self.claim = claim or Claim()
        self.first = first if first is not None else max(height - (kind == BLOCK), 1)
        self.last = last if last is not None else height
        self.without_world = without_world


def make(chain, blocks, request):
    """A Certificate. chain: stands at the base (spec 10 §3) and is left as it was; blocks: of the
    history, from height 1. The claim is not judged. Evidence that does not hold, or of feeds whose
    rows the execution does not touch, is left away."""
    certificate = Certificate(request.kind, request.height)
    certificate.world = b"" if request.without_world else without_symbols(chain.world)
    if request.height > 0:
        certificate.headers = [decode_block(raw).header
                               for raw in blocks[request.first - 1:request.last]]
    whole, recorder = chain.state, Recorder(chain.state)
    whole.root()
    chain.state = recorder
    try:
        if request.kind == BLOCK:
            there = _make_block(certificate, chain, decode_block(blocks[request.height - 1]),
                                request)
        else:
            _ask(certificate, chain, request.views, END, chain)
            certificate.evidence = held(certificate, chain, request.evidence)
            there = recorder.there()
    finally:
        chain.state = whole
    whole.root()
    if chain.height > 0:
        certificate.witness = Writing(recorder, there).encode()
    certificate.evidence = [(feed, report) for feed, report in certificate.evidence
                            if recorder.sought or (0, PRICES, u32(feed)) in recorder.touched]
    certificate.claim = request.claim
    return certificate


def _ask(certificate, chain, views, moment, at):
    """Answers the views of a moment; at: has height and time."""
    for view in views:
        if view.moment == moment:
            said = answer(chain.world, chain.state, at.height, at.time, view)
            certificate.views.append(View(*view.key(), *said))


def held(certificate, chain, evidence):
    """The evidence that holds in the state at hand."""
    out = []
    for feed, report in evidence:
        try:
            check_evidence(chain.world, chain.state, certificate, feed, report)
            out.append((feed, report))
        except Reject:
            pass
    return out


def _make_block(certificate, chain, block, request):
    """Executes the block and undoes it; gives which of the touched rows were there at its end."""
    certificate.body, views = block.body, request.views
    _ask(certificate, chain, views, BASE, chain)
    chain.execute(block, lambda moment: _ask(certificate, chain, views, moment, block.header))
    _ask(certificate, chain, views, END, block.header)
    certificate.evidence = held(certificate, chain, request.evidence)
    there = chain.state.there()
    chain.state.roll_back()
    return there
