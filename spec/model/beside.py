"""Files beside a history: what others observed (spec 06 §7), and checkpoints (spec 06 §8)."""
from collections import Counter

from . import world as world_module
from .bytes_io import Reader, u16, u32, u64
from .chain import Chain, Header, take_header
from .code import TX
from .hashes import tagged
from .machine import CHAIN, Machine
from .tables import LIMITS, NAME_OF_STATUS, Reject
from .values import canonical_all, size_of, split

NO_REASON = 65535  # of a record: refused, and nobody said why
WITHOUT_REASON = {"OVERFLOW", "DIV_BY_ZERO", "CAST", "INDEX", "MISSING_ROW", "NO_PRICE", "DOMAIN"}


class Expectations:
    """spec 06 §7. records: height -> (results, events or None, [(query, bytes)], values);
    columns: [(name, contract, function, result, rules)], values: (transaction, column) ->
    (cause, bytes); classes counts (column, class, name of rule or cause)."""

    def __init__(self, raw):
        reader = Reader(raw)
        reader.magic(b"PLEX")
        form = reader.u16()
        if form not in (2, 3):
            raise Reject("VERSION", "expectations")
        self.source = reader.text16()
        self.queries = [(reader.u32(), reader.u16(), reader.take(reader.u16()))
                        for _ in range(reader.u32())]
        self.columns, self.causes = self._columns(reader) if form == 3 else ([], [])
        self.classes = Counter()
        self.records = {}
        while not reader.done():
            record = Reader(reader.take(reader.u32()))
            height = record.u64()
            results = [(record.u16(), record.text16(), record.take(record.u16()))
                       for _ in range(record.u16())]
            has, events = record.u8(), None
            if has > 1:
                raise Reject("NON_CANONICAL", "has events")
            if has:
                events = [(record.u32(), record.u16(), record.take(record.u16()))
                          for _ in range(record.u16())]
            answers = [(record.u32(), record.take(record.u16())) for _ in range(record.u32())]
            if any(query >= len(self.queries) for query, _ in answers):
                raise Reject("RANGE", "query")
            values = self._values(record, len(results)) if form == 3 else {}
            record.end()
            self.records[height] = results, events, answers, values

    @staticmethod
    def _columns(reader):
        columns = []
        for _ in range(reader.u16()):
            name, contract, function, result = (reader.text16(), reader.u32(), reader.u16(),
                                                reader.u8())
            rules = [(reader.text16(), reader.u16(), reader.u8(), reader.u8())
                     for _ in range(reader.u8())]
            columns.append((name, contract, function, result, rules))
        causes = [reader.text16() for _ in range(reader.u16())]
        if not columns or any(rule[1] >= len(columns) for column in columns for rule in column[4]):
            raise Reject("RANGE", "column")
        return columns, causes

    def _values(self, record, transactions):
        values, before = {}, None
        for _ in range(record.u16()):
            place, cause = (record.u16(), record.u16()), record.u16()
            if before is not None and place <= before:
                raise Reject("ORDER", "values")
            if (place[0] >= transactions or place[1] >= len(self.columns)
                    or cause > len(self.causes)):
                raise Reject("RANGE", "value")
            before, values[place] = place, (cause, record.take(record.u16()))
        return values

    def _class(self, chain, values, place, run):
        """(class, name of the rule or cause) of one value."""
        cause, value = values[place]
        _, contract, function, number, rules = self.columns[place[1]]
        fields = chain.world.codes[contract].code.functions[function].results
        if run is not None and run[0] == 0 and run[5] == (contract, function):
            results = split(fields, run[6])
            if results[number] == value:
                return "identical", ""
            for name, column, low, high in rules:
                other = values.get((place[0], column))
                if (other is not None and len(other[1]) == len(results[low])
                        and results[low] <= other[1] <= results[high]):
                    return "explained", name
        return "different", self.causes[cause - 1] if cause else "not known"

    def differences(self, chain, receipts):
        """Sentences about what the block at the head did otherwise than expected; [] if nothing."""
        if chain.height not in self.records:
            return []
        results, events, answers, values = self.records[chain.height]
        runs = [run_of(raw) for raw in receipts if raw[0] == 2]
        out = []
        if len(runs) != len(results):
            out.append("%d transactions, expected %d" % (len(runs), len(results)))
        for i, (wanted, run) in enumerate(zip(results, runs)):
            got = run[0], error_name(chain, run), run[4]
            if wanted[0] == NO_REASON:
                same = NAME_OF_STATUS.get(got[0]) in WITHOUT_REASON or got[1] == "Unlabelled"
            else:
                same = got == wanted
            if not same:
                out.append("transaction %d: %s %s %s, expected %s %s %s" % (
                    i, NAME_OF_STATUS.get(got[0]), got[1], got[2].hex(),
                    NAME_OF_STATUS.get(wanted[0], "no reason"), wanted[1], wanted[2].hex()))
        seen = [event for run in runs for event in run[1]]
        if events is not None and seen != events:
            out.append("events differ: %d, expected %d" % (len(seen), len(events)))
        for place in values:
            name, _, _, number, _ = self.columns[place[1]]
            if number != 255:
                run = runs[place[0]] if place[0] < len(runs) else None
                kind, by = self._class(chain, values, place, run)
                self.classes[name, kind, by] += 1
                if kind == "different":
                    out.append("transaction %d, column %s: %s" % (place[0], name, by))
        for number, wanted in answers:
            got = ask(chain, *self.queries[number])
            if got != wanted:
                out.append("query %d: %s, expected %s" % (
                    number, got.hex() if got is not None else "a trap", wanted.hex()))
        return out


def run_of(receipt):
    """(status, events, contract of the error, error, its arguments, (contract, function), results)
    of a transaction's receipt (spec 06 §5)."""
    reader = Reader(receipt)
    reader.u8()
    status, events, place, results = reader.u16(), [], (0, 0, b""), b""
    called = reader.u32(), reader.u16()
    reader.take(8)
    if status == 0:
        results = reader.take(reader.u32())
        events = [(reader.u32(), reader.u16(), reader.take(reader.u32()))
                  for _ in range(reader.u16())]
    elif NAME_OF_STATUS.get(status) == "REVERT":
        place = reader.u32(), reader.u16(), reader.take(reader.u32())
    return (status, events) + place + (called, results)


def error_name(chain, run):
    status, _, contract, error = run[:4]
    if NAME_OF_STATUS.get(status) != "REVERT":
        return ""
    return chain.world.codes[contract].code.errors[error].name


def ask(chain, contract, function, arguments):
    """A public pure or view function on the state of the head, asked by the account zero: its
    results, or None when it traps or there is no such function."""
    if contract not in chain.world.codes:
        return None
    target = chain.world.codes[contract]
    if function >= len(target.code.functions):
        return None
    entry = target.code.functions[function]
    if not entry.public or entry.effect == TX or not canonical_all(entry.parameters, arguments):
        return None
    machine = Machine(chain.world.codes, chain.state, chain.height, chain.time, LIMITS["GAS_MAX"])
    outcome = machine.run(target, entry, 0, arguments)
    return outcome.results if outcome.name == "OK" else None


# ---- checkpoints --------------------------------------------------------------------------------

def checkpoint(chain):
    """spec 06 §8, the bytes; the head must be a block."""
    if chain.header is None:
        raise Reject("HEIGHT", "a checkpoint is taken after a block")
    out = [b"PLCP", u16(1), chain.header.encode(), u64(chain.state.row_count())]
    for (contract, number), rows in sorted(chain.state.tables.items()):
        for position in rows.orders[0]:
            key = b"".join(rows.key_of[0][position])
            out += [u32(contract), u16(number), key, rows.rows[key]]
    return b"".join(out)


def restore(world, raw):
    """A Chain that stands where the checkpoint was taken."""
    reader = Reader(raw)
    reader.magic(b"PLCP")
    if reader.u16() != 1:
        raise Reject("VERSION", "checkpoint")
    header = take_header(Reader(reader.take(Header.SIZE)))
    if header.world_id != world.id:
        raise Reject("WORLD_MISMATCH")
    if header.height == 0:
        raise Reject("HEIGHT")
    chain = Chain(world)
    for contract, number, key, _ in chain.state.all_rows():
        chain.state.delete(contract, number, key)
    before = None
    for _ in range(reader.u64()):
        before = _row(reader, chain.state, before)
    reader.end()
    chain.state.log.clear()
    wanted = world_module.chain_row(world.id, header.height, header.time, header.parent)
    if chain.state.get(0, CHAIN, b"") != wanted:
        raise Reject("HASH", "chain row")
    if chain.state.root() != header.state_root:
        raise Reject("STATE_ROOT")
    chain.header, chain.height, chain.time = header, header.height, header.time
    chain.head, chain.last_root = tagged("header", header.encode()), header.state_root
    return chain


def _row(reader, state, before):
    contract, number = reader.u32(), reader.u16()
    if (contract, number) not in state.tables:
        raise Reject("GENESIS", "no such table")
    table = state.tables[contract, number].schema
    key, row = reader.take(size_of(table.keys)), reader.take(size_of(table.values))
    if not canonical_all(table.keys, key) or not canonical_all(table.values, row):
        raise Reject("NON_CANONICAL", "row of " + table.name)
    for field, raw in zip(table.values, split(table.values, row)):
        if field.low is not None and not (field.type.order(field.low) <= field.type.order(raw)
                                          <= field.type.order(field.high)):
            raise Reject("RANGE", field.name)
    here = (contract, number) + tuple(field.type.order(part) for field, part
                                      in zip(table.keys, split(table.keys, key)))
    if before is not None and here <= before:
        raise Reject("DUPLICATE" if here == before else "ORDER", "rows")
    state.put(contract, number, key, row)
    return here
