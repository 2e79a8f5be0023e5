"""The committed tree: root, proofs, and their check (spec 04 §3, §4)."""
import bisect

from .bytes_io import Reader, u16, u32, u64
from .hashes import EMPTY, tagged
from .tables import LIMITS, Reject


def path_of(contract, table, key):
    return tagged("key", u32(contract) + u16(table) + key)


def leaf_of(path, row_hash):
    return tagged("leaf", path + row_hash)


def node_of(left, right):
    return tagged("node", left + right)


def state_root(top, row_count):
    return tagged("root", top + u64(row_count) + u32(LIMITS["SEMANTICS_ID"]))


def bit_of(path, depth):
    """Bit `depth` of a path, most significant bit of byte 0 first."""
    return path[depth // 8] >> 7 - depth % 8 & 1


def plain_top(leaves, depth=0):
    """spec 04 §3 word for word: the tree of {path: leaf} at a depth."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return next(iter(leaves.values()))
    sides = ({}, {})
    for path, leaf in leaves.items():
        sides[bit_of(path, depth)][path] = leaf
    return node_of(plain_top(sides[0], depth + 1), plain_top(sides[1], depth + 1))


class Tree:
    """The same tree over a sorted list of paths; inner nodes are remembered until a row below
    them changes. A node is named by its depth and the bits above it."""

    def __init__(self):
        self.paths = []             # sorted
        self.leaves = {}            # path -> leaf
        self.rows = {}              # path -> row bytes, for proofs
        self.memo = {}              # (depth, bits as a number) -> hash, for two rows and more

    def set(self, contract, table, key, row):
        path = path_of(contract, table, key)
        if row is None:
            if path not in self.leaves:
                return
            del self.paths[bisect.bisect_left(self.paths, path)]
            del self.leaves[path], self.rows[path]
        else:
            if path not in self.leaves:
                bisect.insort(self.paths, path)
            self.leaves[path] = leaf_of(path, tagged("row", row))
            self.rows[path] = row
        bits = int.from_bytes(path, "big")
        for depth in range(256):
            self.memo.pop((depth, bits >> 256 - depth), None)

    def hash(self, depth, low, high):
        """The tree of paths[low:high], which share their first `depth` bits."""
        if high - low < 2:
            return self.leaves[self.paths[low]] if high > low else EMPTY
        name = depth, int.from_bytes(self.paths[low], "big") >> 256 - depth
        found = self.memo.get(name)
        if found is None:
            middle = self.middle(depth, low, high)
            found = node_of(self.hash(depth + 1, low, middle), self.hash(depth + 1, middle, high))
            self.memo[name] = found
        return found

    def middle(self, depth, low, high):
        """Where the paths with bit `depth` = 1 begin."""
        return bisect.bisect_left(self.paths, 1, low, high, key=lambda path: bit_of(path, depth))

    def root(self):
        return state_root(self.hash(0, 0, len(self.paths)), len(self.paths))

    def prove(self, contract, table, key):
        """spec 04 §4: the one proof of what this key holds, or that it holds nothing."""
        path = path_of(contract, table, key)
        depth, low, high, siblings = 0, 0, len(self.paths), []
        while high - low > 1:
            middle = self.middle(depth, low, high)
            if bit_of(path, depth):
                siblings.append(self.hash(depth + 1, low, middle))
                low = middle
            else:
                siblings.append(self.hash(depth + 1, middle, high))
                high = middle
            depth += 1
        head = u64(len(self.paths)) + u16(depth) + b"".join(reversed(siblings))
        if high == low:
            return b"\x02" + head
        here = self.paths[low]
        if here == path:
            return b"\x01" + head + u16(len(self.rows[path])) + self.rows[path]
        return b"\x03" + head + here + tagged("row", self.rows[here])


def verify(root, contract, table, key, proof):
    """spec 04 §4: ("OK", row or None), ("PROOF_SHAPE", None) or ("PROOF_ROOT", None)."""
    shape = "PROOF_SHAPE", None
    path = path_of(contract, table, key)
    reader = Reader(proof)
    try:
        kind, row_count, depth = reader.u8(), reader.u64(), reader.u16()
        if not 1 <= kind <= 3 or depth > 256:
            return shape
        siblings = [reader.take(32) for _ in range(depth)]
        row = None
        if kind == 1:
            row = reader.take(reader.u16())
            if len(row) > LIMITS["ROW_SIZE_MAX"]:
                return shape
            at = leaf_of(path, tagged("row", row))
        elif kind == 2:
            at = EMPTY
        else:
            other, row_hash = reader.take(32), reader.take(32)
            if other == path or any(bit_of(other, i) != bit_of(path, i) for i in range(depth)):
                return shape
            at = leaf_of(other, row_hash)
        reader.end()
    except Reject:
        return shape
    if siblings and siblings[0] == EMPTY:
        return shape
    for i, sibling in zip(range(depth - 1, -1, -1), siblings):
        at = node_of(sibling, at) if bit_of(path, i) else node_of(at, sibling)
    if state_root(at, row_count) != root:
        return "PROOF_ROOT", None
    return "OK", row
