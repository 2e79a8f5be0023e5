"""plim curve: by hand on the margin account, and its promises on a recorded book.

  python3 -m unittest tests.cli.test_curve       PLIM=path runs another build
"""
import json
import unittest
import xml.dom.minidom

from tests.cli.program import INPUT, OK, ROOT, USAGE, Case, plim

HISTORY = ROOT / "fixtures" / "histories" / "aave-v3-seed-9"
REPORT = ROOT / "fixtures" / "histories" / "captured-report"
OCR = ROOT / "fixtures" / "histories" / "chainlink-ocr1"
EXAMPLE = ROOT / "contracts" / "examples" / "margin_account.world.json"


class Curve(Case):
    def curve(self, *words):
        told = plim("curve", *words, "--json")
        self.assertEqual(told.returncode, OK, told.stderr)
        return json.loads(told.stdout)

    def example(self):
        made = plim("run", EXAMPLE, "-o", self.folder / "run", "--contracts", ROOT / "contracts")
        self.assertEqual(made.returncode, OK, made.stderr)
        return self.folder / "run"

    def test_the_line_of_one_account(self):
        # alice: 1 ETH at 2000 USD, debt 1200 USD, maintenance 125 %: her line is at 1500 USD, a fall of 25 %.
        told = self.curve(self.example(), "--asset", "ETH_USD", "--at", "1", "--steps", "100")
        self.assertEqual((told["price"], told["positions"], told["below_their_line_already"]), ("2000.00000000", 1, 0))
        for step, row in enumerate(told["curve"]):
            self.assertEqual(row["fall_percent"], str(step))
            self.assertEqual(row["price"], f"{2000 - 20 * step}.00000000")
            self.assertEqual((row["positions"], row["debt"], row["collateral"]),
                             (1, "1200.000000", "1600.000000") if step > 25 else (0, "0.000000", "0.000000"))

    def test_below_the_line_already_does_not_count(self):
        told = self.curve(self.example(), "--asset", "ETH_USD", "--at", "2")
        self.assertEqual(told["below_their_line_already"], 0)
        liquidated = self.curve(self.example(), "--asset", "ETH_USD", "--at", "3")
        self.assertEqual(liquidated["curve"][1]["positions"], 0, "1440 less 5 % is 1368; her line is at 1333.3")
        self.assertEqual(liquidated["curve"][2]["positions"], 1)

    def test_zero_at_zero_and_never_falling(self):
        seen = 0
        for feed in ("WETH", "WBTC", "DAI", "USDC"):
            for height in (90, 150, 301):
                rows = self.curve(HISTORY, "--asset", feed, "--at", height)["curve"]
                debts = [float(row["debt"]) for row in rows]
                self.assertEqual(debts[0], 0)
                self.assertEqual(debts, sorted(debts))
                seen += debts[-1] > 0
        self.assertGreater(seen, 0, "no curve of this book rises: the test shows nothing")

    def test_one_pool_is_asked_once_for_each_account(self):
        """A u8 in a key is a CToken or an asset, not the market that position_health takes."""
        for name, feed, debtors in (("compound-v2-seed-5", "ETH", 4), ("compound-v3-seed-16", "WETH", 1)):
            told = self.curve(ROOT / "fixtures" / "histories" / name, "--asset", feed, "--at", 200)
            self.assertEqual((told["positions"], told["not_answered"]), (debtors, 0), name)

    def test_what_is_owed_gets_dearer(self):
        # DAI is owed: the borrower's line is at 0.000292544786195256 (its page says so), a rise of 4.2585 %.
        fall = self.curve(REPORT, "--asset", "DAI_ETH", "--at", "1")
        self.assertEqual((fall["positions"], fall["of_them_as_collateral"], fall["of_them_as_debt"]), (1, 0, 1))
        self.assertEqual({row["positions"] for row in fall["curve"]}, {0})
        rise = self.curve(REPORT, "--asset", "DAI_ETH", "--at", "1", "--rise", "--steps", "1000")
        self.assertEqual(rise["curve"][1000]["price"], "0.000561190202873414")
        self.assertEqual([row["positions"] for row in rise["curve"]], [int(step > 42) for step in range(1001)])
        self.assertEqual(rise["curve"][43]["rise_percent"], "4.3")

    def test_text(self):
        nothing = plim("curve", REPORT, "--asset", "DAI_ETH", "--at", "1").stdout
        self.assertEqual(nothing.splitlines(), [
            "World captured_report, after block 1: if DAI_ETH falls from 0.000280595101436707, "
            "the debt of positions that become liquidatable.",
            "Values are at the prices of that block. 1 position has debt; 0 below the line already, not counted.",
            "DAI_ETH prices collateral of 0 of them and debt of 1.", "",
            "Nothing becomes liquidatable, however far it falls. A rise may, where it is owed: try --rise."])
        shown = plim("help", "curve").stdout
        example = next(line.split() for line in shown.splitlines() if "fixtures" in line)
        table = plim(*example[1:], cwd=ROOT).stdout
        self.assertIn("########", table, "the example of the help has a bar")
        self.assertEqual([line for line in table.splitlines() if line.endswith(" ")], [])
        self.assertIn("after block 77", table)

    def test_the_plot(self):
        file = self.folder / "c.svg"
        told = plim("curve", self.example(), "--asset", "ETH_USD", "--at", "1", "--svg", file)
        self.assertEqual(told.returncode, OK)
        self.assertIn("########", told.stdout)
        svg = xml.dom.minidom.parse(str(file)).documentElement
        self.assertEqual(len(svg.getElementsByTagName("polyline")), 2)
        self.assertIn("What becomes liquidatable when ETH_USD falls", file.read_text())

    def test_what_is_not_there(self):
        for words, code, part in (((HISTORY,), USAGE, "--asset"),
                                  ((HISTORY, "--asset", "WTEH"), INPUT, 'did you mean "WETH"?'),
                                  ((HISTORY, "--asset", "WETH", "--contract", "x"), INPUT,
                                   'no contract "x"; it has aave_v3_0'),
                                  ((HISTORY, "--asset", "WETH", "--contract", "aave_v3"), INPUT,
                                   'did you mean "aave_v3_0"?'),
                                  ((OCR, "--asset", "x", "--contract", "feed_reader"), INPUT, "position_health"),
                                  ((HISTORY, "--asset", "weth"), INPUT, 'did you mean "WETH"?'),
                                  ((HISTORY, "--asset", "nothing"), INPUT, "it has USDC, "),
                                  ((HISTORY, "--asset", "WETH", "--at", "9999"), INPUT,
                                   "there is no block 9999; the last one is 301"),
                                  ((HISTORY, "--asset", "WETH", "--steps", "0"), USAGE, "--steps")):
            told = plim("curve", *words)
            self.assertEqual(told.returncode, code, words)
            self.assertIn(part, told.stderr)


if __name__ == "__main__":
    unittest.main()
