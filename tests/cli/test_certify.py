"""plim certify and plim verify: one file that needs nothing else, true or refused by name.

  python3 -m unittest tests.cli.test_certify       PLIM=path runs another build
"""
import hashlib
import json
import random
import struct
import unittest
import zlib

from tests.cli.program import DIVERGED, INPUT, LIMIT, OK, ROOT, USAGE, Case, plim

HISTORIES = ROOT / "fixtures" / "histories"
AAVE = HISTORIES / "aave-v3-seed-5"
TRIGGERS = ("aave-v3-seed-5", "aave-v3.6-seed-2", "captured-report", "compound-v2-seed-5", "compound-v3-seed-16",
            "liquity-v1-seed-7", "maker-dss-seed-2", "morpho-blue-seed-14")


def unpack(packed):
    assert packed[:4] == b"PLCZ"
    return zlib.decompress(packed[42:])


def sealed(certificate):
    """The same with the seal that fits: what a forger would do."""
    tag = hashlib.sha256(b"plimsoll/certificate").digest()
    return certificate[:-32] + hashlib.sha256(tag + tag + certificate[:-32]).digest()


def pack(certificate):
    stream = zlib.compress(certificate, 9)
    head = b"PLCZ" + struct.pack(">HI", 1, len(certificate))
    return head + hashlib.sha256(head + stream).digest() + stream


class Certify(Case):
    def certify(self, *words):
        path = self.folder / "x.plc"
        made = plim("certify", *words, "-o", path, "--json")
        self.assertEqual(made.returncode, OK, made.stderr)
        return path, json.loads(made.stdout)

    def verify(self, path, *words):
        told = plim("verify", path, "--json", *words)
        return told.returncode, json.loads(told.stdout) if told.stdout else None, told.stderr

    def test_a_liquidation_of_each_protocol(self):
        for name in TRIGGERS:
            with self.subTest(name):
                path, made = self.certify(HISTORIES / name, "--liquidation", 1)
                code, told, _ = self.verify(path)
                self.assertEqual(code, OK)
                self.assertEqual(told, made, "what was made is what is verified")
                self.assertTrue(told["true"])
                self.assertEqual(told["claim_kind"], "trigger")
                self.assertEqual([step["passed"] for step in told["steps"]], [True] * 9)
                self.assertLess(path.stat().st_size, 20000)
                root = (ROOT / "fixtures/golden" / f"{name}.roots").read_text().split()
                self.assertIn(told["block"]["root_after"], root, "the root that the history has")

    def test_the_captured_report_is_the_signed_one(self):
        _, told = self.certify(HISTORIES / "captured-report", "--tx", "2:0")
        dai = next(price for price in told["prices"] if price["feed"].startswith("DAI"))
        self.assertEqual(dai["format"], "chainlink-ocr1")
        self.assertEqual(dai["proved_by"], "the signed report in this block")
        self.assertGreaterEqual(len(dai["signed_by"]), dai["quorum"])
        self.assertEqual({len(signer) for signer in dai["signed_by"]}, {40}, "addresses of the oracle's nodes")
        before, after = told["views"][0], told["views"][1]
        self.assertEqual((before["moment"], after["moment"]), ("before the block", "before transaction 0"))
        self.assertGreater(float(before["result"]["health_factor"]), 1)
        self.assertLess(float(after["result"]["health_factor"]), 1)

    def test_a_venue_whose_execution_walks_through_tables(self):
        run = self.folder / "venue"
        world = ROOT / "tests/contracts/perp_flox.world.json"
        self.assertEqual(plim("run", world, "-o", run, "--contracts", ROOT / "contracts").returncode, OK)
        path, told = self.certify(run, "--liquidation", 1)
        self.assertEqual((told["claim_kind"], told["block"]["rows_told"]), ("trigger", told["block"]["rows"]))
        self.assertEqual(self.verify(path)[0], OK)

    def test_not_below_its_line(self):
        path, told = self.certify(AAVE, "--account", "u1", "--at", 20)
        self.assertEqual((told["kind"], told["claim_kind"]), ("state", "not below"))
        self.assertEqual(self.verify(path)[0], OK)
        path, told = self.certify(AAVE, "--account", "u1", "--at", 77)
        self.assertEqual(told["claim_kind"], "below")

    def test_a_whole_block_and_genesis(self):
        for words in (("--block", 1), ("--block", 59), ("--account", "u1", "--at", 0)):
            with self.subTest(words):
                path, told = self.certify(AAVE, *words)
                self.assertEqual(self.verify(path)[0], OK)
                self.assertEqual(told["claim_kind"] in ("block", "not below"), True)

    def test_a_refused_transaction_is_certified_as_a_block(self):
        shown = json.loads(plim("show", AAVE, "block", 60, "--json").stdout)
        self.assertTrue(shown)
        for block in range(1, 120):
            made = plim("certify", AAVE, "--tx", f"{block}:0", "-o", self.folder / "r.plc", "--json")
            if made.returncode == OK and json.loads(made.stdout)["transactions"][0]["status"] != "OK":
                self.assertEqual(json.loads(made.stdout)["claim_kind"], "block")
                return
        self.fail("no refused transaction in 120 blocks")

    def test_without_the_world(self):
        full, _ = self.certify(AAVE, "--liquidation", 1)
        lean = self.folder / "lean.plc"
        plim("certify", AAVE, "--liquidation", 1, "--without-world", "-o", lean)
        self.assertLess(lean.stat().st_size, full.stat().st_size / 2)
        self.fails(plim("verify", lean), LIMIT, "--world")
        self.assertEqual(self.verify(lean, "--world", AAVE)[0], OK)
        code, told, _ = self.verify(lean, "--world", HISTORIES / "aave-v3-seed-9")
        self.assertEqual((code, told["status"]), (DIVERGED, "WORLD_MISMATCH"))

    def test_the_header_path(self):
        path, told = self.certify(AAVE, "--tx", "59:0", "--path-from", 50, "--path-to", 70)
        self.assertEqual((told["block"]["path_from"], told["block"]["path_to"]), (50, 70))
        self.assertEqual(self.verify(path)[0], OK)
        data = bytearray(unpack(path.read_bytes()))
        world = struct.unpack(">I", data[15:19])[0]
        first_link = 19 + world + 4 + 182
        data[first_link + 10] ^= 1    # the body hash of a block between
        path.write_bytes(pack(bytes(data)))
        self.assertEqual(self.verify(path)[1]["status"], "CHECK")
        path.write_bytes(pack(sealed(bytes(data))))
        self.assertIn(self.verify(path)[1]["status"],
                      ("WITNESS_EXTRA", "PROOF_ROOT", "PARENT", "RECEIPTS_ROOT", "STATE_ROOT"))

    def test_a_path_that_does_not_lead_there(self):
        for words in (("--path-from", 60), ("--path-to", 58), ("--path-to", 302)):
            self.fails(plim("certify", AAVE, "--tx", "59:0", *words, "-o", self.folder / "x.plc"), INPUT, words[0])

    def test_a_certificate_without_a_claim_says_so(self):
        captured = HISTORIES / "captured-report"
        for words, about in ((("--tx", "1:0"), "transaction"), (("--account", "borrower", "--market", 7), "account")):
            told = plim("certify", captured, *words, "-o", self.folder / "x.plc")
            self.assertEqual(told.returncode, OK)
            self.assertIn("note: it claims nothing about the " + about, told.stderr)
        self.assertEqual(plim("certify", captured, "--tx", "2:0", "-o", self.folder / "y.plc").stderr, "")

    def test_a_checkpoint_is_no_certificate(self):
        file = self.folder / "c.plc"
        plim("replay", HISTORIES / "captured-report", "--checkpoint", file)
        self.fails(plim("verify", file), INPUT, "a checkpoint, which plim replay --resume reads")

    def test_tampered_files_are_refused(self):
        path, _ = self.certify(AAVE, "--liquidation", 3)
        packed = path.read_bytes()
        certificate = unpack(packed)
        self.assertEqual(pack(certificate)[:42], packed[:42])
        rng = random.Random(7)
        bad = [packed[:-1], packed + b"\0", b"", packed[:30], b"\x89PNG\r\n\x1a\n" + bytes(40), bytes(1000)]
        for _ in range(40):
            flipped = bytearray(packed)
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            bad.append(bytes(flipped))
        for _ in range(60):
            flipped = bytearray(certificate)
            flipped[rng.randrange(len(flipped) - 32)] ^= 1 << rng.randrange(8)
            bad += [pack(bytes(flipped)), pack(sealed(bytes(flipped)))]
        for number, data in enumerate(bad):
            path.write_bytes(data)
            told = plim("verify", path)
            if told.returncode == DIVERGED:
                self.assertIn("REFUSED in step", told.stdout.splitlines()[0], number)
            else:
                self.fails(told, INPUT, "not a certificate")

    def test_json_of_a_damaged_file(self):
        path, _ = self.certify(AAVE, "--liquidation", 1)
        path.write_bytes(path.read_bytes()[:-1])
        code, told, said = self.verify(path)
        self.assertEqual((code, told["true"], told["status"]), (INPUT, False, "NOT_A_CERTIFICATE"))
        self.assertIn(told["sentence"], said)

    def test_a_promise_of_too_many_bytes(self):
        path = self.folder / "bomb.plc"
        stream = zlib.compress(bytes(1 << 20), 9)
        for size in (1 << 20, 1 << 25, 0xffffffff):
            head = b"PLCZ" + struct.pack(">HI", 1, size)
            path.write_bytes(head + hashlib.sha256(head + stream).digest() + stream)
            self.assertIn(plim("verify", path).returncode, (DIVERGED, INPUT))

    def test_gas_is_bounded(self):
        path, _ = self.certify(AAVE, "--liquidation", 1)
        told = plim("verify", path, "--gas-max", 1000)
        self.fails(told, LIMIT, "UNSUPPORTED", "--gas-max")

    def test_several_files(self):
        path, _ = self.certify(AAVE, "--liquidation", 1)
        bad = self.folder / "bad.plc"
        bad.write_bytes(path.read_bytes()[:-5])
        told = plim("verify", "--quiet", path, bad)
        self.assertNotEqual(told.returncode, OK)
        self.assertIn("x.plc: TRUE", told.stdout)

    def test_command_lines_that_say_too_little(self):
        out = self.folder / "x.plc"
        self.fails(plim("certify", AAVE), USAGE, "certify what?")
        self.fails(plim("certify", AAVE, "--tx", "59:0", "--block", 3), USAGE, "certify what?")
        self.fails(plim("certify", AAVE, "--tx", "zero"), USAGE, "--tx 78:0")
        self.fails(plim("certify", AAVE, "--tx", "59:7", "-o", out), INPUT, "there is no number 7")
        self.fails(plim("certify", AAVE, "--tx", "9999:0", "-o", out), INPUT, "there is no block 9999")
        self.fails(plim("certify", AAVE, "--liquidation", 999, "-o", out), INPUT, "there is no number 999")
        self.fails(plim("certify", AAVE, "--account", "u99", "-o", out), INPUT, "no account")
        out.write_text("my notes")
        self.fails(plim("certify", AAVE, "--tx", "59:0", "-o", out), INPUT)
        self.assertEqual(out.read_text(), "my notes")


if __name__ == "__main__":
    unittest.main()
