"""Random types, values, fields and tables (spec 02 §1, §3), with values at the edges of types."""
from .code import Table
from .values import (ACCOUNT, BOOL, BYTES32, ENUM, INT, SYMBOL, UINT, Field, Type, symbol)

SYMBOLS = ["", "A", "USDC", "ETH", "x" * 32]


def random_type(rng, enums):
    kind = rng.choice([BOOL, UINT, UINT, UINT, INT, INT, ACCOUNT, SYMBOL, BYTES32, ENUM])
    if kind == ENUM and not enums:
        kind = UINT
    if kind in (UINT, INT):
        return Type(kind, rng.choice([1, 2, 4, 8, 8, 9, 16, 31, 32, 32, rng.randint(1, 32)]),
                    rng.choice([0, 0, 18, 77]))
    if kind == ENUM:
        extra = rng.randrange(len(enums))
        return Type(ENUM, 1, 0, extra, len(enums[extra][1]))
    return Type(kind, 1 if kind == BOOL else 32)


def random_value(rng, type_, few=False):
    """A register value that fits the type; `few` draws from few values, so that keys meet."""
    if type_.kind == BOOL:
        return rng.randrange(2)
    if type_.kind == ENUM:
        return rng.randrange(type_.variants)
    if type_.kind == SYMBOL:
        return int.from_bytes(symbol(rng.choice(SYMBOLS)), "big")
    bits = 8 * type_.size
    if type_.kind == INT:
        top = 1 << bits - 1
        value = rng.choice([0, 1, -1, 5, -5, top - 1, -top] +
                           ([] if few else [rng.randrange(-top, top), rng.randrange(1000)]))
        return max(-top, min(top - 1, value)) % (1 << 256)
    value = rng.choice([0, 1, 2, 3, (1 << bits) - 1] +
                       ([] if few else [rng.getrandbits(bits), rng.randrange(1000), 10**18]))
    return value % (1 << bits)


def random_fields(rng, prefix, low, high, enums):
    return [Field("%s%d" % (prefix, i), rng.choice(["", "USD", "shares per share"]),
                  random_type(rng, enums)) for i in range(rng.randint(low, high))]


def random_table(rng, name, enums, params=False):
    keys = [] if params else random_fields(rng, "k", 0, 3, enums)
    values = random_fields(rng, "v", 1, 5, enums)
    all_default = rng.random() < 0.6
    for field in values:
        if all_default or rng.random() < 0.4:
            field.default = field.type.store(random_value(rng, field.type))
        if params and rng.random() < 0.6:
            raws = [field.type.store(random_value(rng, field.type)) for _ in range(2)]
            raws.append(field.default or raws[0])
            raws.sort(key=field.type.order)
            field.low, field.high = raws[0], raws[2]
    indexes = []
    if not params:
        for i in range(rng.choice([0, 0, 1, 1, 2])):
            count = rng.randint(1, min(3, len(values)))
            indexes.append(("i%d" % i, rng.sample(range(len(values)), count)))
    return Table(name, params, keys, values, indexes)
