"""plim import ocr-transmits: original bytes on the tape, replays refused, every hostile file named.

  python3 -m unittest tests.cli.test_import_ocr       PLIM=path runs another build
"""
import gzip
import json
import os
import pathlib
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, ROOT, USAGE, Case, plim

# Nine real transmissions: four accepted, then a replay; two and one reverted for a reason unknown; one accepted.
FILE = pathlib.Path(__file__).resolve().parent / "tiny_ocr.json.gz"
ITEMS = json.loads(gzip.decompress(FILE.read_bytes()))
REPLAY, UNEXPLAINED, ROUNDED, LAST = 3, 5, 7, 8
DAI = "158228e08c52f3e2211ccbc8ec275fa93f6033fc"
PRICE = 295309760000000


def word(number):
    return number.to_bytes(32, "big")


def call_data(item):
    """transmit(bytes,bytes32[],bytes32[],bytes32), encoded as Solidity does."""
    report = bytes.fromhex(item["report"][2:])
    rs, ss = ([bytes.fromhex(w[2:]) for w in item[key]] for key in ("rs", "ss"))
    tail_r = 128 + 32 + len(report)
    tail_s = tail_r + 32 + 32 * len(rs)
    return (bytes.fromhex("c9807539") + word(128) + word(tail_r) + word(tail_s) + bytes.fromhex(item["raw_vs"][2:])
            + word(len(report)) + report + word(len(rs)) + b"".join(rs) + word(len(ss)) + b"".join(ss))


def frame(to="0x" + DAI, value=PRICE, **other):
    return {"input": "0x50d25bcd", "to": to, "output": "0x" + word(value).hex(), "error": None, **other}


class Ocr(Case):
    def setUp(self):
        super().setUp()
        self.items = json.loads(json.dumps(ITEMS))

    def run_import(self, *options):
        file = self.folder / "t.json"
        file.write_text(json.dumps(self.items))
        return plim("import", "ocr-transmits", file, "-o", self.folder / "out", *options)

    def calls(self, *frames, block=13244807, tx_index=1):
        file = self.folder / "calls.json"
        file.write_text(json.dumps([{"block": block, "tx_index": tx_index, "frames": list(frames)}]))
        return "--calls", file

    def replay(self):
        run = plim("replay", self.folder / "out", "--json")
        return run.returncode, json.loads(run.stdout)

    def tape(self):
        return gzip.decompress((self.folder / "out" / "history.plh.gz").read_bytes())

    def refused(self, *text):
        self.fails(self.run_import(), INPUT, "t.json", *text)
        self.assertFalse((self.folder / "out").exists())


class Whole(Ocr):
    def test_counts(self):
        run = self.run_import()
        self.assertEqual(run.returncode, OK, run.stderr)
        signatures = sum(len(item["rs"]) for item in ITEMS)
        for text in ("4 blocks, 8 feeds, 5 reports accepted, 1 refused as replays; 3 reverted",
                     f"{signatures} of {signatures} signatures recover, root"):
            self.assertIn(text, run.stdout)
        code, told = self.replay()
        self.assertEqual((code, told["blocks"], told["compared"], told["mismatches"]), (OK, 4, 4 + 4 + 4 + 5, 0))

    def test_original_bytes(self):
        self.assertEqual(self.run_import().returncode, OK)
        tape = self.tape()
        for i, item in enumerate(ITEMS):
            on_tape = not item["reverted"] or i == REPLAY
            self.assertEqual(call_data(item) in tape, on_tape, i)

    def test_the_same_bytes_again(self):
        self.assertEqual(self.run_import().returncode, OK)
        first = self.tape()
        self.assertEqual(self.run_import().returncode, OK)
        self.assertEqual(self.tape(), first)
        self.assertEqual(plim("import", "ocr-transmits", FILE, "-o", self.folder / "z").returncode, OK)
        self.assertEqual(gzip.decompress((self.folder / "z" / "history.plh.gz").read_bytes()), first)

    def test_what_happened_to_each(self):
        self.assertEqual(self.run_import().returncode, OK)
        told = plim("show", self.folder / "out", "receipt", "1").stdout
        self.assertEqual((told.count("REPLAY"), told.count("report")), (1, 5), told)
        page = (self.folder / "out" / "README.md").read_text()
        self.assertIn("their cause is not in the data", page)
        for i, item in enumerate(ITEMS):
            row = f"| {item['block']}, {item['tx_index']} | `{item['aggregator']}` |"
            self.assertEqual(row in page, item["reverted"], i)

    def test_world(self):
        self.assertEqual(self.run_import().returncode, OK)
        world = json.loads((self.folder / "out" / "world.json").read_text())
        feed = next(f for f in world["feeds"] if f["name"] == "ocr_" + DAI)
        signers = {s[2:] for item in ITEMS if item["aggregator"] == "0x" + DAI
                   for s in item["derived"]["recovered_signers"]}
        self.assertEqual((feed["format"], feed["rules"], feed["quorum"]), ("chainlink-ocr1", "deployed", 6))
        self.assertEqual(feed["signers"], sorted(signers))
        self.assertEqual(feed["signer_sets"][0]["id"], "00" * 16 + ITEMS[LAST]["derived"]["config_digest"][2:])
        self.assertIn("the signers that captured signatures recover to", feed["note"])
        notes = [label["text"] for label in world["labels"]]
        self.assertIn("block 4 is Ethereum block 13244807", notes)

    def test_rounded_numbers(self):
        """The file's own numbers went through a double; the report's count."""
        self.assertNotEqual(int.from_bytes(bytes.fromhex(ITEMS[ROUNDED]["report"][2:])[128:160], "big"),
                            int(ITEMS[ROUNDED]["derived"]["observations"][0]))
        self.assertEqual(self.run_import().returncode, OK)
        self.assertIn("7 numbers of the file agree", (self.folder / "out" / "README.md").read_text())
        self.items[ROUNDED]["derived"]["observations"][0] = "101935531104254530"
        self.fails(self.run_import(), INPUT, "[7].derived.observations[0]", "101935531104254505")


class Fate(Ocr):
    def test_an_older_round_is_a_replay(self):
        """Reverted, and the accepted transmission of its round comes later: then nothing explains it."""
        self.items[2], self.items[3] = self.items[3], self.items[2]
        for item, place in zip(self.items[2:4], (1, 2)):
            item["tx_index"] = 143 + place
        run = self.run_import()
        self.assertIn("5 reports accepted, 0 refused as replays; 4 reverted", run.stdout)

    def test_accepted_twice(self):
        self.items[REPLAY]["reverted"] = False
        self.refused("[3]: accepted there, but here", "REPLAY")

    def test_another_configuration_explains_nothing(self):
        """A replay is one of its own configuration: the digest is signed, so another one has other signers."""
        self.items[REPLAY]["aggregator"] = "0x" + "11" * 20
        self.assertIn("0 refused as replays; 4 reverted", self.run_import().stdout)


class Calls(Ocr):
    def test_reads(self):
        other = frame(to="0x" + "22" * 20, value=1)
        early = frame(input="0x50d25bcd00", value=2)
        run = self.run_import(*self.calls(frame(), other, early, frame(error="Reverted", value=3), frame()))
        self.assertEqual(run.returncode, OK, run.stderr)
        self.assertIn(", 2 of 2 calls of latestAnswer got the price", run.stdout)
        code, told = self.replay()
        self.assertEqual((code, told["compared"]), (OK, 17 + 2))

    def test_before_the_transmission(self):
        run = self.run_import(*self.calls(frame(value=7), tx_index=0))
        self.assertIn(", 0 of 0 calls", run.stdout)

    def test_another_answer(self):
        self.fails(self.run_import(*self.calls(frame(value=PRICE + 1))), INPUT, "calls.json", "[0].frames[0].output",
                   "the median of the transmission accepted before")

    def test_hostile(self):
        for frames, needle in (((frame(to="0x1"),), "[0].frames[0].to"), ((frame(output="0x"),), ".output"),
                               ((frame(input=None),), ".input"), ((7,), "[0].frames[0]: expected an object")):
            self.fails(self.run_import(*self.calls(*frames)), INPUT, "calls.json", needle)
        for text in ("{}", "[7]", "[{}]", '[{"block": 1}]', '[{"block": 1, "tx_index": 2}]', "["):
            (self.folder / "calls.json").write_text(text)
            self.fails(self.run_import("--calls", self.folder / "calls.json"), INPUT, "calls.json")
        self.fails(self.run_import("--calls", self.folder / "none"), INPUT, "none")


class Hostile(Ocr):
    def edit(self, key, value, *text, item=LAST, derived=False):
        place = self.items[item]["derived"] if derived else self.items[item]
        before = place.get(key)
        place[key] = value
        self.refused(*text)
        place[key] = before

    def test_values(self):
        last = ITEMS[LAST]
        for key, value in (("block", 0), ("block", "1"), ("tx_index", -1), ("tx", "0x12"),
                           ("aggregator", "0x" + "1" * 41), ("aggregator", 5),
                           ("transmitter", "158228e08c52f3e2211ccbc8ec275fa93f6033fc"),
                           ("reverted", 0), ("reverted", None), ("report", "0x12"), ("report", "0x" + "00" * 36 * 32),
                           ("report", last["report"] + "0"), ("report", "0xzz"), ("raw_vs", last["raw_vs"][:-2]),
                           ("rs", []), ("rs", last["rs"] * 6), ("rs", last["rs"][:-1] + ["0x12"]), ("rs", "0x"),
                           ("ss", last["ss"][1:]), ("ss", last["ss"] + [1]), ("derived", [])):
            with self.subTest(key=key, value=str(value)[:40]):
                self.edit(key, value, f"[8].{key}")

    def test_derived(self):
        derived = ITEMS[LAST]["derived"]
        swapped = [derived["recovered_signers"][1], derived["recovered_signers"][0]]
        for key, value in (("report_keccak256", "0x" + "11" * 32), ("config_digest", "0x" + "11" * 16),
                           ("epoch_and_round", "0x0000000000"), ("raw_observers", "0x" + "00" * 32),
                           ("recovered_signers", swapped),
                           ("recovered_signers", swapped + derived["recovered_signers"][2:]),
                           ("observations", derived["observations"][1:]), ("observations", [1] * 16),
                           ("median", str(PRICE + 1)), ("median", PRICE), ("median", "-" + str(PRICE))):
            with self.subTest(key=key):
                self.edit(key, value, f"[8].derived.{key}", derived=True)

    def test_missing_and_unknown_keys(self):
        for key in ITEMS[LAST]:
            with self.subTest(key=key):
                value = self.items[LAST].pop(key)
                self.refused(f"[8].{key}")
                self.items[LAST][key] = value
        for key in ITEMS[LAST]["derived"]:
            with self.subTest(key=key):
                value = self.items[LAST]["derived"].pop(key)
                self.refused(f"[8].derived.{key}")
                self.items[LAST]["derived"][key] = value
        self.edit("reverts", True, '[8]: unknown key "reverts"', 'did you mean "reverted"')
        del self.items[LAST]["reverts"]
        self.edit("medain", "1", 'unknown key "medain"', derived=True)

    def test_signatures(self):
        last = ITEMS[LAST]
        twice = [last["rs"][0]] * 2 + last["rs"][2:], [last["ss"][0]] * 2 + last["ss"][2:]
        vs = "0x" + last["raw_vs"][2:4] * 2 + last["raw_vs"][6:]
        self.items[LAST].update(rs=twice[0], ss=twice[1], raw_vs=vs)
        self.refused("[8]: its report is refused: SIGNER_DUPLICATE")
        self.items[LAST].update(rs=last["rs"], ss=["0x" + "00" * 32] + last["ss"][1:], raw_vs=last["raw_vs"])
        self.refused("[8]: its report is refused: SIGNATURE_RANGE")
        self.items[LAST].update(ss=last["ss"], raw_vs="0x05" + last["raw_vs"][4:])
        self.refused("[8]: its report is refused: RECOVERY_ID")

    def test_another_report(self):
        """One digit of an observation: the signatures recover to others than the file says."""
        report = self.items[LAST]["report"]
        self.items[LAST]["report"] = report[:-1] + ("0" if report[-1] != "0" else "1")
        self.refused("[8]")

    def test_order(self):
        self.items[0], self.items[LAST] = self.items[LAST], self.items[0]
        self.refused("[1].block: expected items in ascending order")
        self.items = json.loads(json.dumps(ITEMS))
        self.items[1]["tx_index"] = 1
        self.refused("[1].tx_index: expected items in ascending order")

    def test_files(self):
        file = self.folder / "t.json"
        for text in ("", "[]", "{}", "[1]", "[null]", '[{"a": 1, "a": 2}]', "[", "null", "\0"):
            with self.subTest(text=text):
                file.write_text(text)
                self.fails(plim("import", "ocr-transmits", file, "-o", self.folder / "out"), INPUT, "t.json")
        file.write_bytes(FILE.read_bytes()[:-30])
        self.fails(plim("import", "ocr-transmits", file, "-o", self.folder / "out"), INPUT, "t.json")
        self.fails(plim("import", "ocr-transmits", self.folder / "none.json", "-o", self.folder / "out"), INPUT, "none")

    def test_words(self):
        self.fails(plim("import", "ocr-transmits", FILE), USAGE, "-o DIR")
        self.fails(plim("import", "ocr-transmits"), USAGE)
        self.fails(plim("import", "ocr-transmits", FILE, FILE, "-o", self.folder / "out"), USAGE)
        (self.folder / "mine").write_text("mine")
        self.fails(plim("import", "ocr-transmits", FILE, "-o", self.folder), INPUT, "holds something else")
        self.fails(plim("import", "ocr-transmit", FILE, "-o", self.folder), USAGE, "import ocr-transmits")


class Tampered(Ocr):
    def test_a_changed_byte_of_the_tape(self):
        self.assertEqual(self.run_import().returncode, OK)
        tape, wanted = self.tape(), call_data(ITEMS[LAST])
        at = tape.index(wanted) + len(wanted) - 1
        file = self.folder / "out" / "history.plh.gz"
        file.write_bytes(gzip.compress(tape[:at] + bytes([tape[at] ^ 1]) + tape[at + 1:]))
        self.assertNotEqual(plim("replay", self.folder / "out").returncode, OK)

    def test_another_expected_answer(self):
        self.assertEqual(self.run_import().returncode, OK)
        file = self.folder / "out" / "expect.plx.gz"
        told = gzip.decompress(file.read_bytes())
        at = told.rindex(word(PRICE))
        file.write_bytes(gzip.compress(told[:at] + word(PRICE + 1) + told[at + 32:]))
        code, said = self.replay()
        self.assertEqual((code, said["mismatches"]), (DIVERGED, 1))


class Trigger(Case):
    """contracts/examples/captured_report: the report's own bytes decide whether a liquidation goes through."""
    SOURCE = ROOT / "contracts" / "examples" / "captured_report"
    TAKEN = "8182733924513576561"

    def setUp(self):
        super().setUp()
        self.world = json.loads((self.SOURCE / "world.json").read_text())
        contract = self.world["contracts"][0]
        contract["source"] = os.path.relpath(self.SOURCE / contract["source"], self.folder)
        for file in self.SOURCE.glob("*.hex"):
            (self.folder / file.name).write_text(file.read_text())

    def play(self):
        (self.folder / "w.json").write_text(json.dumps(self.world))
        run = plim("run", self.folder / "w.json", "--json", "-o", self.folder / "out",
                   "--contracts", ROOT / "contracts")
        return run.returncode, json.loads(run.stdout)

    def test_whole(self):
        run = plim("run", self.SOURCE / "world.json", "--contracts", ROOT / "contracts")
        self.assertEqual(run.returncode, OK, run.stdout[-500:])
        self.assertIn("(prices signed by the feeds' own signers or a stand-in signer)", run.stdout)
        self.assertIn("LPCM_HEALTH_FACTOR_NOT_BELOW_THRESHOLD", run.stdout)
        self.assertIn("liquidated_collateral_amount " + self.TAKEN, run.stdout)

    def test_bytes_are_those_of_the_transmission(self):
        text = (self.SOURCE / "dai_eth_13244807.hex").read_text().strip()
        self.assertEqual(text, "0x" + call_data(ITEMS[LAST]).hex())

    def test_without_the_report(self):
        self.world["blocks"][1]["reports"] = []
        self.assertEqual(self.play()[0], DIVERGED)

    def test_with_one_bit_changed(self):
        """The signatures recover to others: no price, no liquidation."""
        file = self.folder / "dai_eth_13244807.hex"
        text = file.read_text().strip()
        at = 2 + 2 * 546  # inside the observation in the middle
        file.write_text(text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1:])
        code, told = self.play()
        self.assertEqual(code, DIVERGED)
        self.assertIn("UNKNOWN_SIGNER", json.dumps(told))

    def test_the_older_report_after_the_newer(self):
        blocks = self.world["blocks"]
        blocks[0]["reports"], blocks[1]["reports"] = blocks[1]["reports"], blocks[0]["reports"]
        code, told = self.play()
        self.assertEqual(code, DIVERGED)
        self.assertIn("REPLAY", json.dumps(told))

    def test_replay_says_who_signed(self):
        for name, whose in (("chainlink-ocr1", "the feeds' own signers"), ("aave-v3-seed-5", "a stand-in signer"),
                            ("captured-report", "the feeds' own signers or a stand-in signer")):
            run = plim("replay", "--quiet", "--until", "2", ROOT / "fixtures" / "histories" / name)
            self.assertTrue(run.stdout.splitlines()[0].endswith(f"(prices signed by {whose})"), run.stdout[:200])

    def test_replay_says_which_world(self):
        history = ROOT / "fixtures" / "histories" / "captured-report"
        world = json.loads((history / "world.json").read_text())["id"]
        self.assertRegex(plim("replay", "--quiet", history).stdout, rf"(?m)^  world id +{world}$")

    def test_shipped_history(self):
        history = ROOT / "fixtures" / "histories" / "captured-report"
        told = json.loads(plim("explain", history, "2", "--json").stdout)
        self.assertEqual(told["why_now"]["prices_that_moved"][0]["feed"], "DAI_ETH")
        self.assertEqual(told["prices_signed_by"], "the feeds' own signers or a stand-in signer")


if __name__ == "__main__":
    unittest.main()
