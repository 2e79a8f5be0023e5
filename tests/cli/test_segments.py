"""plim replay --checkpoints and --mpi: the result of one replay, whoever does the segments and in whatever order.

  python3 -m unittest tests.cli.test_segments          PLIM=path runs another build
"""
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

from tests.cli.program import DIVERGED, INPUT, OK, PLIM, ROOT, USAGE, Case, plim

HISTORY = ROOT / "fixtures" / "histories" / "aave-v3-seed-5"
OTHER = ROOT / "fixtures" / "histories" / "aave-v3-seed-9"
BLOCKS, SEGMENTS = 301, 5
STARTS = [k * BLOCKS // SEGMENTS for k in range(SEGMENTS + 1)]
JOBS = (1, 2, 7)
EXPECT = ("--expect", HISTORY / "expect.plx.gz")
LONG = pathlib.Path(PLIM).resolve().parent / "storm" / "long_history"
MPI = pathlib.Path(PLIM).resolve().parent / "plim-mpi"


COUNTER = """/// Counts.
contract counter;

state count { n: u64 = 0; }

public tx put(n: u64) {
    count.n = n;
}

invariant small {
    return count.n < 5;
}
"""


def steady(run):
    """Everything printed but times, and how wide they make the columns."""
    lines = [" ".join(line.split()) for line in run.stdout.splitlines()
             if "elapsed_ms" not in line and "per second" not in line]
    told = [line for line in run.stderr.splitlines() if not line.startswith("plim: note: ")]
    return run.returncode, lines, told


def blocks_of(data):
    """Offsets of the blocks of an unpacked history, each with its size."""
    at, out = 10 + int.from_bytes(data[6:10], "big"), []
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        out.append((at + 4, size))
        at += 4 + size
    return out


def spoiled_expectations(heights):
    """The expectations with the last byte of the last result after each of these blocks changed."""
    data = bytearray(gzip.decompress((HISTORY / "expect.plx.gz").read_bytes()))
    at = 8 + int.from_bytes(data[6:8], "big")
    queries = int.from_bytes(data[at:at + 4], "big")
    at += 4
    for _ in range(queries):
        at += 8 + int.from_bytes(data[at + 6:at + 8], "big")
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        if int.from_bytes(data[at + 4:at + 12], "big") in heights:
            data[at + 3 + size] ^= 1
        at += 4 + size
    return bytes(data)


class Segments(Case):
    @classmethod
    def setUpClass(cls):
        cls.whole = gzip.decompress((HISTORY / "history.plh.gz").read_bytes())

    def setUp(self):
        super().setUp()
        self.dir = self.folder / "c"

    def make(self, history=HISTORY, *words):
        run = plim("replay", history, "--make-checkpoints", self.dir, "--segments", SEGMENTS, *words)
        self.assertEqual(run.returncode, OK, run.stderr)
        return run

    def segmented(self, *words, history=HISTORY, segments=SEGMENTS):
        return plim("replay", history, "--checkpoints", self.dir, "--segments", segments, *words)

    def same(self, clean, *words, history=HISTORY, segments=SEGMENTS):
        """With any number of threads what the clean run says, stderr included."""
        for jobs in JOBS:
            run = self.segmented("--jobs", jobs, *words, history=history, segments=segments)
            self.assertEqual(steady(run), steady(clean), f"{jobs} jobs")

    def spoil(self, height, at):
        """The history with a byte of this block changed."""
        data = bytearray(self.whole)
        data[blocks_of(data)[height - 1][0] + at] ^= 1
        bad = self.folder / "bad.plh"
        bad.write_bytes(data)
        return bad


class Same(Segments):
    def test_checkpoints_are_made_on_the_way(self):
        for words in ((), ("--json", "--roots")):
            self.assertEqual(steady(self.make(HISTORY, *words)), steady(plim("replay", HISTORY, *words)))
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()),
                         sorted(f"checkpoint-{h}.plc" for h in STARTS[1:-1]))
        eight = plim("replay", HISTORY, "--make-checkpoints", self.folder / "8", "--segments", 8)
        self.assertEqual(eight.returncode, OK, eight.stderr)
        self.assertEqual({p.name for p in (self.folder / "8").iterdir()},
                         {f"checkpoint-{k * BLOCKS // 8}.plc" for k in range(1, 8)})
        one = self.folder / "one.plc"
        plim("replay", HISTORY, "--until", STARTS[2], "--checkpoint", one)
        self.assertEqual(one.read_bytes(), (self.dir / f"checkpoint-{STARTS[2]}.plc").read_bytes())

    def test_result_is_that_of_one_replay(self):
        self.make()
        for words in ((), ("--json",), ("--roots",), ("--json", "--roots"), ("--json", "--check-invariants"),
                      ("--json", "--no-expect")):
            clean = plim("replay", HISTORY, *words)
            self.assertEqual(clean.returncode, OK)
            self.same(clean, *words)

    def test_plain_file_and_one_segment(self):
        plain = self.folder / "plain.plh"
        plain.write_bytes(self.whole)
        self.make(plain, *EXPECT)
        clean = plim("replay", plain, "--json", *EXPECT)
        self.same(clean, "--json", *EXPECT, history=plain)
        self.same(clean, "--json", *EXPECT, history=plain, segments=1)

    def test_a_segment_for_each_block(self):
        plim("replay", HISTORY, "--make-checkpoints", self.dir, "--segments", 1000)
        self.assertEqual(len(list(self.dir.iterdir())), BLOCKS - 1)
        self.same(plim("replay", HISTORY, "--json", "--roots"), "--json", "--roots", segments=1000)

    def test_columns_of_an_export(self):
        book = ROOT / "contracts" / "examples"
        run = plim("import", "csv", book / "liquidations.csv", "--map", book / "liquidations.map.json", "-o",
                   self.folder / "run")
        self.assertEqual(run.returncode, OK, run.stderr)
        history = self.folder / "run"
        plim("replay", history, "--make-checkpoints", self.dir, "--segments", 3)
        for words in ((), ("--json",)):
            clean = plim("replay", history, *words)
            self.assertIn("explained", clean.stdout)
            self.same(clean, *words, history=history, segments=3)


class Differs(Segments):
    def test_first_differences_in_their_order(self):
        """In four segments, more than are shown: the first ten, and how many more."""
        self.make()
        file = self.folder / "spoiled.plx"
        file.write_bytes(spoiled_expectations({70, *range(100, 300, 13)}))
        for words in ((), ("--json",), ("--all-differences",), ("--json", "--roots")):
            clean = plim("replay", HISTORY, "--expect", file, *words)
            self.assertEqual(clean.returncode, DIVERGED, clean.stderr)
            self.same(clean, "--expect", file, *words)
        self.assertIn("... and ", plim("replay", HISTORY, "--expect", file).stderr)
        self.assertEqual(json.loads(plim("replay", HISTORY, "--expect", file, "--json").stdout)
                         ["first_difference"]["block"], 70)
        run = self.segmented("--expect", file)
        self.assertIn("first difference is in segment 2 of 5 (blocks 61 to 120): --segment 2", run.stderr)

    def test_a_refused_root_ends_it(self):
        """In the middle of a segment, at its end (which is the next one's checkpoint), and in two at once."""
        self.make()
        for height in (41, 200, STARTS[4], STARTS[4] + 1, BLOCKS):
            bad = self.spoil(height, 118)
            for words in ((), ("--json", "--roots")):
                clean = plim("replay", bad, *EXPECT, *words)
                self.assertEqual(clean.returncode, DIVERGED)
                self.same(clean, *EXPECT, *words, history=bad)

    def test_a_refused_block_is_named_with_its_segment(self):
        self.make()
        bad = self.spoil(200, 60)
        clean = plim("replay", bad, *EXPECT)
        self.assertEqual(clean.returncode, INPUT)
        for jobs in JOBS:
            run = self.segmented(*EXPECT, "--quiet", "--jobs", jobs, history=bad)
            self.fails(run, INPUT, "segment 4 of 5 (blocks 181 to 240): ", clean.stderr.strip().removeprefix("plim: "))
            self.assertEqual(run.stdout, "")

    def test_a_broken_invariant(self):
        """In the second of three segments, and again in the third: the first one is told."""
        (self.folder / "counter.plim").write_text(COUNTER)
        world = {"name": "counted", "time_s": 1700000000, "seed": 1, "accounts": ["a"],
                 "contracts": [{"name": "counter", "source": "counter.plim"}],
                 "blocks": [{"after_s": 12, "calls": [{"from": "a", "call": "counter.put", "args": [n]}]}
                            for n in ("1", "2", "1", "9", "1", "8")]}
        (self.folder / "w.world.json").write_text(json.dumps(world))
        history = self.folder / "run"
        run = plim("run", self.folder / "w.world.json", "-o", history)
        self.assertEqual(run.returncode, DIVERGED, run.stderr)
        plim("replay", history, "--make-checkpoints", self.dir, "--segments", 3)
        for words in ((), ("--json",)):
            clean = plim("replay", history, "--check-invariants", *words)
            self.assertEqual(clean.returncode, DIVERGED, clean.stderr)
            self.assertIn("counter.small", clean.stdout)
            self.same(clean, "--check-invariants", *words, history=history, segments=3)

    def test_cut_between_two_blocks(self):
        self.make()
        short = self.folder / "short.plh"
        at, size = blocks_of(self.whole)[299]
        short.write_bytes(self.whole[:at + size])
        shutil.rmtree(self.dir)
        plim("replay", short, "--make-checkpoints", self.dir, "--segments", SEGMENTS)
        run = self.segmented(*EXPECT, "--quiet", history=short)
        self.fails(run, INPUT, "segment 5 of 5", "the history is cut short")


class Checkpoints(Segments):
    def refused(self, *needles):
        for jobs in JOBS:
            run = self.segmented("--quiet", "--jobs", jobs)
            self.fails(run, INPUT, "segment 3 of 5 (blocks 121 to 180): ", "checkpoint-120.plc: ", *needles)
            self.assertEqual(run.stdout, "")

    def test_missing_damaged_foreign(self):
        self.make()
        file = self.dir / "checkpoint-120.plc"
        kept = file.read_bytes()
        file.unlink()
        self.refused("MISSING: --make-checkpoints", "--segments 5 makes it")
        for at, name in ((len(kept) // 2, "not a checkpoint of this history"), (0, "MAGIC"), (120, "")):
            file.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1:])
            self.refused(name)
        file.write_bytes(kept[:-1])
        self.refused("not a checkpoint of this history: TRUNCATED")
        plim("replay", OTHER, "--until", 120, "--checkpoint", self.folder / "o.plc")
        shutil.copy(self.folder / "o.plc", file)
        self.refused("WORLD_MISMATCH")
        shutil.copy(self.dir / "checkpoint-180.plc", file)
        self.refused("is of block 180, not of block 120")
        file.write_bytes(kept)
        self.assertEqual(self.segmented().returncode, OK)

    def test_of_another_branch(self):
        """The same world, a sound checkpoint, but of a block that this history does not have."""
        source = ROOT / "contracts" / "examples"
        text = (source / "margin_account.world.json").read_text()
        shutil.copy(source / "margin_account.plim", self.folder)
        for name, amount in (("a", "1"), ("b", "1.5")):
            file = self.folder / f"{name}.world.json"
            world = json.loads(text.replace('"amount": "1" }', f'"amount": "{amount}" }}'))
            for block in world["blocks"]:
                block.pop("ask", None)
                for call in block["calls"]:
                    call.pop("expect", None)
            file.write_text(json.dumps(world))
            run = plim("run", file, "-o", self.folder / name)
            self.assertEqual(run.returncode, OK, run.stderr)
        plim("replay", self.folder / "b", "--make-checkpoints", self.dir, "--segments", 3)
        run = self.segmented("--quiet", history=self.folder / "a", segments=3)
        self.fails(run, INPUT, "segment 2 of 3 (blocks 2 to 2): ", "checkpoint-1.plc: its block 1 is not the one of")

    def test_something_else_is_not_written_over(self):
        self.dir.mkdir()
        (self.dir / "checkpoint-60.plc").write_text("notes\n")
        run = plim("replay", HISTORY, "--make-checkpoints", self.dir, "--segments", SEGMENTS, "--quiet")
        self.fails(run, INPUT, "checkpoint-60.plc")
        self.assertEqual((self.dir / "checkpoint-60.plc").read_text(), "notes\n")

    def test_usage(self):
        for words, needle in ((("--checkpoints", "c", "--until", "3"), "--until"), (("--jobs", "2"), "--jobs"),
                              (("--segments", "2"), "--segments"), (("--mpi",), "--mpi"),
                              (("--checkpoints", "c", "--segment", "17"), None),
                              (("--checkpoints", "c", "--mpi", "--segment", "1"), "--segment"),
                              (("--checkpoints", "c", "--make-checkpoints", "d"), "--make-checkpoints"),
                              (("--checkpoints", "c", "--segments", "0"), "--segments")):
            self.fails(plim("replay", HISTORY, *words), USAGE, needle or "--segment 17: there are 16")
        self.fails(plim("replay", HISTORY, OTHER, "--checkpoints", "c"), USAGE, "one history")
        self.fails(plim("replay", HISTORY, "--checkpoints", "c", "--mpi"), USAGE, "plim-mpi")


class Records(Segments):
    def test_one_segment_alone(self):
        self.make()
        clean = json.loads(plim("replay", HISTORY, "--json", "--roots").stdout)
        sums = dict.fromkeys(("blocks", "transactions", "compared", "events", "gas_used", "liquidations"), 0)
        roots = []
        for k in range(1, SEGMENTS + 1):
            part = json.loads(self.segmented("--segment", k, "--json", "--roots").stdout)
            self.assertEqual((part["first_height"], part["final_height"]), (STARTS[k - 1] + 1, STARTS[k]))
            sums = {key: sums[key] + part[key] for key in sums}
            roots += part["roots"]
        self.assertEqual(sums, {key: clean[key] for key in sums})
        self.assertEqual(roots, clean["roots"])

    def test_by_hand_on_several_machines(self):
        self.make()
        for k in (4, 1, 5, 3):
            self.assertEqual(self.segmented("--segment", k, "--records").returncode, OK)
        for height in STARTS[1:-1]:
            if height != STARTS[1]:  # what is done needs no checkpoint
                (self.dir / f"checkpoint-{height}.plc").unlink()
        run = self.segmented("--records", "--json")
        self.assertEqual(steady(run), steady(plim("replay", HISTORY, "--json")))
        self.assertIn("4 of them were done already", run.stderr)
        self.assertEqual({p.name for p in self.dir.glob("segment-*")},
                         {f"segment-{a}-{b}.plr" for a, b in zip(STARTS, STARTS[1:])})

    def test_records_of_something_else_are_none(self):
        self.make()
        self.segmented("--records")
        kept = (self.dir / "segment-60-120.plr").read_bytes()
        self.assertEqual(kept[:6], b"PLSR\0\1")
        self.assertEqual(hashlib.sha256(kept[:-32]).digest(), kept[-32:])
        self.assertIn("5 of them were done", self.segmented("--records").stderr)
        self.assertNotIn("were done", self.segmented().stderr)
        self.assertNotIn("were done", self.segmented("--records", "--no-expect").stderr)
        self.assertNotIn("were done", self.segmented("--records", "--check-invariants").stderr)
        self.segmented("--records")
        for bad in (kept[:-1], kept[:70], b"", kept[:90] + bytes([kept[90] ^ 1]) + kept[91:],
                    (self.dir / "segment-0-60.plr").read_bytes()):
            (self.dir / "segment-60-120.plr").write_bytes(bad)
            run = self.segmented("--records", "--json")
            self.assertIn("4 of them were done", run.stderr)
            self.assertEqual(steady(run), steady(plim("replay", HISTORY, "--json")))
            self.assertEqual((self.dir / "segment-60-120.plr").read_bytes(), kept)

    def test_segments_must_meet(self):
        """A record under a sum that holds, which starts after another block."""
        self.make()
        self.segmented("--records")
        file = self.dir / "segment-60-120.plr"
        data = bytearray(file.read_bytes())
        data[54] ^= 1
        data[-32:] = hashlib.sha256(data[:-32]).digest()
        file.write_bytes(data)
        self.fails(self.segmented("--records", "--quiet"), INPUT, "segment 2 of 5 (blocks 61 to 120): ",
                   "does not start where the segment before it ended", "--segment 2")
        self.assertEqual(self.segmented("--records", "--segment", 2).returncode, OK)
        self.assertEqual(self.segmented("--records").returncode, OK)


@unittest.skipUnless(LONG.exists(), f"{LONG} is not built")
class Long(Segments):
    """Of 20,000 blocks, so that there is time to interrupt."""

    def setUp(self):
        super().setUp()
        self.history = self.folder / "long.plh"
        subprocess.run([LONG, "--blocks", "20000", "--seed", "3", "-o", self.history], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
        self.clean = steady(plim("replay", self.history, "--json"))
        self.make(self.history)

    def test_result(self):
        self.same(plim("replay", self.history, "--json"), "--json", history=self.history)

    def test_changed_while_it_is_read(self):
        """Cut between two blocks after it was counted: without a look at the hash this would pass for the whole."""
        data = self.history.read_bytes()
        at, size = blocks_of(data)[19_989]
        run = subprocess.Popen([PLIM, "replay", str(self.history), "--json", "--quiet"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        stat = pathlib.Path(f"/proc/{run.pid}/stat")
        while run.poll() is None and int(stat.read_text().rsplit(") ", 1)[1].split()[11]) < 8:
            time.sleep(0.001)  # 80 ms of the processor: counting takes 20
        os.truncate(self.history, at + size)
        out, err = run.communicate(timeout=60)
        if run.returncode == OK and json.loads(out)["blocks"] == 20_000:
            self.skipTest("it was done before the file was cut")
        self.assertEqual((run.returncode, out), (INPUT, ""))
        self.assertIn("was changed while it was read", err)

    def test_interrupt(self):
        for words, told in (((), "nothing was written"), (("--records",), "the same again goes on")):
            run = subprocess.Popen([PLIM, "replay", str(self.history), "--checkpoints", str(self.dir), "--segments",
                                    str(SEGMENTS), "--json", "--quiet", *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
            while run.poll() is None and len(os.listdir(f"/proc/{run.pid}/task")) < 2:
                time.sleep(0.002)  # its threads are there, and so is its handler
            run.send_signal(signal.SIGTERM)
            out, err = run.communicate(timeout=60)
            if run.returncode == OK:
                self.skipTest("it was done before the signal came")
            self.assertEqual((run.returncode, out), (130, ""))
            self.assertRegex(err, r"^plim: segment \d of 5 .*: interrupted after block \d+; " + told)
            self.assertEqual(steady(self.segmented("--json", *words, history=self.history)), self.clean)


class Mpi(Segments):
    def setUp(self):
        super().setUp()
        if shutil.which("mpirun") is None or not MPI.exists():
            self.skipTest("no mpirun or no plim-mpi (tools/deps.sh mpi, then make)")
        self.env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

    def command(self, ranks, history, *words):
        return ["mpirun", "--oversubscribe", "-n", str(ranks), str(MPI), "replay", str(history), "--checkpoints",
                str(self.dir), "--segments", str(SEGMENTS), "--mpi", *map(str, words)]

    def mpirun(self, ranks, *words, history=HISTORY):
        return subprocess.run(self.command(ranks, history, *words), capture_output=True, text=True, timeout=120,
                              env=self.env)

    def test_result_is_that_of_one_replay(self):
        self.make()
        for ranks in (1, 2, 7):
            for words in (("--json", "--roots"), ()):
                for file in self.dir.glob("*.plr"):
                    file.unlink()
                clean = plim("replay", HISTORY, *words)
                self.assertEqual(steady(self.mpirun(ranks, *words)), steady(clean), f"{ranks} ranks")

    def test_what_differs(self):
        self.make()
        bad = self.spoil(200, 118)
        clean = plim("replay", bad, "--json", *EXPECT)
        run = self.mpirun(2, "--json", *EXPECT, history=bad)
        self.assertEqual(run.returncode, DIVERGED, run.stderr)
        self.assertEqual(steady(run)[1], steady(clean)[1])

    def test_a_failure_of_any_rank_is_told(self):
        self.make()
        for height in STARTS[1:-1]:
            file = self.dir / f"checkpoint-{height}.plc"
            kept = file.read_bytes()
            file.unlink()
            for old in self.dir.glob("*.plr"):
                old.unlink()
            run = self.mpirun(3)
            self.assertEqual((run.returncode, run.stdout), (INPUT, ""))
            self.assertIn(f"checkpoint-{height}.plc: MISSING", run.stderr)
            file.write_bytes(kept)
        run = self.mpirun(2, history=self.folder / "nowhere.plh")
        self.assertEqual(run.returncode, INPUT, run.stderr)
        self.assertEqual(run.stderr.count("cannot be opened"), 1)

    @unittest.skipUnless(LONG.exists(), f"{LONG} is not built")
    def test_a_killed_rank(self):
        """mpirun says so, what is done stays, and the same again does the rest."""
        history = self.folder / "long.plh"
        subprocess.run([LONG, "--blocks", "40000", "--seed", "4", "-o", history], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
        self.make(history)
        clean = steady(plim("replay", history, "--json"))
        run = subprocess.Popen(self.command(2, history, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, env=self.env)
        while not list(self.dir.glob("*.plr")) and run.poll() is None:
            time.sleep(0.002)
        ranks = self.ranks_of(run.pid)
        self.assertEqual(len(ranks), 2)
        os.kill(max(ranks), signal.SIGKILL)
        out, err = run.communicate(timeout=120)
        self.assertNotEqual(run.returncode, OK)
        self.assertEqual(out, "")
        self.assertRegex(err, r"rank \d.*exited on signal 9")
        done = len(list(self.dir.glob("*.plr")))
        self.assertIn(done, range(1, SEGMENTS))
        missing = self.segmented("--records", "--json", history=history)
        self.assertEqual(steady(missing), clean)
        self.assertIn(f"{done} of them were done already", missing.stderr)
        for file in list(self.dir.glob("*.plr"))[:2]:
            file.unlink()
        again = subprocess.run(self.command(2, history, "--json"), capture_output=True, text=True, env=self.env,
                               timeout=120)
        self.assertEqual(steady(again)[:2], clean[:2])
        counts = map(int, re.findall(r"(\d+) of them were done already", again.stderr))
        self.assertEqual(sum(counts), SEGMENTS - 2)

    @staticmethod
    def ranks_of(mpirun):
        """The processes that this mpirun started."""
        out = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, rest = stat.read_text().split(" (", 1)[1].rsplit(") ", 1)
            except OSError:
                continue
            if name == "plim-mpi" and int(rest.split()[1]) == mpirun:
                out.append(int(stat.parent.name))
        return out


if __name__ == "__main__":
    unittest.main()
