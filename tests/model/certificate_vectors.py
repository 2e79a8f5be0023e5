#!/usr/bin/env python3
"""The certificates of fixtures/certificates: the model and the library must say of each what stands beside it.

  python3 tests/model/certificate_vectors.py [--say build/storm/certificate_say]
  python3 tests/model/certificate_vectors.py --write build/plim     makes the file anew
"""
import argparse
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from spec.model import certificate as maker                               # noqa: E402
from spec.model import replay, verify, witness                             # noqa: E402
from spec.model import world as world_module                               # noqa: E402
from spec.model.bytes_io import u32, u64                                   # noqa: E402
from spec.model.certificate import BASE, BLOCK, END, STATE, Claim, Request, View    # noqa: E402
from spec.model.chain import Chain, decode_block, encode_body, read_history         # noqa: E402
from spec.model.tables import Reject                                       # noqa: E402
from spec.model.values import symbol                                       # noqa: E402
from tests.model.certificate_mutants import Opened, changed, mended        # noqa: E402

FILE = ROOT / "fixtures/certificates/margin.json"
WORLD = {
    "name": "certificates", "time_s": 1700000000,
    "contracts": [{"name": "margin", "source": "margin_account.plim", "params": {"feed": 0, "initial": "150%"}}],
    "feeds": [{"name": "ETH_USD", "decimals": 8, "staleness_s": 3600, "min": "1", "max": "1000000", "note": "ETH"}],
    "accounts": ["alice", "bob", "carol", "dave"],
    "blocks": [
        {"time_s": 1700000012, "prices": {"ETH_USD": "2000.00"}, "calls": [
            {"from": "alice", "call": "margin.deposit", "args": {"amount": "1"}, "expect": "OK"},
            {"from": "alice", "call": "margin.borrow", "args": {"amount": "1200"}, "expect": "OK"},
            {"from": "carol", "call": "margin.deposit", "args": {"amount": "3"}, "expect": "OK"},
            {"from": "dave", "call": "margin.deposit", "args": {"amount": "4"}, "expect": "OK"}]},
        {"after_s": 12, "calls": [
            {"from": "bob", "call": "margin.liquidate", "args": ["alice", "600"], "expect": "Healthy"}]},
        {"after_s": 12, "prices": {"ETH_USD": "1440"}, "calls": []},
        {"after_s": 12, "calls": [
            {"from": "bob", "call": "margin.liquidate", "args": ["alice", "600"], "expect": "OK"},
            {"from": "bob", "call": "margin.liquidate", "args": ["alice", "600"], "expect": "Healthy"}]}]}
ALICE = symbol("alice")


# ---- making ----------------------------------------------------------------------------------------

class Book:
    """The history, cut to its blocks, and Cases of it as tests.model.certificate_mutants wants them."""

    def __init__(self, plim):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / "contracts/examples/margin_account.plim", folder)
            path = pathlib.Path(folder) / "certificates.world.json"
            path.write_text(json.dumps(WORLD))
            subprocess.run([plim, "run", str(path), "-o", folder + "/out"], check=True, stdout=subprocess.DEVNULL)
            self.world_raw, self.blocks = read_history(replay.load(folder + "/out/history.plh.gz"))
        self.world = world_module.decode(self.world_raw)
        self.bare = maker.without_symbols(self.world)
        functions = self.world.codes[1].code.functions
        self.health = next(i for i, f in enumerate(functions) if f.name == "position_health")
        self.report = decode_block(self.blocks[0]).reports[0]
        self.later = decode_block(self.blocks[2]).reports[0]
        self.rows = []

    def case(self, kind, height, moments=(), evidence=(), claim=None, own_world=False, first=None):
        views = [View(moment, 1, self.health, u32(0) + ALICE) for moment in moments]
        request = Request(kind, height, views, evidence, claim, first=first, without_world=not own_world)
        chain = Chain(self.world)
        for raw in self.blocks[:height - (kind == BLOCK)]:
            chain.apply(raw)
        case = copy.copy(self)
        case.chain, case.request = chain, request
        case.certificate = maker.make(chain, self.blocks, request)
        case.raw = case.certificate.encode()
        return case

    def add(self, name, raw, step, error, reason):
        self.rows.append({"name": name, "reason": reason, "step": step, "error": error, "certificate": raw.hex()})

    def good(self):
        """One of each claim kind."""
        evidence = [(0, self.later)]
        self.block = self.case(BLOCK, 4, [BASE, 1, 2, END], evidence, first=1)
        self.trigger = self.case(BLOCK, 4, [1], evidence, Claim(2, 0, ALICE, 0))
        self.below = self.case(STATE, 3, [END], evidence, Claim(3, account=ALICE, view=0))
        for name, case, reason in (
                ("block", self.block,
                 "views before, between and after two liquidations, evidence, a path from block 1"),
                ("transaction", self.case(BLOCK, 1, claim=Claim(1, 1)), "block 1: the world tells the genesis state"),
                ("trigger", self.trigger, "alice is below the line just before the transaction that liquidates her"),
                ("below", self.below, "a state: alice is below the line"),
                ("not-below", self.case(STATE, 4, [END], evidence, Claim(4, account=ALICE, view=0)),
                 "after the liquidation she is above it"),
                ("genesis", self.case(STATE, 0, own_world=True), "no header, no witness; the world inside"),
                ("untouched", self.case(STATE, 2), "nothing is asked: one pruned place is the whole witness")):
            self.add(name, case.raw, "done", "OK", reason)

    def shapes(self):
        raw, state, told = self.block.raw, self.below, self.block.certificate.views
        parts, views, half = raw[:-maker.SEAL_SIZE], state.certificate.views, len(raw) // 2
        for name, bad, reason in (
                ("bit", raw[:half] + bytes([raw[half] ^ 1]) + raw[half + 1:], "one bit in the middle"),
                ("seal-bit", raw[:-1] + bytes([raw[-1] ^ 128]), "one bit of the seal"),
                ("byte-dropped", raw[:half] + raw[half + 1:], "a byte less"),
                ("byte-added", raw[:half] + b"\0" + raw[half:], "a byte more"),
                ("bytes-swapped", raw[:9] + raw[14:15] + raw[10:14] + raw[9:10] + raw[15:], "two bytes of the height"),
                ("last-byte-dropped", raw[:-1], "the last byte of the seal"),
                ("trailing-unsealed", raw + b"\0", "one byte more than the seal"),
                ("spliced-bytes", raw[:half] + self.trigger.raw[half - len(raw):], "the end of another certificate")):
            self.add(name, bad, "shape", "CHECK", reason)
        self.add("no-seal", raw[:6 + 31], "shape", "TRUNCATED", "fewer bytes than a seal behind the format")
        self.add("cut", maker.sealed(parts[:-1]), "shape", "TRUNCATED", "the last byte of the claim is missing")
        self.add("empty", b"", "shape", "TRUNCATED", "no bytes at all")
        self.add("trailing", maker.sealed(parts + b"\0"), "shape", "TRAILING", "one byte more than the claim")
        self.add("magic", b"PLCZ" + raw[4:], "shape", "MAGIC", "the packed form's magic")
        self.add("version", raw[:5] + b"\2" + raw[6:], "shape", "VERSION", "format 2")
        self.add("kind", maker.sealed(raw[:6] + b"\3" + parts[7:]), "shape", "TYPE", "kind 3")
        self.add("body-of-state", changed(state, body=bytes(8)), "shape", "LIMIT", "a state has no body")
        self.add("views-swapped", changed(self.block, views=told[::-1]), "shape", "ORDER", "moments fall")
        self.add("view-twice", changed(self.block, views=[told[0]] + told), "shape", "ORDER", "one question twice")
        self.add("evidence-twice", changed(self.block, evidence=[(0, self.later)] * 2), "shape", "ORDER",
                 "one feed twice")
        moved = copy.copy(views[0])
        moved.moment = BASE
        self.add("moment-of-state", changed(state, views=[moved]), "shape", "RANGE", "a state has the end only")
        self.add("claim-kind", changed(state, claim=Claim(5)), "shape", "TYPE", "claims end at 4")
        self.add("claim-form", changed(state, claim=Claim(0, account=ALICE)), "shape", "CLAIM", "kind 0 has no account")
        self.add("claim-view", changed(state, claim=Claim(3, account=ALICE, view=1)), "shape", "CLAIM",
                 "there is one view")
        self.add("claim-of-state", changed(state, claim=Claim(1, 0)), "shape", "CLAIM", "a state has no transactions")

    def worlds(self):
        whole = self.case(STATE, 0, own_world=True)
        self.add("symbols", changed(whole, world=self.world_raw), "world", "SYMBOLS",
                 "names of registers are under no hash")
        bad = self.bare.replace(self.world.codes[1].code.hash, bytes(32))
        self.add("code-hash", changed(whole, world=bad), "world", "HASH", "the code is not that of the hash")
        headers = [copy.copy(h) for h in self.below.certificate.headers]
        headers[0].world_id = bytes(32)
        self.add("other-world", changed(self.below, headers=headers), "world", "WORLD_MISMATCH",
                 "the header's world is another")

    def headers(self):
        case, told = self.block, self.block.certificate.headers
        self.add("no-headers", changed(case, headers=[]), "headers", "HEIGHT", "a block needs its parent's header")
        self.add("path-too-short", changed(case, headers=told[:-1]), "headers", "HEIGHT",
                 "the block's own header is missing")
        self.add("height-0", changed(case, height=0), "headers", "HEIGHT", "there is no block 0")
        first, late = copy.copy(told[0]), copy.copy(told[0])
        first.parent = bytes(32)
        self.add("parent", changed(case, headers=[first] + told[1:]), "headers", "PARENT",
                 "block 1 follows the world id")
        late.time = 2**40
        self.add("time", changed(case, headers=[late] + told[1:]), "headers", "TIME", "block 2 is before block 1")

    def witnesses(self):
        case = self.trigger
        opened = Opened(case)

        def forged(name, kind, make, step, error, reason):
            read, places = opened.fresh()
            parent, side, place, depth, bits = next(p for p in places if p[2].kind == kind)
            parent.sides[side] = make(place, depth, bits)
            self.add(name, changed(case, witness=u64(read.row_count) + witness.encode(read.top)), step, error, reason)

        place = witness.Place
        forged("needless-opening", witness.PRUNED, lambda p, d, b: opened.true(d, b, 1), "whole", "WITNESS_EXTRA",
               "a subtree opened one step further, though nothing asks for it")
        forged("needless-row", witness.PRUNED, lambda p, d, b: opened.true(d, b, 300), "whole", "WITNESS_EXTRA",
               "a row that nobody reads")
        forged("row-pruned", witness.ROW, lambda p, d, b: place(witness.PRUNED, p.hash), "block", "WITNESS_LACKS",
               "a row that is read is hidden behind its hash")
        forged("row-as-leaf", witness.ROW, lambda p, d, b: place(witness.LEAF, p.hash, p.path, p.row_hash), "block",
               "WITNESS_LACKS", "a leaf tells that there is a row, not what is in it")
        forged("pruned-zero", witness.PRUNED, lambda p, d, b: place(witness.PRUNED, bytes(32)), "witness",
               "PROOF_SHAPE",
               "zero is the empty place, which has its own form")
        forged("pruned-other", witness.PRUNED, lambda p, d, b: place(witness.PRUNED, b"\1" * 32), "witness",
               "PROOF_ROOT", "another hash")
        forged("other-row", witness.ROW, lambda p, d, b: place(witness.ROW, where=(p.where[0], 900, p.where[2]),
                                                              row=p.row), "witness", "PROOF_SHAPE", "no such table")
        raw = case.certificate.witness
        self.add("row-count", changed(case, witness=u64(int.from_bytes(raw[:8], "big") + 1) + raw[8:]), "witness",
                 "PROOF_ROOT", "the row count is under the root")
        self.add("witness-trailing", changed(case, witness=raw + b"\0"), "witness", "TRAILING",
                 "a byte after the top node")
        self.add("witness-cut", changed(case, witness=raw[:-1]), "witness", "TRUNCATED", "a node lacks its end")
        self.add("witness-of-genesis", changed(self.case(STATE, 0), witness=bytes(9)), "witness", "PROOF_SHAPE",
                 "the world tells the genesis state")

    def blocks_and_views(self):
        case, block = self.trigger, decode_block(self.blocks[3])
        less = copy.copy(block.transactions[0])
        less.gas_limit -= 1
        body = encode_body([], [less.encode(), block.transactions[1].encode()])
        self.add("gas-limit", changed(case, body=body), "block", "BODY_HASH", "a gas limit one lower")
        body = encode_body([], [block.transactions[1].encode()])
        self.add("transaction-left-out", changed(case, body=body, headers=mended(case, body)), "block",
                 "RECEIPTS_ROOT", "one transaction less under a body hash that fits")
        body = encode_body([self.report], [tx.encode() for tx in block.transactions])
        self.add("old-report", changed(case, body=body, headers=mended(case, body)), "block",
                 "RECEIPTS_ROOT", "a report of an older round slipped in")
        headers = [copy.copy(h) for h in case.certificate.headers]
        headers[-1].state_root = bytes(32)
        self.add("state-root", changed(case, headers=headers), "block", "STATE_ROOT", "the block leads elsewhere")
        view = copy.copy(case.certificate.views[0])
        view.result = view.result[:-1] + bytes([view.result[-1] ^ 1])
        self.add("inside-view", changed(case, views=[view]), "block", "VIEW",
                 "answers otherwise before the transaction")
        view = copy.copy(self.below.certificate.views[0])
        view.function += 100
        self.add("no-view", changed(self.below, views=[view]), "views", "VIEW", "there is no such function")
        view = copy.copy(case.certificate.views[0])
        view.moment = 5
        self.add("moment-of-block", changed(case, views=[view]), "block", "RANGE", "two transactions end at moment 4")

    def ends(self):
        case = self.trigger
        for name, report, reason in (("other-round", self.report, "the price in the state is a later one"),
                                     ("evidence-bit", self.later[:-1] + bytes([self.later[-1] ^ 1]), "a signature bit"),
                                     ("evidence-cut", self.later[:-1], "no report")):
            self.add(name, changed(case, evidence=[(0, report)]), "evidence", "EVIDENCE", reason)
        told = self.case(BLOCK, 3)
        self.add("evidence-of-the-block", changed(told, evidence=[(0, self.later)]), "evidence", "EVIDENCE",
                 "what the block accepts stands in its body")
        self.add("other-account", changed(case, claim=Claim(2, 0, symbol("bob"), 0)), "claim", "CLAIM",
                 "the view is about alice")
        self.add("refused", changed(case, claim=Claim(1, 1)), "claim", "CLAIM",
                 "transaction 1 was refused by the contract")
        self.add("no-transaction", changed(case, claim=Claim(1, 2)), "claim", "CLAIM", "the block has two")
        self.add("not-below-she-is", changed(self.below, claim=Claim(4, account=ALICE, view=0)), "claim", "CLAIM",
                 "she is below")

    def packings(self):
        good = maker.pack(self.below.raw)
        bad = good[:-1] + bytes([good[-1] ^ 1])
        large = good[:6] + b"\xff" + good[7:]
        return [{"name": name, "error": error, "packed": raw.hex()} for name, error, raw in (
            ("good", "OK", good), ("bit", "CHECK", bad), ("cut", "CHECK", good[:-1]), ("head-cut",
             "TRUNCATED", good[:41]),
            ("magic", "MAGIC", b"PLCT" + good[4:]), ("version", "VERSION", good[:5] + b"\2" + good[6:]),
            ("size", "LIMIT", large), ("trailing", "CHECK", good + b"\0"))]


def write(plim):
    book = Book(plim)
    for part in (book.good, book.shapes, book.worlds, book.headers, book.witnesses, book.blocks_and_views, book.ends):
        part()
    document = {"schema": "plimsoll/certificates/1", "world": book.world_raw.hex(), "certificates": book.rows,
                "packed": book.packings()}
    FILE.write_text(json.dumps(document, indent=1) + "\n")


# ---- checking --------------------------------------------------------------------------------------

def opened(raw):
    try:
        maker.unpack(raw)
        return "OK"
    except Reject as reject:
        return reject.name


def check(say):
    document = json.loads(FILE.read_text())
    world = bytes.fromhex(document["world"])
    problems, library = [], None
    if say:
        from tests.model.certificate_say import Library
        library = Library(say)
    for row in document["certificates"]:
        raw, wanted = bytes.fromhex(row["certificate"]), (row["step"], row["error"])
        for who, said in (("model", verify.verify(raw, world).pair()),
                          ("library", library.judge(raw, world) if library else wanted)):
            if said != wanted:
                problems.append("%s: the %s says %s, the file %s" % (row["name"], who, said, wanted))
    for row in document["packed"]:
        said = opened(bytes.fromhex(row["packed"]))
        if said != row["error"]:
            problems.append("%s: the model says %s, the file %s" % (row["name"], said, row["error"]))
    for problem in problems:
        print("FAIL " + problem)
    count = len(document["certificates"]) + len(document["packed"])
    print("%d passed, %d failed" % (count - len(problems), len(problems)))
    return 1 if problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--say", help="the library's program; without it the model is alone")
    parser.add_argument("--write", help="a plim that runs the world")
    options = parser.parse_args()
    if options.write:
        write(options.write)
    return check(options.say)


if __name__ == "__main__":
    sys.exit(main())
