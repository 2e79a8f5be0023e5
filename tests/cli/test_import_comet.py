"""plim import evm-trace with Comet: a base token that the header names, signed principals, an argument that the
recording leaves out, several liquidations in one call; and plim explain of one of them.

  python3 -m unittest tests.cli.test_import_comet       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import unittest

from tests.cli import test_import
from tests.cli.program import INPUT, OK, ROOT, Case, plim

TRACE = pathlib.Path(__file__).resolve().parent / "tiny_comet.jsonl.gz"  # the first 35 steps of a run
LINES = gzip.decompress(TRACE.read_bytes()).decode().splitlines()
ABSORBED, BOTH = (next(i for i, line in enumerate(LINES) if line.count('"AbsorbDebt"') == count) for count in (1, 2))
HISTORY = ROOT / "fixtures" / "histories" / "compound-v3-seed-19"


class Comet(Case):
    replayed = test_import.Grown.replayed

    def changed(self, number, change):
        line = json.loads(LINES[number])
        change(line)
        return [*LINES[:number], json.dumps(line), *LINES[number + 1:]]

    def refused(self, lines, *needles):
        (self.folder / "t.jsonl").write_text("\n".join(lines))
        self.fails(plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out"), INPUT, *needles)

    def test_whole(self):
        told = self.replayed(LINES)
        calls = [json.loads(line) for line in LINES[1:]]
        self.assertEqual((told["blocks"], told["liquidations"], told["invariants_checked"]), (36, 3, 5 * 36))
        self.assertEqual(told["reverts"], sum(not step["ok"] for step in calls))

    def test_every_tag_is_a_liquidation(self):
        (self.folder / "t.jsonl").write_text("\n".join(LINES))
        made = plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out")
        self.assertIn("(3 liquidations,", made.stdout)

    def test_the_header_says_who_absorbs(self):
        def other(header):
            header["liquidators"].reverse()
        first = self.replayed(self.changed(0, other), 7)["first_difference"]
        self.assertEqual((first["block"], first["field"], first["expected"], first["computed"]),
                         (ABSORBED + 1, "absorber", "l0", "l1"))
        self.refused(self.changed(0, lambda header: header.update(liquidators=[])), ": args: ", "only the header says")
        self.refused(self.changed(ABSORBED, lambda step: step["args"].update(absorber="l0")),
                     f"t.jsonl:{ABSORBED + 1}: args: ", "only the header says")

    def test_accounts_are_those_of_the_call(self):
        reversed_ = self.changed(BOTH, lambda step: step["args"]["accounts"].reverse())
        first = self.replayed(reversed_, 12)["first_difference"]
        self.assertEqual((first["block"], first["field"]), (BOTH + 1, "borrower"))
        self.refused(self.changed(BOTH, lambda step: step["args"].update(accounts=["u0"] * 9)),
                     f"t.jsonl:{BOTH + 1}: args.accounts: ")

    def test_the_base_token_has_any_name(self):
        told = self.replayed(LINES)
        other = self.replayed("\n".join(LINES).replace('"USDC"', '"usd-c"').splitlines())
        self.assertEqual(other["compared"], told["compared"])
        for name in ("WETH", None, 7):
            self.refused(self.changed(0, lambda header, name=name: header["base"].update(sym=name)), "t.jsonl")

    def test_a_header_that_contradicts_its_state(self):
        self.refused(self.changed(0, lambda header: header["base"].update(price="1")), "t.jsonl:1: base.price: ")
        self.refused(self.changed(0, lambda header: header["state"]["c"]["WETH"].update(reserves="1")),
                     "t.jsonl:1: state.c.WETH.reserves: ")
        self.refused(self.changed(0, lambda header: header["params"].update(newRate="1")), "t.jsonl:1: params.newRate")

    def test_a_principal_has_a_sign(self):
        debtor = next(name for name, user in json.loads(LINES[ABSORBED - 1])["s"]["u"].items() if user["p"][0] == "-")

        def forgiven(step):
            step["s"]["u"][debtor]["p"] = step["s"]["u"][debtor]["p"][1:]
        first = self.replayed(self.changed(ABSORBED - 1, forgiven), 1)["first_difference"]
        self.assertEqual((first["field"], first["computed"]), ("principal", "-" + first["expected"]))

    def test_explain_tells_the_absorbed_account(self):
        run = plim("explain", HISTORY, "45", "--json")
        self.assertEqual(run.returncode, OK, run.stderr)
        facts = json.loads(run.stdout)
        self.assertEqual((facts["account"], facts["function"]), ("u2", "absorb"))
        self.assertTrue(facts["health_before"]["below_its_line"])


if __name__ == "__main__":
    unittest.main()
