"""What the numbers of the language mean (spec 01, spec 07 §3 and §4), with Python's integers.

Written from the specification for random_programs.py; shares nothing with the compiler."""

import functools
import math

WORD = 1 << 256
HALF = 1 << 255
U_ROUNDINGS = ["down", "up", "half_up", "half_even", "up_add"]
I_ROUNDINGS = ["down", "up", "half_up", "half_even", "zero", "away"]


class Trap(Exception):
    """The call ends: a trap's name, or REVERT with the error's text."""


class Type:
    """A type: its name as written, its values, and what the rules ask about it."""

    def __init__(self, kind, name, low=0, high=0, size=32, **more):
        self.kind, self.name, self.low, self.high, self.size = kind, name, low, high, size
        self.signed = low < 0
        self.scale, self.measure, self.unit = 0, "", ""
        self.fields, self.base, self.count, self.parts = [], None, 0, []
        self.checks = {}  # of a row: fields that are checked when they are put into it
        self.__dict__.update(more)

    @property
    def wide(self):
        return self.signed or self.size > 8

    @property
    def number(self):
        return self.kind in ("int", "scaled")

    @property
    def scalar(self):
        return self.kind not in ("struct", "array")

    def leaves(self):
        if self.kind == "struct":
            return sum(t.leaves() for _, t in self.fields)
        return self.base.leaves() * self.count if self.kind == "array" else 1

    def zero(self):
        if self.kind == "struct":
            return {n: t.zero() for n, t in self.fields}
        return [self.base.zero() for _ in range(self.count)] if self.kind == "array" else 0

    def flat(self, value):
        """The leaves in the order in which they travel: an array's as name_0 name_1 .."""
        if self.kind == "struct":
            return [x for n, t in self.fields for x in t.flat(value[n])]
        if self.kind == "array":
            rows = [self.base.flat(v) for v in value]
            return [row[k] for k in range(self.base.leaves()) for row in rows]
        return [value]


@functools.cache
def integer(bits, signed=False):
    if signed:
        return Type("int", f"i{bits}", -(1 << (bits - 1)), (1 << (bits - 1)) - 1, bits // 8, bits=bits)
    return Type("int", f"u{bits}", 0, (1 << bits) - 1, bits // 8, bits=bits)


@functools.cache
def scaled(name, measure, scale, signed=False, unit="", size=32):
    low, high = (-HALF, HALF - 1) if signed else (0, WORD - 1)
    if size != 32:
        low, high = (low >> (256 - 8 * size), high >> (256 - 8 * size))
    return Type("scaled", name, low, high, size, scale=scale, measure=measure, unit=unit)


BOOL = Type("bool", "bool", 0, 1, 1)
TIME = Type("time", "time", 0, (1 << 64) - 1, 8)
ACCOUNT = Type("account", "account", 0, WORD - 1)


def copy(value):
    if isinstance(value, dict):
        return {k: copy(v) for k, v in value.items()}
    return [copy(v) for v in value] if isinstance(value, list) else value


def fit(t, value, trap="OVERFLOW"):
    if not t.low <= value <= t.high:
        raise Trap(trap)
    return value


def rounded(how, p, c):
    """R(p / c) of the exact quotient. spec 01 §3"""
    if c < 0:
        p, c = -p, -c
    if how == "down":
        return p // c
    if how == "up":
        return -(-p // c)
    if how == "half_up":
        return (2 * p + c) // (2 * c)
    if how == "half_even":
        q, r = divmod(p, c)
        return q + (2 * r > c or (2 * r == c and q % 2 == 1))
    if how == "zero":
        return p // c if p >= 0 else -(-p // c)
    return -(-p // c) if p >= 0 else p // c


def muldiv(how, full, signed, a, b, c):
    """a b / c. spec 01 §4; the operands of a signed one leave the sign free (CAST)."""
    if signed and max(a, b, c) >= HALF:
        raise Trap("CAST")
    if c == 0:
        raise Trap("DIV_BY_ZERO")
    p = a * b
    if signed:
        if not full and not -HALF <= p < HALF:
            raise Trap("OVERFLOW")
        r = rounded(how, p, c)
        if not -HALF <= r < HALF:
            raise Trap("OVERFLOW")
        return r
    added = {"up_add": c - 1, "half_up": c // 2}.get(how, 0)
    if not full and p + added >= WORD:
        raise Trap("OVERFLOW")
    r = (p + c - 1) // c if how == "up_add" else rounded(how, p, c)
    if r >= WORD:
        raise Trap("OVERFLOW")
    return r


def quotient(how, signed, a, c):
    """div_R of an integer and to_R: no sum is formed. spec 01 §3"""
    if signed and max(a, c) >= HALF:
        raise Trap("CAST")
    if c == 0:
        raise Trap("DIV_BY_ZERO")
    r = rounded(how, a, c)
    if not (-HALF <= r < HALF if signed else r < WORD):
        raise Trap("OVERFLOW")
    return r


def rpow(how, x, n, base):
    """spec 01 §7"""
    if base == 0:
        raise Trap("DIV_BY_ZERO")
    if x == 0:
        return base if n == 0 else 0
    z = x if n % 2 else base
    n //= 2
    while n > 0:
        x = muldiv(how, False, False, x, x, base)
        if n % 2:
            z = muldiv(how, False, False, z, x, base)
        n //= 2
    return z


def decpow(x, n, base):
    if base == 0:
        raise Trap("DIV_BY_ZERO")
    if n == 0:
        return base
    y = base
    while n > 1:
        if n % 2:
            y = muldiv("half_up", False, False, x, y, base)
        x = muldiv("half_up", False, False, x, x, base)
        n //= 2
    return muldiv("half_up", False, False, x, y, base)


def power(a, n):
    if a > 1 and n >= 256:
        raise Trap("OVERFLOW")
    r = a ** n if a > 1 else (1 if n == 0 else a)
    if r >= WORD:
        raise Trap("OVERFLOW")
    return r


def square_root(a):
    return math.isqrt(a)


def binary(op, t, a, b):
    """`a op b` of one type, or where the language mixes them exactly. spec 07 §4"""
    if op == "+":
        return fit(t, a + b)
    if op == "-":
        return fit(t, a - b)
    if op == "*":
        return fit(t, a * b)
    if op == "%":
        if b == 0:
            raise Trap("DIV_BY_ZERO")
        return a % b
    if op == "<<":
        return (a << min(b, 256)) & t.high
    if op == ">>":
        return a >> min(b, 256)
    return {"&": a & b, "|": a | b, "^": a ^ b}[op]


def saturated(t, value):
    return min(max(value, t.low), t.high)
