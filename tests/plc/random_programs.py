#!/usr/bin/env python3
"""Random contracts whose results are known before they are compiled.

  python3 tests/plc/random_programs.py --count N --seed S --out DIR [--runner PATH]

Writes DIR/good/sNNN.plim with `// call` lines for tests/plc/runner.c, and runs it when given. The
results come from evaluating the program while it is written, by the rules of spec 01 and 07 alone
(meaning.py). One seed, one set of programs."""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys

import meaning as m
from meaning import BOOL, TIME, Trap, Type
from random_expressions import Place
from random_statements import U32, U64, Body
from random_world import Function, Table, TooLong, World, constant, show


class Contract:
    """One random contract; `other` is the one that it calls."""

    def __init__(self, rng, name, other=None, number=1):
        self.rng, self.name, self.other = rng, name, other
        self.heads, self.types = [], []
        self.constants, self.tables, self.lists = [], [], []
        self.callees, self.away, self.public = [], [], []
        if other:
            self.types = list(other.plain_types)
            self.heads += [f"type {t.name} = {t.written};" for t in self.types if hasattr(t, "written")]
        else:
            self.make_numbers()
        self.plain_types = list(self.types)
        self.make_types()
        self.make_constants()
        self.make_tables()
        self.few = [U64] + rng.sample(self.types, 4)  # the types of most variables
        self.errors = [(f"Bad{i}", self.some_types(3)) for i in range(2)]
        self.events = [(f"Seen{i}", self.some_types(3)) for i in range(2)]
        self.environment = [Place("now", TIME, lambda e: None, lambda e, k: 1000),
                            Place("height", U64, lambda e: None, lambda e, k: 7),
                            Place("self_number", U32, lambda e: None, lambda e, k: number)]
        self.keyed = [t for t in self.tables if t.keys]
        if other:
            self.make_interface(other)
        self.make_functions()

    # ---- declarations

    def make_numbers(self):
        r = self.rng
        sizes = r.sample([8, 16, 24, 32, 40, 56, 64, 72, 104, 128, 136, 200, 248, 256], 4)
        for bits in set(sizes) | {8, 32, 64, 256}:
            self.types.append(m.integer(bits))
        for bits in r.sample([8, 16, 64, 128, 200, 256], 2):
            self.types.append(m.integer(bits, True))
        self.types += [m.scaled("bps", "factor", 4, size=4)]
        self.types += r.sample([m.scaled("wad", "factor", 18), m.scaled("ray", "factor", 27),
                                m.scaled("iwad", "factor", 18, True),
                                m.scaled("ibps", "factor", 4, True, size=4)], 2)
        for name, measure, scale, signed, unit in r.sample([
                ("usd", "amount", 8, False, "USD"), ("usdx", "amount", 18, False, "USD"),
                ("iusd", "amount", 8, True, "USD"), ("eth", "amount", 18, False, "ETH"),
                ("px", "price", 8, False, ""), ("ipx", "price", 18, True, "")], 3):
            t = m.scaled(name, measure, scale, signed, unit)
            form = ("i" if signed else "") + measure
            t.written = f"{form}<{unit}, {scale}>" if unit else f"{form}<{scale}>"
            self.types.append(t)
            self.heads.append(f"type {name} = {t.written};")

    def scalar(self, keys=False):
        r = self.rng
        found = [t for t in self.types if t.scalar]
        if keys:
            found = [t for t in found if t.kind in ("int", "enum")]
        return r.choice(found)

    def some_types(self, most):
        return [self.rng.choice(self.types) for _ in range(self.rng.randrange(most + 1))]

    def make_types(self):
        r = self.rng
        variants = [f"e{i}" for i in range(r.randrange(1, 5))]
        mode = Type("enum", "Mode", 0, len(variants) - 1, 1, variants=variants)
        self.heads.append(f"enum Mode {{ {', '.join(variants)} }}")
        parts, low = [], 0
        for i in range(r.randrange(2, 5)):
            low += r.choice([0, 0, 3, 17])
            bits = r.choice([1, 2, 8, 13, 16, 33, 64, 65, 100])
            if low + bits > 256:
                break
            t = BOOL if bits == 1 else m.integer(-(-bits // 8) * 8)
            word = f"{low}" if bits == 1 else f"{low}..{low + bits}"
            extra = ""
            if 1 < bits <= 32 and r.random() < 0.3:
                t, extra = m.scaled("bps", "factor", 4, size=4), " as bps"
            parts.append((f"p{i}", low, bits, t, f"p{i}: {word}{extra};"))
            low += bits
        flags = Type("bits", "Flags", 0, m.WORD - 1, parts=[p[:4] for p in parts])
        self.heads.append("bitfield Flags { " + " ".join(p[4] for p in parts) + " }")
        self.types += [BOOL, mode, flags]
        for i in range(2):
            fields = [(f"f{k}", r.choice(self.types)) for k in range(r.randrange(1, 4))]
            t = Type("struct", f"S{i}", fields=fields)
            if t.leaves() <= 10:
                self.types.append(t)
                body = " ".join(f"{n}: {ft.name};" for n, ft in fields)
                self.heads.append(f"struct S{i} {{ {body} }}")
        for _ in range(2):
            base, count = r.choice(self.types), r.randrange(1, 4)
            if base.leaves() * count <= 12:
                name = f"{base.name}[{count}]"
                if all(t.name != name for t in self.types):
                    self.types.append(Type("array", name, base=base, count=count))

    def value(self, t):
        if t.kind == "struct":
            return {n: self.value(ft) for n, ft in t.fields}
        if t.kind == "array":
            return [self.value(t.base) for _ in range(t.count)]
        return Body.number(self, t)

    def make_constants(self):
        for i in range(2):
            t = self.rng.choice(self.types)
            v = self.value(t)
            self.heads.append(f"const K{i}: {t.name} = {constant(t, v)};")
            self.constants.append(Place(f"K{i}", t, lambda e: None, lambda e, k, v=v: m.copy(v),
                                        None, True))

    def make_tables(self):
        r = self.rng
        for i in range(r.randrange(1, 4)):
            keys = [(f"k{k}", self.scalar(True)) for k in range(r.choice([0, 1, 1, 2, 2, 3]))]
            defaults = not keys or r.random() < 0.85
            fields = []
            for k in range(r.randrange(1, 4)):
                t = r.choice(self.types)
                size = 0
                if t.kind in ("int", "scaled") and t.size == 32 and r.random() < 0.4:
                    size = r.choice([1, 4, 8, 16])
                low, high = (t.low, t.high) if not size else \
                    ((-1 << (8 * size - 1), (1 << (8 * size - 1)) - 1) if t.signed
                     else (0, (1 << 8 * size) - 1))
                v = self.value(t)
                if t.scalar and not low <= v <= high:
                    v = r.randrange(high + 1)
                fields.append((f"c{k}", t, size, v if defaults or r.random() < 0.4 else None))
            if sum(32 * f[1].leaves() for f in fields) > 900:
                continue
            plain = [f[0] for f in fields if f[1].kind in ("int", "enum", "time") and not f[2]]
            order = r.sample(plain, min(len(plain), r.randrange(1, 3))) if keys else None
            self.tables.append(Table(f"t{i}", keys, fields, order))
        if r.random() < 0.6:
            self.lists.append(("l0", Table("l0", [("i", U32)], [("v", U32, 0, None)]),
                               Table("l0.size", [], [("count", U32, 0, 0)])))

    def make_interface(self, other):
        lines = []
        for f in other.public:
            if any(not t.scalar or t not in self.types for t in f.parameters + f.results):
                continue
            g = Function(f.name, max(1, f.effect), f.parameters, f.results)
            g.body, g.names, g.away, g.call_name = f.body, f.names, True, f"away.{f.name}"
            self.away.append(g)
            self.callees.append(g)
            lines.append(f"    {signature(f, g.effect)};")
        self.heads += ["interface Other {"] + lines + ["}", "param away: contract<Other> = 2;"]

    # ---- functions

    def make_functions(self):
        r = self.rng
        self.functions, self.fills = [], []
        for t in self.keyed:
            self.fill(t)
        for i in range(r.randrange(2, 6)):
            effect = r.choice([0, 0, 0, 1, 2, 2])
            self.function(f"in{i}", effect,
                          [r.choice(self.few + self.types[:2]) for _ in range(r.randrange(4))],
                          [r.choice(self.types) for _ in range(r.choice([0, 1, 1, 1, 1, 2, 3]))],
                          r.choice([0, 0, 1, 2, 4]), False)
        for i in range(r.randrange(2, 4)):
            only = [t for t in self.plain_types] if not self.other else self.types
            self.function(f"f{i}", r.choice([0, 1, 2, 2]),
                          [r.choice(only) for _ in range(r.randrange(4))],
                          [r.choice(only) for _ in range(r.randrange(4))],
                          r.randrange(2, 9), True)

    def fill(self, table):
        """Some rows to begin with."""
        f = Function(f"fill_{table.name}", 2, [], [])
        body = Body(self, f)
        body.places = []
        for _ in range(self.rng.randrange(3, 8)):
            keys = [body.literal(t, False, self.rng.randrange(min(t.high, 3) + 1)) for _, t in table.keys]
            fields = {n: body.literal(t, False, 1 if size else None) for n, t, size, _ in table.fields}
            text = ", ".join(f"{n}: {v.text}" for n, v in fields.items())
            f.lines.append(f"    store {table.name}[{', '.join(k.text for k in keys)}] ="
                           f" {table.name}.row {{ {text} }};")
            key = tuple(k.ev(None) for k in keys)
            row = {n: v.ev(None) for n, v in fields.items()}
            f.body.append(lambda e, key=key, row=row: table.put(e.world, key, row))
        f.public = True
        self.functions.append(f)
        self.fills.append(f)

    def function(self, name, effect, parameters, results, size, public):
        if sum(t.leaves() for t in parameters) > 30 or sum(t.leaves() for t in results) > 60:
            return
        f = Function(name, effect, parameters, results)
        body = Body(self, f)
        for _ in range(size):
            f.body.append(body.statement(1, 2))
        if results:
            f.body.append(body.return_(1))
        f.public = public
        self.callees.append(f)
        self.functions.append(f)
        if public:
            self.public.append(f)

    def text(self):
        out = [f"contract {self.name};"] + self.heads
        for name, types in self.errors:
            out.append(f"error {name}({parameters(types)});")
        for name, types in self.events:
            out.append(f"event {name}({parameters(types)});")
        for t in self.tables:
            out += t.text()
        out += [f"list {name}: u32;" for name, _, _ in self.lists]
        for f in self.functions:
            word = "public " if f.public else ""
            out.append(f"{word}{signature(f, f.effect, f.names)} {{")
            out += f.lines + ["}"]
        for t in self.keyed:  # what the rows are afterwards
            out.append(f"public view look_{t.name}({', '.join(f'{n}: {k.name}' for n, k in t.keys)})"
                       f" -> (bool{''.join(', ' + f[1].name for f in t.fields)}) {{")
            key = ", ".join(n for n, _ in t.keys)
            fields = "".join(f", {t.name}[{key}].{f[0]}" for f in t.fields)
            out.append(f"    return (exists({t.name}[{key}]){fields});")
            out.append("}")
        return out


def parameters(types, names=None):
    return ", ".join(f"{names[i] if names else 'a' + str(i)}: {t.name}" for i, t in enumerate(types))


def signature(f, effect, names=None):
    text = f"{['pure', 'view', 'tx'][effect]} {f.name}({parameters(f.parameters, names)})"
    if len(f.results) == 1:
        text += f" -> {f.results[0].name}"
    elif f.results:
        text += f" -> ({', '.join(t.name for t in f.results)})"
    return text


def calls(rng, contract, world):
    """Calls in a row on one world, and what they give."""
    out = []
    todo = contract.fills + [rng.choice(contract.public) for _ in range(rng.randrange(6, 14))]
    for f in todo:
        args = [contract.value(t) for t in f.parameters]
        flat = [x for t, v in zip(f.parameters, args) for x in t.flat(v)]
        kept = world.keep()
        world.events.clear()
        world.steps = 0
        if world.other:
            world.other.events = world.events
        try:
            values = f.run(world, args)
            flat_out = [x for t, v in zip(f.results, values) for x in t.flat(v)]
            gives = show(flat_out) if flat_out else "ok"
        except Trap as t:
            world.back(kept)
            gives = str(t) if str(t).startswith("REVERT") else f"TRAP {t}"
        except (TooLong, RecursionError):
            world.back(kept)
            continue
        out.append(f"// call {f.name}({show(flat)}) -> {gives}")
        if not gives.startswith(("TRAP", "REVERT")):
            out.append("// events " + "; ".join(world.events))
    for t in contract.keyed:
        for key in list(world.rows.get(t.name, {}))[:4]:
            row = world.rows[t.name][key]
            values = [1] + [x for f in t.fields for x in f[1].flat(row[f[0]])]
            out.append(f"// call look_{t.name}({show(key)}) -> {show(values)}")
    return out


def program(seed, folder, number):
    rng = random.Random(f"{seed}/{number}")
    name = f"s{number:05d}"
    other = Contract(rng, "other_" + name, None, 2) if rng.random() < 0.5 else None
    contract = Contract(rng, name, other)
    world = World("", None)
    if other:
        world.other = World("other.", None)
    lines = contract.text()
    if other:
        lines.insert(1, f"// with {name}.lib")
        (folder / f"{name}.lib").write_text("\n".join(other.text()) + "\n")
    lines += calls(rng, contract, world)
    (folder / f"{name}.plim").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first program")
    parser.add_argument("--out", required=True)
    parser.add_argument("--runner", help="tests/plc/runner as built: run them")
    options = parser.parse_args()
    out = pathlib.Path(options.out)
    passed = failed = 0
    for start in range(options.first, options.first + options.count, 250):
        shutil.rmtree(out / "good", ignore_errors=True)
        (out / "good").mkdir(parents=True)
        for i in range(start, min(start + 250, options.first + options.count)):
            program(options.seed, out / "good", i)
        if not options.runner:
            continue
        ran = subprocess.run([options.runner, "--only", str(out)], capture_output=True, text=True,
                             errors="replace", check=False)
        lines = ran.stdout.splitlines()
        tail = lines[-1].split() if lines and lines[-1].endswith("failed") else ["0", "", "1"]
        passed, failed = passed + int(tail[0]), failed + int(tail[2])
        if int(tail[2]) or ran.returncode != 0:
            print("\n".join(lines[:-1]), ran.stderr)
            break
    if options.runner:
        print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
