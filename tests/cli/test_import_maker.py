"""plim import evm-trace of Maker: its own rows, its lists of auctions, its two feeds for a price.

  python3 -m unittest tests.cli.test_import_maker       PLIM=path runs another build
"""
import gzip
import json
import pathlib
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, Case, plim

TRACE = pathlib.Path(__file__).resolve().parent / "tiny_maker.jsonl.gz"  # the first 80 steps of seed 2
LINES = [json.loads(line) for line in gzip.decompress(TRACE.read_bytes()).decode().splitlines()]


class Maker(Case):
    def setUp(self):
        super().setUp()
        self.lines = json.loads(json.dumps(LINES))

    def run_import(self):
        file = self.folder / "t.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        return plim("import", "evm-trace", file, "-o", self.folder / "out")

    def replay(self):
        run = plim("replay", self.folder / "out", "--check-invariants", "--json")
        return run.returncode, json.loads(run.stdout)

    def step(self, op, ok=True):
        return next(line for line in self.lines[1:] if line["op"] == op and line["ok"] == ok)

    def refused(self, *text):
        self.fails(self.run_import(), INPUT, *text)

    def test_whole(self):
        self.assertEqual(self.run_import().returncode, OK)
        code, told = self.replay()
        self.assertEqual((code, told["mismatches"], told["blocks"]), (OK, 0, 81))
        self.assertEqual(told["liquidations"], sum(line["op"] == "bark" and line["ok"] for line in LINES[1:]))

    def differs(self):
        self.assertEqual(self.run_import().returncode, OK)
        code, told = self.replay()
        self.assertEqual((code, told["mismatches"]), (DIVERGED, 1))

    def with_sales(self):
        """A state in which an ilk has an auction, and the ilk's part of it."""
        for line in self.lines[1:]:
            for ilk in line["s"]["ilk"].values():
                if ilk["sales"]:
                    return ilk
        raise LookupError("sales")

    def test_a_changed_auction_is_found(self):
        self.with_sales()["sales"][0][8] += "0"
        self.differs()

    def test_an_auction_too_few_is_found(self):
        self.with_sales()["sales"].pop()
        self.differs()

    def test_an_auction_too_many_is_found(self):
        sales = self.with_sales()["sales"]
        sales.append(list(sales[0]))
        self.assertEqual(self.run_import().returncode, OK)
        code, told = self.replay()
        self.assertEqual((code, told["mismatches"] > 0), (DIVERGED, True))

    def test_another_owner_is_found(self):
        self.with_sales()["sales"][0][4] = "keeper"
        self.differs()

    def test_a_longer_auction_is_refused(self):
        self.with_sales()["sales"][0].append("1")
        self.refused("sales")

    def test_an_event_with_another_clip_is_found(self):
        event = next(fields for name, fields in self.step("bark")["ev"] if name == "Bark")
        event["clip"] = "clip-other"
        self.differs()

    def test_a_value_that_is_lost(self):
        self.step("setPrice")["args"]["has"] = False
        self.assertEqual(self.run_import().returncode, OK)
        code, told = self.replay()
        self.assertEqual((code, told["mismatches"] > 0), (DIVERGED, True))

    def test_curves(self):
        self.lines[0]["ilks"][0]["curve"] = "round"
        self.refused("curve linear, stair or exp")

    def test_more_sin_than_vice(self):
        self.lines[0]["state"]["sys"]["vowSin"] = self.lines[0]["state"]["sys"]["vice"] + "0"
        self.refused("vowSin of at most vice")

    def test_a_key_without_room_for_its_clip(self):
        text = json.dumps(self.lines).replace("ETH-A", "E" * 28)
        self.lines = json.loads(text)
        self.refused("room for its prefix")

    def feeds(self, text):
        self.lines = json.loads(text)
        self.assertEqual(self.run_import().returncode, OK)
        self.assertEqual(self.replay()[0], OK)
        return [f["name"] for f in json.loads((self.folder / "out" / "world.json").read_text())["feeds"]]

    def test_names_of_feeds(self):
        text = json.dumps(self.lines)
        self.assertEqual(self.feeds(text), ["ETH_A", "WBTC_A", "LINK_A", "ETH_A.has", "WBTC_A.has", "LINK_A.has"])
        self.assertEqual(self.feeds(text.replace("WBTC-A", "ETH_A")),
                         ["feed_0", "ETH_A", "LINK_A", "feed_3", "ETH_A.has", "LINK_A.has"])
        self.assertEqual(self.feeds(text.replace("ETH-A", "A-B_C").replace("WBTC-A", "A_B-C"))[:2],
                         ["A_B_C", "feed_1"])

    def test_header_and_state_agree(self):
        self.lines[0]["ilks"][1]["mat"] += "0"
        self.refused("the same as state.ilk.*0.mat")

    def test_unknown_parameter(self):
        self.lines[0]["ilks"][1]["duck"] = "1"
        self.refused("duck")


if __name__ == "__main__":
    unittest.main()
