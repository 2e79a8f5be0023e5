"""Rows of a contract, and what a transaction does to them."""
import meaning as m
from meaning import Trap, Type

STEPS = 4000


class Break(Exception):
    pass


class Continue(Exception):
    pass


class Return(Exception):
    def __init__(self, values):
        super().__init__()
        self.values = values


class TooLong(Exception):
    """The call is not worth its gas: it is left out."""


class World:
    """The rows of one contract, and what a transaction did."""

    def __init__(self, prefix, other=None):
        self.prefix, self.other = prefix, other
        self.rows, self.events, self.steps, self.depth = {}, [], 0, 0

    def keep(self):
        return ({t: dict(r) for t, r in self.rows.items()}, len(self.events),
                self.other.keep() if self.other else None)

    def back(self, kept):
        self.rows = {t: dict(r) for t, r in kept[0].items()}
        del self.events[kept[1]:]
        if self.other:
            self.other.back(kept[2])

    def tick(self, n=1):
        self.steps += n
        if self.steps > STEPS:
            raise TooLong


class Env:
    def __init__(self, world):
        self.world, self.at = world, {}


class Table:
    """A table, or a state (no keys). Fields: (name, type, stored bytes or 0, default or None)."""

    def __init__(self, name, keys, fields, order=None):
        self.name, self.keys, self.fields, self.order = name, keys, fields, order
        self.row = Type("struct", f"{name}.row", fields=[(f[0], f[1]) for f in fields])
        self.row.checks = {f[0]: lambda x, f=f: narrow(f[1], 8, x) for f in fields if early(f)}

    def get(self, world, key):
        row = world.rows.setdefault(self.name, {}).get(key)
        if row is None:
            if any(f[3] is None for f in self.fields):
                raise Trap("MISSING_ROW")
            return {f[0]: f[3] for f in self.fields}
        return row

    def get_field(self, world, key, field):
        row = world.rows.setdefault(self.name, {}).get(key)
        if row is None:
            if field[3] is None:
                raise Trap("MISSING_ROW")
            return field[3]
        return row[field[0]]

    def put(self, world, key, row):
        for name, t, size, _ in self.fields:
            if size:
                narrow(t, size, row[name])
        world.rows.setdefault(self.name, {})[key] = m.copy(row)

    def put_field(self, world, key, field, value):
        if early(field):
            narrow(field[1], 8, value)
        row = dict(self.get(world, key))
        if field[2]:
            narrow(field[1], field[2], value)
        row[field[0]] = m.copy(value)
        world.rows[self.name][key] = row

    def text(self):
        keys = "[" + ", ".join(f"{n}: {t.name}" for n, t in self.keys) + "]" if self.keys else ""
        lines = [f"{'table' if self.keys else 'state'} {self.name}{keys} {{"]
        for name, t, size, default in self.fields:
            inside = f" in {'i' if t.signed else 'u'}{8 * size}" if size else ""
            end = f" = {constant(t, default)}" if default is not None else ""
            lines.append(f"    {name}: {t.name}{inside}{end};")
        if self.order:
            lines.append(f"    index by_{self.name}({', '.join(self.order)});")
        return lines + ["}"]


def early(field):
    """Must fit 64 bits already when it is put into the row's value. spec 07 §3"""
    return 0 < field[2] <= 8 and field[1].wide and not field[1].signed


def narrow(t, size, value):
    bits = 8 * size
    low, high = (-1 << (bits - 1), (1 << (bits - 1)) - 1) if t.signed else (0, (1 << bits) - 1)
    if not low <= value <= high:
        raise Trap("CAST")


def constant(t, v):
    if t.kind == "struct":
        return f"{t.name} {{ " + ", ".join(f"{n}: {constant(ft, v[n])}" for n, ft in t.fields) + " }"
    if t.kind == "array":
        return "[" + ", ".join(constant(t.base, x) for x in v) + "]"
    if t.kind == "bool":
        return "true" if v else "false"
    if t.kind == "enum":
        return f"{t.name}.{t.variants[v]}"
    return str(v) if t.kind == "int" or v == 0 else f"{t.name}.raw({v})"


class Function:
    def __init__(self, name, effect, parameters, results):
        self.name = self.call_name = name
        self.effect, self.parameters, self.results = effect, parameters, results
        self.lines, self.body, self.names = [], [], []
        self.away = False

    def run(self, world, args):
        if self.away:  # another contract: its own rows, the same transaction
            world, outer = world.other, world
            world.steps, world.depth = outer.steps, outer.depth
        world.tick(5)
        env = Env(world)
        env.at = dict(zip(self.names, args))
        try:
            for s in self.body:
                s(env)
            return []
        except Return as r:
            return r.values
        finally:
            if self.away:
                outer.steps = world.steps


NUMBERS = {"OVERFLOW": 101, "DIV_BY_ZERO": 102, "CAST": 103, "INDEX": 106, "MISSING_ROW": 107,
           "REVERT": 108, "UNREACHABLE": 118}


def show(values):
    return ", ".join("max" if v == m.WORD - 1 else str(int(v)) for v in values)
