#!/usr/bin/env python3
"""libplimsoll-verify: what it asks of a program that embeds it, and its example.

  python3 tests/verify_library.py [--build build]

The library may ask for nothing but four functions of memory, what a compiler adds, libsecp256k1, and the two functions
of the hash provider; it has no data that can be written, and none of a thread, but for one word: what the processor can
hash by itself, which is the same for all who ask. The example says true, refused or not decided, and needs no more than
its arena; the commands that README shows work. A build with sanitizers asks for more: give a plain one.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import certificates      # noqa: E402

ASKED = re.compile(r"mem(cpy|move|set|cmp)|strlen|secp256k1_\w+|SHA256_(Transform|Update)"
                   r"|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__mem(cpy|move|set)_chk|__(u?div|u?mod)[dt]i3|__multi3")
# Code, constants, and constants that hold addresses, which the loader makes read-only.
READ_ONLY = re.compile(r"\.(text|rodata|data\.rel\.ro|eh_frame|comment|note|debug|group|\w*tab|rela?\b)")

KEPT = ("kept", 4)      # that word of vm/base/sha256_x86.c


class Library:
    def __init__(self, build):
        self.passed = self.failed = 0
        self.build, self.library = build, build / "libplimsoll-verify.a"

    def judge(self, holds, what):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        if not holds:
            print("  wrong: %s" % what)

    def symbols(self):
        said = subprocess.run(["nm", "-P", self.library], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in said.splitlines() if line and not line.endswith(":")]
        defined = {row[0] for row in rows if row[1] not in "Uw"}
        strange = {row[0] for row in rows if row[1] in "Uw"} - defined
        strange = sorted(name for name in strange if not ASKED.fullmatch(name))
        self.judge(not strange, "it asks for %s" % ", ".join(strange))
        self.judge(len(defined) > 200, "nm says of only %d symbols" % len(defined))
        common = sorted(row[0] for row in rows if row[1] in "bBC" and row[0].split(".")[0] != KEPT[0])
        self.judge(not common, "data without a value, or common: %s" % ", ".join(common))

    def sections(self):
        said = subprocess.run(["readelf", "-SW", self.library], capture_output=True, text=True, check=True).stdout
        row = r"^ +\[ *\d+\] (\.\S+) +\S+ +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+ +([A-Zl]*)"
        rows = re.findall(row, said, re.M)
        self.judge(len(rows) > 200, "readelf says of only %d sections" % len(rows))
        held = [(name, int(size, 16)) for name, size, flags in rows if int(size, 16) and "A" in flags
                and (not READ_ONLY.match(name) or "T" in flags)]
        self.judge(held in ([], [(".bss", KEPT[1])]), "data that can be written, or a thread's: %s" % held)

    def example(self, folder):
        plim, path = str(self.build / "plim"), folder / "x.plc"

        def says(code, word, what, program=self.build / "verify_example"):
            run = subprocess.run([program, path], capture_output=True, text=True)
            self.judge(run.returncode == code and run.stdout.startswith(word),
                       "%s: exit %d, %s%s" % (what, run.returncode, run.stdout, run.stderr))
            return run.stdout

        made = list(certificates.make(plim, folder, 1))
        used = 0
        for one in made:
            path.write_bytes(one.read_bytes())
            used = max(used, int(re.search(r"(\d+) bytes of the arena", says(0, "TRUE", one.name)).group(1)))
        for what, data in certificates.spoiled(made[0].read_bytes(), made[1].read_bytes(), 3, 1):
            path.write_bytes(data)
            says(1, "REFUSED", what)
        for what, data in certificates.garbage(3, 1):
            path.write_bytes(data)
            says(1, "REFUSED", what)
        path.write_bytes(made[0].read_bytes())
        small = folder / "small"
        source = (ROOT / "tools/report/verify_example.c").read_text().replace("16 << 20", "1 << 16")
        (folder / "small.c").write_text(source)
        subprocess.run([os.environ.get("CC", "gcc"), "-std=c11", "-I%s" % ROOT, "-o", small, folder / "small.c",
                        self.library, "-lsecp256k1", "-lcrypto", "-lz"], check=True)
        says(2, "REFUSED", "an arena that is too small", small)
        missing = subprocess.run([self.build / "verify_example", folder / "none"], capture_output=True)
        self.judge(missing.returncode == 2, "no file: exit %d" % missing.returncode)
        return len(made), used


    def readme(self, folder):
        """The commands that README shows for certificates, with files in a folder of the test's."""
        section = (ROOT / "README.md").read_text().split("## Verify a trigger anywhere", 1)[1].split("\n## ", 1)[0]
        commands = [line.strip() for line in section.splitlines() if re.match(r" {4}(build/|cc |\./)", line)]
        self.judge(len(commands) == 5, "README shows %d commands" % len(commands))
        for command in commands:
            command = re.sub(r"(?<!\S)(\./|)(trigger\.plc|verify_example)(?!\S)", r"%s/\2" % folder, command)
            command = re.sub(r"(?<!\S)build/", "%s/" % self.build, command)
            run = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
            self.judge(run.returncode == 0, "README: %s: exit %d, %s" % (command, run.returncode, run.stderr))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", type=lambda text: (ROOT / text).resolve())
    library = Library(parser.parse_args().build)
    library.symbols()
    library.sections()
    with tempfile.TemporaryDirectory(prefix="plim-library-") as name:
        count, used = library.example(pathlib.Path(name))
        library.readme(pathlib.Path(name))
    text = subprocess.run(["size", "-t", library.library], capture_output=True, text=True).stdout.split()[-6]
    print("%s bytes of code and constants; %d certificates, at most %d bytes of the arena" % (text, count, used))
    print("%d passed, %d failed" % (library.passed, library.failed))
    return 1 if library.failed else 0


if __name__ == "__main__":
    sys.exit(main())
