"""Big-endian bytes in and out. The reader refuses what is too short or too long."""
from .tables import Reject


class Reader:
    """Walks over bytes; every step that would leave them raises TRUNCATED."""

    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def take(self, size):
        if size > len(self.data) - self.at:
            raise Reject("TRUNCATED", "at byte %d" % self.at)
        piece = self.data[self.at:self.at + size]
        self.at += size
        return piece

    def must_hold(self, count, size):
        """spec 06 §1: a count is believed only as far as entries of this size could go on."""
        if count > (len(self.data) - self.at) // size:
            raise Reject("TRUNCATED", "%d entries at byte %d" % (count, self.at))

    def uint(self, size):
        return int.from_bytes(self.take(size), "big")

    def u8(self):
        return self.uint(1)

    def u16(self):
        return self.uint(2)

    def u32(self):
        return self.uint(4)

    def u64(self):
        return self.uint(8)

    def magic(self, text):
        if self.take(len(text)) != text:
            raise Reject("MAGIC", text.decode())

    def done(self):
        return self.at == len(self.data)

    def end(self):
        """spec 06: nothing may follow."""
        if not self.done():
            raise Reject("TRAILING", "at byte %d" % self.at)

    def name(self):
        """spec 02 §3: parts of letters, digits and _ joined by single points."""
        raw = self.take(self.u8())
        if not is_name(raw):
            raise Reject("NAME", repr(raw))
        return raw.decode()

    def text(self, size_max=63):
        """spec 02 §3: text is size u8 (0..63), printable ASCII."""
        size = self.u8()
        if size > size_max:
            raise Reject("NAME", "text of %d bytes" % size)
        return printable(self.take(size))

    def text16(self):
        """spec 06 §1: size u16, printable ASCII."""
        return printable(self.take(self.u16()))


def printable(raw):
    if any(c < 0x20 or c > 0x7e for c in raw):
        raise Reject("NAME", "text is not printable ASCII")
    return raw.decode("ascii")


def is_name(raw):
    if not 1 <= len(raw) <= 63:
        return False
    for part in raw.split(b"."):
        if not part or part[:1].isdigit():
            return False
        if not all(48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122 or c == 95 for c in part):
            return False
    return True


def u8(value):
    return value.to_bytes(1, "big")


def u16(value):
    return value.to_bytes(2, "big")


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def i256(value):
    """A signed number as 32 bytes of two's complement."""
    return value.to_bytes(32, "big", signed=True)


def name(text):
    return u8(len(text)) + text.encode("ascii")


text8 = name


def text16(text):
    return u16(len(text)) + text.encode("ascii")
