"""Random well-typed expressions of the language, each with what it means as a Python function.

A Node holds its text, how tightly it binds, its type, and `ev(env)`, which gives its value or
raises Trap. `const` marks what a compiler may compute: such a node never traps, because a constant
that does not fit is an error of the source (spec 07 §9), which is not what is tested here."""
import meaning as m
from meaning import BOOL, TIME, Trap

COND, OR, AND, EQ, LT, BOR, BXOR, BAND, SHIFT, SUM, PRODUCT, CAST, UNARY, POSTFIX = range(14)
LEVEL = {"||": OR, "&&": AND, "==": EQ, "!=": EQ, "<": LT, "<=": LT, ">": LT, ">=": LT, "|": BOR,
         "^": BXOR, "&": BAND, "<<": SHIFT, ">>": SHIFT, "+": SUM, "-": SUM, "*": PRODUCT,
         "%": PRODUCT}


class Node:
    def __init__(self, text, t, ev, level=POSTFIX, const=False, bare=False):
        self.text, self.t, self.ev, self.level = text, t, ev, level
        self.const, self.bare = const, bare


class Place(Node):
    """A node that can be written: read(env, at) and write(env, at, value), `at` from locate(env)."""

    def __init__(self, text, t, locate, read, write=None, const=False):
        super().__init__(text, t, lambda e: read(e, locate(e)), POSTFIX, const)
        self.locate, self.read, self.write = locate, read, write


class Expressions:
    """Makes expressions inside one function: `self.places` are the values in sight."""

    def __init__(self, rng, types):
        self.rng, self.types = rng, types
        self.places, self.effect, self.callees = [], 0, []

    # ---- pieces

    def ints(self, signed=None, most=256):
        return [t for t in self.types if t.kind == "int" and t.bits <= most
                and (signed is None or t.signed == signed)]

    def pick_int(self, signed=None, most=256):
        return self.rng.choice(self.ints(signed, most) or [m.integer(256, bool(signed))])

    def scaled(self, signed=None, measure=None):
        return [t for t in self.types if t.kind == "scaled"
                and (signed is None or t.signed == signed)
                and (measure is None or t.measure == measure)]

    def wrap(self, n, level):
        if n.level < level or self.rng.random() < 0.1:
            return f"({n.text})"
        return n.text

    def number(self, t):
        r = self.rng
        if r.random() < 0.4:  # so that not every sum overflows
            return min(r.randrange(1, 100) * r.choice([1, 1, 10 ** t.scale]), t.high)
        v = r.choice([0, 1, 2, 3, 5, 7, 10, r.randrange(100), 10 ** t.scale, 10 ** t.scale // 2,
                      t.high, t.high - 1, t.high // 2, t.high // 3, 1 << r.randrange(256),
                      (1 << r.choice([16, 32, 48, 64, 128, 255])) - r.randrange(3),
                      r.getrandbits(r.randrange(1, 257)), r.getrandbits(64), r.getrandbits(12)])
        if t.signed and r.random() < 0.5:
            v = -v
        return v if t.low <= v <= t.high else r.choice([0, min(1, t.high), r.randrange(t.high + 1)])

    def literal(self, t, bare=False, value=None):
        r = self.rng
        if t.kind == "struct":
            fields = [(n, self.literal(ft, False, 1 if n in t.checks else None))
                      for n, ft in t.fields]
            r.shuffle(fields)
            text = f"{t.name} {{ " + ", ".join(f"{n}: {f.text}" for n, f in fields) + " }"
            v = {n: f.ev(None) for n, f in fields}
            return Node(text, t, lambda e: m.copy(v), const=True)
        if t.kind == "array":
            if r.random() < 0.3:
                one = self.literal(t.base)
                v = one.ev(None)
                return Node(f"[{one.text}; {t.count}]", t,
                            lambda e: [m.copy(v) for _ in range(t.count)], const=True)
            parts = [self.literal(t.base) for _ in range(t.count)]
            return Node("[" + ", ".join(p.text for p in parts) + "]", t,
                        lambda e: [p.ev(None) for p in parts], const=True)
        v = self.number(t) if value is None else value
        is_bare = False
        level = POSTFIX
        if t.kind == "bool":
            text = "true" if v else "false"
        elif t.kind == "enum":
            text = f"{t.name}.{t.variants[v]}"
        elif t.kind in ("bits", "account"):
            text = f"{t.name}.raw({v})"
        elif t.kind == "time":
            text, level = f"{v} as time", CAST
        elif t.kind == "scaled":
            text = f"{t.name}.raw({v})"
            if t.name in ("wad", "ray", "bps") and r.random() < 0.5:
                scale, suffix = (2, "%") if t.name == "bps" else (t.scale, t.name)
                whole, part = divmod(v, 10 ** scale)
                text = f"{whole}.{part:0{scale}d}".rstrip("0").rstrip(".") + suffix
        elif v == t.low and t.signed:
            text = f"{t.name}.min"
        elif v == t.high and r.random() < 0.5:
            text = f"{t.name}.max"
        elif bare:
            text, is_bare = str(v), True
        else:
            text = f"{abs(v)}{t.name}"
            level, text = (UNARY, "-" + text) if v < 0 else (POSTFIX, text)
        if is_bare and v < 0:
            level = UNARY
        return Node(text, t, lambda e: v, level, True, is_bare)

    def seen(self, t, writable=False):
        found = [p for p in self.places if p.t is t and (p.write or not writable)]
        return self.rng.choice(found) if found else None

    def elements(self, p, depth):
        """A place inside p, or p itself."""
        r = self.rng
        while p.t.kind in ("struct", "array", "bits") and r.random() < 0.8:
            q = self.inside(p, depth)
            if q is None:
                break
            p = q
        return p

    def inside(self, p, depth):
        r = self.rng
        if p.t.kind == "struct":
            name, t = r.choice(p.t.fields)
            check = p.t.checks.get(name)

            def write(v, k, x):
                if check:
                    check(x)
                return put(v, k, x)
            return self.step(p, f"{p.text}.{name}", t, lambda e: name, lambda v, k: v[k], write)
        if p.t.kind == "bits":
            name, low, bits, t = r.choice(p.t.parts)
            mask = (1 << bits) - 1

            def write(v, _, x):
                if x > mask:
                    raise Trap("CAST")
                return v & ~(mask << low) | x << low
            return self.step(p, f"{p.text}.{name}", t, lambda e: None,
                             lambda v, k: v >> low & mask, write)
        n = p.t.count
        stored = getattr(p, "stored", False)
        constant = stored or depth <= 0 or r.random() < 0.4
        index = self.literal(self.u64, True, r.randrange(n)) if constant else self.index(n, depth)

        constant = constant or index.const

        def check(v, k):
            if k >= n:
                raise Trap("INDEX")
            return v[k]
        q = self.step(p, f"{p.text}[{index.text}]", p.t.base, index.ev, check,
                      lambda v, k, x: (check(v, k), put(v, k, x))[1])
        q.const = p.const and constant
        return q

    u64 = m.integer(64)

    def index(self, n, depth):
        r = self.rng
        if r.random() < 0.75:  # mostly inside
            a = self.expr(self.u64, depth - 1)
            if not a.const:
                return Node(f"{self.wrap(a, PRODUCT)} % {n}", self.u64, lambda e: a.ev(e) % n,
                            PRODUCT)
        a = self.expr(self.u64, depth - 1)
        if a.const:
            return self.literal(self.u64, True, r.randrange(n))
        return a

    @staticmethod
    def step(p, text, t, locate, get, set_):
        def read(e, at):
            return get(p.read(e, at[0]), at[1])

        def write(e, at, x):
            p.write(e, at[0], set_(p.read(e, at[0]), at[1], x))
        q = Place(text, t, lambda e: (p.locate(e), locate(e)), read, p.write and write, p.const)
        q.stored = getattr(p, "stored", False)
        return q

    def path(self, t, depth, writable=False):
        """A place of type t: a variable, or a part of one."""
        p = self.seen(t, writable) if self.rng.random() < 0.5 else None
        if p is not None:
            return p
        for _ in range(6):
            found = [p for p in self.places if p.write or not writable]
            if not found:
                return None
            p = self.elements(self.rng.choice(found), depth)
            if p.t is t and (not writable or p.write):
                return p
        return self.seen(t, writable)

    # ---- expressions

    def expr(self, t, depth=3, bare=False):
        r = self.rng
        for _ in range(4):
            n = None
            if depth <= 0 or r.random() < 0.25:
                n = (self.path(t, depth) if r.random() < 0.8 else None) or self.literal(t, bare)
            else:
                n = self.composed(t, depth)
            if n is None:
                continue
            if n.const and n.level != POSTFIX:
                try:
                    n.ev(None)
                except Trap:
                    continue
            elif n.const:
                try:
                    n.ev(None)
                except Trap:
                    continue
            return n
        return self.literal(t, bare)

    def composed(self, t, depth):
        r = self.rng
        forms = [self.conditional, self.conditional, self.call, self.call]
        if t.kind == "struct":
            forms += [self.struct] * 3
        elif t.kind == "array":
            forms += [self.array] * 3
        elif t.kind == "bool":
            forms += [self.compare] * 5 + [self.logic] * 4 + [self.bit]
        elif t.kind == "int":
            forms += [self.arithmetic] * 8 + [self.cast] * 3 + [self.builtin] * 6
        elif t.kind == "scaled":
            forms += [self.arithmetic] * 3 + [self.times] * 2 + [self.fixed] * 8 + [self.same_scale]
        elif t.kind == "time":
            forms += [self.time] * 3
        elif t.kind == "enum":
            forms += [self.cast_enum]
        elif t.kind == "bits":
            forms += [self.set_bit]
        return r.choice(forms)(t, depth)

    def operand(self, t, depth, bare=False):
        """Of type t, or of a narrower one that widens to it."""
        r = self.rng
        if t.kind == "int" and r.random() < 0.2:
            smaller = [s for s in self.ints(t.signed) if s.bits < t.bits]
            if smaller:
                return self.expr(r.choice(smaller), depth)
        return self.expr(t, depth, bare)

    def pair(self, t, depth):
        """Two operands whose common type is t."""
        r = self.rng
        a = self.expr(t, depth - 1)
        b = self.operand(t, depth - 1, t.kind == "int" and not a.bare)
        return (a, b) if r.random() < 0.7 or b.bare else (b, a)

    def infix(self, op, t, a, b, ev):
        level = LEVEL[op]
        left = self.wrap(a, level if level not in (EQ, LT) else level + 1)
        right = self.wrap(b, level + 1)
        return Node(f"{left} {op} {right}", t, ev, level, a.const and b.const)

    def arithmetic(self, t, depth):
        r = self.rng
        if t.signed:
            op = r.choice(["+", "-", "*", ">>", "neg"] if t.kind == "int" else ["+", "-", "neg"])
        else:
            op = r.choice(["+", "-", "*", "%", "&", "|", "^", "<<", ">>", "~"]
                          if t.kind == "int" else ["+", "-", "%"])
        if op in ("neg", "~"):
            a = self.expr(t, depth - 1)
            inner = self.wrap(a, UNARY) if a.text[0] not in "-~" else f"({a.text})"
            if a.bare:
                return None
            ev = (lambda e: m.fit(t, -a.ev(e))) if op == "neg" else (lambda e: t.high ^ a.ev(e))
            return Node(("-" if op == "neg" else "~") + inner, t, ev, UNARY, a.const)
        if op in ("<<", ">>"):
            a = self.expr(t, depth - 1)
            n = self.pick_int(False, 64)
            b = self.expr(n, depth - 1) if r.random() < 0.3 else \
                self.literal(n, True, r.choice([0, 1, 3, 7, 8, 31, 63, 64, 65, 127, 200, 255]) & n.high)
        else:
            a, b = self.pair(t, depth)
        if a.bare and b.bare:
            return None
        return self.infix(op, t, a, b, lambda e: m.binary(op, t, a.ev(e), b.ev(e)))

    def compare(self, t, depth):
        r = self.rng
        s = r.choice([x for x in self.types if x.scalar] + [TIME])
        ordered = s.kind in ("int", "scaled", "time")
        op = r.choice(["==", "!=", "<", "<=", ">", ">="] if ordered else ["==", "!="])
        if r.random() < 0.2 and s.kind in ("int", "scaled"):
            a, b = self.expr(s, depth - 1), Node("0", s, lambda e: 0, const=True, bare=True)
            if a.bare:
                return None
        else:
            a, b = self.pair(s, depth)
        test = {"==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__,
                ">": int.__gt__, ">=": int.__ge__}[op]
        return self.infix(op, BOOL, a, b, lambda e: int(test(int(a.ev(e)), int(b.ev(e)))))

    def logic(self, t, depth):
        a, b = self.expr(BOOL, depth - 1), self.expr(BOOL, depth - 1)
        k = self.rng.randrange(3)
        if k == 0:
            return Node("!" + self.wrap(a, UNARY), BOOL, lambda e: 1 - a.ev(e), UNARY, a.const)
        if k == 1:
            n = self.infix("&&", BOOL, a, b, lambda e: b.ev(e) if a.ev(e) else 0)
        else:
            n = self.infix("||", BOOL, a, b, lambda e: 1 if a.ev(e) else b.ev(e))
        return n

    def conditional(self, t, depth):
        c, a = self.expr(BOOL, depth - 1), self.expr(t, depth - 1)
        b = self.expr(t, depth - 1, t.kind == "int" and not a.bare)
        if self.rng.random() < 0.5:
            a, b = b, a
        return Node(f"{self.wrap(c, OR)} ? {a.text} : {b.text}", t,
                    lambda e: a.ev(e) if c.ev(e) else b.ev(e), COND,
                    a.const and b.const and c.const)

    def cast(self, t, depth):
        r = self.rng
        if r.random() < 0.15:
            s = r.choice([x for x in self.types if x.kind in ("enum", "bool")] + [TIME])
        else:
            s = self.pick_int()
        a = self.expr(s, depth - 1)
        return Node(f"{self.wrap(a, CAST)} as {t.name}", t,
                    lambda e: m.fit(t, a.ev(e), "CAST"), CAST, a.const)

    def cast_enum(self, t, depth):
        a = self.expr(self.pick_int(), depth - 1)
        return Node(f"{self.wrap(a, CAST)} as {t.name}", t,
                    lambda e: m.fit(t, a.ev(e), "CAST"), CAST, a.const)

    def time(self, t, depth):
        if self.rng.random() < 0.5:
            return self.cast_enum(t, depth)
        a, b = self.expr(TIME, depth - 1), self.operand(self.u64, depth - 1, True)
        op = self.rng.choice("+-")
        return self.infix(op, TIME, a, b, lambda e: m.binary(op, TIME, a.ev(e), b.ev(e)))

    def struct(self, t, depth):
        fields = [(n, self.expr(ft, depth - 1)) for n, ft in t.fields]
        self.rng.shuffle(fields)
        text = f"{t.name} {{ " + ", ".join(f"{n}: {f.text}" for n, f in fields) + " }"

        def ev(e):
            out = {}
            for n, f in fields:
                out[n] = m.copy(f.ev(e))
                t.checks.get(n, lambda x: None)(out[n])
            return out
        return Node(text, t, ev, const=not t.checks and all(f.const for _, f in fields))

    def array(self, t, depth):
        if self.rng.random() < 0.3:
            one = self.expr(t.base, depth - 1)
            return Node(f"[{one.text}; {t.count}]", t,
                        lambda e: (lambda v: [m.copy(v) for _ in range(t.count)])(one.ev(e)),
                        const=one.const)
        parts = [self.expr(t.base, depth - 1) for _ in range(t.count)]
        return Node("[" + ", ".join(p.text for p in parts) + "]", t,
                    lambda e: [m.copy(p.ev(e)) for p in parts],
                    const=all(p.const for p in parts))

    def arguments(self, types, depth):
        return [self.operand(t, depth - 1, t.kind == "int") for t in types]

    def call(self, t, depth):
        """Of a function of this program or another contract that gives one value of type t."""
        found = [f for f in self.callees if f.results == [t] and f.effect <= self.effect]
        if not found:
            return None
        f = self.rng.choice(found)
        args = self.arguments(f.parameters, depth)
        text = f"{f.call_name}(" + ", ".join(a.text for a in args) + ")"
        return Node(text, t, lambda e: f.run(e.world, [m.copy(a.ev(e)) for a in args])[0])

    # ---- builtins

    def apply(self, name, t, args, ev):
        text = f"{name}(" + ", ".join(a.text for a in args) + ")"
        return Node(text, t, lambda e: ev(*[a.ev(e) for a in args]), const=all(a.const for a in args))

    def builtin(self, t, depth):
        r = self.rng
        a, b = self.pair(t, depth)
        name = r.choice(["min", "max", "clamp", "sat", "div", "div", "mul", "muldiv", "own", "own"])
        if name in ("min", "max"):
            return self.apply(name, t, [a, b], min if name == "min" else max)
        if name == "clamp":
            c = self.operand(t, depth - 1)
            return self.apply(name, t, [a, b, c], lambda x, lo, hi: min(max(x, lo), hi))
        if name == "sat":
            op = r.choice(["add", "sub", "mul"])
            sign = {"add": "+", "sub": "-", "mul": "*"}[op]
            return self.apply(op + "_sat", t, [a, b], lambda x, y: m.saturated(
                t, x + y if sign == "+" else x - y if sign == "-" else x * y))
        if name == "div":
            return self.fused("div", t, depth)
        if name == "mul":
            return self.fused("mul", t, depth)
        if name == "muldiv":
            return self.fused("muldiv", t, depth)
        return self.own(t, depth, a, b)

    def own(self, t, depth, a, b):
        """What exists for this type alone."""
        r = self.rng
        u = self.expr(self.u256, depth - 1, True)
        n = self.expr(self.pick_int(False, 64), depth - 1)
        if t.signed and r.random() < 0.4:
            a = self.expr(t, depth - 1)
            return self.apply("abs", t, [a], lambda x: m.fit(t, abs(x)))
        if t.signed:
            def rest(how):
                def run(x, y):
                    if y == 0:
                        raise Trap("DIV_BY_ZERO")
                    return x - y * m.rounded(how, x, y)
                return run
            how = r.choice(["zero", "down"])
            return self.apply("mod_" + how, t, [a, b], rest(how))
        if t is self.u64:
            if r.random() < 0.5:
                return self.apply("bit_length", t, [u], int.bit_length)

            def following(x, i):
                return next((k for k in range(min(i, 256), 256) if x >> k & 1), 256)
            return self.apply("next_bit", t, [u, n], following)
        if t is not self.u256:
            return None
        k = r.randrange(7)
        if k == 0:
            op = r.choice(["add", "sub", "mul"])
            v = self.expr(self.u256, depth - 1, True)
            return self.apply(op + "_wrap", t, [u, v], lambda x, y: {
                "add": x + y, "sub": x - y, "mul": x * y}[op] % m.WORD)
        if k == 1:
            return self.apply("sqrt", t, [u], m.square_root)
        if k == 2:
            return self.apply("pow", t, [u, n], m.power)
        if k == 3:
            how = r.choice(["half_up", "down", "dec"])
            base = r.choice([self.literal(t, True, 10 ** r.choice([18, 27])), u])
            if how == "dec":
                return self.apply("decpow", t, [u, n, base], m.decpow)
            return self.apply("rpow_" + how, t, [u, n, base], lambda x, y, z: m.rpow(how, x, y, z))
        if k == 4 and self.scaled(False):
            s = self.expr(r.choice(self.scaled(False)), depth - 1)
            return None if s.bare else self.apply("raw", t, [s], lambda x: x)
        on = self.expr(BOOL, depth - 1)
        return self.apply("set_bit", t, [u, n, on], put_bit)

    u256 = m.integer(256)

    def bit(self, t, depth):
        u, n = self.expr(self.u256, depth - 1), self.expr(self.pick_int(False, 64), depth - 1)
        return self.apply("bit", BOOL, [u, n], lambda x, i: x >> min(i, 256) & 1)

    def set_bit(self, t, depth):
        a, n = self.expr(t, depth - 1), self.expr(self.pick_int(False, 64), depth - 1)
        return self.apply("set_bit", t, [a, n, self.expr(BOOL, depth - 1)], put_bit)

    # ---- fixed point

    def rounding(self, signed, plain=False):
        r = self.rng
        full = r.random() < 0.3
        names = m.I_ROUNDINGS if signed else m.U_ROUNDINGS[:4 if full or plain else 5]
        how = r.choice(names)
        return how, full, how + ("_full" if full else "")

    def not_zero(self, n):
        if n.const and n.ev(None) == 0:
            return self.literal(n.t, False, 3)
        if n.const and n.ev(None) >= m.HALF:
            return self.literal(n.t, False, 5)
        return n

    def small(self, n):
        """A constant from 2^255 up does not stand among signed numbers."""
        if n.const and n.t.number and n.ev(None) >= m.HALF:
            return self.literal(n.t, False, 7)
        return n

    def fused(self, form, t, depth):
        """mul_R, div_R, muldiv_R whose result has the type of the first operand."""
        r = self.rng
        a = self.small(self.expr(t, depth - 1))
        if a.bare:
            return None
        if form == "muldiv":
            b_type = r.choice([self.pick_int(None if t.signed else False)]
                              + self.scaled(None if t.signed else False))
            b = self.small(self.expr(b_type, depth - 1))
            c = self.not_zero(self.small(self.expr(b_type, depth - 1)))
            signed = t.signed or b_type.signed
            how, full, word = self.rounding(signed)
            return self.apply("muldiv_" + word, t, [a, b, c], lambda x, y, z: m.fit(
                t, m.muldiv(how, full, signed, x, y, z), "CAST"))
        factors = self.scaled(None if t.signed else False, "factor")
        if form == "div" and (r.random() < 0.6 or not factors):
            n_type = self.pick_int(None if t.signed else False)
            n = self.not_zero(self.small(self.expr(n_type, depth - 1)))
            signed = t.signed or n_type.signed
            how, full, word = self.rounding(signed, True)
            return self.apply("div_" + word, t, [a, n], lambda x, y: m.fit(
                t, m.quotient(how, signed, x, y), "CAST"))
        if not factors:
            return None
        f_type = r.choice(factors)
        f = self.small(self.expr(f_type, depth - 1))
        signed = t.signed or f_type.signed
        how, full, word = self.rounding(signed)
        one = 10 ** f_type.scale
        if form == "mul":
            return self.apply("mul_" + word, t, [a, f], lambda x, y: m.fit(
                t, m.muldiv(how, full, signed, x, y, one), "CAST"))
        f = self.not_zero(f)
        return self.apply("div_" + word, t, [a, f], lambda x, y: m.fit(
            t, m.muldiv(how, full, signed, x, one, y), "CAST"))

    def times(self, t, depth):
        n_type = self.pick_int(t.signed, 256 if t.wide else 64)
        a, b = self.expr(t, depth - 1), self.expr(n_type, depth - 1, True)
        if self.rng.random() < 0.5:
            return self.infix("*", t, b, a, lambda e: m.binary("*", t, b.ev(e), a.ev(e)))
        return self.infix("*", t, a, b, lambda e: m.binary("*", t, a.ev(e), b.ev(e)))

    def same_scale(self, t, depth):
        """From the same scale with or without sign, or out of raw digits."""
        r = self.rng
        twins = [s for s in self.scaled(not t.signed, t.measure)
                 if (s.scale, s.unit, s.size) == (t.scale, t.unit, t.size)]
        if twins and r.random() < 0.5:
            a = self.expr(twins[0], depth - 1)
            return Node(f"{self.wrap(a, CAST)} as {t.name}", t,
                        lambda e: m.fit(t, a.ev(e), "CAST"), CAST, a.const)
        a = self.expr(self.pick_int(t.signed), depth - 1)
        return self.apply(t.name + ".raw", t, [a], lambda x: m.fit(t, x, "CAST"))

    def fixed(self, t, depth):
        r = self.rng
        form = r.choice(["mul", "div", "muldiv", "ratio", "value", "units", "to", "to", "sat",
                         "rpow", "min"])
        if form in ("mul", "div", "muldiv"):
            return self.fused(form, t, depth)
        if form == "min":
            a, b = self.pair(t, depth)
            word = r.choice(["min", "max"])
            return self.apply(word, t, [a, b], min if word == "min" else max)
        if form == "sat":
            a, b = self.pair(t, depth)
            plus = r.random() < 0.5
            return self.apply("add_sat" if plus else "sub_sat", t, [a, b], lambda x, y: m.saturated(
                t, x + y if plus else x - y))
        if form == "rpow":
            if t.measure != "factor" or t.signed:
                return None
            how = r.choice(["half_up", "down", "dec"])
            one = 10 ** t.scale
            args = [self.expr(t, depth - 1), self.expr(self.pick_int(False, 64), depth - 1)]
            name = "decpow" if how == "dec" else "rpow_" + how
            return self.apply(name, t, args, lambda x, n: m.fit(
                t, m.decpow(x, n, one) if how == "dec" else m.rpow(how, x, n, one), "CAST"))
        return {"ratio": self.ratio, "value": self.value, "units": self.value,
                "to": self.rescale}[form](form, t, depth)

    def typed(self, name, word, t, args, ev):
        return self.apply(f"{name}{'_' + word if word else ''}<{t.name}>", t, args, ev)

    def ratio(self, form, t, depth):
        r = self.rng
        if t.measure != "factor":
            return None
        same = [x for x in self.types if x.number and (t.signed or not x.signed)]
        s = r.choice(same)
        a, b = self.small(self.expr(s, depth - 1)), self.not_zero(self.small(self.expr(s, depth - 1)))
        signed = s.signed or t.signed
        how, full, word = self.rounding(signed)
        one = 10 ** t.scale
        return self.typed("ratio", word, t, [a, b], lambda x, y: m.fit(
            t, m.muldiv(how, full, signed, x, one, y), "CAST"))

    def value(self, form, t, depth):
        """value_R of an amount or integer and a price, units_R back."""
        r = self.rng
        prices = self.scaled(None if t.signed else False, "price")
        others = [x for x in self.types
                  if (x.kind == "scaled" or (form == "value" and x.kind == "int"))
                  and (t.signed or not x.signed)]
        if not prices or not others:
            return None
        p_type, s = r.choice(prices), r.choice(others)
        if form == "value":
            shift = s.scale + p_type.scale - t.scale
        else:
            shift = t.scale + p_type.scale - s.scale
        signed = t.signed or s.signed or p_type.signed
        if not 0 <= shift <= (76 if signed else 77):
            return None
        a, p = self.small(self.expr(s, depth - 1)), self.small(self.expr(p_type, depth - 1))
        if a.bare:
            return None
        how, full, word = self.rounding(signed)
        one = 10 ** shift
        if form == "value":
            return self.typed("value", word, t, [a, p], lambda x, y: m.fit(
                t, m.muldiv(how, full, signed, x, y, one), "CAST"))
        p = self.not_zero(p)
        return self.typed("units", word, t, [a, p], lambda x, y: m.fit(
            t, m.muldiv(how, full, signed, x, one, y), "CAST"))

    def rescale(self, form, t, depth):
        kin = [x for x in self.scaled(t.signed, t.measure) if x.unit == t.unit]
        s = self.rng.choice(kin)
        a = self.expr(s, depth - 1)
        if s.scale <= t.scale:
            k = 10 ** (t.scale - s.scale)

            def up(x):
                whole = m.fit(m.integer(256, t.signed), x * k)
                return m.fit(t, whole, "CAST")
            return self.typed("to", "", t, [a], up)
        how, full, word = self.rounding(t.signed, True)
        one = 10 ** (s.scale - t.scale)
        return self.typed("to", word, t, [a], lambda x: m.fit(
            t, m.quotient(how, t.signed, x, one), "CAST"))


def put(v, k, x):
    v = dict(v) if isinstance(v, dict) else list(v)
    v[k] = m.copy(x)
    return v


def put_bit(x, i, on):
    if i >= 256:
        raise Trap("INDEX")
    return x | 1 << i if on else x & ~(1 << i)
