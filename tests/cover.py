#!/usr/bin/env python3
"""Which lines and branches of the core the tests reach: `make cover`.

  python3 tests/cover.py                the table: build, run, print; exit 1 below the goal (lines 100 %, branches 95 %)
  python3 tests/cover.py --list [WORD]  also the lines and branches never taken, of files whose path contains the word
  python3 tests/cover.py --quick        unit tests alone
  python3 tests/cover.py --report       no build, no run: what the last run left in build/cover

The core is built with gcc -O0 --coverage into build/cover; gcov counts. A branch is one outcome of one condition, so
`a || b` has four. Functions of a header count together over everything that includes it, numbers over limbs of 64 and
of 32 bits. Left out, and counted in the column `left`: the outcomes of PL_ASSERT and PL_SURE (vm/base), whose false
side ends this build; the line of a PL_ASSERT(false); the way past a switch that names every value of its type; and a
line `return PL_FAULT_MEMORY;` that no test made run, with its condition counted.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_GOAL, BRANCHES_GOAL = 100.0, 95.0
GROUPS = {  # what must be covered, and what tests/mutate_c.py changes
    "validator": "vm/machine/validate.c vm/machine/code.c vm/machine/decode_schema.c",
    "verifier": "vm/chain/certificate.c vm/chain/verify.c vm/chain/verify_views.c vm/chain/verify_claim.c "
                "vm/chain/certified.c vm/state/witness.c vm/state/witness_shape.c vm/state/proof.c "
                "vm/state/tree.c vm/state/tree_hash.c vm/state/tree_partial.c",
    "decoders": "vm/chain/block.c vm/chain/history.c vm/chain/receipt.c vm/chain/world.c vm/chain/world_rows.c "
                "vm/chain/world_feeds.c vm/chain/checkpoint.c",
    "oracle": "vm/oracle/*.c vm/chain/ahead.c",
    "arithmetic": "vm/num/*.c vm/num/*.h",
}
NUMBERS = ("unit/test_num", "unit/test_num_text", "storm/num_storm")  # also with limbs of 32 bits


def files_of(group):
    return sorted({str(p.relative_to(ROOT)) for pattern in GROUPS[group].split() for p in ROOT.glob(pattern)})


def build(folder):
    # SAN=1 asks for no _FORTIFY_SOURCE, which needs an optimizing build; -w: gcc sees ghosts around longjmp at -O0;
    # a function that must be inlined would be counted once for each of its callers.
    flags = "SAN=1 SANFLAGS='--coverage -w -Dalways_inline=noinline -DPL_SURE_STOPS' OPT=-O0 CC=gcc"
    make = f"nice make --no-print-directory -s -j2 {flags}"
    small = " ".join(f"{folder}/limb32/{program}" for program in NUMBERS)
    subprocess.run(f"{make} B={folder} tests-bin && {make} LIMBS=32 B={folder}/limb32 {small}", shell=True, cwd=ROOT,
                   check=True)


def suites(folder, quick):
    """The commands of tests/run.py that reach these files, with small counts."""
    units = [f"{folder}/unit/{p.stem}" for p in sorted(ROOT.glob("tests/unit/test_*.c"))]
    units += [f"{folder}/limb32/unit/test_num", f"{folder}/limb32/unit/test_num_text"]
    if quick:
        return units
    histories = " ".join(f"fixtures/histories/{name}/history.plh.gz" for name in
                         ("aave-v3-seed-5", "maker-dss-seed-2", "captured-report"))
    reports = " ".join(sorted(str(p) for p in ROOT.glob("fixtures/oracle/*.json") if "typed-data" not in p.name))
    storm = f"{folder}/storm"
    return units + [
        f"{storm}/num_storm --cases 2000 --seed 1", f"{folder}/limb32/storm/num_storm --cases 2000 --seed 1",
        f"{storm}/state_storm --sequences 40 --seed 1",
        f"{storm}/witness_storm --sequences 40 --seed 1", f"{storm}/flip_storm --blocks 1",
        f"{storm}/oracle_storm --mutants 100 --seed 1 {reports}",
        f"{storm}/certificate_storm --certificates 1 --every 60 --flips 40 --mutants 100 --seed 1 {histories}",
        f"{storm}/certificate_storm --states --certificates 3 --every 1 --flips 10 --mutants 60 --seed 2"
        " fixtures/histories/captured-report/history.plh.gz",
        f"{folder}/vectors/crypto_vectors fixtures/oracle/crypto", f"{folder}/plc/runner tests/plc",
        f"{folder}/fuzz/fuzz_code --runs 3000 --seed 1 fixtures/fuzz/code",
        f"{folder}/fuzz/fuzz_world --runs 3000 --seed 1 fixtures/fuzz/world",
        f"{folder}/fuzz/fuzz_block --runs 500 --seed 1 fixtures/fuzz/block",
        f"python3 tests/oracle_vectors.py {folder}",
        f"python3 tests/model/certificate_vectors.py --say {storm}/certificate_say",
        f"python3 tests/golden.py {folder}",
        # Not test_cli and test_journal: processes with a limit on the size of files would cut the counts short.
        f"PLIM={folder}/plim python3 -m unittest -q tests.cli.test_certify tests.cli.test_run tests.cli.test_oracle"
        " tests.cli.test_oracle_world",
    ]


def run(folder, quick):
    for old in pathlib.Path(folder).rglob("*.gcda"):
        old.unlink()

    def one(command):
        ran = subprocess.run(f"nice {command}" if not command.startswith("PLIM") else command, shell=True, cwd=ROOT,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return command, ran.returncode, ran.stdout

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for command, code, out in pool.map(one, suites(folder, quick)):
            if code:
                failed += 1
                print(f"FAIL {command}\n" + "\n".join("     | " + line for line in out.splitlines()[-12:]))
    return failed


class Seen:
    """Counts of one source file: lines by number, branches by (line, function, place)."""

    def __init__(self):
        self.lines, self.branches = collections.Counter(), collections.Counter()


def read_counts(folder):
    """What gcov says of everything under folder, by source file."""
    notes = sorted(str(p) for p in pathlib.Path(folder).rglob("*.gcno") if p.with_suffix(".gcda").exists())
    seen = collections.defaultdict(Seen)
    for start in range(0, len(notes), 40):
        out = subprocess.run(["gcov", "--json-format", "--stdout", "-b", *notes[start:start + 40]], cwd=ROOT,
                             capture_output=True, text=True, check=True).stdout
        for text in out.splitlines():
            for source in json.loads(text)["files"]:
                # Paths stand as the compiler saw them: below the project or from it.
                name = os.path.relpath(os.path.join(ROOT, source["file"]), ROOT)
                if not name.startswith("vm/"):
                    continue
                for line in source["lines"]:
                    at = seen[name]
                    at.lines[line["line_number"]] += line["count"]
                    for place, branch in enumerate(line["branches"]):
                        at.branches[line["line_number"], line.get("function_name", ""), place] += branch["count"]
    return seen


def assert_lines(text, what=r"PL_(?:ASSERT|SURE)\([^;]*\);"):
    """Numbers of the lines that belong to such a statement."""
    lines = set()
    for found in re.finditer(r"\b" + what, text):
        first = text.count("\n", 0, found.start()) + 1
        lines.update(range(first, first + found[0].count("\n") + 1))
    return lines


def ways_past(text, branches):
    """The last outcome of each switch without a default: gcc puts there what no case names; -Wswitch-enum sees to it
    that every name is a case."""
    last = {}
    for found in re.finditer(r"^( *)switch \(.*?^\1\}", text, re.M | re.S):
        if "default:" not in found[0]:
            last[text.count("\n", 0, found.start()) + 1] = 0
    for line, _, place in branches:
        if line in last:
            last[line] = max(last[line], place)
    return {at for at in branches if at[0] in last and at[2] == last[at[0]]}


def summary(name, counts):
    """(lines, missed lines, branches, missed branches, left out) of one file."""
    text = (ROOT / name).read_text()
    asserts, unreachable = assert_lines(text), assert_lines(text, r"PL_ASSERT\(false\);")
    rows = text.split("\n")
    faults = {n for n, count in counts.lines.items() if not count and rows[n - 1].strip() == "return PL_FAULT_MEMORY;"}
    lines = {n: count for n, count in counts.lines.items() if n not in unreachable | faults}
    past = ways_past(text, counts.branches)
    branches = {at: count for at, count in counts.branches.items() if at[0] not in asserts and at not in past}
    return (len(lines), sorted(n for n, count in lines.items() if not count), len(branches),
            sorted(at for at, count in branches.items() if not count),
            len(counts.branches) - len(branches) + len(counts.lines) - len(lines))


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def show_missed(name, lines, branches):
    text = (ROOT / name).read_text().splitlines()
    for number in lines:
        print(f"      {name}:{number}: never run: {text[number - 1].strip()}")
    for number in sorted({at[0] for at in branches} - set(lines)):
        places = ",".join(str(at[2]) for at in branches if at[0] == number)
        print(f"      {name}:{number}: branch {places} never taken: {text[number - 1].strip()}")


def report(folder, word):
    seen = read_counts(folder)
    below = 0
    for group in GROUPS:
        print(f"{group:<34} {'lines':>6} {'%':>6} {'branches':>9} {'%':>6} {'left':>8}")
        total = [0] * 5
        for name in files_of(group):
            if name not in seen:
                continue  # a header of declarations alone
            lines, missed, branches, untaken, left = summary(name, seen[name])
            line_rate, branch_rate = percent(lines - len(missed), lines), percent(branches - len(untaken), branches)
            low = line_rate < LINES_GOAL or branch_rate < BRANCHES_GOAL
            below += low
            print(f"  {name:<32} {lines:>6} {line_rate:>6.1f} {branches:>9} {branch_rate:>6.1f} {left:>8}"
                  + ("  below the goal" if low else ""))
            if word is not None and word in name:
                show_missed(name, missed, untaken)
            total = [a + b for a, b in zip(total, (lines, len(missed), branches, len(untaken), left))]
        print(f"  {'together':<32} {total[0]:>6} {percent(total[0] - total[1], total[0]):>6.1f} {total[2]:>9} "
              f"{percent(total[2] - total[3], total[2]):>6.1f} {total[4]:>8}")
    return below


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", nargs="?", const="", metavar="WORD")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--build", default="build/cover", metavar="DIR", help="where the instrumented tree is")
    options = parser.parse_args()
    if not shutil.which("gcov"):
        print("cover: no gcov; it is part of the package gcc", file=sys.stderr)
        return 2
    folder, failed = os.path.join(ROOT, options.build), 0
    if not options.report:
        build(folder)
        failed = run(folder, options.quick)
    below = report(folder, options.list)
    print(f"{failed} suites failed, {below} files below the goal of {LINES_GOAL:.0f} % lines and "
          f"{BRANCHES_GOAL:.0f} % branches")
    return 1 if failed or below else 0


if __name__ == "__main__":
    sys.exit(main())
