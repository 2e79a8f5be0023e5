"""A history of rows that come and go: what becomes empty in the tree, and what rises beside it (spec 10 §4)."""
import json
import pathlib
import subprocess

from spec.model import replay
from spec.model import world as world_module
from spec.model.bytes_io import u64
from spec.model.chain import Chain, Transaction, read_history, write_history

SOURCE = """contract bag;
table items[k: u64] { v: u64 = 0; }
public tx set(k: u64, v: u64) { items[k].v = v; }
public tx drop(k: u64) { delete items[k]; }
public view value(k: u64) -> u64 { return items[k].v; }
"""
WORLD = {"name": "bag", "time_s": 1, "contracts": [{"name": "bag", "source": "bag.plim"}],
         "blocks": [{"after_s": 1, "calls": []}]}
KEYS, BLOCKS = 24, 60


def history(plim, folder, rng):
    """Bytes of a history; mostly one or two rows are dropped or set in a block."""
    folder = pathlib.Path(folder)
    (folder / "bag.plim").write_text(SOURCE)
    (folder / "bag.world.json").write_text(json.dumps(WORLD))
    subprocess.run([plim, "run", str(folder / "bag.world.json"), "-o", str(folder / "bag")], check=True,
                   stdout=subprocess.DEVNULL)
    raw, _ = read_history(replay.load(folder / "bag/history.plh.gz"))
    chain = Chain(world_module.decode(raw))
    names = [function.name for function in chain.world.codes[1].code.functions]
    set_, drop = names.index("set"), names.index("drop")
    blocks = []
    for height in range(1, BLOCKS + 1):
        calls = []
        for _ in range(rng.choice([1, 1, 2, 4]) if height > 1 else KEYS // 2):
            key = u64(rng.randrange(KEYS))
            adds = height == 1 or rng.random() < 0.45
            calls.append(Transaction(1, set_ if adds else drop, bytes(32), 0, 10_000,
                                     key + (u64(rng.randrange(9)) if adds else b"")).encode())
        blocks.append(chain.make(chain.time + 1, [], calls)[0])
    return write_history(raw, blocks)
