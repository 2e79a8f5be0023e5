"""Certificates of shipped histories, made by the model: blocks, states, views, evidence, claims."""
import collections
import re

from spec.model import certificate as maker
from spec.model import world as world_module
from spec.model.certificate import BASE, BLOCK, END, STATE, Claim, Request, View
from spec.model.chain import Chain, decode_block, read_history
from spec.model.code import TX
from spec.model.tables import NAME_OF_STATUS
from spec.model.values import ACCOUNT, size_of, split
from spec.model.verify import below

LIQUIDATION = re.compile("liquidat|bite|bark|take|absorb|seize|trigger|cover", re.I)
POOL_MAX = 40


class Case:
    """A certificate and what it was made from."""

    def __init__(self, source, chain, blocks, request, certificate):
        self.source = source
        self.chain = chain              # at the base
        self.blocks = blocks
        self.request = request
        self.certificate = certificate
        self.raw = certificate.encode()
        self.reports = source.reports


class Source:
    """One history, walked block by block."""

    def __init__(self, name, history, rng):
        self.name, self.rng = name, rng
        self.world_raw, self.blocks = read_history(history)
        self.world = world_module.decode(self.world_raw)
        self.pool = collections.defaultdict(list)       # (class, size) -> stored forms seen
        self.reports = collections.defaultdict(list)    # feed -> accepted reports
        self.questions, self.judges = [], []
        for number, contract in self.world.codes.items():
            for place, function in enumerate(contract.code.functions):
                if function.public and function.effect != TX:
                    self.questions.append((number, place, function))
                    accounts = [f for f in function.parameters if f.type.kind == ACCOUNT]
                    if len(accounts) == 1 and below(function, bytes(size_of(function.results))) is not None:
                        self.judges.append((number, place, function))

    def calls(self, block):
        """(transaction, its function) of those that name one."""
        for tx in block.transactions:
            contract = self.world.codes.get(tx.contract)
            if contract and tx.function < len(contract.code.functions):
                yield tx, contract.code.functions[tx.function]

    def learn(self, block, receipts):
        for tx, function in self.calls(block):
            if len(tx.arguments) == size_of(function.parameters):
                for field, piece in zip(function.parameters, split(function.parameters, tx.arguments)):
                    self.see(field.type, piece)
            self.pool[ACCOUNT, 32].append(tx.caller)
        for raw, receipt in zip(block.reports, receipts):
            if receipt[5:7] == bytes(2):
                self.reports[int.from_bytes(raw[1:5], "big")].append(raw)

    def see(self, type_, piece):
        seen = self.pool[type_.kind, type_.size]
        if piece not in seen:
            seen.append(piece)
            del seen[:-POOL_MAX]

    def arguments(self, function, account=None):
        out = []
        for field in function.parameters:
            seen = self.pool[field.type.kind, field.type.size]
            known = seen and self.rng.random() < 0.9
            piece = self.rng.choice(seen) if known else bytes(field.type.size)
            if account is not None and field.type.kind == ACCOUNT:
                piece = account
            out.append(piece if field.type.canonical(piece) else bytes(field.type.size))
        return b"".join(out)

    def views(self, moments, count):
        found = {}
        for _ in range(count if self.questions else 0):
            number, place, function = self.rng.choice(self.questions)
            view = View(self.rng.choice(moments), number, place, self.arguments(function))
            found[view.key()] = view
        return list(found.values())

    def judgements(self, moments, accounts):
        found = {}
        for _ in range(4 if self.judges and accounts else 0):
            number, place, function = self.rng.choice(self.judges)
            account = self.rng.choice(accounts)
            view = View(self.rng.choice(moments), number, place, self.arguments(function, account))
            found[view.key()] = view
        return list(found.values())

    # ---- the certificates of one height ---------------------------------------------------------

    def block_case(self, chain, block):
        """chain stands at the block's parent."""
        height, count = block.header.height, len(block.transactions)
        moments = [BASE, END] + list(range(1, 2 * count + 1))
        accounts = [tx.caller for tx in block.transactions]
        for tx, function in self.calls(block):
            if len(tx.arguments) != size_of(function.parameters):
                continue
            pieces = split(function.parameters, tx.arguments)
            accounts += [p for f, p in zip(function.parameters, pieces) if f.type.kind == ACCOUNT]
        views = self.views(moments, self.rng.choice([0, 2, 5]))
        views += self.judgements([END] + [2 * i + 1 for i in range(count)], accounts)
        told = {int.from_bytes(raw[1:5], "big") for raw in block.reports}
        request = Request(BLOCK, height, {v.key(): v for v in views}.values(), self.evidence(told),
                          first=max(1, height - self.rng.choice([0, 1, 1, 3]) - 1),
                          last=min(len(self.blocks), height + self.rng.choice([0, 0, 2])),
                          without_world=self.rng.random() < 0.15)
        certificate = maker.make(chain, self.blocks, request)
        statuses = self.statuses(chain, block)
        request.claim = certificate.claim = self.claim(certificate, block, statuses)
        return Case(self, chain, self.blocks, request, certificate)

    def state_case(self, chain):
        views = self.views([END], self.rng.choice([0, 1, 4]))
        views += self.judgements([END], self.pool[ACCOUNT, 32])
        request = Request(STATE, chain.height, {v.key(): v for v in views}.values(), self.evidence())
        if chain.height > 0:
            request.first = max(1, chain.height - self.rng.choice([0, 0, 2]))
            request.last = min(len(self.blocks), chain.height + self.rng.choice([0, 0, 2]))
        certificate = maker.make(chain, self.blocks, request)
        request.claim = certificate.claim = self.claim(certificate, None, [])
        return Case(self, chain, self.blocks, request, certificate)

    def evidence(self, told=()):
        """What feeds accepted last, without those that the block tells itself."""
        return [(feed, known[-1]) for feed, known in self.reports.items() if feed not in told]

    def statuses(self, chain, block):
        """Names of the outcomes of the transactions."""
        receipts = chain.execute(block)
        chain.state.roll_back()
        chain.state.root()
        return [NAME_OF_STATUS[int.from_bytes(raw[1:3], "big")] for raw in receipts if raw[0] == 2]

    def claim(self, certificate, block, statuses):
        """A true claim, the strongest at hand."""
        for place, view in enumerate(certificate.views):
            function = self.world.codes[view.contract].code.functions[view.function]
            if view.status != 0 or (view.contract, view.function, function) not in self.judges:
                continue
            account = next(p for f, p in zip(function.parameters, split(function.parameters, view.arguments))
                           if f.type.kind == ACCOUNT)
            says = below(function, view.result)
            if view.moment == END:
                return Claim(maker.CLAIM_BELOW if says else maker.CLAIM_NOT_BELOW,
                             account=account, view=place)
            at = view.moment // 2
            if view.moment % 2 and says and statuses[at] == "OK" and account in self.named(block, at):
                return Claim(maker.CLAIM_TRIGGER, at, account, place)
        good = [at for at, status in enumerate(statuses) if status == "OK"]
        if good and self.rng.random() < 0.5:
            return Claim(maker.CLAIM_TRANSACTION, self.rng.choice(good))
        return Claim()

    def named(self, block, at):
        tx = block.transactions[at]
        fields = self.world.codes[tx.contract].code.functions[tx.function].parameters
        return [p for f, p in zip(fields, split(fields, tx.arguments)) if f.type.kind == ACCOUNT]

    def cases(self, count):
        """About `count` Cases: first blocks, liquidations, others; each while the chain stands there."""
        chain = Chain(self.world)
        picked = self.pick(count)
        for height, raw in enumerate(self.blocks, 1):
            block = decode_block(raw)
            if height in picked:
                if self.rng.random() < 0.4:
                    yield self.state_case(chain)
                yield self.block_case(chain, block)
            self.learn(block, chain.apply(raw))
        yield self.state_case(chain)

    def pick(self, count):
        """Heights: the first two, then liquidations and others by halves."""
        heights = list(range(3, len(self.blocks) + 1))
        if count >= len(heights):
            return {1, 2, *heights}
        liquidations = [block.header.height for block in map(decode_block, self.blocks)
                        if any(LIQUIDATION.search(f.name) for _, f in self.calls(block))]
        self.rng.shuffle(heights)
        self.rng.shuffle(liquidations)
        return {1, 2, *liquidations[:count // 2], *heights[:max(0, count // 2 - 2)]}
