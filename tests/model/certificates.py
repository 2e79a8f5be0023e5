#!/usr/bin/env python3
"""Certificates of shipped histories, made and judged by the model and by the library (spec 10).

  python3 tests/model/certificates.py [--cases N] [--random N] [--flips N] [--seed S] [--only NAME]
                                      [--say build/storm/certificate_say] [--plim build/plim]

1. Every certificate that the model makes is judged true by it, and packs and unpacks.
2. Every mutant is refused with a named error, or it is another true statement: made anew from what it says, it has
   the same bytes, or its headers are not those of the history.
3. With --say: the library makes the same bytes, and gives the same step and error, of certificates and mutants.
"""
import argparse
import collections
import functools
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from spec.model import certificate as maker                               # noqa: E402
from spec.model import random_programs, replay                             # noqa: E402
from spec.model import verify as judge                                     # noqa: E402
from spec.model import world as world_module                               # noqa: E402
from spec.model.certificate import BLOCK, Request                          # noqa: E402
from spec.model.chain import decode_block, read_history, write_history     # noqa: E402
from spec.model.tables import ERRORS, Reject                               # noqa: E402
from tests.model import certificate_bag, certificate_mutants               # noqa: E402
from tests.model.certificate_cases import Source                           # noqa: E402

HISTORIES = ("captured-report", "chainlink-ocr1", "aave-v3-seed-5", "maker-dss-seed-2", "morpho-blue-seed-14")
WORLD = "fixtures/worlds/october_10.world.json"


load = functools.lru_cache(maxsize=8)(world_module.decode)


def same_statement(case, raw):
    """Whether an accepted mutant is another true statement (module's head, 2)."""
    said = maker.decode(raw)
    if not said.headers and said.world != case.certificate.world:
        return True         # the genesis of another world
    for header in said.headers:
        if header.height > len(case.blocks) or header.encode() != decode_block(
                case.blocks[header.height - 1]).header.encode():
            return True
    base = said.height - (said.kind == BLOCK)
    if base != case.chain.height:
        return True         # of another height: its own maker is not at hand
    request = Request(said.kind, said.height, said.views, said.evidence, said.claim,
                      said.headers[0].height if said.headers else None,
                      said.headers[-1].height if said.headers else None, not said.world)
    return maker.make(case.chain, case.blocks, request).encode() == raw


def in_container(case, raw):
    """Whether the first change is inside a container of the world: of several rules that a container breaks, any may
    be named (spec 02 §3)."""
    start = 19              # of the world in a certificate
    at = next((i for i, (a, b) in enumerate(zip(raw, case.raw)) if a != b), 0) - start
    return any(low <= at < high for low, high in load(case.certificate.world or case.source.world_raw).containers_at)


class Run:
    """Counts, and what went wrong."""

    def __init__(self, options, library):
        self.options, self.library = options, library
        self.outcomes = collections.Counter()
        self.certificates = self.mutants = self.compared = self.failed = 0

    def fail(self, case, what, raw=None):
        self.failed += 1
        print("FAIL %s height %d kind %d: %s" % (case.source.name, case.request.height, case.request.kind, what))
        if raw is not None and self.options.keep:
            name = pathlib.Path(self.options.keep) / ("%03d.certificate" % self.failed)
            name.write_bytes(raw)

    def judge(self, case, name, raw):
        """The model's verdict, compared with the library's."""
        world = case.source.world_raw if not case.certificate.world else None
        mine = judge.verify(raw, world, load=load).pair()
        if self.library is not None:
            self.compared += 1
            theirs = self.library.judge(raw, world)
            if theirs != mine and not (
                    theirs[0] == mine[0] == "world" and "OK" not in (theirs[1], mine[1]) and in_container(case, raw)):
                self.fail(case, "%s: the model says %s, the library %s" % (name, mine, theirs), raw)
        return mine

    def certificate(self, case):
        self.certificates += 1
        said = self.judge(case, "certificate", case.raw)
        if said != ("done", "OK"):
            self.fail(case, "made, but not true: %s" % (said,), case.raw)
        if maker.decode(case.raw).encode() != case.raw or maker.unpack(maker.pack(case.raw)) != case.raw:
            self.fail(case, "other bytes after a way out and back", case.raw)
        if self.library is not None:
            theirs = self.library.make(case)
            if theirs != case.raw:
                self.fail(case, "the library makes other bytes: %s" % theirs[:80], case.raw)

    def mutant(self, case, name, raw, errors):
        self.mutants += 1
        step, error = self.judge(case, name, raw)
        self.outcomes[name, step, error] += 1
        if error != "OK" and error not in ERRORS:
            self.fail(case, "%s: %s is no error" % (name, error), raw)
        elif errors is not None and error not in errors:
            self.fail(case, "%s: %s in step %s, expected one of %s" % (name, error, step, sorted(errors)), raw)
        elif error == "OK" and not same_statement(case, raw):
            self.fail(case, "%s: accepted" % name, raw)

    def packed(self, rng, case):
        """A damaged packing is never taken for the certificate."""
        good = maker.pack(case.raw)
        for _ in range(4):
            bad = bytearray(good)
            bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
            for raw in (bytes(bad), good[:rng.randrange(len(good))], good + b"\0"):
                try:
                    maker.unpack(raw)
                    self.fail(case, "a damaged packing was opened")
                except Reject as reject:
                    self.outcomes["packed", "-", reject.name] += 1


def walk(run, name, history, options):
    rng = random.Random("%d %s" % (options.seed, name))
    source, before = Source(name, history, rng), None
    if run.library is not None:
        run.library.open(source)
    for case in source.cases(options.cases * (4 if name == "bag" else 1)):
        run.certificate(case)
        for name, raw, errors in certificate_mutants.mutants(rng, case, before, options.flips):
            run.mutant(case, name, raw, errors)
        run.packed(rng, case)
        before = case


def histories(options):
    """(name, bytes): shipped ones, one that is run here, random ones."""
    for name in HISTORIES:
        yield name, replay.load(ROOT / "fixtures/histories" / name / "history.plh.gz")
    if (ROOT / options.plim).exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([str(ROOT / options.plim), "run", WORLD, "-o", folder + "/perp"], cwd=ROOT, check=True,
                           stdout=subprocess.DEVNULL)
            yield "perp", replay.load(folder + "/perp/history.plh.gz")
            yield "bag", certificate_bag.history(str(ROOT / options.plim), folder, random.Random(options.seed))
    for number in range(options.random):
        rng = random.Random("%d/%d" % (options.seed, number))
        raw, height, *_ = random_programs.random_history(rng)
        world, blocks = read_history(raw)
        yield "random-%d" % number, write_history(world, blocks[:height])   # the last one may be spoiled


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=4, help="blocks of each history")
    parser.add_argument("--random", type=int, default=12, help="histories of random contracts and feeds")
    parser.add_argument("--flips", type=int, default=15, help="random changes of each certificate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--say", help="the library's program; without it the model is alone")
    parser.add_argument("--plim", default="build/plim", help="runs the world file of %s" % WORLD)
    parser.add_argument("--only", default="", help="histories whose name contains this")
    parser.add_argument("--keep", help="a folder for the bytes of what failed")
    parser.add_argument("--outcomes", action="store_true", help="print how often each mutant met each error")
    options = parser.parse_args()
    library = None
    if options.say:
        from tests.model.certificate_say import Library
        library = Library(options.say)
    run = Run(options, library)
    for name, history in histories(options):
        if options.only in name:
            walk(run, name, history, options)
    if options.outcomes:
        for (name, step, error), count in sorted(run.outcomes.items()):
            print("%-40s %-9s %-14s %d" % (name, step, error, count))
    if library is not None and library.close() != 0:
        run.failed += 1
    print("%d certificates, %d mutants, %d verdicts compared" % (run.certificates, run.mutants, run.compared))
    print("%d passed, %d failed" % (run.certificates + run.mutants - run.failed, run.failed))
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
