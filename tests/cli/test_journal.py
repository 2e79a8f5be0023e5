"""plim replay --journal and --resume DIR, from outside: the files as spec 11 says, every refusal by its name.

  python3 -m unittest tests.cli.test_journal          PLIM=path runs another build
"""
import fcntl
import gzip
import hashlib
import json
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest

from tests.cli.program import DIVERGED, INPUT, LIMIT, OK, PLIM, ROOT, USAGE, Case, plim

HISTORY = ROOT / "fixtures" / "histories" / "aave-v3-seed-5"
OTHER = ROOT / "fixtures" / "histories" / "aave-v3-seed-9"
BLOCKS, HEAD, RECORD = 301, 110, 116


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sha256(data):
    return hashlib.sha256(data).digest()


def told(run):
    out = json.loads(run.stdout)
    del out["elapsed_ms"]
    return out


class Journal(Case):
    @classmethod
    def setUpClass(cls):
        cls.clean = told(plim("replay", HISTORY, "--json", "--roots"))

    def setUp(self):
        super().setUp()
        self.dir = self.folder / "j"
        self.file, self.manifest = self.dir / "journal.plj", self.dir / "manifest.plm"

    def start(self, *words):
        return plim("replay", HISTORY, "--journal", self.dir, "--json", "--roots", "--checkpoint-every", "50", *words)

    def resume(self, *words):
        return plim("replay", HISTORY, "--resume", self.dir, "--json", "--roots", *words)

    def goes_on(self, *notes):
        """--resume ends as the clean run did, and says these things on the way."""
        run = self.resume()
        self.assertEqual(run.returncode, OK, run.stderr)
        self.assertEqual(told(run), self.clean)
        for note in notes:
            self.assertIn(note, run.stderr)
        self.assertEqual(len(run.stderr.splitlines()), max(1, len(notes)), run.stderr)
        return run.stderr

    def records(self):
        data = self.file.read_bytes()
        self.assertEqual((len(data) - HEAD) % RECORD, 0)
        return data[:HEAD], [data[at:at + RECORD] for at in range(HEAD, len(data), RECORD)]

    def generations(self):
        data = self.manifest.read_bytes()
        self.assertEqual(data[-32:], sha256(data[:-32]))
        self.assertEqual(data[:6] + data[6:38], b"PLJM\0\1" + sha256(self.records()[0]))
        at, out = 39, []
        for _ in range(data[38]):
            slot, height, root, link, size = struct.unpack_from(">BQ32s32sI", data, at)
            at += 77 + size
            out.append((slot, height, root, link))
        self.assertEqual(at, len(data) - 32)
        return out


class Whole(Journal):
    def test_files_are_as_the_spec_says(self):
        self.assertEqual(told(self.start()), self.clean)
        head, records = self.records()
        packed = struct.unpack(">4sHHH32s32s32sI", head)
        self.assertEqual(packed[:4], (b"PLJL", 1, 1, 0))
        self.assertEqual(packed[4].hex(), self.clean["world_id"])
        self.assertEqual(packed[5].hex(), self.clean["history_sha256"])
        self.assertEqual(packed[7], crc32c(head[:-4]))
        self.assertEqual(len(records), BLOCKS)
        link = sha256(head)
        for height, record in enumerate(records, 1):
            magic, number, _, size, root, found, crc = struct.unpack(">4sQ32sI32s32sI", record)
            link = sha256(link + record[:80])
            self.assertEqual((magic, number, root.hex(), found, crc),
                             (b"PLJR", height, self.clean["roots"][height - 1], link, crc32c(record[:-4])))
            self.assertGreater(size, 182)
        newest, older = self.generations()
        self.assertEqual((newest[1], older[1]), (BLOCKS, 300))
        self.assertEqual((newest[2].hex(), newest[3]), (self.clean["final_root"], link))
        names = {"lock", "journal.plj", "manifest.plm", f"checkpoint-{newest[0]}.plc", f"checkpoint-{older[0]}.plc"}
        self.assertEqual({p.name for p in self.dir.iterdir()}, names)

    def test_known_crc(self):
        self.assertEqual(crc32c(b"123456789"), 0xe3069283)

    def test_a_complete_journal_says_it_again(self):
        self.start()
        for _ in range(2):
            self.goes_on(f"goes on after block {BLOCKS}; the journal has {BLOCKS}")

    def test_text_is_that_of_a_clean_run(self):
        def lines(run):
            self.assertEqual(run.returncode, OK, run.stderr)
            return [" ".join(line.split()) for line in run.stdout.splitlines() if "per second" not in line]
        plim("replay", HISTORY, "--journal", self.dir, "--until", "120")
        self.assertEqual(lines(plim("replay", HISTORY, "--resume", self.dir)), lines(plim("replay", HISTORY)))

    def test_until_and_further(self):
        self.start("--until", "120")
        self.assertEqual(len(self.records()[1]), 120)
        self.assertEqual(told(self.resume("--until", "120"))["blocks"], 120)
        self.assertEqual(told(self.resume("--until", "110"))["final_root"], self.clean["roots"][109])
        self.assertEqual(self.generations()[0][1], 120, "the newest checkpoint is not given up")
        self.goes_on("goes on after block 120; the journal has 120")

    def test_several_things_at_once(self):
        self.start("--archive", self.folder / "a.db", "--checkpoint", self.folder / "c.plc")
        self.assertEqual((self.folder / "c.plc").read_bytes(),
                         (self.dir / f"checkpoint-{self.generations()[0][0]}.plc").read_bytes())

    def test_without_expectations(self):
        run = plim("replay", HISTORY, "--no-expect", "--journal", self.dir, "--json", "--until", "60")
        self.assertEqual(run.returncode, OK, run.stderr)
        again = told(plim("replay", HISTORY, "--no-expect", "--resume", self.dir, "--json"))
        self.assertEqual(again, told(plim("replay", HISTORY, "--no-expect", "--json")))

    def test_a_refused_block_is_met_again(self):
        data = bytearray(gzip.decompress((HISTORY / "history.plh.gz").read_bytes()))
        at = 10 + int.from_bytes(data[6:10], "big")
        for _ in range(40):
            at += 4 + int.from_bytes(data[at:at + 4], "big")
        data[at + 4 + 118] ^= 1  # the state root of block 41 (spec 06 §2)
        bad = self.folder / "bad.plh"
        bad.write_bytes(data)
        expect = ("--expect", HISTORY / "expect.plx.gz")
        clean = plim("replay", bad, "--json", *expect)
        first = plim("replay", bad, "--json", "--journal", self.dir, "--checkpoint-every", "7", *expect)
        again = plim("replay", bad, "--json", "--resume", self.dir, *expect)
        self.assertEqual([r.returncode for r in (clean, first, again)], [DIVERGED] * 3)
        self.assertEqual(told(first), told(clean))
        self.assertEqual(told(again), told(clean))
        self.assertEqual(len(self.records()[1]), 40)

    def test_interrupt_leaves_a_journal_to_go_on_with(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            shutil.rmtree(self.dir, ignore_errors=True)
            run = subprocess.Popen([PLIM, "replay", str(HISTORY), "--journal", str(self.dir), "--checkpoint-every",
                                    "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while not self.manifest.exists() and run.poll() is None:
                time.sleep(0.001)
            run.send_signal(number)
            out, err = run.communicate(timeout=60)
            if run.returncode == OK:
                self.skipTest("it was done before the signal came")
            self.assertEqual((run.returncode, out), (130, ""))
            done = int(re.search(r"interrupted after block (\d+); the journal is whole: --resume", err)[1])
            self.goes_on(f"goes on after block {done}; the journal has {done}")


class Torn(Journal):
    def test_every_cut_of_the_last_record(self):
        self.start("--until", "60")
        plim("replay", HISTORY, "--resume", self.dir, "--until", "63", "--checkpoint-every", "100s")
        shutil.copytree(self.dir, self.folder / "kept")
        kept = self.file.read_bytes()
        self.manifest.unlink()  # no height that a manifest vouches for
        for size in (HEAD, HEAD + 1, HEAD + RECORD - 1, HEAD + 10 * RECORD + 60, len(kept) - 1):
            self.file.write_bytes(kept[:size])
            whole = (size - HEAD) // RECORD
            notes = [f"no checkpoint to go on from: from block 1; the journal has {whole}"]
            if (size - HEAD) % RECORD:
                notes.append(f"from the record of block {whole + 1} on: TRUNCATED")
            self.goes_on(*notes)
            self.manifest.unlink()

    def test_nothing_stays_behind_the_cut(self):
        self.start("--until", "40")
        self.manifest.unlink()
        kept = self.file.read_bytes()
        self.file.write_bytes(kept[:HEAD + 10 * RECORD + 60] + bytes(5 * RECORD))
        self.assertEqual(told(self.resume("--until", "12"))["blocks"], 12)
        self.assertEqual(self.file.read_bytes(), kept[:HEAD + 12 * RECORD])

    def changed(self, change):
        """The record of block 30 with a change, its sums made good as the change asks."""
        head, records = self.records()
        record = bytearray(records[29])
        change(record, struct.unpack(">32s", records[28][80:112])[0])
        self.file.write_bytes(head + b"".join(records[:29]) + bytes(record) + b"".join(records[30:]))

    def test_each_reason_has_its_name(self):
        self.start("--until", "40")
        self.manifest.unlink()
        kept = self.file.read_bytes()

        def magic(record, _):
            record[0] ^= 1

        def bit(record, _):
            record[50] ^= 1

        def crc(record, _):
            record[115] ^= 1

        def link(record, _):  # another root, under a sum that holds
            record[50] ^= 1
            record[112:] = struct.pack(">I", crc32c(record[:112]))

        def order(record, before):  # another height, under sums that hold
            record[4:12] = struct.pack(">Q", 31)
            record[80:112] = sha256(before + bytes(record[:80]))
            record[112:] = struct.pack(">I", crc32c(record[:112]))
        for change, name in ((magic, "MAGIC"), (bit, "DAMAGED"), (crc, "DAMAGED"), (link, "LINK"), (order, "ORDER")):
            self.file.write_bytes(kept)
            self.changed(change)
            self.goes_on(f"from the record of block 30 on: {name}: ", "the journal has 29")
            self.manifest.unlink()

    def test_a_forged_root_is_found_by_computing(self):
        """Sums made good from block 30 to the end: only execution can tell."""
        self.start("--until", "40")
        self.manifest.unlink()
        head, records = self.records()
        before = records[28][80:112]
        for i in range(29, 40):
            record = bytearray(records[i])
            record[48] ^= 1 if i == 29 else 0
            before = record[80:112] = sha256(before + bytes(record[:80]))
            record[112:] = struct.pack(">I", crc32c(record[:112]))
            records[i] = bytes(record)
        self.file.write_bytes(head + b"".join(records))
        run = self.resume()
        self.assertEqual((run.returncode, run.stdout), (INPUT, ""))
        self.assertIn("STATE_ROOT: block 30 had root", run.stderr)

    def test_below_a_checkpoint_it_is_damage(self):
        self.start("--until", "60")
        kept = self.file.read_bytes()
        for size in (HEAD + 59 * RECORD, HEAD + 3 * RECORD + 7, HEAD):
            self.file.write_bytes(kept[:size])
            self.fails(self.resume(), INPUT, "journal.plj", "TRUNCATED", "no torn tail but damage")
            self.assertEqual(len(self.file.read_bytes()), size, "nothing was cut")
        self.file.write_bytes(kept[:HEAD + 200] + b"\xff" + kept[HEAD + 201:])
        self.fails(self.resume(), INPUT, "block 2: DAMAGED", "no torn tail but damage")


class Refused(Journal):
    def test_of_something_else(self):
        self.start("--until", "60")
        self.fails(plim("replay", OTHER, "--resume", self.dir), INPUT, "OTHER_WORLD")
        self.fails(self.resume("--no-expect"), INPUT, "OTHER_EXPECTATIONS")
        self.fails(self.resume("--check-invariants"), INPUT, "OTHER_OPTIONS")
        data = gzip.decompress((HISTORY / "history.plh.gz").read_bytes())
        at = 10 + int.from_bytes(data[6:10], "big")
        for _ in range(100):
            at += 4 + int.from_bytes(data[at:at + 4], "big")
        short = self.folder / "history.plh"
        short.write_bytes(data[:at])
        shutil.copy(HISTORY / "expect.plx.gz", self.folder)
        self.fails(plim("replay", short, "--resume", self.dir), INPUT, "OTHER_HISTORY")

    def test_head(self):
        self.start("--until", "60")
        kept = self.file.read_bytes()

        def with_head(at, value, crc=True):
            head = bytearray(kept[:HEAD])
            head[at] ^= value
            if crc:
                head[-4:] = struct.pack(">I", crc32c(head[:-4]))
            self.file.write_bytes(bytes(head) + kept[HEAD:])
        for at, crc, name in ((0, True, "MAGIC"), (5, True, "VERSION"), (7, True, "SEMANTICS"),
                              (9, True, "OTHER_OPTIONS"), (20, True, "OTHER_WORLD"), (50, True, "OTHER_HISTORY"),
                              (90, True, "OTHER_EXPECTATIONS"), (20, False, "DAMAGED"), (109, False, "DAMAGED")):
            with_head(at, 1, crc)
            self.fails(self.resume(), INPUT, "journal.plj", name + ": ")
        for size in (0, 1, HEAD - 1):
            self.file.write_bytes(kept[:size])
            self.fails(self.resume(), INPUT, "journal.plj", "TRUNCATED: ")
        self.file.unlink()
        self.fails(self.resume(), INPUT, "manifest.plm", "MISSING: ")
        self.fails(self.start(), INPUT, "manifest.plm", "MISSING: ")

    def test_manifest(self):
        self.start("--until", "60")
        kept = self.manifest.read_bytes()
        for at in range(0, len(kept), 7):
            self.manifest.write_bytes(kept[:at] + bytes([kept[at] ^ 16]) + kept[at + 1:])
            self.fails(self.resume(), INPUT, "manifest.plm", "MAGIC: " if at < 4 else "DAMAGED: ")
        for size in (0, 5, 70, len(kept) - 1):
            self.manifest.write_bytes(kept[:size])
            self.fails(self.resume(), INPUT, "manifest.plm")

        def sealed(body):
            self.manifest.write_bytes(body + sha256(body))
        body = kept[:-32]
        for at, value, name in ((5, 1, "VERSION"), (10, 1, "OTHER_JOURNAL"), (38, 1, "DAMAGED"), (38, 7, "DAMAGED"),
                                (39, 128, "DAMAGED")):
            sealed(body[:at] + bytes([body[at] ^ value]) + body[at + 1:])
            self.fails(self.resume(), INPUT, "manifest.plm", name + ": ")
        sealed(body + b"\0")
        self.fails(self.resume(), INPUT, "manifest.plm", "DAMAGED: ")
        count = bytearray(body)
        count[39 + 77 + 3] ^= 0x80  # the counts are of another shape: a first difference without its texts
        count[39 + 77 + 16 + 16 * 8] ^= 1
        sealed(bytes(count))
        run = self.resume()
        self.assertEqual((run.returncode, run.stdout), (INPUT, ""))
        self.assertIn("DAMAGED: the counts", run.stderr)

    def test_flipped_bits_of_checkpoints(self):
        self.start("--until", "120")
        (slot, height, *_), (older_slot, older, *_) = self.generations()
        newest = self.dir / f"checkpoint-{slot}.plc"
        kept = newest.read_bytes()
        shutil.copytree(self.dir, self.folder / "kept")
        for at in list(range(0, 230, 31)) + list(range(230, len(kept), len(kept) // 12)):
            newest.write_bytes(kept[:at] + bytes([kept[at] ^ 4]) + kept[at + 1:])
            self.goes_on(f"checkpoint-{slot}.plc", f"goes on after block {older}; the journal has 120")
            shutil.rmtree(self.dir)
            shutil.copytree(self.folder / "kept", self.dir)
        newest.unlink()
        self.goes_on("MISSING", f"goes on after block {older}")
        shutil.rmtree(self.dir)
        shutil.copytree(self.folder / "kept", self.dir)
        shutil.copy(self.dir / f"checkpoint-{older_slot}.plc", newest)  # whole, but of another block
        self.goes_on("STATE_ROOT", f"goes on after block {older}")
        shutil.rmtree(self.dir)
        shutil.copytree(self.folder / "kept", self.dir)
        newest.write_bytes(b"")
        (self.dir / f"checkpoint-{older_slot}.plc").write_bytes(kept[:100])
        self.goes_on(f"checkpoint-{slot}.plc", f"checkpoint-{older_slot}.plc", "from block 1; the journal has 120")

    def test_two_writers(self):
        self.start("--until", "60")
        with open(self.dir / "lock", "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.fails(self.resume(), INPUT, "IN_USE")
        self.goes_on("goes on after block 60")

    def test_command_lines(self):
        self.start("--until", "60")
        self.fails(self.start(), INPUT, "EXISTS", f"--resume {self.dir}")
        self.fails(self.resume("--archive", self.folder / "a.db"), USAGE, "--archive needs every block")
        self.fails(self.resume("--journal", self.folder / "k"), USAGE, "give one of them")
        self.fails(plim("replay", HISTORY, "--checkpoint-every", "5"), USAGE, "is for --journal")
        self.fails(plim("replay", HISTORY, OTHER, "--journal", self.folder / "k"), USAGE, "one history")
        for text in ("0", "s", "5m", "-1", "", "1.5", "99999999999", "9" * 40):
            self.fails(self.resume("--checkpoint-every", text), USAGE, "--checkpoint-every")
        self.fails(plim("replay", HISTORY, "--resume", self.folder), INPUT, "MISSING: there is no journal")
        self.fails(plim("replay", HISTORY, "--resume", self.folder / "no"), INPUT, "cannot be opened")
        self.fails(plim("replay", HISTORY, "--journal", self.folder / "no" / "j"), INPUT, "cannot be made as a folder")
        self.assertEqual(self.left()[0], "j")

    def test_a_full_disk(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (RECORD * 120, RECORD * 120))
        run = plim("replay", HISTORY, "--journal", self.dir, "--checkpoint-every", "50", preexec_fn=limit,
                   restore_signals=False)
        self.fails(run, LIMIT, "journal.plj: cannot be written")
        self.goes_on("goes on after block 100; the journal has 119", "from the record of block 120 on: TRUNCATED")


if __name__ == "__main__":
    unittest.main()
