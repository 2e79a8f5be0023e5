"""plim oracle: each command, each exit code, real reports of fixtures/oracle, and hostile files.

  python3 -m unittest tests.cli.test_oracle       PLIM=path runs another build
"""
import base64
import copy
import json
import os
import re
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, ROOT, USAGE, Case, plim

ORACLE = ROOT / "fixtures" / "oracle"
FILES = sorted(ORACLE.glob("*.json"))
KEY_7 = "0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb"  # the address of the private key 7
COMPRESSED_7 = "025cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc"
TYPED = {"domain": {"name": "Ore", "chainId": 1}, "primaryType": "Price",
         "types": {"Price": [{"name": "feed", "type": "string"}, {"name": "value", "type": "int256"},
                             {"name": "at", "type": "uint64"}]},
         "message": {"feed": "ETH/USD", "value": "189925000000", "at": 1700000000}}


def document(name):
    return json.loads((ORACLE / f"{name}.json").read_text())


def first(name, reason=None, **wanted):
    """The first row with this reason whose fields are the wanted ones."""
    return next(v for v in document(name)["vectors"]
                if v["reason"] == reason and all(v.get(k) == w for k, w in wanted.items()))


def word(number):
    return number.to_bytes(32, "big")


def signers(name, row):
    return f"{row['signer_set']}@{ORACLE}/{name}.json"


class Oracle(Case):
    def verify(self, name, row, *words, payload=None):
        return plim("oracle", "verify", "0x" + row["payload"] if payload is None else payload, "--format", name,
                    "--signers", signers(name, row), *words)

    def told(self, run, code=OK):
        self.assertEqual((run.returncode, run.stderr), (code, ""))
        return json.loads(run.stdout)

    def put(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


class Vectors(Oracle):
    def test_every_shipped_row_agrees(self):
        told = self.told(plim("oracle", "vectors", "--json", *FILES))
        self.assertTrue(told["agreed"])
        self.assertEqual(len(told["files"]), len(FILES))
        for file in told["files"]:
            self.assertGreater(file["rows"], 3, file["file"])
            self.assertEqual(sum(c["rows"] for c in file["classes"]), file["rows"])

    def changed(self, name, change):
        """The first valid row of a file, changed: what plim says about it."""
        whole = document(name)
        row = copy.deepcopy(next(v for v in whole["vectors"] if v["expect"] == "valid" and v["prices"]))
        change(row)
        whole["vectors"] = [row]
        told = self.told(plim("oracle", "vectors", "--json", self.put("v.json", json.dumps(whole))), DIVERGED)
        return told["files"][0]["disagreements"]

    def test_a_disagreement_is_seen(self):
        def price(key, value):
            return lambda row: row["prices"][0].update({key: value})
        cases = [("stork-v1", lambda row: row.update(expect="invalid", reason="stale"), "valid"),
                 ("stork-v1", price("value", "1"), "value: expected 1,"),
                 ("stork-v1", price("decimals", 8), "decimals: expected 8, found 18"),
                 ("stork-v1", price("time_ns", "5"), "time_ns: expected 5,"),
                 ("pyth-pnau", price("conf", "1"), "conf: expected 1,"),
                 ("pyth-pnau", price("expo", -7), "expo: expected -7, found -8"),
                 ("chainlink-ocr1", lambda row: row.update(epoch=row["epoch"] + 1), "epoch and round"),
                 ("chainlink-data-streams", price("expiresAt", "9"), "expiresAt: expected 9,"),
                 ("open-oracle", lambda row: row["signatures"][0].update(recovered=KEY_7), "signature"),
                 ("redstone", lambda row: row["context"].update(threshold=250), "QUORUM")]
        for name, change, needle in cases:
            found = self.changed(name, change)
            self.assertTrue(found, name)
            self.assertIn(needle, found[0]["got"], name)

    def test_text_counts_and_names(self):
        whole = document("stork-v1")
        for row in whole["vectors"]:
            row["expect"] = "valid" if row["expect"] == "invalid" else "invalid"
            row["reason"] = None if row["expect"] == "valid" else "stale"
        file = self.put("v.json", json.dumps(whole))
        run = plim("oracle", "vectors", file)
        self.assertEqual(run.returncode, DIVERGED)
        self.assertIn(f"{len(whole['vectors'])} rows, agreed 0 deployed, {len(whole['vectors'])} strict", run.stdout)
        self.assertIn("--failures shows all", run.stdout)
        all_of_them = plim("oracle", "vectors", file, "--failures").stdout
        self.assertEqual(all_of_them.count("  deployed  expected"), len(whole["vectors"]))

    def test_typed_data_is_judged(self):
        whole = document("eip712-typed-data")
        for key in ("digest", "encoded", "signer"):
            changed = copy.deepcopy(whole)
            row = next(v for v in changed["vectors"] if key in v)
            row[key] = row[key][:-1] + ("0" if row[key][-1] != "0" else "1")
            told = self.told(plim("oracle", "vectors", "--json", self.put("t.json", json.dumps(changed))), DIVERGED)
            self.assertIn(key, told["files"][0]["disagreements"][0]["got"])

    def test_hostile_files(self):
        def wrong(change, *needles):
            whole = document("stork-v1")
            change(whole)
            self.fails(plim("oracle", "vectors", self.put("v.json", json.dumps(whole))), INPUT, "v.json", *needles)

        def row(change):
            return lambda whole: change(whole["vectors"][1])
        name = document("stork-v1")["vectors"][1]["id"]
        wrong(lambda w: w.update(schema="x"), "schema", "plimsoll-oracle-vectors/1")
        wrong(lambda w: w.update(format="x"), "format", "plim oracle formats")
        wrong(lambda w: w.update(vectors={}), "vectors: expected an array")
        wrong(lambda w: w.update(signer_sets={}), "signer_sets", name[:5])
        wrong(row(lambda v: v.update(payload="0g")), "vectors[1].payload", "hex", name)
        wrong(row(lambda v: v.update(payload="00" * (1 << 21))), "payload", "1 MiB", name)
        wrong(row(lambda v: v.update(payload=7)), "payload: expected a string", name)
        wrong(row(lambda v: v["context"].update(now=-1)), "context.now", name)
        wrong(row(lambda v: v["context"].update(now="1")), "context.now: expected an integer", name)
        wrong(row(lambda v: v.update(expect="maybe", reason="mood")), "reason", "a reason of the schema", name)
        wrong(row(lambda v: v.update(signer_set="nobody")), "signer_sets.nobody", name)
        wrong(lambda w: w["signer_sets"]["stork-mainnet"].update(members=["0x12"]), "is not an address")
        wrong(lambda w: w["signer_sets"]["stork-mainnet"].update(members=["%040x" % i for i in range(1, 300)]), "255")
        self.fails(plim("oracle", "vectors", self.put("v.json", '{"schema": ')), INPUT, "not JSON")
        self.fails(plim("oracle", "vectors", self.folder / "missing.json"), INPUT, "cannot be opened")
        self.fails(plim("oracle", "vectors", self.put("v.json", '{"a":1,"a":2}')), INPUT, "not JSON")
        self.fails(plim("oracle", "vectors"), USAGE, "oracle vectors needs more")

    def test_hostile_typed_data(self):
        def wrong(change, *needles):
            whole = document("eip712-typed-data")
            whole["vectors"] = [copy.deepcopy(whole["vectors"][0])]
            change(whole["vectors"][0])
            self.fails(plim("oracle", "vectors", self.put("t.json", json.dumps(whole))), INPUT, "t.json", *needles)
        deep, kind = [], "uint8"
        for _ in range(26):
            deep, kind = [deep], kind + "[]"
        wrong(lambda v: v.update(types={"Mail": [{"name": "a", "type": kind}]}, data={"a": deep}), "24 levels")
        wrong(lambda v: v.update(primaryType="Nothing"), "primaryType", "the name of a type")
        wrong(lambda v: v["data"].pop("contents"), "contents: expected a string, found nothing")
        wrong(lambda v: v["domain"].update(chainID=1), "chainID")
        wrong(lambda v: v["domain"].update(chainId=-1), "uint256")
        wrong(lambda v: v["domain"].update(chainId=str(1 << 256)), "uint256")
        wrong(lambda v: v["types"]["Mail"][2].update(type="text"), "text is none")
        many = {f"T{i}": [{"name": "n", "type": f"T{i + 1}"}] for i in range(100)} | {"T100": []}
        wrong(lambda v: v.update(types=many, primaryType="T0", data={"n": {}}), "64 types")
        wrong(lambda v: v.update(types={"A": [{"name": "a", "type": "uint8[2]"}]}, primaryType="A", data={"a": [1]}),
              "as many elements")


class Verify(Oracle):
    def test_one_report_of_each_format(self):
        more = {"redstone": ["--quorum", "1", "--decimals", "8"], "chainlink-ocr1": ["--decimals", "8"],
                "maker-median-poke": [], "dlc-attestation": ["--decimals", "0"]}
        for file in FILES:
            name = file.stem
            if name == "eip712-typed-data":
                continue
            row = first(name, expect_strict="valid")
            context = row["context"]
            words = list(more.get(name, []))
            if "f" in context:
                words += ["--quorum", context["f"] + 1]
            if "bar" in context:
                words += ["--quorum", context["bar"], "--feed", context["wat"]]
            told = self.verify(name, row, "--json", *words)
            if not row["prices"] and name in ("chainlink-ocr2", "dlc-attestation"):
                self.assertEqual(self.told(told, DIVERGED)["status"], "NO_VALUE")  # signed, but no price in it
                continue
            self.assertEqual((told.returncode, told.stderr), (OK, ""), (name, told.stdout[:300]))
            told = json.loads(told.stdout)
            self.assertTrue(told["accepted"], name)
            self.assertNotIn("failed", [c["state"] for c in told["checks"]])
            self.assertNotIn("open", [c["state"] for c in told["checks"]])
            self.assertTrue(told["assumed"], name)

    def test_the_verdict_of_refusals(self):
        """Every refused row of the shipped sets is refused here too, by the same rule."""
        names = {"high-s": "HIGH_S", "sig-range": "SIGNATURE_RANGE", "bad-v": "RECOVERY_ID",
                 "truncated": "TRUNCATED", "quorum": "QUORUM", "duplicate-signer": "SIGNER_DUPLICATE"}
        for name in ("pyth-pnau", "wormhole-vaa", "chainlink-ocr1", "stork-v1"):
            for row in document(name)["vectors"]:
                if row["reason"] not in names:
                    continue
                context = row["context"]
                words = ["--quorum", context["f"] + 1] if "f" in context else []
                told = self.told(self.verify(name, row, "--json", *words), DIVERGED)
                self.assertEqual(told["status"], names[row["reason"]], row["id"])
                self.assertEqual([c["state"] for c in told["checks"]].count("failed"), 1, row["id"])
                self.assertTrue(told["hint"])

    def test_the_ways_to_write_a_report(self):
        row = first("pyth-pnau", expect_strict="valid")
        raw = bytes.fromhex(row["payload"])
        price = row["prices"][1 % len(row["prices"])]
        call = bytes.fromhex("ef9e5e28") + word(32) + word(1) + word(32) + word(len(raw)) + raw + bytes(-len(raw) % 32)
        other = bytes.fromhex("01020304") + word(32) + word(len(raw)) + raw
        lines = "\n".join(row["payload"][i:i + 64] for i in range(0, len(row["payload"]), 64))
        answer = {"binary": {"encoding": "hex", "data": [row["payload"]]}, "parsed": [{}]}
        other_answer = {"binary": {"encoding": "base64", "data": [base64.b64encode(raw).decode()]}}
        ways = {"hex.txt": row["payload"], "0x.txt": "0x" + row["payload"].upper() + "\n",
                "b64.txt": base64.b64encode(raw), "url.txt": base64.urlsafe_b64encode(raw).rstrip(b"="),
                "raw.bin": raw, "lines.txt": lines, "quoted.txt": f'"0x{row["payload"]}"', "call.txt": call.hex(),
                "other.txt": other.hex(), "hermes.json": json.dumps(answer),
                "hermes64.json": "\n " + json.dumps(other_answer, indent=1)}
        for name, content in ways.items():
            told = self.told(self.verify("pyth-pnau", row, "--feed", price["feed"], "--json",
                                         payload=self.put(name, content)))
            self.assertEqual(told["signed_price"], price["value"], name)
            self.assertEqual(told["input"]["inside"], {"call.txt": "updatePriceFeeds(bytes[])",
                                                       "other.txt": "a call of 01020304"}.get(name, ""))
        for payload in ("0x" + row["payload"], base64.b64encode(raw).decode()):
            self.told(self.verify("pyth-pnau", row, "--json", payload=payload))
        run = plim("oracle", "verify", "-", "--format", "pyth-pnau", "--signers", signers("pyth-pnau", row),
                   input=row["payload"])
        self.assertEqual(run.returncode, OK)

    def test_the_verdict_says_what_was_not_asked(self):
        row = first("pyth-pnau", expect_strict="valid")
        given = ["--feed", row["prices"][0]["feed"], "--guardian-set", row["guardian_set"], "--at",
                 row["context"]["now"]]
        states = {"it is about the expected feed", "its signer set is known and active",
                  "it is neither too old nor from the future"}
        for words, missing, state in ((given, [], "ok"), ([], ["feed", "signer set in force", "age"], "-")):
            told = self.told(self.verify("pyth-pnau", row, "--json", *words))
            self.assertEqual(told["not_asked"], missing)
            self.assertEqual({c["state"] for c in told["checks"] if c["rule"] in states}, {state})
            verdict = self.verify("pyth-pnau", row, *words).stdout.splitlines()[0]
            self.assertEqual("; not asked: " + ", ".join(missing) in verdict, bool(missing))
        row = first("chainlink-ocr1", expect_strict="valid")  # a report without a time, whatever the clock says
        told = self.told(self.verify("chainlink-ocr1", row, "--json", "--quorum", row["context"]["f"] + 1, "--at",
                                     "now"))
        self.assertEqual(told["not_asked"], ["signer set in force", "age", "decimals"])
        self.assertIn({"rule": "it is neither too old nor from the future", "state": "-"}, told["checks"])

    def test_only_the_first_of_several_updates_is_checked(self):
        row = first("pyth-pnau", expect_strict="valid")
        raw = bytes.fromhex(row["payload"])
        forged = raw[:200] + bytes([raw[200] ^ 1]) + raw[201:]
        items = [word(len(item)) + item + bytes(-len(item) % 32) for item in (raw, forged)]
        call = bytes.fromhex("ef9e5e28") + word(32) + word(2) + word(64) + word(64 + len(items[0])) + b"".join(items)
        answer = {"binary": {"encoding": "hex", "data": [raw.hex(), forged.hex()]}}
        for name, content in (("two.txt", call.hex()), ("two.json", json.dumps(answer))):
            told = self.told(self.verify("pyth-pnau", row, "--json", payload=self.put(name, content)))
            self.assertIn("the other reports of the input", told["not_asked"], name)
            self.assertIn("not shown: 1 more beside it", plim("oracle", "inspect", self.folder / name).stdout)

    def test_a_forwarded_transmission(self):
        row = first("chainlink-ocr1", expect_strict="valid")
        raw = bytes.fromhex(row["payload"])
        call = bytes.fromhex("6fadcf72") + word(5) + word(64) + word(len(raw)) + raw + bytes(-len(raw) % 32)
        told = self.told(self.verify("chainlink-ocr1", row, "--quorum", row["context"]["f"] + 1, "--json",
                                     payload="0x" + call.hex()))
        self.assertEqual(told["input"]["inside"], "forward(address,bytes)")

    def test_the_clock(self):
        row = first("pyth-pnau", expect_strict="valid")
        time = row["prices"][0]["time"]

        def status(*words):
            run = self.verify("pyth-pnau", row, "--json", *words)
            return json.loads(run.stdout)["status"]
        self.assertEqual(status(), "OK")
        self.assertEqual(status("--at", time + 3600), "OK")
        self.assertEqual(status("--at", time + 3601), "STALE")
        self.assertEqual(status("--at", f"{time + 3600}.000000001"), "STALE")
        self.assertEqual(status("--at", time + 3601, "--max-age", "3601"), "OK")
        self.assertEqual(status("--at", time - 60), "OK")
        self.assertEqual(status("--at", time - 61), "FUTURE")
        self.assertEqual(status("--at", time - 61, "--max-ahead", "61"), "OK")
        self.assertEqual(status("--at", "now"), "STALE")
        self.assertEqual(status("--at", "2000-01-01T00:00:00Z"), "FUTURE")
        self.assertEqual(status("--last", time), "REPLAY")
        self.assertEqual(status("--last", time - 1), "OK")
        text = self.verify("pyth-pnau", row).stdout
        self.assertIn("no --at: the report's own time is used", text)
        self.assertIn("    -       it is neither too old", text)
        told = self.told(self.verify("pyth-pnau", row, "--json", "--at", time + 10))
        self.assertEqual(told["age_s"], 10)

    def test_epoch_and_round(self):
        row = first("chainlink-ocr1", expect_strict="valid")
        words = ["--quorum", row["context"]["f"] + 1, "--decimals", "8", "--json"]
        epoch, round_ = row["epoch"], row["round"]
        self.told(self.verify("chainlink-ocr1", row, "--last", f"{epoch}:{round_}", *words), DIVERGED)
        told = self.told(self.verify("chainlink-ocr1", row, "--last", f"{epoch - 1}:255", *words))
        self.assertEqual(told["price"].replace(".", "").lstrip("0"), row["prices"][0]["value"])
        self.told(self.verify("chainlink-ocr1", row, "--config", row["context"]["config_digest"], *words))
        told = self.told(self.verify("chainlink-ocr1", row, "--config", "11" * 16, *words), DIVERGED)
        self.assertEqual(told["status"], "CONFIG")

    def test_strict_and_deployed(self):
        row = first("open-oracle", expect="valid", expect_strict="invalid")
        told = self.told(self.verify("open-oracle", row, "--json"), DIVERGED)
        self.assertEqual((told["status"], told["deployed_accepts"]), ("HIGH_S", True))
        self.assertEqual(told["checks"][-1]["state"], "failed")
        self.assertIn("the deployed verifier accepts it", self.verify("open-oracle", row).stdout)
        self.told(self.verify("open-oracle", row, "--rules", "deployed", "--json"))
        row = first("wormhole-vaa", expect="valid", expect_strict="invalid")
        told = self.told(self.verify("wormhole-vaa", row, "--json"), DIVERGED)
        self.assertEqual((told["status"], told["deployed_accepts"]), ("HIGH_S", True))

    def test_subjects_as_people_write_them(self):
        row = first("redstone", expect_strict="valid")
        feed = row["context"]["feeds"][0]
        words = ["--quorum", row["context"]["threshold"], "--json"]
        for text in (feed, feed.encode().ljust(32, b"\0").hex(), "0x" + feed.encode().ljust(32, b"\0").hex()):
            told = self.told(self.verify("redstone", row, "--feed", text, *words))
            self.assertEqual(told["signed_price"], row["prices"][0]["value"])
        told = self.told(self.verify("redstone", row, "--feed", feed + "X", *words), DIVERGED)
        self.assertEqual(told["status"], "QUORUM")  # nobody signed a price of it
        row = first("stork-v1", expect_strict="valid")
        self.told(self.verify("stork-v1", row, "--feed", row["asset"], "--json"))
        self.told(self.verify("stork-v1", row, "--feed", row["prices"][0]["feed"], "--json"))
        self.assertEqual(self.told(self.verify("stork-v1", row, "--feed", "NO", "--json"), DIVERGED)["status"],
                         "SUBJECT")
        row = first("pyth-pnau", expect_strict="valid")
        emitter, price = row["context"]["emitter"], row["prices"][0]["feed"]
        self.told(self.verify("pyth-pnau", row, "--feed", f"{emitter[0]}:{emitter[1]}:{price}", "--json"))
        told = self.told(self.verify("pyth-pnau", row, "--feed", f"1:{emitter[1]}:{price}", "--json"), DIVERGED)
        self.assertEqual(told["status"], "EMITTER")

    def test_signers_as_people_write_them(self):
        row = first("stork-v1", expect_strict="valid")
        member = document("stork-v1")["signer_sets"][row["signer_set"]]["members"][0]
        for who in (member, member[2:], member.lower(), f"{member},",
                    self.put("signers", f"# the aggregator\n\n  {member} # its key\n")):
            run = plim("oracle", "verify", "0x" + row["payload"], "--format", "stork-v1", "--signers", who)
            self.assertEqual((run.returncode, run.stderr), (OK, ""), who)
        other = "0x" + "12" * 20
        told = self.told(plim("oracle", "verify", "0x" + row["payload"], "--format", "stork-v1", "--signers", other,
                              "--json"), DIVERGED)
        self.assertEqual(told["status"], "UNKNOWN_SIGNER")
        typo = member[:-1] + ("1" if member[-1] != "1" else "2")
        self.fails(plim("oracle", "verify", "0x00", "--format", "stork-v1", "--signers", typo), USAGE, "checksum")
        self.fails(plim("oracle", "verify", "0x00", "--format", "stork-v1", "--signers", "0x12"), USAGE, "40 hex")
        self.fails(plim("oracle", "verify", "0x00", "--format", "stork-v1", "--signers", self.put("s", "# none\n")),
                   INPUT, "no signer")
        self.fails(plim("oracle", "verify", "0x00", "--format", "stork-v1", "--signers", self.put("s", f"{member}\nx")),
                   INPUT, "s:2", "is not an address")
        self.fails(plim("oracle", "verify", "0x00", "--format", "stork-v1", "--signers", "no@" + str(FILES[0])), INPUT,
                   "signer_sets.no")
        self.fails(plim("oracle", "verify", "0x00", "--format", "stork-v1", "--signers", f"{member},{member}",
                        "--quorum", "1"), INPUT, "DUPLICATE")

    def test_guardian_sets(self):
        row = first("pyth-pnau", expect_strict="valid")
        index = row["guardian_set"]
        sets = document("pyth-pnau")["signer_sets"]["wormhole-guardian-sets"]["members_by_index"]
        right = self.put("right", "\n".join(sets[str(index)]))
        words = ["oracle", "verify", "0x" + row["payload"], "--format", "pyth-pnau", "--json", "--signers"]
        self.told(plim(*words, right))
        self.told(plim(*words, right, "--guardian-set", index))
        told = self.told(plim(*words, right, "--guardian-set", index + 1), DIVERGED)
        self.assertEqual(told["status"], "SIGNER_SET")
        self.told(self.verify("pyth-pnau", row, "--guardian-set", index, "--json"))
        told = self.told(self.verify("pyth-pnau", row, "--quorum", "19", "--guardian-set", index, "--json"),
                         DIVERGED)
        self.assertEqual(told["status"], "QUORUM")
        self.fails(self.verify("pyth-pnau", row, "--quorum", "13"), USAGE, "--quorum needs --guardian-set")

    def test_wrong_usage(self):
        row = first("redstone", expect_strict="valid")
        self.fails(plim("oracle", "verify", "0x00"), USAGE, "--format is needed")
        self.fails(plim("oracle", "verify", "0x00", "--format", "redston"), USAGE, "did you mean redstone")
        self.fails(plim("oracle", "verify", "0x00", "--format", "redstone"), USAGE, "--signers is needed")
        self.fails(plim("oracle", "verify", "0x00", "--format", "native", "--signers", "x"), USAGE, "--world is needed")
        self.fails(self.verify("redstone", row), USAGE, "--quorum is needed")
        for words, needle in ((["--quorum", "6"], "more than the 5 signers"), (["--quorum", "x"], "--quorum"),
                              (["--quorum", "3", "--at", "noon"], "--at"), (["--quorum", "3", "--last", "x"], "--last"),
                              (["--quorum", "3", "--decimals", "78"], "--decimals"), (["--rules", "loose"], "--rules"),
                              (["--quorum", "3", "--max-age", "5"], "--at now"),
                              (["--quorum", "3", "--at", "2025-02-30T00:00:00Z"], "--at")):
            self.fails(self.verify("redstone", row, *words), USAGE, needle)
        row = first("chainlink-ocr1")
        self.fails(self.verify("chainlink-ocr1", row, "--quorum", "11", "--feed", "ETH"), USAGE, "do not name")
        self.fails(self.verify("chainlink-ocr1", row, "--quorum", "11", "--config", "12"), USAGE, "--config")
        row = first("maker-median-poke")
        self.fails(self.verify("maker-median-poke", row, "--quorum", "13"), USAGE, "--feed is needed")
        self.fails(plim("oracle", "verfy"), USAGE, "plim oracle verify")

    def test_unreadable_input(self):
        words = ["--format", "stork-v1", "--signers", KEY_7]
        for content, needle in ((b"", "nothing in it"), (b"  \n", "nothing in it"), (b"0x123", "neither hex"),
                                (b"0xzz", "neither hex"), (b"hello, world!", "neither hex"),
                                (b'{"binary": {"data": []}}', "price service"), (b"{", "price service"),
                                (b'{"binary": {"data": ["{"]}}', "price service"),
                                (bytes(range(256)) * 5000, "limit of a report")):
            self.fails(plim("oracle", "verify", self.put("p", content), *words), INPUT, needle)
        self.fails(plim("oracle", "verify", self.folder / "missing", *words), INPUT, "cannot be opened")
        self.fails(plim("oracle", "verify", self.folder, *words), INPUT, "is a folder")
        self.fails(plim("oracle", "verify", "0x", *words), INPUT, "neither hex")

    def test_cut_and_changed_reports_end_well(self):
        """Every cut is refused, and nothing but a verdict or one line comes out."""
        for name in ("redstone", "pyth-pnau", "open-oracle"):
            row = first(name, expect_strict="valid")
            raw = bytes.fromhex(row["payload"])
            words = ["--quorum", "1"] if name == "redstone" else []
            for size in range(1, len(raw), max(1, len(raw) // 25)):
                run = self.verify(name, row, *words, payload=self.put("p", raw[:size].hex()))
                self.assertEqual(run.returncode, DIVERGED, (name, size, run.stderr))


class Readme(Oracle):
    def test_the_example_of_the_readme(self):
        """The command of README.md prints what README.md shows, and refuses each changed digit."""
        text = (ROOT / "README.md").read_text().split("## Verify an oracle payload")[1].split("\n## ")[0]
        blocks = re.findall(r"(?:^    .*\n)+", text, re.M)
        command, shown = ("".join(line[4:] + "\n" for line in block.splitlines()) for block in blocks[:2])
        words = command.replace("\\\n", " ").split()[1:]
        file = next(ROOT / word for word in words if word.endswith(".hex"))
        words = [str(file) if word.endswith(".hex") else word for word in words]
        payload = file.read_text()
        run = plim(*words)
        self.assertEqual((run.returncode, run.stderr, run.stdout), (OK, "", shown))
        for at in range(0, len(payload), 7):
            changed = payload[:at] + ("1" if payload[at] != "1" else "2") + payload[at + 1:]
            if payload[at] != "\n":
                pasted = ["-" if word.endswith(".hex") else word for word in words]
                self.assertEqual(plim(*pasted, input=changed).returncode, DIVERGED, at)


class Inspect(Oracle):
    def test_the_format_is_guessed(self):
        for file in FILES:
            for row in json.loads(file.read_text())["vectors"] if file.stem != "eip712-typed-data" else []:
                if row["expect"] != "valid" or file.stem == "band-tss-schnorr":
                    continue
                told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--json"))
                self.assertEqual(told["format"], file.stem, row["id"])

    def test_parts_cover_the_report(self):
        for name in ("stork-v1", "wormhole-vaa", "redstone", "pyth-lazer", "api3-signed-data"):
            row = first(name, expect_strict="valid")
            told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--json"))
            at = 0
            for part in told["parts"]:
                self.assertEqual(part["offset"], at, (name, part))
                at += part["size"]
            self.assertEqual(at, len(row["payload"]) // 2, name)

    def test_signers_and_digests(self):
        row = first("wormhole-vaa", expect_strict="valid")
        told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--json"))
        self.assertEqual([s["signer"] for s in told["signatures"]], [s["recovered"] for s in row["signatures"]])
        self.assertEqual({s["digest"] for s in told["signatures"]}, {"0x" + s["digest"] for s in row["signatures"]})
        row = first("pyth-pnau", expect_strict="valid")
        told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--json"))
        self.assertEqual([p["value"] for p in told["parts"] if p["name"] == "exponent"],
                         [str(p["expo"]) for p in row["prices"]])
        row = first("open-oracle", expect="valid", expect_strict="invalid")
        text = plim("oracle", "inspect", "0x" + row["payload"]).stdout
        self.assertIn("high s", text)
        self.assertIn("strict rules  would refuse it: HIGH_S", text)
        row = first("maker-median-poke")
        told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--feed", row["context"]["wat"], "--json"))
        self.assertEqual({s["signer"] for s in told["signatures"]}, {s["recovered"] for s in row["signatures"]})
        self.assertIn("with the right --feed", plim("oracle", "inspect", "0x" + row["payload"]).stdout)

    def test_call_data_is_said(self):
        raw = bytes.fromhex(first("pyth-pnau", expect_strict="valid")["payload"])
        call = bytes.fromhex("ef9e5e28") + word(32) + word(1) + word(32) + word(len(raw)) + raw + bytes(-len(raw) % 32)
        told = self.told(plim("oracle", "inspect", "0x" + call.hex(), "--json"))
        self.assertEqual((told["inside"], told["offset"], told["parts"][0]["offset"]),
                         ("updatePriceFeeds(bytes[])", 132, 132))
        self.assertIn("an argument of updatePriceFeeds(bytes[])", plim("oracle", "inspect", "0x" + call.hex()).stdout)
        for lie in (word(1 << 40), word(1 << 255), word(0)):  # a length that leads outside is no wrapping
            bad = call[:4 + 96] + lie + call[4 + 128:]
            self.assertIn(plim("oracle", "inspect", "0x" + bad.hex()).returncode, (OK, DIVERGED, INPUT))

    def test_broken_and_strange(self):
        row = first("pyth-pnau", expect_strict="valid")
        run = plim("oracle", "inspect", "0x" + row["payload"][:-20])
        self.assertEqual(run.returncode, DIVERGED)
        self.assertIn("broken        TRUNCATED", run.stdout)
        self.fails(plim("oracle", "inspect", "0x1234"), INPUT, "fit no format")
        run = plim("oracle", "inspect", "0x1234", "--format", "native")
        self.assertEqual(run.returncode, DIVERGED)
        self.assertIn("broken        VERSION", run.stdout)
        self.assertEqual(plim("oracle", "inspect", "0x" + row["payload"], "--format", "stork-v1").returncode, DIVERGED)


    def test_garbage_is_no_report(self):
        for payload in ("42" * 200, "02" + "ff" * 199, "01" + "00" * 119):
            self.fails(plim("oracle", "inspect", "0x" + payload), INPUT, "fit no format")
        row = first("redstone", expect_strict="valid")["payload"]
        self.fails(plim("oracle", "inspect", "0x" + row[:-6]), INPUT, "redstone without its end: the last 3 bytes")
        self.fails(plim("oracle", "inspect", "0x" + row + "aabb"), INPUT, "2 bytes behind its marker")
        row = first("stork-v1", expect_strict="valid")["payload"]
        self.fails(plim("oracle", "inspect", "0x" + row[:-2]), INPUT, "224 bytes; stork-v1 has 225")
        run = plim("oracle", "inspect", "0x" + row, "--format", "redstone")
        self.assertTrue(run.stdout.startswith("redstone: the bytes do not fit it"), run.stdout)

    def test_keys_that_cannot_be_told(self):
        """A signer whose address is signed but not sent: any key shown would be a wrong one."""
        row = first("stork-v1", expect_strict="valid")
        told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--json"))
        self.assertEqual([(s["signer"], s["digest"]) for s in told["signatures"]], [(None, "")])
        self.assertNotIn("digest", told)
        row = first("maker-median-poke")
        told = self.told(plim("oracle", "inspect", "0x" + row["payload"], "--json"))
        self.assertEqual({s["signer"] for s in told["signatures"]}, {None})


class Formats(Oracle):
    def test_all_are_listed(self):
        told = self.told(plim("oracle", "formats", "--json"))
        self.assertEqual([f["number"] for f in told], list(range(len(told))))
        names = {f["name"] for f in told}
        self.assertLessEqual({f.stem for f in FILES} - {"eip712-typed-data"}, names)
        text = plim("oracle", "formats").stdout
        for name in names:
            self.assertIn(name, text)
            page = plim("oracle", "formats", name)
            self.assertEqual(page.returncode, OK)
            self.assertIn("asked, in this order", page.stdout)
        self.fails(plim("oracle", "formats", "redston"), USAGE, "did you mean redstone")

    def test_the_group(self):
        self.assertEqual(plim("oracle").returncode, USAGE)
        for words in (("oracle", "--help"), ("help", "oracle")):
            run = plim(*words)
            self.assertEqual(run.returncode, OK)
            self.assertIn("plim oracle sign", run.stdout)
        for command in ("verify", "inspect", "formats", "sign", "vectors"):
            self.assertTrue(plim("oracle", command, "--help").stdout.startswith(f"plim oracle {command}"))


class Sign(Oracle):
    def setUp(self):
        super().setUp()
        self.key = self.put("key", f"# a test key\n{7:064x}\n")
        os.chmod(self.key, 0o600)

    def native(self, *words):
        return plim("oracle", "sign", "--format", "native", "--key", self.key, "--world", "05" * 32, "--round", "7",
                    "--time", "1700000000", "--price", "1899.25", "--decimals", "8", *words)

    def test_native(self):
        told = self.told(self.native("--json"))
        report = bytes.fromhex(told["report"][2:])
        self.assertEqual(told["report"], self.native().stdout.strip(), "RFC 6979: always the same bytes")
        self.assertEqual(len(report), 55 + 65)
        self.assertEqual(report[:5], bytes([1, 0, 0, 0, 0]))
        self.assertEqual(int.from_bytes(report[21:53], "big"), 189925000000)
        self.assertLess(int.from_bytes(report[-32:], "big"), 1 << 255, "low s")
        self.assertEqual(told["signers"][0]["address"], KEY_7)
        self.put("key", f"{7:064x}\n0x{8:064x} # second\n")
        two = bytes.fromhex(self.told(self.native("--json", "--place", "3"))["report"][2:])
        self.assertEqual((len(two), two[54], two[55], two[55 + 65]), (55 + 130, 2, 3, 4))

    def test_native_goes_round(self):
        report = self.native("--feed", "3").stdout.strip()

        def verify(*words, world="05" * 32, payload=report):
            return plim("oracle", "verify", payload, "--format", "native", "--world", world, "--signers",
                        COMPRESSED_7, "--json", *words)
        told = self.told(verify("--feed", "3", "--last", "6", "--at", "1700003600"))
        self.assertEqual((told["price"], told["age_s"], told["signer_count"]), ("1899.25000000", 3600, 1))
        self.assertEqual({c["state"] for c in told["checks"]}, {"ok"})
        changed = report[:-1] + ("0" if report[-1] != "0" else "1")
        for status, run in (("SUBJECT", verify()), ("SUBJECT", verify("--feed", "4")),
                            ("ROUND", verify("--feed", "3", "--last", "7")),
                            ("STALE", verify("--feed", "3", "--at", "1700003601")),
                            ("REPORT_TIME", verify("--feed", "3", "--at", "1699999939")),
                            ("DECIMALS", verify("--feed", "3", "--decimals", "7")),
                            ("SIGNATURE", verify("--feed", "3", world="06" * 32)),
                            ("SIGNATURE", verify("--feed", "3", payload=changed)),
                            ("TRUNCATED", verify("--feed", "3", payload=report[:-2])),
                            ("TRAILING", verify("--feed", "3", payload=report + "00")),
                            ("TRUNCATED", verify("--feed", "3", payload="0x01")),
                            ("VERSION", verify("--feed", "3", payload="0x02" + report[4:]))):
            told = self.told(run, DIVERGED)
            self.assertEqual(told["status"], status)
            self.assertEqual([c["state"] for c in told["checks"]].count("failed"), 1, status)
        self.fails(verify("--feed", "4096"), USAGE, "--feed")
        self.fails(verify(world="05"), USAGE, "--world")
        self.fails(plim("oracle", "verify", report, "--format", "unsigned", "--signers", "x"), USAGE, "proves nothing")
        self.fails(plim("oracle", "verify", report, "--format", "redstone", "--signers", "x", "--world", "05" * 32),
                   USAGE, "for native")

    def test_a_time_may_be_a_date(self):
        run = plim("oracle", "sign", "--format", "native", "--key", self.key, "--world", "05" * 32, "--round", "7",
                   "--time", "2023-11-14T22:13:20Z", "--price", "1899.25", "--decimals", "8")
        self.assertEqual(run.stdout, self.native().stdout)

    def test_inspect_knows_what_sign_writes(self):
        told = self.told(plim("oracle", "inspect", self.native("--feed", "3").stdout.strip(), "--json"))
        self.assertEqual((told["format"], told["status"], told["price"]), ("native", "OK", "1899.25000000"))
        self.assertEqual([p["value"] for p in told["parts"] if p["name"] == "feed"], ["3"])
        data = self.put("data.json", json.dumps(TYPED))
        signed = self.told(plim("oracle", "sign", "--format", "eip712", "--key", self.key, "--data", data, "--price",
                                "value", "--time", "at", "--json"))
        told = self.told(plim("oracle", "inspect", signed["report"], "--json"))
        self.assertEqual((told["format"], told["status"]), ("eip712-price", "OK"))
        told = self.told(plim("oracle", "inspect", signed["report"], "--format", "eip712-price", "--feed",
                              signed["subject"], "--json"))
        self.assertEqual([s["signer"] for s in told["signatures"]], [KEY_7])

    def test_eip712_goes_round(self):
        data = self.put("data.json", json.dumps(TYPED))
        words = ["oracle", "sign", "--format", "eip712", "--key", self.key, "--data", data, "--price", "value",
                 "--time", "at", "--feed", "feed", "--json"]
        told = self.told(plim(*words))
        check = ["oracle", "verify", told["report"], "--format", "eip712-price", "--feed", told["subject"],
                 "--signers", KEY_7, "--decimals", "8", "--json"]
        seen = self.told(plim(*check))
        self.assertEqual((seen["price"], seen["time_s"], seen["digest"]),
                         ("1899.25000000", 1700000000, told["digest"]))
        changed = told["report"].replace("2c38698340", "2c38698341")
        self.assertNotEqual(changed, told["report"])
        self.assertEqual(self.told(plim(*check[:2], changed, *check[3:]), DIVERGED)["status"], "UNKNOWN_SIGNER")
        self.fails(plim(*words[:-7], "--price", "cost"), USAGE, "has no member cost")

    def test_keys_stay_secret(self):
        for mode in (0o644, 0o640, 0o620, 0o604):
            os.chmod(self.key, mode)
            self.fails(self.native(), INPUT, "chmod 600")
        os.chmod(self.key, 0o600)
        secret = f"{7:064x}"
        run = plim("oracle", "sign", "--format", "native", "--key", secret)
        self.fails(run, INPUT, "a key on the command line")
        self.fails(plim("oracle", "sign", "--format", "native", "--key", self.folder / "none"), INPUT, "no key file")
        self.fails(plim("oracle", "sign", "--format", "native", "--key", self.folder), INPUT, "no key file")
        order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        for text in (secret[:-1], secret + "0", "0" * 64, order, "x" * 64, "", "# none"):
            self.put("key", text)
            run = self.native()
            self.fails(run, INPUT, "key")
            self.assertTrue(len(text) < 60 or text not in run.stderr, "the message does not show the key")

    def test_wrong_usage(self):
        self.fails(plim("oracle", "sign", "--format", "redstone", "--key", self.key), USAGE, "only native and eip712")
        self.fails(plim("oracle", "sign", "--key", self.key), USAGE, "--format is needed")
        self.fails(plim("oracle", "sign", "--format", "native"), USAGE, "--key is needed")
        self.fails(plim("oracle", "sign", "--format", "native", "--key", self.key), USAGE,
                   "--world, --round, --time, --price are needed")
        self.fails(plim("oracle", "sign", "--format", "eip712", "--key", self.key), USAGE, "--data is needed")
        for words, needle in ((["--price", "1.123456789"], "given twice"), (["--place", "64"], "--place")):
            self.fails(self.native(*words), USAGE, needle)
        run = plim("oracle", "sign", "--format", "native", "--key", self.key, "--world", "05" * 32, "--round", "7",
                   "--time", "1", "--price", "1.5", "--decimals", "0")
        self.fails(run, USAGE, "--price 1.5")


if __name__ == "__main__":
    unittest.main()
