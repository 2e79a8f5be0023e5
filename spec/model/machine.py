"""Execution (spec 02 §5): frames, gas by basic block, calls, traps, state, events.

Before a function first runs, its blocks are written out as lists of steps. Immediates and constants
become read-only places behind the registers of the frame, so that every computing instruction is
"write meaning(values of some places) to one place".
"""
from .meanings import MEANING
from .tables import LIMITS, OPS, Trap, status
from .validate import LAST, leaders
from .values import load_all, store_all, symbol

READ_KINDS = ("N", "W", "I", "BT", "K", "KN", "KD")
JUMPS = {number for number, op in OPS.items() if op.name in ("JMP", "JZ", "JNZ")}

# spec 04 §6, tables of contract 0
CHAIN, PRICES, NONCES, CONTRACTS, ACCEPTED, NEXT, CURRENT, OBSERVED = range(8)


class Contract:
    """A contract of a world: its number, its name there, its validated code."""

    def __init__(self, number, name, code):
        self.number = number
        self.name = name
        self.code = code
        self.account = int.from_bytes(symbol("@" + name), "big")    # spec 02 §5
        self.public = {function.name: function for function in code.functions if function.public}


class Frame:
    __slots__ = ("contract", "caller", "function", "r")

    def __init__(self, contract, caller, function, registers):
        self.contract = contract
        self.caller = caller
        self.function = function
        self.r = registers


class Program:
    """A function's blocks, written out: leader -> (gas, steps, last instruction or None)."""

    def __init__(self, code, function):
        self.count = len(function.wide)
        self.scratch = self.count           # where steps without a result write
        self.literals = [0]
        self.blocks = {}
        starts = leaders(function)
        for start, end in zip(starts, starts[1:] + [len(function.code)]):
            rows = function.code[start:end]
            last = rows.pop() if rows[-1][0] in LAST | JUMPS else None
            steps = [self.step(code, row) for row in rows]
            self.blocks[start] = function.blocks[start], steps, last, end

    def literal(self, value):
        self.literals.append(value)
        return self.count + len(self.literals) - 1

    def step(self, code, row):
        """(meaning, place written, places read), or (None, method name, operands)."""
        number, e, a, b, c, d = row
        op = OPS[number]
        if op.name not in MEANING:
            return None, "op_" + op.name, (a, b, c, d, e)
        places = []
        for kind, value in zip(op.kinds, (a, b, c, d, e)):
            if kind in ("N", "W"):
                places.append(value)
            elif kind in ("I", "BT"):
                places.append(self.literal(value))
            elif kind in ("K", "KN", "KD"):
                places.append(self.literal(code.constants[value]))
        return MEANING[op.name], a if op.kinds[0] in ("DN", "DW") else self.scratch, tuple(places)


class Outcome:
    """What a receipt tells of one run (spec 06 §5)."""

    def __init__(self, name, gas_used, results=b"", events=(), revert=None):
        self.name = name
        self.gas_used = gas_used
        self.results = results
        self.events = list(events)      # (contract, event, arguments)
        self.revert = revert            # (contract, error, arguments)


class Machine:
    """One run: a transaction, a hook or a query."""

    def __init__(self, contracts, state, height, time, gas):
        self.contracts = contracts      # number -> Contract
        self.state = state
        self.height = height
        self.time = time
        self.gas = gas
        self.events = []
        self.running = []               # contract numbers, one per entry from outside
        self.depth = 0
        self.registers = 0

    def run(self, contract, function, caller, arguments):
        """Run a function from outside as one transaction over the state; gives an Outcome."""
        gas_limit = self.gas
        self.state.begin_transaction()
        try:
            results = self.enter(contract, function, caller, load_all(function.parameters,
                                                                       arguments))
        except Trap as trap:
            self.state.roll_back()
            return Outcome(trap.name, gas_limit - self.gas, revert=trap.info)
        self.state.commit()
        return Outcome("OK", gas_limit - self.gas, store_all(function.results, results),
                       self.events)

    def enter(self, contract, function, caller, arguments):
        """A public function or a hook is entered from outside: results are checked (spec 02 §5)."""
        self.running.append(contract.number)
        try:
            results = self.call(contract, function, caller, arguments)
            store_all(function.results, results)
            return results
        finally:
            self.running.pop()

    def call(self, contract, function, caller, arguments):
        """spec 02 §5, Frame: all registers zero but the parameters."""
        count = len(function.wide)
        if (self.depth + 1 > LIMITS["CALL_DEPTH_MAX"]
                or self.registers + count > LIMITS["STACK_REGISTERS_MAX"]):
            raise Trap("STACK")
        self.depth += 1
        self.registers += count
        try:
            program = getattr(function, "program", None)
            if program is None:
                program = function.program = Program(contract.code, function)
            registers = arguments + [0] * (count - len(arguments)) + program.literals
            return self.loop(Frame(contract, caller, function, registers), program)
        finally:
            self.depth -= 1
            self.registers -= count

    def loop(self, frame, program):
        r, at = frame.r, 0
        while True:
            gas, steps, last, end = program.blocks[at]
            if gas > self.gas:
                self.gas = 0
                raise Trap("OUT_OF_GAS")
            self.gas -= gas
            for meaning, target, places in steps:
                if meaning is None:
                    getattr(self, target)(frame, r, *places)
                elif len(places) == 2:
                    r[target] = meaning(r[places[0]], r[places[1]])
                else:
                    r[target] = meaning(*[r[place] for place in places])
            at = end
            if last is not None:
                number, e, a, b, c, d = last
                name = OPS[number].name
                if name == "JMP":
                    at = a
                elif name == "JZ":
                    at = b if r[a] == 0 else end
                elif name == "JNZ":
                    at = b if r[a] != 0 else end
                elif name == "RET":
                    return r[a:a + len(frame.function.results)]
                elif name == "REVERT":
                    self.revert(frame, r, a, b)
                else:
                    raise Trap("UNREACHABLE")

    # ---- indexed registers ----------------------------------------------------------------------

    def op_LDXN(self, frame, r, a, b, c, d, e):
        if r[c] >= d:
            raise Trap("INDEX")
        r[a] = r[b + r[c]]

    op_LDX = op_LDXN

    def op_STXN(self, frame, r, a, b, c, d, e):
        if r[c] >= d:
            raise Trap("INDEX")
        r[b + r[c]] = r[a]

    op_STX = op_STXN

    # ---- calls, reverts, events -----------------------------------------------------------------

    def revert(self, frame, r, error, base):
        fields = frame.contract.code.errors[error].parameters
        arguments = store_all(fields, r[base:base + len(fields)])
        raise Trap("REVERT", (frame.contract.number, error, arguments))

    def op_REQUIRE(self, frame, r, a, b, c, d, e):
        if r[a] == 0:
            self.revert(frame, r, b, c)

    def op_EMIT(self, frame, r, a, b, c, d, e):
        if len(self.events) >= LIMITS["EVENTS_PER_TX_MAX"]:
            raise Trap("EVENT_LIMIT")
        fields = frame.contract.code.events[a].parameters
        self.events.append((frame.contract.number, a, store_all(fields, r[b:b + len(fields)])))

    def op_CALL(self, frame, r, a, b, c, d, e):
        function = frame.contract.code.functions[b]
        arguments = r[a:a + len(function.parameters)]
        results = self.call(frame.contract, function, frame.caller, arguments)
        r[c:c + len(results)] = results

    def cross(self, frame, r, number, import_, base):
        """spec 02 §5, Contracts calling contracts; the checks in their order."""
        contract = self.contracts.get(number)
        if contract is None:
            raise Trap("NO_CONTRACT")
        function = contract.public.get(import_.name)
        if function is None or not same_types(function, import_):
            raise Trap("NO_FUNCTION")
        if function.effect > import_.effect:
            raise Trap("READ_ONLY")
        if number in self.running and not function.reentrant:
            raise Trap("REENTRANT")
        arguments = r[base:base + len(import_.parameters)]
        store_all(import_.parameters, arguments)
        store_all(function.parameters, arguments)
        results = self.enter(contract, function, frame.contract.account, arguments)
        store_all(import_.results, results)
        return results

    def op_XCALL(self, frame, r, a, b, c, d, e):
        results = self.cross(frame, r, r[a], frame.contract.code.imports[b], c)
        r[d:d + len(results)] = results

    def op_XTRY(self, frame, r, a, b, c, d, e):
        """spec 02 §5, Traps: the callee's writes and events are undone, gas stays spent."""
        import_ = frame.contract.code.imports[b]
        events_before = len(self.events)
        self.state.begin()
        try:
            answer = [0] + self.cross(frame, r, r[a], import_, c)
        except Trap as trap:
            self.state.roll_back()
            if trap.name == "OUT_OF_GAS":
                raise
            del self.events[events_before:]
            answer = [status(trap.name)] + [0] * len(import_.results)
        else:
            self.state.commit()
        r[d:d + len(answer)] = answer

    # ---- state ----------------------------------------------------------------------------------

    def key(self, frame, r, table, base):
        """(table's schema, key bytes) of an instruction's T and KEY."""
        schema = frame.contract.code.tables[table]
        return schema, store_all(schema.keys, r[base:base + len(schema.keys)])

    def row(self, frame, r, table, base):
        """(table's schema, key bytes, row bytes or None)."""
        schema, key = self.key(frame, r, table, base)
        return schema, key, self.state.get(frame.contract.number, table, key)

    def op_GET(self, frame, r, a, b, c, d, e):
        schema, _, row = self.row(frame, r, b, c)
        values = load_all(schema.values, defaults(schema) if row is None else row)
        r[a:a + len(values)] = values

    def op_GETF(self, frame, r, a, b, c, d, e):
        schema, _, row = self.row(frame, r, b, c)
        field = schema.values[d]
        if row is not None:
            r[a] = load_all(schema.values, row)[d]
        elif field.default is None:
            raise Trap("MISSING_ROW")
        else:
            r[a] = field.type.load(field.default)

    def op_PUT(self, frame, r, a, b, c, d, e):
        schema, key = self.key(frame, r, b, c)
        row = store_all(schema.values, r[a:a + len(schema.values)])
        self.state.write(frame.contract.number, b, key, row)

    def op_PUTF(self, frame, r, a, b, c, d, e):
        schema, key, row = self.row(frame, r, b, c)
        values = load_all(schema.values, defaults(schema) if row is None else row)
        values[d] = r[a]
        row = store_all(schema.values, values)
        self.state.write(frame.contract.number, b, key, row)

    def op_HAS(self, frame, r, a, b, c, d, e):
        r[a] = int(self.row(frame, r, b, c)[2] is not None)

    def op_DEL(self, frame, r, a, b, c, d, e):
        _, key, row = self.row(frame, r, b, c)
        self.state.write(frame.contract.number, b, key, None)
        r[a] = int(row is not None)

    def op_SEEK(self, frame, r, a, b, c, d, e):
        fields = frame.contract.code.tables[b].order_fields(d)
        parts = [field.type.store(value) for field, value in zip(fields, r[c:c + len(fields)])]
        found = self.state.seek(frame.contract.number, b, d, e & 3, e >> 2, parts)
        if found is not None:
            r[c:c + len(fields)] = [f.type.load(part) for f, part in zip(fields, found)]
        r[a] = int(found is not None)

    # ---- environment ----------------------------------------------------------------------------

    def op_CALLER(self, frame, r, a, b, c, d, e):
        r[a] = frame.caller

    def op_SELF(self, frame, r, a, b, c, d, e):
        r[a] = frame.contract.number

    def op_SELFACCT(self, frame, r, a, b, c, d, e):
        r[a] = frame.contract.account

    def op_HEIGHT(self, frame, r, a, b, c, d, e):
        r[a] = self.height

    def op_TIME(self, frame, r, a, b, c, d, e):
        r[a] = self.time

    def price(self, feed):
        """(price word, decimals, time, round) of a feed's accepted price, or None."""
        row = self.state.get(0, PRICES, feed.to_bytes(4, "big")) if feed < 1 << 32 else None
        if row is None:
            return None
        number = int.from_bytes
        return (number(row[:32], "big"), row[32], number(row[33:41], "big"),
                number(row[41:49], "big"))

    def op_PRICE(self, frame, r, a, b, c, d, e):
        price = self.price(r[b])
        if price is None:
            raise Trap("NO_PRICE")
        if price[1] != e:
            raise Trap("PRICE_SCALE")
        if price[0] >> 255:
            raise Trap("CAST")
        r[a] = price[0]

    def op_PRICEINFO(self, frame, r, a, b, c, d, e):
        price = self.price(r[b])
        r[a:a + 5] = [0] * 5 if price is None else [*price, 1]


def defaults(schema):
    """The row of all defaults (spec 03 GET)."""
    if any(field.default is None for field in schema.values):
        raise Trap("MISSING_ROW")
    return b"".join(field.default for field in schema.values)


def same_types(function, import_):
    """spec 02 §5: parameter and result types are equal in class and size."""
    pairs = ((function.parameters, import_.parameters), (function.results, import_.results))
    return all(len(mine) == len(theirs) and all(f.type.same(g.type) for f, g in zip(mine, theirs))
               for mine, theirs in pairs)


SPECIAL = {name[3:] for name in dir(Machine) if name.startswith("op_")} | {
    "JMP", "JZ", "JNZ", "RET", "REVERT", "UNREACHABLE"}


def check_coverage():
    """Every row of ops.def has exactly one meaning here, and nothing else has one."""
    names = {op.name for op in OPS.values()}
    lost = names ^ (set(MEANING) | SPECIAL) | set(MEANING) & SPECIAL
    if lost:
        raise ValueError("ops.def and the model differ in " + ", ".join(sorted(lost)))


check_coverage()
