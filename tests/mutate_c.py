#!/usr/bin/env python3
"""Mistakes made by rule in the core's C, and which tests notice them.

  python3 tests/mutate_c.py [--sample 600] [--seed 1] [--only WORD]    a sample, spread evenly over the files
  python3 tests/mutate_c.py --all [--only WORD]                        every mutant: hours
  python3 tests/mutate_c.py --strict ...                               fail on survivors without a reason

A mutant is one change in one line of a file of tests/cover.py: < and <=, > and >=, == and !=, + and -, && and ||,
& and |, << and >>, += and -= change places; a `!` goes; a number becomes one more or one less; an error becomes PL_OK;
PL_TRY no longer looks; a call whose value nobody uses is left out. Preprocessor lines, assertions and sizes of arrays
stay: compiler and sanitizers look at the last.

A tree is built once, with the core as one shared library. A mutant costs one object (of a header in vm/num: the objects
of vm/num and the test of numbers), one library, and the programs that TESTS names for its file, until one fails or
runs longer than its limit. A mutant that does not compile, or whose object is the same, is no mutant. Survivors that
change nothing that anybody could see stand in tests/mutants_c.txt with the reason. --strict also fails for a line of
that file that is killed, and with --all for one that names no mutant.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import itertools
import os
import pathlib
import queue
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests import cover  # noqa: E402

REASONS = ROOT / "tests" / "mutants_c.txt"
SECONDS, MEMORY = 30, 8 << 30
SWAP = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "&&": "||",
        "||": "&&", "&": "|", "|": "&", "<<": ">>", ">>": "<<", "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|="}
FLAGS = ("-std=c11 -O1 -w -fno-strict-overflow -D_POSIX_C_SOURCE=200809L -fPIC -fsanitize=bounds-strict,shift "
         "-fsanitize-undefined-trap-on-error")  # a part of what `make test` sees with sanitizers
ZEROED = "-ftrivial-auto-var-init=zero"  # what a mutant leaves unset is the same everywhere; gcc has it since 12
if not subprocess.run(["gcc", ZEROED, "-E", "-xc", os.devnull], capture_output=True).returncode:
    FLAGS += f" {ZEROED}"
LIBS = "-lsecp256k1 -lcrypto -ljansson -lsqlite3 -lz -lm -lcmocka -lgmp"

Mutant = collections.namedtuple("Mutant", "file line function source change text")
CODE = "unit/test_code unit/test_code_bytes unit/test_exec unit/test_fused unit/test_call"
WITNESS = "unit/test_witness unit/test_proof unit/test_certificate unit/test_certificate_rows " \
          "unit/test_certificate_errors unit/test_certificate_vectors unit/test_certificate_claims " \
          "unit/test_certificate_evidence unit/test_certificate_tries " \
          "unit/test_certificate_edges unit/test_certificate_refusals"
CHAIN = "unit/test_block unit/test_world unit/test_world_feeds unit/test_chain unit/test_replay unit/test_feeds " \
        "unit/test_feed_rules"
ORACLE = "unit/test_oracle unit/test_oracle_chain unit/test_oracle_words"
TESTS = (  # pattern of the file, programs of unit/ .. in the order to try, then commands with arguments
    (r"vm/machine/", CODE, ["plc/runner tests/plc", "fuzz/fuzz_code --runs 2000 --seed 1 fixtures/fuzz/code"]),
    (r"vm/chain/(certif|verify)|vm/state/", WITNESS + " unit/test_store unit/test_tree",
     ["storm/witness_storm --sequences 20 --seed 1"]),
    (r"vm/chain/ahead|vm/oracle/keys", "unit/test_ahead unit/test_ahead_readings", []),
    (r"vm/chain/", CHAIN, ["fuzz/fuzz_world --runs 2000 --seed 1 fixtures/fuzz/world",
                           "fuzz/fuzz_block --runs 300 --seed 1 fixtures/fuzz/block"]),
    (r"vm/oracle/curve|vm/oracle/signature", "unit/test_curve unit/test_oracle_schnorr unit/test_oracle "
     "unit/test_oracle_eip712 unit/test_oracle_dlc", ["vectors/crypto_vectors fixtures/oracle/crypto"]),
    (r"vm/oracle/ocr", "unit/test_ocr " + ORACLE, []),
    (r"vm/oracle/(api3|stork|band|data_streams)", "unit/test_oracle_flat unit/test_oracle_schnorr unit/test_ocr "
     + ORACLE, []),
    (r"vm/oracle/dlc", "unit/test_oracle_dlc " + ORACLE, []),
    (r"vm/oracle/eip712", "unit/test_oracle_eip712 " + ORACLE, []),
    (r"vm/oracle/lazer", "unit/test_oracle_lazer " + ORACLE, []),
    (r"vm/oracle/median", "unit/test_oracle_median " + ORACLE, []),
    (r"vm/oracle/open_oracle", "unit/test_oracle_open " + ORACLE, []),
    (r"vm/oracle/(pnau|vaa)", "unit/test_oracle_pnau unit/test_oracle_vaa " + ORACLE, []),
    (r"vm/oracle/redstone", "unit/test_oracle_redstone " + ORACLE, []),
    (r"vm/oracle/scribe", "unit/test_oracle_schnorr " + ORACLE, []),
    (r"vm/oracle/", ORACLE + " unit/test_policy unit/test_oracle_flat unit/test_oracle_vaa unit/test_oracle_median "
     "unit/test_oracle_redstone unit/test_feeds unit/test_feed_rules unit/test_oracle_pnau unit/test_oracle_eip712 "
     "unit/test_oracle_schnorr unit/test_oracle_lazer unit/test_oracle_open unit/test_oracle_dlc unit/test_ocr", []),
    (r"vm/num/", "unit/test_num unit/test_num_text", ["storm/num_storm --cases 300 --seed 1"]),
)


def error_names():
    rows = (ROOT / "vm/base/errors.def").read_text()
    return "|".join(f"PL_{kind}_{name}" for kind, name in re.findall(r"^ERR\((\w+), *\d+, (\w+)", rows, re.M))


def blanked(text):
    """The text without comments, strings, preprocessor lines and assertions; every place keeps its number."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found[0])
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
    text = re.sub(r"^[ ]*#(?!define \w+\().*(?:\\\n.*)*", blank, text, flags=re.M)
    return re.sub(r"\b(PL_ASSERT|PL_SURE|_Static_assert)\([^;]*;", blank, text)


def places_of(code, errors):
    """Yields (start, end, what stands there instead)."""
    for found in re.finditer(r"(?<=[ \n])(<=|>=|<<|>>|==|!=|&&|\|\||\+=|-=|\|=|&=|[<>+\-&|])(?=[ \n])", code):
        yield found.start(), found.end(), SWAP[found[0]]
    for found in re.finditer(r"(?<=[ (!])!(?=[\w(*])", code):
        yield found.start(), found.end(), ""
    for found in re.finditer(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)([uUlL]*)\b(?!\w)", code):
        if re.search(r"\b\w+ \*?(?:const )?\w+\[$", code[max(0, found.start() - 80):found.start()]):
            continue  # the size of an array that is declared
        base = 16 if found[1].startswith("0x") else 10
        value = int(found[1], base)
        for other in (value + 1, value - 1) if value else (value + 1,):
            yield found.start(), found.end(), (hex(other) if base == 16 else str(other)) + found[2]
    for found in re.finditer(rf"\b({errors})\b", code):
        yield found.start(), found.end(), "PL_OK"
    for found in re.finditer(r"\bPL_TRY\(", code):
        yield found.start(), found.end(), "(void)("
    for found in re.finditer(r"(?<=[;{}])\s*\n\s+((?:\(void\))?(?!PL_TRY|return|if|for|while|switch|sizeof)\w+"
                             r"\([^;{}]*\));", code):
        yield found.start(1), found.end(), ";"


def function_of(code, place):
    heads = re.findall(r"^(?:#define |[\w][\w \*]*?[ \*])(\w+)\([^;]*?(?=\n\{|\\\n)", code[:place] + "\n", re.M)
    return heads[-1] if heads else ""


def mutants_of(name):
    """All mutants of one file, in the order of its lines."""
    text = (ROOT / name).read_text()
    code, seen, found = blanked(text), collections.Counter(), []
    lines = text.split("\n")
    words = {"|": "bitor", "||": "or", "|=": "or_eq"}  # bars separate the columns of the file of reasons
    for start, end, other in sorted(places_of(code, error_names())):
        line = text.count("\n", 0, start) + 1
        source = lines[line - 1].strip().rstrip("\\").strip()
        old = "call" if other == ";" else " ".join(text[start:end].split())
        change = f"{words.get(old, old)} -> {words.get(other, other or 'nothing')}" if old != "call" else "no call"
        function = function_of(code, start)
        again = (function, source, change)
        seen[again] += 1
        if seen[again] > 1:
            change += f" ({seen[again]})"
        found.append(Mutant(name, line, function, source, change, text[:start] + other + text[end:]))
    return found


def tests_for(name):
    for pattern, programs, commands in TESTS:
        if re.match(pattern, name):
            return programs.split() + commands
    raise KeyError(name)


class Tree:
    """The unchanged build: objects of everything, the core as a library, the test programs on it."""

    def __init__(self, folder, names):
        self.folder = pathlib.Path(folder)
        flags = f"B={folder} CC=gcc CFLAGS='{FLAGS} -I.'"
        programs = sorted({command.split()[0] for name in names for command in tests_for(name)})
        objects = " ".join(f"{folder}/obj/tests/{program}.o" for program in programs + ["fuzz/standalone"])
        subprocess.run(f"nice -n5 make --no-print-directory -s -j2 {flags} {folder}/libplimsoll.a "
                       f"{folder}/libplimtools.a {objects}", shell=True, cwd=ROOT, check=True)
        self.core = sorted(str(p) for p in self.folder.glob("obj/vm/*/*.o"))
        self.link_core(self.folder / "libcore.so", self.core)
        for program in programs:
            out = self.folder / "bin" / program
            out.parent.mkdir(parents=True, exist_ok=True)
            self.link_program(out, [f"{folder}/obj/tests/{program}.o"], self.folder)
        self.took = {}

    def link_core(self, out, objects):
        subprocess.run(["gcc", "-shared", "-Wl,-Bsymbolic,-soname,libcore.so", "-o", out, *objects, "-lsecp256k1",
                        "-lcrypto"],
                       check=True)

    def link_program(self, out, objects, core):
        extra = [f"{self.folder}/obj/tests/fuzz/standalone.o"] if "/fuzz/" in str(out) else []
        subprocess.run(["gcc", "-o", out, *objects, *extra, f"{self.folder}/libplimtools.a", f"{core}/libcore.so",
                        f"{self.folder}/libplimtools.a", *LIBS.split()], check=True)

    def run(self, command, core, bin_folder=None):
        """True if the program passes; on the unchanged core the time is kept as a measure."""
        program, *rest = shlex.split(command)
        path = bin_folder / program if bin_folder and (bin_folder / program).exists() else self.folder / "bin" / program
        clean = core == self.folder
        limit = 600 if clean else min(SECONDS, 5 + 6 * self.took[command])
        start = time.monotonic()
        try:
            code = subprocess.run(["nice", "-n5", path, *rest], cwd=ROOT, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=limit,
                                  env=dict(os.environ, LD_LIBRARY_PATH=str(core)), preexec_fn=bounded).returncode
        except subprocess.TimeoutExpired:
            code = 124
        if clean:
            self.took[command] = time.monotonic() - start
        return code == 0


def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def units_of(name):
    """What must be compiled again when this file changes."""
    if name.endswith(".c"):
        return [name]
    return sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("vm/num/*.c")) + ["tests/unit/test_num.c"]


def compile_mutant(tree, mutant, place):
    """The changed objects, by the name of the source; None where one does not compile."""
    changed = place / "src" / mutant.file
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text(mutant.text)
    made = {}
    for unit in units_of(mutant.file):
        out = place / (unit.replace("/", "_") + ".o")
        source = changed if unit == mutant.file else unit  # as make names it: __FILE__ is in the object
        ran = subprocess.run(["nice", "-n5", "gcc", *FLAGS.split(), f"-I{place / 'src'}", "-I.", "-c", "-o", out,
                              source], cwd=ROOT, capture_output=True)
        if ran.returncode:
            return None
        made[unit] = out
    return made


def text_of(path):
    """What an object does: code, data and relocations, without the name of the file."""
    dump = subprocess.run(["objdump", "-d", "-r", "-s", path], capture_output=True).stdout
    return hashlib.sha256(dump.split(b"\n", 3)[-1]).digest()


def judge(tree, mutant, place):
    """'same', 'broken', 'survived', or the command that killed it."""
    made = compile_mutant(tree, mutant, place)
    if made is None:
        return "broken"
    originals = {unit: tree.folder / "obj" / (unit[:-2] + ".o") for unit in made}
    if all(text_of(made[unit]) == text_of(originals[unit]) for unit in made):
        return "same"
    swap = {str(originals[unit]): str(made[unit]) for unit in made}
    tree.link_core(place / "libcore.so", [swap.get(o, o) for o in tree.core])
    programs = None
    for unit in made:
        if unit.startswith("tests/"):
            programs = place / "bin"
            out = programs / unit[len("tests/"):-2]
            out.parent.mkdir(parents=True, exist_ok=True)
            tree.link_program(out, [made[unit]], place)
    for command in tests_for(mutant.file):
        if not tree.run(command, place, programs):
            return command.split()[0]
    return "survived"


def sample_of(pools, count, seed):
    """count mutants in all, the same number of each file as far as it has so many."""
    draw = random.Random(seed)
    for pool in pools.values():
        draw.shuffle(pool)
    taken = {name: [] for name in pools}
    while count and any(pools.values()):
        for name in pools:
            if pools[name] and count:
                taken[name].append(pools[name].pop())
                count -= 1
    return taken


def read_reasons():
    """Of tests/mutants_c.txt: `file | function | line of source | change | reason`; the source may hold bars."""
    reasons = {}
    for line in REASONS.read_text().splitlines() if REASONS.exists() else []:
        if line and not line.startswith("#"):
            file, function, rest = line.split(" | ", 2)
            source, change, reason = rest.rsplit(" | ", 2)
            reasons[file, function, source, change] = reason
    return reasons


def measure(tree, names):
    """Every program once on the unchanged core: it must pass, and its time bounds that of the mutants."""
    commands = sorted({command for name in names for command in tests_for(name)})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for command, passed in zip(commands, pool.map(lambda c: tree.run(c, tree.folder), commands)):
            if not passed:
                raise SystemExit(f"mutate_c: {command} fails without any mutant")


def run_all(tree, mutants, until):
    """Yields (mutant, verdict); two at a time, each in a folder of its own."""
    places = queue.Queue()
    for number in range(2):
        places.put(tree.folder / f"mutant{number}")

    def one(mutant):
        place = places.get()
        try:
            shutil.rmtree(place, ignore_errors=True)
            return mutant, judge(tree, mutant, place)
        finally:
            places.put(place)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(one, mutant) for mutant in mutants]
        for done in concurrent.futures.as_completed(waiting):
            yield done.result()
            if time.monotonic() > until:
                pool.shutdown(wait=True, cancel_futures=True)
                return


def choose(options):
    names = [name for group in cover.GROUPS for name in cover.files_of(group)
             if re.search(options.only, name) and not re.search(options.leave, name)]
    pools = {name: mutants_of(name) for name in names}
    return {n: found for n, found in
            (pools if options.all else sample_of(pools, options.sample, options.seed)).items() if found}


def table(chosen, verdicts, reasons):
    """Prints the table; returns the survivors that have no reason."""
    print(f"\n{'file':<32} {'mutants':>8} {'killed':>7} {'survived':>9} {'explained':>10} {'no change':>10} {'%':>6}")
    unexplained, total = [], collections.Counter()
    for name in chosen:
        count = collections.Counter()
        for mutant in chosen[name]:
            verdict = verdicts[mutant]
            if verdict in ("same", "broken"):
                count["no change"] += 1
                continue
            count["mutants"] += 1
            if verdict != "survived":
                count["killed"] += 1
            elif mutant[0:1] + mutant[2:5] in reasons:
                count["explained"] += 1
            else:
                count["survived"] += 1
                unexplained.append(mutant)
        total += count
        row(name, count)
    row("together", total)
    return unexplained


def row(name, count):
    rate = cover.percent(count["killed"], count["mutants"])
    print(f"{name:<32} {count['mutants']:>8} {count['killed']:>7} {count['survived']:>9} {count['explained']:>10} "
          f"{count['no change']:>10} {rate:>6.1f}")


def complaints(options, chosen, verdicts, reasons):
    """What is wrong with the file of reasons."""
    told = {mutant[0:1] + mutant[2:5]: verdicts[mutant] for found in chosen.values() for mutant in found}
    for entry in reasons:
        if entry not in told:
            if options.all and entry[0] in chosen:
                yield f"{' | '.join(entry)}: names no mutant"
        elif told[entry] != "survived":
            yield f"{' | '.join(entry)}: does not survive ({told[entry]})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=600)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="files whose path matches this expression")
    parser.add_argument("--leave", default="^$", help="leave out files whose path matches this expression")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no mutant after this time")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--build", default="build/mutate", metavar="DIR")
    options = parser.parse_args()
    chosen, reasons = choose(options), read_reasons()
    tree = Tree(options.build, chosen)
    measure(tree, chosen)
    # One of each file in turn, so that a run that stops early has seen all files.
    rounds = itertools.zip_longest(*chosen.values())
    mutants = [mutant for one_of_each in rounds for mutant in one_of_each if mutant is not None]
    verdicts, start = {}, time.monotonic()
    for number, (mutant, verdict) in enumerate(run_all(tree, mutants, start + options.seconds), 1):
        verdicts[mutant] = verdict
        if verdict == "survived" and mutant[0:1] + mutant[2:5] not in reasons:
            print(f"survived {mutant.file}:{mutant.line}: {mutant.change}\n"
                  f"    {' | '.join(mutant[0:1] + mutant[2:5])}", flush=True)
        if number % 50 == 0:
            print(f"... {number} of {len(mutants)}, {time.monotonic() - start:.0f} s", flush=True)
    chosen = {name: [mutant for mutant in found if mutant in verdicts] for name, found in chosen.items()}
    unexplained = table(chosen, verdicts, reasons)
    wrong = list(complaints(options, chosen, verdicts, reasons))
    for line in wrong:
        print(f"tests/mutants_c.txt: {line}")
    print(f"{len(verdicts)} changes, {len(unexplained)} survivors without a reason, {time.monotonic() - start:.0f} s")
    return 1 if options.strict and (unexplained or wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
