"""Rows in tables, their orders, and the journal (spec 04 §2, §5)."""
import bisect

from .tables import LIMITS, Trap
from .tree import Tree
from .values import split

GE, GT, LE, LT = range(4)


class Rows:
    """The rows of one table, each order kept as a sorted list of tuples of plain integers."""

    def __init__(self, schema):
        self.schema = schema        # code.Table
        self.rows = {}              # key bytes -> row bytes
        self.orders = [[] for _ in range(1 + len(schema.indexes))]
        self.key_of = [{} for _ in self.orders]     # order tuple -> (order bytes parts)

    def order_parts(self, ix, key, row):
        """The stored forms of an order's fields for one row."""
        parts = split(self.schema.keys, key)
        if ix == 0:
            return parts
        values = split(self.schema.values, row)
        return [values[f] for f in self.schema.indexes[ix - 1][1]] + parts

    def _position(self, ix, parts):
        fields = self.schema.order_fields(ix)
        return tuple(field.type.order(part) for field, part in zip(fields, parts))

    def set(self, key, row):
        """Put a row, or take it away when row is None; indexes follow."""
        old = self.rows.get(key)
        for ix, order in enumerate(self.orders):
            if old is not None:
                at = self._position(ix, self.order_parts(ix, key, old))
                del order[bisect.bisect_left(order, at)]
                del self.key_of[ix][at]
            if row is not None:
                parts = self.order_parts(ix, key, row)
                at = self._position(ix, parts)
                bisect.insort(order, at)
                self.key_of[ix][at] = parts
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row

    def seek(self, ix, mode, prefix, parts):
        """spec 03 SEEK: the nearest full key from `parts`, its first `prefix` parts held fixed."""
        order, here = self.orders[ix], self._position(ix, parts)
        if mode == GE:
            at = bisect.bisect_left(order, here)
        elif mode == GT:
            at = bisect.bisect_right(order, here)
        elif mode == LE:
            at = bisect.bisect_right(order, here) - 1
        else:
            at = bisect.bisect_left(order, here) - 1
        if not 0 <= at < len(order) or order[at][:prefix] != here[:prefix]:
            return None
        return self.key_of[ix][order[at]]


class State:
    """All rows of a world, with nested begin, commit and roll back."""

    def __init__(self):
        self.tables = {}            # (contract, table) -> Rows
        self.log = []               # (contract, table, key, row before or None)
        self.marks = []
        self.dirty = set()          # (contract, table, key) changed since the last root
        self.tree = Tree()
        self.writes = 0             # of the running transaction, undone ones too

    def declare(self, contract, number, schema):
        self.tables[contract, number] = Rows(schema)

    def get(self, contract, number, key):
        return self.tables[contract, number].rows.get(key)

    def tells(self, contract, number, key):
        """What get answers, but looking is not reading: nobody counts it."""
        return self.tables[contract, number].rows.get(key)

    def _write(self, contract, number, key, row):
        rows = self.tables[contract, number]
        self.log.append((contract, number, key, rows.rows.get(key)))
        rows.set(key, row)
        self.dirty.add((contract, number, key))

    def put(self, contract, number, key, row):
        self._write(contract, number, key, row)

    def delete(self, contract, number, key):
        self._write(contract, number, key, None)

    def seek(self, contract, number, ix, mode, prefix, parts):
        return self.tables[contract, number].seek(ix, mode, prefix, parts)

    def begin(self):
        self.marks.append(len(self.log))

    def commit(self):
        self.marks.pop()

    def roll_back(self):
        mark = self.marks.pop()
        while len(self.log) > mark:
            contract, number, key, before = self.log.pop()
            self.tables[contract, number].set(key, before)
            self.dirty.add((contract, number, key))     # a root may have been made meanwhile

    def begin_transaction(self):
        self.begin()
        self.writes = 0

    def write(self, contract, number, key, row):
        """A contract's put, or del when row is None: one transaction may change at most so many
        rows (spec 04 §5)."""
        if self.writes >= LIMITS["WRITES_PER_TX_MAX"]:
            raise Trap("WRITE_LIMIT")
        self.writes += 1
        self._write(contract, number, key, row)

    def row_count(self):
        return sum(len(rows.rows) for rows in self.tables.values())

    def root(self):
        """Bring the tree up to date and give the state root."""
        for contract, number, key in self.dirty:
            self.tree.set(contract, number, key, self.get(contract, number, key))
        self.dirty.clear()
        return self.tree.root()

    def all_rows(self):
        """Every row as (contract, table, key, row), sorted."""
        return [(contract, number, key, row) for (contract, number) in sorted(self.tables)
                for key, row in sorted(self.tables[contract, number].rows.items())]
