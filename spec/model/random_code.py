"""Random contracts that are valid by construction (spec 02 §4) and often run to their end.

A function is made of statements. A statement writes what its instructions read: constants that fit,
or what earlier statements left, so that traps happen, but not always at the first step.
"""
from .code import PURE, TX, VIEW, Code, Function, Signature
from .encode import instruction
from .meanings import MEANING
from .random_schema import random_fields, random_table, random_value
from .tables import OPS
from .values import BOOL, BYTES32, UINT, Field, Type

WORDS = [0, 1, 2, 3, 7, 10**4, 10**9, 10**18, 10**27, 2**64 - 1, 2**64, 2**128 - 1, 2**128,
         2**255 - 1, 2**255, 2**255 + 1, 2**256 - 2, 2**256 - 1]
SMALL = [0, 1, 2, 3, 7, 63, 64, 100, 255, 256, 10**4, 10**18, 5 * 10**17, 10**27, 2**64 - 1]
NARROWS = [0, 1, 2, 3, 5, 8, 63, 64, 255, 256, 1000, 2**32, 2**63, 2**64 - 1]
COMPUTING = sorted((op for op in OPS.values() if op.name in MEANING), key=lambda op: op.number)


class FunctionMaker:
    """Grows one function of a contract: registers, instructions, jumps."""

    def __init__(self, rng, code, contracts, function, calls):
        self.rng = rng
        self.code = code
        self.contracts = contracts      # how many the world has
        self.function = function
        self.calls = calls              # functions of this contract that may be called, by number
        self.out = function.code
        self.wide = function.wide
        self.wide += [field.type.wide for field in function.parameters]
        self.locked = set()
        self.areas = {}
        for wide in [False] * rng.randint(3, 6) + [True] * rng.randint(3, 6):
            self.wide.append(wide)

    # ---- registers and constants ----

    def emit(self, *args, **kwargs):
        self.out.append(instruction(*args, **kwargs))
        return len(self.out) - 1

    def some(self, wide, write=False):
        pool = [i for i, w in enumerate(self.wide) if w == wide
                and not (write and i in self.locked)]
        return self.rng.choice(pool)

    def fresh(self, wide):
        self.wide.append(wide)
        return len(self.wide) - 1

    def constant(self, value):
        if value not in self.code.constants:
            self.code.constants.append(value)
        return self.code.constants.index(value)

    def load(self, register, value):
        """Put a known value into a register."""
        if self.wide[register]:
            self.emit("LDK", register, self.constant(value))
        elif value < 1 << 48:
            self.emit("LDN", register, value >> 32, value >> 16 & 0xffff, value & 0xffff)
        else:
            self.emit("LDKN", register, self.constant(value))

    def area(self, kinds):
        """A range of registers of these kinds; mostly reused."""
        name = tuple(kinds)
        if name not in self.areas or self.rng.random() < 0.1:
            self.areas[name] = len(self.wide)
            self.wide += kinds
        return self.areas[name]

    def filled(self, fields, few=False):
        """A range that holds values of these fields; a few of them may not fit."""
        base = self.area([field.type.wide for field in fields])
        for i, field in enumerate(fields, base):
            draw = self.rng.random()
            if draw < 0.75 or (few and draw < 0.97):
                self.load(i, random_value(self.rng, field.type, few))
            elif field.type.wide:
                self.emit("MOV", i, self.some(True))
            elif field.type.kind == BOOL:
                self.emit("NNOT", i, self.some(False))
            else:
                self.emit("MOVN", i, self.some(False))
        return base

    # ---- statements ----

    def compute(self):
        rng, op = self.rng, self.rng.choice(COMPUTING)
        benign = rng.random() < 0.75
        operands = []
        for kind in op.kinds:
            if kind in ("DN", "DW"):
                operands.append(self.some(kind == "DW", write=True))
            elif kind in ("N", "W"):
                register = self.some(kind == "W")
                if benign and register not in self.locked:
                    words = SMALL if rng.random() < 0.7 else WORDS
                    self.load(register, rng.choice(words if kind == "W" else NARROWS))
                operands.append(register)
            elif kind in ("K", "KD", "KN"):
                words = [w for w in SMALL if w < 1 << 64] if kind == "KN" else WORDS
                operands.append(self.constant(rng.choice(words) or 1))
            elif kind == "BT":
                operands.append(rng.randint(1, 63 if op.name == "CHKN" else 255))
            elif kind == "I":
                operands.append(rng.choice([0, 1, 2, 255, rng.getrandbits(16)]))
            else:
                operands.append(0)
        if op.name == "GETBITS":
            operands[2] = rng.randint(0, 256 - operands[4])
        if op.name == "PUTBITS":
            operands[3] = rng.randint(0, 256 - operands[4])
        self.emit(op.name, *operands)

    def indexed(self):
        rng, wide, size = self.rng, self.rng.random() < 0.5, self.rng.randint(1, 5)
        base, at = self.area([wide] * size), self.some(False, write=True)
        self.load(at, rng.randrange(size + 1 if rng.random() < 0.1 else size))
        name = rng.choice(["LDX", "STX"]) + ("" if wide else "N")
        self.emit(name, self.some(wide, write=True), base, at, size)

    def branch(self, depth):
        """if, or if and else, by forward jumps."""
        jump = self.emit(self.rng.choice(["JZ", "JNZ"]), self.some(False), 0)
        self.block(depth + 1)
        if self.rng.random() < 0.5:
            over = self.emit("JMP", 0)
            self.patch(jump, 2)
            self.block(depth + 1)
            self.patch(over, 1)
        else:
            self.patch(jump, 2)
        self.landing()

    def patch(self, at, operand):
        """Let the jump at `at` come here; operand 1 is a, 2 is b."""
        row = list(self.out[at])
        row[1 + operand] = len(self.out)
        self.out[at] = tuple(row)

    def landing(self):
        """A jump may land here, so something must stand here."""
        self.emit("MOVN", self.some(False, write=True), self.some(False))

    def loop(self, depth):
        counter, one = self.fresh(False), self.fresh(False)
        self.locked |= {counter, one}
        self.load(counter, self.rng.randint(1, 5))
        self.load(one, 1)
        start = len(self.out)
        self.block(depth + 1)
        self.emit("NSUB", counter, counter, one)
        self.emit("JNZ", counter, start)

    def call(self):
        if not self.calls:
            return
        number = self.rng.choice(self.calls)
        callee = self.code.functions[number]
        base = self.filled(callee.parameters)
        self.emit("CALL", base, number, self.area([f.type.wide for f in callee.results]))

    def cross(self):
        items = [i for i, item in enumerate(self.code.imports)
                 if item.effect <= self.function.effect]
        if not items or self.function.effect == PURE:
            return
        number = self.rng.choice(items)
        item, contract = self.code.imports[number], self.some(False, write=True)
        base = self.filled(item.parameters)
        self.load(contract, self.rng.randint(1, self.contracts) if self.rng.random() < 0.9
                  else self.rng.choice([0, self.contracts + 1, 2**32 + 1]))
        kinds = [field.type.wide for field in item.results]
        if self.rng.random() < 0.7:
            self.emit("XTRY", contract, number, base, self.area([False] + kinds))
        else:
            self.emit("XCALL", contract, number, base, self.area(kinds))

    def fail(self):
        rng = self.rng
        if self.code.errors and rng.random() < 0.9:
            number = rng.randrange(len(self.code.errors))
            base = self.filled(self.code.errors[number].parameters)
            if rng.random() < 0.9:
                condition = self.some(False, write=True)
                self.load(condition, int(rng.random() < 0.9))
                self.emit("REQUIRE", condition, number, base)
            else:
                jump = self.emit("JNZ", self.some(False), 0)
                self.emit("REVERT", number, base)
                self.patch(jump, 2)
                self.landing()
        elif rng.random() < 0.1:
            jump = self.emit("JZ", self.some(False), 0)
            self.emit("UNREACHABLE")
            self.patch(jump, 2)
            self.landing()

    def event(self):
        if self.code.events and self.function.effect == TX:
            number = self.rng.randrange(len(self.code.events))
            self.emit("EMIT", number, self.filled(self.code.events[number].parameters))

    def observe(self, registers):
        """What an instruction left in registers goes into events, so that receipts tell of it.
        Event 0 is Seen(u64, bytes32) in every contract."""
        if self.function.effect != TX or self.rng.random() < 0.3:
            return
        base = self.area([False, True])
        for register in registers:
            self.emit("MOV" if self.wide[register] else "MOVN", base + self.wide[register],
                      register)
            self.emit("EMIT", 0, base)

    def state(self):
        rng = self.rng
        if not self.code.tables or self.function.effect == PURE:
            return
        number = rng.randrange(len(self.code.tables))
        table = self.code.tables[number]
        names = ["GET", "GETF", "HAS", "SEEK", "SEEK"]
        if self.function.effect == TX and not table.params:
            names += ["PUT"] * 5 + ["PUTF"] * 3 + ["DEL"]
        name = rng.choice(names)
        ix = rng.randint(0, len(table.indexes)) if name == "SEEK" else 0
        key = self.filled(table.order_fields(ix), few=True)
        which = rng.randrange(len(table.values))
        kind = table.values[which].type
        if name == "GET":
            base = self.area([f.type.wide for f in table.values])
            self.emit(name, base, number, key)
            self.observe([base + which])
        elif name == "PUT":
            self.emit(name, self.filled(table.values), number, key)
        elif name == "GETF":
            register = self.some(kind.wide, write=True)
            self.emit(name, register, number, key, which)
            self.observe([register])
        elif name == "PUTF":
            register = self.some(kind.wide, write=True)
            if rng.random() < 0.8:
                self.load(register, random_value(rng, kind))
            self.emit(name, register, number, key, which)
        elif name == "SEEK":
            parts = len(table.order_fields(ix))
            prefix = rng.choice([0, 0, rng.randint(0, parts)])
            found = self.some(False, write=True)
            self.emit(name, found, number, key, ix, e=rng.randrange(4) + 4 * prefix)
            self.observe([found] + list(range(key, key + parts)))
        else:
            register = self.some(False, write=True)
            self.emit(name, register, number, key)
            self.observe([register])

    def environment(self):
        if self.function.effect == PURE:
            return
        name = self.rng.choice("CALLER SELF SELFACCT HEIGHT TIME PRICE PRICEINFO".split())
        if name in ("PRICE", "PRICEINFO"):
            feed = self.some(False, write=True)
            self.load(feed, self.rng.choice([0, 0, 0, 1, 1, 2, 2**32]))
            if name == "PRICE":
                self.emit(name, self.some(True, write=True), feed, e=self.rng.choice([8, 8, 8, 0]))
            else:
                self.emit(name, self.area([True] + [False] * 4), feed)
        else:
            self.emit(name, self.some(name in ("CALLER", "SELFACCT"), write=True))

    def block(self, depth):
        rng = self.rng
        for _ in range(rng.randint(1, 5 - min(depth, 3))):
            draw = rng.random()
            if draw < 0.28:
                self.compute()
            elif draw < 0.60:
                self.state()
            elif draw < 0.64:
                self.indexed()
            elif draw < 0.72 and depth < 3:
                self.branch(depth)
            elif draw < 0.77 and depth < 2:
                self.loop(depth)
            elif draw < 0.83:
                self.call()
            elif draw < 0.89:
                self.cross()
            elif draw < 0.93:
                self.event()
            elif draw < 0.95:
                self.fail()
            else:
                self.environment()

    def finish(self):
        self.emit("RET", self.filled(self.function.results))


def random_contract(rng, name, contracts, interface):
    """A Code. `interface` is a list of Signatures shared by the contracts of one world; this
    contract makes some of them public functions and imports them, at times with another effect."""
    code = Code()
    code.name = name
    code.enums = [("e%d" % i, ["a%d" % j for j in range(rng.choice([1, 2, 3, 255]))])
                  for i in range(rng.randint(0, 2))]
    code.tables = [random_table(rng, "t%d" % i, code.enums) for i in range(rng.randint(1, 4))]
    if rng.random() < 0.5:
        code.tables.insert(rng.randrange(2), random_table(rng, "params", code.enums, True))
    code.errors = [Signature("E%d" % i, random_fields(rng, "x", 0, 3, code.enums))
                   for i in range(rng.randint(0, 3))]
    seen = [Field("n", "", Type(UINT, 8)), Field("w", "", Type(BYTES32, 32))]
    code.events = [Signature("Seen", seen)]
    code.events += [Signature("V%d" % i, random_fields(rng, "x", 0, 4, code.enums))
                   for i in range(rng.randint(0, 3))]
    for item in interface:
        effect = item.effect if rng.random() < 0.8 else rng.randint(PURE, TX)
        code.imports.append(Signature(item.name, item.parameters, item.results, effect))
    plans = []
    for i in range(rng.randint(1, 3)):
        plans.append((Signature("help%d" % i, random_fields(rng, "p", 0, 3, code.enums),
                                random_fields(rng, "r", 0, 2, code.enums)),
                      rng.choice([PURE, VIEW, TX])))
    for item in interface:
        if rng.random() < 0.7:
            plans.append((item, item.effect | 4 | (32 if rng.random() < 0.3 else 0)))
    for i in range(rng.randint(1, 3)):
        plans.append((Signature("tx%d" % i, random_fields(rng, "p", 0, 4, code.enums),
                                random_fields(rng, "r", 0, 3, code.enums)), TX | 4))
    if rng.random() < 0.4:
        plans.append((Signature("hook", []), TX | 8))
    if rng.random() < 0.2:
        ok = Field("ok", "", Type(BOOL, 1))
        plans.append((Signature("holds", [], [ok]), VIEW | 16))
    for item, flags in plans:
        code.functions.append(Function(item.name, flags, item.parameters, item.results, [], []))
    for number, function in enumerate(code.functions):
        calls = [i for i, callee in enumerate(code.functions)
                 if callee.effect <= function.effect and (i < number or rng.random() < 0.05)]
        maker = FunctionMaker(rng, code, contracts, function, calls)
        maker.block(0)
        maker.finish()
    return code


def random_interface(rng):
    """Signatures without enums (their numbering is each contract's own)."""
    return [Signature("shared%d" % i, random_fields(rng, "p", 0, 3, []),
                      random_fields(rng, "r", 0, 2, []), rng.choice([VIEW, TX, TX]))
            for i in range(rng.randint(1, 3))]
