"""Tests of the second implementation by itself: python3 -m unittest tests.model.test_model

How it compares with the C is in agree.py.
"""
import hashlib
import io
import pathlib
import random
import unittest
from fractions import Fraction

from spec.model import code as code_module
from spec.model import corners, damage, encode, meanings, numbers, oracle, random_programs
from spec.model import replay, secp256k1, tree
from spec.model import world as world_module
from spec.model.chain import Chain, Transaction
from spec.model.code import TX, VIEW, Code, Function, Signature, Table
from spec.model.encode import instruction as op
from spec.model.hashes import EMPTY, TAGS, tagged
from spec.model.machine import SPECIAL, Contract, Machine
from spec.model.state import State
from spec.model.tables import ERRORS, NAME_OF_STATUS, OP_BY_NAME, Reject, Trap
from spec.model.validate import validate
from spec.model.values import BOOL, ENUM, INT, SYMBOL, UINT, Field, Type
from spec.model.world import World
from tests.model import number_rows

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
U64, U256 = Type(UINT, 8), Type(UINT, 32)


class TestTables(unittest.TestCase):
    def test_every_instruction_has_one_meaning(self):
        self.assertEqual(set(OP_BY_NAME), set(meanings.MEANING) | SPECIAL)
        self.assertFalse(set(meanings.MEANING) & SPECIAL)

    def test_error_kinds_keep_their_hundreds(self):
        for kind, number in ERRORS.values():
            self.assertEqual(number // 100, {"TRAP": 1, "REJECT": 2, "FAULT": 9}[kind])


class TestHashes(unittest.TestCase):
    def test_tagged_is_stock_sha256(self):
        for tag in TAGS:
            head = hashlib.sha256(b"plimsoll/" + tag.encode()).digest()
            for data in (b"", b"abc", bytes(200)):
                self.assertEqual(tagged(tag, data), hashlib.sha256(head + head + data).digest())


class TestSecp256k1(unittest.TestCase):
    # RFC 6979 signatures over secp256k1 with SHA-256 that several libraries publish.
    KNOWN = [(1, "Satoshi Nakamoto",
              "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
              "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"),
             (1, "All those moments will be lost in time, like tears in rain. Time to die...",
              "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
              "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"),
             (secp256k1.N - 1, "Satoshi Nakamoto",
              "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0"
              "6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5")]

    def test_known_signatures(self):
        for secret, message, signature in self.KNOWN:
            digest = hashlib.sha256(message.encode()).digest()
            r, s = secp256k1.sign(secret, digest)
            self.assertEqual((r + s).hex(), signature)
            self.assertTrue(secp256k1.verify(secp256k1.key_of_secret(secret), digest, r, s))

    def test_refusals(self):
        digest = hashlib.sha256(b"price").digest()
        key = secp256k1.key_of_secret(5)
        r, s = secp256k1.sign(5, digest)
        high = secp256k1.sign(5, digest, low=False)
        zero, order = bytes(32), secp256k1.N.to_bytes(32, "big")
        self.assertTrue(secp256k1.verify(key, digest, r, s))
        for bad in ((high[0], high[1]), (zero, s), (r, zero), (order, s), (r, order), (s, r)):
            self.assertFalse(secp256k1.verify(key, digest, *bad))
        self.assertFalse(secp256k1.verify(secp256k1.key_of_secret(6), digest, r, s))
        self.assertFalse(secp256k1.verify(key, hashlib.sha256(b"prise").digest(), r, s))

    def test_keys(self):
        x5 = b"\x02" + (5).to_bytes(32, "big")     # 5^3 + 7 = 132 is not a square
        self.assertIsNone(secp256k1.point_of_key(x5))
        self.assertIsNone(secp256k1.point_of_key(b"\x04" + bytes(32)))
        self.assertIsNone(secp256k1.point_of_key(b"\x02" + secp256k1.P.to_bytes(32, "big")))
        self.assertEqual(secp256k1.key_of_secret(1)[1:], secp256k1.G[0].to_bytes(32, "big"))

    def test_sum_of_multiples_against_repeated_addition(self):
        for k in range(1, 40):
            alone = secp256k1.multiply_sum([(k, secp256k1.G, 5)])
            split = secp256k1.multiply_sum([(k - 1, secp256k1.G, 4), (1, secp256k1.G, 8)])
            self.assertEqual(alone, split)
        self.assertIsNone(secp256k1.multiply_sum([(7, secp256k1.G, 5),
                                                  (secp256k1.N - 7, secp256k1.G, 5)]))


class TestNumbers(unittest.TestCase):
    def test_roundings_against_fractions(self):
        for n in range(-40, 41):
            for d in [d for d in range(-7, 8) if d]:
                exact = Fraction(n, d)
                self.assertEqual(numbers.q_down(n, d), exact.__floor__())
                self.assertEqual(numbers.q_up(n, d), exact.__ceil__())
                self.assertEqual(numbers.q_half_up(n, d), (exact + Fraction(1, 2)).__floor__())
                self.assertEqual(numbers.q_half_even(n, d), round(exact))
                self.assertEqual(numbers.q_zero(n, d), int(exact))
                away = numbers.q_away(n, d)
                self.assertTrue(abs(away) >= abs(exact) and abs(away) - abs(exact) < 1)
                self.assertTrue(away * exact >= 0)

    def test_edges(self):
        low, top = 1 << 255, numbers.W_MAX
        for name, values, expected in [
                ("ADD", (top, 1), "OVERFLOW"), ("SUB", (0, 1), "OVERFLOW"),
                ("DIV", (1, 0), "DIV_BY_ZERO"), ("MULDIV_DN", (top, 2, 0), "DIV_BY_ZERO"),
                ("MULDIV_DN", (top, 2, 4), "OVERFLOW"), ("MULDIVX_DN", (top, 2, 4), top // 2),
                ("MULDIV_UA", (top, 1, 2), "OVERFLOW"), ("MULDIV_UP", (top, 1, 2), low),
                ("MULDIVX_HU", (top, top, top), top), ("IDIV", (low, top), "OVERFLOW"),
                ("IMOD", (low, top), 0), ("INEG", (low,), "OVERFLOW"), ("IABS", (top,), 1),
                ("IDIV_FL", (top, 2), top), ("IDIV", (top, 2), 0), ("POW", (2, 255), low),
                ("POW", (2, 256), "OVERFLOW"), ("POW", (0, 0), 1), ("POW", (1, 2**64 - 1), 1),
                ("SAR", (low, 300), top), ("SHR", (top, 256), 0), ("SETBIT", (0, 256, 1), "INDEX"),
                ("NEXTBIT", (8, 4), 256), ("NEXTBIT", (8, 3), 3), ("NSUB", (1, 2), "OVERFLOW"),
                ("NMUL", (2**32, 2**32), "OVERFLOW"), ("NSHL", (3, 63), 1 << 63),
                ("PUTBITS", (top, 4, 0, 2), "CAST"), ("PUTBITS", (top, 1, 4, 4), top - 0xe0),
                ("GETBITS", (0xabc, 4, 4), 0xb), ("SQRT", (top,), 2**128 - 1),
                ("IMUL_SAT", (low, top), low - 1), ("CHKI", (low, 255), "CAST")]:
            with self.subTest(name=name, values=values):
                self.assertEqual(outcome(name, values), expected)

    def test_fixture_rows(self):
        """The same rows that the C is tested with."""
        rows = 0
        for path in sorted((ROOT / "fixtures" / "numbers").glob("*.txt")):
            if path.name == "text.txt":
                continue
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                if not line.strip() or line.startswith("#"):
                    continue
                answer = number_rows.check(line)
                if answer is not None:
                    rows += 1
                    self.assertEqual(*answer, "%s:%d %s" % (path.name, number, line))
        self.assertGreater(rows, 100)


def outcome(name, values):
    try:
        return meanings.MEANING[name](*values)
    except Trap as trap:
        return trap.name


class TestOracle(unittest.TestCase):
    def test_rules_in_their_order(self):
        """spec 05 §2; each row breaks the rule it names, from a report that is accepted."""
        secrets = sorted((1, 2, 3), key=secp256k1.key_of_secret)
        members = [secp256k1.key_of_secret(s) for s in secrets]
        feed = oracle.Feed("f", oracle.NATIVE, 8, 60, 5, 0, 1000, [oracle.SignerSet(members, 2)], "")
        before = oracle.Price(7, 8, 40, 4)
        for verdict, change in [
                ("OK", {}), ("OK", {"time": 40}), ("OK", {"time": 105}), ("OK", {"price": 1000}),
                ("DECIMALS", {"decimals": 7}), ("ROUND", {"round": 4}), ("ROUND", {"round": 3}),
                ("REPORT_TIME", {"time": 39}), ("REPORT_TIME", {"time": 106}),
                ("PRICE_BOUNDS", {"price": 1001}), ("PRICE_BOUNDS", {"price": -1}),
                ("FEED", {"feed": 1}), ("VERSION", {"version": 2}), ("UNSIGNED", {"by": []}),
                ("QUORUM", {"by": [1]}), ("SIGNER", {"by": [0, 3]}),
                ("SIGNER_ORDER", {"by": [1, 1]}), ("SIGNER_ORDER", {"by": [1, 0]}),
                ("OK", {"by": [0, 1, 2]}), ("SIGNATURE", {"digest": bytes(32)})]:
            report = oracle.Report(0, 5, 100, 7, 8)
            for name in set(change) - {"by", "digest"}:
                setattr(report, name, change[name])
            digest = change.get("digest", report.digest(EMPTY))
            report.signatures = [(i, *secp256k1.sign(secrets[i % 3], digest))
                                 for i in change.get("by", [0, 2])]
            got = oracle.check(report.encode(), [feed], lambda _: before, EMPTY, 100)[1]
            self.assertEqual(got, verdict, change)
        stale = oracle.Report(0, 5, 40, 7, 8).encode()
        self.assertEqual(oracle.check(stale, [feed], lambda _: None, EMPTY, 101)[1], "STALE")


class TestTree(unittest.TestCase):
    def rows(self, rng, count):
        return {(rng.randrange(3), rng.randrange(3), rng.randbytes(rng.randrange(5))):
                rng.randbytes(rng.randrange(40)) for _ in range(count)}

    def plain(self, rows):
        leaves = {tree.path_of(*place): tree.leaf_of(tree.path_of(*place), tagged("row", row))
                  for place, row in rows.items()}
        return tree.state_root(tree.plain_top(leaves), len(rows))

    def test_history_does_not_matter(self):
        for seed in range(40):
            rng = random.Random(seed)
            grown, rows = tree.Tree(), {}
            for _ in range(60):
                if rows and rng.random() < 0.4:
                    place = rng.choice(sorted(rows))
                    del rows[place]
                    grown.set(*place, None)
                else:
                    (place, row), = self.rows(rng, 1).items()
                    rows[place] = row
                    grown.set(*place, row)
                if rng.random() < 0.3:
                    self.assertEqual(grown.root(), self.plain(rows))
            self.assertEqual(grown.root(), self.plain(rows))

    def test_shapes(self):
        leaf = {b"\x00" * 32: b"l" * 32}
        self.assertEqual(tree.plain_top({}), EMPTY)
        self.assertEqual(tree.plain_top(leaf), b"l" * 32)
        both = {**leaf, b"\x20" + b"\x00" * 31: b"r" * 32}      # they part at bit 2
        inner = tree.node_of(b"l" * 32, b"r" * 32)
        self.assertEqual(tree.plain_top(both), tree.node_of(tree.node_of(inner, EMPTY), EMPTY))

    def test_one_proof_per_statement(self):
        for seed, count in enumerate([0, 1, 2, 3, 8, 30]):
            rng = random.Random(seed)
            rows, grown = self.rows(rng, count), tree.Tree()
            for place, row in rows.items():
                grown.set(*place, row)
            root = grown.root()
            for place in list(rows) + [(9, 9, bytes([i])) for i in range(8)]:
                proof = grown.prove(*place)
                self.assertEqual(tree.verify(root, *place, proof), ("OK", rows.get(place)))
                for at in range(len(proof)):
                    bad = bytearray(proof)
                    bad[at] ^= 1 << rng.randrange(8)
                    self.assertNotEqual(tree.verify(root, *place, bytes(bad))[0], "OK")
                for bad in (proof[:-1], proof + b"\0", b""):
                    self.assertEqual(tree.verify(root, *place, bad)[0], "PROOF_SHAPE")
                self.assertEqual(tree.verify(EMPTY, *place, proof)[0], "PROOF_ROOT")

    def test_an_empty_sibling_below_is_refused(self):
        """A lone leaf that did not rise would be a second encoding."""
        place = 1, 1, b"k"
        path = tree.path_of(*place)
        leaf = tree.leaf_of(path, tagged("row", b"v"))
        top = tree.node_of(EMPTY, leaf) if tree.bit_of(path, 0) else tree.node_of(leaf, EMPTY)
        proof = b"\1" + (1).to_bytes(8, "big") + b"\0\1" + EMPTY + b"\0\1v"
        self.assertEqual(tree.verify(tree.state_root(top, 1), *place, proof)[0], "PROOF_SHAPE")


class TestState(unittest.TestCase):
    def table(self):
        keys = [Field("a", "", Type(INT, 2)), Field("b", "", Type(UINT, 1))]
        values = [Field("x", "", Type(INT, 1)), Field("y", "", Type(UINT, 1))]
        return Table("t", False, keys, values, [("by_x", [0])])

    def test_seek_and_journal_against_brute_force(self):
        rng, state, schema = random.Random(7), State(), self.table()
        state.declare(1, 0, schema)
        saved = []
        for _ in range(1500):
            key = rng.randint(-3, 3).to_bytes(2, "big", signed=True) + bytes([rng.randrange(4)])
            draw = rng.random()
            if draw < 0.4:
                row = rng.randint(-2, 2).to_bytes(1, "big", signed=True) + b"\0"
                state.put(1, 0, key, row)
            elif draw < 0.6:
                state.delete(1, 0, key)
            elif draw < 0.7:
                state.begin()
                saved.append(dict(state.tables[1, 0].rows))
            elif draw < 0.8 and saved:
                before = saved.pop()
                if rng.random() < 0.5:
                    state.roll_back()
                    self.assertEqual(state.tables[1, 0].rows, before)
                else:
                    state.commit()
            self.check_seek(rng, state.tables[1, 0])

    def check_seek(self, rng, rows):
        ix, mode, prefix = rng.randrange(2), rng.randrange(4), rng.randrange(4)
        sizes = [2, 1] if ix == 0 else [1, 2, 1]
        prefix = min(prefix, len(sizes))
        here = tuple(rng.randint(-3 if size == 2 or ix and i == 0 else 0, 3)
                     for i, size in enumerate(sizes))
        number = int.from_bytes
        every = []
        for key, row in rows.rows.items():
            full = number(key[:2], "big", signed=True), key[2]
            every.append(full if ix == 0 else (number(row[:1], "big", signed=True), *full))
        every = [full for full in every if full[:prefix] == here[:prefix]]
        wanted = {0: min([f for f in every if f >= here], default=None),
                  1: min([f for f in every if f > here], default=None),
                  2: max([f for f in every if f <= here], default=None),
                  3: max([f for f in every if f < here], default=None)}[mode]
        fields = rows.schema.order_fields(ix)
        parts = [v.to_bytes(f.type.size, "big", signed=f.type.kind == INT)
                 for f, v in zip(fields, here)]
        found = rows.seek(ix, mode, prefix, parts)
        if found is not None:
            found = tuple(f.type.order(part) for f, part in zip(fields, found))
        self.assertEqual(found, wanted)


def function(name, flags, wide, code, parameters=(), results=()):
    return Function(name, flags, [Field("p%d" % i, "", t) for i, t in enumerate(parameters)],
                    [Field("r%d" % i, "", t) for i, t in enumerate(results)], list(wide), code)


def contract_of(functions, number=1, **parts):
    code = Code()
    code.name = "c%d" % number
    code.functions = functions
    for name, value in parts.items():
        setattr(code, name, value)
    decoded = validate(code_module.decode(encode.container(code)))
    return Contract(number, code.name, decoded)


def run(contracts, gas=10_000, function_index=0, state=None, arguments=b""):
    contracts = {c.number: c for c in contracts}
    if state is None:
        state = state_of(contracts.values())
    machine = Machine(contracts, state, 1, 100, gas)
    target = contracts[1]
    return machine.run(target, target.code.functions[function_index], 77, arguments)


def state_of(contracts):
    state = State()
    for number, schema in world_module.SYSTEM.items():
        state.declare(0, number, schema)
    for contract in contracts:
        for number, schema in enumerate(contract.code.tables):
            state.declare(contract.number, number, schema)
    return state


class TestMachine(unittest.TestCase):
    def test_gas_is_charged_by_block(self):
        # Blocks: 0..1 (LDN 1, JZ 2), 2..3 (NADD 1, RET 2), the landing 3 is a leader of its own.
        code = [op("LDN", 0, 0, 0, 0), op("JZ", 0, 3), op("NADD", 0, 0, 0), op("RET", 0)]
        contract = contract_of([function("f", TX | 4, [False], code, (), [U64])])
        self.assertEqual(contract.code.functions[0].blocks, {0: 3, 2: 1, 3: 2})
        done = run([contract], gas=5)
        self.assertEqual((done.name, done.gas_used, done.results), ("OK", 5, bytes(8)))
        short = run([contract], gas=4)
        self.assertEqual((short.name, short.gas_used), ("OUT_OF_GAS", 4))

    def test_a_trap_keeps_what_was_charged(self):
        code = [op("NSUB", 0, 0, 1), op("LDN", 1, 0, 0, 1), op("NSUB", 0, 0, 1), op("RET", 0)]
        done = run([contract_of([function("f", TX | 4, [False, False], code)])])
        self.assertEqual((done.name, done.gas_used), ("OVERFLOW", 5))

    def test_recursion_ends_in_stack(self):
        code = [op("CALL", 0, 0, 0), op("RET", 0)]
        done = run([contract_of([function("f", TX | 4, [], code)])])
        self.assertEqual((done.name, done.gas_used), ("STACK", 64 * 22))

    def test_try_undoes_the_callee(self):
        """spec 02 §5: status, writes and events undone, zeros for results, gas stays spent."""
        table = Table("t", False, [], [Field("v", "", U64)], [])
        event = Signature("Hit", [])
        import_ = Signature("hit", [Field("n", "", U64)], [Field("r", "", U64)], TX)
        inner = [op("PUT", 0, 0, 1), op("EMIT", 0, 0), op("REQUIRE", 0, 0, 1), op("RET", 0)]
        callee = contract_of([function("hit", TX | 4, [False], inner, [U64], [U64])], 2,
                             tables=[table], events=[event], errors=[Signature("No", [])])
        outer = [op("LDN", 1, 0, 0, 2), op("LDN", 3, 0, 0, 9), op("XTRY", 1, 0, 0, 2),
                 op("RET", 2)]
        caller = contract_of([function("f", TX | 4, [False] * 4, outer, [U64], [U64, U64])], 1,
                             imports=[import_])
        for argument, status, value, count in ((0, 108, 0, 0), (5, 0, 5, 1)):
            state = state_of([caller, callee])
            done = run([caller, callee], state=state, arguments=argument.to_bytes(8, "big"))
            self.assertEqual(done.name, "OK")
            self.assertEqual(done.results, status.to_bytes(8, "big") + value.to_bytes(8, "big"))
            self.assertEqual(len(done.events), count)
            self.assertEqual(state.get(2, 0, b""), value.to_bytes(8, "big") if count else None)

    def test_borders_check_values(self):
        code = [op("LDN", 0, 0, 0, 256), op("RET", 0)]
        for type_, name in ((Type(UINT, 1), "CAST"), (Type(UINT, 2), "OK"),
                            (Type(BOOL, 1), "CAST")):
            done = run([contract_of([function("f", TX | 4, [False], code, (), [type_])])])
            self.assertEqual(done.name, name)

    def test_values(self):
        enum = Type(ENUM, 1, 0, 0, 3)
        self.assertEqual([enum.fits(i) for i in (0, 2, 3)], [True, True, False])
        symbol = Type(SYMBOL, 32)
        for raw, good in ((b"", True), (b"USDC", True), (b"a b", False), (b"a\0b", False),
                          (b"\x7f", False), (b"x" * 32, True)):
            self.assertEqual(symbol.canonical(raw.ljust(32, b"\0")), good)
        small = Type(INT, 2)
        self.assertEqual(small.store(2**256 - 1), b"\xff\xff")
        self.assertEqual(small.load(b"\x80\0"), 2**256 - 2**15)
        self.assertRaises(Trap, small.store, 2**15)


class TestValidator(unittest.TestCase):
    def verdict(self, code, wide=(False, True), effect=TX, results=()):
        try:
            contract_of([function("f", effect | 4, wide, code, (), results)], constants=[0, 2**64],
                        tables=[Table("t", False, [Field("k", "", U64)],
                                      [Field("v", "", U256)], [])])
        except Reject as reject:
            return reject.name
        return "OK"

    def test_each_rule(self):
        end = op("RET", 0)
        for name, code, kwargs in [
                ("OK", [op("MOV", 1, 1), end], {}),
                ("CODE_OP", [(0x7f, 0, 0, 0, 0, 0), end], {}),
                ("CODE_OPERAND", [op("MOV", 1, 1, 0, 1), end], {}),
                ("CODE_OPERAND", [op("CHKU", 1), end], {}),
                ("CODE_OPERAND", [op("CHKN", 0, e=64), end], {}),
                ("OK", [op("CHKN", 0, e=63), end], {}),
                ("CODE_OPERAND", [op("GETBITS", 1, 1, 200, e=57), end], {}),
                ("OK", [op("GETBITS", 1, 1, 200, e=56), end], {}),
                ("CODE_OPERAND", [op("LDXN", 0, 0, 0, 0), end], {}),
                ("OK", [op("LDXN", 0, 0, 0, 1), end], {}),
                ("CODE_REGISTER", [op("LDXN", 0, 0, 0, 2), end], {}),
                ("CODE_REGISTER", [op("MOV", 1, 0), end], {}),
                ("CODE_REGISTER", [op("MOV", 1, 2), end], {}),
                ("CODE_REGISTER", [op("RET", 2)], {"results": [U256]}),
                ("OK", [op("RET", 2)], {}),
                ("CODE_REGISTER", [op("RET", 3)], {}),
                ("CODE_JUMP", [op("JMP", 1)], {}),
                ("CODE_FALL_OFF", [op("MOV", 1, 1)], {}),
                ("CODE_FALL_OFF", [op("JZ", 0, 0)], {}),
                ("CODE_REFERENCE", [op("LDK", 1, 2), end], {}),
                ("CODE_REFERENCE", [op("LDKN", 0, 1), end], {}),
                ("CODE_REFERENCE", [op("DIVK_DN", 1, 1, 0), end], {}),
                ("CODE_REFERENCE", [op("GETF", 1, 0, 0, 1), end], {}),
                ("OK", [op("GETF", 1, 0, 0, 0), end], {}),
                ("CODE_REFERENCE", [op("SEEK", 0, 0, 0, 1), end], {}),
                ("CODE_OPERAND", [op("SEEK", 0, 0, 0, 0, 8), end], {}),
                ("OK", [op("SEEK", 0, 0, 0, 0, 7), end], {}),
                ("CODE_EFFECT", [op("PUT", 1, 0, 0), end], {"effect": VIEW}),
                ("CODE_EFFECT", [op("HEIGHT", 0), end], {"effect": 0}),
                ("OK", [op("HEIGHT", 0), end], {"effect": VIEW})]:
            with self.subTest(name=name, code=code):
                self.assertEqual(self.verdict(code, **kwargs), name)

    def test_flags_and_spare_bits(self):
        end, truth = [op("RET", 0)], Type(BOOL, 1)
        for flags, parameters, results, name in [
                (TX | 32, [], [], "CODE_SIGNATURE"), (TX | 4 | 32, [], [], "OK"),
                (TX | 8, [], [], "OK"), (TX | 12, [], [], "CODE_SIGNATURE"),
                (VIEW | 8, [], [], "CODE_SIGNATURE"), (TX | 8, [U64], [], "CODE_SIGNATURE"),
                (VIEW | 16, [], [truth], "OK"), (TX | 16, [], [truth], "CODE_SIGNATURE"),
                (VIEW | 16, [], [U64], "CODE_SIGNATURE"), (3, [], [], "NON_CANONICAL")]:
            code = Code()
            code.name = "c"
            code.functions = [function("f", flags, [False], end, parameters, results)]
            raw = encode.container(code)
            self.assertEqual(damage.verdict_on(raw)[0], name, (flags, parameters, results))
        at = raw.index(b"\0\x01\0\0\x01" + bytes([OP_BY_NAME["RET"].number]))
        spare = raw[:at + 2] + b"\x02" + raw[at + 3:]
        spare = spare.replace(b"\x01f\0\x03", b"\x01f\0\x02")
        self.assertEqual(damage.verdict_on(spare)[0], "NON_CANONICAL")

    def test_encode_is_the_inverse_of_decode(self):
        for seed in range(30):
            for _, raw in random_programs.random_world(random.Random(seed)).contracts:
                code = validate(code_module.decode(raw))
                again = encode.container(code, with_symbols=raw[12:] != encode.container(code)[12:])
                self.assertEqual(again, raw)

    def test_damage_is_refused_or_accepted_but_never_crashes(self):
        rng = random.Random(3)
        raw = random_programs.random_world(rng).contracts[0][1]
        verdicts = {damage.verdict_on(damage.damaged(rng, raw))[0]
                    for _ in range(1500)}
        self.assertGreater(len(verdicts), 8)


class TestCorners(unittest.TestCase):
    def statuses(self, corner):
        """The names of the first block's transaction results."""
        receipts = [raw for raw in corners.history(corner)[4] if raw[0] == 2]
        names = [NAME_OF_STATUS[int.from_bytes(raw[1:3], "big")] for raw in receipts]
        return names[:len(names) // 2]

    def test_events(self):
        self.assertEqual(self.statuses(corners.events),
                         ["OK", "EVENT_LIMIT", "OK", "OK", "EVENT_LIMIT"])

    def test_frames(self):
        depth, fat = ["OK", "STACK", "STACK"], ["OK", "STACK"]
        self.assertEqual(self.statuses(corners.frames), depth * 2 + fat * 2 + ["OK"] * 3)

    def test_borders(self):
        """Contract 2 has two variants, 3 has four, the callee three: values 0 to 4 each."""
        names = self.statuses(corners.borders)
        on_callee = {(c, f): names[(c * 10 + f) * 10:(c * 10 + f) * 10 + 10:2]
                     for c in (0, 1) for f in range(5)}
        fits = ["OK"] * 3 + ["CAST"] * 2
        self.assertEqual(on_callee[0, 0], ["OK"] * 2 + ["CAST"] * 3)
        self.assertEqual(on_callee[1, 0], fits)
        self.assertEqual(on_callee[1, 4], fits)
        self.assertEqual(on_callee[1, 1], ["READ_ONLY"] * 5)
        self.assertEqual(on_callee[1, 2], ["NO_FUNCTION"] * 5)
        self.assertIn("REENTRANT", names)


class TestHistories(unittest.TestCase):
    def test_random_histories_replay(self):
        """Made twice they are the same bytes; replayed they give the verdict that was planned."""
        verdicts = set()
        for seed in range(120):
            raw, height, root, verdict, _ = random_programs.random_history(random.Random(seed))
            if seed % 10 == 0:
                again = random_programs.random_history(random.Random(seed))[0]
                self.assertEqual(raw, again)
            out = io.StringIO()
            code = replay.replay(raw, out=out)
            self.assertEqual(code, 0 if verdict == "OK" else 1)
            self.assertIn(root.hex() if code == 0 else "%d DIVERGED %s" % (height + 1, verdict),
                          out.getvalue())
            verdicts.add(verdict)
        self.assertGreater(len(verdicts), 5)

    def test_a_refused_block_leaves_no_trace(self):
        world = World()
        world.name, world.tx_gas_max, world.time = "w", 1000, 5
        code = Code()
        code.name = "c"
        code.tables = [Table("t", False, [], [Field("v", "", U64, bytes(8))], [])]
        code.functions = [function("f", TX | 4, [False], [op("PUT", 0, 0, 0), op("RET", 0)], [U64])]
        world.contracts = [("c", encode.container(code))]
        raw = world_module.encode(world)
        maker, taker = Chain(world_module.decode(raw)), Chain(world_module.decode(raw))
        tx = Transaction(1, 0, bytes(32), 0, 1000, (7).to_bytes(8, "big")).encode()
        block, receipts = maker.make(6, [], [tx])
        before = taker.last_root
        bad = block[:118] + bytes([block[118] ^ 1]) + block[119:]
        self.assertRaises(Reject, taker.apply, bad)
        self.assertEqual((taker.state.root(), taker.height), (before, 0))
        self.assertEqual(taker.apply(block), receipts)
        self.assertEqual(taker.last_root, maker.last_root)

    def test_the_first_broken_rule_of_a_world_is_named(self):
        world = World()
        world.name = "w"
        keys = [secp256k1.key_of_secret(k) for k in (1, 2, 3)]
        low, middle, high = sorted(keys)
        for wanted, signers in [("ORDER", [middle, low, bytes(33)]), ("ORDER", [middle, bytes(33)]),
                                ("DUPLICATE", [low, low, b"\5" * 33]),
                                ("NON_CANONICAL", [low, b"\5" * 33, middle]),
                                ("OK", [low, middle, high])]:
            sets = [oracle.SignerSet(signers, 1)]
            world.feeds = [oracle.Feed("f", oracle.NATIVE, 8, 60, 5, 0, 1000, sets, "")]
            self.assertEqual(self.verdict(world_module.encode(world)), wanted)
        double = oracle.Feed("f", 9, 8, 60, 5, 0, 1000, [], "")
        world.feeds = [oracle.Feed("f", oracle.UNSIGNED, 8, 60, 5, 0, 1000, [], ""), double]
        self.assertEqual(self.verdict(world_module.encode(world)), "DUPLICATE")
        world.feeds, empty = [], world_module.encode(World())
        raw = world_module.encode(world)
        self.assertEqual(self.verdict(raw[:-4] + b"\0\0\0\1" + b"\0\0\0\7"), "TRUNCATED")
        self.assertEqual(self.verdict(empty), "NAME")

    def verdict(self, raw):
        try:
            world_module.decode(raw)
        except Reject as reject:
            return reject.name
        return "OK"

    def test_a_checkpoint_is_a_place_to_go_on_from(self):
        rng = random.Random(4)
        raw, height, root, verdict, _ = random_programs.random_history(rng)
        while verdict != "OK" or height < 3:
            raw, height, root, verdict, _ = random_programs.random_history(rng)
        made, out = [], io.StringIO()
        self.assertEqual(replay.replay(raw, until=2, out=out, made=made), 0)
        self.assertEqual(replay.replay(raw, start=made[0], out=out), 0)
        self.assertIn(root.hex(), out.getvalue())
        for at in (0, 5, 20, 50, 60, 130, 200, len(made[0]) - 1):
            bad = made[0][:at] + bytes([made[0][at] ^ 1]) + made[0][at + 1:]
            self.assertEqual(replay.replay(raw, start=bad, out=out), 3, at)
        bad = made[0][:100] + bytes([made[0][100] ^ 1]) + made[0][101:]     # in the body hash
        self.assertEqual(replay.replay(raw, start=bad, out=out), 1)

    def test_not_a_history(self):
        for raw in (b"", b"PLHS", b"PLHS\0\2", b"PLHS\0\1\0\0\0\1x"):
            self.assertEqual(replay.replay(raw, out=io.StringIO()), 3)


if __name__ == "__main__":
    unittest.main()
