#!/usr/bin/env python3
"""The certificate storm at its full size, part by part: over a history of a small world, made here, whose certificates
are a few thousand bytes, and over shipped histories of the large contracts.

  python3 tests/storm/certificates_full.py [--build build] [--seed S] [--part NAME] [--size FRACTION]

flips     every single bit of 200 certificates (all refused), and 10^6 bits under a seal made anew
mutants   10^7 copies of 200 certificates, forged by rule and sealed
states    the same for certificates of states, a tenth of it
large     5 * 10^5 forged and sealed copies of certificates of the shipped histories
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "contracts/examples/margin_account.plim"
ACCOUNTS = ["alice", "bob", "carol", "dave", "erin", "frank"]
BLOCKS, CERTIFICATES = 320, 200
LARGE = ["aave-v3-seed-5", "aave-v3.6-seed-2", "compound-v3-seed-16", "maker-dss-seed-2", "morpho-blue-seed-14",
         "liquity-v1-seed-7"]


def small_world(seed):
    """Deposits, loans and liquidations of six accounts under a price that wanders."""
    rng, price = random.Random(seed), 2000
    blocks = []
    for number in range(BLOCKS):
        block = {"after_s": rng.randrange(1, 60), "calls": []}
        if number == 0:
            block = {"time_s": 1700000012, "calls": []}
        if number % 3 == 0:
            price = max(200, min(9000, round(price * rng.uniform(0.8, 1.22))))
            block["prices"] = {"ETH_USD": "%d.%02d" % (price, rng.randrange(100))}
        for _ in range(rng.choice([1, 1, 2, 3])):
            who, other = rng.choice(ACCOUNTS), rng.choice(ACCOUNTS)
            what = rng.choice(["deposit", "deposit", "borrow", "borrow", "liquidate", "liquidate"])
            amount = str(rng.randrange(1, 9) if what == "deposit" else rng.randrange(100, 4000))
            args = [other, amount] if what == "liquidate" else [amount]
            block["calls"].append({"from": who, "call": "margin." + what, "args": args})
        blocks.append(block)
    return {"name": "small", "time_s": 1700000000,
            "contracts": [{"name": "margin", "source": SOURCE.name, "params": {"feed": 0}}],
            "feeds": [{"name": "ETH_USD", "decimals": 8, "staleness_s": 3600, "min": "1", "max": "1000000"}],
            "accounts": ACCOUNTS, "blocks": blocks}


def small_history(plim, folder, seed):
    path = pathlib.Path(folder) / "small.world.json"
    path.write_text(json.dumps(small_world(seed)))
    shutil.copy(SOURCE, folder)
    subprocess.run([plim, "run", path, "-o", folder + "/out"], check=True, stdout=subprocess.DEVNULL)
    return folder + "/out/history.plh.gz"


def parts(size):
    """name -> (options of the storm, whether over the small world)."""
    def many(count):
        return str(max(1, int(count * size)))
    certificates = many(CERTIFICATES)
    return {
        "flips": (["--certificates", certificates, "--every", "1", "--flips", "all", "--sealed", "5000",
                   "--mutants", "0"], True),
        "mutants": (["--certificates", certificates, "--every", "1", "--flips", "0", "--sealed", "0",
                     "--mutants", "76000"], True),
        "states": (["--states", "--certificates", certificates, "--every", "1", "--flips", "2000", "--sealed", "500",
                    "--mutants", "10000"], True),
        "large": (["--certificates", many(10), "--every", "17", "--flips", "1000", "--sealed", "1000",
                   "--mutants", "10500"], False)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", help="only this one")
    parser.add_argument("--size", type=float, default=1.0, help="so much of the certificates")
    options = parser.parse_args()
    build, failed = ROOT / options.build, 0
    with tempfile.TemporaryDirectory() as folder:
        small = small_history(build / "plim", folder, options.seed)
        for name, (words, is_small) in parts(options.size).items():
            if options.part not in (None, name):
                continue
            paths = [small] if is_small else ["fixtures/histories/%s/history.plh.gz" % history for history in LARGE]
            print("==", name, *words, "--seed", options.seed, flush=True)
            failed += subprocess.run([build / "storm/certificate_storm", *words, "--seed", str(options.seed), *paths],
                                     cwd=ROOT).returncode != 0
    print("%d parts failed" % failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
