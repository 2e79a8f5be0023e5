"""Random histories for two implementations to agree on.

python3 -m spec.model.random_programs --count N --seed S --out DIR

Writes N history files, each a random world with random blocks whose roots and receipts hashes are
the model's. About one in six ends with a block that breaks one rule of spec 06 §2, or with a body
damaged at random; one in 25 is a calculator (calculator.py); with --corners those of corners.py
come on top. index.txt has one line per file: name, blocks that hold, state root after them, and the
verdict on the last block (OK, or the error that a replay must name).

proofs.txt has proofs against those roots (spec 04 §4): file, contract, table, key, the one proof,
a damaged proof and what a verifier says of it; bytes in hex, `-` for none.

With --containers M also DIR/code/*.plc, valid and damaged containers; code/index.txt: name, OK and
code hash, or the error's name. With --worlds M also DIR/worlds/*.plw, damaged worlds;
worlds/index.txt: name, OK and genesis root, or the error's name. In what is damaged the error says
which rule the model met first; only OK or not must agree. Worlds called bent-* have a feed with odd
rules in an otherwise good world: there the error must agree too.

With --policy M also DIR/policy.txt: M rows of random_policy.py.
"""
import argparse
import os
import random

from . import calculator, corners, random_policy
from . import world as world_module
from .chain import Chain, Header, Transaction, write_history
from .code import TX
from .damage import damaged, write_containers, write_proofs, write_worlds
from .encode import container
from .feeds import has_stages
from .hashes import tagged
from .random_code import random_contract, random_interface
from .random_feeds import TIME, Keys, random_feeds, random_report
from .random_schema import random_value
from .secp256k1 import sign
from .tables import Reject
from .world import AUTH_SECP256K1, World

def random_world(rng):
    world = World()
    world.name = "random"
    world.tx_auth = int(rng.random() < 0.25)
    world.seed = rng.getrandbits(64)
    world.time = TIME
    world.tx_gas_max = 30_000
    world.hook_gas = rng.choice([300, 3000])
    count = rng.randint(1, 3)
    interface = random_interface(rng)
    codes = []
    for i in range(count):
        code = random_contract(rng, "c%d" % i, count, interface)
        codes.append(code)
        world.contracts.append(("c%d" % i if i else "x" * 31, container(code, rng.random() < 0.5)))
    world.feeds = random_feeds(rng)
    world.labels = [("account of nobody", 0, bytes(32)), ("", 2, b"\xff" * 32)][:rng.randint(0, 2)]
    rows = {}
    for contract, code in enumerate(codes, 1):
        for number, table in enumerate(code.tables):
            for _ in range(1 if table.params else rng.choice([0, 0, 3, 8])):
                key = b"".join(f.type.store(random_value(rng, f.type, True)) for f in table.keys)
                row = b"".join(genesis_value(rng, table, f) for f in table.values)
                rows[contract, number, key] = row
    world.rows = [(*place, row) for place, row in sorted(rows.items())]
    return world


def genesis_value(rng, table, field):
    if field.low is not None:
        return rng.choice([field.low, field.high])
    return field.type.store(random_value(rng, field.type))


# ---- transactions ----------------------------------------------------------------------------

def random_transaction(rng, chain):
    """A transaction that is mostly run; otherwise it breaks one of the rules of spec 06 §3."""
    world = chain.world
    number = rng.randint(1, len(world.codes))
    functions = world.codes[number].code.functions
    entries = [i for i, f in enumerate(functions) if f.public and f.effect == TX]
    index = rng.choice(entries)
    arguments = b"".join(f.type.store(random_value(rng, f.type))
                         for f in functions[index].parameters)
    signer = rng.randrange(3)
    caller = b"caller %d" % signer + bytes(24)
    nonce = 0
    if world.tx_auth == AUTH_SECP256K1:
        caller = tagged("account", Keys.PUBLIC[signer])
        row = chain.state.get(0, 2, caller)
        nonce = int.from_bytes(row or b"", "big") + chain.pending.get(caller, 0)
    tx = Transaction(number, index, caller, nonce,
                     rng.choice([30_000, 30_000, 2000, 500, rng.randrange(800)]), arguments)
    bend = rng.choice([""] * 16 + ["contract", "function", "private", "gas", "arguments", "long",
                                   "nonce", "at", "sign"])
    if bend == "contract":
        tx.contract = rng.choice([0, len(world.codes) + 1])
    elif bend == "function":
        tx.function = len(functions)
    elif bend == "private":
        tx.function = rng.randrange(len(functions))
    elif bend == "gas":
        tx.gas_limit = world.tx_gas_max + 1
    elif bend == "arguments":
        tx.arguments = b"\xff" * len(arguments)
    elif bend == "long":
        tx.arguments += b"\0"
    elif bend == "nonce":
        tx.nonce += 1
    elif bend == "at":
        tx.caller = b"@c1".ljust(32, b"\0")
    if world.tx_auth == AUTH_SECP256K1:
        key = Keys.PUBLIC[signer ^ 1] if bend == "sign" else Keys.PUBLIC[signer]
        r, s = sign(Keys.SECRETS[signer], tx.digest(world.id), low=rng.random() < 0.95)
        tx.signature = (key, r, s)
        if not bend:
            chain.pending[caller] = chain.pending.get(caller, 0) + 1
    elif bend == "sign":
        tx.signature = (Keys.PUBLIC[0], bytes(32), bytes(32))
    return tx.encode()


def random_block(rng, chain, quiet=False):
    chain.pending = {}      # nonces that earlier transactions of this block will have used
    time = chain.time + rng.choice([0, 1, 12, 12, 4000])
    reports = [random_report(rng, chain.world, chain, time) for _ in range(rng.randint(0, 3))]
    transactions = [random_transaction(rng, chain)
                    for _ in range(rng.randint(0, 1) if quiet else rng.randint(1, 8))]
    return chain.make(time, reports, transactions)


HEADER_BENDS = [("WORLD_MISMATCH", 6), ("HEIGHT", 45), ("PARENT", 54), ("BODY_HASH", 86),
                ("STATE_ROOT", 118), ("RECEIPTS_ROOT", 150), ("MAGIC", 0), ("VERSION", 5)]


def spoiled(rng, block, before):
    """A copy of a good block that breaks one rule of spec 06 §2, and the rule's error."""
    verdict, at = rng.choice(HEADER_BENDS + [("TIME", 46), ("TRUNCATED", None), ("TRAILING", None)])
    if verdict == "TRUNCATED":
        return block[:rng.randrange(len(block))], verdict
    if verdict == "TRAILING":
        return block + b"\0", verdict
    if verdict == "TIME":
        return block[:at] + (before - 1).to_bytes(8, "big") + block[at + 8:], verdict
    return block[:at] + bytes([block[at] ^ 1]) + block[at + 1:], verdict


def random_history(rng):
    """(history bytes, blocks that hold, root after them, verdict on the last block, receipts)."""
    world = random_world(rng)
    raw = world_module.encode(world)
    decoded = world_module.decode(raw)
    for mine, theirs in zip(world.feeds, decoded.feeds):
        theirs.sets = mine.sets
    chain = Chain(decoded)
    blocks, receipts, verdict = [], [], "OK"
    # Means and delays show in many blocks; a world with them has little else to do.
    staged = any(has_stages(feed) for feed in decoded.feeds)
    wanted = rng.randint(4, 24) if staged else rng.randint(1, 4)
    bad = rng.random() < 0.16
    for height in range(1, wanted + 1):
        root, before = chain.last_root, chain.time
        block, done = random_block(rng, chain, staged)
        if bad and height == wanted:
            if rng.random() < 0.5:
                return damaged_body(rng, raw, blocks, block)
            block, verdict = spoiled(rng, block, before)
            blocks.append(block)
            return write_history(raw, blocks), height - 1, root, verdict, receipts
        blocks.append(block)
        receipts += done
    return write_history(raw, blocks), wanted, chain.last_root, verdict, receipts


def damaged_body(rng, world, blocks, block):
    """The history with the last block's body damaged under a body hash that holds: some part of it
    has no shape any more, or means something else, or (rarely) still means the same."""
    body = damaged(rng, block[Header.SIZE:])
    block = block[:86] + tagged("body", body) + block[118:Header.SIZE] + body
    chain, receipts, verdict = Chain(world_module.decode(world)), [], "OK"
    for raw in blocks + [block]:
        try:
            receipts += chain.apply(raw)
        except Reject as reject:
            verdict = reject.name
    return (write_history(world, blocks + [block]), chain.height, chain.last_root, verdict,
            receipts)


def histories(arguments):
    """(file name, what random_history gives) one after the other."""
    for i in range(arguments.count):
        rng = random.Random("%d/%d" % (arguments.seed, i))
        make = random_history
        if i % 25 == 24:
            def make(rng):
                return calculator.calculator_history(rng, 2000)
        yield "r%d-%05d.plhs" % (arguments.seed, i), make(rng)
    for corner in corners.CORNERS if arguments.corners else []:
        yield "corner-%s.plhs" % corner.__name__, corners.history(corner)


def main():
    parser = argparse.ArgumentParser(description="Write random histories with the model's roots.")
    parser.add_argument("--count", type=int, default=100, help="history files")
    parser.add_argument("--containers", type=int, default=0, help="valid and damaged containers")
    parser.add_argument("--worlds", type=int, default=0, help="damaged worlds")
    parser.add_argument("--policy", type=int, default=0, help="readings of reports, judged")
    parser.add_argument("--corners", action="store_true", help="also the histories of corners.py")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    with open(os.path.join(arguments.out, "index.txt"), "w", encoding="ascii") as index, \
            open(os.path.join(arguments.out, "proofs.txt"), "w", encoding="ascii") as proofs:
        for at, (name, (raw, height, root, verdict, _)) in enumerate(histories(arguments)):
            if at % 4 == 0:
                write_proofs(random.Random(name), proofs, name, raw, height)
            with open(os.path.join(arguments.out, name), "wb") as file:
                file.write(raw)
            index.write("%s %d %s %s\n" % (name, height, root.hex(), verdict))
    if arguments.containers:
        rng = random.Random("%d/containers" % arguments.seed)
        good = [c for _ in range(min(200, 1 + arguments.containers // 10))
                for _, c in random_world(rng).contracts]
        write_containers(rng, good, os.path.join(arguments.out, "code"), arguments.containers)
    if arguments.policy:
        rng = random.Random("%d/policy" % arguments.seed)
        with open(os.path.join(arguments.out, "policy.txt"), "w", encoding="ascii") as file:
            for _ in range(arguments.policy):
                file.write(random_policy.row(rng) + "\n")
    if arguments.worlds:
        write_worlds(random_world, arguments.seed, os.path.join(arguments.out, "worlds"),
                     arguments.worlds)


if __name__ == "__main__":
    main()
