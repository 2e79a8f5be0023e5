#!/usr/bin/env python3
"""Every row of signed prices with a known outcome, under the deployed and under the strict rules.

  python3 tests/oracle_vectors.py [--data DIR] BUILD...     BUILD/plim reads fixtures/oracle, and DIR/oracle-vectors

A row counts twice, once for each set of rules. Ends with "N passed, N failed".
"""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("builds", nargs="+")
    parser.add_argument("--data", default="")
    options = parser.parse_args()
    files = sorted((ROOT / "fixtures/oracle").glob("*.json"))
    whole = pathlib.Path(options.data or "nowhere") / "oracle-vectors"
    files += sorted(whole.glob("*.json"))
    passed = failed = 0
    for build in options.builds:
        run = subprocess.run([f"{build}/plim", "oracle", "vectors", "--json", *map(str, files)], cwd=ROOT,
                             capture_output=True, text=True)
        if run.returncode not in (0, 1):
            sys.exit(f"{build}: {run.stderr}")
        for file in json.loads(run.stdout)["files"]:
            good = file["agreed_deployed"] + file["agreed_strict"]
            passed += good
            failed += 2 * file["rows"] - good
            print(f"{build} {file['file']}: {file['rows']} rows, {len(file['disagreements'])} disagreements")
            for row in file["disagreements"][:10]:
                print(f"  {row['id']} {row['mode']}: expected {row['expected']}, got {row['got']}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
