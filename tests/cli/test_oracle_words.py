"""What plim oracle says to people: refusals, options, inputs, formats.

  python3 -m unittest tests.cli.test_oracle_words       PLIM=path runs another build
"""
import json
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, USAGE, plim
from tests.cli.test_oracle import KEY_7, ORACLE, Oracle, document, first


class Refusals(Oracle):
    """A refusal speaks of the report at hand: its feeds, its counts, its bytes."""

    def redstone(self):
        return next(v for v in document("redstone")["vectors"]
                    if v["expect_strict"] == "valid" and len(v["context"]["feeds"]) > 1)

    def refused(self, name, row, *words, **more):
        run = self.verify(name, row, *words, **more)
        self.assertEqual((run.returncode, run.stderr), (DIVERGED, ""))
        told = json.loads(self.verify(name, row, "--json", *words, **more).stdout)
        return run.stdout, told

    def test_a_feed_that_is_not_there(self):
        row = self.redstone()
        feeds = row["context"]["feeds"]
        text, told = self.refused("redstone", row, "--quorum", "3", "--feed", "NOPE")
        self.assertTrue(text.startswith("REFUSED: NOPE is not in this report; it has " + ", ".join(sorted(feeds))))
        self.assertEqual(told["status"], "QUORUM")
        self.assertNotIn("claimed_price", told)
        text, _ = self.refused("redstone", row, "--quorum", "3", "--feed", feeds[0].lower())
        self.assertIn(f"did you mean {feeds[0]}?", text)
        for name in ("stork-v1", "pyth-pnau", "chainlink-data-streams"):
            row = first(name, expect_strict="valid")
            feed = row["prices"][0]["feed"]
            wrong = feed[:-1] + ("0" if feed[-1] != "0" else "1")
            words = ["--quorum", row["context"]["f"] + 1] if "f" in row["context"] else []
            text, told = self.refused(name, row, "--feed", wrong, *words)
            self.assertIn(f"{wrong} is not in this report; it has 0x", text)
            self.assertIn(feed, told["detail"])

    def test_signers_stand_beside_their_feeds(self):
        row = self.redstone()
        told = self.told(self.verify("redstone", row, "--quorum", "3", "--feed", row["context"]["feeds"][0], "--json"))
        self.assertEqual(told["feed"], row["context"]["feeds"][0])
        self.assertEqual(sorted({f.strip('"') for s in told["signers"] for f in s["feeds"]}),
                         sorted(row["context"]["feeds"]))
        text = self.verify("redstone", row, "--quorum", "3").stdout
        self.assertIn(f"  {row['context']['feeds'][0]}\n", text)
        self.assertIn("nobody counted twice", text)

    def test_counts(self):
        row = first("maker-median-poke")
        words = ["--feed", row["context"]["wat"], "--quorum"]
        for quorum in (12, 14):
            text, told = self.refused("maker-median-poke", row, *words, quorum)
            self.assertTrue(text.startswith(f"REFUSED: 13 signatures, exactly {quorum} wanted"))
            self.assertEqual(len(told["signers"]), 13)
            self.assertTrue(all(s["place"] >= 0 for s in told["signers"]))
        row = first("pyth-pnau", expect_strict="valid")
        text, _ = self.refused("pyth-pnau", row, "--quorum", 19, "--guardian-set", row["guardian_set"])
        self.assertIn("13 signatures, at least 19 wanted", text)

    def test_a_name_that_is_signed_but_not_sent(self):
        row = first("maker-median-poke")
        text, told = self.refused("maker-median-poke", row, "--quorum", "13", "--feed", "NOPE")
        self.assertEqual(told["status"], "UNKNOWN_SIGNER")
        self.assertIn("is --feed right?", text)
        self.assertNotIn("ok", [c["state"] for c in told["checks"] if "expected feed" in c["rule"]])

    def test_what_a_refused_report_claims(self):
        row = first("stork-v1", expect_strict="valid")
        run = plim("oracle", "verify", "0x" + row["payload"], "--format", "stork-v1", "--signers", "0x" + "12" * 20)
        self.assertEqual(run.returncode, DIVERGED)
        self.assertIn("which nothing proves", run.stdout)
        self.assertIn("nobody known here", run.stdout)  # the key that is recovered is not the signer's
        self.assertEqual(run.stdout.count("    open "), 1)

    def test_a_price_is_of_something(self):
        row = first("pyth-pnau", expect_strict="valid")
        told = self.told(self.verify("pyth-pnau", row, "--json"))
        self.assertEqual(told["feed"], "0x" + row["prices"][0]["feed"])
        self.assertEqual(told["signer_set"], f"guardian set {row['guardian_set']}")
        row = first("chainlink-ocr1", expect_strict="valid")
        text = self.verify("chainlink-ocr1", row, "--quorum", row["context"]["f"] + 1).stdout
        self.assertIn(f"(epoch {row['epoch']}, round {row['round']})", text)
        self.assertIn("it names      configuration 0x", text)
        row = first("maker-median-poke")
        text = self.verify("maker-median-poke", row, "--quorum", 13, "--feed", row["context"]["wat"]).stdout
        self.assertIn("oldest value  20", text)

    def test_decimals_of_an_option_are_not_signed(self):
        row = self.redstone()
        text = self.verify("redstone", row, "--quorum", "3", "--decimals", "20").stdout
        self.assertNotIn("10^-20", text)
        self.assertIn("its decimals are those of --decimals", text)

    def test_bytes_of_another_format(self):
        row = self.redstone()
        run = plim("oracle", "verify", "0x" + row["payload"], "--format", "stork-v1", "--signers", KEY_7)
        self.assertIn("these bytes are no stork-v1; they fit redstone", run.stdout)
        text, _ = self.refused("redstone", row, "--quorum", "3", payload="0x" + row["payload"][:-4])
        self.assertIn("the last 2 bytes of the marker", text)
        text, _ = self.refused("redstone", row, "--quorum", "3", payload="0x" + row["payload"][:-400])
        self.assertIn("does not end with the marker", text)
        call = "0x12345678" + row["payload"]
        self.assertIn("its first 4 are call data", self.verify("redstone", row, "--quorum", "3", payload=call).stdout)


class Options(Oracle):
    """An option is used, or refused with the reason; none is ignored."""

    def test_a_format_without_a_time_has_no_age(self):
        row = first("chainlink-ocr1", expect_strict="valid")
        words = ["--quorum", row["context"]["f"] + 1]
        told = self.told(self.verify("chainlink-ocr1", row, "--json", "--at", "now", *words))
        self.assertIn("this format signs no time: age cannot be checked", told["assumed"])
        self.assertNotIn("--max-age", "".join(told["assumed"]))
        self.assertIn({"rule": "it is neither too old nor from the future", "state": "-"}, told["checks"])
        for option in ("--max-age", "--max-ahead"):
            self.fails(self.verify("chainlink-ocr1", row, "--at", "now", option, "60", *words), USAGE,
                       option, "age cannot be checked")
        row = first("wormhole-vaa", expect_strict="valid")
        self.fails(self.verify("wormhole-vaa", row, "--at", "now", "--max-age", "60"), USAGE, "--max-age")
        self.fails(self.verify("wormhole-vaa", row, "--last", "1"), USAGE, "no price of their own")

    def test_options_of_another_format(self):
        row = first("stork-v1", expect_strict="valid")
        for words, needle in ((["--config", "11" * 16], "do not name a configuration"),
                              (["--guardian-set", "4"], "do not name a guardian set")):
            self.fails(self.verify("stork-v1", row, *words), USAGE, needle)

    def test_the_unit_of_last(self):
        row = next(v for v in document("redstone")["vectors"] if v["expect_strict"] == "valid")
        time = row["timestamp"] if row["timestamp"] > 10 ** 12 else row["timestamp"] * 1000

        def last(text, name="redstone", vector=row):
            return self.verify(name, vector, "--json", "--quorum", "1", "--last", text)
        self.assertEqual(self.told(last(time), DIVERGED)["status"], "REPLAY")
        self.assertEqual(self.told(last("2099-01-01T00:00:00Z"), DIVERGED)["status"], "REPLAY")
        self.told(last("2011-01-01T00:00:00Z"))
        self.told(last(0))
        self.fails(last(time // 1000), USAGE, "ordered by milliseconds")
        self.fails(last(time * 1000), USAGE, "ordered by milliseconds")
        self.fails(last("1:2"), USAGE, "not ordered by EPOCH:ROUND")
        self.fails(last("noon"), USAGE, "--last noon")
        row = first("chainlink-ocr1", expect_strict="valid")
        for text in ("1:256", "4294967296:1", "1:", ":1"):
            self.fails(self.verify("chainlink-ocr1", row, "--quorum", "11", "--last", text), USAGE, "EPOCH:ROUND")

    def test_the_unit_of_at(self):
        row = first("stork-v1", expect_strict="valid")
        self.fails(self.verify("stork-v1", row, "--at", "1757450061045"), USAGE, "milliseconds?")

    def test_signers_that_are_not_found(self):
        row = first("stork-v1", expect_strict="valid")
        words = ["oracle", "verify", "0x" + row["payload"], "--format", "stork-v1", "--signers"]
        self.fails(plim(*words, "nosuch.txt"), INPUT, "nosuch.txt", "no such file")
        path = str(ORACLE / "stork-v1.json")
        self.fails(plim(*words, "stork-mainet@" + path), INPUT, "did you mean stork-mainnet?")


class Inputs(Oracle):
    def test_the_views_of_an_explorer(self):
        row = first("maker-median-poke")
        raw = row["payload"]
        rows = [raw[i:i + 64] for i in range(8, len(raw), 64)]
        view = ("Function: poke(uint256[] val_, uint256[] age_)\n\nMethodID: 0x" + raw[:8] + "\n"
                + "".join(f"[{i}]:  {text}\n" for i, text in enumerate(rows)))
        words = ["--quorum", "13", "--feed", row["context"]["wat"], "--json"]
        told = self.told(self.verify("maker-median-poke", row, *words, payload=self.put("view.txt", view)))
        self.assertEqual((told["input"]["written"], told["input"]["size"]), ("Etherscan's view", len(raw) // 2))
        for name, document_ in (("tx.json", {"input": "0x" + raw}), ("rpc.json", {"result": {"input": "0x" + raw}})):
            self.told(self.verify("maker-median-poke", row, *words, payload=self.put(name, json.dumps(document_))))
        self.fails(self.verify("maker-median-poke", row, *words, payload=self.put("v", view.replace("[3]", "..."))),
                   INPUT, "View Input As: Original")

    def test_where_hex_is_wrong(self):
        words = ["oracle", "inspect"]
        for text, needle in (("0x12345g78", "'g' stands where hex digit 6 of 8"), ("0x123", "3 hex digits, an odd"),
                             ("0x", "no digit behind it")):
            self.fails(plim(*words, text), INPUT, needle)
            self.fails(plim(*words, self.put("p", text + "\n")), INPUT, needle)
            self.fails(plim(*words, "-", input=text), INPUT, needle)
        self.fails(plim(*words, ""), INPUT, "nothing in it")
        self.fails(plim(*words, "1234"), INPUT, "1234", "starts with 0x")

    def test_sign_says_what_is_missing(self):
        self.fails(plim("oracle", "sign"), USAGE, "native or eip712")


class Formats(Oracle):
    def test_what_each_format_needs(self):
        text = plim("oracle", "formats").stdout
        self.assertNotIn("not signed", text)
        self.assertIn("transport  carries", text)
        page = plim("oracle", "formats", "redstone").stdout
        for needle in ("--feed        the symbol", "--quorum      needed", "--decimals    needed",
                       "verify FILE --format redstone --signers WHO --quorum N --feed ETH --decimals 8"):
            self.assertIn(needle, page)
        self.assertIn("--max-age     none", plim("oracle", "formats", "chainlink-ocr1").stdout)
        self.assertIn("--quorum      not needed", plim("oracle", "formats", "pyth-pnau").stdout)
        self.assertNotIn("example", plim("oracle", "formats", "unsigned").stdout)
        self.assertEqual(plim("oracle", "formats", "eip712").stdout, plim("oracle", "formats", "eip712-price").stdout)


if __name__ == "__main__":
    unittest.main()
