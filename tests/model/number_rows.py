"""Rows of fixtures/numbers as calls of the model: operation | a | b | c | expected | reason.

Operations are named as in spec 01; those that no instruction has (roots, text) are left out.
"""
import re

from spec.model import numbers as n
from spec.model.meanings import MEANING
from spec.model.tables import Trap

ROUNDING = {"down": "DN", "up": "UP", "up_add": "UA", "half_up": "HU", "half_even": "HE",
            "zero": "TZ", "away": "AZ"}
SIGNED_ROUNDING = {"zero": n.q_zero, "floor": n.q_down, "down": n.q_down, "up": n.q_up,
                   "half_up": n.q_half_up, "half_even": n.q_half_even, "away": n.q_away}


def checked(name):
    """A check instruction gives nothing; the row's result is the value it lets pass."""
    def run(value, *rest):
        MEANING[name](value, *rest)
        return value
    return run


def mulshr(rounding):
    return lambda a, b, shift: n.fit_u(rounding(a * b, 1 << shift))


def i_mulshr(rounding):
    return lambda a, b, shift: n.fit_s(rounding(n.signed(a) * n.signed(b), 1 << shift))


NAMES = {
    "div": "DIV", "div_up": "DIV_UP", "div_half_up": "DIV_HU", "div_half_even": "DIV_HE",
    "sqrt_down": "SQRT", "rpow_half_up": "RPOW_HU", "rpow_down": "RPOW_DN",
    "decpow_half_up": "DECPOW_HU", "test_bit": "BIT", "next_bit": "NEXTBIT",
    "bit_length": "BITLEN", "to_u64": "NARROW", "i_div_zero": "IDIV", "i_div_floor": "IDIV_FL",
    "i_mod_zero": "IMOD", "i_mod_floor": "IMOD_FL",
}
CALLS = {
    "set_bit": lambda a, b: n.set_bit(a, b, 1),
    "clear_bit": lambda a, b: n.set_bit(a, b, 0),
    "check_bits": checked("CHKU"),
    "i_check_bits": checked("CHKI"),
    "i_to_i64": lambda a: checked("CHKI")(a, 64),
    "mulshr_full_down": mulshr(n.q_down),
    "i_mulshr_full_down": i_mulshr(n.q_down),
    "i_mulshr_full_zero": i_mulshr(n.q_zero),
    "extract": lambda a, b: n.get_bits(a, *b),
    "insert": lambda a, b, c: n.put_bits(a, b, *c),
}


def call_of(name):
    """The model's function for a row's operation, or None."""
    if name in CALLS:
        return CALLS[name]
    if name in NAMES:
        return MEANING[NAMES[name]]
    parts = re.fullmatch(r"(i_)?(muldiv)(_full)?_(\w+)", name)
    if parts and parts.group(4) in ROUNDING:
        op = ("I" if parts.group(1) else "") + "MULDIV" + ("X" if parts.group(3) else "")
        return MEANING.get(op + "_" + ROUNDING[parts.group(4)])
    parts = re.fullmatch(r"i_div_(\w+)", name)
    if parts:
        return lambda a, b: n.idiv(a, b, SIGNED_ROUNDING[parts.group(1)])
    plain = name.upper().replace("I_", "I", 1) if name.startswith("i_") else name.upper()
    return MEANING.get(plain)


def value(cell):
    """A sum of decimals, 0x numbers and powers, modulo 2^256; `low,width` is a pair."""
    if "," in cell:
        return tuple(value(part) for part in cell.split(","))
    if not re.fullmatch(r"[0-9a-fx^*+\- ]+", cell):
        raise ValueError("not a value: " + cell)
    return eval(cell.replace("^", "**"), {"__builtins__": {}}) % n.W  # digits and + - * ^ only


def check(line):
    """None when the row is not for the model, else (what the model gives, what the row expects)."""
    cells = [cell.strip() for cell in line.split("|")]
    call = call_of(cells[0])
    if call is None:
        return None
    operands = [value(cell) for cell in cells[1:4] if cell]
    if cells[0] == "insert" and sum(operands[2]) > 256:
        return None     # spec 02 §4: the validator refuses such an instruction
    expected = cells[4] if re.fullmatch(r"[A-Z_]+", cells[4]) else value(cells[4])
    try:
        return call(*operands), expected
    except Trap as trap:
        return trap.name, expected
