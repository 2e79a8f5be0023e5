#!/usr/bin/env python3
"""Every fuzz target for some seconds under the sanitizers, two at a time, and the storms that set two ways of
computing the same beside each other; then one table. The exit code is 0 when nothing crashed or differed.

  python3 tests/fuzz/all.py [--seconds 60] [--seed S] [--build build/asan] [--only NAME]

What crashed is left in build/fuzzing/NAME.crash, and what it said in build/fuzzing/NAME.log. Once it is mended, the
input goes into fixtures/fuzz/NAME, from where every run starts.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "build" / "fuzzing"
SANITIZE = {"ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1", "UBSAN_OPTIONS": "abort_on_error=1:print_stacktrace=1"}
STORMS = {  # name: (what it sets beside what, command, runs of one command, what it is built of)
    "state_storm": ("the root kept up to date, and one made anew",
                    "{build}/storm/state_storm --sequences 20 --seed {seed}", 20, ["storm/state_storm"]),
    "witness_storm": ("a witness, and the whole state",
                      "{build}/storm/witness_storm --sequences 20 --seed {seed}", 20, ["storm/witness_storm"]),
    "model": ("the machine, and the model in Python",
              "python3 tests/model/agree.py --programs 20 --histories 0 --plim {build}/plim --core {build}/storm/agree"
              " --seed {seed}", 20, ["storm/agree", "plim"]),
}


class Row:
    """One line of the table."""

    def __init__(self, name):
        self.name, self.runs, self.seconds, self.crashes, self.note = name, 0, 0.0, 0, ""

    def text(self):
        each = self.runs / self.seconds if self.seconds else 0
        return "%-16s %12d %10.0f %8d  %s" % (self.name, self.runs, each, self.crashes, self.note)


def run(command, log, limit):
    """(exit code, output) of one command; 124 when it took too long."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ, **SANITIZE), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit, check=False)
        code, said = done.returncode, done.stdout
    except subprocess.TimeoutExpired as slow:
        code, said = 124, slow.stdout or b""
    log.write_bytes(said)
    return code, said.decode(errors="replace")


def target(name, options):
    """A fuzz target: it goes on until its time is over, or an input ends it."""
    row, stem = Row(name), name.removeprefix("fuzz_")
    kept = OUT / (name + ".crash")
    kept.unlink(missing_ok=True)
    start = time.monotonic()
    code, said = run([options.build / "fuzz" / name, "--seconds", str(options.seconds), "--seed", str(options.seed),
                      "--keep", kept, "fixtures/fuzz/" + stem], OUT / (name + ".log"), 3 * options.seconds + 120)
    row.seconds = time.monotonic() - start
    found = re.search(r"^(\d+) inputs, none crashed$", said, re.M)
    row.runs = int(found.group(1)) if found else 0
    if code != 0 or not found:
        row.crashes = 1
        row.note = "took too long" if code == 124 else "see %s" % (kept if kept.exists() else OUT / (name + ".log"))
    return row


def storm(name, options):
    """A storm: the same again under other seeds until the time is over, or two differ."""
    row = Row(name)
    about, command, each, _ = STORMS[name]
    row.note, start, seed = about, time.monotonic(), options.seed
    while row.crashes == 0 and time.monotonic() - start < options.seconds:
        words = command.format(build=options.build, seed=seed).split()
        code, _ = run(words, OUT / (name + ".log"), 3 * options.seconds + 120)
        row.runs += each
        if code != 0:
            row.crashes, row.note = 1, "%s; see %s" % (" ".join(words), OUT / (name + ".log"))
        seed += 1
    row.seconds = time.monotonic() - start
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="other inputs each day; told in the table")
    parser.add_argument("--build", help="a folder that is built; without it build/asan is")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    names = sorted(path.stem for path in ROOT.glob("tests/fuzz/fuzz_*.c") if options.only in path.stem)
    storms = [name for name in STORMS if options.only in name]
    OUT.mkdir(parents=True, exist_ok=True)
    if options.build is None:
        subprocess.run(["make", "--no-print-directory", "-s", "-j2", "CC=clang", "SAN=1", "OPT=-O1", "B=build/asan",
                        *("build/asan/fuzz/" + name for name in names),
                        *("build/asan/" + part for name in storms for part in STORMS[name][3])], cwd=ROOT, check=True)
    options.build = ROOT / (options.build or "build/asan")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda name: (storm if name in STORMS else target)(name, options), names + storms))
    print("%-16s %12s %10s %8s  seed %d" % ("target", "executions", "each s", "crashes", options.seed))
    for row in rows:
        print(row.text())
    return 1 if any(row.crashes for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
