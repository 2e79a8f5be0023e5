"""plim run: the shipped example by hand, the help's example, and what a wrong world file is told.

  python3 -m unittest tests.cli.test_run       PLIM=path runs another build
"""
import copy
import json
import pathlib
import re
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, ROOT, USAGE, Case, plim

EXAMPLE = ROOT / "contracts" / "examples" / "margin_account.world.json"
WORLD = json.loads(EXAMPLE.read_text())
WORLD["contracts"][0]["source"] = "margin_account.plim"


class Run(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "margin_account.plim").write_bytes(EXAMPLE.with_name("margin_account.plim").read_bytes())

    def run_world(self, world, *words):
        file = self.folder / "w.json"
        file.write_text(world if isinstance(world, str) else json.dumps(world))
        return plim("run", file, "--contracts", ROOT / "contracts", *words)

    def changed(self, *path_and_value):
        *path, last, value = path_and_value
        world = copy.deepcopy(WORLD)
        place = world
        for key in path:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return world

    def test_the_example_by_hand(self):
        run = plim("run", EXAMPLE, "-o", self.folder / "out", "--json")
        self.assertEqual((run.returncode, run.stderr), (OK, ""))
        told = json.loads(run.stdout)
        self.assertTrue(told["good"] and told["stand_in_signer"])
        self.assertEqual((told["calls"], told["refused"], told["asked"], told["expectations_checked"],
                          told["invariants_checked"]), (6, 3, 4, 10, 3))
        first, second, third = told["blocks"]
        calls = [r for r in first["receipts"] if r["kind"] == "transaction"]
        self.assertEqual([c["status"] for c in calls], ["OK", "OK", "REVERT"])
        # one ether at 2000 is worth 2000; 1400 of debt need one and a half times that
        self.assertEqual(calls[2]["error"], "BelowInitial")
        self.assertEqual(calls[2]["error_arguments"], {"value": "2000.000000", "needed": f"{1400 * 3 // 2}.000000"})
        self.assertEqual(first["asked"][0]["result"]["result"], "1." + "6" * 18)  # 2000 / 1200, down
        self.assertEqual(second["time_s"], 1700000024)
        self.assertEqual(third["time_s"], 1700003624)
        liquidated = third["receipts"][1]
        # 600 dollars and five percent of them, at 1440 an ether
        self.assertEqual(float(liquidated["result"]["result"]), 600 * 1.05 / 1440)
        self.assertEqual(liquidated["events"][0]["seized"], "0.437500000000000000")
        self.assertEqual(third["asked"][0]["result"]["result"], "1.35" + "0" * 16)  # 0.5625 * 1440 / 600

    def test_the_folder_is_a_history(self):
        out = self.folder / "out"
        run = self.run_world(WORLD, "-o", out)
        self.assertEqual(run.returncode, OK, run.stderr)
        self.assertIn("stand-in signer", run.stdout)
        self.assertEqual([p.name for p in sorted(out.iterdir())],
                         ["README.md", "expect.plx.gz", "history.plh.gz", "world.json"])
        replay = plim("replay", out, "--json", "--check-invariants")
        told = json.loads(replay.stdout)
        self.assertEqual((replay.returncode, told["mismatches"], told["blocks"], told["liquidations"]), (OK, 0, 3, 1))
        # six outcomes, three events, six results of views
        self.assertEqual((told["compared"], told["compared_blocks"]), (15, 3))
        self.assertIn("0.5625", plim("show", out, "account", "alice").stdout)
        self.assertIn(told["final_root"], run.stdout)
        self.assertIn("stand-in signer", (out / "README.md").read_text())
        before = (out / "history.plh.gz").read_bytes()
        self.assertEqual(self.run_world(WORLD, "-o", out).returncode, OK)  # its own folder is replaced
        self.assertEqual((out / "history.plh.gz").read_bytes(), before)

    def test_a_folder_of_somebody_else_is_left_alone(self):
        (self.folder / "mine").mkdir()
        (self.folder / "mine" / "README.md").write_text("mine")
        self.fails(self.run_world(WORLD, "-o", self.folder / "mine"), INPUT, "holds something else")

    def test_what_differs_is_named(self):
        rows = [
            (("blocks", 0, "calls", 2, "expect", "OK"), "call 3, margin.borrow", "expected OK",
             "computed BelowInitial(value 2000.000000, needed 2100.000000)"),
            (("blocks", 0, "calls", 1, "expect", "NO_PRICE"), "call 2, margin.borrow", "expected NO_PRICE",
             "computed OK"),
            (("blocks", 2, "calls", 0, "expect", {"result": "0.4374"}), "call 1, margin.liquidate, result",
             "expected 0.437400000000000000", "computed 0.437500000000000000"),
            (("blocks", 2, "ask", 1, "expect", {"debt": "601"}), "view 2, margin.position, debt", "expected 601.000000",
             "computed 600.000000"),
            (("contracts", 0, "tables", "totals", [{"collateral": "3"}]), "invariant margin.totals_are_sums",
             "expected true", "computed false"),
        ]
        for change, *needles in rows:
            run = self.run_world(self.changed(*change))
            self.assertEqual((run.returncode, run.stderr), (DIVERGED, ""), change)
            for needle in needles:
                self.assertIn(needle, run.stdout)
        told = json.loads(self.run_world(self.changed(*rows[0][0]), "--json").stdout)
        self.assertEqual((told["good"], told["differences"][0]["block"]), (False, 1))

    def test_refused_calls_are_listed_before_the_end(self):
        lines = plim("run", EXAMPLE).stdout.splitlines()
        at = lines.index(next(line for line in lines if line.startswith("refused ")))
        table = [line.split() for line in lines[at + 1:-2]]
        self.assertEqual(table, [["margin.borrow", "BelowInitial", "1", "1"],
                                 ["margin.liquidate", "Healthy", "2", "2"]])
        self.assertTrue(lines[-2].startswith("GOOD: "))

    def test_a_price_outside_its_bounds_is_shown(self):
        run = self.run_world(self.changed("blocks", 2, "prices", "ETH_USD", "0.5"))
        self.assertIn("price ETH_USD refused: PRICE_BOUNDS", run.stdout)

    def test_bad_files_are_named(self):
        deposit = ("blocks", 0, "calls", 0)
        rows = [
            (("blokcs", []), 'unknown key "blokcs"; did you mean "blocks"?'),
            (("name", "my world"), "name: expected a name"),
            (("time_s", 1.5), "time_s: expected an integer", "found a number with a point"),
            (("seed", -1), "seed: expected an integer from 0"),
            (("contracts", []), "contracts: expected 1 to 256 contracts"),
            (("contracts", 0, "source", "/etc/passwd"), "contracts[0].source"),
            (("contracts", 0, "params", "bonus", "21%"), "contracts[0].params.bonus", "0.0000 to 0.2000"),
            (("contracts", 0, "params", "bonsu", "1%"), "contracts[0].params", 'did you mean "bonus"?'),
            (("contracts", 0, "params", "bonus", "0.00001"), "contracts[0].params.bonus", "at most 4 digits"),
            (("contracts", 0, "params", "feed", "4294967296"), "contracts[0].params.feed"),
            (("contracts", 0, "tables", "margins", []), "contracts[0].tables", 'did you mean "margin"?'),
            (("contracts", 0, "tables", "margin", [{"collateral": "1"}]), "tables.margin[0].who", "found nothing"),
            (("contracts", 0, "tables", "margin", 2 * [{"who": "bob"}]), "same key"),
            (("contracts", 0, "tables", "margin", "m.csv"), "tables.margin: expected a list of rows"),
            (("feeds", 0, "decimals", 78), "feeds[0].decimals"),
            (("feeds", 0, "max", "0.5"), "feeds[0]: expected min not above max"),
            (("feeds", 0, "staleness_s", None), "feeds[0].staleness_s", "found nothing"),
            (("accounts", ["alice", "bob", "alice"]), "accounts[2]"),
            (("accounts", ["alice", "@bob"]), "accounts[1]"),
            (("blocks", 1, "after_s", None), "blocks[1].time_s", "found nothing"),
            (("blocks", 1, "time_s", 1700000024), "blocks[1]: expected time_s or after_s, not both"),
            (("blocks", 0, "time_s", 1699999999), "blocks[0].time_s: expected an integer from 1700000000"),
            (("blocks", 0, "prices", {"ETH": "1"}), "blocks[0].prices", 'unknown key "ETH"'),
            (("blocks", 0, "prices", "ETH_USD", "1.123456789"), "blocks[0].prices.ETH_USD", "decimals"),
            ((*deposit, "from", "alcie"), "blocks[0].calls[0].from", 'did you mean "alice"?'),
            ((*deposit, "from", "@margin"), "blocks[0].calls[0].from", "no contract"),
            ((*deposit, "call", "margin.depsit"), "blocks[0].calls[0].call", 'did you mean "deposit"?'),
            ((*deposit, "call", "margin.position"), "blocks[0].calls[0].call", "public tx function"),
            ((*deposit, "call", "deposit"), "CONTRACT.FUNCTION"),
            ((*deposit, "args", None), "blocks[0].calls[0].args", "found nothing"),
            ((*deposit, "args", {}), "blocks[0].calls[0].args.amount", "found nothing"),
            ((*deposit, "args", ["1", "2"]), "a list of 1 values"),
            ((*deposit, "args", "amount", "-1"), "blocks[0].calls[0].args.amount", "unsigned number"),
            ((*deposit, "args", "amount", "1e3"), "blocks[0].calls[0].args.amount", "ETH"),
            ((*deposit, "args", "amount", 0.5), "blocks[0].calls[0].args.amount", "as a string"),
            ((*deposit, "expect", "Helthy"), "blocks[0].calls[0].expect", 'did you mean "Healthy"?'),
            (("blocks", 2, "ask", 1, "expect", {"dept": "1"}), "blocks[2].ask[1].expect", 'did you mean "debt"?'),
            (("blocks", 2, "ask", 1, "view", "margin.repay"), "blocks[2].ask[1].view", "public view"),
        ]
        for change, *needles in rows:
            with self.subTest(change):
                self.fails(self.run_world(self.changed(*change), "-o", self.folder / "out"), INPUT, "w.json", *needles)
        self.assertEqual(self.left(), ["margin_account.plim", "w.json"])

    def test_bad_text_is_named(self):
        twice = json.dumps(WORLD).replace('"seed"', '"name": "x", "seed"')
        self.fails(self.run_world(twice), INPUT, "w.json:1:", "duplicate")
        self.fails(self.run_world("{\n\"name\": ,"), INPUT, "w.json:2:", "not JSON")
        self.fails(self.run_world("[]"), INPUT, "w.json: expected an object, found an array")
        self.fails(plim("run", self.folder / "none.json"), INPUT, "none.json")
        self.fails(plim("run"), USAGE)
        (self.folder / "margin_account.plim").write_text("contract c;\npublic tx f() { return 1 / 2; }\n")
        run = self.run_world(WORLD)
        self.assertEqual(run.returncode, INPUT)
        self.assertIn("margin_account.plim:2:", run.stderr)
        self.assertIn("does not compile", run.stderr.splitlines()[-1])

    def test_every_class_of_value(self):
        (self.folder / "values.plim").write_text("""contract values;
enum Mode { none, cross }
table all[who: account, mode: Mode] { flag: bool = false; sym: symbol = ''; word: bytes32; low: i8; wide: i256; }
public tx put(mode: Mode, flag: bool, sym: symbol, word: bytes32, low: i8, wide: ibps) -> (m: Mode, l: i8, w: ibps) {
    store all[caller, mode] = all.row { flag: flag, sym: sym, word: word, low: low, wide: 0 };
    return (mode, low, wide);
}
""")
        word = "0x" + "00" * 31 + "07"
        row = {"who": "@v", "mode": "cross", "flag": True, "sym": "", "word": word, "low": -128, "wide": "-1"}
        call = {"from": "0x" + "0" * 63 + "9", "call": "v.put", "expect": ["cross", "-128", "-0.5%"],
                "args": ["cross", True, "X-1", word, "-128", "-0.5%"]}
        world = {"name": "v", "time_s": 0,
                 "contracts": [{"name": "v", "source": "values.plim", "tables": {"all": [row]}}],
                 "blocks": [{"after_s": 0, "calls": [call]}]}
        run = self.run_world(world, "-o", self.folder / "out")
        self.assertEqual((run.returncode, run.stderr), (OK, ""), run.stdout)
        shown = json.loads(plim("show", "--json", self.folder / "out", "state").stdout)["v.all"]
        self.assertEqual([r["low"] for r in shown], ["-128", "-128"])
        self.assertEqual({r["who"] for r in shown}, {"@v", "0x" + "0" * 63 + "9"})
        for place, value in ((0, "crss"), (1, "yes"), (2, "two words"), (3, "0x7"), (4, "-129"), (4, "128")):
            bad = copy.deepcopy(world)
            bad["blocks"][0]["calls"][0]["args"][place] = value
            self.fails(self.run_world(bad), INPUT, f"calls[0].args[{place}]")

    def test_the_example_of_the_help_runs(self):
        text = plim("run", "--help").stdout
        world = text[text.index("  {"):text.index('"ask"')]
        spec = (ROOT / "spec" / "07-language.md").read_text()
        (self.folder / "vault.plim").write_text(re.search(r"```plim\n(.*?)```", spec, re.S)[1])
        run = self.run_world(world)
        self.assertEqual((run.returncode, run.stderr), (OK, ""), run.stdout)
        self.assertIn("NotEnough(have 50.000000, asked 60.000000)", run.stdout)
        self.assertTrue(pathlib.Path(EXAMPLE).is_file() and "margin_account.world.json" in text)


if __name__ == "__main__":
    unittest.main()
