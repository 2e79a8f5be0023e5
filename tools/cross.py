#!/usr/bin/env python3
"""The core on every processor and compiler at hand: the same roots, the same answers.

  python3 tools/cross.py [--build DIR] [--plim FILE] [TARGET...]   e.g. s390x armhf host-clang-O3; none: all

Each target builds vm/ and replays the histories of fixtures/ with tests/cross/replay_roots.c, under qemu-user or
node where the processor is another one. Roots must be those of fixtures/golden; answers to the oracle vectors and to
certificates, whole and spoiled, those of host-gcc-O2, which `make test` sets beside the model; Wycheproof's cases and
the unit tests of UNITS must pass. This processor replays the histories one after the other, by two processes and by
seven. Prints one table; exit 1 if anything differs. `tools/deps.sh cross` installs what is needed; a target without it
is skipped.
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.cross.inputs import Certificates, curve_rows     # noqa: E402
from tests.model.oracle_rows import Document                # noqa: E402

WARN = ("-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum -Wstrict-prototypes "
        "-Wmissing-prototypes -Wundef -Wcast-qual -Wvla -Werror").split()
BASE = ["-std=c11", "-fno-strict-overflow", "-D_POSIX_C_SOURCE=200809L", "-I."]
MODULES = ("-DENABLE_MODULE_RECOVERY=1 -DENABLE_MODULE_EXTRAKEYS=1 -DENABLE_MODULE_SCHNORRSIG=1 "
           "-DECMULT_WINDOW_SIZE=15 -DECMULT_GEN_PREC_BITS=4").split()
UNITS = "num num_text bytes sha256 keccak order tree store proof value exec fused elements".split()
SUPPORT = ["tests/support/%s.c" % name for name in
           "heap counted_memory state_model build_code run_code wycheproof".split()]
FACTS = ["tools/report/%s.c" % name for name in "facts certificate_facts certificate_story".split()] + \
        ["tools/common/%s.c" % name for name in "value bytes".split()]
NODE = """const BUILD = %s;
import { WASI } from 'node:wasi'; import { readFile } from 'node:fs/promises';
const [program, ...rest] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [program, ...rest], preopens: { [BUILD]: BUILD, '.': '.' },
    returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
"""

HEAD = "%-24s %-12s %-7s %5s %5s %9s %7s %6s %6s %6s %6s %6s %6s %6s %6s %7s"
ROW = "%-24s %-12s %-7s %5s %5s %9s %7d %6d %6d %6d %6d %6d %6d %6d %6d %7d"


class Target:
    """One processor or one way to compile for this one. foreign: libraries are built from source."""

    def __init__(self, name, compiler, options, run=(), foreign=True):
        self.name, self.compiler, self.options = name, compiler.split(), options.split()
        self.run, self.foreign = list(run), foreign

    def lacks(self):
        return [tool for tool in (self.compiler[0], *self.run[:1]) if not shutil.which(tool)]


def targets(build):
    found = []
    for name, triple, machine in (("s390x", "s390x-linux-gnu", "s390x"), ("armhf", "arm-linux-gnueabihf", "arm"),
                                  ("i686", "i686-linux-gnu", "i386"), ("aarch64", "aarch64-linux-gnu", "aarch64"),
                                  ("riscv64", "riscv64-linux-gnu", "riscv64"),
                                  ("ppc64", "powerpc64-linux-gnu", "ppc64"),
                                  ("ppc64le", "powerpc64le-linux-gnu", "ppc64le")):
        found.append(Target(name, triple + "-gcc", "-O2 -static", ["qemu-%s-static" % machine]))
    found.append(Target("wasm32", "clang-14 --target=wasm32-wasi", "-O2 -Wl,-z,stack-size=8388608",
                        ["node", "--no-warnings", "--experimental-wasi-unstable-preview1",    # Node 18 wants it
                         str(build / "run.mjs")]))
    for compiler in ("gcc", "clang"):
        for name, options in (("O2", "-O2"), ("O0", "-O0"), ("O3", "-O3"), ("unsigned-char", "-O2 -funsigned-char"),
                              ("signed-char", "-O2 -fsigned-char"), ("limb32", "-O2 -DPL_LIMB_BITS=32"),
                              ("limb64", "-O2 -DPL_LIMB_BITS=64"), ("switch", "-O2 -DPL_DISPATCH_SWITCH")):
            found.append(Target("host-%s-%s" % (compiler, name), compiler, options, foreign=False))
    return found


class Build:
    """The programs of one target, under build/NAME."""

    def __init__(self, target, build):
        self.target, self.folder, self.secp = target, build / target.name, build / "secp256k1"
        (self.folder / "obj").mkdir(parents=True, exist_ok=True)
        self.includes = ["-Itools/report/provider", "-I%s/include" % self.secp] if target.foreign else []
        newest = [path.stat().st_mtime for path in ROOT.glob("vm/**/*") if path.is_file()]
        self.newest = max(newest)
        self.library = []

    def compile(self, source, options):
        """Compiles unless the object is younger than every file of vm/ and its source."""
        made = self.folder / "obj" / (str(source).lstrip("/").replace("/", "_") + ".o")
        if not made.exists() or made.stat().st_mtime <= max(self.newest, (ROOT / source).stat().st_mtime):
            flags = [option for option in self.target.options if not option.startswith(("-static", "-Wl"))]
            call([*self.target.compiler, *BASE, *flags, *options, *self.includes, "-c", "-o", str(made), str(source)])
        return str(made)

    def core(self):
        for path in sorted(ROOT.glob("vm/*/*.c")):
            self.library.append(self.compile(path.relative_to(ROOT), WARN))
        for path in SUPPORT + FACTS:
            self.library.append(self.compile(path, ["-Itests/cross/include"]))
        if self.target.foreign:
            self.library.append(self.compile("tools/report/provider/sha256_block.c", WARN))
            for name in ("secp256k1", "precomputed_ecmult", "precomputed_ecmult_gen"):
                self.library.append(self.compile(self.secp / "src" / (name + ".c"),
                                                 ["-I%s" % self.secp, "-Wno-unused-function", *MODULES]))

    def program(self, source):
        """Builds one test program and returns how to run it."""
        made = self.folder / pathlib.Path(source).stem
        libraries = [] if self.target.foreign else ["-lsecp256k1", "-lcrypto"]
        call([*self.target.compiler, *self.target.options, "-o", str(made),
              self.compile(source, ["-Itests/cross/include"]), *self.library, *libraries])
        return [*self.target.run, str(made)]


def call(command, data=None):
    run = subprocess.run(command, cwd=ROOT, capture_output=True, input=data)
    if run.returncode:
        raise RuntimeError("%s\n  exit %d: %s" % (" ".join(command)[-200:], run.returncode,
                                                  run.stderr.decode(errors="replace").strip()[-600:]))
    return run.stdout.decode()


def unpack(build):
    """The histories without gzip: (name, path, golden lines)."""
    out = []
    (build / "histories").mkdir(parents=True, exist_ok=True)
    for golden in sorted((ROOT / "fixtures/golden").glob("*.roots")):
        packed = ROOT / "fixtures/histories" / golden.stem / "history.plh.gz"
        path = build / "histories" / (golden.stem + ".plh")
        path.write_bytes(gzip.decompress(packed.read_bytes()))
        out.append((golden.stem, path, golden.read_text().splitlines()))
    return out


def frames():
    """Every case of the oracle vectors under both rules, and what each is called."""
    data, names = [], []
    for path in sorted((ROOT / "fixtures/oracle").glob("*.json")):
        document = Document(path)
        for row in document.rows:
            for rules in (0, 1):
                for case in document.cases(row, rules):
                    data.append(case.frame())
                    names.append("%s %s" % (row["id"], ("deployed", "strict")[rules]))
    return b"".join(data), names


def replay(command, histories):
    """What replay_roots says of histories: {name: lines}, its exit code and stderr."""
    names = {str(path): name for name, path, _ in histories}
    run = subprocess.run([*command, *names], cwd=ROOT, capture_output=True, text=True)
    found = {name: [] for name in names.values()}
    for line in run.stdout.splitlines():
        if line.startswith("= "):
            lines = found[names[line[2:]]]
        else:
            lines.append(line)
    return found, run.returncode, run.stderr


def compare_roots(command, histories, processes, problems):
    """Returns (roots compared, roots that differ or are missing), by so many processes at a time."""
    compared = differing = 0
    parts = [part for part in (histories[n::processes] for n in range(processes)) if part]
    with concurrent.futures.ThreadPoolExecutor(processes) as pool:
        said = list(pool.map(lambda part: replay(command, part), parts))
    found = {name: lines for one, _, _ in said for name, lines in one.items()}
    for name, _, golden in histories:
        lines = found[name] + ["nothing"] * (len(golden) - len(found[name]))
        wrong = [n for n, line in enumerate(lines) if n >= len(golden) or line != golden[n]]
        compared, differing = compared + len(golden), differing + len(wrong)
        if wrong:
            problems.append("history %s, block %d: %s (%d processes)" %
                            (name, wrong[0] + 1, lines[wrong[0]], processes))
    problems += ["replay: exit %d %s" % (code, stderr.strip()[-200:]) for _, code, stderr in said if code]
    return compared, differing


def compare_curve(command, rows, problems):
    """Returns (cases that pass, cases that fail or were not judged)."""
    data, count = rows
    run = subprocess.run(command, cwd=ROOT, capture_output=True, input=data)
    last = (run.stdout.decode().splitlines() or [""])[-1].split()
    passed = int(last[0]) if len(last) == 4 else 0
    if passed != count or run.returncode:
        problems.append("curve: %s" % (run.stdout or run.stderr).decode()[:200])
    return passed, count - passed


def compare_oracle(command, asked, wanted, problems):
    data, names = asked
    answers = call(command, data).splitlines()
    wrong = [n for n, name in enumerate(names) if n >= len(answers) or answers[n] != wanted[n]]
    if wrong:
        problems.append("oracle row %s: %s, not %s" % (names[wrong[0]], answers[wrong[0]:wrong[0] + 1],
                                                       wanted[wrong[0]]))
    return len(wrong)


def run_units(build, problems):
    passed = 0
    for name in UNITS:
        try:
            said = call(build.program("tests/unit/test_%s.c" % name))
            passed += int(said.split()[-2])
        except RuntimeError as problem:
            problems.append("unit tests of %s: %s" % (name, problem))
    return passed


def check(target, build, asked):
    """One line of the table and the problems behind it."""
    start, problems, made = time.monotonic(), [], Build(target, build)
    try:
        made.core()
        replaying = made.program("tests/cross/replay_roots.c")
        about = call([*replaying, "--about"]).split()
        compared, differing = map(sum, zip(*(compare_roots(replaying, asked.histories, processes, problems)
                                             for processes in ((1,) if target.foreign else (1, 2, 7)))))
        silent = compare_oracle(made.program("tests/storm/oracle_say.c"), asked.frames, asked.wanted, problems)
        said = call(made.program("tests/cross/verify_certificates.c"), asked.certificates.data)
        other = asked.certificates.compare(said, problems)
        curve = compare_curve(made.program("tests/cross/curve_rows.c"), asked.curve, problems)
        units = run_units(made, problems)
    except RuntimeError as problem:
        return "%-24s failed" % target.name, [str(problem)]
    version = call([*target.compiler, "-dumpversion"]).strip()
    name = "clang" if "clang" in target.compiler[0] else "gcc"
    return (ROW % (target.name, "%s %s" % (name, version), *about, compared, differing, len(asked.frames[1]), silent,
                   len(asked.certificates.cases), other, *curve, units, time.monotonic() - start)), problems


class Asked:
    """What every target is asked, and what this machine answers."""

    def __init__(self, options):
        self.histories, self.frames, self.curve = unpack(options.build), frames(), curve_rows(options.data)
        self.certificates = Certificates(options.plim, options.data, options.build, options.each)
        made = Build(next(t for t in targets(options.build) if t.name == "host-gcc-O2"), options.build)
        made.core()
        self.wanted = call(made.program("tests/storm/oracle_say.c"), self.frames[0]).splitlines()
        self.certificates.expect(call(made.program("tests/cross/verify_certificates.c"), self.certificates.data))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/cross", type=lambda text: (ROOT / text).resolve())
    parser.add_argument("--plim", default="build/plim", type=lambda text: (ROOT / text).resolve())
    parser.add_argument("--data", default=ROOT / "../shared/data", type=pathlib.Path, help="folder of recorded runs")
    parser.add_argument("--each", type=int, default=8, help="certificates of liquidations of each history")
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    known = targets(options.build)
    unknown = set(options.targets) - {target.name for target in known}
    if unknown:
        parser.error("no target %s; known: %s" % (" ".join(unknown), " ".join(t.name for t in known)))
    options.build.mkdir(parents=True, exist_ok=True)
    asked = Asked(options)
    (options.build / "run.mjs").write_text(NODE % json.dumps(str(options.build)))
    print("%d histories, here by 1, 2 and 7 processes; %d certificates of liquidations and %d spoiled ones" %
          (len(asked.histories), asked.certificates.good, len(asked.certificates.cases) - asked.certificates.good))
    print(HEAD % tuple("target compiler endian word limbs char roots differ oracle differ certs differ curve differ "
                       "units seconds".split()))
    failed = 0
    for target in known:
        if options.targets and target.name not in options.targets:
            continue
        lacks = target.lacks()
        if target.foreign and not (options.build / "secp256k1/src/secp256k1.c").exists():
            lacks.append("the source of libsecp256k1 (tools/deps.sh cross)")
        line, problems = ("%-24s skipped: needs %s" % (target.name, ", ".join(lacks)), []) if lacks else \
            check(target, options.build, asked)
        print(line, *("  " + problem for problem in problems), sep="\n", flush=True)
        failed += bool(problems)
    print("%d targets differ or fail" % failed)
    return 1 if failed else 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
