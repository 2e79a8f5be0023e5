"""Rows of whole processes: the demo history with and without an archive, and the memory of long histories.

Seconds are those of the wall: start of the process, reading, unpacking and writing included.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.long_replay import run as run_watched  # noqa: E402

ROUNDS = 7
DEMO = "fixtures/histories/aave-v3-seed-5"
LENGTHS = (10_000, 100_000)
LENGTH_FULL = 1_000_000


def quantile(values, share):
    values = sorted(values)
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def spread(values):
    return {"low": quantile(values, 0.25), "median": quantile(values, 0.5), "high": quantile(values, 0.75),
            "rounds": len(values)}


def row(name, unit, values, against=None, yardstick=None):
    """yardstick: its values of the same rounds."""
    made = {"name": name, "unit": unit, "value": spread(values)}
    if against is not None:
        made |= {"against": against, "yardstick": spread(yardstick),
                 "ratio": spread([a / b for a, b in zip(values, yardstick)])}
    return made


def replay(plim, *words):
    """Blocks a second of one replay."""
    start = time.perf_counter()
    done = subprocess.run([str(plim), "replay", "--json", *map(str, words)], cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"plim replay: exit code {done.returncode}: {done.stderr.strip()[:300]}")
    return json.loads(done.stdout)["blocks"] / seconds


def in_turn(contenders, number):
    """In the other direction in every second round."""
    return contenders if number % 2 == 0 else contenders[::-1]


def demo_rows(plim):
    rates = {"plain": [], "archived": []}
    with tempfile.TemporaryDirectory(prefix="plim-bench-") as folder:
        for number in range(ROUNDS):
            for way in in_turn(list(rates), number):
                words = ["--archive", pathlib.Path(folder) / f"{number}.db"] if way == "archived" else []
                rates[way].append(replay(plim, DEMO, *words))
    return [row("demo history, whole process, compared", "blocks/s", rates["plain"]),
            row("demo history, whole process, archive written", "blocks/s", rates["archived"],
                "without the archive", rates["plain"])]


def memory_rows(plim, full):
    """Peak memory and speed of histories of three lengths, each against the shortest."""
    lengths = LENGTHS + (LENGTH_FULL,) * full
    peaks, rates = {n: [] for n in lengths}, {n: [] for n in lengths}
    with tempfile.TemporaryDirectory(prefix="plim-bench-") as folder:
        paths = {n: pathlib.Path(folder) / f"{n}.plh" for n in lengths}
        for blocks, path in paths.items():
            run_watched(plim.parent / "storm" / "long_history", "--blocks", blocks, "--seed", 1, "-o", path)
        for number in range(ROUNDS):
            for blocks, path in in_turn(list(paths.items()), number):
                _, seconds, peak_kb, _, _ = run_watched(plim, "replay", path, "--json", "--quiet")
                peaks[blocks].append(peak_kb)
                rates[blocks].append(blocks / seconds)
    first = f"{lengths[0]} blocks"
    rows = [row(f"memory of a replay, {lengths[0]} blocks", "KB", peaks[lengths[0]])]
    rows += [row(f"memory of a replay, {n} blocks", "KB", peaks[n], first, peaks[lengths[0]]) for n in lengths[1:]]
    rows.append(row(f"long history, {lengths[0]} blocks", "blocks/s", rates[lengths[0]]))
    rows += [row(f"long history, {n} blocks", "blocks/s", rates[n], first, rates[lengths[0]]) for n in lengths[1:]]
    return rows
