"""Is this certificate true? Every step recomputed, the first failure named (spec 10 §8)."""
from . import certificate as certificate_module
from . import world as world_module
from .bytes_io import Reader, u32
from .certificate import (BASE, BLOCK, CLAIM_BELOW, CLAIM_BLOCK, CLAIM_TRANSACTION, CLAIM_TRIGGER,
                          END, VIEW_GAS, answer, check_evidence)
from .chain import Chain, decode_block
from .tables import Reject
from .values import ACCOUNT, BOOL, UINT, split
from .witness import Lacks, Partial


class Fault(Exception):
    """This machine cannot: says nothing about the certificate."""


class Verdict:
    """step, error ("done", "OK" when all is true) and what they are about."""

    def __init__(self, step, error, where=""):
        self.step = step
        self.error = error
        self.where = where

    def pair(self):
        return self.step, self.error


def verify(raw, world=None, gas_max=0, load=world_module.decode):
    """The Verdict on a certificate's bytes. world: brought by the reader; gas_max: 0 is no bound;
    load: decodes a world, and may remember those that it knows."""
    judge = Judge(raw, world, gas_max, load)
    for step in ("shape", "world", "headers", "witness", "block", "views", "evidence", "claim",
                 "whole"):
        try:
            getattr(judge, step)()
        except Reject as reject:
            return Verdict(step, reject.name, str(reject))
        except Lacks as lacks:
            return Verdict(step, "WITNESS_LACKS", str(lacks))
        except Fault as fault:
            return Verdict(step, "UNSUPPORTED", str(fault))
    return Verdict("done", "OK")


class Judge:
    """One method for each step, in their order; each leaves what the next ones need."""

    def __init__(self, raw, world, gas_max, load):
        self.raw = raw
        self.load = load
        self.brought = world
        self.gas_max = gas_max
        self.certificate = self.loaded = self.chain = self.base = None
        self.before = []            # (view, (status, result) or what kept it from being answered)
        self.told = []              # transactions of the block
        self.receipts = []

    def shape(self):
        self.certificate = certificate_module.decode(self.raw)

    def world(self):
        raw = self.certificate.world or self.brought
        if not raw:
            raise Fault("the reader must bring the world")
        self.loaded = self.load(raw)
        if self.certificate.world:
            for name, container in self.loaded.contracts:
                if certificate_module.symbols_size(container):
                    raise Reject("SYMBOLS", name)
        if self.certificate.headers and self.certificate.headers[0].world_id != self.loaded.id:
            raise Reject("WORLD_MISMATCH")

    def headers(self):
        """spec 10 §3."""
        said = self.certificate
        self.base = said.height - 1 if said.kind == BLOCK else said.height
        if self.base < 0:
            raise Reject("HEIGHT", "no block of this height")
        if said.height == 0:
            if said.headers:
                raise Reject("HEIGHT", "the genesis state has no header")
            return
        if not said.headers:
            raise Reject("HEIGHT", "no headers")
        first = said.headers[0].height
        last = first + len(said.headers) - 1
        if first == 0 or last >= 2**64 or not first <= max(self.base, 1) <= said.height <= last:
            raise Reject("HEIGHT", "path from %d to %d" % (first, last))
        if first == 1 and said.headers[0].parent != self.loaded.id:
            raise Reject("PARENT", "of block 1")
        times = [header.time for header in said.headers]
        if times != sorted(times):
            raise Reject("TIME", "of headers")

    def witness(self):
        self.chain = Chain(self.loaded)
        if self.base == 0:
            if self.certificate.witness:
                raise Reject("PROOF_SHAPE", "the genesis state needs no witness")
            return
        header = self.certificate.header(self.base)
        partial = world_module.declare(Partial(), self.loaded)
        partial.read(self.certificate.witness, header.state_root)
        self.chain.state, self.chain.last_root = partial, header.state_root
        self.chain.header, self.chain.head = header, header.hash()
        self.chain.height, self.chain.time = header.height, header.time

    # ---- execution ----------------------------------------------------------------------------

    def views_at(self, moment):
        return [view for view in self.certificate.views if view.moment == moment]

    def ask(self, view, height, time):
        return answer(self.loaded, self.chain.state, height, time, view)

    def compare(self, view, said):
        if (view.status, view.result) != said:
            raise Reject("VIEW", "answers %d %s" % (said[0], said[1].hex()))

    def bound(self, transactions):
        """spec 10 §8: the work that the caller allows."""
        hooks = sum(function.on_block for contract in self.loaded.codes.values()
                    for function in contract.code.functions)
        work = VIEW_GAS * len(self.certificate.views) + sum(tx.gas_limit for tx in transactions)
        if self.certificate.kind == BLOCK:
            work += hooks * self.loaded.hook_gas
        if self.gas_max and work > self.gas_max:
            raise Fault("%d gas" % work)

    def block(self):
        if self.certificate.kind != BLOCK:
            self.bound([])
            return
        header = self.certificate.header(self.certificate.height)
        raw = header.encode() + self.certificate.body
        self.told = decode_block(raw).transactions
        self.bound(self.told)
        for view in self.certificate.views:
            if 2 * len(self.told) < view.moment < END:
                raise Reject("RANGE", "moment")
        for view in self.views_at(BASE):
            self.ask_before(view)

        def inside(moment):
            for view in self.views_at(moment):
                self.compare(view, self.ask(view, header.height, header.time))
        self.receipts = self.chain.apply(raw, inside)

    def ask_before(self, view):
        """The base is there before the block only, but what is wrong with it comes after."""
        marks = len(self.chain.state.marks)
        try:
            self.before.append((view, self.ask(view, self.chain.height, self.chain.time)))
        except (Reject, Lacks) as wrong:
            while len(self.chain.state.marks) > marks:
                self.chain.state.roll_back()
            self.before.append((view, wrong))

    def views(self):
        for view, said in self.before:
            if isinstance(said, Exception):
                raise said
            self.compare(view, said)
        for view in self.views_at(END):
            self.compare(view, self.ask(view, self.chain.height, self.chain.time))

    def evidence(self):
        for feed, report in self.certificate.evidence:
            check_evidence(self.loaded, self.chain.state, self.certificate, feed, report)

    # ---- the claim (spec 10 §7) ---------------------------------------------------------------

    def claim(self):
        claim = self.certificate.claim
        if claim.kind == CLAIM_BLOCK:
            return
        if claim.kind in (CLAIM_TRANSACTION, CLAIM_TRIGGER):
            self.demand(claim.transaction < len(self.told), "no such transaction")
            receipt = self.receipt_of(claim.transaction)
            self.demand(receipt[1:3] == bytes(2), "the transaction failed")
        if claim.kind == CLAIM_TRANSACTION:
            return
        view = self.certificate.views[claim.view]
        moment = END
        if claim.kind == CLAIM_TRIGGER:
            moment = 2 * claim.transaction + 1
            self.demand(self.names(claim.transaction, claim.account), "another account")
        self.demand(view.moment == moment and view.status == 0, "the view's moment or status")
        function = self.loaded.codes[view.contract].code.functions[view.function]
        accounts = accounts_of(function.parameters, view.arguments)
        self.demand(accounts == [claim.account], "the view is about another account")
        says = below(function, view.result)
        self.demand(says is not None, "the view does not judge")
        self.demand(says == (claim.kind in (CLAIM_TRIGGER, CLAIM_BELOW)), "the view says otherwise")

    @staticmethod
    def demand(holds, what):
        if not holds:
            raise Reject("CLAIM", what)

    def receipt_of(self, transaction):
        return [raw for raw in self.receipts if raw[0] == 2][transaction]

    def names(self, place, account):
        """Whether a transaction's arguments or events hold the account."""
        tx = self.told[place]
        function = self.loaded.codes[tx.contract].code.functions[tx.function]
        found = accounts_of(function.parameters, tx.arguments)
        reader = Reader(self.receipt_of(place))
        reader.take(1 + 2 + 4 + 2 + 8)
        reader.take(reader.u32())
        for _ in range(reader.u16()):
            contract, event = reader.u32(), reader.u16()
            fields = self.loaded.codes[contract].code.events[event].parameters
            found += accounts_of(fields, reader.take(reader.u32()))
        return account in found

    def whole(self):
        if self.base and self.chain.state.extra():
            raise Reject("WITNESS_EXTRA")


def accounts_of(fields, raw):
    return [piece for field, piece in zip(fields, split(fields, raw))
            if field.type.kind == ACCOUNT]


def below(function, result):
    """Whether the view says below; None when it does not judge."""
    fields = function.results
    if (function.name == "is_liquidatable" and len(fields) == 1 and fields[0].type.kind == BOOL):
        return result == b"\1"
    for field, piece in zip(fields, split(fields, result)):
        if field.type.kind == UINT and field.name in ("health_factor", "hf"):
            return int.from_bytes(piece, "big") < 10 ** (field.type.scale or 18)
    return None

