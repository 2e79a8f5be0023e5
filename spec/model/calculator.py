"""Histories in which one transaction is one instruction: operands in, result or trap out.

For every computing instruction the contract has public functions whose parameters are the
instruction's register operands (immediates and constants are fixed in the function), so that its
result stands in the receipt. This is where arithmetic is compared value by value.
"""
from . import world as world_module
from .chain import Chain, Transaction, write_history
from .code import TX, Code, Function
from .encode import container, instruction
from .random_code import COMPUTING
from .values import BYTES32, UINT, Field, Type
from .world import World

EDGES = [0, 1, 2, 3, 5, 7, 9, 10, 63, 64, 65, 255, 256, 257]
EDGES += [10**k for k in (4, 6, 8, 9, 18, 27, 36, 45, 77)]
EDGES += [2**k + d for k in (32, 63, 64, 96, 127, 128, 129, 160, 192, 254, 255) for d in (-1, 0, 1)]
EDGES += [2**256 - d for d in (1, 2, 3, 10**18, 2**64, 2**128)]


def random_word(rng):
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(EDGES)
    if draw < 0.8:
        return rng.getrandbits(rng.randint(1, 256))
    return 2**256 - rng.getrandbits(rng.randint(1, 255)) - 1


def random_narrow(rng):
    if rng.random() < 0.5:
        return rng.choice([edge for edge in EDGES if edge < 2**64])
    return rng.getrandbits(rng.randint(1, 64))


def operands(rng, kinds):
    """Words for registers of these kinds; some are chosen to meet at an edge or a tie."""
    values = [random_word(rng) if kind == "W" else random_narrow(rng) for kind in kinds]
    if len(values) < 2 or set(kinds) != {"W"}:
        return values
    draw = rng.random()
    if draw < 0.12:
        values[-1] = values[0]
    elif draw < 0.24 and values[0]:
        values[1] = (2**256 // values[0] + rng.choice([-1, 0, 1])) % 2**256
    elif draw < 0.36 and values[0]:
        values[1] = (2**255 // values[0] + rng.choice([-1, 0, 1])) % 2**256
    elif draw < 0.5 and len(values) == 3:
        values[0], values[1] = rng.getrandbits(127), rng.getrandbits(127)
        values[2] = max(1, 2 * rng.getrandbits(rng.randint(1, 126)))
        product = values[0] * values[1]
        values[0], values[1] = product - product % values[2] + values[2] // 2, 1     # a tie
        values[0] %= 2**256
    elif draw < 0.6 and len(values) == 3:
        values[2] = max(values[0], values[1])
    elif draw < 0.7:
        values = [rng.randrange(40) for _ in values]
    return [(-value if rng.random() < 0.1 else value) % 2**256 for value in values]


def one_function(rng, code, op, number):
    """A public function that is this instruction with random immediates."""
    wide, parameters, row = [], [], {}
    for letter, kind in zip("abcde", op.kinds):
        if kind in ("N", "W"):
            row[letter] = len(wide)
            wide.append(kind == "W")
            parameters.append(Field("p%d" % len(wide), "", Type(BYTES32, 32) if kind == "W"
                                    else Type(UINT, 8)))
        elif kind in ("K", "KN", "KD"):
            word = random_narrow(rng) if kind == "KN" else random_word(rng)
            code.constants.append(word or 1)
            row[letter] = len(code.constants) - 1
        elif kind == "BT":
            row[letter] = rng.randint(1, 63 if op.name == "CHKN" else 255)
        elif kind == "I":
            row[letter] = rng.choice([0, 1, 255, rng.getrandbits(16)])
    if op.name == "GETBITS":
        row["c"] = rng.randint(0, 256 - row["e"])
    if op.name == "PUTBITS":
        row["d"] = rng.randint(0, 256 - row["e"])
    results = []
    if op.kinds[0] in ("DN", "DW"):
        row["a"] = len(wide)
        wide.append(op.kinds[0] == "DW")
        results = [Field("r", "", Type(BYTES32, 32) if wide[-1] else Type(UINT, 8))]
        if rng.random() < 0.3 and wide[0] == wide[-1]:
            row["a"] = 0                # the result over the first operand
    rows = [instruction(op.name, **row), instruction("RET", row["a"] if results else 0)]
    return Function("%s.v%d" % (op.name, number), TX | 4, parameters, results, wide, rows)


def calculator_history(rng, transactions):
    """(history bytes, height, root, "OK", receipts) with about so many transactions."""
    code, world = Code(), World()
    code.name = "calculator"
    for op in COMPUTING:
        for number in range(3 if {"I", "BT", "K", "KN", "KD"} & set(op.kinds) else 1):
            code.functions.append(one_function(rng, code, op, number))
    world.name, world.time, world.tx_gas_max = "calculator", 1, 1000
    world.contracts = [("calculator", container(code))]
    raw = world_module.encode(world)
    chain, blocks, receipts = Chain(world_module.decode(raw)), [], []
    kinds = [["W" if field.type.wide else "N" for field in function.parameters]
             for function in code.functions]
    while transactions > 0:
        batch = []
        for index in rng.choices(range(len(kinds)), k=min(transactions, 1000)):
            words = operands(rng, kinds[index])
            arguments = b"".join(word.to_bytes(32 if kind == "W" else 8, "big")
                                 for word, kind in zip(words, kinds[index]))
            batch.append(Transaction(1, index, bytes(32), 0, 1000, arguments).encode())
        block, done = chain.make(chain.time + 1, [], batch)
        blocks.append(block)
        receipts += done
        transactions -= len(batch)
    return write_history(raw, blocks), len(blocks), chain.last_root, "OK", receipts
