#!/usr/bin/env python3
"""Builds and runs every test and ends with one line: N passed, N failed.

  python3 tests/run.py            what CI checks (three builds, short storms)
  python3 tests/run.py --long     the long storms: 10^7 cases, 10^5 sequences, 10^7 fuzz executions
  python3 tests/run.py --only num run only the suites whose name contains the word

Each suite writes its output to build/log/NAME.log; a failing suite shows its last lines.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import pages as browser_pages     # noqa: E402

LOG = ROOT / "build" / "log"
JOBS = min(os.cpu_count() or 1, 8)

BUILDS = {  # name: (make variables, what it proves)
    "gcc": ("CC=gcc B=build", "the release build"),
    "asan": ("CC=clang SAN=1 OPT=-O1 B=build/asan", "clang, address and undefined-behaviour checks"),
    "limb32": ("CC=gcc LIMBS=32 OPT=-O1 B=build/limb32", "the portable 32-bit limbs"),
}


class Suite:
    """One command and how many tests it stands for."""

    def __init__(self, name, command, seconds=900):
        self.name, self.command, self.seconds = name, command, seconds
        self.passed = self.failed = 0
        self.took = 0.0

    def run(self):
        start = time.monotonic()
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1")
        log = LOG / (self.name.replace("/", "-").replace(" ", "-") + ".log")
        with open(log, "wb") as out:
            try:
                code = subprocess.run(self.command, shell=True, cwd=ROOT, env=env, stdout=out,
                                      stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                      timeout=self.seconds).returncode
            except subprocess.TimeoutExpired:
                out.write(f"\nstopped after {self.seconds} s\n".encode())
                code = 124
        self.took = time.monotonic() - start
        self.text = log.read_text(errors="replace")
        self.passed, self.failed = count(self.text, code)
        return self


def count(text, code):
    """How many tests the output speaks of; a suite without a known closing line counts as one."""
    passed = sum(map(int, re.findall(r"^\[  PASSED  \] (\d+) test", text, re.M)))
    failed = sum(map(int, re.findall(r"^\[  FAILED  \] [^:]*: (\d+) test", text, re.M)))
    for ok, bad in re.findall(r"^(\d+) passed, (\d+) failed$", text, re.M):
        passed, failed = passed + int(ok), failed + int(bad)
    for ran, verdict in re.findall(r"^Ran (\d+) tests? in .*\n\n(OK|FAILED.*)", text, re.M):
        bad = sum(map(int, re.findall(r"(?:failures|errors)=(\d+)", verdict)))
        passed, failed = passed + int(ran) - bad, failed + bad
    if code != 0 and failed == 0:
        failed = 1
    if code == 0 and passed + failed == 0:
        passed = 1
    return passed, failed


def stems(pattern):
    return sorted(p.stem for p in ROOT.glob(pattern))


def build_suites(names):
    return [Suite(f"build {n}", f"make --no-print-directory -s -j{JOBS} {BUILDS[n][0]} tests-bin", 1800)
            for n in names]


def unit_suites(build):
    folder = BUILDS[build][0].split("B=")[1]
    suites = [Suite(f"{build} {name}", f"{folder}/unit/{name}") for name in stems("tests/unit/test_*.c")]
    if (ROOT / "tests/plc/runner.c").exists():
        suites.append(Suite(f"{build} language", f"{folder}/plc/runner tests/plc"))
    return suites


def curve_suites(build, data):
    """The curve layer against published suites: those that are shipped, and whole where the data is."""
    folder = BUILDS[build][0].split("B=")[1]
    places = {"shipped": pathlib.Path("fixtures/oracle/crypto"), "whole": pathlib.Path(data) / "oracle-vectors/crypto"}
    return [Suite(f"{build} curve suites {name}", f"{folder}/vectors/crypto_vectors {place}")
            for name, place in places.items() if (ROOT / place).is_dir()]


def language_storm(build, count):
    """Random contracts whose results are known before they are compiled."""
    folder = BUILDS[build][0].split("B=")[1]
    return [Suite(f"{build} language storm", f"python3 tests/plc/random_programs.py --count {count} --seed 1"
                  f" --out {folder}/language_storm --runner {folder}/plc/runner", 3600)]


SLOW_TARGETS = {"fuzz_import": 10, "fuzz_certificate": 5, "fuzz_checkpoint": 5, "fuzz_journal": 5}


def fuzz_suites(build, runs):
    """runs: of each target; those that read files or whole worlds are slow, and get a part of them."""
    folder = BUILDS[build][0].split("B=")[1]
    return [Suite(f"{build} {name}", f"{folder}/fuzz/{name} --runs {runs // SLOW_TARGETS.get(name, 1)} --seed 1"
                  f" fixtures/fuzz/{name.removeprefix('fuzz_')}", 14400) for name in stems("tests/fuzz/fuzz_*.c")]


def storm_suites(build, cases, sequences, blocks):
    folder = BUILDS[build][0].split("B=")[1]
    return [Suite(f"{build} num_storm", f"{folder}/storm/num_storm --cases {cases} --seed 1", 7200),
            Suite(f"{build} state_storm", f"{folder}/storm/state_storm --sequences {sequences} --seed 1", 7200),
            Suite(f"{build} witness_storm", f"{folder}/storm/witness_storm --sequences {sequences} --seed 1", 7200),
            Suite(f"{build} flip_storm", f"{folder}/storm/flip_storm --blocks {blocks}", 7200)]


def ahead_storm(build, flips):
    """Every history with signatures checked ahead on threads, and flipped blocks of each."""
    folder = BUILDS[build][0].split("B=")[1]
    return [Suite(f"{build} ahead_storm", f"{folder}/storm/ahead_storm --flips {flips} --seed 1 "
                  "fixtures/histories/*/history.plh.gz", 7200)]


def certificate_storm(build, effort):
    """Flipped and forged certificates of real histories: none may pass that is not another truth."""
    folder = BUILDS[build][0].split("B=")[1]
    names = ["aave-v3-seed-5", "aave-v3.6-seed-2", "compound-v3-seed-16", "maker-dss-seed-2",
             "morpho-blue-seed-14", "captured-report"]
    paths = " ".join(f"fixtures/histories/{name}/history.plh.gz" for name in names)
    return [Suite(f"{build} certificate_storm", f"{folder}/storm/certificate_storm {effort} --seed 1 {paths}", 14400),
            Suite(f"{build} state_certificates",
                  f"{folder}/storm/certificate_storm --states {effort} --seed 2 {paths}", 14400)]


def certificate_storm_full(build):
    """Every bit of 200 certificates, and 10^7 forged copies of small ones."""
    folder = BUILDS[build][0].split("B=")[1]
    return [Suite(f"{build} certificates in full",
                  f"python3 tests/storm/certificates_full.py --build {folder} --seed 1", 14400)]


def crash_suites(build, each, every, kills):
    """Replays that stop: power cuts, failing disks, refused memory, and a real process that is killed."""
    folder = BUILDS[build][0].split("B=")[1]
    suites = [Suite(f"{build} crash_states", f"{folder}/storm/crash_states --each {each} --seed 1", 7200),
              Suite(f"{build} crash_faults", f"{folder}/storm/crash_faults"),
              Suite(f"{build} crash_memory", f"{folder}/storm/crash_memory --every {every}", 3600)]
    if kills:
        suites.append(Suite(f"{build} kills", f"python3 tests/crash/kills.py --kills {kills} --seed 1"
                            f" --plim {folder}/plim", 3600))
    return suites


def oracle_storm(build, mutants, data):
    """Changed copies of genuine reports: of the shipped ones, or of all where the data is."""
    folder = BUILDS[build][0].split("B=")[1]
    whole = pathlib.Path(data) / "oracle-vectors"
    files = sorted((whole if whole.is_dir() else ROOT / "fixtures/oracle").glob("*.json"))
    names = " ".join(str(file) for file in files if "typed-data" not in file.name)
    return [Suite(f"{build} oracle_storm", f"{folder}/storm/oracle_storm --mutants {mutants} --seed 1 {names}", 7200)]


def model_oracle_suites(build, mutants, data):
    """Oracle reports through the Python model and the library: vector files, then changed and made-up reports."""
    folder = BUILDS[build][0].split("B=")[1]
    say = f"--say {folder}/storm/oracle_say"
    return [Suite(f"{build} model oracle vectors", f"python3 tests/model/oracle_vectors.py {say} --data {data}"),
            Suite(f"{build} model oracle storm",
                  f"python3 tests/model/oracle_storm.py {say} --mutants {mutants}", 7200)]


def model_certificate_suites(build, effort):
    """Certificates through the Python model and the library: the shipped ones, then made ones and their mutants."""
    folder = BUILDS[build][0].split("B=")[1]
    say = f"--say {folder}/storm/certificate_say"
    return [Suite(f"{build} certificate vectors", f"python3 tests/model/certificate_vectors.py {say}"),
            Suite(f"{build} model certificates",
                  f"python3 tests/model/certificates.py {say} --plim {folder}/plim {effort}", 7200)]


def adapter_suites(build, runs):
    """Each oracle adapter by itself, from its own inputs."""
    folder = BUILDS[build][0].split("B=")[1]
    formats = sorted({p.name.rsplit("-", 1)[0] for p in (ROOT / "fixtures/fuzz/oracle").iterdir()})
    return [Suite(f"{build} fuzz {name}", f"{folder}/fuzz/fuzz_oracle --runs {runs} --seed 1 "
                  f"fixtures/fuzz/oracle/{name}-*", 7200) for name in formats]


def browser_suites(effort):
    """The page that verifies certificates, in a browser, where there is one."""
    missing = browser_pages.lacks()
    if missing:
        print(f"note: the page of certificates is not tested: it needs {', '.join(missing)} (tools/deps.sh browser)")
        return []
    return [Suite("browser", f"python3 tests/browser/pages.py {effort}", 3600)]


def library_suites(build):
    """What an embedded verifier is given: the symbols of the library, and its example."""
    folder = BUILDS[build][0].split("B=")[1]
    return [Suite(f"{build} verify library", f"make --no-print-directory -s {BUILDS[build][0]} {folder}/verify_example"
                  f" && python3 tests/verify_library.py --build {folder}")]


def whole_suites(data, long):
    """What looks at the program as a whole: the model, the CLI, the real traces."""
    suites = [Suite("model", "python3 -m unittest -q tests.model.test_model tests.model.test_feeds"
              " tests.model.test_oracle_parts", 1800),
              Suite("cli", "python3 -m unittest -q tests.cli.test_bench tests.cli.test_certify tests.cli.test_cli "
                    "tests.cli.test_curve "
                    "tests.cli.test_diff tests.cli.test_explain "
                    "tests.cli.test_import tests.cli.test_import_calltree tests.cli.test_import_csv "
                    "tests.cli.test_import_comet tests.cli.test_import_compound tests.cli.test_import_exports "
                    "tests.cli.test_import_liquity tests.cli.test_import_maker "
                    "tests.cli.test_import_ocr tests.cli.test_journal tests.cli.test_margin_tools "
                    "tests.cli.test_oracle tests.cli.test_oracle_words tests.cli.test_oracle_world "
                    "tests.cli.test_run tests.cli.test_threads"),
              Suite("segments", "python3 -m unittest -q tests.cli.test_segments", 1800),
              Suite("long replay", f"python3 tests/long_replay.py --blocks {1_000_000 if long else 20_000}", 3600),
              Suite("oracle vectors", f"python3 tests/oracle_vectors.py --data {data} build build/asan build/limb32"),
              Suite("tidy", "python3 -m unittest -q tests.test_tidy"),
              Suite("model agrees", f"python3 tests/model/agree.py --programs {1000 if long else 200}", 3600),
              Suite("contracts", "python3 tests/contracts/worlds.py", 1800),
              Suite("liquidatable", f"python3 tests/contracts/liquidatable.py --worlds {100 if long else 6}", 3600),
              Suite("golden", "python3 tests/golden.py build build/asan build/limb32", 1800)]
    if long:
        suites.append(Suite("machines", "python3 tests/crash/machines.py"))
    if shutil.which("mpirun") is None or shutil.which("mpicc") is None:
        print("note: replay by several processes is not tested: it needs Open MPI (tools/deps.sh mpi)")
    suites.append(Suite("exports", f"python3 tests/exports.py --data {data}"))
    suites.append(Suite("mutants", f"python3 tests/mutants.py --data {data}", 1800))
    suites.append(Suite("flips", f"python3 tests/mutants.py --flips {'--long' if long else '--sample 60'}", 7200))
    suites.append(Suite("margin books", f"python3 tests/margin/books.py --books {100_000 if long else 3000}"))
    suites.append(Suite("margin storm", f"python3 tests/margin/storm.py --worlds {200 if long else 6}", 3600))
    suites.append(Suite("margin crashes", f"python3 tests/margin/crashes.py --worlds {10_000 if long else 300}", 3600))
    suites.append(Suite("margin permutations",
                        f"python3 tests/margin/permutations.py --worlds {1000 if long else 25}", 3600))
    suites.append(Suite("margin peers", f"python3 tests/margin/peers.py --data {data}"))
    suites.append(Suite("margin brackets", f"python3 tests/margin/brackets.py --data {data}"))
    if (pathlib.Path(data) / "evm-traces").is_dir():
        suites.append(Suite("traces", f"python3 tests/traces.py --data {data}", 3600))
    else:
        print(f"note: {data}/evm-traces is not there; the traces of fixtures/ are replayed alone")
    return suites


def run_all(suites, jobs):
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for suite in pool.map(Suite.run, suites):
            mark = "ok  " if suite.failed == 0 else "FAIL"
            print(f"  {mark} {suite.name:<28} {suite.passed:>6} passed {suite.failed:>4} failed"
                  f" {suite.took:>8.1f} s", flush=True)
            if suite.failed:
                print("\n".join("       | " + line for line in suite.text.splitlines()[-25:]))
            passed, failed = passed + suite.passed, failed + suite.failed
    return passed, failed


def plan(options):
    if options.long:
        return [["gcc", "limb32", "asan"],
                storm_suites("gcc", 10_000_000, 100_000, 60) + fuzz_suites("gcc", 10_000_000)
                + oracle_storm("gcc", 1_000_000, options.data) + adapter_suites("gcc", 10_000_000)
                + model_oracle_suites("gcc", 20_000, options.data)
                + model_certificate_suites("gcc", "--cases 40 --random 500 --flips 60")
                + certificate_storm("gcc", "--certificates 40 --every 4 --flips 5000 --mutants 20000")
                + certificate_storm_full("gcc") + ahead_storm("gcc", 100_000)
                + storm_suites("limb32", 10_000_000, 1000, 1) + crash_suites("gcc", 0, 1, 1000)
                + language_storm("gcc", 2000) + language_storm("limb32", 200) + whole_suites(options.data, True)
                + library_suites("gcc") + browser_suites("--each 12 --spoiled 20 --garbage 40")]
    suites = []
    for build in BUILDS:
        suites += unit_suites(build)
    suites += storm_suites("gcc", 100_000, 1000, 6) + fuzz_suites("gcc", 100_000)
    suites += storm_suites("asan", 3_000, 100, 1) + fuzz_suites("asan", 20_000)
    suites += storm_suites("limb32", 100_000, 100, 1)
    suites += crash_suites("gcc", 60, 7, 20) + crash_suites("asan", 6, 29, 0)
    suites += language_storm("gcc", 150) + language_storm("asan", 50)
    suites += oracle_storm("gcc", 2000, options.data) + oracle_storm("asan", 200, options.data)
    suites += model_oracle_suites("gcc", 500, options.data) + model_oracle_suites("asan", 100, options.data)[1:]
    suites += model_certificate_suites("gcc", "--cases 4 --random 8 --flips 10")
    suites += model_certificate_suites("asan", "--cases 1 --random 6 --flips 3")
    suites += certificate_storm("gcc", "--certificates 2 --every 30 --flips 500 --mutants 1500")
    suites += certificate_storm("asan", "--certificates 1 --every 40 --flips 60 --mutants 200")
    suites += curve_suites("gcc", options.data) + curve_suites("asan", options.data)
    suites += ahead_storm("gcc", 1000) + ahead_storm("asan", 100)
    suites += library_suites("gcc") + browser_suites("--each 2 --spoiled 3")
    return [list(BUILDS), suites + whole_suites(options.data, False)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data", help="folder with the real histories")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="", help="run only suites whose name contains this")
    options = parser.parse_args()
    LOG.mkdir(parents=True, exist_ok=True)
    builds, suites = plan(options)
    suites = [s for s in suites if options.only in s.name]
    print("building", *(f"{name} ({BUILDS[name][1]})" for name in builds), sep="\n  ")
    passed, failed = run_all(build_suites(builds), 1)
    if failed == 0:
        print("running")
        more_passed, more_failed = run_all(suites, JOBS)
        passed, failed = passed + more_passed, failed + more_failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
