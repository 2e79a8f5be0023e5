"""The tables of the specification that are data: instructions, errors, report formats, limits.

Nothing here knows what an instruction means; the meanings are in numbers.py and machine.py.
"""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Trap(Exception):
    """The contract failed (spec 02 §5). `info` holds a REVERT's contract, error and arguments."""

    def __init__(self, name, info=None):
        super().__init__(name)
        self.name = name
        self.info = info


class Reject(Exception):
    """The input is invalid: every implementation gives the same verdict."""

    def __init__(self, name, where=""):
        super().__init__(name + (": " + where if where else ""))
        self.name = name


def _text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Op:
    """One row of ops.def."""

    def __init__(self, number, name, kinds, gas, meaning):
        self.number = number
        self.name = name
        self.kinds = kinds          # of a, b, c, d, e in this order
        self.gas = gas
        self.meaning = meaning


OPERAND_KINDS = set("_ DN DW N W AN AW I BT KEY ROW DROW FN DF AR RR OWN INF K KN KD J F X T FI IX "
                    "E V SK".split())


def load_ops():
    """number -> Op, read from the one instruction table."""
    row = re.compile(r'^OP\((0x[0-9a-f]{2}),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),'
                     r'\s*(\d+),\s*"([^"]*)"\)$', re.M)
    source = _text("vm/machine/ops.def")
    ops = {}
    for match in row.finditer(source):
        kinds = match.group(3, 4, 5, 6, 7)
        if not set(kinds) <= OPERAND_KINDS:
            raise ValueError("ops.def: an operand kind of %s is unknown" % match.group(2))
        op = Op(int(match.group(1), 16), match.group(2), kinds, int(match.group(8)), match.group(9))
        if op.number in ops:
            raise ValueError("ops.def: number %#x twice" % op.number)
        ops[op.number] = op
    if len(ops) != len(re.findall(r"^OP\(0x", source, re.M)):
        raise ValueError("ops.def has a row that this reader does not understand")
    return ops


def load_errors():
    """name -> (kind, number)."""
    row = re.compile(r'^ERR\((TRAP|REJECT|FAULT),\s*(\d+),\s*(\w+),\s*"[^"]*"\)$', re.M)
    source = _text("vm/base/errors.def")
    errors = {m.group(3): (m.group(1), int(m.group(2))) for m in row.finditer(source)}
    if len(errors) != len(re.findall(r"^ERR\((?:TRAP|REJECT|FAULT)", source, re.M)):
        raise ValueError("errors.def has a row that this reader does not understand")
    return errors


class Format:
    """One row of formats.def (spec 05 §4)."""
    MEMBER_SIZES = {"NONE": 0, "ADDRESS": 20, "XONLY": 32, "KEY": 33}
    PER_SECOND = {"NONE": None, "S": 1, "MS": 10**3, "US": 10**6, "NS": 10**9}

    def __init__(self, number, name, adapter, members, order_error, unit, scale, flags):
        self.number = number
        self.name = name
        self.adapter = adapter
        self.member_size = self.MEMBER_SIZES[members]
        self.order_error = order_error
        self.per_second = self.PER_SECOND[unit]     # None: reports are counted
        self.scale = int(scale) if scale.isdigit() else scale
        self.low_s, self.exact, self.stamp, self.named, self.transport, self.seconds = (
            flag in flags for flag in ("LOW_S", "EXACT", "STAMP", "NAMED", "TRANSPORT", "SECONDS"))


def load_formats():
    """number -> Format."""
    row = re.compile(r'^FORMAT\(\s*(\d+),\s*\w+,\s*(\w+),\s*"([^"]*)",\s*(\w+),\s*(\w+),\s*(\w+),'
                     r'\s*(\w+),\s*([\w |]+)\)$', re.M)
    source = _text("vm/oracle/formats.def")
    formats = {}
    for match in row.finditer(source):
        number, adapter, name, members, order_error, unit, scale, flags = match.groups()
        formats[int(number)] = Format(int(number), name, adapter, members, order_error, unit,
                                      scale, flags.split(" | "))
    if sorted(formats) != list(range(len(re.findall(r"^FORMAT\(", source, re.M)))):
        raise ValueError("formats.def has a row that this reader does not understand")
    return formats


def load_limits():
    """name without PL_ -> value, from the #define lines of limits.h."""
    limits = {}
    for name, text in re.findall(r"^#define PL_(\w+) (.+)$", _text("vm/base/limits.h"), re.M):
        text = re.sub(r"\b(\d+)u\b", r"\1", re.sub(r"/\*.*\*/", "", text))
        text = re.sub(r"PL_(\w+)", lambda m: str(limits[m.group(1)]), text)
        text = re.sub(r"UINT64_C\((\d+)\)", r"\1", text).replace("UINT32_MAX", "4294967295")
        if not re.fullmatch(r"[\d\s()+*<]+", text):
            raise ValueError("limits.h: cannot read " + name)
        limits[name] = eval(text, {"__builtins__": {}})  # digits, sums, products, shifts only
    return limits


OPS = load_ops()
OP_BY_NAME = {op.name: op for op in OPS.values()}
ERRORS = load_errors()
FORMATS = load_formats()
LIMITS = load_limits()


def status(name):
    """The number that a receipt holds for an error name; 0 for OK."""
    return 0 if name == "OK" else ERRORS[name][1]


NAME_OF_STATUS = {number: name for name, (_, number) in ERRORS.items()}
NAME_OF_STATUS[0] = "OK"
