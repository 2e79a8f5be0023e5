"""What is wrong at random: damaged containers, worlds and proofs, with the model's verdicts."""
import copy
import os
import random

from . import code as code_module
from . import encode, tree
from . import world as world_module
from .chain import Chain, read_history
from .oracle import NO_FEED
from .random_schema import random_value
from .tables import FORMATS, LIMITS, Reject
from .validate import validate


def damaged(rng, raw):
    """These bytes with one to three changed, inserted or lost."""
    raw = bytearray(raw)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(raw))
        if rng.random() < 0.8:
            raw[at] = rng.choice([0, 1, 255, raw[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
        elif rng.random() < 0.5:
            raw.insert(at, rng.randrange(256))
        else:
            del raw[at]
    return bytes(raw)


def bent(rng, raw):
    """A container with one operand, flag or register kind changed, everything around it whole."""
    code = code_module.decode(raw)
    function = rng.choice(code.functions)
    draw = rng.random()
    if draw < 0.8:
        at = rng.randrange(len(function.code))
        row = list(function.code[at])
        which = rng.choice([0, 1, 2, 3, 4, 5, 2, 3, 4])
        top = 256 if which < 2 else 65536
        near = [row[which] + 1, row[which] - 1, 0, len(function.wide), len(function.code),
                rng.randrange(8), 255, rng.randrange(top)]
        row[which] = rng.choice(near) % top
        function.code[at] = tuple(row)
    elif draw < 0.85:
        function.effect = rng.randrange(4)
    elif draw < 0.95:
        flag = rng.choice(["public", "on_block", "invariant", "reentrant"])
        setattr(function, flag, not getattr(function, flag))
    elif function.wide:
        at = rng.randrange(len(function.wide))
        function.wide[at] = not function.wide[at]
    return encode.container(code)


EDGES = {
    "format": [0, 1, 2, 4, 5, 6, 7, 14, 15, 16, 18, 19, 255], "decimals": [0, 8, 77, 78],
    "rules": [0, 1, 2], "rounding": [0, 1, 3, 4], "wire_decimals": [0, 1, 77, 78],
    "subject": [b"", b"s", bytes(LIMITS["SUBJECT_SIZE_MAX"]), bytes(LIMITS["SUBJECT_SIZE_MAX"] + 1)],
    "low": [-2**255, -2**223 - 1, -2**223, 0], "high": [2**255 - 1, 2**223, 2**223 - 1, -1],
    "heartbeat_s": [0, 2**64 - 1], "deviation_bps": [0, 1], "confidence_bps": [0, 1],
    "twap_s": [0, 1, 2**32 - 1], "delay_s": [0, 1], "fallback": [0, 1, 2, 2**32 - 2, NO_FEED]}
SET_EDGES = {"from_s": [0, 1, 2**64 - 1], "until_s": [0, 1, 2**64 - 1], "quorum": [0, 1, 255],
             "id": [bytes(32), bytes(31) + b"\1"]}


def bent_feed(rng, world):
    """The bytes of a world in which one or two rules of a feed, or of a signer set, have the value
    at one of their edges. The world is changed."""
    feed = rng.choice(world.feeds)
    feed.sets = [copy.copy(signer_set) for signer_set in feed.sets]
    for _ in range(rng.choice([1, 1, 2])):
        draw = rng.random()
        if draw < 0.6 or not feed.sets:
            name = rng.choice(sorted(EDGES))
            setattr(feed, name, rng.choice(EDGES[name]))
            if name == "format" and feed.format in FORMATS:    # members of the format's size
                size = FORMATS[feed.format].member_size
                for signer_set in feed.sets:
                    signer_set.members = [m[-size:] if size else b"" for m in signer_set.members]
        elif draw < 0.9:
            name = rng.choice(sorted(SET_EDGES))
            setattr(rng.choice(feed.sets), name, rng.choice(SET_EDGES[name]))
        else:
            feed.sets = rng.choice([[], feed.sets + feed.sets[:1], feed.sets[::-1]])
    plain = all(f.plain() for f in world.feeds)
    return world_module.encode(world, rng.choice([None, 2]) if plain else 2)


def verdict_on(raw):
    """("OK", code) or (error name, None)."""
    try:
        return "OK", validate(code_module.decode(raw))
    except Reject as reject:
        return reject.name, None


def write_containers(rng, world_containers, folder, count):
    """Every tenth as it is, the others damaged."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "index.txt"), "w", encoding="ascii") as index:
        for i in range(count):
            raw = rng.choice(world_containers)
            if i % 10:
                raw = bent(rng, raw) if i % 2 else damaged(rng, raw)
            verdict, code = verdict_on(raw)
            name = "%05d.plc" % i
            with open(os.path.join(folder, name), "wb") as file:
                file.write(raw)
            index.write("%s %s %s\n" % (name, verdict, code.hash.hex() if code else "-"))


def write_worlds(make_world, seed, folder, count):
    """Damage is done outside the containers, which have their own files."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "index.txt"), "w", encoding="ascii") as index:
        for i in range(count):
            rng = random.Random("%s/world/%d" % (seed, i))
            world = make_world(rng)
            raw = world_module.encode(world)
            start = raw.index(world.contracts[0][1])
            end = raw.index(world.contracts[-1][1]) + len(world.contracts[-1][1])
            name = "%05d.plw" % i
            if world.feeds and rng.random() < 0.4:
                raw, name = bent_feed(rng, world), "bent-" + name
            elif rng.random() < 0.3:
                raw = damaged(rng, raw[:start]) + raw[start:]
            else:
                raw = raw[:end] + damaged(rng, raw[end:])
            try:
                verdict, root = "OK", Chain(world_module.decode(raw)).last_root.hex()
            except Reject as reject:
                verdict, root = reject.name, "-"
            with open(os.path.join(folder, name), "wb") as file:
                file.write(raw)
            index.write("%s %s %s\n" % (name, verdict, root))


def write_proofs(rng, file, name, raw, height):
    """Proofs of a few keys, present and absent, of the state after `height` blocks."""
    world, blocks = read_history(raw)
    chain = Chain(world_module.decode(world))
    for block in blocks[:height]:
        chain.apply(block)
    rows = chain.state.all_rows()
    places = [row[:3] for row in rng.sample(rows, min(3, len(rows)))]
    for _ in range(3):
        contract, number = rng.choice(sorted(chain.state.tables))
        keys = chain.state.tables[contract, number].schema.keys
        places.append((contract, number, b"".join(f.type.store(random_value(rng, f.type))
                                                  for f in keys)))
    for place in places:
        proof = chain.state.tree.prove(*place)
        bad = damaged(rng, proof)
        verdict, _ = tree.verify(chain.last_root, *place, bad)
        file.write("%s %d %d %s %s %s %s\n" % (name, place[0], place[1], place[2].hex() or "-",
                                               proof.hex(), bad.hex() or "-", verdict))
