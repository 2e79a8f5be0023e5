#!/usr/bin/env python3
"""Kills a replay with a journal at random moments (SIGKILL), goes on, and compares with a run that never stopped.

  python3 tests/crash/kills.py [--kills 20] [--seed 1] [--plim build/plim]

A trial kills the same journal's run up to six times, then lets it end: the JSON (with the root after every block,
and invariants checked) and the text must be those of a clean run but for the times. Prints figures; exit 1 at the
first difference.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HISTORIES = ["aave-v3-seed-5", "aave-v2-events", "compound-v3-seed-16", "maker-dss-seed-2", "morpho-blue-seed-14"]
OPTIONS = {"json": ["--json", "--roots", "--check-invariants"], "text": ["--roots"]}


def without_times(out, form):
    if form == "json":
        told = json.loads(out)
        del told["elapsed_ms"]
        return json.dumps(told)
    return re.sub(r" +", " ", re.sub(r"blocks per second +\d+", "", out))  # its width is the table's


class Storm:
    def __init__(self, options):
        self.plim, self.random = options.plim, random.Random(options.seed)
        self.killed = self.trials = self.went_on = self.torn = self.early = self.ended = 0
        self.folder = options.folder
        self.clean = {}

    def command(self, history, form, *more):
        return [self.plim, "replay", str(ROOT / "fixtures/histories" / history), *OPTIONS[form], *map(str, more)]

    def clean_run(self, history, form):
        """The output of a run that never stopped, and how long it takes with a journal."""
        if (history, form) not in self.clean:
            run = subprocess.run(self.command(history, form), capture_output=True, text=True, check=True)
            folder = tempfile.mkdtemp(prefix="plim-kills-", dir=self.folder)
            start = time.monotonic()
            subprocess.run(self.command(history, form, "--journal", folder, "--checkpoint-every", 20),
                           capture_output=True, check=True)
            self.clean[history, form] = without_times(run.stdout, form), time.monotonic() - start
            shutil.rmtree(folder)
        return self.clean[history, form]

    def attempt(self, words, delay):
        """Runs; after delay seconds (None: never) it is killed. Returns (killed, run)."""
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if delay is not None:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=300)
        return process.returncode == -signal.SIGKILL, subprocess.CompletedProcess(words, process.returncode, out, err)

    def trial(self, left):
        """One journal, killed up to `left` times and then read to its end. Returns how often it was killed."""
        history, form = self.random.choice(HISTORIES), self.random.choice(list(OPTIONS))
        every = self.random.choice((7, 20, 90))
        clean, seconds = self.clean_run(history, form)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="plim-kills-", dir=self.folder))
        journal, how, kills = folder / "j", "--journal", self.random.randint(1, 6)
        killed = 0
        while True:
            delay = self.random.uniform(0, seconds) if killed < min(kills, left) else None
            dead, run = self.attempt(self.command(history, form, how, journal, "--checkpoint-every", every), delay)
            self.torn += "are cut off" in run.stderr
            self.went_on += "goes on after block" in run.stderr
            if dead:
                killed, how = killed + 1, "--resume"
            elif how == "--resume" and not (journal / "lock").exists():
                self.early, how = self.early + 1, "--journal"  # killed before there was anything
            elif run.returncode != 0:
                raise SystemExit(f"kills: {history}, after {killed} kills: exit {run.returncode}: {run.stderr}"
                                 f" ({folder} is left)")
            elif without_times(run.stdout, form) != clean:
                raise SystemExit(f"kills: {history}, after {killed} kills: another result ({folder} is left)")
            elif "is tried" in run.stderr:
                raise SystemExit(f"kills: {history}: a checkpoint did not verify: {run.stderr}")
            else:
                self.ended += 1
                if delay is None or killed >= kills:
                    break
                how, kills = "--resume", kills - 1  # it ended before it was killed; its complete journal goes on
        shutil.rmtree(folder)
        self.trials += 1
        return killed

    def run(self, kills):
        while self.killed < kills:
            self.killed += self.trial(kills - self.killed)
        print(f"kills: {self.killed} SIGKILLs in {self.trials} journals, {self.ended} runs to the end with the result"
              f" of a clean run; {self.went_on} went on from a checkpoint, {self.torn} torn tails, {self.early} killed"
              " before there was a journal")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plim", default=str(ROOT / "build/plim"))
    parser.add_argument("--folder", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
                        help="where journals are made: a kill loses nothing written, synced or not")
    options = parser.parse_args()
    Storm(options).run(options.kills)


if __name__ == "__main__":
    sys.exit(main())
