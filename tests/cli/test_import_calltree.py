"""plim import evm-calltree: recorded liquidation calls, each a little world of its own.

  python3 -m unittest tests.cli.test_import_calltree       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import unittest

from tests.cli.program import INPUT, OK, USAGE, Case, plim

HERE = pathlib.Path(__file__).resolve().parent
CALLS = HERE / "tiny_calls.json.gz"  # Aave v1, Compound v2, Aave v2, and a call that reverted
RESERVES = HERE / "tiny_reserves.csv"
ITEMS = json.loads(gzip.decompress(CALLS.read_bytes()))
V1, COMPOUND, V2, REVERTED = range(4)


class CallTree(Case):
    def ran(self, items, *more):
        (self.folder / "c.json").write_text(json.dumps(items))
        return plim("import", "evm-calltree", self.folder / "c.json", "--reserves", RESERVES, "-o",
                    self.folder / "out", *more)

    def changed(self, item, change):
        items = json.loads(json.dumps(ITEMS))
        change(items[item])
        return items

    def refused(self, item, change, *needles):
        self.fails(self.ran(self.changed(item, change)), INPUT, "c.json", f"[{item}]", *needles)
        self.assertFalse((self.folder / "out").exists())

    def frame(self, item, selector):
        """The number of the first frame with this selector."""
        return next(i for i, f in enumerate(ITEMS[item]["frames"]) if f["input"].startswith("0x" + selector))

    def one_more(self, item, selector, part, word):
        """The calls with one word of one frame raised by one."""
        def change(call):
            for frame in call["frames"]:
                if frame["input"].startswith("0x" + selector) and frame[part] not in (None, "0x"):
                    start = (10 if part == "input" else 2) + 64 * word
                    digits = frame[part][start:start + 64]
                    frame[part] = frame[part][:start] + f"{int(digits, 16) + 1:064x}" + frame[part][start + 64:]
        return self.changed(item, change)

    def test_whole(self):
        run = self.ran(ITEMS)
        self.assertEqual(run.returncode, OK, run.stderr)
        self.assertIn("3 of 4 calls reproduced to the unit", run.stdout)
        self.assertIn("call 3, block 15049646, compound-v2-or-fork: not modelled: reverted", run.stdout)
        told = json.loads(plim("replay", "--json", "--quiet", "--check-invariants", self.folder / "out").stdout)
        self.assertEqual((told["identical"], told["blocks"], told["liquidations"]), (True, 6, 3))
        page = (self.folder / "out" / "README.md").read_text()
        for number in ("228905512631913119672", "10111753901939162887", "910895850496", "113993647930952952550"):
            self.assertIn(number, page)
        self.assertIn("not modelled: reverted", page)

    def test_what_the_trace_says_is_what_is_compared(self):
        """Each number, changed by one unit, makes that call (and no other) come out otherwise."""
        for item, selector, part, word in ((V1, "68beb4d6", "input", 3), (V1, "68beb4d6", "input", 4),
                                           (COMPOUND, "c488847b", "output", 1), (V2, "f866c319", "input", 2),
                                           (V2, "b3596f07", "output", 0), (V1, "c76a6c9c", "output", 0)):
            with self.subTest(item=item, selector=selector, word=word):
                run = self.ran(self.one_more(item, selector, part, word))
                self.assertEqual(run.returncode, OK, run.stderr)
                self.assertIn("2 of 4 calls reproduced", run.stdout)
                self.assertIn(f"call {item}, block {ITEMS[item]['block']}", run.stdout)

    def test_a_reason_instead_of_a_guess(self):
        v1_fee = self.one_more(V1, "feab31ac", "output", 0)
        self.assertIn("origination fee", self.ran(v1_fee).stdout)
        other = self.changed(COMPOUND, lambda call: call.update(protocol="liquity"))
        self.assertIn("no contract for protocol liquity", self.ran(other).stdout)
        (self.folder / "c.json").write_text(json.dumps(ITEMS))
        run = plim("import", "evm-calltree", self.folder / "c.json", "-o", self.folder / "no")
        self.assertIn("not in the file of reserves (--reserves)", run.stdout)
        gone = self.changed(V2, lambda call: call["frames"].pop(self.frame(V2, "23b872dd")))
        self.assertIn("no frame moves the debt or the collateral", self.ran(gone).stdout)

    def test_malformed_trees(self):
        def at(frame, key, value):
            def change(call):
                call["frames"][frame][key] = value
            return change
        self.refused(V2, at(3, "input", "0x1"), "frames[3].input", "two hex digits a byte")
        self.refused(V2, at(3, "to", "0x12"), "frames[3].to", "40 hex digits")
        self.refused(V2, at(3, "value", "12"), "frames[3].value")
        self.refused(V2, at(3, "trace_address", [0, -1]), "frames[3].trace_address[1]")
        self.refused(V2, at(3, "trace_address", [9]), "frames[3]", "below the first frame's")
        self.refused(V2, at(3, "trace_address", ITEMS[V2]["frames"][2]["trace_address"]), "frames[3]")
        self.refused(V2, at(3, "colour", "red"), "frames[3]", "colour")
        self.refused(V2, at(0, "to", "0x" + "11" * 20), "frames[0]", "contract")
        self.refused(V1, lambda call: call.pop("block"), "block")
        self.refused(V1, lambda call: call.update(frames=[]), "frames", "the call first")
        self.refused(V1, lambda call: call.update(reverted="no"), "reverted")
        (self.folder / "c.json").write_text("{}")
        self.fails(plim("import", "evm-calltree", self.folder / "c.json", "-o", self.folder / "out"), INPUT, "c.json")

    def test_malformed_reserves(self):
        lines = RESERVES.read_text().splitlines()
        (self.folder / "c.json").write_text(json.dumps(ITEMS))
        for text, needle in ((lines[0] + "\n" + lines[1].replace("1000.0,", "1000.5,"), "reserveLiquidationBonus"),
                             (lines[0] + "\n" + lines[1][:-1], "the token's address"), ("a,b\n1,2", "columns")):
            (self.folder / "r.csv").write_text(text + "\n")
            self.fails(plim("import", "evm-calltree", self.folder / "c.json", "--reserves", self.folder / "r.csv",
                            "-o", self.folder / "out"), INPUT, "r.csv", needle)

    def test_usage(self):
        self.fails(plim("import", "evm-calltree", CALLS), USAGE, "-o DIR")


if __name__ == "__main__":
    unittest.main()
