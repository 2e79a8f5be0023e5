#!/usr/bin/env python3
"""Imports the exports of the data folder whole, replays them, and expects what was once found out about each.

  python3 tests/exports.py --data ../shared/data [--plim build/plim]

A set that is not there is passed over. One line a check; ends with "N passed, N failed".
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

SEIZED = ("units seized", "different", "not known")
CEILING = ("ceiling of DssAutoLine", "different", "rows that the source lacks: the debt of all vaults is off by them")
SETS = (  # command, folder, more words, blocks, liquidations, refused calls, values that differ by class
    ("maker-ethb", "maker-ethb", ("--prices", "prices/eth_usdt_1h_2021-04_2023-01.csv.gz"), 24329, 499, 0,
     {("bite: debt", "different", "not known"): 2, ("bark: debt", "different", "not known"): 2, CEILING: 517}),
    ("maker-black-thursday", "maker-black-thursday", (), 5849, 4865, 0, {}),
    ("compound-2020-11-26", "compound-2020-11-26", (), 142, 141, 0, {SEIZED: 2}),
)


def run(*words):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True)


def check(plim, data, spec, folder):
    """Returns [(ok, text)]."""
    command, name, more, blocks, liquidations, refused, different = spec
    words = [data / word if "/" in word else word for word in more]
    made = run(plim, "import", command, data / name, "-o", folder, *words)
    if made.returncode:
        return [(False, f"{command}: import exits {made.returncode}: {made.stderr.strip()[:300]}")]
    told = json.loads(run(plim, "replay", folder, "--json").stdout)
    found = {(c["column"], c["class"], c["by"]): c["values"] for c in told["classes"] if c["class"] == "different"}
    pairs = (("blocks", told["blocks"], blocks), ("liquidations", told["liquidations"], liquidations),
             ("refused", told["reverts"], refused), ("different", found, different),
             ("compared with what was recorded", told["mismatches"], sum(different.values())))
    lines = [(got == want, f"{command}: {what} {got}" + ("" if got == want else f", expected {want}"))
             for what, got, want in pairs]
    if command == "maker-black-thursday":
        lines.append(("| 1293 | 1300 |" in made.stdout, "maker-black-thursday: sales for nothing"))
    if command == "maker-ethb":
        page = (pathlib.Path(folder) / "README.md").read_text()
        lines.append(("| 14051737 | 26877 | bark of a part" in page, "maker-ethb: the bark of a part has its room"))
        lines.append((page.count("missing in the source") == 10, "maker-ethb: ten rows that the source lacks"))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data", type=pathlib.Path)
    parser.add_argument("--plim", default="build/plim")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="plim-exports-") as folder:
        for spec in SETS:
            if (options.data / spec[1]).is_dir():
                for ok, text in check(options.plim, options.data, spec, pathlib.Path(folder) / spec[0]):
                    print("ok  " if ok else "FAIL", text)
                    passed, failed = passed + ok, failed + (not ok)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
