"""plim explain: every formula told is computed again here, health agrees with plim show, and the cause is named.

  python3 -m unittest tests.cli.test_explain       PLIM=path runs another build
"""
import json
import os
import shutil
import unittest

from tests.cli.program import INPUT, OK, ROOT, USAGE, Case, plim

HISTORY = ROOT / "fixtures" / "histories" / "aave-v3-seed-5"
REPORT = ROOT / "fixtures" / "histories" / "captured-report"
EXAMPLE = ROOT / "contracts" / "examples" / "margin_account.world.json"


def rounded(top, bottom, how):
    """top / bottom by a named rounding; half even and the signed ones too."""
    low, rest = divmod(top, bottom)
    if how == "down" or rest == 0:
        return low
    if how == "up":
        return low + 1
    if how == "half up":
        return low + (2 * rest >= bottom)
    if how == "half even":
        return low + (2 * rest > bottom or (2 * rest == bottom and low % 2 == 1))
    if how == "toward zero":
        return low + (top < 0)
    raise AssertionError(f"a rounding without a name: {how}")


class Explain(Case):
    def facts(self, *words):
        told = plim("explain", *words, "--json")
        self.assertEqual(told.returncode, OK, told.stderr)
        return json.loads(told.stdout)

    def expect_formulas_hold(self, facts):
        checked = 0
        for formula in facts["formulas"]:
            if formula["formula"].startswith("price of"):
                continue
            numerator, bottom = formula["formula"].rsplit(" / ", 1)
            top = 1
            for factor in numerator.split(" * "):
                top *= int(factor)
            self.assertEqual(int(formula["result"]), rounded(top, int(bottom), formula["rounding"]), formula)
            self.assertEqual(formula["exact"], top % int(bottom) == 0, formula)
            checked += 1
        return checked

    def test_a_recorded_liquidation(self):
        facts = self.facts(HISTORY, "78", "--all")
        self.assertGreater(self.expect_formulas_hold(facts), 40)
        self.assertEqual((facts["account"], facts["function"], facts["status"]), ("u1", "liquidation_call", "OK"))
        self.assertTrue(facts["health_before"]["below_its_line"])
        self.assertFalse(facts["health_after"]["below_its_line"])
        factor = facts["health_before"]["health_factor"].replace(".", "").lstrip("0")
        self.assertIn(factor, [formula["result"] for formula in facts["formulas"]], "the contract computed it itself")
        why = facts["why_now"]
        for block, below in ((why["last_safe_block"], False), (why["fell_in_block"], True)):
            shown = json.loads(plim("show", HISTORY, "account", "u1", "--at", block, "--json").stdout)
            self.assertEqual(float(shown["account_state"]["hf"]) < 1, below)
        self.assertEqual(why["last_safe_block"] + 1, why["fell_in_block"])
        self.assertEqual(facts["formulas"][0]["source"],
                         "return 1ray + div_down(rate * seconds, SECONDS_PER_YEAR);")

    def test_repeats_are_left_out_unless_asked_for(self):
        few, all_of_them = self.facts(HISTORY, "78"), self.facts(HISTORY, "78", "--all")
        self.assertLess(len(few["formulas"]), len(all_of_them["formulas"]))

    def test_a_price_that_crossed_the_line(self):
        made = plim("run", EXAMPLE, "-o", self.folder / "run", "--contracts", ROOT / "contracts")
        self.assertEqual(made.returncode, OK, made.stderr)
        world = json.loads(EXAMPLE.read_text())
        calls = [(height, number, call) for height, block in enumerate(world["blocks"], 1)
                 for number, call in enumerate(block.get("calls", []))]
        height, number = next((h, n) for h, n, call in calls if "liquidate" in call["call"])
        reports = len(world["blocks"][height - 1].get("prices", {}))
        facts = self.facts(self.folder / "run", f"{height}:{reports + number}")
        self.assertIn("liquidate", facts["function"])
        self.expect_formulas_hold(facts)

    def test_a_ctoken_is_not_a_pool(self):
        """borrow(market 1, ..) of Compound v2: the account's health is in pool 0."""
        facts = self.facts(ROOT / "fixtures" / "histories" / "compound-v2-seed-5", "25")
        self.assertEqual((facts["function"], facts["arguments"]["market"], facts["account"]), ("borrow", "1", "u1"))
        before, after = (float(facts[when]["health_factor"]) for when in ("health_before", "health_after"))
        self.assertGreater(before, after)
        self.assertGreater(after, 1)

    def compound(self, blocks):
        """A run of Compound v2: ann owes 740 B against 750 of weighted A; a market's interest is 100 % a year."""
        rates = {"base_rate_per_year": "1", "multiplier_per_year": "0", "jump_multiplier_per_year": "0", "kink": "1"}
        markets = [{"market": m, "c_token": f"c{m}", "feed": m, "decimals": 18, "initial_exchange_rate": "1",
                    "accrual_block_number": 0, "collateral_factor": "0.75", **rates} for m in (0, 1)]
        wallets = [{"account": who, "market": m, "wallet": str(10 ** 24)} for who in ("ann", "pool") for m in (0, 1)]
        calls = [{"from": who, "call": f"c.{entry}", "args": args, "expect": "OK"} for who, entry, args in (
            ("pool", "mint", [1, str(10 ** 23)]), ("ann", "mint", [0, str(10 ** 21)]), ("ann", "enter_markets", ["3"]),
            ("ann", "borrow", [1, str(740 * 10 ** 18)]))]
        folder = self.folder / "compound"
        folder.mkdir()
        (folder / "contracts").symlink_to(ROOT / "contracts")
        world = {"name": "compound", "time_s": 1700000000, "accounts": ["ann", "ben", "pool", "c0", "c1"],
                 "feeds": [{"name": name, "decimals": digits, "staleness_s": 10 ** 6}
                           for name, digits in (("A", 18), ("B", 18), ("block", 0))],
                 "contracts": [{"name": "c", "source": "contracts/compound_v2.plim", "params": {"block_feed": 2},
                                "tables": {"markets": markets, "accounts": wallets}}],
                 "blocks": [{"after_s": 12, "prices": {"A": "1", "B": "1", "block": "0"}, "calls": calls}] + blocks}
        (folder / "w.world.json").write_text(json.dumps(world))
        made = plim("run", folder / "w.world.json", "-o", folder / "run", "--contracts", ROOT / "contracts")
        self.assertEqual(made.returncode, OK, made.stdout + made.stderr)
        return folder / "run"

    def test_a_price_said_again_did_not_move(self):
        run = self.compound([{"after_s": 12, "prices": {"A": "1", "block": "50000"}, "calls": [
            {"from": "pool", "call": "c.liquidate_borrow", "args": [1, "ann", "1", 0], "expect": "OK"}]}])
        why = self.facts(run, "2")["why_now"]
        self.assertEqual([price["feed"] for price in why["prices_that_moved"]], ["block"], "A was 1 and is 1")
        self.assertEqual(why["health_then"], {"health_factor": "1.013513513513513513", "below_its_line": False})

    def test_a_block_without_an_answer_hides_no_fall(self):
        """A falls in block 2, has no price after block 3, and is said again in block 4."""
        run = self.compound([{"after_s": 12, "prices": {"A": "0.9"}, "calls": []},
                             {"after_s": 12, "prices": {"A": "0"}, "calls": []},
                             {"after_s": 12, "prices": {"A": "0.9"}, "calls": [
                                 {"from": "pool", "call": "c.liquidate_borrow", "args": [1, "ann", "1", 0],
                                  "expect": "OK"}]}])
        why = self.facts(run, "4")["why_now"]
        self.assertEqual((why["last_safe_block"], why["fell_in_block"]), (1, 2))
        self.assertEqual(why["prices_that_moved"][0]["after"], "0.900000000000000000")

    def test_about_whom_a_transfer_is(self):
        run = self.compound([{"after_s": 12, "calls": [
            {"from": "ann", "call": "c.transfer", "args": [0, "ben", "1"], "expect": "OK"}]}])
        self.assertEqual(self.facts(run, "2")["account"], "ann", "who gives is less healthy, who gets is not")

    def test_a_view_without_an_answer_is_not_no_view(self):
        run = self.compound([{"after_s": 12, "prices": {"A": "0"}, "calls": [
            {"from": "ann", "call": "c.repay_borrow", "args": [1, "1"], "expect": "OK"}]}])
        self.assertIn("The contract's view of ann's health gave no answer.", plim("explain", run, "2").stdout)

    def test_exact_zeros_are_counted_not_told(self):
        few, all_of_them = self.facts(REPORT, "2"), self.facts(REPORT, "2", "--all")
        told, every = few["formulas"], all_of_them["formulas"]
        self.assertEqual([f for f in told if f["exact"] and f["result"] == "0"], [])
        zeros = [f for f in every if f["exact"] and f["result"] == "0"]
        self.assertGreater(len(zeros), 10, "this call computes no zero: the test shows nothing")
        left = few["formulas_left_out"]
        self.assertEqual(left["zero"], len(zeros))
        self.assertEqual(len(told) + left["zero"] + left["repeated"], len(every))
        self.assertEqual(all_of_them["formulas_left_out"], {"zero": 0, "repeated": 0})
        self.assertIn(f"left out: {left['zero']} whose result is exactly zero, {left['repeated']} more",
                      plim("explain", REPORT, "2").stdout)

    def test_a_captured_report(self):
        """A time that is a block number, assets by name, who signed what moved, and the lines of the source."""
        text = plim("explain", REPORT, "2").stdout
        self.assertTrue(text.startswith("Block 2, time 13244807 (Ethereum block number): "), text[:80])
        for part in ("collateral WETH, debt USDT", "signed_by  the feed's own signers"):
            self.assertIn(part, text)
        facts = self.facts(REPORT, "2")
        self.assertEqual((facts["events"][0]["collateral_asset"], facts["events"][0]["debt_asset"]), ("WETH", "USDT"))
        self.assertEqual(facts["sources_not_shown"], [])
        self.assertIn("return mul_half_up(a, b);", [formula["source"] for formula in facts["formulas"]])

    def own_world(self, **changes):
        """The margin account as its author has it: under another name, in a folder of its own."""
        source = EXAMPLE.with_name("margin_account.plim").read_text()
        (self.folder / "mine.plim").write_text(source.replace("contract margin_account;", "contract mine;"))
        world = json.loads(EXAMPLE.read_text())
        world["contracts"][0]["source"] = "mine.plim"
        del world["blocks"][0]["time_s"]
        world["blocks"][0]["after_s"] = 12
        (self.folder / "w.json").write_text(json.dumps(world | changes))
        made = plim("run", self.folder / "w.json", "-o", self.folder / "run", "--contracts", ROOT / "contracts")
        self.assertEqual(made.returncode, OK, made.stderr)
        return self.folder / "run"

    def sources(self, *words):
        facts = self.facts(self.folder / "run", "3", *words)
        return {formula["source"] for formula in facts["formulas"]}, facts["sources_not_shown"]

    def test_source_lines_of_a_contract_of_ones_own(self):
        self.own_world()
        lines, missing = self.sources()
        self.assertEqual(missing, [])
        self.assertIn("let needed = mul_up(debt, maintenance);", lines)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        source = (self.folder / "mine.plim").rename(elsewhere / "mine.plim")
        lines, missing = self.sources()
        self.assertEqual(lines, {None})
        self.assertEqual(missing, ["no mine.plim is found for mine; say where with --contracts FOLDER"])
        told = plim("explain", self.folder / "run", "3").stdout
        self.assertIn("without source lines: no mine.plim", told)
        self.assertEqual([line for line in told.splitlines() if line.endswith(" ")], [])
        self.assertIn("let needed = mul_up(debt, maintenance);", self.sources("--contracts", elsewhere)[0])
        source.write_text(source.read_text().replace("mul_up(debt", "mul_down(debt"))
        lines, missing = self.sources("--contracts", elsewhere)
        self.assertEqual((lines, missing), ({None}, ["mine.plim is not what this history's mine was compiled from"]))

    def test_times(self):
        for time_s, changes, told in ((1700000000, {}, "2023-11-14 22:13:32 UTC"), (1000, {}, "time 1012"),
                                      (1700000000, {"time_is": "slot"}, "time 1700000012 (slot)")):
            shutil.rmtree(self.folder / "run", ignore_errors=True)
            facts = json.loads(plim("explain", self.own_world(time_s=time_s, **changes), "1", "--json").stdout)
            self.assertEqual(facts["time"], told)

    def test_world_notes_are_checked(self):
        world = json.loads(EXAMPLE.read_text())
        world["contracts"][0]["source"] = os.path.relpath(EXAMPLE.with_name("margin_account.plim"), self.folder)
        for changes, part in (({"time_is": ""}, "time_is"), ({"time_is": "a\nb"}, "time_is"),
                              ({"time_is": 1}, "time_is"),
                              ({"assets": ["A B"]}, "assets[0]"), ({"assets": ["x"] * 257}, "at most 256")):
            (self.folder / "w.json").write_text(json.dumps(world | changes))
            run = plim("run", self.folder / "w.json", "--contracts", ROOT / "contracts")
            self.fails(run, INPUT, part)

    def test_all_of_it_has_a_name(self):
        for words in (("explain", HISTORY, "78"), ("show", HISTORY, "receipt", "78")):
            told = plim(*words).stdout
            self.assertRegex(told, r"debt_to_cover +u256\.max")
            self.assertNotIn(str(2**256 - 1), told)
        self.assertEqual(self.facts(HISTORY, "78")["arguments"]["debt_to_cover"], str(2**256 - 1))

    def test_text_tells_the_same(self):
        told = plim("explain", HISTORY, "78")
        for part in ("u4 calls aave_v3_0.liquidation_call(", "Health factor of u1: 0.878534660880314261 before",
                     "fell below its line in block 66", "rounded half up", "LiquidationCall"):
            self.assertIn(part, told.stdout)

    def test_what_is_not_there(self):
        for words, code, part in (((HISTORY, "9999"), INPUT, "no block 9999; the last one is 301"),
                                  ((HISTORY, "78:7"), INPUT, "no transaction"),
                                  ((HISTORY, "1"), INPUT, "block 1 has no transaction to explain, only 6 price"),
                                  ((HISTORY, "78", "--contracts", "/nope"), INPUT, "/nope"),
                                  ((HISTORY, "x"), USAGE, "78:1"),
                                  ((HISTORY, "78", "--account", "nobody"), INPUT, "no account")):
            told = plim("explain", *words)
            self.assertEqual(told.returncode, code, words)
            self.assertIn(part, told.stderr)


if __name__ == "__main__":
    unittest.main()
