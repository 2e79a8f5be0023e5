#!/usr/bin/env python3
"""Oracle reports through the Python model (spec/model/formats) and through the C library.

  python3 tests/model/oracle_vectors.py [--say build/storm/oracle_say] [--data DIR] [FILE...]

Every row of the vector files, under the deployed and under the strict rules: the model's verdict
and reason are those of the file, price and signers too, and model and library agree in the error's
name or in the whole reading. Without FILE: fixtures/oracle, and the whole collection when it is there.
"""
import argparse
import collections
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))


from tests.model.oracle_rows import REASONS, Document, Library      # noqa: E402

MODES = ("deployed", "strict")


class Tally:
    def __init__(self):
        self.passed, self.problems = 0, []
        self.counts = collections.OrderedDict()

    def say(self, format_, what, good, problem):
        counts = self.counts.setdefault(format_, collections.Counter())
        counts[what] += 1
        if good:
            self.passed += 1
        else:
            counts[what + " wrong"] += 1
            self.problems.append(problem)


def outcome(answer):
    """The name of the first error, or OK."""
    read, check, _ = answer
    return read if read != "OK" or check == "-" else check


def expected(row, mode):
    """Names of errors that the file's reason allows; OK for a valid row."""
    reason = row["reason_strict"] if mode else row["reason"]
    verdict = row["expect_strict"] if mode else row["expect"]
    if verdict == "valid":
        return {"OK"}
    names = set(REASONS[reason].split())
    if row["format"].startswith("maker-") and reason == "stale":
        names = {"STALE"}
    return names


def misses(row, case, answer, mode):
    """What the file states and the reading does not say, or an empty list."""
    found, wrong = answer[2], []
    price = case.price
    if price is not None and not (row["format"] == "chainlink-ocr2" and "price" not in found):
        value = price["value"] if mode or "value_first_k" not in price else price["value_first_k"]
        if value is not None and found.get("price") != str(value):
            wrong.append("price %s, not %s" % (found.get("price"), value))
        if price.get("expo") is not None and found.get("exponent") != str(price["expo"]):
            wrong.append("exponent %s, not %s" % (found.get("exponent"), price["expo"]))
        if price.get("conf") is not None and found.get("confidence") != price["conf"]:
            wrong.append("confidence %s, not %s" % (found.get("confidence"), price["conf"]))
    wrong += missed_signers(row, case, found)
    return wrong


def missed_signers(row, case, found):
    signatures = row.get("signatures") or []
    digests = {s.get("digest", found["digest"]).removeprefix("0x") for s in signatures}
    if signatures and row["format"] != "dlc-attestation" and found["digest"] not in digests:
        return ["digest %s is none of the row's" % found["digest"]]
    members = case.feed.sets[int(found["set"])].members
    said = {members[int(n)].hex() for n in found["signers"].split(",") if n}
    stated = {s["recovered"].removeprefix("0x").lower() for s in signatures if s.get("recovered")}
    if row["format"] == "redstone" and said <= stated:
        return []               # a feed's signers, not the payload's
    if stated and said != stated:
        return ["signers %s, not %s" % (sorted(said), sorted(stated))]
    return []


def replayed(row, answer):
    """Whoever consumes a VAA keeps the digests that it has seen."""
    seen = (row["context"] or {}).get("seen_digests", [])
    if answer[2].get("digest") in [digest.removeprefix("0x") for digest in seen]:
        return "REPLAY", "-", {}
    return answer


def other_plugin(row, case, answer):
    """A report of another plugin has no price; the file judges its order and signatures."""
    if outcome(answer) != "NO_VALUE" or (row["context"] or {}).get("kind") != "other":
        return answer
    last, found = case.last, answer[2]
    if last is not None and int(found["order"]) <= last.round:
        return "REPLAY", "-", {}
    return found.get("strict", "OK"), "-", found


def run_row(document, row, library, tally):
    name = document.name
    for mode in (0, 1):
        where = "%s %s" % (row["id"], MODES[mode])
        names, wrong = [], []
        for case in document.cases(row, mode):
            mine, theirs = case.model(), library.ask(case)
            tally.say(name, "C agrees", mine == theirs,
                      "%s: the model says %s, C %s" % (where, mine, theirs))
            mine = other_plugin(row, case, mine) if name == "chainlink-ocr2" else replayed(row, mine)
            names.append(outcome(mine))
            if names[-1] == "NO_VALUE" and not row["prices"]:
                names[-1] = "OK"        # an outcome in words: attested, but no price
            if names[-1] == "OK" and row.get("signatures"):
                wrong += misses(row, case, mine, mode)
        first = next((n for n in names if n != "OK"), "OK")
        tally.say(name, "verdict", (first == "OK") == ("OK" in expected(row, mode)),
                  "%s: the model says %s, the file %s" % (where, first, sorted(expected(row, mode))))
        tally.say(name, "reason", first in expected(row, mode),
                  "%s: the model says %s, the file %s" % (where, first, sorted(expected(row, mode))))
        tally.say(name, "reading", not wrong, "%s: %s" % (where, "; ".join(wrong)))


def run_files(files, program):
    tally, library, seen = Tally(), Library(program), set()
    for file in files:
        document = Document(file)
        for row in document.rows:
            if json.dumps(row, sort_keys=True) not in seen:     # shipped rows are part of the whole
                seen.add(json.dumps(row, sort_keys=True))
                run_row(document, row, library, tally)
    tally.say("all", "clean end", library.close() == 0, "oracle_say failed")
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--say", default="build/storm/oracle_say")
    parser.add_argument("--data", default="../shared/data", help="folder that may have oracle-vectors")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    whole = pathlib.Path(options.data) / "oracle-vectors"
    files = options.files or (sorted((ROOT / "fixtures/oracle").glob("*.json"))
                              + (sorted(whole.glob("*.json")) if whole.is_dir() else []))
    tally = run_files(files, options.say)
    for problem in tally.problems[:40]:
        print("FAIL " + problem[:1500])
    for name, counts in tally.counts.items():
        print("%-24s %s" % (name, ", ".join("%d %s" % (n, what) for what, n in counts.items())))
    print("%d passed, %d failed" % (tally.passed, len(tally.problems)))
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
