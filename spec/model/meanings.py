"""The meaning of every instruction that only computes (spec 03).

A meaning takes the values of the instruction's read operands in the order a, b, c, d, e (registers,
immediates, constants) and gives the value of its written register, or traps. Instructions that need
more than values (control, calls, state, environment, indexed registers) are in machine.py.
"""
from . import numbers as n
from .numbers import fit_s, fit_u, signed
from .tables import Trap

NARROW_MAX = (1 << 64) - 1


def narrow(value):
    """Narrow results fit 64 bits or trap."""
    if not 0 <= value <= NARROW_MAX:
        raise Trap("OVERFLOW")
    return value


def cast(ok):
    if not ok:
        raise Trap("CAST")


def to_narrow(b):
    cast(b <= NARROW_MAX)
    return b


def by(function, *last):
    """A meaning whose last arguments (a rounding, a form) are fixed."""
    return lambda *values: function(*values, *last)


MOVES = {
    "LDN": lambda b, c, d: (b << 32) + (c << 16) + d,
    "LDKN": lambda b: b,
    "LDK": lambda b: b,
    "MOVN": lambda b: b,
    "MOV": lambda b: b,
    "WIDE": lambda b: b,
    "NARROW": to_narrow,
    "CHKU": lambda a, e: cast(a < 1 << e),
    "CHKI": lambda a, e: cast(-(1 << e - 1) <= signed(a) < 1 << e - 1),
    "CHKN": lambda a, e: cast(a < 1 << e),
    "SELN": lambda b, c, d: c if b != 0 else d,
    "SEL": lambda b, c, d: c if b != 0 else d,
}

UNSIGNED = {
    "ADD": lambda b, c: fit_u(b + c),
    "SUB": lambda b, c: fit_u(b - c),
    "MUL": lambda b, c: fit_u(b * c),
    "DIV": by(n.div, n.q_down),
    "MOD": n.mod,
    "DIV_UP": by(n.div, n.q_up),
    "DIV_HU": by(n.div, n.q_half_up),
    "DIV_HE": by(n.div, n.q_half_even),
    "ADD_WRAP": lambda b, c: (b + c) % n.W,
    "SUB_WRAP": lambda b, c: (b - c) % n.W,
    "MUL_WRAP": lambda b, c: b * c % n.W,
    "ADD_SAT": lambda b, c: n.clip_u(b + c),
    "SUB_SAT": lambda b, c: n.clip_u(b - c),
    "MUL_SAT": lambda b, c: n.clip_u(b * c),
    "MIN": min,
    "MAX": max,
    "POW": n.power,
    "SQRT": n.sqrt,
    "RPOW_HU": by(n.rpow, True),
    "RPOW_DN": by(n.rpow, False),
    "DECPOW_HU": n.decpow_hu,
}

SIGNED = {
    "IADD": lambda b, c: fit_s(signed(b) + signed(c)),
    "ISUB": lambda b, c: fit_s(signed(b) - signed(c)),
    "IMUL": lambda b, c: fit_s(signed(b) * signed(c)),
    "IDIV": by(n.idiv, n.q_zero),
    "IMOD": by(n.imod, n.q_zero),
    "IDIV_FL": by(n.idiv, n.q_down),
    "IMOD_FL": by(n.imod, n.q_down),
    "INEG": lambda b: fit_s(-signed(b)),
    "IABS": lambda b: fit_s(abs(signed(b))),
    "IADD_SAT": lambda b, c: n.clip_s(signed(b) + signed(c)),
    "ISUB_SAT": lambda b, c: n.clip_s(signed(b) - signed(c)),
    "IMUL_SAT": lambda b, c: n.clip_s(signed(b) * signed(c)),
    "IMIN": lambda b, c: min(b, c, key=signed),
    "IMAX": lambda b, c: max(b, c, key=signed),
}

QUOTIENTS = {
    "MULDIV_DN": by(n.muldiv, n.q_down),
    "MULDIV_UP": by(n.muldiv, n.q_up),
    "MULDIV_UA": n.muldiv_ua,
    "MULDIV_HU": n.muldiv_hu,
    "MULDIV_HE": by(n.muldiv, n.q_half_even),
    "MULDIVX_DN": by(n.muldivx, n.q_down),
    "MULDIVX_UP": by(n.muldivx, n.q_up),
    "MULDIVX_HU": n.muldivx_hu,
    "MULDIVX_HE": by(n.muldivx, n.q_half_even),
}
# The forms whose divisor is a constant mean the same; only their last operand's kind differs.
QUOTIENTS.update({name.replace("_", "K_"): meaning for name, meaning in list(QUOTIENTS.items())})
QUOTIENTS.update({"DIVK_DN": UNSIGNED["DIV"], "DIVK_UP": UNSIGNED["DIV_UP"],
                  "DIVK_HU": UNSIGNED["DIV_HU"], "DIVK_HE": UNSIGNED["DIV_HE"]})

SIGNED_ROUNDINGS = {"DN": n.q_down, "UP": n.q_up, "HU": n.q_half_up, "HE": n.q_half_even,
                    "TZ": n.q_zero, "AZ": n.q_away}
for _name, _rounding in SIGNED_ROUNDINGS.items():
    QUOTIENTS["IMULDIV_" + _name] = by(n.imuldiv, _rounding)
    QUOTIENTS["IMULDIVX_" + _name] = by(n.imuldivx, _rounding)

BITS = {
    "AND": lambda b, c: b & c,
    "OR": lambda b, c: b | c,
    "XOR": lambda b, c: b ^ c,
    "NOT": lambda b: n.W_MAX - b,
    "SHL": n.shl,
    "SHR": n.shr,
    "SAR": n.sar,
    "BIT": n.bit,
    "SETBIT": n.set_bit,
    "NEXTBIT": n.next_bit,
    "BITLEN": lambda b: b.bit_length(),
    "GETBITS": n.get_bits,
    "PUTBITS": n.put_bits,
    "EQ": lambda b, c: int(b == c),
    "NE": lambda b, c: int(b != c),
    "LT": lambda b, c: int(b < c),
    "LE": lambda b, c: int(b <= c),
    "ILT": lambda b, c: int(signed(b) < signed(c)),
    "ILE": lambda b, c: int(signed(b) <= signed(c)),
    "ISZERO": lambda b: int(b == 0),
}

NARROW = {
    "NADD": lambda b, c: narrow(b + c),
    "NSUB": lambda b, c: narrow(b - c),
    "NMUL": lambda b, c: narrow(b * c),
    "NDIV": by(n.div, n.q_down),
    "NMOD": n.mod,
    "NADDI": lambda b, c: narrow(b + c),
    "NMIN": min,
    "NMAX": max,
    "NAND": lambda b, c: b & c,
    "NOR": lambda b, c: b | c,
    "NXOR": lambda b, c: b ^ c,
    "NSHL": lambda b, c: 0 if c >= 64 else b << c & NARROW_MAX,
    "NSHR": lambda b, c: 0 if c >= 64 else b >> c,
    "NEQ": lambda b, c: int(b == c),
    "NNE": lambda b, c: int(b != c),
    "NLT": lambda b, c: int(b < c),
    "NLE": lambda b, c: int(b <= c),
    "NNOT": lambda b: int(b == 0),
}

MEANING = {**MOVES, **UNSIGNED, **SIGNED, **QUOTIENTS, **BITS, **NARROW}
