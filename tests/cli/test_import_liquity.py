"""plim import evm-trace with Liquity: one feed without a list of names, a list of people whose length changes, an
event that sums up others, constants of the source in the header, texts too long for a name.

  python3 -m unittest tests.cli.test_import_liquity       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import unittest

from tests.cli import test_import
from tests.cli.program import INPUT, Case, plim

TRACE = pathlib.Path(__file__).resolve().parent / "tiny_liquity.jsonl.gz"  # the first 58 steps of a run
LINES = gzip.decompress(TRACE.read_bytes()).decode().splitlines()
STEPS = [json.loads(line) for line in LINES]
OWNER = STEPS[-1]["s"]["order"][0]
REDEEMED = next(i for i, step in enumerate(STEPS) if "redemption" in step.get("tags", []))
CLOSED = sum(name == "TroveLiquidated" for step in STEPS[1:] for name, _ in step.get("ev", []))


class Liquity(Case):
    replayed = test_import.Grown.replayed
    with_refusals = test_import.Grown.with_refusals

    def changed(self, number, change):
        line = json.loads(LINES[number])
        change(line)
        return [*LINES[:number], json.dumps(line), *LINES[number + 1:]]

    def refused(self, lines, *needles):
        (self.folder / "t.jsonl").write_text("\n".join(lines))
        self.fails(plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out"), INPUT, *needles)

    def test_whole(self):
        told = self.replayed(LINES)
        self.assertEqual((told["blocks"], told["liquidations"], told["invariants_checked"]), (59, CLOSED, 8 * 59))
        self.assertEqual(told["reverts"], sum(not step["ok"] for step in STEPS[1:]))

    def test_troves_count_and_not_their_sum(self):
        (self.folder / "t.jsonl").write_text("\n".join(LINES))
        made = plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out")
        self.assertIn(f"({CLOSED} liquidations,", made.stdout)
        self.assertLess(sum(name == "Liquidation" for step in STEPS[1:] for name, _ in step.get("ev", [])), CLOSED)

    def test_the_order_of_troves(self):
        def swapped(step):
            step["s"]["order"][:2] = reversed(step["s"]["order"][:2])
        first = self.replayed(self.changed(REDEEMED, swapped), 2)["first_difference"]
        self.assertEqual((first["block"], first["where"]), (REDEEMED + 1, "trove_at(at 0)"))
        first = self.replayed(self.changed(REDEEMED, lambda step: step["s"]["order"].pop()), 1)["first_difference"]
        self.assertEqual(first["where"], "trove_count()")

    def test_a_wrong_hint_for_a_partial_redemption(self):
        other = self.changed(REDEEMED, lambda step: step["args"].update(partialNICR="1"))
        self.assertEqual(self.replayed(LINES)["mismatches"], 0)
        (self.folder / "t.jsonl").write_text("\n".join(other))
        plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "other")
        told = json.loads(plim("replay", self.folder / "other", "--json").stdout)
        self.assertEqual(told["first_difference"]["block"], REDEEMED + 1)

    def test_texts_of_refusals(self):
        balance = "TroveManager: Requested redemption amount must be <= user's LUSD token balance"
        redeem = {"amount": str(10**30), "firstHint": None, "partialNICR": "0", "maxIter": 0, "maxFee": str(10**18)}
        told = self.replayed(self.with_refusals(LINES, [
            ("redeemCollateral", "u0", redeem, {"kind": "string", "name": balance}),
            ("stake", "u0", {"amount": "0"}, {"kind": "string", "name": "LQTYStaking: Amount must be non-zero"}),
            ("openTrove", "l1", {"maxFee": str(10**18 + 1), "lusd": str(10**22), "value": str(10**30)},
             {"kind": "string", "name": "Max fee percentage must less than or equal to 100%"}),  # in Recovery Mode
            ("transferLUSD", "u0", {"to": "StabilityPool", "amount": "1"},
             {"kind": "string", "name": "LUSD: Cannot transfer tokens directly to the StabilityPool, TroveManager or "
                                        "BorrowerOps"}),
            ("withdrawColl", OWNER, {"amount": str(2**255)},
             {"kind": "string", "name": "SafeMath: subtraction overflow"})]))
        self.assertEqual(told["compared_without_reason"], 0)

    def test_constants_of_the_source(self):
        for key in ("MCR", "CCR", "gasComp", "minNetDebt", "lqtySupplyCap"):
            self.refused(self.changed(0, lambda header, key=key: header.update({key: "1"})), f"t.jsonl:1: {key}: ")
        self.refused(self.changed(0, lambda header: header.update(MAX="1")), "t.jsonl:1: MAX")


if __name__ == "__main__":
    unittest.main()
