"""The rows that one execution touches, and of the rest of the tree only hashes (spec 10 §4).

A node is read into a Place. Partial is a state that knows no more than its places tell; Recorder
stands before a whole state and remembers what is touched, so that the places can be written.
"""
from .bytes_io import Reader, u8, u16, u32, u64
from .hashes import EMPTY, tagged
from .state import State
from .tables import Reject
from .tree import bit_of, leaf_of, node_of, path_of, plain_top, state_root
from .values import canonical_all, size_of, split

NOTHING, PRUNED, LEAF, ROW, INNER = range(5)


class Lacks(Exception):
    """The witness does not tell what is asked. Not a Reject: no report or block is to blame."""


class Place:
    """One node. hash: of its subtree. Leaf and row: path, row_hash; row: where, row; inner: sides."""

    def __init__(self, kind, hash_=EMPTY, path=None, row_hash=None, where=None, row=None,
                 sides=None):
        self.kind = kind
        self.hash = hash_
        self.path = path
        self.row_hash = row_hash
        self.where = where          # (contract, table, key)
        self.row = row
        self.sides = sides          # [left, right]
        self.led_to = False         # by a get, put or del
        self.asked = False          # row: by its own key
        self.beside = False         # a place beside it became empty

    def lone(self):
        return self.kind in (LEAF, ROW)


def encode(place):
    if place.kind == NOTHING:
        return u8(NOTHING)
    if place.kind == PRUNED:
        return u8(PRUNED) + place.hash
    if place.kind == LEAF:
        return u8(LEAF) + place.path + place.row_hash
    if place.kind == ROW:
        contract, table, key = place.where
        return u8(ROW) + u32(contract) + u16(table) + key + place.row
    return u8(INNER) + encode(place.sides[0]) + encode(place.sides[1])


# ---- reading ----------------------------------------------------------------------------------

def demand(holds, what):
    if not holds:
        raise Reject("PROOF_SHAPE", what)


class Reading:
    """Takes nodes front to back; tables: (contract, table) -> schema."""

    def __init__(self, raw, tables):
        self.reader = Reader(raw)
        self.tables = tables
        self.row_count = self.reader.u64()
        self.rows = []              # places of rows
        self.told = self.pruned = 0     # rows, leaves and pruned subtrees; pruned subtrees
        self.top = self.node(0, 0)
        self.reader.end()
        demand(self.row_count < 2**63 and self.told <= self.row_count
               and (self.pruned or self.told == self.row_count), "another row count")

    def node(self, depth, bits):
        """The node at a depth; bits: the path above it, as a number."""
        kind = self.reader.u8()
        demand(kind <= INNER, "node kind")
        if kind == NOTHING:
            return Place(NOTHING)
        if kind == PRUNED:
            hash_ = self.reader.take(32)
            demand(hash_ != EMPTY, "a pruned hash is zero")
            self.pruned += 1
            self.told += 1
            return Place(PRUNED, hash_)
        if kind == INNER:
            demand(depth < 256, "an inner node below the last bit")
            sides = [self.node(depth + 1, 2 * bits), self.node(depth + 1, 2 * bits + 1)]
            kinds = sorted(NOTHING if side.kind == NOTHING else LEAF if side.lone() else INNER
                           for side in sides)
            demand(kinds not in ([NOTHING, NOTHING], [NOTHING, LEAF]), "not canonical")
            return Place(INNER, node_of(sides[0].hash, sides[1].hash), sides=sides)
        place = self.leaf() if kind == LEAF else self.row()
        demand(int.from_bytes(place.path, "big") >> 256 - depth == bits, "a path elsewhere")
        self.told += 1
        return place

    def leaf(self):
        path, row_hash = self.reader.take(32), self.reader.take(32)
        return Place(LEAF, leaf_of(path, row_hash), path, row_hash)

    def row(self):
        contract, number = self.reader.u32(), self.reader.u16()
        schema = self.tables.get((contract, number))
        demand(schema is not None, "no such table")
        key = self.reader.take(size_of(schema.keys))
        row = self.reader.take(size_of(schema.values))
        demand(canonical_all(schema.keys, key) and canonical_all(schema.values, row),
               "a value of a row")
        for field, raw in zip(schema.values, split(schema.values, row)):
            order = field.type.order
            demand(field.low is None or order(field.low) <= order(raw) <= order(field.high),
                   "a parameter outside its range")
        path, row_hash = path_of(contract, number, key), tagged("row", row)
        place = Place(ROW, leaf_of(path, row_hash), path, row_hash, (contract, number, key), row)
        self.rows.append(place)
        return place


class Partial(State):
    """A state of which only a witness is known. Tables are declared before read()."""

    def __init__(self):
        super().__init__()
        self.count = 0              # rows of the whole state
        self.top = Place(NOTHING)
        self.whole = False          # every row is told
        self.sought = False

    def read(self, raw, root):
        """Takes the witness; Reject when it is none of the root."""
        found = Reading(raw, {name: rows.schema for name, rows in self.tables.items()})
        if state_root(found.top.hash, found.row_count) != root:
            raise Reject("PROOF_ROOT")
        for place in found.rows:
            contract, number, key = place.where
            self.tables[contract, number].set(key, place.row)
        self.count, self.top = found.row_count, found.top
        self.whole = len(found.rows) == found.row_count

    def look(self, contract, number, key):
        """Walks to the place of a key; Lacks when the witness does not tell what is there."""
        path = path_of(contract, number, key)
        place, depth = self.top, 0
        while place.kind == INNER:
            place, depth = place.sides[bit_of(path, depth)], depth + 1
        if place.kind == PRUNED or place.kind == LEAF and place.path == path:
            raise Lacks("table %d of contract %d, key %s" % (number, contract, key.hex()))
        place.led_to = True
        place.asked |= place.path == path
        return place

    def get(self, contract, number, key):
        self.look(contract, number, key)
        return super().get(contract, number, key)

    def put(self, contract, number, key, row):
        self.look(contract, number, key)
        super().put(contract, number, key, row)

    def delete(self, contract, number, key):
        self.look(contract, number, key)
        super().delete(contract, number, key)

    def write(self, contract, number, key, row):
        self.look(contract, number, key)
        super().write(contract, number, key, row)

    def seek(self, contract, number, ix, mode, prefix, parts):
        if not self.whole:
            raise Lacks("a seek in table %d of contract %d" % (number, contract))
        self.sought = True
        return super().seek(contract, number, ix, mode, prefix, parts)

    def root(self):
        """The root after what was put and deleted."""
        changes, count = {}, self.count
        for contract, number, key in self.dirty:
            path, row = path_of(contract, number, key), self.tells(contract, number, key)
            before = self.look(contract, number, key)
            count += (row is not None) - (before.path == path)
            changes[path] = None if row is None else leaf_of(path, tagged("row", row))
        return state_root(after(self.top, 0, changes).hash, count)

    def extra(self):
        """spec 10 §4, Nothing more than that: whether the witness tells what was not needed."""
        return not self.sought and not self.proper(self.top)

    def proper(self, place):
        if place.kind == ROW:
            return place.asked
        if place.kind == LEAF:
            return place.led_to or place.beside
        if place.kind == INNER:
            return (all(map(self.proper, place.sides))
                    and (place.beside or any(below.led_to or below.beside
                                             for below in walk(place))))
        return True


def walk(place):
    yield place
    if place.kind == INNER:
        yield from walk(place.sides[0])
        yield from walk(place.sides[1])


def after(place, depth, changes):
    """What stands at a place after {path: leaf or None}: a Place of which hash and kind count."""
    if not changes:
        return place
    if place.kind != INNER:
        leaves = {place.path: place.hash} if place.lone() else {}
        leaves.update(changes)
        leaves = {path: leaf for path, leaf in leaves.items() if leaf is not None}
        kind = INNER if len(leaves) > 1 else LEAF if leaves else NOTHING
        return Place(kind, plain_top(leaves, depth))
    parts = ({}, {})
    for path, leaf in changes.items():
        parts[bit_of(path, depth)][path] = leaf
    now = [after(side, depth + 1, part) for side, part in zip(place.sides, parts)]
    for i in (0, 1):
        if place.sides[i].kind != NOTHING and now[i].kind == NOTHING:
            place.sides[1 - i].beside = True
            if now[1 - i].kind == PRUNED:
                raise Lacks("whether a lone leaf is beside a place that became empty")
    if now[0].kind == NOTHING and (now[1].kind in (NOTHING, LEAF, ROW)):
        return now[1]
    if now[1].kind == NOTHING and now[0].lone():
        return now[0]
    return Place(INNER, node_of(now[0].hash, now[1].hash))


# ---- making -----------------------------------------------------------------------------------

class Recorder:
    """A whole state, and what was touched of it."""

    def __init__(self, state):
        self.state = state
        self.touched = set()        # (contract, table, key)
        self.sought = False

    def __getattr__(self, name):
        return getattr(self.state, name)

    def get(self, *where):
        self.touched.add(where)
        return self.state.get(*where)

    def put(self, contract, number, key, row):
        self.touched.add((contract, number, key))
        self.state.put(contract, number, key, row)

    def delete(self, *where):
        self.touched.add(where)
        self.state.delete(*where)

    def write(self, contract, number, key, row):
        self.touched.add((contract, number, key))
        self.state.write(contract, number, key, row)

    def seek(self, *question):
        self.sought = True
        return self.state.seek(*question)

    def there(self):
        """Which of the touched are there now, to be asked after the execution."""
        return {where for where in self.touched if self.state.get(*where) is not None}


class Writing:
    """The witness of a state for what a recorder noted; the state stands before the execution
    again, its root taken. there: of Recorder.there()."""

    def __init__(self, recorder, there):
        self.tree = recorder.state.tree
        self.sought = recorder.sought
        self.touched = {path_of(*where): where in there for where in recorder.touched}
        self.where = {path_of(contract, number, key): (contract, number, key)
                      for contract, number, key, _ in recorder.state.all_rows()}

    def encode(self):
        count = len(self.tree.paths)
        return u64(count) + encode(self.place(0, 0, count, list(self.touched), False))

    def place(self, depth, low, high, touched, beside):
        """Of paths[low:high] at a depth; touched: the paths that lead here; beside: a place beside
        this one becomes empty."""
        if high == low:
            return Place(NOTHING)
        if not (touched or beside or self.sought):
            return Place(PRUNED, self.tree.hash(depth, low, high))
        if high - low == 1:
            path = self.tree.paths[low]
            row = self.tree.rows[path]
            kind = ROW if self.sought or path in self.touched else LEAF
            return Place(kind, None, path, tagged("row", row), self.where[path], row)
        middle = self.tree.middle(depth, low, high)
        ends = (low, middle), (middle, high)
        parts = [[path for path in touched if bit_of(path, depth) == side] for side in (0, 1)]
        emptied = [self.emptied(*end, part) for end, part in zip(ends, parts)]
        return Place(INNER, sides=[self.place(depth + 1, *ends[i], parts[i], emptied[1 - i])
                                   for i in (0, 1)])

    def emptied(self, low, high, touched):
        """Whether a place that holds rows holds none after the execution."""
        before = sum(path in self.tree.leaves for path in touched)
        return high > low == high - before and not any(self.touched[path] for path in touched)
