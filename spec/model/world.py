"""The world file and the genesis state (spec 06 §1)."""
from . import code as code_module
from . import world_feeds
from .bytes_io import Reader, i256, name, text16, u8, u16, u32, u64
from .code import Table
from .hashes import tagged
from .machine import (ACCEPTED, CHAIN, CONTRACTS, CURRENT, NEXT, NONCES, OBSERVED, PRICES,
                      Contract)
from .state import State
from .tables import LIMITS, Reject
from .validate import validate
from .values import (ACCOUNT, BYTES32, INT, SYMBOL, UINT, Field, Type, as_signed, canonical_all,
                     size_of, split, symbol)

AUTH_NONE, AUTH_SECP256K1 = 0, 1


class World:
    """A decoded world. contracts: (name, container bytes); rows: (contract, table, key, row)."""

    def __init__(self):
        self.name = ""
        self.tx_auth = AUTH_NONE
        self.seed = self.time = self.tx_gas_max = self.hook_gas = 0
        self.contracts, self.feeds, self.labels, self.rows = [], [], [], []
        self.codes = {}             # contract number -> Contract
        self.containers_at = []     # where their sizes start, where they end
        self.id = b""


def _field(field_name, kind, size):
    return Field(field_name, "", Type(kind, size))


PRICE_FIELDS = [_field("price", INT, 32), _field("decimals", UINT, 1), _field("time", UINT, 8),
                _field("round", UINT, 8), _field("height", UINT, 8)]

# spec 04 §6
SYSTEM = {
    CHAIN: Table("chain", False, [], [_field("world", BYTES32, 32), _field("height", UINT, 8),
                                      _field("time", UINT, 8), _field("parent", BYTES32, 32)], []),
    PRICES: Table("prices", False, [_field("feed", UINT, 4)], PRICE_FIELDS, []),
    NONCES: Table("nonces", False, [_field("account", ACCOUNT, 32)], [_field("nonce", UINT, 8)],
                  []),
    CONTRACTS: Table("contracts", False, [_field("number", UINT, 4)],
                     [_field("name", SYMBOL, 32), _field("code", BYTES32, 32)], []),
    ACCEPTED: Table("accepted", False, [_field("feed", UINT, 4)],
                    PRICE_FIELDS + [_field("set", UINT, 2)], []),
    NEXT: Table("next", False, [_field("feed", UINT, 4)], PRICE_FIELDS + [_field("hop", UINT, 8)],
                []),
    CURRENT: Table("current", False, [_field("feed", UINT, 4)], PRICE_FIELDS, []),
    OBSERVED: Table("observed", False, [_field("feed", UINT, 4), _field("time", UINT, 8)],
                    [_field("price", INT, 32), _field("total", INT, 32)], []),
}


def decode(raw):
    """World of its bytes; Reject when they are not one."""
    if len(raw) > LIMITS["WORLD_SIZE_MAX"]:
        raise Reject("LIMIT", "world")
    reader, world = Reader(raw), World()
    reader.magic(b"PLWD")
    format_ = reader.u16()
    if reader.u16() != 1 or format_ not in (1, 2):
        raise Reject("VERSION", "world")
    world.name = reader.name()
    world.tx_auth = reader.u8()
    if world.tx_auth > AUTH_SECP256K1:
        raise Reject("TYPE", "tx_auth")
    world.seed, world.time = reader.u64(), reader.u64()
    world.tx_gas_max, world.hook_gas = reader.u64(), reader.u64()
    if max(world.tx_gas_max, world.hook_gas) > LIMITS["GAS_MAX"]:
        raise Reject("LIMIT", "gas")
    _contracts(reader, world)
    count = reader.u16()
    if count > LIMITS["FEEDS_MAX"]:
        raise Reject("LIMIT", "feeds")
    reader.must_hold(count, 88 if format_ == 1 else 121)
    for _ in range(count):
        world.feeds.append(world_feeds.take(reader, world.feeds, format_))
    if format_ == 2 and all(feed.plain() for feed in world.feeds):
        raise Reject("NON_CANONICAL", "format 1 could say this")
    count = reader.u32()
    if count > LIMITS["LABELS_MAX"]:
        raise Reject("LIMIT", "labels")
    reader.must_hold(count, 35)
    for _ in range(count):
        text, kind, value = reader.text16(), reader.u8(), reader.take(32)
        if kind > 2:
            raise Reject("TYPE", "label kind")
        world.labels.append((text, kind, value))
    _rows(reader, world)
    reader.end()
    # spec 06 §1: the code hashes stand for the containers in the world id.
    ends = [0] + [end for _, end in world.containers_at]
    starts = [start for start, _ in world.containers_at] + [len(raw)]
    world.id = tagged("world", b"".join(raw[a:b] for a, b in zip(ends, starts)))
    return world


def _contracts(reader, world):
    count = reader.u16()
    if count > LIMITS["CONTRACTS_MAX"]:
        raise Reject("LIMIT", "contracts")
    reader.must_hold(count, 38)
    for number in range(1, count + 1):
        contract_name = reader.name()
        if len(contract_name) > 31:
            raise Reject("NAME", contract_name)
        world_feeds.check_new(contract_name, [before for before, _ in world.contracts])
        code_hash = reader.take(32)
        start = reader.at
        container = reader.take(reader.u32())
        world.containers_at.append((start, reader.at))
        code = validate(code_module.decode(container))
        if code.hash != code_hash:
            raise Reject("HASH", contract_name)
        world.contracts.append((contract_name, container))
        world.codes[number] = Contract(number, contract_name, code)


def _rows(reader, world):
    count = reader.u32()
    if count > LIMITS["GENESIS_ROWS_MAX"]:
        raise Reject("LIMIT", "rows")
    reader.must_hold(count, 7)
    before = None
    for _ in range(count):
        contract, number = reader.u32(), reader.u16()
        if contract not in world.codes:
            raise Reject("GENESIS", "row of contract %d" % contract)
        tables = world.codes[contract].code.tables
        if number >= len(tables):
            raise Reject("GENESIS", "row of table %d" % number)
        table = tables[number]
        key, row = reader.take(size_of(table.keys)), reader.take(size_of(table.values))
        if not canonical_all(table.keys, key) or not canonical_all(table.values, row):
            raise Reject("NON_CANONICAL", "row of " + table.name)
        here = contract, number, key
        if before is not None and here <= before:
            raise Reject("DUPLICATE" if here == before else "ORDER", "rows")
        before = here
        for field, raw in zip(table.values, split(table.values, row)):
            order = field.type.order
            if field.low is not None and not order(field.low) <= order(raw) <= order(field.high):
                raise Reject("RANGE", field.name)
        world.rows.append((contract, number, key, row))
    present = {(contract, number) for contract, number, _, _ in world.rows}
    for contract, instance in world.codes.items():
        for number, table in enumerate(instance.code.tables):
            if table.params and (contract, number) not in present:
                raise Reject("GENESIS", "no row for " + table.name)


def encode(world, format_=None):
    """The bytes of a world; the inverse of decode for what decode accepts. format_: the world
    format, when it is not to be the one that can just say the feeds."""
    format_ = format_ or (1 if all(feed.plain() for feed in world.feeds) else 2)
    out = [b"PLWD", u16(format_), u16(1), name(world.name), u8(world.tx_auth), u64(world.seed),
           u64(world.time), u64(world.tx_gas_max), u64(world.hook_gas), u16(len(world.contracts))]
    for contract_name, container in world.contracts:
        body_size = int.from_bytes(container[8:12], "big")
        code_hash = tagged("code", container[4:8] + container[12:12 + body_size])
        out += [name(contract_name), code_hash, u32(len(container)), container]
    out.append(u16(len(world.feeds)))
    out += [world_feeds.encode(feed, format_) for feed in world.feeds]
    out.append(u32(len(world.labels)))
    out += [text16(text) + u8(kind) + value for text, kind, value in world.labels]
    out.append(u32(len(world.rows)))
    out += [u32(contract) + u16(table) + key + row for contract, table, key, row in world.rows]
    return b"".join(out)


def declare(state, world):
    """The tables of a world; gives the state."""
    for number, schema in SYSTEM.items():
        state.declare(0, number, schema)
    for contract, instance in world.codes.items():
        for number, schema in enumerate(instance.code.tables):
            state.declare(contract, number, schema)
    return state


def genesis(world):
    """spec 06 §1, Genesis state."""
    state = declare(State(), world)
    state.put(0, CHAIN, b"", chain_row(world.id, 0, world.time, bytes(32)))
    for contract, instance in world.codes.items():
        state.put(0, CONTRACTS, u32(contract), symbol(instance.name) + instance.code.hash)
    for contract, number, key, row in world.rows:
        state.put(contract, number, key, row)
    state.log.clear()
    return state


def chain_row(world_id, height, time, parent):
    return world_id + u64(height) + u64(time) + parent
