"""Types, fields, and values on their way between registers and bytes (spec 02 §1, §5)."""
from .tables import Reject, Trap

BOOL, UINT, INT, ACCOUNT, SYMBOL, BYTES32, ENUM = range(7)


class Type:
    """class u8 | size u8 | scale u8 | extra u8; `variants` is the enum's variant count."""

    def __init__(self, kind, size, scale=0, extra=0, variants=0):
        self.kind = kind
        self.size = size
        self.scale = scale
        self.extra = extra
        self.variants = variants
        # spec 02 §1: bool, enum and uint up to 8 bytes live in narrow registers.
        self.wide = kind not in (BOOL, ENUM) and not (kind == UINT and size <= 8)

    def same(self, other):
        """spec 02 §5: class and size are equal; scale and extra do not matter."""
        return (self.kind, self.size) == (other.kind, other.size)

    def fits(self, register):
        """Whether a register's value has a stored form of this type (spec 02 §5)."""
        if self.kind == BOOL:
            return register <= 1
        if self.kind == ENUM:
            return register < self.variants
        if self.kind == UINT:
            return register < 1 << 8 * self.size
        if self.kind == INT:
            value = as_signed(register)
            return -(1 << 8 * self.size - 1) <= value < 1 << 8 * self.size - 1
        if self.kind == SYMBOL:
            return is_symbol(register.to_bytes(32, "big"))
        return True

    def store(self, register):
        """The stored form; CAST when the value does not fit."""
        if not self.fits(register):
            raise Trap("CAST")
        if self.kind == INT:
            return as_signed(register).to_bytes(self.size, "big", signed=True)
        return register.to_bytes(self.size, "big")

    def load(self, raw):
        """The register's value of a stored form."""
        if self.kind == INT:
            return int.from_bytes(raw, "big", signed=True) % (1 << 256)
        return int.from_bytes(raw, "big")

    def canonical(self, raw):
        """Whether these bytes are the stored form of some value."""
        return len(raw) == self.size and self.fits(self.load(raw))

    def order(self, raw):
        """spec 04 §2: what the order compares: bytes as unsigned, int by value."""
        return int.from_bytes(raw, "big", signed=self.kind == INT)


def as_signed(word):
    return word - (1 << 256) if word >> 255 else word


def is_symbol(raw):
    """spec 02 §1: ASCII 0x21..0x7e, then zero bytes to the end."""
    text = raw.rstrip(b"\0")
    return all(0x21 <= c <= 0x7e for c in text)


def symbol(text):
    """The 32 bytes of a symbol's text."""
    raw = text.encode("ascii")
    if len(raw) > 32:
        raise Reject("NAME", text)
    return raw.ljust(32, b"\0")


class Field:
    """name | unit | type, and for value fields default, min, max (stored forms or None)."""

    def __init__(self, name, unit, type_, default=None, low=None, high=None):
        self.name = name
        self.unit = unit
        self.type = type_
        self.default = default
        self.low = low
        self.high = high


def split(fields, raw):
    """Stored forms of the fields out of their concatenation."""
    out, at = [], 0
    for field in fields:
        out.append(raw[at:at + field.type.size])
        at += field.type.size
    return out


def size_of(fields):
    return sum(field.type.size for field in fields)


def store_all(fields, registers):
    """spec 02 §6: the concatenation of stored forms, CAST when one does not fit."""
    return b"".join([field.type.store(value) for field, value in zip(fields, registers)])


def load_all(fields, raw):
    return [field.type.load(piece) for field, piece in zip(fields, split(fields, raw))]


def canonical_all(fields, raw):
    return len(raw) == size_of(fields) and all(
        field.type.canonical(piece) for field, piece in zip(fields, split(fields, raw)))
