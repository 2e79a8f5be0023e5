"""Random statements and bodies of functions, each with what it does to a World of rows."""
import meaning as m
from meaning import BOOL, TIME, Trap
from random_expressions import LEVEL, Expressions, Node, Place
from random_world import NUMBERS, Break, Continue, Return, TooLong, early, narrow, show

U32, U64, U256 = m.integer(32), m.integer(64), m.integer(256)


class Body(Expressions):
    """Writes the body of one function."""

    def __init__(self, contract, function):
        super().__init__(contract.rng, contract.types)
        self.c, self.f = contract, function
        self.effect = function.effect
        self.callees = list(contract.callees)
        self.fresh = 0
        self.loops = 0
        self.places = list(contract.constants)
        if self.effect > 0:
            self.places += [p for t in contract.tables if not t.keys for p in self.stored(t, [])]
            self.places += contract.environment
        names = []
        for t in function.parameters:
            names.append(self.variable(t, False))
        self.own_parameters = names
        function.names = [p.text for p in names]

    def expr(self, t, depth=3, bare=False):
        if self.effect > 0 and depth > 0 and self.rng.random() < 0.12:
            p = self.row_place(depth, t)
            if p is not None:
                return p
        return super().expr(t, depth, bare)

    def composed(self, t, depth):
        if t is BOOL and self.effect > 0 and self.rng.random() < 0.15 and self.c.keyed:
            table = self.rng.choice(self.c.keyed)
            text, key = self.key(table, depth)
            return Node(f"exists({table.name}{text})", BOOL, lambda e: int(
                key(e) in e.world.rows.setdefault(table.name, {})))
        if t is U32 and self.effect > 0 and self.c.lists and self.rng.random() < 0.4:
            return self.list_value(depth)
        return super().composed(t, depth)

    # ---- places of this function

    def variable(self, t, writable=True, const=None):
        name = f"v{self.fresh}"
        self.fresh += 1
        if const is not None:
            p = Place(name, t, lambda e: None, lambda e, k: m.copy(const), None, True)
        else:
            def write(e, k, x):
                e.at[name] = m.copy(x)
            p = Place(name, t, lambda e: None, lambda e, k: e.at[name], write if writable else None)
        p.own = True
        self.places.append(p)
        return p

    def key(self, table, depth):
        args = [self.key_part(t, depth) for _, t in table.keys]
        return ("[" + ", ".join(a.text for a in args) + "]",
                lambda e: tuple(a.ev(e) for a in args))

    def key_part(self, t, depth):
        """Mostly one of a few, so that rows are met again."""
        if self.rng.random() < 0.7:
            return self.literal(t, False, self.rng.randrange(min(t.high, 2) + 1))
        return self.operand(t, min(depth - 1, 1), t.kind == "int")

    def stored(self, table, key):
        """The fields of a row as places."""
        text, where = key or ("", lambda e: ())
        out = []
        for f in table.fields:
            def read(e, k, f=f):
                return m.copy(table.get_field(e.world, k, f))

            def write(e, k, x, f=f):
                table.put_field(e.world, k, f, x)
            p = Place(f"{table.name}{text}.{f[0]}", f[1], where, read,
                      write if self.effect == 2 else None)
            p.stored = True
            out.append(p)
        return out

    def row_place(self, depth, t=None):
        if not self.c.keyed:
            return None
        table = self.rng.choice(self.c.keyed)
        fields = [f for f in self.stored(table, self.key(table, depth)) if t is None or f.t is t]
        return self.rng.choice(fields) if fields else None

    def list_value(self, depth):
        r = self.rng
        name, table, size = r.choice(self.c.lists)
        k = r.randrange(4 if self.effect == 2 else 2)
        if k == 0:
            return Node(f"{name}.len", U32, lambda e: size.get(e.world, ())["count"])
        if k == 1:
            i = self.expr(U32, depth - 1, True)
            return Node(f"{name}[{i.text}]", U32, lambda e: table.get(e.world, (i.ev(e),))["v"])
        if k == 2:
            v = self.expr(U32, depth - 1, True)

            def push(e):
                x = v.ev(e)
                n = size.get(e.world, ())["count"]
                table.put(e.world, (n,), {"v": x})
                size.put(e.world, (), {"count": n + 1})
                return n
            return Node(f"{name}.push({v.text})", U32, push)

        def pop(e):
            n = size.get(e.world, ())["count"]
            if n == 0:
                raise Trap("OVERFLOW")
            x = table.get(e.world, (n - 1,))["v"]
            del e.world.rows[table.name][(n - 1,)]
            size.put(e.world, (), {"count": n - 1})
            return x
        return Node(f"{name}.pop()", U32, pop)

    # ---- statements: each adds lines and returns what it does

    def line(self, pad, text):
        self.f.lines.append("    " * pad + text)

    def block(self, pad, depth, count):
        seen, out = len(self.places), []
        for _ in range(count):
            out.append(self.statement(pad, depth))
        del self.places[seen:]

        def run(e):
            for s in out:
                s(e)
        return run

    def statement(self, pad, depth):
        r = self.rng
        forms = [self.let] * 6 + [self.assign] * 7 + [self.expression] * 2 + [self.tuple]
        if depth > 0:
            forms += [self.if_] * 4 + [self.range_, self.while_, self.inner, self.guard, self.guard]
            if self.effect > 0:
                forms += [self.scan] * 2
        if self.effect > 0:
            forms += [self.load]
        if self.effect == 2:
            forms += [self.emit, self.delete, self.store, self.list_statement, self.try_]
        for _ in range(8):
            mark = len(self.f.lines)
            s = r.choice(forms)(pad, depth)
            if s is not None:
                def run(e):
                    e.world.tick()
                    s(e)
                return run
            del self.f.lines[mark:]
        self.line(pad, "{}")
        return lambda e: None

    def any_type(self):
        r = self.rng
        return r.choice(self.c.few if r.random() < 0.6 else self.types + [TIME])

    def let(self, pad, depth):
        r = self.rng
        t = self.any_type()
        writable = r.random() < 0.6
        if writable and r.random() < 0.25:
            p = self.variable(t)
            self.line(pad, f"var {p.text}: {t.name};")
            return lambda e: p.write(e, None, t.zero())
        typed = r.random() < 0.5
        n = self.operand(t, 3, True) if typed else self.expr(t)
        value = m.copy(n.ev(None)) if n.const and not writable else None
        p = self.variable(t if typed else n.t, writable, value)
        word = "var" if writable else "let"
        self.line(pad, f"{word} {p.text}{': ' + t.name if typed else ''} = {n.text};")
        if value is not None:
            return lambda e: None

        def run(e):
            e.at[p.text] = m.copy(n.ev(e))
        return run

    def target(self, depth=2):
        r = self.rng
        if self.effect == 2 and r.random() < 0.3:
            p = self.row_place(depth)
        else:
            found = [p for p in self.places if p.write]
            p = r.choice(found) if found else None
        if p is not None:
            p = self.elements(p, depth)
        return p if p is not None and p.write else None

    def assign(self, pad, depth):
        r = self.rng
        p = self.target()
        if p is None:
            return None
        t = p.t
        ops = []
        if t.kind == "int":
            ops = ["+", "-", "*", ">>"] + ([] if t.signed else ["%", "&", "|", "^", "<<"])
        elif t.kind == "scaled":
            ops = ["+", "-"] + ([] if t.signed else ["%"])
        elif t.kind == "time":
            ops = ["+", "-"]
        if ops and r.random() < 0.45:
            op = r.choice(ops)
            other = U64 if t.kind == "time" or op in ("<<", ">>") else t
            n = self.operand(other, 2, True)
            self.line(pad, f"{p.text} {op}= {n.text};")

            def run(e):
                at = p.locate(e)
                old = p.read(e, at)
                p.write(e, at, m.binary(op, t, old, n.ev(e)))
            return run
        n = self.operand(t, 3, True)
        self.line(pad, f"{p.text} = {n.text};")

        def plain(e):
            at = p.locate(e)
            p.write(e, at, n.ev(e))
        return plain

    def expression(self, pad, depth):
        f = [f for f in self.callees if f.effect <= self.effect]
        if not f:
            return None
        f = self.rng.choice(f)
        args = self.arguments(f.parameters, 3)
        self.line(pad, f"{f.call_name}(" + ", ".join(a.text for a in args) + ");")
        return lambda e: f.run(e.world, [m.copy(a.ev(e)) for a in args])

    def tuple(self, pad, depth):
        r = self.rng
        found = [f for f in self.callees if f.effect <= self.effect and len(f.results) > 1]
        if not found:
            return None
        f = r.choice(found)
        args = self.arguments(f.parameters, 2)
        call = f"{f.call_name}(" + ", ".join(a.text for a in args) + ")"
        targets = []
        for t in f.results:
            p = self.path(t, 2, True) if r.random() < 0.9 else None
            if p is None or not p.write:
                targets = None
                break
            targets.append(p)
        if targets and r.random() < 0.6:
            self.line(pad, "(" + ", ".join(p.text for p in targets) + f") = {call};")

            def assign(e):
                values = f.run(e.world, [m.copy(a.ev(e)) for a in args])
                for p, v in zip(targets, values):
                    p.write(e, p.locate(e), v)
            return assign
        names = [None if r.random() < 0.2 else self.variable(t) for t in f.results]
        self.line(pad, "var (" + ", ".join(p.text if p else "_" for p in names) + f") = {call};")

        def run(e):
            values = f.run(e.world, [m.copy(a.ev(e)) for a in args])
            for p, v in zip(names, values):
                if p:
                    p.write(e, None, v)
        return run

    def if_(self, pad, depth):
        c = self.expr(BOOL)
        self.line(pad, f"if ({c.text}) {{")
        a = self.block(pad + 1, depth - 1, self.rng.randrange(1, 4))
        b = None
        if self.rng.random() < 0.5:
            self.line(pad, "} else {")
            b = self.block(pad + 1, depth - 1, self.rng.randrange(1, 3))
        self.line(pad, "}")

        def run(e):
            if c.ev(e):
                a(e)
            elif b:
                b(e)
        return run

    def inner(self, pad, depth):
        self.line(pad, "{")
        run = self.block(pad + 1, depth - 1, self.rng.randrange(1, 4))
        self.line(pad, "}")
        return run

    def loop(self, pad, depth, ends=False):
        """The body of a loop, with breaks and continues; `ends` closes it with a break."""
        self.loops += 1
        run = self.block(pad, depth - 1, self.rng.randrange(1, 4))
        self.loops -= 1
        if ends:
            self.line(pad, "break;")

        def once(e):
            e.world.tick()
            try:
                run(e)
                if ends:
                    raise Break
            except Continue:
                pass
        return once

    def guard(self, pad, depth):
        r = self.rng
        c = self.expr(BOOL)
        kind = r.choice(["require", "require", "revert", "return"]
                        + ["unreachable"] * (r.random() < 0.2)
                        + ["break", "continue"] * (2 if self.loops else 0))
        name, types = r.choice(self.c.errors)
        args = [self.operand(t, 2, True) for t in types]
        call = f"{name}(" + ", ".join(a.text for a in args) + ")"

        def fail(e):
            values = [x for a, t in zip(args, types) for x in t.flat(a.ev(e))]
            raise Trap(f"REVERT {name}" + (" " + show(values) if values else ""))
        if kind == "require":
            if r.random() < 0.2:
                self.line(pad, f"require({c.text});")

                def bare(e):
                    if not c.ev(e):
                        raise Trap("REVERT Unlabelled")
                return bare
            self.line(pad, f"require({c.text}, {call});")

            def run(e):
                if not c.ev(e):
                    fail(e)
            return run
        if r.random() < 0.6:  # not too often: what follows is to be seen too
            c = Node(f"({c.text}) && {self.rare()}", BOOL, c.ev, LEVEL["&&"])
            rare = self.rarely
            inner = c.ev
            c.ev = lambda e: rare(e) if inner(e) else 0
        self.line(pad, f"if ({c.text}) {{")
        done = None
        if kind == "revert":
            self.line(pad + 1, f"revert {call};")
            done = fail
        elif kind == "return":
            done = self.return_(pad + 1)
        elif kind == "unreachable":
            self.line(pad + 1, "unreachable;")

            def done(e):
                raise Trap("UNREACHABLE")
        else:
            self.line(pad + 1, kind + ";")

            def done(e):
                raise Break if kind == "break" else Continue
        self.line(pad, "}")

        def test(e):
            if c.ev(e):
                done(e)
        return test

    def rare(self):
        n = self.expr(U64, 1)
        k = self.rng.randrange(5)
        if n.const:
            self.rarely = lambda e: 0
            return "false"
        self.rarely = lambda e: int(n.ev(e) % 5 == k)
        return f"{self.wrap(n, LEVEL['%'])} % 5 == {k}"

    def return_(self, pad):
        values = [self.operand(t, 3, True) for t in self.f.results]
        if not values:
            self.line(pad, "return;")
        elif len(values) == 1:
            self.line(pad, f"return {values[0].text};")
        else:
            self.line(pad, "return (" + ", ".join(v.text for v in values) + ");")

        def run(e):
            raise Return([m.copy(v.ev(e)) for v in values])
        return run

    def range_(self, pad, depth):
        r = self.rng
        t = self.pick_int()
        low = r.choice([0, 0, 1, t.high - 3, t.low, t.low + 1])
        a = self.literal(t, False, low)
        b = self.literal(t, False, min(low + r.randrange(5), t.high))
        if r.random() < 0.4:
            n = self.expr(U64, 2)
            b = Node(f"{self.wrap(n, LEVEL['%'])} % 5", U64, lambda e: n.ev(e) % 5, LEVEL["%"], n.const)
            t, a = U64, Node("0", U64, lambda e: 0)
        seen = len(self.places)
        p = self.variable(t, False)
        self.line(pad, f"for {p.text} in {a.text}..{b.text} {{")
        body = self.loop(pad + 1, depth)
        del self.places[seen:]
        self.line(pad, "}")

        def run(e):
            i, end = a.ev(e), b.ev(e)
            try:
                while i < end:
                    e.at[p.text] = i
                    body(e)
                    i += 1
            except Break:
                pass
        return run

    def while_(self, pad, depth):
        r = self.rng
        c, most = self.expr(BOOL, 2), r.randrange(1, 5)
        self.line(pad, f"while ({c.text}) max {most} {{")
        body = self.loop(pad + 1, depth, r.random() < 0.7)
        self.line(pad, "}")

        def run(e):
            try:
                left = most
                while c.ev(e):
                    if left == 0:
                        raise Trap("UNREACHABLE")
                    left -= 1
                    body(e)
            except Break:
                pass
        return run

    def scan(self, pad, depth):
        """for k in t, with fixed leading parts, an index, a start, either way."""
        r = self.rng
        if not self.c.keyed:
            return None
        table = r.choice(self.c.keyed)
        by = table.order if table.order and r.random() < 0.5 else []
        types = {f[0]: f[1] for f in table.fields}
        parts = [(n, types[n]) for n in by] + list(table.keys)
        most = len(by) if by else len(table.keys) - 1
        fixed = [self.key_part(t, 1) for _, t in parts[:r.randrange(most + 1)]]
        rest = parts[len(fixed):]
        start = [self.key_part(t, 1) for _, t in rest[:r.choice([0, 0, 1, len(rest)])]]
        down = r.random() < 0.4
        text = table.name
        listed = ", ".join(x.text for x in fixed)
        if by:
            text += f" by by_{table.name}" + (f" at ({listed})" if fixed else "")
        elif fixed:
            text += f"[{listed}]"
        if start:
            text += " from (" + ", ".join(x.text for x in start) + ")"
        text += " descending" if down else ""
        if "{" in text:
            return None
        named = table.keys if by else rest
        seen = len(self.places)
        names = [self.variable(t, False) for _, t in named]
        head = names[0].text if len(names) == 1 else "(" + ", ".join(n.text for n in names) + ")"
        self.line(pad, f"for {head} in {text} {{")
        body = self.loop(pad + 1, depth)
        del self.places[seen:]
        self.line(pad, "}")

        def order(key, row):
            return tuple([row[n] for n in by]) + key

        def run(e):
            lead = tuple(x.ev(e) for x in fixed)
            first = lead + tuple(x.ev(e) for x in start)
            n, at = len(lead), None
            try:
                while True:
                    found = None
                    for key, row in e.world.rows.setdefault(table.name, {}).items():
                        o = order(key, row)
                        if o[:n] != lead:
                            continue
                        if at is None:
                            f = o[:len(first)]
                            if f < first and not down or f > first and down:
                                continue
                        elif o >= at if down else o <= at:
                            continue
                        if found is None or (o > found if down else o < found):
                            found = o
                    if found is None:
                        return
                    at = found
                    for p, v in zip(names, found[len(found) - len(names):]):
                        e.at[p.text] = v
                    body(e)
            except Break:
                pass
        return run

    def load(self, pad, depth):
        if not self.c.keyed:
            return None
        table = self.rng.choice(self.c.keyed)
        text, key = self.key(table, 2)
        p = self.variable(table.row, self.rng.random() < 0.7)
        self.line(pad, f"{'var' if p.write else 'let'} {p.text} = load {table.name}{text};")

        def run(e):
            e.at[p.text] = m.copy(table.get(e.world, key(e)))
        return run

    def store(self, pad, depth):
        if not self.c.keyed:
            return None
        table = self.rng.choice(self.c.keyed)
        text, key = self.key(table, 2)
        row = self.path(table.row, 2) if self.rng.random() < 0.6 else None
        if row is None:
            fields = [(f, self.expr(f[1], 2)) for f in table.fields
                      if f[3] is None or self.rng.random() < 0.6]
            text_row = f"{table.name}.row {{ " + ", ".join(f"{f[0]}: {n.text}" for f, n in fields) + " }"
            given = {f[0] for f, _ in fields}

            def value(e):
                out = {f[0]: f[3] for f in table.fields if f[0] not in given}
                for f, n in fields:
                    out[f[0]] = m.copy(n.ev(e))
                    if early(f):
                        narrow(f[1], 8, out[f[0]])
                return out
        else:
            text_row, value = row.text, row.ev
        self.line(pad, f"store {table.name}{text} = {text_row};")

        def run(e):
            at = key(e)
            table.put(e.world, at, value(e))
        return run

    def delete(self, pad, depth):
        if not self.c.keyed:
            return None
        table = self.rng.choice(self.c.keyed)
        text, key = self.key(table, 2)
        self.line(pad, f"delete {table.name}{text};")
        return lambda e: e.world.rows.setdefault(table.name, {}).pop(key(e), None)

    def emit(self, pad, depth):
        name, types = self.rng.choice(self.c.events)
        args = [self.operand(t, 2, True) for t in types]
        self.line(pad, f"emit {name}(" + ", ".join(a.text for a in args) + ");")

        def run(e):
            values = [x for a, t in zip(args, types) for x in t.flat(a.ev(e))]
            e.world.events.append(e.world.prefix + name + (" " + show(values) if values else ""))
            if len(e.world.events) > 60:
                raise TooLong
        return run

    def list_statement(self, pad, depth):
        if not self.c.lists:
            return None
        name, table, size = self.rng.choice(self.c.lists)
        i = self.expr(U32, 1, True)
        if self.rng.random() < 0.5:
            self.line(pad, f"{name}.swap_remove({i.text});")

            def remove(e):
                at = i.ev(e)
                table.get(e.world, (at,))
                n = size.get(e.world, ())["count"]
                rows = e.world.rows[table.name]
                rows[(at,)] = rows[(n - 1,)]
                del rows[(n - 1,)]
                size.put(e.world, (), {"count": n - 1})
            return remove
        v = self.expr(U32, 2, True)
        self.line(pad, f"{name}[{i.text}] = {v.text};")

        def run(e):
            at, x = i.ev(e), v.ev(e)
            table.get(e.world, (at,))
            table.put(e.world, (at,), {"v": x})
        return run

    def try_(self, pad, depth):
        if not self.c.away:
            return None
        f = self.rng.choice(self.c.away)
        args = self.arguments(f.parameters, 2)
        seen = len(self.places)
        names = [self.variable(t, False) for t in f.results]
        head = f"try {f.call_name}(" + ", ".join(a.text for a in args) + ")"
        if names:
            head += " -> " + (names[0].text if len(names) == 1
                              else "(" + ", ".join(n.text for n in names) + ")")
        self.line(pad, head + " {")
        a = self.block(pad + 1, depth - 1, self.rng.randrange(1, 3))
        del self.places[seen:]
        code = self.variable(U64, False)
        self.line(pad, f"}} catch ({code.text}) {{")
        b = self.block(pad + 1, depth - 1, self.rng.randrange(1, 3))
        del self.places[seen:]
        self.line(pad, "}")

        def run(e):
            given = [m.copy(x.ev(e)) for x in args]
            kept = e.world.keep()
            try:
                values = f.run(e.world, given)
            except Trap as t:
                e.world.back(kept)
                e.at[code.text] = NUMBERS[str(t).split()[0]]
                return b(e)
            for p, v in zip(names, values):
                e.at[p.text] = m.copy(v)
            return a(e)
        return run
