"""The program from outside: help, exit codes, hostile files, results.

  python3 -m unittest tests.cli.test_cli          PLIM=path runs another build

Histories come from the second implementation (spec/model), so that nothing here depends on one contract.
"""
import gzip
import hashlib
import json
import os
import pathlib
import pty
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from tests.cli.program import (DIVERGED, INPUT, LIMIT, OK, PLIM, ROOT, USAGE, Case, expectations, plim, text16,
                               u16, u32)

TRACE = pathlib.Path(__file__).resolve().parent / "tiny.jsonl.gz"
COMMANDS = ["build", "check", "fmt", "disasm", "import evm-trace", "replay", "show", "version"]
top = None
histories = []  # (path, blocks, root)


def setUpModule():
    global top
    top = pathlib.Path(tempfile.mkdtemp(prefix="plim-cli-"))
    made = top / "random"
    subprocess.run([sys.executable, "-m", "spec.model.random_programs", "--count", "24", "--seed", "5",
                    "--out", str(made)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for line in (made / "index.txt").read_text().splitlines():
        name, blocks, root, verdict = line.split()
        if verdict == "OK" and int(blocks) >= 3:
            histories.append((made / name, int(blocks), root))


def tearDownModule():
    shutil.rmtree(top)


class Help(Case):
    def test_overview_names_every_command(self):
        for words in ([], ["help"], ["--help"]):
            run = plim(*words)
            self.assertEqual(run.returncode, OK if words else USAGE)
            for command in COMMANDS:
                self.assertIn(f"plim {command}", run.stdout)
            self.assertIn("Exit codes", run.stdout)

    def test_each_page_teaches(self):
        for command in COMMANDS:
            page = plim(*command.split(), "--help")
            self.assertEqual(page.returncode, OK)
            self.assertEqual(page.stdout, plim("help", *command.split()).stdout)
            self.assertTrue(page.stdout.startswith(f"plim {command}"))
            if command != "version":
                self.assertIn(f"\n  plim {command}", page.stdout, "an example")

    def test_version_names_the_rules(self):
        self.assertRegex(plim("version").stdout, r"^plim \S+, semantics \d+")
        self.assertEqual(plim("version").stdout, plim("--version").stdout)

    def test_lists_of_commands_are_columns(self):
        for words in (["help"], ["import", "--help"], ["oracle", "--help"]):
            lines = [line for line in plim(*words).stdout.splitlines() if line.startswith("  plim ")]
            lines = lines[:next((i for i, line in enumerate(lines) if "help [COMMAND]" in line), len(lines)) + 1]
            starts = {line.index(line.split("  ")[-1].strip()) for line in lines}
            self.assertEqual(len(starts), 1, lines)
            self.assertTrue(all("  " in line[7:] for line in lines), "a gap between name and summary")

    def test_near_misses_are_suggested(self):
        self.fails(plim("replya", "x"), USAGE, 'did you mean "plim replay"')
        self.fails(plim("replay", "--untill", "3", "x"), USAGE, "did you mean --until?")
        self.fails(plim("import", "evm-trce", "x"), USAGE, "import evm-trace")
        self.fails(plim("show", histories[0][0], "acount", "u1"), USAGE, 'did you mean "account"')
        self.fails(plim("frobnicate"), USAGE, "plim help lists them")

    def test_wrong_usage(self):
        history = histories[0][0]
        self.fails(plim("replay"), USAGE, "replay needs more")
        self.fails(plim("replay", history, "--until", "0"), USAGE, "--until")
        self.fails(plim("replay", history, "--until", "12x"), USAGE, "whole number")
        self.fails(plim("replay", history, "--until", "9999"), INPUT, "there is no block 9999; the last one is")
        self.fails(plim("replay", history, "--until"), USAGE, "needs a value")
        self.fails(plim("replay", history, "--json", "--json"), USAGE, "given twice")
        self.fails(plim("replay", history, "--json=1"), USAGE, "takes no value")
        self.fails(plim("replay", history, history, "--archive", "x.db"), USAGE, "one history")
        self.fails(plim("import", "evm-trace", TRACE), USAGE, "-o DIR")
        self.fails(plim("build", "x.plim"), USAGE, "-o OUT.plb")
        self.fails(plim("version", "x"), USAGE, "does not know")
        self.fails(plim("show", history, "block", "x"), USAGE, "needs a block")


class Replay(Case):
    def test_the_model_agrees(self):
        for path, blocks, root in histories:
            run = plim("replay", path, "--json")
            told = json.loads(run.stdout)
            self.assertEqual((run.returncode, run.stderr), (OK, ""))
            self.assertEqual((told["blocks"], told["final_root"]), (blocks, root))
            self.assertEqual(told["history_sha256"], hashlib.sha256(path.read_bytes()).hexdigest())

    def test_json_has_its_fields(self):
        told = json.loads(plim("replay", histories[0][0], "--json").stdout)
        kinds = {"identical": bool, "stand_in_signer": bool, "unsigned_prices": bool, "has_expectations": bool}
        kinds |= {k: int for k in ("blocks", "transactions", "liquidations", "reverts", "traps", "rejects",
                                   "compared", "mismatches", "reports_accepted", "reports_refused", "events",
                                   "final_height")}
        kinds |= {k: str for k in ("final_root", "world", "world_id", "history_sha256")}
        for key, kind in kinds.items():
            self.assertIs(type(told[key]), kind, key)
        self.assertIsNone(told["first_difference"])

    def test_several_histories_are_summed(self):
        paths = [h[0] for h in histories]
        told = json.loads(plim("replay", *paths, "--json").stdout)
        self.assertEqual(told["blocks"], sum(h[1] for h in histories))
        self.assertEqual([r["final_root"] for r in told["runs"]], [h[2] for h in histories])
        self.assertIn("VERIFIED", plim("replay", *paths).stdout)

    def test_packed_is_the_same(self):
        path, blocks, root = histories[0]
        packed = self.folder / "history.plh.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        for word in (packed, self.folder):
            told = json.loads(plim("replay", word, "--json").stdout)
            self.assertEqual(told["final_root"], root)
            self.assertEqual(told["history_sha256"], hashlib.sha256(path.read_bytes()).hexdigest())

    def test_until_and_roots(self):
        path, blocks, root = histories[0]
        run = plim("replay", path, "--roots")
        lines = [line for line in run.stdout.splitlines() if re.fullmatch(r"\d+ [0-9a-f]{64}", line)]
        self.assertEqual(len(lines), blocks)
        self.assertEqual(lines[-1], f"{blocks} {root}")
        roots = json.loads(plim("replay", path, "--roots", "--json").stdout)["roots"]
        self.assertEqual([f"{i} {r}" for i, r in enumerate(roots, 1)], lines)
        told = json.loads(plim("replay", path, "--until", "2", "--json").stdout)
        self.assertEqual((told["blocks"], f"2 {told['final_root']}"), (2, lines[1]))

    def test_checkpoint_and_resume(self):
        path, blocks, root = histories[0]
        point = self.folder / "point"
        self.assertEqual(plim("replay", path, "--until", "2", "--checkpoint", point).returncode, OK)
        told = json.loads(plim("replay", path, "--resume", point, "--json").stdout)
        self.assertEqual((told["first_height"], told["blocks"], told["final_root"]), (3, blocks - 2, root))
        self.fails(plim("replay", histories[1][0], "--resume", point), INPUT, "checkpoint")
        whole = point.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            point.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.fails(plim("replay", path, "--resume", point), INPUT, str(point))
        point.write_bytes(whole[:-1])
        self.fails(plim("replay", path, "--resume", point), INPUT, str(point))

    def test_a_checkpoint_does_not_look_back(self):
        path, blocks, _ = histories[0]
        point = self.folder / "point"
        plim("replay", path, "--until", "2", "--checkpoint", point)
        for height in ("1", "2"):
            self.fails(plim("replay", path, "--resume", point, "--until", height), USAGE, "block 2")
            self.fails(plim("show", path, "block", height, "--resume", point), INPUT, f"block {height} ", "block 2;")
        self.fails(plim("show", path, "--resume", point, "--at", "1"), INPUT, "checkpoint of block 2")
        self.assertEqual(plim("show", path, "--resume", point, "--at", "2").returncode, OK)
        self.assertEqual(plim("show", path, "--resume", point, "block", "3").returncode, OK)

    def test_only_its_own_files_are_written_over(self):
        path, other = histories[0][0], self.folder / "notes"
        for option, what in (("--checkpoint", "a checkpoint"), ("--archive", "an archive")):
            other.write_text("mine\n" * 100)
            self.fails(plim("replay", path, option, other), INPUT, str(other), f"is not {what}")
            self.assertEqual(other.read_text(), "mine\n" * 100)
            other.write_text("")
            for _ in range(2):  # an empty file is free, and so is one of an earlier run
                self.assertEqual(plim("replay", path, option, other).returncode, OK)
            os.remove(other)
            os.mkfifo(other)
            self.fails(plim("replay", path, option, other), INPUT, "not a regular file")
            os.remove(other)
        self.assertEqual(self.left(), [])

    def test_one_bad_history_of_several(self):
        good, missing = histories[0][0], self.folder / "missing.plh"
        run = plim("replay", good, missing, good, "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["identical"]), (INPUT, False))
        self.assertEqual([r["identical"] for r in told["runs"]], [True, False, True])
        self.assertIn(str(missing), told["runs"][1]["error"])
        self.assertEqual(len(run.stderr.splitlines()), 2)
        run = plim("replay", good, missing, good)
        self.assertIn("NOT ALL VERIFIED: 2 of 3 histories identical, 0 differ, 1 cannot", run.stdout)

    def test_wrong_state_root_is_a_divergence(self):
        path, blocks, _ = histories[0]
        bytes_ = bytearray(path.read_bytes())
        start = 10 + int.from_bytes(bytes_[6:10], "big")
        bytes_[start + 4 + 118] ^= 1  # in the first block's state root (spec 06 §2)
        bad = self.folder / "bad.plh"
        bad.write_bytes(bytes_)
        run = plim("replay", bad, "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["identical"]), (DIVERGED, False))
        first = told["first_difference"]
        self.assertEqual((first["block"], first["field"]), (1, "state root"))
        self.assertIn("STATE_ROOT", first["where"])
        self.assertNotEqual(first["expected"], first["computed"])

    def test_interrupt(self):
        words = [str(ROOT / "fixtures" / "histories" / "aave-v3-seed-5")] * 4000  # a minute's work and more
        run = subprocess.Popen([PLIM, "replay", *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual((run.returncode, out), (130, b""))
        self.assertIn(b"interrupted", err)


class Terminal(Case):
    WORDS = [str(ROOT / "fixtures" / "histories" / "aave-v3-seed-5")] * 30

    def seen(self, *words):
        """What a terminal of the program's stderr was sent, and the program's stdout."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"this machine gives no terminal: {error}")
        run = subprocess.Popen([PLIM, "replay", *self.WORDS, *words], stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        sent = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            sent += part
        os.close(ours)
        out, _ = run.communicate(timeout=60)
        self.assertEqual(run.returncode, OK)
        return sent.decode(), out.decode()

    def test_one_moving_line(self):
        sent, out = self.seen()
        lines = sent.split("\r\033[K")
        self.assertEqual((lines[0], lines[-1]), ("", ""), "the last thing is to take the line away")
        shown = [line for line in lines if line]
        self.assertTrue(shown)
        for line in shown:
            self.assertRegex(line, r"^history \d+ of 30, block \d+ of 301, ")
            self.assertLess(len(line), 80)
        self.assertNotIn("\n", sent)
        self.assertNotIn("\033", out)

    def test_quiet_is_silent(self):
        self.assertEqual(self.seen("--quiet")[0], "")

    def test_no_terminal_no_escapes(self):
        run = plim("replay", *self.WORDS)
        self.assertEqual((run.returncode, run.stderr), (OK, ""))


class Limits(Case):
    """Exit code 4: this machine or run gave out, not the input."""

    @unittest.skipIf("asan" in PLIM, "the sanitizer maps more than the limit")
    def test_memory(self):
        big = self.folder / "big.plh"
        with open(big, "wb") as file:
            file.truncate(512 << 20)

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
        self.fails(plim("show", big, preexec_fn=limit), LIMIT, "memory")

    @unittest.skipIf("asan" in PLIM, "the sanitizer maps more than the limit")
    def test_replay_streams(self):
        """A block that claims 512 MiB, and has them, is refused within half of that."""
        whole = gzip.decompress((ROOT / "fixtures/histories/aave-v3-seed-5/history.plh.gz").read_bytes())
        end = 10 + int.from_bytes(whole[6:10], "big")
        first = int.from_bytes(whole[end:end + 4], "big")
        big = self.folder / "big.plh"
        with open(big, "wb") as file:
            file.write(whole[:end] + (512 << 20).to_bytes(4, "big") + whole[end + 4:end + 4 + first])
            file.truncate(end + 4 + (512 << 20))

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
        self.fails(plim("replay", big, preexec_fn=limit), INPUT, "big.plh: block 1 is refused", "LIMIT")
        with open(big, "ab") as file:
            file.truncate(end + 3 + (512 << 20))
        self.fails(plim("replay", big, preexec_fn=limit), INPUT, "big.plh: after block 0: TRUNCATED")

    def test_disk(self):
        """A file may not grow above one block of the disk; the folder stays as it was."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
        run = plim("import", "evm-trace", TRACE, "-o", self.folder / "out", preexec_fn=limit, restore_signals=False)
        self.fails(run, LIMIT, "cannot be written")
        self.assertEqual(self.left(), [])


class Expectations(Case):
    def compare(self, bytes_, *words):
        file = self.folder / "some.plx"
        file.write_bytes(bytes_)
        return plim("replay", histories[0][0], "--expect", file, *words)

    def outcomes(self, height):
        """(status, error) of the block's transactions, out of the archive."""
        db = self.folder / "out.db"
        plim("replay", histories[0][0], "--archive", db)
        with sqlite3.connect(db) as open_db:
            return open_db.execute("SELECT status, COALESCE(error, '') FROM receipts WHERE height = ? AND "
                                   "kind = 'transaction' ORDER BY receipt", (height,)).fetchall()

    def test_same_outcomes(self):
        records = [(h, self.outcomes(h), None, []) for h in (1, 2, 3)]
        run = self.compare(expectations(records), "--json")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["mismatches"], told["compared_blocks"]), (OK, 0, 3))
        self.assertEqual(told["compared"], sum(len(r[1]) for r in records))

    def test_another_outcome_is_named(self):
        height = next(h for h in (1, 2, 3) if self.outcomes(h))
        outcomes = self.outcomes(height)
        outcomes[0] = (101 if outcomes[0][0] != 101 else 102, "")
        run = self.compare(expectations([(height, outcomes, None, [])]), "--json")
        first = json.loads(run.stdout)["first_difference"]
        self.assertEqual(run.returncode, DIVERGED)
        self.assertEqual((first["block"], first["where"], first["field"]), (height, "transaction 0", "outcome"))
        self.assertIn(first["expected"], ("OVERFLOW", "DIV_BY_ZERO"))
        run = self.compare(expectations([(height, outcomes, None, [])]))
        self.assertIn("FIRST DIFFERENCE", run.stdout)
        self.assertIn("DIVERGED", run.stdout)

    def test_count_of_transactions_and_events(self):
        outcomes = self.outcomes(1)
        run = self.compare(expectations([(1, outcomes + [(0, "")], None, [])]), "--json")
        self.assertEqual(json.loads(run.stdout)["first_difference"]["computed"], "no transaction")
        event = u32(1) + u16(0) + u16(0)
        run = self.compare(expectations([(1, outcomes, [event] * 50, [])]), "--json")
        told = json.loads(run.stdout)
        self.assertEqual(run.returncode, DIVERGED)
        self.assertIn("event", told["first_difference"]["where"])

    def test_history_cut_between_blocks(self):
        blocks = histories[0][1]
        self.fails(self.compare(expectations([(blocks + 1, [], None, [])])), INPUT,
                   f"ends at block {blocks}", f"goes on with block {blocks + 1}")
        self.assertEqual(self.compare(expectations([(blocks + 1, [], None, [])]), "--until", "2").returncode, OK)

    def test_damaged_files(self):
        good = expectations([(1, self.outcomes(1), [], []), (2, self.outcomes(2), None, [])])
        for size in range(len(good)):
            if size not in (len(good[:-1]) + 1,):
                run = self.compare(good[:size])
                if run.returncode == INPUT:
                    self.fails(run, INPUT, "some.plx")
                else:  # cut exactly between two records
                    self.assertIn(size, (len(expectations([])), len(expectations([(1, self.outcomes(1), [], [])]))))
        self.fails(self.compare(good + b"\0"), INPUT, "some.plx")
        self.fails(self.compare(b"PLEX" + u16(2) + text16("x") + u32(2**32 - 1)), INPUT, "some.plx")
        longer = expectations([(1, self.outcomes(1), None, [])])
        start = len(expectations([]))
        longer = longer[:start] + u32(int.from_bytes(longer[start:start + 4], "big") + 1) + longer[start + 4:] + b"\0"
        self.fails(self.compare(longer), INPUT, "some.plx")
        self.fails(self.compare(expectations([(2, [], None, []), (1, [], None, [])])), INPUT, "some.plx")
        self.fails(self.compare(expectations([(1, [], None, [u32(0) + u16(0)])])), INPUT, "some.plx")
        query = u32(99) + u16(0) + u16(0)
        self.fails(self.compare(expectations([(1, self.outcomes(1), None, [u32(0) + u16(0)])], query, 1)), INPUT,
                   "TX_CONTRACT")


class Hostile(Case):
    def test_files_that_are_not_there(self):
        self.fails(plim("replay", self.folder / "no"), INPUT, "cannot be opened")
        self.fails(plim("replay", self.folder), INPUT, "no history.plh")
        self.fails(plim("show", self.folder / "no"), INPUT, "cannot be opened")
        self.fails(plim("disasm", self.folder / "no.plb"), INPUT, "cannot be opened")
        self.fails(plim("disasm", self.folder), INPUT, "is a folder")
        out = self.folder / "out"
        self.fails(plim("import", "evm-trace", self.folder / "no", "-o", out), INPUT, "cannot be opened")
        self.fails(plim("import", "evm-trace", TRACE, "-o", self.folder / "out", "--contracts", "/nowhere"), INPUT,
                   "no such folder")
        self.assertEqual(self.left(), [])

    def test_every_truncation(self):
        path, _, _ = histories[0]
        whole = path.read_bytes()
        cut = self.folder / "cut.plh"
        world = 10 + int.from_bytes(whole[6:10], "big")
        edges = {world}
        while max(edges) < len(whole):
            at = max(edges)
            edges.add(at + 4 + int.from_bytes(whole[at:at + 4], "big"))
        step = max(1, len(whole) // 60)
        for size in sorted({*range(0, len(whole), step), len(whole) - 1, world - 1, world + 3}):
            if size not in edges:
                cut.write_bytes(whole[:size])
                self.fails(plim("replay", cut), INPUT, str(cut))

    def test_flipped_bits(self):
        path, _, _ = histories[0]
        whole = path.read_bytes()
        bad = self.folder / "bad.plh"
        pick = random.Random(1)
        for _ in range(150):
            at = pick.randrange(len(whole))
            bad.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << pick.randrange(8)]) + whole[at + 1:])
            run = plim("replay", bad)
            self.assertIn(run.returncode, (DIVERGED, INPUT), f"byte {at}")
            if run.returncode == INPUT:
                self.fails(run, INPUT, str(bad))

    def test_gzip(self):
        packed = gzip.compress(histories[0][0].read_bytes())
        file = self.folder / "x.plh.gz"
        for bytes_, word in ((packed[:-9], "gzip"), (packed + b"x", "follow"),
                             (packed[:30] + b"\xff" * 20 + packed[50:], "gzip")):
            file.write_bytes(bytes_)
            self.fails(plim("replay", file), INPUT, word)
        file.write_bytes(gzip.compress(b"PLHS\0\1\0\0\0\0" + bytes(64 << 20), 9))
        self.fails(plim("replay", file), INPUT, "more than 200 times")

    def test_containers(self):
        code = sorted((top / "random").rglob("*.plc"))
        for file in code:
            whole = file.read_bytes()
            bad = self.folder / "bad.plb"
            bad.write_bytes(whole[:len(whole) // 2])
            self.fails(plim("disasm", bad), INPUT, "bad.plb")


GOOD = """/// Counts.
contract counter;

state count { n: u64 = 0; }

public tx add(by: u64) -> u64 {
    count.n += by;
    return count.n;
}
"""


class Sources(Case):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "counter.plim"
        self.file.write_text(GOOD)
        self.plb = self.folder / "counter.plb"

    def test_build_is_the_same_everywhere(self):
        run = plim("build", self.file, "-o", self.plb)
        self.assertEqual((run.returncode, run.stderr), (OK, ""))
        self.assertRegex(run.stdout, r"counter.plb  \d+ bytes  code [0-9a-f]{64}")
        other = self.folder / "other" / "deep"
        other.mkdir(parents=True)
        shutil.copy(self.file, other)
        self.assertEqual(plim("build", "counter.plim", "-o", "x.plb", cwd=other).returncode, OK)
        self.assertEqual((other / "x.plb").read_bytes(), self.plb.read_bytes())
        self.assertNotIn(str(self.folder).encode(), self.plb.read_bytes())
        self.assertEqual(plim("disasm", self.plb).stdout, plim("disasm", self.file).stdout)
        self.assertIn("add", plim("disasm", self.plb, "--function", "add").stdout)
        self.fails(plim("disasm", self.plb, "--function", "nope"), INPUT, "no function nope")

    def test_build_spares_the_source(self):
        self.fails(plim("build", self.file, "-o", self.file), INPUT, "exists and is not a container")
        self.assertEqual(self.file.read_text(), GOOD)

    def test_mistakes_are_shown(self):
        self.file.write_text(GOOD.replace("count.n += by", "count.m += by"))
        for run in (plim("build", self.file, "-o", self.plb), plim("check", self.file)):
            self.assertEqual(run.returncode, INPUT)
            self.assertTrue(run.stderr.startswith(f"{self.file}:7:"), "named by the path typed")
            self.assertTrue(run.stderr.splitlines()[-1].startswith("plim: "))
        self.assertFalse(self.plb.exists())
        self.assertEqual(plim("check", self.folder / "no.plim").returncode, INPUT)
        self.file.write_bytes(b"\xff\x00contract" * 100)
        self.assertEqual(plim("check", self.file).returncode, INPUT)

    def test_check_and_output_that_cannot_be_written(self):
        self.assertEqual(plim("check", self.file, self.file).returncode, OK)
        self.fails(plim("build", self.file, "-o", self.folder / "no" / "x.plb"), INPUT, "cannot be written")
        self.assertEqual(self.left(), ["counter.plim"])

    def test_fmt(self):
        ugly = GOOD.replace("    count.n += by;", " count.n   +=by  ;")
        self.file.write_text(ugly)
        run = plim("fmt", "--check", self.file)
        self.assertEqual(run.returncode, DIVERGED)
        self.assertEqual(self.file.read_text(), ugly)
        self.assertEqual(plim("fmt", self.file).returncode, OK)
        self.assertEqual(self.file.read_text(), GOOD)
        self.assertEqual(plim("fmt", "--check", self.file).returncode, OK)
        self.file.write_text("contract {")
        self.fails(plim("fmt", self.file), INPUT, "counter.plim:1:")
        self.assertEqual(self.file.read_text(), "contract {")


class Archive(Case):
    def test_content(self):
        path, blocks, root = histories[0]
        db = self.folder / "run.db"
        self.assertEqual(plim("replay", path, "--archive", db).returncode, OK)
        told = json.loads(plim("replay", path, "--json").stdout)
        with sqlite3.connect(db) as open_db:
            one = lambda sql: open_db.execute(sql).fetchone()[0]
            self.assertEqual(one("SELECT count(*) FROM blocks"), blocks)
            self.assertEqual(one("SELECT state_root FROM blocks ORDER BY height DESC"), root)
            self.assertEqual(one("SELECT value FROM meta WHERE key = 'final_root'"), root)
            self.assertEqual(one("SELECT value FROM meta WHERE key = 'history_sha256'"), told["history_sha256"])
            self.assertEqual(one("SELECT count(*) FROM receipts WHERE kind = 'transaction'"), told["transactions"])
            self.assertEqual(one("SELECT count(*) FROM events"), told["events"])
            world = json.loads(one("SELECT value FROM meta WHERE key = 'world'"))
            names = {row[0] for row in open_db.execute("SELECT name FROM sqlite_master")}
            for contract in world["contracts"]:
                for table in contract["tables"]:
                    self.assertIn(f"{contract['name']}.{table}", names)
            state = json.loads(plim("show", path, "state", "--json").stdout)
            for name, rows in state.items():
                self.assertEqual(one(f'SELECT count(*) FROM "{name}"'), len(rows), name)
                if rows:
                    found = open_db.execute(f'SELECT * FROM "{name}"').fetchall()
                    wanted = [tuple(str(v).lower() if isinstance(v, bool) else v for v in r.values()) for r in rows]
                    self.assertEqual(found, wanted, name)
        self.assertEqual(self.left(), ["run.db"])

    def test_nothing_half_written(self):
        path, _, _ = histories[0]
        whole = path.read_bytes()
        bad = self.folder / "bad.plh"
        bad.write_bytes(whole[:-1])
        self.fails(plim("replay", bad, "--archive", self.folder / "a.db"), INPUT, "TRUNCATED")
        bad.write_bytes(whole[:-1] + b"\1")
        plim("replay", bad, "--archive", self.folder / "a.db")
        self.fails(plim("replay", path, "--archive", self.folder / "no" / "a.db"), INPUT, "cannot be written")
        self.fails(plim("replay", path, "--archive", self.folder), INPUT, "is a folder")
        self.fails(plim("replay", path, "--checkpoint", self.folder / "no" / "c"), INPUT, "cannot be written")
        self.assertEqual([n for n in self.left() if "partial" in n], [])


class Show(Case):
    def test_parts(self):
        path, blocks, root = histories[0]
        told = json.loads(plim("show", path, "--json").stdout)
        self.assertEqual((told["block"], told["state_root"]), (blocks, root))
        block = json.loads(plim("show", path, "block", "2", "--json").stdout)
        self.assertEqual(block["block"], 2)
        for i, receipt in enumerate(block["receipts"]):
            self.assertEqual(json.loads(plim("show", path, "receipt", f"2:{i}", "--json").stdout),
                             [{"block": 2, **receipt}])
        self.fails(plim("show", path, "receipt", f"2:{len(block['receipts'])}"), INPUT, "no receipt")
        self.fails(plim("show", path, "block", str(blocks + 1)), INPUT, f"the last one is {blocks}")
        self.fails(plim("show", path, "state", "nonsense"), INPUT, "no contract of this world has a table")
        world = json.loads(plim("show", path, "world", "--json").stdout)
        self.assertEqual(world["name"], "random")
        for what in ([], ["state"], ["world"], ["block", "1"]):
            run = plim("show", path, *what)
            self.assertEqual((run.returncode, run.stderr), (OK, ""))
            self.assertGreater(len(run.stdout), 20)


if __name__ == "__main__":
    unittest.main()
