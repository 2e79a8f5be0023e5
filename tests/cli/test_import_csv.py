"""plim import csv: a table of events, its map, the classes of what it prints; Aave v2's events as a map.

  python3 -m unittest tests.cli.test_import_csv       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import sys
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, ROOT, USAGE, Case, plim, text16, u16, u32, u64

sys.path.insert(0, str(ROOT))

EXAMPLES = ROOT / "contracts" / "examples"
TABLE = (EXAMPLES / "liquidations.csv").read_text().splitlines()
MAP = json.loads((EXAMPLES / "liquidations.map.json").read_text())
EVENTS = pathlib.Path(__file__).resolve().parent / "tiny_aave_v2_events.csv.gz"  # the first 500 rows
HEAD = TABLE[0].split(",")


class Csv(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "liquidations.plim").write_bytes((EXAMPLES / "liquidations.plim").read_bytes())

    def ran(self, lines, change=None, name="t.csv"):
        """The import of a table; change edits the map."""
        told = json.loads(json.dumps(MAP))
        if change:
            change(told)
        (self.folder / "map.json").write_text(json.dumps(told))
        (self.folder / name).write_text("\n".join(lines) + "\n")
        return plim("import", "csv", self.folder / name, "--map", self.folder / "map.json", "-o", self.folder / "out")

    def classes(self, lines, change=None, name="t.csv"):
        made = self.ran(lines, change, name)
        self.assertEqual(made.returncode, OK, made.stderr)
        told = json.loads(plim("replay", "--json", "--quiet", self.folder / "out").stdout)
        return {(row["column"], row["class"], row["by"]): row["values"] for row in told["classes"]}, told

    def cell(self, row, column, text):
        lines = list(TABLE)
        cells = lines[row].split(",")
        cells[HEAD.index(column)] = text
        lines[row] = ",".join(cells)
        return lines

    def refused(self, lines, *needles, change=None):
        self.fails(self.ran(lines, change), INPUT, *needles)
        self.assertFalse((self.folder / "out").exists())

    def test_the_example(self):
        found, told = self.classes(TABLE)
        self.assertEqual(found, {("seized_eth", "identical", ""): 4,
                                 ("seized_eth", "explained", "all collateral was taken"): 1,
                                 ("seized_eth", "explained", "the price was printed with so few digits"): 2,
                                 ("seized_eth", "different", "eth_price: not the price of the event"): 1})
        self.assertEqual((told["mismatches"], told["explained"], told["identical"]), (1, 3, False))
        first = told["first_difference"]
        self.assertEqual((first["block"], first["expected"], first["likely"]),
                         (7, "4.319012797094693842", "eth_price: not the price of the event"))

    def test_one_unit_is_a_difference(self):
        found, _ = self.classes(self.cell(1, "seized_eth", "4.197926949824397834"))
        self.assertEqual(found["seized_eth", "different", "eth_price: not the price of the event"], 2)

    def test_a_rule_belongs_to_its_column(self):
        def drop(told):
            del told["rows"]["expect"][0]["rules"][1]
        found, _ = self.classes(TABLE, drop)
        self.assertEqual(found["seized_eth", "different", "eth_price: not the price of the event"], 3)

    def test_only_explained_agrees(self):
        found, told = self.classes(TABLE[:7])
        self.assertEqual(sum(found.values()), 6)
        run = plim("replay", "--quiet", self.folder / "out")
        self.assertEqual((run.returncode, told["mismatches"]), (OK, 0))
        self.assertIn("AGREES: 6 blocks verified, 12 values compared, 3 of them explained", run.stdout)

    def test_every_difference_is_named_when_asked(self):
        lines = [TABLE[0]] + [self.cell(i, "seized_eth", "1.0")[i] for i in range(1, 9)]
        self.assertEqual(self.ran(lines + lines[8:] * 6).returncode, OK)
        run = plim("replay", "--quiet", "--all-differences", self.folder / "out")
        self.assertEqual(run.returncode, DIVERGED)
        self.assertEqual(run.stderr.count("likely   eth_price: not the price of the event"), 14)

    def test_json_lines_and_gzip_are_the_same(self):
        self.classes(TABLE)
        history = (self.folder / "out" / "history.plh.gz").read_bytes()
        lines = [json.dumps(dict(zip(HEAD, row.split(",")))) for row in TABLE[1:]]
        lines[0] = lines[0].replace('"1600000100"', "1600000100")
        self.assertEqual(self.classes(lines, name="t.jsonl")[0], self.classes(TABLE)[0])
        (self.folder / "t.csv.gz").write_bytes(gzip.compress("\r\n".join(TABLE).encode()))
        run = plim("import", "csv", self.folder / "t.csv.gz", "--map", self.folder / "map.json", "-o",
                   self.folder / "two")
        self.assertEqual(run.returncode, OK, run.stderr)
        self.assertEqual((self.folder / "two" / "history.plh.gz").read_bytes(), history)

    def test_quoted_cells(self):
        lines = [",".join(f'"{cell}"' for cell in row.split(",")) for row in TABLE]
        self.assertEqual(self.classes(lines)[0], self.classes(TABLE)[0])

    def test_a_bad_row_is_named(self):
        for column, text, expected in (("timestamp", "soon", "unsigned number"), ("timestamp", "5", "not before"),
                                       ("user", "0x12", "40 hex digits"), ("repaid_usd", "1.0000001", "6 digits"),
                                       ("repaid_usd", "", "a value"), ("eth_price", "1e3", "a price"),
                                       ("digits", "7", "a key of list slack"), ("seized_eth", "-1", "unsigned number")):
            self.refused(self.cell(3, column, text), "t.csv:4", column, expected)

    def test_a_bad_table_is_named(self):
        self.refused([*TABLE[:3], TABLE[3] + ",1"], "t.csv:4: 9 cells, but the first line names 8")
        self.refused([TABLE[0] + ",user", *TABLE[1:]], "t.csv:1: column user stands there twice")
        self.refused([*TABLE[:2], '"open,'], "t.csv:3: a cell in quotes does not end")
        self.refused([*TABLE[:2], 'a"b,'], "t.csv:3: a quote")
        self.refused([*TABLE[:2], '"a"b,'], "t.csv:3: expected a comma")
        (self.folder / "t.csv").write_text("")
        self.fails(plim("import", "csv", self.folder / "t.csv", "--map", self.folder / "map.json", "-o",
                        self.folder / "out"), INPUT, "t.csv: empty")

    def test_a_bad_line_of_json_is_named(self):
        good = json.dumps(dict(zip(HEAD, TABLE[1].split(","))))
        for line, needle in (("{", "t.csv:2: not JSON"), ('{"timestamp": 1}', "t.csv:2"),
                             (good.replace('"8"', "8.5"), "a string, an integer")):
            self.refused([good, line], needle)

    def test_a_bad_map_is_named(self):
        def edit(*path, value):
            def change(told):
                place = told["rows"]
                for key in path[:-1]:
                    place = place[key]
                place[path[-1]] = value
            return change
        for change, needle in ((edit("time_s", value={"column": "time"}), "rows.time_s.column: a column of the export"),
                               (edit("call", value="shop.sell"), "rows.call"),
                               (edit("args", "slack", value={"column": "digits", "in": "no"}), "rows.args.slack.in"),
                               (edit("args", "extra", value=1), "rows.args"),
                               (edit("expect", 0, "result", value="taken"), "rows.expect[0].result"),
                               (edit("expect", 0, "rules", 0, "low", value="alll"), "rules[0].low"),
                               (edit("expect", value=[{"column": "user"}]), "rows.expect[0]"),
                               (edit("series", "price", 0, "of", value=["x"]), "rows.series.price[0].of[0]"),
                               (edit("prices", 0, "feed", value="btc"), "feed")):
            with self.subTest(needle=needle):
                run = self.ran(TABLE, change)
                self.assertEqual(run.returncode, INPUT, run.stderr)
                self.assertIn(needle.split(":")[0], run.stderr)

    def test_usage(self):
        self.fails(plim("import", "csv", "x.csv", "-o", self.folder / "o"), USAGE, "--map")
        self.fails(plim("import", "csv", "x.csv", "--map", "m"), USAGE, "-o DIR")


class Events(Case):
    def replayed(self, path):
        made = plim("import", "aave-v2-events", path, "-o", self.folder / "out")
        self.assertEqual(made.returncode, OK, made.stderr)
        return json.loads(plim("replay", "--json", "--quiet", self.folder / "out").stdout)

    def test_whole(self):
        told = self.replayed(EVENTS)
        found = {(row["class"], row["by"]): row["values"] for row in told["classes"]}
        self.assertEqual(found["identical", ""], 280)
        self.assertEqual(found["explained", "capped by collateral"], 15)
        self.assertEqual(found["explained", "float64: the price was printed as a double"], 10)
        self.assertEqual(found["explained", "lagging price: the debt's of the row before"], 5)
        self.assertEqual(found["different", "price of GUSD stands still: 3 values in 27 rows"], 27)
        self.assertEqual((sum(found.values()), told["blocks"]), (500, 500))

    def test_differences_are_announced(self):
        """Who sees DIVERGED was told before that it may come, and every line of it fits a screen."""
        made = plim("import", "aave-v2-events", EVENTS, "-o", self.folder / "out")
        self.assertIn("Expect differences", made.stdout)
        self.assertIn("contracts/aave_v2_events.md", plim("help", "import", "aave-v2-events").stdout)
        run = plim("replay", "--quiet", self.folder / "out")
        self.assertIn("the table above has the likely cause of each", run.stdout.splitlines()[-1])
        told = [line for line in (run.stdout + run.stderr).splitlines() if "liquidation(" in line]
        self.assertGreater(len(told), 10)
        for line in told:
            self.assertLessEqual(len(line), 180)
            self.assertTrue(line.endswith(", ..)"), "whole arguments, and a sign that there are more")

    def test_the_model_agrees(self):
        from spec.model.beside import Expectations
        from spec.model.replay import load, replay
        import io
        lines = gzip.decompress(EVENTS.read_bytes()).decode().splitlines()
        (self.folder / "few.csv").write_text("\n".join(lines[:31]) + "\n")
        told = self.replayed(self.folder / "few.csv")
        out = io.StringIO()
        code = replay(load(self.folder / "out" / "history.plh.gz"), out=out,
                      expect=load(self.folder / "out" / "expect.plx.gz"))
        said = sorted(line for line in out.getvalue().splitlines() if line.startswith("column "))
        self.assertEqual(said, sorted(f"column {c['column']} {c['class']} {c['values']} {c['by']}"
                                      for c in told["classes"]))
        self.assertEqual(code, 1 if told["mismatches"] else 0)
        self.assertIn(told["final_root"], out.getvalue())
        self.assertEqual(len(Expectations(load(self.folder / "out" / "expect.plx.gz")).columns), 2)

    def test_an_unknown_reserve(self):
        lines = gzip.decompress(EVENTS.read_bytes()).decode().replace("GUSD", "NUSD").splitlines()
        (self.folder / "t.csv").write_text("\n".join(lines))
        self.fails(plim("import", "aave-v2-events", self.folder / "t.csv", "-o", self.folder / "o"), INPUT,
                   "t.csv:", "principalReserve: expected a key of list", "NUSD")


class Malformed(Case):
    """Expectations of format 3 that are not what spec 06 §7 says."""

    def column(self, name, result=0, rules=(), function=0):
        return (text16(name) + u32(1) + u16(function) + bytes([result, len(rules)])
                + b"".join(text16(n) + u16(c) + bytes([low, high]) for n, c, low, high in rules))

    def file(self, columns, values, causes=(), count=None):
        record = u64(1) + u16(1) + u16(0) + text16("") + u16(0) + b"\0" + u32(0)
        record += u16(len(values)) + b"".join(u16(t) + u16(c) + u16(w) + u16(len(v)) + v for t, c, w, v in values)
        return (b"PLEX" + u16(3) + text16("a test") + u32(0) + u16(len(columns) if count is None else count)
                + b"".join(columns) + u16(len(causes)) + b"".join(map(text16, causes)) + u32(len(record)) + record)

    def setUp(self):
        super().setUp()
        run = plim("import", "csv", EXAMPLES / "liquidations.csv", "--map", EXAMPLES / "liquidations.map.json",
                   "-o", self.folder / "out")
        self.assertEqual(run.returncode, OK, run.stderr)

    def compare(self, raw):
        (self.folder / "x.plx").write_bytes(raw)
        return plim("replay", "--quiet", "--expect", self.folder / "x.plx", "--until", "1", self.folder / "out")

    def test_shapes(self):
        take = (4197926949824397833).to_bytes(32, "big")
        good = self.file([self.column("a")], [(0, 0, 0, take)])
        self.assertEqual(self.compare(good).returncode, OK)
        one = self.column("a")
        for raw in (self.file([], []), self.file([one], [(1, 0, 0, take)]), self.file([one], [(0, 1, 0, take)]),
                    self.file([one], [(0, 0, 1, take)]), self.file([one], [(0, 0, 0, take)] * 2),
                    self.file([self.column("a", 0, [("r", 1, 0, 0)])], []), good[:-1], good + b"\0"):
            self.fails(self.compare(raw), INPUT, "x.plx")
        for raw in (self.file([self.column("a", 4)], []), self.file([self.column("a", function=9)], []),
                    self.file([self.column("a", 0, [("r", 0, 0, 9)])], [])):
            self.fails(self.compare(raw), INPUT, "x.plx", "column a")

    def test_bounds_are_included_and_nothing_more(self):
        for off, code in ((0, OK), (1, DIVERGED), (-1, DIVERGED)):
            low = (4197926949824397833 + off).to_bytes(32, "big")  # take_low = take_high = take in row 1
            raw = self.file([self.column("a", 3, [("r", 1, 1, 2)]), self.column("b", 255)], [(0, 0, 0, b"\0" * 32),
                                                                                             (0, 1, 0, low)])
            self.assertEqual(self.compare(raw).returncode, code)
        raw = self.file([self.column("a", 0)], [(0, 0, 0, b"\1")])
        self.assertEqual(self.compare(raw).returncode, DIVERGED)


if __name__ == "__main__":
    unittest.main()
