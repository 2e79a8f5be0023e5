#!/usr/bin/env python3
"""A long history: its replay needs the memory of a short one, and segments give the result of one replay.

  python3 tests/long_replay.py --blocks 1000000 --plim build/plim

Prints the peak memory of histories a hundredth and a tenth as long and of the whole one, plain and packed; then for
1, 2 and 7 threads and for two processes of mpirun (where it and plim-mpi are) the seconds, those of the processor, how
much sooner it was done, and how much sooner it would be if each thread had a processor to itself (from the busiest
one's processor time and the first reading of the file, which nobody shares). Fails when a result differs, or when
memory grows with the history.
"""
import argparse
import gzip
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SLACK_KB = 4096  # of peak memory between a history and one ten times as long
SEGMENTS = 16


def high_water(pid):
    """KB of memory that a running process has had at most, or 0."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def run(*words, env=None):
    """What it printed, seconds, peak KB, and seconds of the processor."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(list(map(str, words)), stdout=out, stderr=told, cwd=ROOT, env=env)
        peak_kb, ended = 0, 0
        while not ended:  # what wait4 tells of memory begins with that of this program
            peak_kb = max(peak_kb, high_water(child.pid))
            time.sleep(0.002)
            ended, status, used = os.wait4(child.pid, os.WNOHANG)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
        out.seek(0)
        told.seek(0)
        notes = told.read()
        if child.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}: exit code {child.returncode}\n{notes}")
        lines = [line for line in out.read().splitlines() if "elapsed_ms" not in line]
        return lines, seconds, peak_kb, used.ru_utime + used.ru_stime, notes


class Long:
    def __init__(self, options, folder):
        self.plim, self.blocks, self.folder = pathlib.Path(options.plim).resolve(), options.blocks, folder
        self.failures = self.passed = 0

    def check(self, holds, what):
        self.passed, self.failures = self.passed + bool(holds), self.failures + (not holds)
        if not holds:
            print(f"FAILED: {what}")

    def make(self, blocks):
        path = self.folder / f"{blocks}.plh"
        run(self.plim.parent / "storm" / "long_history", "--blocks", blocks, "--seed", 1, "-o", path)
        return path

    def memory(self):
        """Peak memory of three lengths, and of the longest one packed."""
        peaks = []
        for blocks in (self.blocks // 100, self.blocks // 10, self.blocks):
            path = self.make(blocks)
            lines, seconds, peak, _, _ = run(self.plim, "replay", path, "--json", "--quiet")
            peaks.append(peak)
            print(f"  {blocks:>8} blocks {path.stat().st_size / 1e6:>8.1f} MB  {seconds:>7.2f} s  {peak:>6} KB at most")
        packed = path.with_suffix(".plh.gz")
        with open(path, "rb") as plain, gzip.open(packed, "wb", 1) as out:
            shutil.copyfileobj(plain, out)
        same, seconds, peak, _, _ = run(self.plim, "replay", packed, "--json", "--quiet")
        print(f"  {blocks:>8} packed {packed.stat().st_size / 1e6:>8.1f} MB  {seconds:>7.2f} s  {peak:>6} KB at most")
        before = max(peaks[:2])    # a run of milliseconds may end before it was looked at
        self.check(peaks[2] - before < SLACK_KB and peak - before < SLACK_KB, f"memory grows: {peaks}, {peak}")
        self.check(same[2:] == lines[2:], "the packed history has another result")
        packed.unlink()
        return path, lines

    def segments(self, path, clean):
        """1, 2 and 7 threads, then two processes."""
        made = self.folder / "c"
        lines, one_s, _, one_cpu, _ = run(self.plim, "replay", path, "--json", "--make-checkpoints", made, "--quiet")
        self.check(lines == clean, "making checkpoints changes the result")
        ways = [(f"{jobs} threads", [self.plim], ["--jobs", jobs]) for jobs in (1, 2, 7)]
        mpi = self.plim.parent / "plim-mpi"
        if shutil.which("mpirun") and mpi.exists():
            ways.append(("2 processes", ["mpirun", "--oversubscribe", "-n", 2, mpi], ["--mpi"]))
        else:
            print("  note: without mpirun or plim-mpi (tools/deps.sh mpi): two processes are not compared")
        env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        print(f"  one replay   {one_s:>7.2f} s, {one_cpu:.2f} s of the processor")
        alone = None
        for name, start, words in ways:
            lines, seconds, _, cpu, notes = run(*start, "replay", path, "--json", "--checkpoints", made, "--segments",
                                                SEGMENTS, *words, env=env)
            parts = [float(n) for told in re.findall(r"processor time:([0-9. ]+)", notes) for n in told.split()]
            alone = cpu - sum(parts) if alone is None else alone  # the first reading, which nobody shares
            path_s = alone + max(parts)
            print(f"  {name:<12} {seconds:>7.2f} s, {sum(parts):.2f} s of the processor in them, {max(parts):.2f} s in"
                  f" the busiest: {one_s / seconds:.2f} times as fast, {one_cpu / path_s:.2f} with a processor each")
            self.check(lines == clean, f"{name}: another result")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=20_000)
    parser.add_argument("--plim", default="build/plim")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="plim-long-") as folder:
        test = Long(options, pathlib.Path(folder))
        test.segments(*test.memory())
    print(f"{test.passed} passed, {test.failures} failed")
    return test.failures != 0


if __name__ == "__main__":
    sys.exit(main())
