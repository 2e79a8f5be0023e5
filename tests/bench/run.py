#!/usr/bin/env python3
"""Runs the benchmarks and prints one table of ratios.

  make bench                                  builds, runs all but the large ones (about three minutes)
  make bench JSON=out.json ONLY=state FULL=1  the same words as below
  python3 tests/bench/run.py --list           what there is
  python3 tests/bench/run.py --only health    a part of it
  python3 tests/bench/run.py --full           with 10^7 accounts and 10^6 blocks: eight minutes, 16 GiB
  python3 tests/bench/run.py --evm            beside EVMs from npm (make bench-evm)
  python3 tests/bench/run.py --json out.json  everything in a file as well ("-": on stdout, without the table)

How to read a row. value: the median of at least seven rounds. spread: half the distance of the quartiles as a share
of the median, of the ratio where there is one; "once": measured once; "-": not told. yardstick: what the contender
named last took in the same rounds, in the same unit. ratio: value / yardstick, but of a commitment its cost model /
its time.
A round measures a slope: (time of many units of work - time of few) / the extra work, so that calls, warming up and
reading the clock are not in it. The contenders of a row take turns in one process, in both directions. Times are of
the processor, not of the wall, except for whole processes. Before a ratio is printed, the answers of machine and C
are compared bit by bit; a different bit ends the run with exit code 1.

Take the ratios from one machine to another, never the times. Speed is no test: the exit code is 0 whatever the
verdicts say; "MISSES ~" is a miss whose quartiles lie on both sides of the target. Exit codes: 0 measured, 1 a program
failed, 2 usage.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.bench import host, targets, whole  # noqa: E402

ABOUT = {  # name of bench_NAME: what it measures
    "ahead": "signatures checked ahead of execution, by one and by two threads",
    "compile": "contract sources to containers, containers loaded and proved",
    "health": "health checks of 1, 4 and 16 reserves against native C",
    "import": "recorded EVM runs and tables of events into histories",
    "machine": "liquidation amounts, 512-bit products, loops; tracing",
    "num": "arithmetic of 256 bits against GMP",
    "oracle": "genuine reports of each format against bare libsecp256k1",
    "replay": "the demo history with and without signatures, roots, archive",
    "signature": "signature checks against bare libsecp256k1",
    "state": "the commitment against its cost model, 10^4 to 10^7 rows; memory a row",
    "trigger": "a price update over 10^4 to 10^7 vaults, ten hits",
    "trigger_pool": "the same of accounts with many collaterals; --full: 10^7 accounts",
    "demo": "whole processes: the demo history, with and without an archive",
    "memory": "memory and speed of 10^4 and 10^5 blocks; --full: 10^6",
}
ARGUMENTS = {"state": ["--json"]}
ARGUMENTS_FULL = {"num": ["--chained"], "trigger_pool": ["10000000"]}
STATE_LARGE_GIB = 8  # what --large of bench_state needs: without them it ends at 10^6 rows
HEAD = ("", "value", "unit", "yardstick", "ratio", "spread", "against", "")


class Failed(Exception):
    """A program failed: that is no question of speed."""


def checked(name, line):
    """A row out of a line that a program printed."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise Failed(f"{name}: prints a row that is no JSON: {error}") from error
    if not {"name", "unit", "value"} <= row.keys():
        raise Failed(f"{name}: a row without name, unit or value: {row}")
    return row


def rows_of(command, notes, shown=False):
    """The rows of a program that prints one JSON object a line, as they come; notes gets what it says on stderr."""
    name = pathlib.Path(command[0]).name
    with tempfile.TemporaryFile("w+") as told:
        with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=None if shown else told, text=True) as child:
            try:
                yield from (checked(name, line) for line in child.stdout if line.startswith("{"))
            except Failed:
                child.kill()
                raise
        told.seek(0)
        notes += [line.rstrip() for line in told if line.strip()]
    if child.returncode:
        raise Failed(f"{name}: exit code {child.returncode}: {' '.join(notes)[-300:] or 'it says why above'}")


def parts_of(options):
    """Name of each part of the run and how it is run: a function of a list for notes that gives the rows."""
    build = (ROOT / options.build).resolve()
    if options.evm:
        words = ["sh", "tests/bench/evm/run.sh", options.build, "--rows"]
        return {"evm": lambda notes: rows_of(words, notes, shown=True)}
    arguments = ARGUMENTS | (ARGUMENTS_FULL if options.full else {})
    if (host.memory_free_gib() or 0) >= STATE_LARGE_GIB:
        arguments["state"] = ["--json", "--large"]
    parts = {}
    for program in sorted(build.glob("bench/bench_*")):
        if os.access(program, os.X_OK) and program.suffix == "":
            name = program.name.removeprefix("bench_")
            parts[name] = lambda notes, words=(program, *arguments.get(name, [])): rows_of(words, notes)
    if (build / "plim").exists():
        parts["demo"] = lambda notes: whole.demo_rows(build / "plim")
        if (build / "storm" / "long_history").exists():
            parts["memory"] = lambda notes: whole.memory_rows(build / "plim", options.full)
    return {name: part for name, part in parts.items() if options.only in name}


# ---- the table --------------------------------------------------------------------------------

def figure(number):
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def scatter(spread):
    if spread["rounds"] < 2:
        return "once" if spread["rounds"] else "-"
    return f"{50 * (spread['high'] - spread['low']) / abs(spread['median'] or 1):.1f}%"


def verdict(row):
    target = row.get("target")
    if not target:
        return ""
    word = "meets" if target["meets"] else "MISSES ~" if target["within_spread"] else "MISSES"
    return f"{word} {target['sense']} {figure(target['goal'])}" + (f" {row['unit']}" if target["of"] == "value" else "")


def table_line(cells):
    name, value, unit, yardstick, ratio, spread, against, judged = cells
    return (f"  {name:<52} {value:>9} {unit:<14} {yardstick:>9} {ratio:>8} {spread:>6}  {against:<26} "
            f"{judged}").rstrip()


def row_line(row):
    ratio = row.get("ratio")
    return table_line((row["name"], figure(row["value"]["median"]), row["unit"],
                       figure(row["yardstick"]["median"]) if "yardstick" in row else "",
                       f"{ratio['median']:.3f}" if ratio else "", scatter(ratio or row["value"]),
                       row.get("against") or "", verdict(row)))


def machine_lines(about):
    machine = about["machine"]
    load = f"load {about['load_before']:.2f}" if about["load_before"] is not None else "load not known"
    lines = [f"{machine['cpu']}, {machine['cores']} cores, {' '.join(machine['flags'])}; governor "
             f"{machine['governor'] or 'not told'}; {machine['memory_gib']} GiB; {machine['system']}; {load} before",
             *(f"built with {text}" for text in about["compiler"]),
             f"commit {about['commit'] or 'not known'}{', changed since' if about['changed'] else ''}"]
    if (about["others_before"] or 0) > host.BUSY:
        lines.append(f"WARNING: the machine is not quiet: others use {100 * about['others_before']:.0f} % of it; "
                     "measure again when they are done")
    return lines


# ---- the run ----------------------------------------------------------------------------------

def describe(options):
    build = (ROOT / options.build).resolve()
    commit, changed = host.commit()
    programs = [p for p in [*sorted(build.glob("bench/bench_*"))[:2], build / "bench/evm/worker"] if p.is_file()]
    return {"bench": 1, "commit": commit, "changed": changed, "machine": host.machine(),
            "compiler": host.compiler(programs), "full": options.full, "only": options.only,
            "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            "others_before": host.look(0 if options.no_look else 1)}


def measure(parts, say):
    """Rows, notes and failures; say prints a line of the table."""
    rows, notes, failures = [], {}, []
    for name, part in parts.items():
        notes[name] = []
        try:
            for row in part(notes[name]):
                row["part"] = name
                if name != "evm":
                    targets.judge(row)
                rows.append(row)
                say(row_line(row))
        except (Failed, RuntimeError, OSError, SystemExit) as error:
            failures.append(f"{name}: {error}")
            say(f"  FAILED {name}: {error}")
        for note in notes[name]:
            if "note:" in note:
                say(f"  {note}")
    return rows, notes, failures


def write_json(path, about):
    text = json.dumps(about, indent=1) + "\n"
    if path == "-":
        print(text, end="")
        return
    target = pathlib.Path(path)
    draft = target.with_name(target.name + ".part")
    draft.write_text(text)
    os.replace(draft, target)


def read_options(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help='write everything to FILE; "-": to stdout, without the table')
    parser.add_argument("--only", metavar="NAME", default="", help="only the parts whose name contains NAME")
    parser.add_argument("--full", action="store_true", help="the large ones, too")
    parser.add_argument("--list", action="store_true", help="the names for --only, and what each measures")
    parser.add_argument("--evm", action="store_true", help="beside EVMs from npm, and nothing else")
    parser.add_argument("--build", default="build", help="where the programs are (build)")
    parser.add_argument("--no-look", action="store_true", help=argparse.SUPPRESS)  # a test does not wait
    return parser.parse_args(words)


def main(words=None):
    options = read_options(words)
    if options.list:
        print("\n".join(f"  {name:<14} {what}" for name, what in ABOUT.items()))
        return 0
    parts = parts_of(options)
    if not parts:
        print(f"bench: nothing to run in {options.build}/bench{' by that name' if options.only else ''}; "
              "`make bench` builds it, --list names the parts", file=sys.stderr)
        return 2
    if options.json not in (None, "-") and not pathlib.Path(options.json).absolute().parent.is_dir():
        print(f"bench: {options.json}: no such folder", file=sys.stderr)
        return 2
    silent = options.json == "-"

    def say(line):
        if not silent:
            print(line, flush=True)

    about = describe(options)
    say("\n".join(machine_lines(about)))
    say("medians of slopes, contenders in turn; --help says how to read it\n")
    say(table_line(HEAD))
    quiet = host.Quiet()
    rows, notes, failures = measure(parts, say)
    shares = quiet.others()
    judged = [row["target"]["meets"] for row in rows if "target" in row]
    missing = [] if options.only or options.evm else targets.without_row(rows, options.full)
    about |= {"others_meanwhile": shares[0] if shares else None, "stolen_meanwhile": shares[1] if shares else None,
              "rows": rows, "notes": notes, "failures": failures, "meet": sum(judged),
              "miss": len(judged) - sum(judged), "not_measured": missing}
    if options.json:
        write_json(options.json, about)
    if shares:
        say(f"\nmeanwhile others used {100 * shares[0]:.0f} % of the machine"
            + (f", a hypervisor took {100 * shares[1]:.0f} %" if shares[1] >= 0.005 else "")
            + (": NOT QUIET, figures are rough" if sum(shares) > host.BUSY else ""))
    for start in missing:
        say(f"not measured: {start}")
    say(f"{about['meet']} meet, {about['miss']} miss" + (f", {len(failures)} failed" if failures else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
