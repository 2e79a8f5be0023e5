"""plim import maker-ethb, maker-black-thursday, compound-2020-11-26: exports into histories.

The rows of Maker are cut out of real ones: seven vaults of the one (MIT), 55 auctions of the other (ISC). Those of
Compound are made here.

  python3 -m unittest tests.cli.test_import_exports       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import unittest
from fractions import Fraction

from tests.cli.program import DIVERGED, INPUT, OK, USAGE, Case, plim

HERE = pathlib.Path(__file__).resolve().parent


def parts(name):
    """The files of a cut-out: {name: lines}; '# name' begins one."""
    files = {}
    for line in gzip.decompress((HERE / name).read_bytes()).decode().splitlines():
        if line.startswith("# "):
            files[line[2:]] = lines = []
        else:
            lines.append(line)
    return files


class Export(Case):
    command = ""
    cut = ""

    def setUp(self):
        super().setUp()
        self.files = parts(self.cut) if self.cut else {}

    def write(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        for name, lines in self.files.items():
            (data / name).write_text("\n".join(lines) + "\n")
        return data

    def run_import(self, *options):
        return plim("import", self.command, self.write(), "-o", self.folder / "out", *options)

    def replay(self, code):
        run = plim("replay", self.folder / "out", "--check-invariants", "--json")
        self.assertEqual(run.returncode, code, run.stderr[:500])
        return json.loads(run.stdout)

    def made(self, code=OK):
        run = self.run_import()
        self.assertEqual(run.returncode, OK, run.stderr)
        return self.replay(code)

    def classes(self, told):
        return {(c["column"], c["class"], c["by"]): c["values"] for c in told["classes"]}

    def change(self, name, row, column, text):
        """Row 1 is the first after the header; gives the place in the file."""
        fields = self.files[name][row].split(",")
        fields[column] = text
        self.files[name][row] = ",".join(fields)
        return f"{name}:{row + 1}"

    def find_row(self, node, key):
        """The first row that has this field, in what plim show prints."""
        if isinstance(node, dict):
            if key in node:
                return node
            node = list(node.values())
        if isinstance(node, list):
            return next((row for row in (self.find_row(part, key) for part in node) if row), None)
        return None

    def refused(self, *needles):
        run = self.run_import()
        self.fails(run, INPUT, *needles)
        self.assertFalse((self.folder / "out").exists())

    def row_of(self, name, *fields):
        return next(i for i, line in enumerate(self.files[name]) if all(f in line.split(",") for f in fields))


class Ethb(Export):
    command = "maker-ethb"
    cut = "tiny_ethb.txt.gz"
    BITES, REPAID = "ethb_vault_liquidations.csv", "ethb_dai_repayments.csv.gz"
    MINTED, DEPOSITS = "ethb_dai_borrows.csv.gz", "ethb_vault_deposits.csv.gz"
    PARAMETERS, FREED = "ethb_parameter_changes.csv.gz", "ethb_vault_withdrawals.csv.gz"

    def test_whole(self):
        told = self.made()
        bites = len(self.files[self.BITES]) - 1
        self.assertEqual((told["mismatches"], told["reverts"], told["liquidations"]), (0, 0, bites))
        classes = self.classes(told)
        self.assertEqual(sum(n for (column, _, _), n in classes.items() if column.endswith("collateral")), bites)
        self.assertEqual(sum(n for (column, _, _), n in classes.items() if column.endswith("debt")), bites)
        page = (self.folder / "out" / "README.md").read_text()
        self.assertIn("| 1 | collateral in and dai out in one call", page)  # vault 17236, after dust went to 500

    def test_changes_of_one_parameter_follow_one_another(self):
        """The file has tau from 172800 to 21600 before tau from 0 to 172800, in one block."""
        self.made()
        show = plim("show", self.folder / "out", "state", "flips", "--at", 2, "--json")
        row = self.find_row(json.loads(show.stdout), "tau")
        self.assertEqual([str(row[name]) for name in ("beg", "ttl", "tau")], ["1.030000000000000000", "21600", "21600"])

    def test_twice_the_same(self):
        self.made()
        first = (self.folder / "out" / "history.plh.gz").read_bytes()
        self.made()
        self.assertEqual(first, (self.folder / "out" / "history.plh.gz").read_bytes())

    def differs(self, column):
        told = self.made(DIVERGED)
        self.assertEqual(told["mismatches"], 1)
        self.assertEqual([c for c, kind, _ in self.classes(told) if kind == "different"], [column])

    def test_other_collateral_of_a_bite_differs(self):
        for ink in "25", "27":  # 26 is the whole number next to it
            self.change(self.BITES, self.row_of(self.BITES, "16567"), 3, ink)
            self.differs("bite: collateral")

    def test_other_debt_of_a_bite_differs(self):
        row = self.row_of(self.BITES, "15967")
        self.change(self.BITES, row, 4, "102.545")
        self.differs("bite: debt")

    def test_other_debt_of_a_bark_differs(self):
        row = self.row_of(self.BITES, "29013")
        self.change(self.BITES, row, 4, "99244.291543168")
        self.differs("bark: debt")

    def test_a_repayment_too_few_is_told(self):
        del self.files[self.REPAID][self.row_of(self.REPAID, "17236", "3551.725025733")]
        self.made()
        page = (self.folder / "out" / "README.md").read_text()
        self.assertIn("| 12165709 | 17236 | a repayment of 3526.", page)

    def test_a_deposit_too_few_is_told(self):
        self.change(self.FREED, self.row_of(self.FREED, "17236", "-7.5"), 3, "-9.5")
        self.made()
        self.assertIn("| 12165709 | 17236 | a deposit of 2", (self.folder / "out" / "README.md").read_text())

    def test_a_withdrawal_that_is_the_rest_but_for_its_print(self):
        self.change(self.FREED, self.row_of(self.FREED, "17236", "-7.5"), 3, "-7.500000001")
        self.made()
        page = (self.folder / "out" / "README.md").read_text()
        self.assertIn("\n1 withdrawals were the rest", page)
        self.assertNotIn("| 12165709 |", page)

    def test_rows_that_no_way_fits_are_told_and_differ(self):
        self.change(self.MINTED, self.row_of(self.MINTED, "16123", "120"), 3, "20")  # below dust
        told = self.made(DIVERGED)
        self.assertGreater(told["reverts"], 0)
        self.assertIn("refused: draw", (self.folder / "out" / "README.md").read_text())

    def test_prices_are_a_path(self):
        path = self.folder / "bars.csv"
        path.write_text("open_time_utc,open,high,low,close,volume\n2020-10-19 12:00:00,380,1,1,1,1\n"
                        "2022-11-09 09:00:00,1100,1,1,1,1\n")
        self.assertEqual(self.run_import("--prices", path).returncode, OK)
        self.assertEqual(self.replay(OK)["mismatches"], 0)
        path.write_text(path.read_text() + "2022-11-09 09:00:00,1100,1,1,1,1\n")
        self.fails(self.run_import("--prices", path), INPUT, "bars.csv:4", "open_time_utc", "after that of the row")
        path.write_text("open_time_utc,open,high,low,close,volume\n2020-10-19 12:00:00,0,1,1,1,1\n")
        self.fails(self.run_import("--prices", path), INPUT, "bars.csv:2", "column open", "above 0")

    def test_hostile_fields(self):
        cases = ((self.BITES, 1, 0, "x", "BLOCK_NUMBER", "integer"), (self.BITES, 1, 1, "2020-13-01 00:00:00", "time"),
                 (self.BITES, 1, 1, "2021-02-29 00:00:00", "time"), (self.BITES, 1, 2, "1", "vault"),
                 (self.BITES, 1, 3, "-1", "COLLATERAL_LIQUIDATED_AMOUNT", "decimal"),
                 (self.BITES, 1, 4, "1e400", "DAI_REPAYED_AMOUNT"), (self.BITES, 1, 4, "1" + 16 * "0", "below 10^15"),
                 (self.FREED, 2, 3, "1", "negative"), (self.DEPOSITS, 3, 3, "0.1234567890123456789", "18 places"),
                 (self.DEPOSITS, 3, 3, "", "decimal"), (self.PARAMETERS, 1, 4, "VAT.ilks.spot", "PARAMETER"),
                 (self.PARAMETERS, 1, 5, "ETH-A", "ETH-B"), (self.PARAMETERS, 1, 8, "someone", "SOURCE_TYPE"),
                 (self.DEPOSITS, 1, 1, "2020-10-19", "time"))
        for name, row, column, text, *needles in cases:
            with self.subTest(file=name, column=column, text=text):
                self.files = parts(self.cut)
                place = self.change(name, row, column, text)
                self.refused(place, *needles)

    def test_hostile_shapes(self):
        self.files[self.BITES][0] = self.files[self.BITES][0].replace("VAULT_NUMBER", "VAULT")
        self.refused(self.BITES + ":1", "column 3", "VAULT_NUMBER")
        self.files = parts(self.cut)
        self.files[self.BITES][2] += ",1"
        self.refused(self.BITES + ":3", "6 fields", "expected 5")
        self.files = parts(self.cut)
        self.files[self.BITES] = []
        self.refused(self.BITES)
        self.files = parts(self.cut)
        creations = self.files["ethb_vault_creations.csv.gz"]
        creations.append(creations[1])
        self.refused("ethb_vault_creations.csv.gz", "created before")
        self.files = parts(self.cut)
        self.change(self.DEPOSITS, 1, 1, "2020-10-19 20:04:21")
        self.refused("times do not rise")

    def test_a_missing_file_and_no_folder(self):
        del self.files[self.REPAID]
        self.refused(self.REPAID)
        self.fails(plim("import", "maker-ethb", self.folder), USAGE, "-o")


class Thursday(Export):
    command = "maker-black-thursday"
    cut = "tiny_thursday.txt.gz"
    AUCTIONS, VALUES = "flip_auctions_eth_a.csv.gz", "osm_eth_logvalue.csv.gz"

    def dealt(self):
        for line in self.files[self.AUCTIONS][1:]:
            fields = line.split(",")
            if fields[9] and 1583971200 <= int(fields[9]) < 1584144000:
                yield fields

    def test_whole(self):
        told = self.made()
        auctions = len(self.files[self.AUCTIONS]) - 1
        self.assertEqual((told["mismatches"], told["reverts"], told["liquidations"]), (0, 0, auctions))
        self.assertEqual(told["reports_accepted"], len(self.files[self.VALUES]) - 1)

    def value_at(self, block):
        last = 0
        for line in self.files[self.VALUES][1:]:
            fields = line.split(",")
            last = int(fields[4]) if int(fields[0]) <= block else last
        return last

    def test_the_figures_are_those_of_the_rows(self):
        """Lots, worth and what was not raised, computed here with fractions."""
        self.made()
        show = plim("show", self.folder / "out", "state", "tallies", "--json")
        text = json.dumps(json.loads(show.stdout))
        rows = [line.split(",") for line in self.files[self.AUCTIONS][1:]]
        zero = [f for f in self.dealt() if Fraction(f[2]) < Fraction(1, 100)]
        worth = sum(Fraction(f[1]) * self.value_at(int(f[8])) / 10**18 for f in zero)
        lots = sum(Fraction(f[1]) for f in zero)
        short = Fraction(0)
        for f in self.dealt():
            kick = min(int(g[4]) for g in rows if int(g[0]) >= int(f[0]))
            bid = Fraction(f[1]) * Fraction(f[2])
            debt = max(Fraction(f[1]) * self.value_at(kick) / 10**18 / Fraction(3, 2), bid / Fraction(113, 100))
            short += max(debt - bid, 0)
        row = self.find_row(json.loads(show.stdout), "zero_lots")
        self.assertGreater(len(zero), 0)
        self.assertEqual(int(row["zero_sales"]), len(zero), text)
        self.assertEqual(Fraction(row["zero_lots"]), lots)
        self.assertEqual(Fraction(row["zero_worth"]), worth)
        self.assertLess(abs(Fraction(row["short"]) - short), Fraction(1, 10**9))

    def test_hostile_fields(self):
        cases = ((self.AUCTIONS, 2, 0, "1", "number above"), (self.AUCTIONS, 2, 1, "0", "lot above 0"),
                 (self.AUCTIONS, 2, 2, "1e9", "best_price_ethdai"), (self.AUCTIONS, 2, 2, "1e", "best_price_ethdai"),
                 (self.AUCTIONS, 2, 2, "e", "best_price_ethdai"), (self.AUCTIONS, 2, 2, "", "best_price_ethdai"),
                 (self.AUCTIONS, 2, 8, "1", "after that of the last bid"), (self.VALUES, 2, 4, "x", "price_wad"),
                 (self.VALUES, 2, 0, "1", "not before"), (self.AUCTIONS, 3, 5, "x", "lastbid_timestamp"))
        for name, row, column, text, *needles in cases:
            with self.subTest(file=name, column=column, text=text):
                self.files = parts(self.cut)
                self.refused(self.change(name, row, column, text), *needles)

    def test_two_times_of_one_block(self):
        block = self.files[self.AUCTIONS][1].split(",")[4]
        self.change(self.AUCTIONS, 2, 4, block)
        self.refused("two times of block " + block)


class CompoundDay(Export):
    command = "compound-2020-11-26"
    ROWS, VALUES = "liquidate_borrow.csv", "repaid_dai_by_account_comp_wei_hex.json"
    USDC, ETH = "0x39aa39c021dfbae8fac545936693ac917d5e7563", "0x4ddc2d193948926d02f9b1fe9e1daa0718270ed5"
    DAI = "0x5d3a536e4d6dbd6114cc1ead35777bab948e3643"
    HEADER = ("block,time_utc,tx_hash,log_index,liquidator,borrower,repay_ctoken,repay_amount,collateral_ctoken,"
              "seize_ctokens")

    def setUp(self):
        super().setUp()
        self.people = ["0x" + c * 40 for c in "aBc"]
        repays = ((0, 7190123456789012345678, self.USDC, 5312345678),
                  (1, 42511111111111111111111, self.USDC, 5312345678),
                  (2, 1000000000000000000000, self.ETH, 13123456), (2, 2000400000000000000000, self.ETH, 13123456))
        rows, sums = [], [0, 0, 0]
        for i, (who, repay, token, ratio) in enumerate(repays):
            sums[who] += repay
            digits = len(str(repay)) - 4
            printed = (repay + 10**digits // 2) // 10**digits * 10**digits
            rows.append(f"{100 + i},26/11/20 07:4{i},0x00,{i},0x00,{self.people[who].lower()},{self.DAI},{printed},"
                        f"{token},{repay * ratio // 10**18}")
        self.files = {self.ROWS: [self.HEADER] + rows}
        self.values = {p: format(s * 800 // 1233900, "x") for p, s in zip(self.people, sums)}

    def write(self):
        data = super().write()
        (data / self.VALUES).write_text(json.dumps(self.values))
        return data

    def test_whole(self):
        told = self.made()
        self.assertEqual((told["mismatches"], told["blocks"], told["liquidations"]), (0, 5, 4))
        classes = self.classes(told)
        self.assertEqual(classes[("compensation in COMP", "identical", "")], 2)
        self.assertEqual(classes[("compensation in COMP", "explained", "repayments printed to four digits")], 1)
        self.assertGreaterEqual(classes[("units seized", "identical", "")], 2)

    def test_a_unit_more_differs(self):
        row = self.files[self.ROWS][2].split(",")
        self.change(self.ROWS, 2, 9, str(int(row[9]) + 1))
        self.assertEqual(self.made(DIVERGED)["mismatches"], 1)

    def test_another_repayment_differs(self):
        self.change(self.ROWS, 1, 7, "7200000000000000000000")
        self.assertEqual(self.made(DIVERGED)["mismatches"], 1)

    def test_another_compensation_differs(self):
        self.values[self.people[2]] = format(int(self.values[self.people[2]], 16) * 2, "x")
        self.assertEqual(self.made(DIVERGED)["mismatches"], 1)

    def test_hostile(self):
        cases = ((0, "x", "block"), (1, "26/13/20 07:40", "time_utc"), (1, "26/11/20", "time_utc"),
                 (3, "-1", "log_index"), (5, "0x12", "borrower"), (5, "0x" + "d" * 40, "account of the other file"),
                 (6, self.ETH, "repay_ctoken"),
                 (7, "0", "above 0"), (7, "1.5", "repay_amount"), (8, "0x" + "0" * 40, "collateral_ctoken"),
                 (9, "1" + 31 * "0", "seize_ctokens"))
        for column, text, *needles in cases:
            with self.subTest(column=column, text=text):
                rows = list(self.files[self.ROWS])
                self.refused(self.change(self.ROWS, 1, column, text), *needles)
                self.files[self.ROWS] = rows
        for key, value in (("0x12", "1"), (self.people[0].upper(), "1"), ("0x" + "e" * 40, "g"), ("0x" + "e" * 40, 5)):
            with self.subTest(key=key, value=value):
                values = dict(self.values)
                self.values[key] = value
                self.refused(self.VALUES, key)
                self.values = values


if __name__ == "__main__":
    unittest.main()
