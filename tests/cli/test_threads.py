"""plim replay --threads: what is printed is the same with any number of them.

  python3 -m unittest tests.cli.test_threads          PLIM=path runs another build
"""
import gzip
import hashlib
import pathlib
import subprocess

from tests.cli.program import DIVERGED, INPUT, OK, PLIM, ROOT, USAGE, Case, plim
from tests.cli.test_segments import blocks_of, steady

HISTORIES = sorted((ROOT / "fixtures" / "histories").iterdir())
REPORTS = ROOT / "fixtures" / "histories" / "chainlink-ocr1"
STORM = pathlib.Path(PLIM).resolve().parent / "storm" / "ahead_storm"
THREADS = (1, 2, 7)
BODY_HASH, HEADER, SIGNED, BLOCKS = 86, 182, 97, 60


def mend(data, at, size):
    """The body hash of a block that was changed, so that the block is executed."""
    tag = hashlib.sha256(b"plimsoll/body").digest()
    body = bytes(data[at + HEADER:at + size])
    data[at + BODY_HASH:at + BODY_HASH + 32] = hashlib.sha256(tag + tag + body).digest()


class Threads(Case):
    def setUp(self):
        super().setUp()
        self.signed = self.folder / "signed.plh"
        subprocess.run([STORM, "--make", self.signed, str(BLOCKS)], check=True, capture_output=True)

    def same(self, code, *words):
        """One thread, some, many, and as many as there are by themselves: nothing differs. Returns what was said."""
        runs = [plim("replay", *words, "--threads", count) for count in THREADS] + [plim("replay", *words)]
        self.assertEqual(runs[0].returncode, code, runs[0].stderr[:500])
        for run in runs[1:]:
            self.assertEqual(steady(run), steady(runs[0]), words)
            self.assertEqual(run.stderr, runs[0].stderr, words)
        return runs[0]

    def changed(self, source, change):
        """A copy of a history, its unpacked bytes changed."""
        data = bytearray(gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes())
        change(data)
        target = self.folder / "changed.plh"
        target.write_bytes(data)
        return target

    def test_every_history(self):
        for history in [*HISTORIES, self.signed]:
            self.same(OK, history, "--json", "--roots")
        self.same(OK, *HISTORIES, "--quiet")

    def test_spoiled_signatures(self):
        """A bit of the last transaction's key, r and s, and of a report's signature, in one block or another."""
        whole = self.signed.read_bytes()
        for height in (1, 2, 31, BLOCKS):
            at, size = blocks_of(whole)[height - 1]
            report = at + HEADER + 4 + 4 + 55       # behind count, size and head
            for place in (at + size - SIGNED, at + size - SIGNED + 20, at + size - 64, at + size - 1,
                          report + 1, report + 64):
                def flip(data, place=place, at=at, size=size):
                    data[place] ^= 1
                    mend(data, at, size)
                bad = self.changed(self.signed, flip)
                run = self.same(DIVERGED, bad)
                self.assertIn(f"block {height}", run.stdout + run.stderr)
                self.same(OK, bad, "--until", height - 1) if height > 1 else None
                bad = self.changed(self.signed, lambda data, place=place: data.__setitem__(place, data[place] ^ 1))
                self.assertIn("BODY_HASH", self.same(INPUT, bad).stderr)

    def test_spoiled_reports(self):
        """Reports of another format: bits all over a block, most of them in signatures."""
        packed = REPORTS / "history.plh.gz"
        at, size = blocks_of(gzip.decompress(packed.read_bytes()))[5]
        for place in range(HEADER + 4, size, max(1, size // 12)):
            def flip(data, place=place):
                data[at + place] ^= 4
                mend(data, at, size)
            bad = self.changed(packed, flip)
            runs = [plim("replay", bad, "--no-expect", "--threads", count) for count in THREADS]
            self.assertEqual(len({(run.returncode, *steady(run)[1], run.stderr) for run in runs}), 1, place)

    def test_blocks_after_the_last_are_not_judged(self):
        """A history that is cut, or goes on with nonsense, is refused in the same words, at the same place."""
        for cut in (1, 2000, 9000):
            self.same(INPUT, self.changed(self.signed, lambda data, cut=cut: data.__delitem__(slice(-cut, None))))

        def nonsense(data):
            at, size = blocks_of(data)[39]
            data[at:at + size] = bytes(size)
        bad = self.changed(self.signed, nonsense)
        self.assertIn("block 40 is refused", self.same(INPUT, bad).stderr)
        self.same(OK, bad, "--until", 39)
        self.assertIn("block 40 is refused", self.same(INPUT, bad, "--until", 40).stderr)

        def both(data):
            nonsense(data)
            at, size = blocks_of(data)[37]
            data[at + size - 1] ^= 1
            mend(data, at, size)
        self.assertIn("38", self.same(DIVERGED, self.changed(self.signed, both)).stdout)

    def test_journal_and_checkpoints(self):
        for count in THREADS:
            folder = self.folder / f"j{count}"
            first = plim("replay", self.signed, "--journal", folder, "--until", 33, "--threads", count)
            self.assertEqual(first.returncode, OK, first.stderr)
            again = plim("replay", self.signed, "--resume", folder, "--threads", count, "--roots")
            self.assertEqual(steady(again), steady(plim("replay", self.signed, "--threads", 1, "--roots")), count)
            state = self.folder / f"c{count}"
            plim("replay", self.signed, "--checkpoint", state, "--until", 20, "--threads", count)
            self.assertEqual(state.read_bytes(), (self.folder / f"c{THREADS[0]}").read_bytes())
        self.same(OK, self.signed, "--resume", state)

    def test_segments(self):
        folder = self.folder / "s"
        made = plim("replay", self.signed, "--make-checkpoints", folder, "--segments", 7, "--threads", 7)
        self.assertEqual(made.returncode, OK, made.stderr)
        whole = plim("replay", self.signed, "--threads", 1, "--json", "--roots")
        for count in THREADS:
            for jobs in (1, 3):
                run = plim("replay", self.signed, "--checkpoints", folder, "--segments", 7, "--jobs", jobs,
                           "--threads", count, "--json", "--roots")
                self.assertEqual(steady(run), steady(whole), (count, jobs))

        def flip(data):
            at, size = blocks_of(data)[44]
            data[at + size - 1] ^= 1
            mend(data, at, size)
        bad = self.changed(self.signed, flip)
        runs = [steady(plim("replay", bad, "--checkpoints", folder, "--segments", 7, "--threads", count))
                for count in THREADS]
        self.assertEqual(runs[0][0], DIVERGED)
        self.assertEqual(runs[1:], runs[:-1])

    def test_numbers_that_are_none(self):
        for number in ("0", "-1", "257", "2x", "99999999999999999999"):
            self.fails(plim("replay", self.signed, "--threads", number), USAGE, "--threads", "from 1 to 256")
        self.fails(plim("replay", self.signed, "--threads", ""), USAGE, "--threads")
        self.fails(plim("replay", self.signed, "--compare-model", "a,b", "--threads", "2"), USAGE, "--threads")
