"""plim import evm-trace with Compound v2: numbers for refusals, failures without a revert, blocks by number, prices
whose decimals depend on the token.

  python3 -m unittest tests.cli.test_import_compound       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import unittest

from tests.cli import test_import
from tests.cli.program import INPUT, Case, plim

TRACE = pathlib.Path(__file__).resolve().parent / "tiny_compound.jsonl.gz"  # the first 40 steps of a run
LINES = gzip.decompress(TRACE.read_bytes()).decode().splitlines()
REJECTED, LIQUIDATED, FAILED = (next(i for i, line in enumerate(LINES) if word in line)
                                for word in ('ComptrollerRejection"', '"LiquidateBorrow"', '"Failure"'))


class Compound(Case):
    replayed = test_import.Grown.replayed

    def changed(self, number, change):
        line = json.loads(LINES[number])
        change(line)
        return [*LINES[:number], json.dumps(line), *LINES[number + 1:]]

    def refused(self, lines, *needles):
        (self.folder / "t.jsonl").write_text("\n".join(lines))
        self.fails(plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out"), INPUT, *needles)

    def event(self, number, name, key, value):
        """The trace with one field of one event changed."""
        def change(step):
            [fields] = [fields for event, fields in step["ev"] if event == name]
            fields[key] = value
        return self.changed(number, change)

    def test_whole(self):
        told = self.replayed(LINES)
        self.assertEqual((told["blocks"], told["liquidations"], told["invariants_checked"]), (41, 2, 5 * 41))
        calls = [json.loads(line) for line in LINES[1:]]
        self.assertEqual(told["reverts"], sum(not step["ok"] for step in calls))

    def test_a_failure_is_an_event_like_any_other(self):
        for key, value in (("error", "13"), ("info", "3"), ("detail", "4")):
            first = self.replayed(self.event(FAILED, "Failure", key, value), 1)["first_difference"]
            self.assertEqual((first["where"], first["field"], first["expected"]), ("event 0, Failure", key, value))

    def test_a_number_and_its_name(self):
        def other(step):
            step["err"].update(args=["3"], code="INSUFFICIENT_SHORTFALL")
        first = self.replayed(self.changed(REJECTED, other), 1)["first_difference"]
        self.assertEqual((first["field"], first["expected"], first["computed"]), ("error_code", "3", "4"))
        line = f"t.jsonl:{REJECTED + 1}: err.code: "
        self.refused(self.changed(REJECTED, lambda step: step["err"].update(code="TOO_MUCH_REPAY")), line)
        self.refused(self.changed(REJECTED, lambda step: step["err"].update(args=["99"])), line)

    def test_ctokens_have_names(self):
        for name, key in (("LiquidateBorrow", "cTokenCollateral"), ("ReservesAdded", "benefactor")):
            first = self.replayed(self.event(LIQUIDATED, name, key, "cDOGE"), 1)["first_difference"]
            self.assertEqual(first["expected"], "cDOGE")
        text = "\n".join(LINES)
        for old in ("USDC", "cUSDC"):
            text = text.replace(f'"{old}"', f'"{old}.e"')
        self.replayed(text.splitlines())

    def test_interest_runs_by_the_recorded_block(self):
        later = self.changed(LIQUIDATED, lambda step: step.update(b=step["b"] + 1))
        (self.folder / "t.jsonl").write_text("\n".join(later))
        plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out")
        told = json.loads(plim("replay", self.folder / "out", "--json").stdout)
        first = told["first_difference"]
        self.assertEqual((first["block"], first["where"]), (LIQUIDATED + 1, "event 0, AccrueInterest"))

    def test_decimals_of_a_price(self):
        for decimals in (37, -1, "6", None):
            def change(header, value=decimals):
                header["markets"][0]["decimals"] = value
            self.refused(self.changed(0, change), "t.jsonl:1: markets[0].decimals: ")
        self.refused(self.changed(0, lambda header: header["markets"][0].pop("decimals")), "t.jsonl:1: ", "decimals")

    def test_a_header_that_contradicts_its_state(self):
        for key in ("price", "collateralFactor", "reserveFactor"):
            def change(header, key=key):
                header["markets"][2][key] = str(int(header["markets"][2][key]) + 1)
            self.refused(self.changed(0, change), f"t.jsonl:1: markets[2].{key}: ")
        self.refused(self.changed(0, lambda header: header.update(closeFactor="1")), "t.jsonl:1: closeFactor: ")


if __name__ == "__main__":
    unittest.main()
