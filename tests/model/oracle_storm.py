#!/usr/bin/env python3
"""Changed and made-up oracle reports through the model and the library: both must say the same.

  python3 tests/model/oracle_storm.py [--mutants N] [--seed S] [--only FORMAT] [--say PROGRAM] [FILE...]

N payloads of each format: half are genuine ones (of FILE, else fixtures/oracle) with changed bytes, half are
made with fields at their edges (oracle_made.py). Signer sets are fitted to many of them afterwards, so that the
rules behind the signatures are reached. Clock, last price, quorum, subject and rules vary too. Compared are
the errors' names, or every member of the reading and of the accepted price."""
import argparse
import collections
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from spec.model import oracle                                           # noqa: E402
from spec.model.bytes_io import u32                                     # noqa: E402
from spec.model.formats import shared                                   # noqa: E402
from spec.model.tables import FORMATS, Reject                           # noqa: E402
from tests.model import oracle_made                                     # noqa: E402
from tests.model.oracle_rows import FOREVER, HIGH, LOW, Case, Document, Library    # noqa: E402

VAA, PNAU, OCR1, OCR2, STREAMS = 5, 6, 2, 3, 4
MEMBERS_MAX = 40


# ---- changed bytes --------------------------------------------------------------------------------

def change(rng, data):
    """One small change, as an attacker or a broken line would make it."""
    if not data:
        return bytes(rng.randrange(1, 40))
    kind = rng.randrange(9)
    if kind < 3:
        return put(data, rng.randrange(len(data)), lambda b: b ^ 1 << rng.randrange(8))
    if kind == 3:
        return put(data, rng.randrange(len(data)), lambda b: rng.randrange(256))
    if kind < 6:
        return change_number(rng, data)
    if kind == 6:
        return swap(rng, data)
    if kind == 7:
        return repeat(rng, data)
    size = rng.randrange(1, 41)
    return data[:-size] if rng.random() < 0.5 else data + bytes(rng.choice([0, 0, 7]) for _ in range(size))


def put(data, at, function):
    return data[:at] + bytes([function(data[at])]) + data[at + 1:]


def change_number(rng, data):
    width = rng.choice([32, 8, 4, 2, 1])
    if len(data) < width:
        return data
    at = rng.randrange(len(data) // width) * width + rng.choice([0, 0, 4])
    at = min(at, len(data) - width)
    value = int.from_bytes(data[at:at + width], "big")
    value = rng.choice([0, 2**(8 * width) - 1, value ^ 2**(8 * width - 1), value + 1, value - 1, value + 2])
    return data[:at] + (value % 2**(8 * width)).to_bytes(width, "big") + data[at + width:]


def swap(rng, data):
    width = rng.choice([32, 64, 65, 66, 85, 142, 20, 1])
    if len(data) < 2 * width:
        return data
    a = rng.randrange(len(data) - 2 * width + 1)
    b = rng.randrange(a + width, len(data) - width + 1)
    return data[:a] + data[b:b + width] + data[a + width:b] + data[a:a + width] + data[b + width:]


def repeat(rng, data):
    """A stretch once more behind itself, or left out."""
    width = rng.choice([32, 64, 65, 66, 85, 142, 20, 1])
    if len(data) < width:
        return data
    at = rng.randrange(len(data) - width + 1)
    return data[:at] + data[at:at + width] * rng.choice([0, 2]) + data[at + width:]


# ---- signer sets that fit -------------------------------------------------------------------------

class Growing(list):
    """Members that take in whoever signs."""

    def __contains__(self, member):
        if not list.__contains__(self, member) and len(self) < MEMBERS_MAX:
            self.append(member)
        return list.__contains__(self, member)


def fit(rng, case):
    """Puts the signers of the payload into the feed's sets."""
    feed = case.feed
    if feed.format in (VAA, PNAU):
        fit_guardians(rng, case)
        return
    quorums = [signer_set.quorum for signer_set in feed.sets]
    found = Growing()
    for quorum in [*quorums, 1, 2, 3, 4, 5]:
        for signer_set in feed.sets:
            signer_set.members, signer_set.quorum = found, quorum
        case.model()
        if found:
            break
    members = list(found) or [bytes([9]) * 20]
    if rng.random() < 0.2 and len(members) > 1:
        members.pop()
    members += [bytes([9 + i]) * 20 for i in range(rng.choice([0, 0, 3]))]
    for signer_set in feed.sets:
        signer_set.members = members if FORMATS[feed.format].named else sorted(set(members))
        usual = len(found) if FORMATS[feed.format].exact else rng.choice([1, 1, len(found), 2])
        signer_set.quorum = clip(usual, signer_set)


def clip(quorum, signer_set):
    return min(max(quorum, 1), len(signer_set.members))


def fit_guardians(rng, case):
    """A guardian has a place: it is put there."""
    vaa = case.payload
    if case.feed.format == PNAU:
        at = 8 + (vaa[6] if len(vaa) > 6 else 0)
        vaa = vaa[at + 2:at + 2 + int.from_bytes(vaa[at:at + 2], "big")]
    if len(vaa) < 6:
        return
    body = 6 + 66 * vaa[5]
    digest = shared.keccak256(shared.keccak256(vaa[body:]))
    for signer_set in case.feed.sets:
        signer_set.members = [bytes([100 + i]) * 20 for i in range(len(signer_set.members))]
    for at in range(6, min(body, len(vaa) - 66), 66):
        try:
            address = shared.address(digest, vaa[at + 1:at + 33], vaa[at + 33:at + 65], vaa[at + 65],
                                     shared.Strict())
        except Reject:
            continue
        for signer_set in case.feed.sets:
            if vaa[at] < len(signer_set.members) and address not in signer_set.members:
                signer_set.members[vaa[at]] = address
    if rng.random() < 0.08:     # known guardians at places that are not theirs
        case.feed.sets[0].members.reverse()


# ---- feeds ----------------------------------------------------------------------------------------

def copy(case):
    """A Case whose feed may be changed."""
    feed = oracle.Feed("", 0, 0, 0, 0, 0, 0, [], "")
    vars(feed).update(vars(case.feed))
    feed.sets = [oracle.SignerSet(list(s.members), s.quorum, s.from_s, s.until_s, s.id)
                 for s in case.feed.sets]
    return Case(case.payload, feed, case.now_ns, case.last)


def made(rng, number):
    payload, subject, *sets = oracle_made.MADE[number](rng)
    feed = oracle.Feed("made", number, 8, FOREVER, FOREVER, LOW, HIGH, [], "")
    feed.subject, feed.rules, feed.rounding = subject, rng.randrange(2), rng.randrange(4)
    if FORMATS[number].scale == "FEED":
        feed.wire_decimals = rng.choice([8, 8, 0, 18, 77])
    feed.decimals = rng.choice([8, 18, feed.wire_decimals])
    ids = {OCR1: [bytes(16) + b"c" * 16], OCR2: [b"\0\1" + b"c" * 30],
           STREAMS: [b"\0\6" + b"c" * 30, b"\0\x09" + b"c" * 30], VAA: [bytes(28) + u32(4)],
           PNAU: [bytes(28) + u32(4)]}.get(number, [bytes(32)])
    feed.sets = sets[0] if sets else [oracle.SignerSet([bytes([7 + i]) * 20 for i in range(6)],
                                                       rng.choice([1, 1, 2]), id_=id_) for id_ in ids]
    return Case(payload, feed, oracle_made.NOW * 10**9)


def vary(rng, case):
    """Clock, history and rules around what the payload says."""
    feed = case.feed
    if rng.random() < 0.15:
        one = rng.choice(feed.sets)
        one.quorum = clip(one.quorum + rng.choice([-1, 1]), one)
    if rng.random() < 0.05:
        one = rng.choice(feed.sets)
        now = case.now_ns // 10**9
        one.from_s, one.until_s = rng.choice([(0, now), (0, now + 1), (now, now + 1), (now + 1, now + 2)])
    if rng.random() < 0.12:
        feed.subject = rng.choice([b"", feed.subject[:-1], feed.subject + b"x", bytes(len(feed.subject)),
                                   feed.subject[:34]])
    if rng.random() < 0.3:
        vary_policy(rng, case)


def vary_policy(rng, case):
    said = case.model()[2]
    feed, step = case.feed, rng.choice([-1, 0, 1])
    if not said:
        return
    if rng.random() < 0.5:
        round_ = min(max(int(said["order"]) + step, 0), 2**64 - 1)
        case.last = oracle.Price(rng.choice([0, 1, int(said.get("price", 5))]), 8, 0, round_,
                                 set_=min(1, len(feed.sets) - 1) if rng.random() < 0.3 else 0)
        feed.deviation_bps = rng.choice([0, 0, 1, 10000])
    elif "time_s" in said and int(said["time_s"]) < 2**40:
        time_ns = int(said["time_s"]) * 10**9 + int(said["time_ns"])
        feed.staleness_s, feed.future_s = rng.choice([0, 60]), rng.choice([0, 60])
        case.now_ns = max(0, time_ns + rng.choice([feed.staleness_s, -feed.future_s]) * 10**9
                          + step * rng.choice([1, 1000, 10**9]))
    feed.confidence_bps = rng.choice([0, 0, 0, 1, 10**6])


def mutant(rng, number, genuine):
    if not genuine or rng.random() < 0.5:
        case = made(rng, number)
        changes = rng.choice([0, 0, 0, 1])
        share = 0.93
    else:
        case = copy(rng.choice(genuine))
        case.feed.rules = rng.randrange(2)
        changes, share = rng.choice([1, 1, 2, 3]), 0.5
    for _ in range(changes):
        case.payload = change(rng, case.payload)
    if number not in oracle_made.SIGNED_HERE and rng.random() < share:
        fit(rng, case)
    vary(rng, case)
    return case


# ---- the storm ------------------------------------------------------------------------------------

def load(files):
    """Valid rows by format: the ten shortest of each."""
    found = collections.defaultdict(list)
    for file in files:
        document = Document(file)
        for row in document.rows:
            if row["expect"] == "valid":
                found[document.format] += document.cases(row, 0)
    return {number: sorted(cases, key=lambda case: len(case.payload))[:10]
            for number, cases in found.items()}


def differences(mine, theirs):
    if mine[:2] != theirs[:2]:
        return "%s, C %s" % (mine[:2], theirs[:2])
    keys = sorted(key for key in {**mine[2], **theirs[2]} if mine[2].get(key) != theirs[2].get(key))
    return "; ".join("%s %s, C %s" % (key, mine[2].get(key), theirs[2].get(key)) for key in keys)


def storm(number, genuine, options, library):
    """(outcomes, problems) of one format."""
    rng = random.Random("%d %d" % (options.seed, number))
    outcomes, problems = collections.Counter(), []
    for _ in range(options.mutants):
        case = mutant(rng, number, genuine)
        mine, theirs = case.model(), library.ask(case)
        outcomes[mine[0] if mine[0] != "OK" or mine[1] == "-" else mine[1]] += 1
        if mine != theirs:
            problems.append("%s: the model says %s | frame %s" % (
                FORMATS[number].name, differences(mine, theirs), case.frame().hex()))
    return outcomes, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="formats whose name contains this")
    parser.add_argument("--say", default="build/storm/oracle_say")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    genuine = load(options.files or sorted((ROOT / "fixtures/oracle").glob("*.json")))
    library, passed, failed = Library(options.say), 0, 0
    for number in sorted(oracle_made.MADE):
        if options.only not in FORMATS[number].name:
            continue
        outcomes, problems = storm(number, genuine.get(number), options, library)
        for problem in problems[:5]:
            print("FAIL " + problem)
        print("%-24s %s" % (FORMATS[number].name, ", ".join("%d %s" % (n, name) for name, n
                                                            in outcomes.most_common())), flush=True)
        passed, failed = passed + options.mutants - len(problems), failed + len(problems)
        if outcomes["OK"] == 0:
            print("FAIL %s: nothing was accepted" % FORMATS[number].name)
            failed += 1
    if library.close() != 0:
        failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
