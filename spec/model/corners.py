"""Histories made by hand for the limits and borders that chance does not reach.

Each corner is a function that gives (contracts, calls): containers by name, and transactions as
(contract number, function number, argument words). Every call is a transaction of one block.
"""
from . import world as world_module
from .chain import Chain, Transaction, write_history
from .code import PURE, TX, VIEW, Code, Function, Signature, Table
from .encode import container
from .encode import instruction as op
from .oracle import UNSIGNED, Feed, Report
from .tables import LIMITS
from .values import BOOL, ENUM, INT, UINT, Field, Type, symbol
from .world import World

PUBLIC, HOOK, REENTRANT = 4, 8, 32
U64, WORD = Type(UINT, 8), Type(UINT, 32)


def fields(*types):
    return [Field("f%d" % i, "", t) for i, t in enumerate(types)]


def function(name, flags, parameters, results, wide, rows):
    return Function(name, flags, fields(*parameters), fields(*results), wide, rows)


def contract(functions, **parts):
    code = Code()
    code.name = "corner"
    code.functions = functions
    for name, value in parts.items():
        setattr(code, name, value)
    return code


def counted_loop(step):
    """Do `step` as often as register 0 says; registers 0 and 1 are the loop's."""
    return [op("LDN", 1, 0, 0, 1), op("JZ", 0, 4 + len(step)), *step, op("NSUB", 0, 0, 1),
            op("JMP", 1), op("RET", 0)]


def writes():
    """WRITE_LIMIT: one transaction's puts, and those of a call that is undone (spec 04 §5)."""
    limit = LIMITS["WRITES_PER_TX_MAX"]
    table = Table("t", False, [], fields(U64), [])
    fill = function("fill", TX | PUBLIC | REENTRANT, [U64], [], [False] * 2,
                    counted_loop([op("PUT", 0, 0, 0)]))
    fail = function("fail", TX | PUBLIC | REENTRANT, [U64], [], [False] * 2,
                    counted_loop([op("PUT", 0, 0, 0)])[:-1] + [op("UNREACHABLE")])
    undone = function("undone", TX | PUBLIC, [U64, U64], [U64], [False] * 5, [
        op("SELF", 3), op("XTRY", 3, 0, 0, 4), op("MOVN", 0, 1), op("CALL", 0, 0, 0),
        op("RET", 4)])
    code = contract([fill, fail, undone], tables=[table],
                    imports=[Signature("fail", fields(U64), [], TX)])
    return [code], [(1, 2, limit - 9, 9), (1, 2, limit - 9, 10), (1, 2, limit + 1, 0),
                    (1, 2, 10, limit + 1)]


def deletes():
    """A del counts even when there is nothing to delete; a put of the same bytes too."""
    limit = LIMITS["WRITES_PER_TX_MAX"]
    table = Table("t", False, [], fields(U64), [])
    wipe = function("wipe", TX | PUBLIC, [U64], [], [False] * 3,
                    counted_loop([op("DEL", 2, 0, 0)]))
    same = function("same", TX | PUBLIC, [U64], [], [False] * 3,
                    counted_loop([op("PUT", 2, 0, 0)]))
    return [contract([wipe, same], tables=[table])], [(1, 0, limit), (1, 0, limit + 1),
                                                      (1, 1, limit + 1)]


def events():
    """EVENT_LIMIT, and events of a call that is undone."""
    limit = LIMITS["EVENTS_PER_TX_MAX"]
    emit = function("emit", TX | PUBLIC | REENTRANT, [U64], [], [False] * 2,
                    counted_loop([op("EMIT", 0, 0)]))
    fail = function("fail", TX | PUBLIC | REENTRANT, [U64], [], [False] * 2,
                    counted_loop([op("EMIT", 0, 0)])[:-1] + [op("REVERT", 0, 0)])
    undone = function("undone", TX | PUBLIC, [U64, U64], [U64], [False] * 5, [
        op("SELF", 3), op("XTRY", 3, 0, 0, 4), op("MOVN", 0, 1), op("CALL", 0, 0, 0),
        op("RET", 4)])
    code = contract([emit, fail, undone], events=[Signature("E", fields(U64))],
                    errors=[Signature("No", fields(U64))],
                    imports=[Signature("fail", fields(U64), [], TX)])
    return [code], [(1, 0, limit), (1, 0, limit + 1), (1, 2, limit, limit),
                    (1, 2, limit + 1, limit), (1, 2, 3, limit + 1)]


def frames():
    """STACK by depth and by registers, in calls, calls across contracts and tries."""
    most = LIMITS["REGISTERS_MAX"]

    def deep(name, number, flags, count, call):
        # Register 0 counts down; at 0 it returns. Register 2 is this contract's number.
        return function(name, flags, [U64], [U64], [False] * count, [
            op("JZ", 0, 5), op("LDN", 1, 0, 0, 1), op("NSUB", 0, 0, 1), op("SELF", 2),
            op(call, *((0, number, 0) if call == "CALL" else (2, number, 0, 0))), op("RET", 0)])

    flags = TX | PUBLIC | REENTRANT
    code = contract([deep("thin", 0, flags, 3, "CALL"), deep("fat", 1, flags, most, "CALL"),
                     deep("cross", 0, flags, 3, "XCALL"), deep("wide", 1, flags, most, "XCALL"),
                     deep("soft", 2, flags, 3, "XTRY")],
                    imports=[Signature("cross", fields(U64), fields(U64), TX),
                             Signature("wide", fields(U64), fields(U64), TX),
                             Signature("soft", fields(U64), fields(U64), TX)])
    fat = LIMITS["STACK_REGISTERS_MAX"] // most
    depth = LIMITS["CALL_DEPTH_MAX"]
    calls = [(1, f, depth + d) for f in (0, 2) for d in (-1, 0, 5)]
    # soft writes its status over the register it returns, so that the status comes out.
    calls += [(1, f, fat + d) for f in (1, 3) for d in (-1, 0)]
    return [code], calls + [(1, 4, depth + d) for d in (-1, 0, 40)]


def wide_rows():
    """The largest key, row and order; all seek modes and prefixes, signed parts included."""
    keys = fields(Type(INT, 32), WORD, Type(INT, 32), WORD)
    table = Table("t", False, [Field("k%d" % i, "", f.type) for i, f in enumerate(keys)],
                  [Field("v%d" % i, "", Type(INT if i % 2 else UINT, 32)) for i in range(32)],
                  [("i", [1, 0, 3, 2])])
    put = function("put", TX | PUBLIC, [WORD] * 8, [], [True] * 44, [
        *[op("MOV", 12 + i, i % 8) for i in range(32)], op("MOV", 8, 0), op("MOV", 9, 1),
        op("MOV", 10, 2), op("MOV", 11, 3), op("PUT", 12, 0, 8), op("RET", 0)])
    functions = [put]
    for ix, parts in ((0, 4), (1, 8)):
        for e in [mode + 4 * prefix for mode in range(4) for prefix in (0, 1, 2, parts)]:
            functions.append(function("seek%d_%d" % (ix, e), TX | PUBLIC, [WORD] * parts,
                                      [U64] + [WORD] * parts,
                                      [True] * parts + [False] + [True] * parts, [
                *[op("MOV", parts + 1 + i, i) for i in range(parts)],
                op("SEEK", parts, 0, parts + 1, ix, e), op("RET", parts)]))
    top = 2**256 - 1
    rows = [(a, b, c, 0, 5, 6, b, top) for a in (top, 0, 2**255) for b in (0, top)
            for c in (1, 2**255 - 1)]
    calls = [(1, 0, *row) for row in rows]
    for number in range(1, 17):
        calls += [(1, number, *row[:4]) for row in rows[::3]] + [(1, number, 0, 0, 0, 0)]
    for number in range(17, 33):
        calls += [(1, number, row[1], row[0], row[3], row[2], *row[:4]) for row in rows[::3]]
    return [contract(functions, tables=[table])], calls


def borders():
    """Values that fit on one side of a call only; effects; reentrancy."""
    def enum(count):
        return [("e", ["v%d" % i for i in range(count)])]

    def of(count):
        return Type(ENUM, 1, 0, 0, count)

    def echo(count, flags, name="echo"):
        return function(name, flags, [of(count)], [of(count)], [False], [op("RET", 0)])

    zero = function("zero", PURE | PUBLIC, [of(3)], [of(3)], [False, False], [op("RET", 1)])
    callee = contract([echo(3, PURE | PUBLIC), echo(3, TX | PUBLIC, "writer"), zero],
                      enums=enum(3))
    callers = []
    for count in (2, 4):
        imports = [Signature(name, fields(of(count)), fields(of(count)), VIEW)
                   for name in ("echo", "writer", "call", "nothing", "zero")]
        functions = []
        for kind in ("XCALL", "XTRY"):
            for number in range(5):
                functions.append(function("%s%d" % (kind, number), TX | PUBLIC, [U64, U64],
                                          [U64, U64], [False] * 4,
                                          [op(kind, 1, number, 0, 2), op("RET", 2)]))
        functions.append(function("call", PURE | PUBLIC, [of(count)], [of(count)], [False],
                                  [op("RET", 0)]))
        callers.append(contract(functions, enums=enum(count), imports=imports))
    calls = [(c, f, value, target) for c in (2, 3) for f in range(10) for value in (0, 1, 2, 3, 4)
             for target in (1, c)]
    return [callee] + callers, calls + [(2, 0, 0, 0), (2, 5, 0, 0), (2, 5, 0, 2**32 + 1)]


def environment():
    """Who calls, where, when; hooks that work and hooks that fail and leave nothing."""
    look = function("look", TX | PUBLIC, [], [WORD, U64, WORD, U64, U64],
                    [True, False, True, False, False],
                    [op("CALLER", 0), op("SELF", 1), op("SELFACCT", 2), op("HEIGHT", 3),
                     op("TIME", 4), op("RET", 0)])
    price = function("price", TX | PUBLIC, [U64], [WORD], [False, True],
                     [op("PRICE", 1, 0, e=8), op("RET", 1)])
    info = function("info", TX | PUBLIC, [U64], [WORD, U64, U64, U64, Type(BOOL, 1)],
                    [False, True] + [False] * 4, [op("PRICEINFO", 1, 0), op("RET", 1)])
    table = Table("t", False, fields(WORD), [Field("v", "", U64, bytes(8))], [])
    good = function("good", TX | HOOK, [], [], [True, False],
                    [op("CALLER", 0), op("HEIGHT", 1), op("PUT", 1, 0, 0), op("RET", 0)])
    bad = function("bad", TX | HOOK, [], [], [True, False],
                   [op("LDN", 1, 0, 0, 9), op("PUT", 1, 0, 0), op("UNREACHABLE")])
    through = function("through", TX | PUBLIC, [], [WORD, U64, WORD, U64, U64],
                       [True, False, True, False, False, False],
                       [op("LDN", 5, 0, 0, 1), op("XCALL", 5, 0, 0, 0), op("RET", 0)])
    import_ = Signature("look", [], fields(WORD, U64, WORD, U64, U64), TX)
    first = contract([look, price, info, good, bad], tables=[table])
    second = contract([through], imports=[import_])
    calls = [(1, 0), (2, 0)] + [(1, f, feed) for f in (1, 2) for feed in range(5)]
    return [first, second], calls + [(1, 1, 2**32), (1, 2, 2**64 - 1)]


def largest_signature():
    """32 parameters, 64 results, all of them words."""
    count = LIMITS["RESULTS_MAX"]
    rows = [op("MOV", 32 + i, i % 32) for i in range(count)] + [op("RET", 32)]
    f = function("f", TX | PUBLIC, [WORD] * 32, [WORD] * count, [True] * (32 + count), rows)
    return [contract([f])], [(1, 0, *range(32))]


CORNERS = [writes, deletes, events, frames, wide_rows, borders, environment, largest_signature]


def history(corner):
    """(history bytes, height, root, "OK", receipts) of a corner: the same calls in each block."""
    codes, calls = corner()
    world = World()
    world.name, world.time = corner.__name__, 5
    world.tx_gas_max = world.hook_gas = 100_000_000
    world.contracts = [("c%d" % i, container(code, True)) for i, code in enumerate(codes, 1)]
    for i, (low, decimals) in enumerate(((0, 8), (-2**255, 8), (0, 9), (0, 8))):
        world.feeds.append(Feed("f%d" % i, UNSIGNED, decimals, 10, 0, low, 2**255 - 1, [], ""))
    raw = world_module.encode(world)
    chain = Chain(world_module.decode(raw))
    caller = symbol("alice")
    blocks, receipts = [], []
    for height in (1,) if corner in (writes, deletes) else (1, 2):
        reports = [Report(feed, height, height + 5, price, world.feeds[feed].decimals).encode()
                   for feed, price in ((0, 7 * height), (1, -height), (2, 9))]
        batch = []
        for number, index, *words in calls:
            types = [f.type for f in codes[number - 1].functions[index].parameters]
            arguments = b"".join(word.to_bytes(t.size, "big") for t, word in zip(types, words))
            batch.append(Transaction(number, index, caller, 0, 100_000_000, arguments).encode())
        block, done = chain.make(height + 5, reports, batch)
        blocks.append(block)
        receipts += done
    return write_history(raw, blocks), len(blocks), chain.last_root, "OK", receipts
