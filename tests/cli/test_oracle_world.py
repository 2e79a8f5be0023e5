"""World files with real feeds: formats, signer sets, original reports, and what a wrong one is told.

  python3 -m unittest tests.cli.test_oracle_world       PLIM=path runs another build
"""
import base64
import json
import os
import unittest

from tests.cli.program import INPUT, OK, ROOT, plim
from tests.cli.test_oracle import COMPRESSED_7, Oracle, document, first, word


class World(Oracle):
    """Feeds of real formats in a world file, their original reports in its blocks."""

    def world(self):
        redstone, pyth = first("redstone", expect_strict="valid"), first("pyth-pnau", expect_strict="valid")
        price = pyth["prices"][0]
        members = document("redstone")["signer_sets"][redstone["signer_set"]]["members"]
        guardians = document("pyth-pnau")["signer_sets"][pyth["signer_set"]]["members_by_index"]
        self.times = sorted([(redstone["timestamp"] // 1000, "RED", redstone), (price["time"], "PYTH", pyth)],
                            key=lambda entry: entry[0])
        feeds = [{"name": "RED", "decimals": 8, "staleness_s": 3600, "format": "redstone", "heartbeat_s": 86400,
                  "subject": redstone["context"]["feeds"][0], "note": "a real one",
                  "signer_sets": [{"quorum": redstone["context"]["threshold"], "members": members}]},
                 {"name": "PYTH", "decimals": 8, "staleness_s": 60, "format": "pyth-pnau", "subject": price["feed"],
                  "deviation": "5%", "confidence": "1.25%", "rounding": "half-even", "fallback": "RED",
                  "rules": "deployed", "signer_sets": [{"from": 5, "id": pyth["guardian_set"], "quorum": 13,
                                                        "members": guardians[str(pyth["guardian_set"])]}]},
                 {"name": "OWN", "decimals": 2, "staleness_s": 60, "delay_s": 5, "twap_s": 60, "min": "1", "max": "9",
                  "signer_sets": [{"quorum": 1, "members": ["stand-in"]}]}]
        example = ROOT / "contracts" / "examples" / "margin_account.world.json"
        whole = json.loads(example.read_text())
        self.put("margin_account.plim", example.with_name("margin_account.plim").read_text())
        whole["contracts"][0]["source"] = "margin_account.plim"
        whole.update(feeds=feeds, time_s=self.times[0][0] - 1, blocks=[
            {"time_s": time, "prices": {"OWN": "5"}, "reports": [{"feed": name, "bytes": "0x" + row["payload"]}]}
            for time, name, row in self.times])
        return whole

    def run_world(self, whole, *words):
        return plim("run", self.put("w.json", json.dumps(whole)), "--contracts", ROOT / "contracts", *words)

    def test_real_reports_become_prices(self):
        whole = self.world()
        last = whole["blocks"][-1]
        whole["blocks"].append({"after_s": 1, "reports": last["reports"]})
        run = self.run_world(whole, "-o", self.folder / "out", "--json")
        told = self.told(run)
        statuses = [[r["status"] for r in b["receipts"]] for b in told["blocks"]]
        self.assertEqual(statuses, [["OK", "OK"], ["OK", "OK"], ["REPLAY"]])
        replayed = self.told(plim("replay", self.folder / "out", "--json"))
        self.assertTrue(replayed["identical"])
        prices = {p["feed"]: p for p in self.told(plim("show", self.folder / "out", "--json"))["prices"]}
        for _, name, row in self.times:
            value = row["prices"][0]["value"]
            self.assertEqual(prices[name]["price"].replace(".", "").lstrip("0"), value)
        world = json.loads((self.folder / "out" / "world.json").read_text())
        red, pyth, own = world["feeds"]
        self.assertEqual((red["format"], red["rules"], red["heartbeat_s"], red["wire_decimals"], red["note"]),
                         ("redstone", "strict", 86400, 8, "a real one"))
        self.assertEqual((pyth["format"], pyth["rules"], pyth["rounding"], pyth["deviation"], pyth["confidence"],
                          pyth["fallback"]), ("pyth-pnau", "deployed", "half-even", "5.00%", "1.25%", "RED"))
        self.assertEqual((len(pyth["signer_sets"][0]["members"]), pyth["signer_sets"][0]["from"]), (19, 5))
        self.assertEqual((own["delay_s"], own["twap_s"], own["min"]), (5, 60, "1.00"))

    def test_reports_from_files(self):
        whole = self.world()
        for block in whole["blocks"]:
            report = block["reports"][0]
            raw = bytes.fromhex(report.pop("bytes")[2:])
            if report["feed"] == "PYTH":  # a call around it is left away
                raw = (bytes.fromhex("ef9e5e28") + word(32) + word(1) + word(32) + word(len(raw)) + raw
                       + bytes(-len(raw) % 32))
            report["file"] = f"{report['feed']}.txt"
            self.put(report["file"], base64.b64encode(raw))
        told = self.told(self.run_world(whole, "--json"))
        self.assertEqual([r["status"] for b in told["blocks"] for r in b["receipts"]], ["OK"] * 4)

    def test_a_report_signed_here(self):
        """A native feed of a key of one's own: its reports are signed by plim oracle sign."""
        key = self.put("key", f"{7:064x}")
        os.chmod(key, 0o600)
        whole = self.world()
        whole["feeds"] = [{"name": "MINE", "decimals": 2, "staleness_s": 60, "format": "native",
                           "signer_sets": [{"quorum": 1, "members": [COMPRESSED_7]}]}]
        whole["time_s"], whole["blocks"] = 1000, [{"time_s": 1010, "reports": []}]
        self.told(self.run_world(whole, "-o", self.folder / "out", "--json"))
        world = self.told(plim("replay", self.folder / "out", "--json"))["world_id"]
        signed = plim("oracle", "sign", "--format", "native", "--key", key, "--world", world, "--round", "1", "--time",
                      "1005", "--price", "12.34", "--decimals", "2").stdout.strip()
        for payload, status in ((signed[2 + 10:], "OK"), (signed[2 + 10:-1] + ("0" if signed[-1] != "0" else "1"),
                                                          "SIGNATURE")):
            whole["blocks"][0]["reports"] = [{"feed": "MINE", "bytes": "0x" + payload}]
            told = self.told(self.run_world(whole, "--json"))
            self.assertEqual([r["status"] for r in told["blocks"][0]["receipts"]], [status])
        whole["blocks"][0]["prices"] = {"MINE": "12.34"}
        self.fails(self.run_world(whole), INPUT, "prices.MINE", "others sign this feed")

    def test_who_signs_is_said(self):
        whole = self.world()
        whole["feeds"].pop()
        for block in whole["blocks"]:
            del block["prices"]
        run = self.run_world(whole, "-o", self.folder / "out")
        self.assertEqual(run.returncode, OK)
        self.assertIn("(prices signed by the feeds' own signers)", run.stdout)
        self.assertIn("reports of the feeds' own signers", (self.folder / "out" / "README.md").read_text())
        run = self.run_world(self.world())
        self.assertIn("(prices signed by the feeds' own signers or a stand-in signer)", run.stdout)
        self.assertIn("price OWN accepted; contracts see no price of it now", run.stdout)

    def test_plain_feeds_stay_in_format_1(self):
        """Rules that say what is so anyway change no world."""
        whole = self.world()
        whole["feeds"] = [{"name": "OWN", "decimals": 2, "staleness_s": 60}]
        whole["blocks"] = [{"after_s": 5, "prices": {"OWN": "5"}}]
        roots = set()
        for more in ({}, {"format": "native", "rules": "strict"}, {"heartbeat_s": 0, "rounding": "exact"},
                     {"signer_sets": [{"quorum": 1, "members": ["stand-in"]}]}):
            whole["feeds"][0].update(more)
            run = self.run_world(whole, "-o", self.folder / "out", "--json")
            self.told(run)
            roots.add(self.told(plim("replay", self.folder / "out", "--json"))["world_id"])
        self.assertEqual(len(roots), 1)

    def test_wrong_feeds(self):
        def wrong(change, *needles):
            whole = self.world()
            change(whole["feeds"])
            self.fails(self.run_world(whole), INPUT, "w.json", *needles)
        wrong(lambda f: f[0].update(format="redston"), "feeds[0].format", 'did you mean "redstone"')
        wrong(lambda f: f[0].update(format="wormhole-vaa"), "feeds[0].format", "a format with a price")
        wrong(lambda f: f[0].pop("signer_sets"), "feeds[0].signer_sets")
        wrong(lambda f: f[0]["signer_sets"][0]["members"].append("0x12"), "members[5]", "is not an address")
        wrong(lambda f: f[0]["signer_sets"][0].update(quorum=6), "signer_sets[0]", "quorum")
        wrong(lambda f: f[0]["signer_sets"][0].update(quorums=1), 'unknown key "quorums"')
        wrong(lambda f: f[1]["signer_sets"][0].update(id=-1), "signer_sets[0].id")
        wrong(lambda f: f[1].update(subject="BTC"), "feeds[1].subject", "pyth-pnau")
        wrong(lambda f: f[0].pop("subject"), "feeds[0].subject", "null for anything")
        wrong(lambda f: f[1].update(deviation="5"), "feeds[1].deviation", "a share")
        wrong(lambda f: f[1].update(confidence="0.001%"), "feeds[1].confidence")
        wrong(lambda f: f[1].update(wire_decimals=8), "wire_decimals")
        wrong(lambda f: f[1].update(fallback="OWN"), "feeds[1].fallback")
        wrong(lambda f: f[1].update(rounding="near"), "feeds[1].rounding")
        wrong(lambda f: f[2].pop("max"), "min and max")
        wrong(lambda f: f[2].update(rules="deployed"), "NON_CANONICAL")
        wrong(lambda f: f[0].update(signer_sets=f[0]["signer_sets"] * 2), "RANGE")

    def test_a_subject_is_left_out_on_purpose_only(self):
        whole = self.world()
        whole["feeds"][0]["subject"] = None  # then the first price of a payload is taken, whatever it is of
        told = self.told(self.run_world(whole, "--json"))
        self.assertEqual(told["blocks"][0]["receipts"][0]["status"], "OK")

    def test_wrong_reports(self):
        def wrong(change, *needles):
            whole = self.world()
            change(whole["blocks"][0])
            self.fails(self.run_world(whole), INPUT, *needles)
        wrong(lambda b: b["prices"].update(RED="5"), "blocks[0].prices.RED", "under")
        wrong(lambda b: b["reports"][0].update(feed="BLUE"), "reports[0].feed")
        wrong(lambda b: b["reports"][0].update(bytes="12"), "reports[0].bytes")
        wrong(lambda b: b["reports"][0].update(bytes="0x1"), "reports[0].bytes")
        wrong(lambda b: b["reports"][0].update(file="x"), "bytes or file")
        wrong(lambda b: b.update(reports=[{"feed": "RED", "file": "none"}]), "none", "cannot be opened")
        wrong(lambda b: b.update(reports=[{"feed": "RED", "file": "/etc/hosts"}]), "reports[0].file")
        wrong(lambda b: b.update(reports=[{"feed": "RED"}]), "bytes or file")


if __name__ == "__main__":
    unittest.main()
