"""plim diff: one number is planted, and the block, the call, the row, the field and the instruction are named.

  python3 -m unittest tests.cli.test_diff       PLIM=path runs another build
"""
import gzip
import json
import shutil
import struct
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, ROOT, USAGE, Case, plim

EXAMPLES = ROOT / "contracts" / "examples"
WEI = "0.000000000000000001"


def parts(history):
    """World part and blocks of the bytes of spec 06 §6."""
    at = 10 + struct.unpack(">I", history[6:10])[0]
    head, blocks = history[:at], []
    while at < len(history):
        size = struct.unpack(">I", history[at:at + 4])[0]
        blocks.append(history[at + 4:at + 4 + size])
        at += 4 + size
    return head, blocks


def joined(head, blocks):
    return head + b"".join(struct.pack(">I", len(block)) + block for block in blocks)


class Diff(Case):
    def made(self, name, change=None, source=None):
        """The margin example, with one text of the world or of the contract replaced by another."""
        folder = self.folder / name
        folder.mkdir()
        for file, pair in (("margin_account.world.json", change), ("margin_account.plim", source)):
            text = (EXAMPLES / file).read_text()
            if pair is not None:
                self.assertIn(pair[0], text)
                text = text.replace(*pair)
            (folder / file).write_text(text)
        run = plim("run", folder / "margin_account.world.json", "-o", folder / "run", "--contracts",
                   ROOT / "contracts")
        self.assertIn(run.returncode, (OK, DIVERGED), run.stderr)  # its expectations are of the unchanged world
        return folder / "run"

    def bytes_of(self, run):
        packed = run / "history.plh.gz"
        return gzip.decompress(packed.read_bytes()) if packed.exists() else (run / "history.plh").read_bytes()

    def put(self, name, history):
        (self.folder / name).write_bytes(history)
        return self.folder / name

    def diff(self, a, b, *words):
        return plim("diff", a, b, "--contracts", a.parent, "--contracts-b", b.parent, *words)

    def facts(self, a, b, *words, code=DIVERGED):
        told = self.diff(a, b, "--json", *words)
        self.assertEqual(told.returncode, code, told.stderr)
        return json.loads(told.stdout)

    def expect_difference(self, fields, field, a, b, difference):
        found = {"field": field, "a": a, "b": b, "difference": difference}
        self.assertIn(found, fields)

    def test_the_same_history_twice(self):
        one, two = self.made("one"), self.made("two")
        facts = self.facts(one, two, code=OK)
        self.assertTrue(facts["identical"])
        self.assertIsNone(facts["first_difference"])
        self.assertEqual(facts["a"]["blocks"], 3)
        recorded = ROOT / "fixtures" / "histories" / "aave-v3-seed-5"
        self.assertEqual(plim("diff", recorded, recorded).returncode, OK)

    def test_a_wei_in_a_genesis_row(self):
        facts = self.facts(self.made("a"), self.made("b", ('"2.5"', '"2.500000000000000001"')))
        self.assertFalse(facts["world"]["same"])
        rows = facts["world"]["differences"][0]
        self.assertEqual((rows["part"], rows["differing_rows"]), ("genesis rows", 2))
        self.assertEqual((rows["rows"][0]["contract"], rows["rows"][0]["table"], rows["rows"][0]["key"]),
                         ("margin", "margin", {"who": "bob"}))
        self.expect_difference(rows["rows"][0]["fields"], "collateral", "2.500000000000000000",
                               "2.500000000000000001", WEI)
        first = facts["first_difference"]
        self.assertEqual((first["block"], first["bodies"], first["receipts"], first["checks"]), (1, [], [], []),
                         "alice's calls are the same; the total is not")
        totals = next(row for row in first["state"]["rows"] if row["table"] == "totals")
        self.assertTrue(totals["written_by_this_block"])
        bob = next(row for row in first["state"]["rows"] if row["table"] == "margin")
        self.assertFalse(bob["written_by_this_block"])
        self.assertEqual((first["execution"]["index"], first["execution"]["a"]["function"]), (0, "deposit"))
        step = first["execution"]["step"]
        self.assertEqual(step["differs"], "result")
        self.assertTrue(step["a"]["text"].startswith("GETF"), step["a"]["text"])
        self.assertIn("totals", step["a"]["text"])
        self.assertEqual([step[side]["results"][0]["value"] for side in "ab"],
                         ["2.500000000000000000", "2.500000000000000001"])
        self.assertEqual(step["b"]["source"], "totals.collateral += amount;")

    def test_a_genesis_row_that_matters_later(self):
        """bob's row is first touched in block 3: totals are not made to agree."""
        world = '"margin": [ { "who": "bob", "collateral": "2.5" } ]'
        facts = self.facts(self.made("a"), self.made("b", (world, world.replace("2.5", "2.500000000000000001"))))
        first = facts["first_difference"]
        self.assertEqual((first["block"], first["execution"]["index"]), (3, 0))
        self.assertEqual(first["execution"]["a"]["function"], "liquidate")
        step = first["execution"]["step"]
        self.assertEqual(step["a"]["source"], "margin[caller].collateral += seized;")

    def test_a_wei_in_an_argument(self):
        plant = ('"amount": "1" }', '"amount": "1.000000000000000001" }')
        one, two = self.made("a"), self.made("b", plant)
        facts = self.facts(one, two, "--all")
        self.assertTrue(facts["world"]["same"])
        first = facts["first_difference"]
        self.assertEqual((first["block"], first["checks"]), (1, []))
        self.assertEqual(first["header"], ["body hash", "receipts hash", "state root"])
        values = {"where": "arguments.amount", "a": "1.000000000000000000", "b": "1.000000000000000001"}
        self.assertEqual([(item["kind"], item["index"], item["what"], item["values"]) for item in first["bodies"]],
                         [("transaction", 0, "margin.deposit", [values])])
        self.assertIn({**values, "where": "events[0].amount"}, first["receipts"][0]["values"])
        self.assertEqual([(row["table"], row["key"]) for row in first["state"]["rows"]],
                         [("margin", {"who": "alice"}), ("totals", {})])
        self.expect_difference(first["state"]["rows"][1]["fields"], "collateral", "3.500000000000000000",
                               "3.500000000000000001", WEI)
        step = first["execution"]["step"]
        self.assertEqual((step["differs"], step["a"]["function"]), ("operands", "deposit"))
        self.assertTrue(step["a"]["text"].startswith("ADD "), step["a"]["text"])
        self.assertEqual([[operand["value"] for operand in step[side]["operands"]] for side in "ab"],
                         [["0", "1000000000000000000"], ["0", "1000000000000000001"]])
        back = self.facts(two, one)["first_difference"]["state"]["rows"][0]["fields"]
        self.assertEqual(back[0]["difference"], "-" + WEI, "B - A has a sign")

    def test_one_changed_rounding(self):
        amount = ('"600"', '"600.000001"')
        facts = self.facts(self.made("a", amount),
                           self.made("b", amount, ("mul_down(amount, bonus)", "mul_up(amount, bonus)")))
        code = facts["world"]["differences"][0]
        self.assertEqual((code["part"], code["contract"]), ("contract", "margin"))
        self.assertEqual([function["function"] for function in code["functions"]], ["liquidate"])
        self.assertTrue(code["functions"][0]["a"]["text"].startswith("MULDIVK_DN"))
        self.assertTrue(code["functions"][0]["b"]["text"].startswith("MULDIVK_UP"))
        first = facts["first_difference"]
        self.assertEqual((first["block"], first["execution"]["index"]), (3, 0), "block 2's liquidation was refused")
        step = first["execution"]["step"]
        self.assertEqual(step["differs"], "result")
        self.assertEqual([step[side]["text"][:10] for side in "ab"], ["MULDIVK_DN", "MULDIVK_UP"])
        self.assertEqual([step[side]["results"][0]["value"] for side in "ab"], ["30000000", "30000001"])
        self.assertIn("mul_down(amount, bonus)", step["a"]["source"])
        self.assertIn("mul_up(amount, bonus)", step["b"]["source"], "each side's own source")

    def test_a_truncated_history(self):
        run = self.made("a")
        head, blocks = parts(self.bytes_of(run))
        short = self.put("short.plh", joined(head, blocks[:2]))
        for pair, ends in (((run, short), "b"), ((short, run), "a")):
            first = self.facts(*pair)["first_difference"]
            self.assertEqual((first["block"], first["ends_in"]), (3, ends))
        torn = self.put("torn.plh", joined(head, blocks)[:-1])
        self.fails(plim("diff", run, torn), INPUT, "torn.plh", "TRUNCATED")

    def test_a_flipped_byte(self):
        """Nothing is sealed again: the block does not verify, and each place names its own check."""
        run = self.made("a")
        head, blocks = parts(self.bytes_of(run))
        for name, offset, check, header in (("body", -1 - 10, "BODY_HASH", []),
                                            ("state root", 182 - 33, "STATE_ROOT", ["state root"]),
                                            ("receipts", 182 - 1, "RECEIPTS_ROOT", ["receipts hash"])):
            with self.subTest(name):
                block = bytearray(blocks[1])
                block[offset] ^= 1
                facts = self.facts(run, self.put("flipped.plh", joined(head, [blocks[0], bytes(block), blocks[2]])))
                first = facts["first_difference"]
                self.assertEqual((first["block"], first["header"]), (2, header))
                self.assertEqual([(c["side"], c["block"], c["check"]) for c in first["checks"]], [("b", 2, check)])
                self.assertEqual(len(first["bodies"]), 1 if name == "body" else 0)
                if name != "body":
                    self.assertEqual((first["execution"]["step"]["differs"], first["state"]["differing_rows"]),
                                     ("same", 0), "run again, it does the same")

    def test_a_refused_block_is_run_all_the_same(self):
        """An amount planted in the bytes: the body hash is wrong, and what it would do is told."""
        run = self.made("a")
        head, blocks = parts(self.bytes_of(run))
        amount = (10 ** 18).to_bytes(16, "big")
        self.assertEqual(blocks[0].count(amount), 1)
        planted = blocks[0].replace(amount, (10 ** 18 + 1).to_bytes(16, "big"))
        first = self.facts(run, self.put("planted.plh", joined(head, [planted] + blocks[1:])))["first_difference"]
        self.assertEqual([(c["side"], c["check"]) for c in first["checks"]], [("b", "BODY_HASH")])
        self.assertEqual(first["bodies"][0]["values"][0]["where"], "arguments.amount")
        self.assertEqual(first["state"]["differing_rows"], 2)
        self.assertTrue(first["execution"]["step"]["a"]["text"].startswith("ADD "))

    def test_a_block_before_that_does_not_verify(self):
        """Both have it, so it is not where they part; but neither can be followed to there."""
        head, blocks = parts(self.bytes_of(self.made("a")))
        broken = bytearray(blocks[0])
        broken[182 - 1] ^= 1
        other = blocks[1][:-1] + b"\x01"
        pair = [self.put(f"{name}.plh", joined(head, [bytes(broken), block])) for name, block in
                (("x", blocks[1]), ("y", other))]
        first = self.facts(*pair)["first_difference"]
        self.assertEqual(first["block"], 2)
        self.assertEqual([(c["side"], c["block"], c["check"]) for c in first["checks"]],
                         [(side, 1, "RECEIPTS_ROOT") for side in "ab"])
        self.assertNotIn("execution", first)
        self.assertIn("A does not verify: RECEIPTS_ROOT", self.diff(*pair).stdout)

    def test_a_call_that_only_one_runs(self):
        """B's call is of a function that is not public: it is refused, and no step of it runs."""
        one = self.made("a")
        head, blocks = parts(self.bytes_of(one))
        call = blocks[1].index(b"bob" + bytes(29)) - 2
        block = blocks[1][:call] + struct.pack(">H", 1) + blocks[1][call + 2:]  # require_initial
        for pair, ran in (((one, self.put("b.plh", joined(head, [blocks[0], block]))), "a"),
                          ((self.folder / "b.plh", one), "b")):
            step = self.facts(*pair)["first_difference"]["execution"]["step"]
            self.assertEqual((step["differs"], step["number"]), ("place", 0))
            self.assertEqual([step[side] and step[side]["function"] for side in "ab"],
                             ["liquidate" if side == ran else None for side in "ab"])

    def test_a_hook(self):
        """The call does the same in both: what differs runs after the transactions."""
        runs = []
        for step in ("1", "2"):
            folder = self.folder / f"hook{step}"
            folder.mkdir()
            (folder / "ticker.plim").write_text("contract ticker;\n\nstate box { seen: u64 = 0; step: u64 = 0; }\n"
                                                "state calls { n: u64 = 0; }\n\n"
                                                "public tx poke() {\n    calls.n += 1;\n}\n\n"
                                                "on block {\n    box.seen += box.step;\n}\n")
            (folder / "w.world.json").write_text(json.dumps({
                "name": "ticking", "time_s": 1700000000, "accounts": ["ann"], "contracts": [
                    {"name": "t", "source": "ticker.plim", "tables": {"box": [{"seen": "5", "step": step}]}}],
                "blocks": [{"after_s": 12, "calls": [{"from": "ann", "call": "t.poke", "args": [], "expect": "OK"}]}]}))
            made = plim("run", folder / "w.world.json", "-o", folder / "run", "--contracts", ROOT / "contracts")
            self.assertEqual(made.returncode, OK, made.stderr)
            runs.append(folder / "run")
        execution = self.facts(*runs)["first_difference"]["execution"]
        self.assertEqual((execution["kind"], execution["step"]["differs"]), ("hooks", "result"))
        self.assertEqual([execution["step"][side]["results"][0]["value"] for side in "ab"], ["1", "2"])
        self.assertEqual(execution["step"]["a"]["source"], "box.seen += box.step;")

    def test_text_tells_the_same(self):
        told = self.diff(self.made("a"), self.made("b", ('"2.5"', '"2.500000000000000001"')))
        self.assertEqual(told.returncode, DIVERGED)
        for part in ("Worlds: not the same", "margin.margin who bob", f"(B - A = {WEI})", "First block that differs: 1",
                     "transaction 0, alice calls margin.deposit", "GETF", "totals.collateral += amount;",
                     "differed before"):
            self.assertIn(part, told.stdout)

    def test_what_is_not_there(self):
        run = self.made("a")
        self.fails(plim("diff", run, self.folder / "nothing"), INPUT, "nothing")
        self.assertEqual(plim("diff", run).returncode, USAGE)
        shutil.rmtree(run)


if __name__ == "__main__":
    unittest.main()
