"""The proof that a decoded container is well-formed (spec 02 §4); the gas of its blocks (§5)."""
from .code import TX, VIEW
from .tables import LIMITS, OPS, OP_BY_NAME, Reject

LAST = {OP_BY_NAME[name].number for name in "JMP RET REVERT UNREACHABLE".split()}
AFTER = {OP_BY_NAME[name].number for name in "JMP JZ JNZ RET REVERT UNREACHABLE".split()}
WRITES = {"PUT", "PUTF", "DEL"}


def validate(code):
    """Reject unless every instruction of every function obeys spec 02 §4. Fills function.blocks."""
    for function in code.functions:
        for at, instruction in enumerate(function.code):
            try:
                _Check(code, function, instruction).run()
            except Reject as reject:
                raise Reject(reject.name, "%s:%d %s" % (function.name, at, reject))
        if function.code[-1][0] not in LAST:
            raise Reject("CODE_FALL_OFF", function.name)
        function.blocks = gas_of_blocks(function)
    return code


def leaders(function):
    """spec 02 §5: instruction 0, every jump target, and what follows a jump, return or revert."""
    found = {0}
    for at, (number, e, a, b, c, d) in enumerate(function.code):
        for kind, value in zip(OPS[number].kinds, (a, b, c, d)):
            if kind == "J":
                found.add(value)
        if number in AFTER:
            found.add(at + 1)
    found.discard(len(function.code))
    return sorted(found)


def gas_of_blocks(function):
    """leader -> sum of the gas of its block."""
    starts = leaders(function)
    ends = starts[1:] + [len(function.code)]
    return {start: sum(OPS[i[0]].gas for i in function.code[start:end])
            for start, end in zip(starts, ends)}


class _Check:
    """One instruction against its row, operand by operand."""

    def __init__(self, code, function, instruction):
        number, e, a, b, c, d = instruction
        if number not in OPS:
            raise Reject("CODE_OP", hex(number))
        self.code = code
        self.function = function
        self.op = OPS[number]
        self.e = e
        self.operands = dict(zip("abcde", (a, b, c, d, e)))
        self.kind_at = dict(zip("abcde", self.op.kinds))

    def run(self):
        # Ids first: what a range stands for depends on them.
        for letter, kind in self.kind_at.items():
            self.reference(kind, self.operands[letter])
        for letter, kind in self.kind_at.items():
            self.operand(kind, self.operands[letter])
        self.immediates()
        self.effect()

    def value(self, kind):
        """The operand of this instruction that has the given kind."""
        return next(self.operands[k] for k, v in self.kind_at.items() if v == kind)

    def has(self, kind):
        return kind in self.op.kinds

    # spec 02 §4 (4)
    def reference(self, kind, value):
        lists = {"K": self.code.constants, "KN": self.code.constants, "KD": self.code.constants,
                 "F": self.code.functions, "X": self.code.imports, "T": self.code.tables,
                 "E": self.code.errors, "V": self.code.events}
        if kind in lists and value >= len(lists[kind]):
            raise Reject("CODE_REFERENCE", kind)
        if kind == "KN" and self.code.constants[value] >= 1 << 64:
            raise Reject("CODE_REFERENCE", "KN")
        if kind == "KD" and self.code.constants[value] == 0:
            raise Reject("CODE_REFERENCE", "KD")
        if kind == "FI" and value >= len(self.table().values):
            raise Reject("CODE_REFERENCE", "FI")
        if kind == "IX" and value > len(self.table().indexes):
            raise Reject("CODE_REFERENCE", "IX")

    def table(self):
        number = self.value("T")
        if number >= len(self.code.tables):
            raise Reject("CODE_REFERENCE", "T")
        return self.code.tables[number]

    def order(self):
        return self.table().order_fields(self.value("IX") if self.has("IX") else 0)

    # spec 02 §4 (1) to (3)
    def operand(self, kind, value):
        if kind == "_":
            if value != 0:
                raise Reject("CODE_OPERAND", "unused")
        elif kind in ("DN", "N"):
            self.register(value, False)
        elif kind in ("DW", "W"):
            self.register(value, True)
        elif kind == "J":
            if value >= len(self.function.code):
                raise Reject("CODE_JUMP")
        elif kind in ("FN", "DF"):
            self.register(value, self.table().values[self.value("FI")].type.wide)
        elif kind in ("AN", "AW", "KEY", "ROW", "DROW", "AR", "RR", "OWN", "INF"):
            self.range(value, self.range_kinds(kind))

    def register(self, number, wide):
        if number >= len(self.function.wide) or self.function.wide[number] != wide:
            raise Reject("CODE_REGISTER", str(number))

    def range(self, base, kinds):
        if base + len(kinds) > len(self.function.wide):
            raise Reject("CODE_REGISTER", "range")
        if self.function.wide[base:base + len(kinds)] != kinds:
            raise Reject("CODE_REGISTER", "kinds of a range")

    def range_kinds(self, kind):
        """True for each wide register that the range must have."""
        if kind in ("AN", "AW"):
            if self.operands["d"] < 1:
                raise Reject("CODE_OPERAND", "range of size 0")
            return [kind == "AW"] * self.operands["d"]
        if kind == "INF":
            return [True, False, False, False, False]
        if kind == "KEY":
            fields = self.order()
        elif kind in ("ROW", "DROW"):
            fields = self.table().values
        elif kind == "OWN":
            fields = self.function.results
        elif kind == "AR":
            fields = self.callee().parameters
        else:
            fields = self.callee().results
        status = [False] if self.op.name == "XTRY" and kind == "RR" else []
        return status + [field.type.wide for field in fields]

    def callee(self):
        """The function, import, error or event that this instruction names."""
        for kind, items in (("F", self.code.functions), ("X", self.code.imports),
                            ("E", self.code.errors), ("V", self.code.events)):
            if self.has(kind):
                return items[self.value(kind)]
        raise ValueError("ops.def: %s has arguments of nobody" % self.op.name)

    def immediates(self):
        """spec 02 §4 (1)."""
        if self.has("BT") and not 1 <= self.e <= (63 if self.op.name == "CHKN" else 255):
            raise Reject("CODE_OPERAND", "bit count")
        if self.op.name == "GETBITS" and self.operands["c"] + self.e > 256:
            raise Reject("CODE_OPERAND", "bits")
        if self.op.name == "PUTBITS" and self.operands["d"] + self.e > 256:
            raise Reject("CODE_OPERAND", "bits")
        if self.has("SK") and self.e >> 2 > len(self.order()):
            raise Reject("CODE_OPERAND", "prefix")

    def effect(self):
        """spec 02 §4 (5)."""
        mine, name = self.function.effect, self.op.name
        if mine < VIEW and (0xc0 <= self.op.number <= 0xdf or name in ("XCALL", "XTRY", "EMIT")):
            raise Reject("CODE_EFFECT", name)
        if mine < TX and (name in WRITES or name == "EMIT"):
            raise Reject("CODE_EFFECT", name)
        if (self.has("F") or self.has("X")) and self.callee().effect > mine:
            raise Reject("CODE_EFFECT", "callee")
        if name in WRITES and self.table().params:
            raise Reject("CODE_EFFECT", "params")


assert LIMITS["FUNCTION_CODE_MAX"] <= 0xffff
