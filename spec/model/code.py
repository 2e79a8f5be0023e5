"""The container: decoded into plain objects, in the order of spec 02 §2 and §3.

What the instructions may say is proved in validate.py.
"""
from . import hashes
from .bytes_io import Reader, u16
from .tables import LIMITS, Reject
from .values import BOOL, ENUM, INT, UINT, Field, Type, size_of

PURE, VIEW, TX = 0, 1, 2
PUBLIC, ON_BLOCK, INVARIANT, REENTRANT = 4, 8, 16, 32


class Table:
    def __init__(self, name, params, keys, values, indexes):
        self.name = name
        self.params = params
        self.keys = keys            # Fields
        self.values = values        # Fields
        self.indexes = indexes      # (name, list of value field numbers)

    def order_fields(self, ix):
        """The fields of order ix: 0 the key, k the index k - 1 and then the key (spec 04 §2)."""
        if ix == 0:
            return self.keys
        return [self.values[f] for f in self.indexes[ix - 1][1]] + self.keys


class Signature:
    """A name with parameters and results: an import, an error or an event."""

    def __init__(self, name, parameters, results=(), effect=None):
        self.name = name
        self.parameters = parameters
        self.results = list(results)
        self.effect = effect


class Function(Signature):
    def __init__(self, name, flags, parameters, results, wide, code):
        super().__init__(name, parameters, results, flags & 3)
        self.public = bool(flags & PUBLIC)
        self.on_block = bool(flags & ON_BLOCK)
        self.invariant = bool(flags & INVARIANT)
        self.reentrant = bool(flags & REENTRANT)
        self.wide = wide            # one bool per register
        self.code = code            # (op number, e, a, b, c, d)
        self.blocks = {}            # leader -> gas of its block; validate.py
        self.debug = []             # (register, name, unit); symbol section


class Code:
    """One contract."""

    def __init__(self):
        self.name = ""
        self.constants, self.enums, self.tables = [], [], []
        self.errors, self.events, self.imports, self.functions = [], [], [], []
        self.hash = b""


def decode(container):
    """spec 02 §2: the whole container; Reject when it is not one."""
    if len(container) > LIMITS["CODE_SIZE_MAX"]:
        raise Reject("LIMIT", "container")
    outer = Reader(container)
    outer.magic(b"PLIM")
    if outer.u16() != 1:
        raise Reject("VERSION", "format")
    if outer.u16() != 1:
        raise Reject("VERSION", "semantics")
    body = outer.take(outer.u32())
    symbols = outer.take(outer.u32())
    outer.end()
    code = _body(Reader(body))
    code.hash = hashes.tagged("code", u16(1) + u16(1) + body)
    if symbols:
        _symbols(Reader(symbols), code)
    return code


def _count(value, low, high, what):
    if not low <= value <= high:
        raise Reject("LIMIT", what)
    return value


def _unique(names, what):
    if len(set(names)) != len(names):
        raise Reject("DUPLICATE", what)


def _type(reader, code):
    kind, size, scale, extra = reader.u8(), reader.u8(), reader.u8(), reader.u8()
    if kind > ENUM or scale > 77:
        raise Reject("TYPE")
    if kind in (UINT, INT):
        good = 1 <= size <= 32
    else:
        good = size == (1 if kind in (BOOL, ENUM) else 32)
    if not good:
        raise Reject("TYPE", "size")
    if kind != ENUM:
        if extra != 0:
            raise Reject("TYPE", "extra")
        return Type(kind, size, scale)
    if extra >= len(code.enums):
        raise Reject("TYPE", "enum")
    return Type(kind, size, scale, extra, len(code.enums[extra][1]))


def _field(reader, code):
    return Field(reader.name(), reader.text(), _type(reader, code))


def _fields(reader, code, low, high, what):
    fields = [_field(reader, code) for _ in range(_count(reader.u8(), low, high, what))]
    _unique([field.name for field in fields], what)
    return fields


def _body(reader):
    code = Code()
    code.name = reader.name()
    count = _count(reader.u16(), 0, LIMITS["CONSTANTS_MAX"], "constants")
    code.constants = [reader.uint(32) for _ in range(count)]
    for _ in range(_count(reader.u8(), 0, LIMITS["ENUMS_MAX"], "enums")):
        name = reader.name()
        variants = [reader.name()
                    for _ in range(_count(reader.u8(), 1, LIMITS["ENUM_VARIANTS_MAX"], "variants"))]
        _unique(variants, "variants")
        code.enums.append((name, variants))
    _unique([name for name, _ in code.enums], "enums")
    for _ in range(_count(reader.u8(), 0, LIMITS["TABLES_MAX"], "tables")):
        code.tables.append(_table(reader, code))
    _unique([table.name for table in code.tables], "tables")
    if sum(table.params for table in code.tables) > 1:
        raise Reject("DUPLICATE", "params tables")
    for part, limit in (("errors", "ERRORS_MAX"), ("events", "EVENTS_MAX")):
        out = getattr(code, part)
        for _ in range(_count(reader.u16(), 0, LIMITS[limit], part)):
            name = reader.name()
            out.append(Signature(name, _fields(reader, code, 0, LIMITS["ARGUMENTS_MAX"], part)))
        _unique([item.name for item in out], part)
    for _ in range(_count(reader.u16(), 0, LIMITS["IMPORTS_MAX"], "imports")):
        name, effect = reader.name(), reader.u8()
        if effect > TX:
            raise Reject("NON_CANONICAL", "import effect")
        parameters = _fields(reader, code, 0, LIMITS["PARAMETERS_MAX"], "parameters")
        results = _fields(reader, code, 0, LIMITS["RESULTS_MAX"], "results")
        code.imports.append(Signature(name, parameters, results, effect))
    _unique([item.name for item in code.imports], "imports")
    for _ in range(_count(reader.u16(), 0, LIMITS["FUNCTIONS_MAX"], "functions")):
        code.functions.append(_function(reader, code))
    _unique([function.name for function in code.functions], "functions")
    reader.end()
    return code


def _table(reader, code):
    name, flags = reader.name(), reader.u8()
    if flags > 1:
        raise Reject("NON_CANONICAL", "table flags")
    keys = _fields(reader, code, 0, LIMITS["KEY_FIELDS_MAX"], "keys")
    values = []
    for _ in range(_count(reader.u8(), 1, LIMITS["ROW_FIELDS_MAX"], "values")):
        values.append(_value_field(reader, code, flags & 1))
    _unique([field.name for field in keys + values], "table fields")
    indexes = []
    for _ in range(_count(reader.u8(), 0, LIMITS["TABLE_INDEXES_MAX"], "indexes")):
        index_name = reader.name()
        count = _count(reader.u8(), 1, LIMITS["INDEX_FIELDS_MAX"], "index fields")
        numbers = [reader.u8() for _ in range(count)]
        if any(number >= len(values) for number in numbers):
            raise Reject("CODE_REFERENCE", "index field")
        _unique(numbers, "index fields")
        indexes.append((index_name, numbers))
    _unique([index[0] for index in indexes], "indexes")
    if size_of(keys) > LIMITS["KEY_SIZE_MAX"] or size_of(values) > LIMITS["ROW_SIZE_MAX"]:
        raise Reject("LIMIT", "row size")
    if flags & 1 and (keys or indexes):
        raise Reject("TYPE", "params table with a key or an index")
    return Table(name, bool(flags & 1), keys, values, indexes)


def _value_field(reader, code, params):
    """spec 02 §3: field, flags, then default, min and max as flagged."""
    field, flags = _field(reader, code), reader.u8()
    if flags > 3:
        raise Reject("NON_CANONICAL", "field flags")
    size, order = field.type.size, field.type.order
    if flags & 1:
        field.default = reader.take(size)
    if flags & 2:
        if not params:
            raise Reject("TYPE", "range outside params")
        field.low, field.high = reader.take(size), reader.take(size)
    for raw in (field.default, field.low, field.high):
        if raw is not None and not field.type.canonical(raw):
            raise Reject("NON_CANONICAL", field.name)
    if flags & 2 and order(field.low) > order(field.high):
        raise Reject("RANGE", field.name)
    if flags == 3 and not order(field.low) <= order(field.default) <= order(field.high):
        raise Reject("RANGE", field.name)
    return field


def _function(reader, code):
    name, flags = reader.name(), reader.u16()
    if flags >= 64 or flags & 3 > TX:
        raise Reject("NON_CANONICAL", "function flags")
    parameters = _fields(reader, code, 0, LIMITS["PARAMETERS_MAX"], "parameters")
    results = _fields(reader, code, 0, LIMITS["RESULTS_MAX"], "results")
    registers = _count(reader.u16(), 0, LIMITS["REGISTERS_MAX"], "registers")
    bits = reader.take((registers + 7) // 8)
    wide = [bool(bits[i // 8] >> i % 8 & 1) for i in range(8 * len(bits))]
    if any(wide[registers:]):
        raise Reject("NON_CANONICAL", "spare register bits")
    wide = wide[:registers]
    count = _count(reader.u16(), 1, LIMITS["FUNCTION_CODE_MAX"], "instructions")
    instructions = []
    for _ in range(count):
        number, e = reader.u8(), reader.u8()
        instructions.append((number, e, reader.u16(), reader.u16(), reader.u16(), reader.u16()))
    function = Function(name, flags, parameters, results, wide, instructions)
    _flags(function)
    # spec 02 §3: parameters are the first registers and have the kind of their types.
    if registers < len(parameters):
        raise Reject("CODE_SIGNATURE", "fewer registers than parameters")
    if wide[:len(parameters)] != [field.type.wide for field in parameters]:
        raise Reject("CODE_SIGNATURE", "a parameter's register kind")
    return function


def _flags(function):
    """spec 02 §3: hooks, invariants, reentrant."""
    if function.on_block:
        if (function.effect != TX or function.parameters or function.results or function.public):
            raise Reject("CODE_SIGNATURE", "on_block")
    if function.invariant:
        one_bool = len(function.results) == 1 and function.results[0].type.kind == BOOL
        if function.effect == TX or function.parameters or not one_bool:
            raise Reject("CODE_SIGNATURE", "invariant")
    if function.reentrant and not function.public:
        raise Reject("CODE_SIGNATURE", "reentrant")


def _symbols(reader, code):
    """spec 02 §3, last paragraph: exactly as long as it says."""
    files = [reader.text() for _ in range(reader.u16())]
    for function in code.functions:
        for _ in range(reader.u16()):
            register = reader.u16()
            function.debug.append((register, reader.name(), reader.text()))
        for _ in function.code:
            if reader.u16() >= len(files):
                raise Reject("RANGE", "symbol file")
            reader.u32()
    reader.end()
