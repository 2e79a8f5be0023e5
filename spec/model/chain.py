"""Blocks: decode, link, execute, compare (spec 06 §2 to §6)."""
from . import feeds, oracle, secp256k1
from . import world as world_module
from .bytes_io import Reader, u8, u16, u32, u64
from .code import TX
from .hashes import tagged
from .machine import CHAIN, NONCES, Machine, Outcome
from .tables import LIMITS, Reject, status
from .values import canonical_all
from .world import AUTH_NONE


class Header:
    """spec 06 §2."""
    SIZE = 4 + 2 + 32 + 8 + 8 + 4 * 32

    def __init__(self, world_id, height, time, parent, body_hash, state_root, receipts_hash):
        self.world_id = world_id
        self.height = height
        self.time = time
        self.parent = parent
        self.body_hash = body_hash
        self.state_root = state_root
        self.receipts_hash = receipts_hash

    def encode(self):
        return (b"PLBK" + u16(1) + self.world_id + u64(self.height) + u64(self.time) + self.parent
                + self.body_hash + self.state_root + self.receipts_hash)

    def hash(self):
        return tagged("header", self.encode())


def take_header(reader):
    reader.magic(b"PLBK")
    if reader.u16() != 1:
        raise Reject("VERSION", "header")
    return Header(reader.take(32), reader.u64(), reader.u64(), *[reader.take(32)
                                                                 for _ in range(4)])


class Transaction:
    """spec 06 §3."""

    def __init__(self, contract, function, caller, nonce, gas_limit, arguments, signature=None):
        self.contract = contract
        self.function = function
        self.caller = caller            # 32 bytes
        self.nonce = nonce
        self.gas_limit = gas_limit
        self.arguments = arguments
        self.signature = signature      # None or (public key, r, s)

    def signed_part(self):
        return (u8(1) + u32(self.contract) + u16(self.function) + self.caller + u64(self.nonce)
                + u64(self.gas_limit) + u32(len(self.arguments)) + self.arguments)

    def digest(self, world_id):
        return tagged("tx", world_id + self.signed_part())

    def encode(self):
        if self.signature is None:
            return self.signed_part() + u8(0)
        return self.signed_part() + u8(97) + b"".join(self.signature)


def decode_transaction(raw):
    """A transaction without its shape rejects the block."""
    reader = Reader(raw)
    if reader.u8() != 1:
        raise Reject("VERSION", "transaction")
    contract, function, caller = reader.u32(), reader.u16(), reader.take(32)
    nonce, gas_limit = reader.u64(), reader.u64()
    transaction = Transaction(contract, function, caller, nonce, gas_limit,
                              reader.take(reader.u32()))
    size = reader.u8()
    if size == 97:
        transaction.signature = reader.take(33), reader.take(32), reader.take(32)
    elif size != 0:
        raise Reject("NON_CANONICAL", "signature size")
    reader.end()
    return transaction


def encode_body(reports, transactions):
    """spec 06 §2: the body of reports and transactions given as bytes."""
    out = [u32(len(reports))] + [u32(len(raw)) + raw for raw in reports]
    out += [u32(len(transactions))] + [u32(len(raw)) + raw for raw in transactions]
    return b"".join(out)


class Block:
    def __init__(self, header, body, reports, transactions):
        self.header = header
        self.body = body
        self.reports = reports              # bytes each
        self.transactions = transactions    # decoded


def decode_block(raw):
    if len(raw) > LIMITS["BLOCK_SIZE_MAX"]:
        raise Reject("LIMIT", "block")
    reader = Reader(raw)
    header = take_header(reader)
    count = reader.u32()
    if count > LIMITS["REPORTS_PER_BLOCK_MAX"]:
        raise Reject("LIMIT", "reports")
    reports = [reader.take(reader.u32()) for _ in range(count)]
    count = reader.u32()
    if count > LIMITS["TXS_PER_BLOCK_MAX"]:
        raise Reject("LIMIT", "transactions")
    parts = [reader.take(reader.u32()) for _ in range(count)]
    reader.end()
    # spec 06 §2: the parts of the whole come first, then each transaction's own shape.
    return Block(header, raw[Header.SIZE:], reports, [decode_transaction(part) for part in parts])


# ---- receipts (spec 06 §5) -------------------------------------------------------------------

def report_receipt(feed, verdict):
    return u8(1) + u32(feed) + u16(status(verdict))


def run_receipt(kind, contract, function, outcome):
    head = (u8(kind) + u16(status(outcome.name)) + u32(contract) + u16(function)
            + u64(outcome.gas_used))
    if outcome.name == "OK":
        tail = u32(len(outcome.results)) + outcome.results + u16(len(outcome.events))
        for emitter, event, arguments in outcome.events:
            tail += u32(emitter) + u16(event) + u32(len(arguments)) + arguments
        return head + tail
    if outcome.name == "REVERT":
        emitter, error, arguments = outcome.revert
        return head + u32(emitter) + u16(error) + u32(len(arguments)) + arguments
    return head


def receipts_hash(receipts):
    return tagged("receipts", b"".join(u32(len(raw)) + raw for raw in receipts))


# ---- the chain -------------------------------------------------------------------------------

class Chain:
    """A world and its head. apply() takes a block or leaves everything as it was."""

    def __init__(self, world):
        self.world = world
        self.state = world_module.genesis(world)
        self.height = 0
        self.time = world.time
        self.head = world.id            # the hash of "block 0"
        self.header = None              # of the head
        self.last_root = self.state.root()

    def check_link(self, block):
        """spec 06 §2: world, height, parent, time, body hash, in this order."""
        header = block.header
        if header.world_id != self.world.id:
            raise Reject("WORLD_MISMATCH")
        if header.height != self.height + 1:
            raise Reject("HEIGHT")
        if header.parent != self.head:
            raise Reject("PARENT")
        if header.time < self.time:
            raise Reject("TIME")
        if header.body_hash != tagged("body", block.body):
            raise Reject("BODY_HASH")

    def execute(self, block, ask=lambda moment: None):
        """spec 06 §4 up to the tree: the receipts. The state is changed under an open begin.
        ask(moment) is called before and after each transaction (spec 10 §5)."""
        header = block.header
        self.state.begin()
        self.state.put(0, CHAIN, b"", world_module.chain_row(
            self.world.id, header.height, header.time, header.parent))
        receipts = [self.report(raw, header) for raw in block.reports]
        feeds.settle(self.state, self.world.feeds, header.height, header.time)
        for place, tx in enumerate(block.transactions):
            ask(2 * place + 1)
            receipts.append(self.transaction(tx, header))
            ask(2 * place + 2)
        for number, contract in sorted(self.world.codes.items()):
            for index, function in enumerate(contract.code.functions):
                if function.on_block:
                    machine = Machine(self.world.codes, self.state, header.height, header.time,
                                      self.world.hook_gas)
                    outcome = machine.run(contract, function, contract.account, b"")
                    receipts.append(run_receipt(3, number, index, outcome))
        return receipts

    def report(self, raw, header):
        price, verdict = oracle.check(raw, self.world.feeds, self.last_price, self.world.id,
                                      header.time)
        number = oracle.feed_number(raw)
        if price is not None:
            price.height = header.height
            feeds.accept(self.state, self.world.feeds, number, price)
        return report_receipt(number, verdict)

    def last_price(self, feed):
        """The oracle.Price that a feed accepted last, or None."""
        return feeds.last(self.state, self.world.feeds, feed)

    def transaction(self, tx, header):
        verdict = self.check_transaction(tx)
        if verdict != "OK":
            return run_receipt(2, tx.contract, tx.function, Outcome(verdict, 0))
        if self.world.tx_auth != AUTH_NONE:
            self.state.put(0, NONCES, tx.caller, u64(tx.nonce + 1))
        contract = self.world.codes[tx.contract]
        machine = Machine(self.world.codes, self.state, header.height, header.time, tx.gas_limit)
        outcome = machine.run(contract, contract.code.functions[tx.function],
                              int.from_bytes(tx.caller, "big"), tx.arguments)
        return run_receipt(2, tx.contract, tx.function, outcome)

    def check_transaction(self, tx):
        """spec 06 §3: the checks in their order."""
        contract = self.world.codes.get(tx.contract)
        if contract is None:
            return "TX_CONTRACT"
        functions = contract.code.functions
        if (tx.function >= len(functions) or not functions[tx.function].public
                or functions[tx.function].effect != TX):
            return "TX_FUNCTION"
        if tx.gas_limit > self.world.tx_gas_max:
            return "TX_GAS"
        if not canonical_all(functions[tx.function].parameters, tx.arguments):
            return "TX_ARGUMENTS"
        caller = int.from_bytes(tx.caller, "big")
        if any(caller == other.account for other in self.world.codes.values()):
            return "TX_AUTH"
        if self.world.tx_auth == AUTH_NONE:
            if tx.signature is not None:
                return "TX_AUTH"
            return "OK" if tx.nonce == 0 else "TX_NONCE"
        if tx.signature is None:
            return "TX_AUTH"
        key, r, s = tx.signature
        if tx.caller != tagged("account", key):
            return "TX_AUTH"
        if not secp256k1.verify(key, tx.digest(self.world.id), r, s):
            return "TX_AUTH"
        row = self.state.get(0, NONCES, tx.caller)
        return "OK" if tx.nonce == int.from_bytes(row or b"", "big") else "TX_NONCE"

    def apply(self, raw, ask=lambda moment: None):
        """Check and take one block; gives its receipts. Reject leaves the state as it was."""
        block = decode_block(raw)
        self.check_link(block)
        receipts = self.execute(block, ask)
        here = receipts_hash(receipts)
        if here != block.header.receipts_hash:
            self.state.roll_back()
            raise Reject("RECEIPTS_ROOT", "here %s" % here.hex())
        root = self.state.root()
        if root != block.header.state_root:
            self.state.roll_back()
            raise Reject("STATE_ROOT", "here %s" % root.hex())
        self.take(block.header, root)
        return receipts

    def take(self, header, root):
        self.state.commit()
        self.state.log.clear()
        self.header, self.head = header, header.hash()
        self.height, self.time = header.height, header.time
        self.last_root = root

    def make(self, time, reports, transactions):
        """Build, execute and take the next block; gives (block bytes, receipts)."""
        body = encode_body(reports, transactions)
        header = Header(self.world.id, self.height + 1, time, self.head, tagged("body", body),
                        bytes(32), bytes(32))
        block = decode_block(header.encode() + body)
        receipts = self.execute(block)
        header.receipts_hash = receipts_hash(receipts)
        header.state_root = self.state.root()
        self.take(header, header.state_root)
        return header.encode() + body, receipts


# ---- history files (spec 06 §6) --------------------------------------------------------------

def read_history(raw):
    """(world bytes, [block bytes])."""
    reader = Reader(raw)
    reader.magic(b"PLHS")
    if reader.u16() != 1:
        raise Reject("VERSION", "history")
    world = reader.take(reader.u32())
    blocks = []
    while not reader.done():
        blocks.append(reader.take(reader.u32()))
    return world, blocks


def write_history(world, blocks):
    return b"".join([b"PLHS", u16(1), u32(len(world)), world]
                    + [u32(len(raw)) + raw for raw in blocks])
