"""plim gen, calls, waterfall, replay --compare-model, and tables into world files.

The ledgers are recounted here from the events that plim run prints, with exact fractions.
  python3 -m unittest tests.cli.test_margin_tools       PLIM=path runs another build
"""
import collections
import csv
import fractions
import json
import re
import shutil
import unittest
import xml.dom.minidom

from tests.cli.program import DIVERGED, INPUT, OK, ROOT, USAGE, Case, plim

CONTRACTS = ("--contracts", ROOT / "contracts")
BOOK = ROOT / "contracts" / "examples" / "book"
OCTOBER = ROOT / "fixtures" / "worlds" / "october_10.world.json"
PRICES = ROOT / "fixtures" / "worlds" / "eth_2025-10-10.csv"
SMALL = ("--seed", 7, "--accounts", 30, "--markets", 2, "--blocks", 120, "--crash", "40%", "--fund", 300)
LAYERS = ("own", "market_fund", "global_fund", "deleveraging", "socialised", "unpaid")


def exact(text):
    return fractions.Fraction(text)


class Margin(Case):
    def ok(self, *words):
        told = plim(*words)
        self.assertEqual((told.returncode, told.stderr), (OK, ""), told.stdout[-500:])
        return told.stdout

    def gen(self, name, *options):
        file = self.folder / name
        said = self.ok("gen", "perp", *options, "-o", file, *CONTRACTS)
        return file, re.search(r"^root after block \d+  ([0-9a-f]{64})$", said, re.M)[1]

    def run_world(self, file, contracts=ROOT / "contracts"):
        out = self.folder / f"run-{file.name}"
        told = plim("run", file, "-o", out, "--json", "--contracts", contracts)
        self.assertEqual((told.returncode, told.stderr), (OK, ""))
        return out, json.loads(told.stdout)

    @staticmethod
    def events(told):
        for block in told["blocks"]:
            for receipt in block["receipts"]:
                for event in receipt.get("events", []):
                    yield block["block"], receipt["receipt"], event


class Gen(Margin):
    def test_one_seed_one_file_one_root(self):
        first, root = self.gen("a.json", *SMALL)
        again, same = self.gen("b.json", *SMALL)
        other, _ = self.gen("c.json", "--seed", 8, *SMALL[2:])
        self.assertEqual((first.read_bytes(), root), (again.read_bytes(), same))
        self.assertNotEqual(first.read_bytes(), other.read_bytes())
        _, told = self.run_world(first)
        self.assertEqual((told["final_root"], told["good"], told["final_height"]), (root, True, 120))
        self.assertEqual(self.gen("a.json", *SMALL)[1], root)  # its own file is written over

    def test_what_is_in_the_file(self):
        def no_float(text):
            self.fail(f"a float: {text}")

        file, _ = self.gen("a.json", *SMALL)
        world = json.loads(file.read_text(), parse_float=no_float)
        self.assertEqual((world["seed"], len(world["blocks"]), len(world["feeds"])), (7, 120, 2))
        self.assertTrue(all(f["note"].startswith("seed 7,") for f in world["feeds"]))
        calls = collections.Counter(c["call"] for b in world["blocks"] for c in b["calls"])
        for call in ("perp.deposit", "perp.fill", "perp.fund", "margin_call.check", "margin_call.liquidate"):
            self.assertGreater(calls[call], 0, call)
        sides = {c["args"][3].startswith("-") for b in world["blocks"] for c in b["calls"] if c["call"] == "perp.fill"}
        self.assertEqual(sides, {True, False})
        prices = [exact(b["prices"]["ETH"]) for b in world["blocks"]]
        self.assertLess(min(prices), prices[0] * 7 / 10)  # a crash of 40 %, on a walk
        self.assertGreater(prices[-1], min(prices))

    def test_without_calls_accounts_are_liquidated_at_once(self):
        file, _ = self.gen("a.json", *SMALL, "--grace", 0)
        run, told = self.run_world(file)
        names = collections.Counter(e["event"] for _, _, e in self.events(told))
        self.assertEqual(names["Called"], 0)
        self.assertGreater(names["Liquidated"], 0)
        self.assertGreater(names["SurplusToFund"], 0)  # in time, so something is left: it goes to the funds
        self.assertIn("holds     each fund is what came in less what it paid", self.ok("waterfall", run))
        self.fails(plim("calls", run), INPUT, "no contract of this world has an event Called")

    def test_futures_isolated_accounts_and_assets(self):
        more = (*SMALL, "--dated", 1, "--isolated", 40, "--assets", 2)
        file, root = self.gen("a.json", *more)
        again, same = self.gen("b.json", *more)
        self.assertEqual((file.read_bytes(), root), (again.read_bytes(), same))
        world = json.loads(file.read_text())
        self.assertEqual((world["seed"], len(world["feeds"])), (7, 4))  # two markets, two assets
        calls = [c for b in world["blocks"] for c in b["calls"]]
        listed = [c["args"][3:] for c in calls if c["call"] == "perp.list_market"]
        self.assertEqual(listed, [["perpetual", 0], ["dated", world["time_s"] + 60 * 91]])  # at block 91 of 120
        self.assertEqual([c["args"] for c in calls if c["call"] == "perp.set_asset"], [[0, 2, "0.05"], [1, 3, "0.1"]])
        opened = [c["args"] for c in calls if c["call"] == "perp.open_account"]
        self.assertTrue(3 < len(opened) < 25 and all(a[:2] == [1, "isolated"] for a in opened))
        self.assertTrue(any(c["call"] == "perp.deposit_collateral" for c in calls))
        run, told = self.run_world(file)
        self.assertEqual(told["final_root"], root)
        seen = collections.Counter((e["event"], block) for block, _, e in self.events(told))
        self.assertEqual({block for event, block in seen if event == "Settled"}, {91})
        self.assertGreater(sum(n for (event, _), n in seen.items() if event == "PositionClosed"), 1)
        self.assertIn("CONSERVED", self.ok("waterfall", run))

    def test_prices_from_a_table(self):
        file, _ = self.gen("a.json", "--prices", PRICES, "--column", "open,low,close", "--where",
                           "open_time_utc=2025-10-10 2*", "--time", "open_time_utc", "--accounts", 5, "--markets", 1)
        world = json.loads(file.read_text())
        rows = [r for r in csv.DictReader(PRICES.read_text().splitlines()) if r["open_time_utc"] >= "2025-10-10 20"]
        want = [exact(r[c]) for r in rows for c in ("open", "low", "close")]
        self.assertEqual([exact(b["prices"]["ETH"]) for b in world["blocks"]], want)
        self.assertEqual(world["time_s"], 1760126400)  # 20:00
        (self.folder / "p.csv").write_text("t,price\n1,10\n2,-3\n")
        bad = ("gen", "perp", "--prices", self.folder / "p.csv", "-o", self.folder / "x.json", *CONTRACTS)
        self.fails(plim(*bad, "--column", "price"), INPUT, "p.csv:3: price: expected a price above 0", '"-3"')
        self.fails(plim(*bad, "--column", "prise"), INPUT, 'no column "prise"')
        self.fails(plim(*bad, "--column", "price", "--where", "t=9"), INPUT, "no row")
        self.fails(plim(*bad, "--column", "t", "--time", "price"), INPUT, "p.csv:2: price: expected seconds")
        self.fails(plim(*bad), USAGE, "--column")

    def test_wrong_words(self):
        out = ("-o", self.folder / "x.json", *CONTRACTS)
        for words, needle in (((), "needs -o"), ((*out, "--crash", "40"), "--crash"), ((*out, "--crash", "96%"), "95%"),
                              ((*out, "--model", "x"), "--model"), ((*out, "--accounts", "1"), "--accounts"),
                              ((*out, "--column", "x"), "--prices"), ((*out, "--dated", "4"), "--dated"),
                              ((*out, "--isolated", "101"), "--isolated"), ((*out, "--assets", "6"), "--assets")):
            self.fails(plim("gen", "perp", *words), USAGE, needle)
        (self.folder / "mine.json").write_text('{"name": "mine"}')
        self.fails(plim("gen", "perp", "-o", self.folder / "mine.json", *CONTRACTS), INPUT, "exists and is not")


class Ledgers(Margin):

    def setUp(self):
        super().setUp()
        file, _ = self.gen("w.json", *SMALL)
        self.run_folder, self.told = self.run_world(file)

    def test_calls_against_the_events(self):
        ledger = json.loads(self.ok("calls", self.run_folder, "--json", "--svg", self.folder / "c.svg"))
        calls = {}
        for block, _, e in self.events(self.told):
            if e["event"] == "Called":
                calls[e["id"]] = {"account": e["who"], "block": block, "amount": exact(e["amount"]), "top": 0,
                                  "last": exact(e["amount"]), "end": None, "outcome": "open", "paid": exact(0)}
            elif e["event"] == "ToppedUp":
                calls[e["id"]].update(top=calls[e["id"]]["top"] + 1, last=exact(e["amount"]))
            elif e["event"] == "Contributed":
                calls[e["id"]].update(paid=exact(e["amount"]))
            elif e["event"] == "Expired":
                calls[e["id"]].update(outcome="expired")
            elif e["event"] in ("Cured", "Closed"):
                calls[e["id"]].update(end=block, outcome="cured" if e["event"] == "Cured" else "liquidated")
        found = {c["id"]: {"account": c["account"], "block": c["block"], "amount": exact(c["amount"]),
                           "top": c["top_ups"], "last": exact(c["amount_at_last"]), "end": c["end_block"],
                           "outcome": c["outcome"], "paid": exact(c["contributed"])} for c in ledger["ledger"]}
        self.assertEqual(found, calls)
        self.assertGreater(len({c["outcome"] for c in calls.values()}), 1)
        for outcome in ("cured", "liquidated"):
            took = [c["end"] - c["block"] for c in calls.values() if c["outcome"] == outcome]
            for bucket in ledger["latency"]:
                low, high = bucket["from_blocks"], bucket["to_blocks"] or 10 ** 9
                if bucket["from_blocks"] == 0:
                    high = 0
                self.assertEqual(bucket[outcome], sum(low <= t <= high for t in took), bucket)
        text = self.ok("calls", self.run_folder)
        self.assertIn(f"{len(calls)} margin calls: ", text)
        xml.dom.minidom.parse(str(self.folder / "c.svg"))

    def test_waterfall_against_the_events(self):
        told = json.loads(self.ok("waterfall", self.run_folder, "--json", "--svg", self.folder / "w.svg"))
        sums = collections.Counter()
        losses = collections.defaultdict(collections.Counter)
        for block, receipt, e in self.events(self.told):
            if e["event"] == "LossAbsorbed":
                sums[e["layer"]] += exact(e["amount"])
                losses[block, receipt, e["market"], e["who"]][e["layer"]] += exact(e["amount"])
        self.assertEqual({k: exact(v) for k, v in told["layers"].items()}, {k: sums[k] for k in LAYERS})
        self.assertEqual(exact(told["loss"]), sum(sums.values()))
        self.assertGreater(sums["deleveraging"], 0)
        found = {(x["block"], x["receipt"], x["market"], x["account"]): x for x in told["losses"]}
        self.assertEqual(set(found), set(losses))
        for key, layers in losses.items():
            self.assertEqual(exact(found[key]["loss"]), sum(layers.values()))
        self.assertTrue(told["conserved"] and all(c["holds"] for c in told["checks"]))
        self.assertIn("CONSERVED", self.ok("waterfall", self.run_folder))
        xml.dom.minidom.parse(str(self.folder / "w.svg"))

    def test_a_waterfall_that_does_not_add_up(self):
        contracts = self.folder / "contracts"
        shutil.copytree(ROOT / "contracts", contracts)
        lie = contracts / "perp" / "waterfall.plim"
        before = lie.read_text()
        lie.write_text(before.replace("emit LossAbsorbed(market, who, layer, amount);",
                                      "emit LossAbsorbed(market, who, layer, amount + usd.raw(1));"))
        self.assertNotEqual(lie.read_text(), before)
        file = self.folder / "lie.json"
        self.ok("gen", "perp", *SMALL, "-o", file, "--contracts", contracts)
        run, _ = self.run_world(file, contracts)
        told = plim("waterfall", run)
        self.assertEqual(told.returncode, DIVERGED, told.stderr)
        self.assertIn("BROKEN    the layers add up to the losses that the contract booked: market", told.stdout)
        self.assertIn("NOT CONSERVED", told.stdout)

    def test_models(self):
        same = json.loads(self.ok("replay", self.run_folder, "--compare-model", "tiers,tiers", "--json"))
        self.assertEqual((same["differences"], [m["roots_as_recorded"] for m in same["models"]]), ([], [True, True]))
        told = plim("replay", self.run_folder, "--compare-model", "tiers,flat", "--json")
        self.assertEqual((told.returncode, told.stderr), (DIVERGED, ""))
        told = json.loads(told.stdout)
        counts = collections.Counter(d["what"] for d in told["differences"])
        self.assertEqual({k: v for k, v in told["counts"].items() if v}, dict(counts))
        self.assertEqual([m["roots_as_recorded"] for m in told["models"]], [True, False])
        called = sum(e["event"] == "Called" for _, _, e in self.events(self.told))
        self.assertEqual(told["models"][0]["margin_calls"], called)
        first = next(d for d in told["differences"] if d["what"] == "requirement")
        form = r"initial ([\d.]+), maintenance ([\d.]+), equity (\S+)$"
        tiers, flat = (re.match(form, first[m]) for m in ("tiers", "flat"))
        # up to a notional of 100000, tiers ask 2 % and 1 %, flat 5 % and 2.5 %: of the same position
        self.assertAlmostEqual(exact(flat[1]) / exact(tiers[1]), 2.5, places=4)
        self.assertAlmostEqual(exact(flat[2]) / exact(tiers[2]), 2.5, places=4)
        self.assertEqual(flat[3], tiers[3])
        text = plim("replay", self.run_folder, "--compare-model", "tiers,flat")
        self.assertIn("every root is the recorded one", text.stdout)

    def test_models_that_cannot_be(self):
        compare = ("replay", self.run_folder, "--compare-model")
        self.fails(plim(*compare, "tiers"), USAGE, "two contracts")
        self.fails(plim(*compare, "tiers,perp"), INPUT, '"perp" is no margin model', "tiers, scaled, flat")
        self.fails(plim(*compare, "tiers,flat", "--archive", "x.db"), USAGE, "--archive")
        history = ROOT / "fixtures" / "histories" / "aave-v3-seed-5"
        self.fails(plim("replay", history, "--compare-model", "a,b"), INPUT, "no margin model")
        self.fails(plim("waterfall", history), INPUT, "no contract of this world has an event LossAbsorbed")


class Tables(Margin):
    def chain(self):
        base = BOOK / "base.world.json"
        for i, kind in enumerate(("positions", "prices", "trades")):
            out = self.folder / f"{i}.world.json"
            self.ok("import", kind, BOOK / f"{kind}.csv", "--into", base, "-o", out, *CONTRACTS)
            base = out
        return base

    def test_the_example_by_hand(self):
        run, told = self.run_world(self.chain())
        self.assertEqual((told["good"], told["final_height"], told["calls"], told["refused"]), (True, 4, 13, 0))
        call, = json.loads(self.ok("calls", run, "--json"))["ledger"]
        equity = 5000 + 10 * (3610 - 4000)
        self.assertEqual(exact(call["amount"]), 10 * 3610 * exact("0.1") - equity)
        self.assertEqual((call["account"], call["outcome"], call["deadline"]),
                         ("ann", "liquidated", str(1760108400 + 600)))
        loss = json.loads(self.ok("waterfall", run, "--json"))
        exactly = 10 * (4000 - exact("3500.12345678"))
        self.assertEqual(exact(loss["loss"]), fractions.Fraction(-(-exactly * 10 ** 6 // 1), 10 ** 6))  # debited up
        trades = [e for _, _, e in self.events(told) if e["event"] == "Filled"]
        self.assertEqual([(t["taker"], exact(t["size"])) for t in trades],
                         [(who, exact(size)) for who, size in (("ann", "10"), ("bob", "-2.5"), ("cyd", "1"),
                                                               ("bob", "-0.5"), ("cyd", "-0.25"))])
        strict = json.loads(plim("replay", run, "--compare-model", "flat,strict", "--json").stdout)
        self.assertEqual([m["calls_refused"] for m in strict["models"]], [0, 3])

    def test_the_commands_of_the_page(self):
        page = (BOOK / "README.md").read_text()
        for line in re.findall(r"^    plim (.*)$", page, re.M):
            words = [w.replace("/tmp/", f"{self.folder}/") for w in line.split()]
            words = [str(BOOK / w) if (BOOK / w).is_file() else w for w in words]
            told = plim(*words)
            self.assertEqual((told.returncode, told.stderr), (DIVERGED if "--compare-model" in line else OK, ""), line)

    def test_bad_rows_are_named(self):
        trade = "time_s,market,maker,taker,size,price\n1760106600,"
        rows = [
            ("prices", "time,feed,price\n2025-10-10 14:30:00,ETH,1.123456789\n", 2, "price", "at most 8 decimals"),
            ("prices", "time,feed,price\n2025-10-10 14:30:00,ETH,0\n", 2, "price", "above 0"),
            ("prices", "time,feed,price\n2025-10-10 14:30:00,ETC,1\n", 2, "feed", 'did you mean "ETH"'),
            ("prices", "time_s,feed,price\n1760106600,ETH,1\n1760106599,ETH,2\n", 3, "time_s", "not before the row"),
            ("prices", "time_s,feed,price\n1760104799,ETH,1\n", 2, "time_s", "not before the world's"),
            ("prices", "time_s,feed,price\n1760106600,ETH,1\n1760106600,ETH,2\n", 3, "feed", "no price at this time"),
            ("prices", "time,feed,price\n10.10.2025,ETH,1\n", 2, "time", "YYYY-MM-DD HH:MM:SS"),
            ("prices", "time,feed,prise\n", 1, "", 'did you mean "price"'),
            ("prices", "time,feed\n", 1, "", 'no column "price"'),
            ("trades", trade + "0,mm,bob,0,1\n", 2, "size", "other than 0"),
            ("trades", trade + "x,mm,bob,1,1\n", 2, "market", "number of a market"),
            ("trades", trade + "0,mm,a b,1,1\n", 2, "taker", "an account"),
            ("trades", trade + "0,@mm,bob,1,1\n", 2, "maker", "an account"),
            ("trades", trade + "0,mm,bob,1e3,1\n", 2, "size", "at most 9 decimals"),
            ("positions", "account,market,size,entry_price,deposit\na,0,1,1,-5\n", 2, "deposit", "0 or more"),
            ("positions", "account,market,size,entry_price\na,0,1,-1\n", 2, "entry_price", "above 0"),
            ("positions", "account,market,size,entry_price\na,0,1\n", 2, "", "2"),
        ]
        for kind, text, line, column, needle in rows:
            with self.subTest(text):
                (self.folder / "t.csv").write_text(text)
                told = plim("import", kind, self.folder / "t.csv", "--into", BOOK / "base.world.json", "-o",
                            self.folder / "x.json", *CONTRACTS)
                self.fails(told, INPUT, f"t.csv:{line}:", column, needle)
        self.assertEqual(self.left(), ["t.csv"])

    def test_wrong_words(self):
        into = ("--into", BOOK / "base.world.json", *CONTRACTS)
        self.fails(plim("import", "prices", BOOK / "prices.csv", *into), USAGE, "-o")
        self.fails(plim("import", "prices", BOOK / "prices.csv", "-o", self.folder / "x"), USAGE, "--into")
        positions = ("import", "positions", BOOK / "positions.csv", *into, "-o", self.folder / "x")
        self.fails(plim(*positions, "--block", "9"), INPUT, "it has 3 blocks")
        self.fails(plim(*positions, "--engine", "prep"), INPUT, "blocks[0].calls[3].call", "found \"prep.deposit\"")
        (self.folder / "x").write_text("mine")
        self.fails(plim("import", "prices", BOOK / "prices.csv", *into, "-o", self.folder / "x"), INPUT, "exists")


class October(Margin):
    def test_the_tape_of_october_10(self):
        run, told = self.run_world(OCTOBER)
        world = json.loads(OCTOBER.read_text())
        rows = csv.DictReader(PRICES.read_text().splitlines())
        want = [exact(r[c]) for r in rows for c in ("open", "high", "low", "close")]
        self.assertEqual([exact(b["prices"]["ETH"]) for b in world["blocks"]], want)
        self.assertEqual((world["seed"], told["final_height"], told["good"]), (8, 96, True))
        again = json.loads(self.ok("replay", run, "--json", "--check-invariants"))
        self.assertEqual((again["final_root"], again["mismatches"]), (told["final_root"], 0))
        self.assertEqual(self.run_world(OCTOBER)[1]["final_root"], told["final_root"])
        self.assertIn("CONSERVED", self.ok("waterfall", run))

    def test_the_file_is_what_gen_makes(self):
        file, _ = self.gen("october_10.world.json", "--seed", 8, "--prices", PRICES, "--column", "open,high,low,close",
                           "--time", "open_time_utc", "--every", 900, "--accounts", 40, "--markets", 2,
                           "--leverage", 16, "--grace", 2, "--fund", 300)
        made, kept = (json.loads(f.read_text()) for f in (file, OCTOBER))
        for world in (made, kept):
            for contract in world["contracts"]:
                contract["source"] = contract["source"].rsplit("contracts/", 1)[1]
        self.assertEqual(made, kept)

    def test_the_readme_says_what_the_tools_say(self):
        readme = (ROOT / "README.md").read_text()
        run, _ = self.run_world(OCTOBER)
        said = self.ok("run", OCTOBER, "--contracts", ROOT / "contracts")
        self.assertIn(re.search("^GOOD: .*$", said, re.M)[0], readme)
        told = self.ok("calls", run)
        calls = re.search(r"(\d+ margin calls: \d+ cured).*,\s+(\d+ closed by) (liquidation, \d+ expired)", told)
        self.assertIn(f"{calls[1]}, {calls[2]} {calls[3]}", readme)
        last = re.search(r"^ +all +\d+ losses (.*)$", self.ok("waterfall", run), re.M)[1]
        total, own, market, world, others, everybody = map(exact, last.split()[:6])
        words = (f"losses {float(total):.2f}: own {float(own):.2f}, funds {market + world}, "
                 f"others {float(others + everybody):.2f}; CONSERVED")
        self.assertIn(words, readme)

    def test_a_liquidation_by_a_procedure_is_explained_by_the_engine(self):
        run, _ = self.run_world(OCTOBER)
        told = self.ok("explain", run, 67)
        self.assertRegex(told, r"Health factor of a004: 0\.\d{18} before")
        self.assertIn("Why now: it fell below its line in block 67 (this one)", told)


if __name__ == "__main__":
    unittest.main()
