"""What the tests of the program share: running it, exit codes, bytes, a folder for each test."""
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLIM = os.environ.get("PLIM", str(ROOT / "build" / "plim"))
OK, DIVERGED, USAGE, INPUT, LIMIT = 0, 1, 2, 3, 4


def plim(*words, **options):
    return subprocess.run([PLIM, *map(str, words)], capture_output=True, text=True, timeout=300, **options)


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def text16(text):
    return u16(len(text)) + text.encode()


def expectations(records, queries=b"", query_count=0):
    """The bytes of spec 06 §7; a record is (height, [(status, error[, arguments])], events or None, results)."""
    out = [b"PLEX", u16(2), text16("a test"), u32(query_count), queries]
    for height, transactions, events, results in records:
        body = u64(height) + u16(len(transactions))
        for status, error, *arguments in transactions:
            arguments = b"".join(arguments)
            body += u16(status) + text16(error) + u16(len(arguments)) + arguments
        body += b"\0" if events is None else b"\1" + u16(len(events)) + b"".join(events)
        body += u32(len(results)) + b"".join(results)
        out.append(u32(len(body)) + body)
    return b"".join(out)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plim-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def fails(self, run, code, *needles):
        """Exit code, and exactly one line on stderr that says each of the needles."""
        self.assertEqual(run.returncode, code, run.stderr[:500])
        lines = run.stderr.splitlines()
        self.assertEqual(len(lines), 1, run.stderr[:500])
        self.assertTrue(lines[0].startswith("plim: "), lines[0])
        for needle in needles:
            self.assertIn(needle, lines[0])

    def left(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))
