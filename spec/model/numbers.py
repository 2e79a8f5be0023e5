"""The arithmetic of spec 01 on Python integers.

Words are unsigned numbers below 2^256; signed instructions read and write two's complement.
Every function takes and gives words; a result that does not fit raises OVERFLOW. Exact fractions
are never formed: a quotient is always (numerator, denominator, rounding).
"""
import math

from .tables import Trap

W = 1 << 256
W_MAX = W - 1
I_MAX = (1 << 255) - 1
I_MIN = -(1 << 255)


def signed(word):
    """The two's complement reading of a word."""
    return word - W if word > I_MAX else word


def fit_u(value):
    if not 0 <= value <= W_MAX:
        raise Trap("OVERFLOW")
    return value


def fit_s(value):
    if not I_MIN <= value <= I_MAX:
        raise Trap("OVERFLOW")
    return value % W


# ---- one quotient, eight roundings: n / d for any integers with d != 0 -----------------------

def q_down(n, d):
    """Toward minus infinity."""
    return n // d


def q_up(n, d):
    """Toward plus infinity."""
    return -(-n // d)


def q_half_up(n, d):
    """To nearest, ties toward plus infinity: floor(n / d + 1/2)."""
    return (2 * n + d) // (2 * d)


def q_half_even(n, d):
    """To nearest, ties to the even quotient."""
    if d < 0:
        n, d = -n, -d
    q, r = divmod(n, d)
    if 2 * r > d or (2 * r == d and q % 2 == 1):
        q += 1
    return q


def q_zero(n, d):
    q = abs(n) // abs(d)
    return q if (n < 0) == (d < 0) else -q


def q_away(n, d):
    q = -(-abs(n) // abs(d))
    return q if (n < 0) == (d < 0) else -q


def nonzero(d):
    """Division by zero traps before any other trap (ops.def)."""
    if d == 0:
        raise Trap("DIV_BY_ZERO")
    return d


# ---- unsigned --------------------------------------------------------------------------------

def div(b, c, rounding):
    return fit_u(rounding(b, nonzero(c)))


def mod(b, c):
    return b % nonzero(c)


def muldiv(b, c, d, rounding):
    """The product must fit 256 bits."""
    nonzero(d)
    return fit_u(rounding(fit_u(b * c), d))


def muldiv_ua(b, c, d):
    """floor((b c + d - 1) / d); the whole sum must fit."""
    nonzero(d)
    return fit_u(b * c + d - 1) // d


def muldiv_hu(b, c, d):
    """floor((b c + floor(d / 2)) / d); the whole sum must fit."""
    nonzero(d)
    return fit_u(b * c + d // 2) // d


def muldivx(b, c, d, rounding):
    """The product is exact."""
    return fit_u(rounding(b * c, nonzero(d)))


def muldivx_hu(b, c, d):
    nonzero(d)
    return fit_u((b * c + d // 2) // d)


def power(b, n):
    """b^n; 0^0 = 1."""
    if n == 0:
        return 1
    if b <= 1:
        return b
    if n >= 256:
        raise Trap("OVERFLOW")
    return fit_u(b ** n)


def sqrt(b):
    return math.isqrt(b)


# ---- signed ----------------------------------------------------------------------------------

def idiv(b, c, rounding):
    return fit_s(rounding(signed(b), nonzero(signed(c))))


def imod(b, c, rounding):
    """b - c q with the quotient rounded as named; only this result must fit."""
    b, c = signed(b), nonzero(signed(c))
    return fit_s(b - c * rounding(b, c))


def imuldiv(b, c, d, rounding):
    nonzero(d)
    product = signed(b) * signed(c)
    fit_s(product)
    return fit_s(rounding(product, signed(d)))


def imuldivx(b, c, d, rounding):
    nonzero(d)
    return fit_s(rounding(signed(b) * signed(c), signed(d)))


def clip_u(value):
    return min(max(value, 0), W_MAX)


def clip_s(value):
    return min(max(value, I_MIN), I_MAX) % W


# ---- bits ------------------------------------------------------------------------------------

def shl(b, n):
    return 0 if n >= 256 else (b << n) % W


def shr(b, n):
    return 0 if n >= 256 else b >> n


def sar(b, n):
    return (signed(b) >> min(n, 256)) % W


def bit(b, n):
    return 0 if n >= 256 else b >> n & 1


def set_bit(b, n, on):
    if n >= 256:
        raise Trap("INDEX")
    return b | 1 << n if on else b & ~(1 << n)


def next_bit(b, n):
    if n >= 256:
        return 256
    above = b >> n
    return 256 if above == 0 else n + (above & -above).bit_length() - 1


def get_bits(b, start, count):
    return b >> start & ((1 << count) - 1)


def put_bits(b, c, start, count):
    if c >= 1 << count:
        raise Trap("CAST")
    return b & ~(((1 << count) - 1) << start) | c << start


# ---- powers of fixed-point numbers: every product must fit, as must product plus half --------

def _step(x, y, base, half):
    return fit_u(fit_u(x * y) + half) // base


def rpow(x, n, base, half_up):
    """x^n at scale base by squaring from the low bit of n, one rounding a step (spec 01 §7)."""
    nonzero(base)
    half = base // 2 if half_up else 0
    if x == 0:
        return base if n == 0 else 0
    z = x if n % 2 else base
    n //= 2
    while n:
        x = _step(x, x, base, half)
        if n % 2:
            z = _step(z, x, base, half)
        n //= 2
    return z


def decpow_hu(x, n, base):
    """x^n at scale base with two accumulators, half up at each step (spec 01 §7)."""
    nonzero(base)
    half = base // 2
    if n == 0:
        return base
    y = base
    while n > 1:
        if n % 2:
            y = _step(x, y, base, half)
        x = _step(x, x, base, half)
        n //= 2
    return _step(x, y, base, half)
