"""plim import evm-trace: what is taken over, what is compared, what is refused.

  python3 -m unittest tests.cli.test_import       PLIM=path runs another build

Most tests change one thing in the first steps of a real trace; the rest make their own.
"""
import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, PLIM, ROOT, USAGE, Case, plim

HERE = pathlib.Path(__file__).resolve().parent
TRACE = HERE / "tiny.jsonl.gz"  # the first 30 steps of a run of v3.0
LINES = gzip.decompress(TRACE.read_bytes()).decode().splitlines()
LINES36 = gzip.decompress((HERE / "tiny36.jsonl.gz").read_bytes()).decode().splitlines()  # 57 of v3.6


class Trace(Case):
    """Imports the lines of a trace, as they are or with one thing changed."""
    lines = LINES

    def run_import(self, lines):
        file = self.folder / "t.jsonl"
        file.write_bytes("\n".join(lines).encode())
        return plim("import", "evm-trace", file, "-o", self.folder / "out")

    def changed(self, number, change):
        """The trace with `change` done to line `number` (from 1)."""
        line = json.loads(self.lines[number - 1])
        change(line)
        return [*self.lines[:number - 1], json.dumps(line), *self.lines[number:]]

    def step(self, op, ok=True):
        """The line number of the first step of this kind."""
        for number, line in enumerate(self.lines[1:], 2):
            step = json.loads(line)
            if step["op"] == op and step["ok"] == ok:
                return number
        raise LookupError(op)


class Import(Trace):
    def test_a_folder_of_somebody_else_is_left_alone(self):
        (self.folder / "out").mkdir()
        for _ in range(2):  # an empty folder is free, and so is an earlier import
            self.assertEqual(self.run_import(self.lines).returncode, OK)
        (self.folder / "out" / "history.plh.gz").unlink()
        (self.folder / "out" / "README.md").write_text("mine")
        self.fails(self.run_import(self.lines), INPUT, "holds something else")
        self.assertEqual((self.folder / "out" / "README.md").read_text(), "mine")

    def test_whole(self):
        first = plim("import", "evm-trace", TRACE, "-o", self.folder / "a")
        self.assertEqual((first.returncode, first.stderr), (OK, ""))
        self.assertIn("31 blocks", first.stdout)
        self.assertIn("stand-in signer", first.stdout)
        (self.folder / "plain.jsonl").write_text("\n".join(self.lines) + "\n")
        second = plim("import", "evm-trace", self.folder / "plain.jsonl", "-o", self.folder / "b")
        self.assertEqual(second.returncode, OK)
        names = ["README.md", "expect.plx.gz", "history.plh.gz", "world.json"]
        self.assertEqual(sorted(os.listdir(self.folder / "a")), names)
        for name in ("history.plh.gz", "world.json"):
            self.assertEqual((self.folder / "a" / name).read_bytes(), (self.folder / "b" / name).read_bytes())
        world = json.loads((self.folder / "a" / "world.json").read_text())
        self.assertTrue(world["stand_in_signer"])
        self.assertTrue(all("stand-in signer" in feed["note"] for feed in world["feeds"]))

    def test_replay_finds_no_difference(self):
        plim("import", "evm-trace", TRACE, "-o", self.folder / "a")
        run = plim("replay", self.folder / "a", "--check-invariants", "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["mismatches"], told["first_difference"]), (OK, 0, None))
        self.assertEqual((told["blocks"], told["compared_blocks"], told["liquidations"]), (31, 31, 2))
        self.assertTrue(told["stand_in_signer"])
        self.assertGreater(told["compared"], 31 * 300)
        self.assertIn("stand-in signer", plim("replay", self.folder / "a").stdout)

    def test_a_changed_number_is_found(self):
        def change(step):
            step["s"]["u"]["u1"]["a"]["WETH"][4] += "1"
        lines = self.changed(9, change)
        self.assertEqual(self.run_import(lines).returncode, OK)
        run = plim("replay", self.folder / "out", "--json")
        told = json.loads(run.stdout)
        first = told["first_difference"]
        self.assertEqual((run.returncode, told["mismatches"]), (DIVERGED, 1))
        self.assertEqual((first["block"], first["where"], first["field"]),
                         (9, "balances(user u1, asset WETH)", "wallet"))
        self.assertEqual(first["expected"], first["computed"] + "1")

    def test_several_files(self):
        (self.folder / "x.jsonl").write_text("\n".join(self.lines))
        run = plim("import", "evm-trace", TRACE, self.folder / "x.jsonl", "-o", self.folder / "many")
        self.assertEqual(run.returncode, OK)
        self.assertEqual(sorted(os.listdir(self.folder / "many")), ["tiny", "x"])

        self.fails(plim("import", "evm-trace", TRACE, TRACE, "-o", self.folder / "twice"), USAGE, "both be written")
        self.assertFalse((self.folder / "twice").exists())

    def test_interrupt_leaves_whole_folders(self):
        files = [self.folder / f"t{i}.jsonl.gz" for i in range(600)]
        for file in files:
            os.symlink(TRACE, file)
        out = self.folder / "many"
        run = subprocess.Popen([PLIM, "import", "evm-trace", *map(str, files), "-o", str(out)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not out.is_dir() or len(os.listdir(out)) < 3:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
        self.assertEqual((run.returncode, err.count(b"\n")), (130, 1))
        made = sorted(os.listdir(out))
        self.assertLess(len(made), 600)
        for folder in made:
            self.assertEqual(len(os.listdir(out / folder)), 4, folder)

    def test_bad_lines_are_named(self):
        supply, price, failed = self.step("supply"), self.step("setPrice"), self.step("supply", False)

        def put(path, value):
            def change(line):
                for key in path[:-1]:
                    line = line[key]
                if value is None:
                    del line[path[-1]]
                else:
                    line[path[-1]] = value
            return change

        cases = [
            (supply, put(["args", "amount"], "1" + "0" * 80), "args.amount"),
            (supply, put(["args", "amount"], "-1"), "args.amount"),
            (supply, put(["args", "amount"], "007"), "args.amount"),
            (supply, put(["args", "amount"], "1e3"), "args.amount"),
            (supply, put(["args", "amount"], 1.5), "args.amount"),
            (supply, put(["args", "amount"], None), "args"),
            (supply, put(["args", "asset"], "DOGE"), "args.asset"),
            (supply, put(["args", "onBehalfOf"], "two words"), "args.onBehalfOf"),
            (supply, put(["from"], "@nobody"), "from"),
            (supply, put(["op"], "suply"), "op"),
            (supply, put(["okk"], True), 'unknown key "okk"; did you mean "ok"?'),
            (supply, put(["ok"], "yes"), "ok"),
            (supply, put(["i"], 99), "i"),
            (supply, put(["t"], 5), "t"),
            (supply, put(["t"], 2.5), "t"),
            (supply, put(["s"], None), "s"),
            (supply, put(["s", "r", "USDC", "price"], None), "s.r.USDC.price"),
            (supply, put(["s", "r", "USDC", "price"], 5), "s.r.USDC.price"),
            (supply, put(["s", "r", "DOGE"], {}), "s.r"),
            (supply, put(["s", "u", "u1", "hf"], "x"), "s.u.u1.hf"),
            (supply, put(["s", "u", "u1", "a", "WETH"], ["1"]), "s.u.u1.a.WETH"),
            (supply, put(["ev"], [["Suply", {}]]), "ev"),
            (supply, put(["ev"], [["Supply", {}]]), "ev"),
            (supply, put(["ev"], [["Supply"]]), "ev"),
            (price, put(["args", "price"], "0x5"), "args.price"),
            (price, put(["args", "asset"], "DOGE"), "args"),
            (price, put(["ok"], False), ""),
            (failed, put(["err", "name"], "NO_SUCH_ERROR"), "err.name"),
            (failed, put(["err", "kind"], "strange"), "err.kind"),
            (1, put(["protocol"], "aave-v9"), "protocol"),
            (1, put(["reserves"], []), "reserves"),
            (1, put(["reserves", 0, "id"], 3), "reserves[0].id"),
            (1, put(["state", "u", "u1", "a", "WETH"], None), "state.u.u1.a.WETH"),
            (1, put(["seed"], -1), "seed"),
            (1, put(["users"], ["@evil"]), "users[0]"),
            (1, put(["seed"], str(2**64)), "seed"),
            (1, put(["reserves", 0, "sym"], "@USDC"), "reserves[0]"),
            (1, put(["emodes", 0, "priceSource"], "USDC"), "emodes[0]"),
            # a member that nothing compares is not passed over
            (supply, put(["args", "more"], "5"), "args.more"),
            (supply, put(["ev", 0, 1, "more"], "5"), "ev[0][1].more"),
            (supply, put(["ev", 0, 1, "referralCode"], None), "referral_code"),
            (supply, put(["ev", 0], ["Supply", {}, 1]), "ev[0]"),
            (supply, put(["s", "more"], {}), "s"),
            (supply, put(["s", "r", "USDC", "more"], "5"), "s.r.USDC.more"),
            (supply, put(["s", "u", "u1", "more"], "5"), "s.u.u1.more"),
            (supply, put(["s", "u", "u1", "a", "DOGE"], []), "s.u.u1.a"),
            (supply, put(["s", "u", "u1", "a", "WETH"], ["1"] * 6), "s.u.u1.a.WETH"),
            (supply, put(["b"], 5), 'unknown key "b"'),
            (supply, put(["tags"], [1]), "tags[0]"),
            (supply, put(["badDebt"], "yes"), "badDebt"),
            (supply, put(["err"], {"kind": "empty"}), "err only with ok false"),
            (failed, put(["ev"], []), "ev only with ok true"),
            (failed, put(["err", "args"], []), 'unknown key "args"'),
            (1, put(["more"], 1), 'unknown key "more"'),
            (1, put(["reserves", 0, "more"], 1), 'reserves[0]: unknown key "more"'),
            (1, put(["emodes", 0, "more"], 1), 'emodes[0]: unknown key "more"'),
            (1, put(["state", "more"], {}), "state"),
            (1, put(["state", "r", "USDC", "more"], "5"), "state.r.USDC.more"),
            (1, put(["state", "r", "USDC", "more"], 5), "state.r.USDC.more"),
            # a header that contradicts its own state
            *((1, put(["reserves", 0, key], value), f"reserves[0].{key}")
              for key, value in (("ltv", 1), ("lt", 65535), ("bonus", 0), ("decimals", 7), ("factor", 9999),
                                 ("fee", 9999), ("flash", False), ("siloed", True), ("isoBorrowable", False),
                                 ("borrowing", False), ("debtCeiling", 7), ("price", "5"))),
            (1, put(["emodes", 0, "members"], []), "state.r.USDC.cfg"),
            (1, put(["baseUnit"], "1"), "baseUnit"),
        ]
        for number, change, needle in cases:
            with self.subTest(line=number, needle=needle):
                self.fails(self.run_import(self.changed(number, change)), INPUT, f"t.jsonl:{number}: ", needle)
                self.assertEqual(self.left(), ["t.jsonl"])

    def test_bad_files(self):
        double = [*self.lines[:5], '{"i":4,"i":4}', *self.lines[6:]]
        self.fails(self.run_import(double), INPUT, "t.jsonl:6: ", "duplicate")
        for line in ("[1]", "{", "null", '"x"', "[" * 100000, '{"i": 1e999}', '{"i": 99999999999999999999}',
                     '{"op": "\\u0000"}'):
            self.fails(self.run_import([*self.lines[:5], line, *self.lines[6:]]), INPUT, "t.jsonl:6: ")
        self.fails(self.run_import([]), INPUT, "empty")
        self.fails(self.run_import(self.lines[:-1]), INPUT, "promises 30 steps")
        self.fails(self.run_import(self.lines[1:]), INPUT, "t.jsonl:1: ")
        (self.folder / "t.jsonl.gz").write_bytes(gzip.compress(b" " * (64 << 20), 9))
        self.fails(plim("import", "evm-trace", self.folder / "t.jsonl.gz", "-o", self.folder / "out"), INPUT,
                   "more than 200 times")
        self.fails(plim("import", "evm-trace", TRACE, "-o", self.folder / "no" / "out"), INPUT, "cannot be made")
        self.assertEqual(self.left(), ["t.jsonl", "t.jsonl.gz"])


class Markets(Trace):
    """Per-market people, two contracts, tokens that markets share: the first 90 steps of Morpho Blue."""
    lines = gzip.decompress((HERE / "tiny_morpho.jsonl.gz").read_bytes()).decode().splitlines()

    def test_a_changed_number_is_found(self):
        def change(step):
            step["s"]["m2"]["u"]["u3"][0] = "1" + step["s"]["m2"]["u"]["u3"][0]
        self.assertEqual(self.run_import(self.changed(50, change)).returncode, OK)
        told = json.loads(plim("replay", self.folder / "out", "--check-invariants", "--json").stdout)
        first = told["first_difference"]
        self.assertEqual((told["mismatches"], first["block"], first["where"], first["field"]),
                         (1, 50, "position_state(market 2, who u3)", "supply_shares"))

    def test_replay_finds_no_difference(self):
        self.assertEqual(self.run_import(self.lines).returncode, OK)
        run = plim("replay", self.folder / "out", "--check-invariants", "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["mismatches"], told["blocks"]), (OK, 0, 91))
        self.assertGreater(told["liquidations"], 0)
        self.assertGreater(told["compared"], 91 * 200)

    def test_whole(self):
        world = self.folder / "out" / "world.json"
        self.assertEqual(self.run_import(self.lines).returncode, OK)
        self.assertEqual([c["name"] for c in json.loads(world.read_text())["contracts"]], ["morpho_blue", "irm_mock"])

    def test_bad_lines_are_named(self):
        def held(line):
            line["state"]["m1"]["u"]["u0"][3] = "1"  # m0 lends the same token and says otherwise

        cases = [
            (1, lambda h: h.update(oracleScale="1"), "oracleScale"),
            (1, lambda h: h["markets"][0].update(fee="1"), "markets[0].fee: expected the same as"),
            (1, lambda h: h["markets"][0].update(loan="DOGE"), "markets[0].loan"),
            (1, lambda h: h["markets"][0].update(more=1), "markets[0].more"),
            (1, lambda h: h["tokens"].pop(), "markets[2].coll"),
            (1, lambda h: h["state"]["m0"]["u"].pop("u0"), "state.m0.u.u0"),
            (1, lambda h: h["state"].update(m9={}), "state: expected exactly the names"),
            (2, lambda s: s["s"]["m0"].update(rat="5"), "s.m0.rat"),
            (2, lambda s: s["s"]["m0"]["u"]["u0"].append("5"), "s.m0.u.u0[5]"),
            (2, lambda s: s["s"]["m0"]["u"].pop("u0"), "s.m0.u.u0"),
            (2, lambda s: s["args"].update(market="m9"), "args.market"),
        ]
        for number, change, needle in cases:
            with self.subTest(needle=needle):
                self.fails(self.run_import(self.changed(number, change)), INPUT, f"t.jsonl:{number}: ", needle)
        self.fails(self.run_import(self.changed(1, held)), INPUT, "two initial rows of one table have the same key")


MAX = str(2**256 - 1)


class Grown(Case):
    """Traces of our own: a recorded one with its header changed, or refused calls added at its end."""

    def replayed(self, lines, mismatches=0):
        file = self.folder / "t.jsonl"
        file.write_text("\n".join(lines))
        made = plim("import", "evm-trace", file, "-o", self.folder / "out")
        self.assertEqual((made.returncode, made.stderr), (OK, ""))
        run = plim("replay", self.folder / "out", "--check-invariants", "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["mismatches"]), (DIVERGED if mismatches else OK, mismatches),
                         told["first_difference"])
        return told

    def with_refusals(self, lines, calls):
        """Adds (op, from, args, err), each at the time and with the state of the last step."""
        header, last = json.loads(lines[0]), json.loads(lines[-1])
        more = [{"i": header["steps"] + i, "t": last["t"], "op": op, "from": caller, "args": args, "ok": False,
                 "err": err, "s": last["s"]} for i, (op, caller, args, err) in enumerate(calls)]
        header["steps"] += len(more)
        return [json.dumps(header), *lines[1:], *map(json.dumps, more)]

    def model_differs(self):
        """What the second implementation finds different in the same two files."""
        out = self.folder / "out"
        run = subprocess.run([sys.executable, "-m", "spec.model.replay", str(out / "history.plh.gz"), "--expect",
                              str(out / "expect.plx.gz")], cwd=ROOT, capture_output=True, text=True)
        lines = [line for line in run.stdout.splitlines() if " DIFFERS " in line]
        self.assertEqual(run.returncode, DIVERGED if lines else OK, run.stdout)
        return lines

    def test_recorded_reasons(self):
        flash = "flashLoanSimple", "u0", {"asset": "DAI", "amount": MAX}
        enum = "borrow", "u0", {"asset": "DAI", "amount": "5", "rateMode": 3}
        cast = "transferAToken", "u0", {"asset": "DAI", "to": "u1", "amount": str(2**128)}
        zero = "supply", "u0", {"asset": "DAI", "amount": "0", "onBehalfOf": "u0"}
        self.assertEqual(self.replayed(LINES)["compared_without_reason"], 0)
        told = self.replayed(self.with_refusals(LINES, [
            (*flash, {"kind": "empty"}), (*flash, {"kind": "panic", "name": "0x11"}),
            (*enum, {"kind": "panic", "name": "0x21"}),
            (*cast, {"kind": "string", "name": "SafeCast: value doesn't fit in 128 bits"}),
            (*zero, {"kind": "code", "code": "26", "name": "INVALID_AMOUNT"})]))
        self.assertEqual((told["blocks"], told["compared_without_reason"]), (36, 1))
        out = str(self.folder / "out")
        self.assertRegex(plim("replay", out).stdout, r"refusals without a recorded reason +1\n(.*\n)*IDENTICAL: .*, "
                         "1 of them refusals without a recorded reason\n$")
        self.assertEqual(json.loads(plim("replay", out, out, "--json").stdout)["compared_without_reason"], 2)
        self.assertEqual(self.model_differs(), [])
        for call, err, expected, computed in (
                (zero, {"kind": "empty"}, "refused, no reason recorded", "REVERT INVALID_AMOUNT"),
                (flash, {"kind": "panic", "name": "0x12"}, "DIV_BY_ZERO", "OVERFLOW"),
                (enum, {"kind": "panic", "name": "0x11"}, "OVERFLOW", "CAST"),
                (cast, {"kind": "code", "code": "26", "name": "INVALID_AMOUNT"}, "REVERT INVALID_AMOUNT",
                 "CAST")):
            first = self.replayed(self.with_refusals(LINES, [(*call, err)]), 1)["first_difference"]
            self.assertEqual((first["where"], first["expected"], first["computed"]),
                             ("transaction 0", expected, computed))
            self.assertEqual(len(self.model_differs()), 1)

    def test_reasons_nobody_knows(self):
        for err, needle in (({"kind": "string", "name": "SafeMath: boo"}, 'err.name: expected the token'),
                            ({"kind": "string", "name": "INVALID_AMOUNT"}, 'found "INVALID_AMOUNT"'),
                            ({"kind": "panic", "name": "0x32"}, "err.name: expected panic"),
                            ({"kind": "code", "code": "27", "name": "INVALID_AMOUNT"}, "err.code: "),
                            ({"kind": "code", "code": "999", "name": "NEW"}, "err.code: "),
                            ({"kind": "code", "name": "INVALID_AMOUNT"}, "err.code: "),
                            ({"kind": "custom", "name": "Fresh", "args": []}, "err.name: "),
                            ({"kind": "empty", "name": "x"}, 'unknown key "name"'),
                            ({}, "err.kind: ")):
            lines = self.with_refusals(LINES, [("supply", "u0", {"asset": "DAI", "amount": "0",
                                                                 "onBehalfOf": "u0"}, err)])
            (self.folder / "t.jsonl").write_text("\n".join(lines))
            run = plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out")
            self.fails(run, INPUT, "t.jsonl:32: ", needle)

    def test_arguments_of_an_error(self):
        """The last step of the second trace is InvalidDebtInEmode(ISO, 2)."""
        def last(change):
            step = json.loads(LINES36[-1])
            change(step["err"])
            return [*LINES36[:-1], json.dumps(step)]
        self.replayed(LINES36)
        first = self.replayed(last(lambda e: e.update(args=["DAI", "2"])), 1)["first_difference"]
        self.assertEqual((first["where"], first["field"], first["expected"], first["computed"]),
                         ("transaction 0, InvalidDebtInEmode", "asset", "DAI", "ISO"))
        self.assertEqual(len(self.model_differs()), 1)
        first = self.replayed(last(lambda e: e.update(args=["ISO", "1"])), 1)["first_difference"]
        self.assertEqual((first["field"], first["expected"], first["computed"]), ("category", "1", "2"))
        for change, needle in ((lambda e: e.pop("args"), "err: "), (lambda e: e["args"].pop(), "err: "),
                               (lambda e: e.update(args=["DOGE", "2"]), "err.args[0]"),
                               (lambda e: e.update(args=["DAI", 2]), "err.args[1]"),
                               (lambda e: e.update(args=["DAI", "x"]), "err.args[1]")):
            (self.folder / "t.jsonl").write_text("\n".join(last(change)))
            run = plim("import", "evm-trace", self.folder / "t.jsonl", "-o", self.folder / "out")
            self.fails(run, INPUT, f"t.jsonl:{len(LINES36)}: ", needle)
        cast = {"kind": "custom", "name": "SafeCastOverflowedUintDowncast", "args": ["120", str(2**120)]}
        self.replayed(self.with_refusals(LINES36, [
            ("transferAToken", "u0", {"asset": "DAI", "to": "u1", "amount": str(2**120)}, cast)]))

    def test_other_names(self):
        for lines in (LINES, LINES36):
            text = "\n".join(lines)
            for old, new in (("USDC", "usdc.e"), ("WETH", "1-weth!"), ("DAI", "dai"), ("ISO", "i" * 32), ("WBTC", "_"),
                             ("u0", "U0"), ("u1", "1/x"), ("l0", "liquidator-" + "9" * 20)):
                text = text.replace(f'"{old}"', f'"{new}"')
            self.replayed(text.splitlines())
            world = json.loads((self.folder / "out" / "world.json").read_text())
            self.assertEqual([f["name"] for f in world["feeds"]][:5], ["usdc.e", "_", "feed_2", "dai", "i" * 32])

    def test_people_that_no_list_names(self):
        """Everybody is observed in the state; then a list may be empty, and a stranger may be named."""
        header = json.loads(LINES[0])
        header.update(users=[], liquidators=[])
        stranger = ("withdraw", "u0", {"asset": "ISO", "amount": str(2**200), "to": "stranger"},
                    {"kind": "code", "code": "32", "name": "NOT_ENOUGH_AVAILABLE_USER_BALANCE"})
        self.replayed(self.with_refusals([json.dumps(header), *LINES[1:]], [stranger, ("supply", "Zed-9", {
            "asset": "DAI", "amount": "7", "onBehalfOf": "Zed-9"}, {"kind": "string", "name": "BALANCE"})]))

    def test_no_steps_and_large_seeds(self):
        header = json.loads(LINES[0])
        for seed, told in ((2**62 + 1, 2**62 + 1), (str(2**64 - 1), 2**64 - 1), ("7", 7)):
            header.update(steps=0, seed=seed)
            self.assertEqual(self.replayed([json.dumps(header)])["blocks"], 1)
            world = json.loads((self.folder / "out" / "world.json").read_text())
            self.assertTrue(world["name"].endswith(f"_seed_{told}"))

    def test_keys_that_may_be_missing(self):
        header = json.loads(LINES[0])
        for key in ("profile", "package", "evm", "baseUnit"):
            del header[key]
        for reserve in header["reserves"]:
            del reserve["flash"], reserve["kind"]
        self.replayed([json.dumps(header), *LINES[1:]])
        header = json.loads(LINES36[0])
        del header["flashPremiumToProtocolBps"]
        self.replayed([json.dumps(header), *LINES36[1:]])

    def test_remarks_change_nothing(self):
        step = json.loads(LINES[5])
        step.update(tags=["liquidation", "badDebt"], badDebt=True)
        self.replayed([*LINES[:5], json.dumps(step), *LINES[6:]])


if __name__ == "__main__":
    unittest.main()
