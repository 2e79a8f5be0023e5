"""Containers written from code.Code objects (spec 02 §2, §3): for generated programs and tests."""
from .bytes_io import name, text8, u8, u16, u32
from .tables import OP_BY_NAME


def instruction(op_name, a=0, b=0, c=0, d=0, e=0):
    """The tuple that code.decode makes of an instruction."""
    return OP_BY_NAME[op_name].number, e, a, b, c, d


def type_(t):
    return u8(t.kind) + u8(t.size) + u8(t.scale) + u8(t.extra)


def field(f):
    return name(f.name) + text8(f.unit) + type_(f.type)


def fields(items):
    return u8(len(items)) + b"".join(field(item) for item in items)


def table(t):
    out = [name(t.name), u8(int(t.params)), fields(t.keys), u8(len(t.values))]
    for value in t.values:
        flags = (value.default is not None) + 2 * (value.low is not None)
        out += [field(value), u8(flags), value.default or b"", value.low or b"", value.high or b""]
    out.append(u8(len(t.indexes)))
    for index_name, numbers in t.indexes:
        out += [name(index_name), u8(len(numbers)), bytes(numbers)]
    return b"".join(out)


def function(f):
    flags = (f.effect | f.public << 2 | f.on_block << 3 | f.invariant << 4 | f.reentrant << 5)
    bits = bytearray((len(f.wide) + 7) // 8)
    for i, wide in enumerate(f.wide):
        bits[i // 8] |= wide << i % 8
    out = [name(f.name), u16(flags), fields(f.parameters), fields(f.results), u16(len(f.wide)),
           bytes(bits), u16(len(f.code))]
    for number, e, a, b, c, d in f.code:
        out.append(u8(number) + u8(e) + u16(a) + u16(b) + u16(c) + u16(d))
    return b"".join(out)


def body(code):
    out = [name(code.name), u16(len(code.constants))]
    out += [constant.to_bytes(32, "big") for constant in code.constants]
    out.append(u8(len(code.enums)))
    for enum_name, variants in code.enums:
        out += [name(enum_name), u8(len(variants)), b"".join(name(v) for v in variants)]
    out += [u8(len(code.tables))] + [table(t) for t in code.tables]
    for items in (code.errors, code.events):
        out += [u16(len(items))] + [name(i.name) + fields(i.parameters) for i in items]
    out.append(u16(len(code.imports)))
    for item in code.imports:
        out += [name(item.name), u8(item.effect), fields(item.parameters), fields(item.results)]
    out += [u16(len(code.functions))] + [function(f) for f in code.functions]
    return b"".join(out)


def symbols(code):
    """A symbol section with one file and every instruction on its own line."""
    out = [u16(1), text8(code.name[:58] + ".plim")]
    line = 0
    for f in code.functions:
        out.append(u16(len(f.parameters)))
        out += [u16(i) + name(p.name) + text8(p.unit) for i, p in enumerate(f.parameters)]
        for _ in f.code:
            line += 1
            out.append(u16(0) + u32(line))
    return b"".join(out)


def container(code, with_symbols=False):
    inner = body(code)
    tail = symbols(code) if with_symbols else b""
    return b"PLIM" + u16(1) + u16(1) + u32(len(inner)) + inner + u32(len(tail)) + tail
