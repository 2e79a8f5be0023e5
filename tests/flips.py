"""Mistakes made by rule: each comparison, each rounding and each step of the contracts of margin trading, changed once.

`tests/mutants.py --flips` runs them. A flip is one change in one line of a contract:

  compare   < and <=, > and >=, == and !=
  round     up and down in the name of an operation
  extreme   min and max
  order     a loop over a table runs from the other end
  step      a statement of one line is left out

It is killed by the first judge that fails with it: a world of tests/contracts (what it expects, its events, its
invariants), then random books against exact rationals, then random days; a change of an invariant also when a mutant
of tests/contracts/mutants.txt that it must catch is no longer caught. Those that no judge can tell from the contract
stand in tests/mutants/equivalent.txt with the reason.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "contracts"))
import worlds as judge  # noqa: E402

CONTRACTS = ROOT / "contracts"
EQUIVALENT = ROOT / "tests" / "mutants" / "equivalent.txt"
FILES = ("perp.plim", "perp/*.plim", "margin_call.plim", "margin/*.plim", "models/*.plim")
COMPARE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ROUND = {"up": ("down",), "down": ("up",), "zero": ("down", "up")}
ROUNDED = r"(?:to|mul|div|muldiv|value)_"
SECONDS = 60

Flip = collections.namedtuple("Flip", "kind file line head function source change text")


def blank_comments(text):
    return re.sub(r"//[^\n]*", lambda found: " " * len(found[0]), text)


def head_of(code, place):
    """(kind, name) of the function or invariant around a place."""
    heads = re.findall(r"^(?:public )?(?:reentrant )?(tx|view|pure|invariant) (\w+)", code[:place], re.M)
    return heads[-1] if heads else ("", "")


def places_of(code):
    """Yields (kind, start, end, what stands there instead)."""
    for found in re.finditer(r"(?<=\s)(<=|>=|<|>|==|!=)(?=\s)", code):
        yield "compare", found.start(), found.end(), COMPARE[found[0]]
    for found in re.finditer(rf"\b{ROUNDED}(up|down|zero)(?=[_<(])", code):
        for other in ROUND[found[1]]:
            yield "round", found.start(1), found.end(1), other
    for found in re.finditer(r"(?<![\w.])(min|max)\(", code):
        yield "extreme", found.start(1), found.end(1), {"min": "max", "max": "min"}[found[1]]
    for found in re.finditer(r"^ +for [^\n]* in [^\n]*?( descending)? \{$", code, re.M):
        if head_of(code, found.start())[0] == "tx" or found[1]:
            yield "order", found.start(1) if found[1] else found.end() - 2, found.end(), \
                " {" if found[1] else " descending {"
    step = r"^ +(?!let |var |return|require|emit |revert |break|import |param |const |type |index |\w+: )[^\n]*;$"
    for found in re.finditer(step, code, re.M):
        if re.match(r" +(\S+ [-+]?= |\w+\(|store |delete )", found[0]) and found[0].count("(") == found[0].count(")"):
            yield "step", found.start(), found.end(), ""


def flips():
    """All of them, in the order of the sources."""
    for file in sorted({f for pattern in FILES for f in CONTRACTS.glob(pattern)}):
        name, text = str(file.relative_to(CONTRACTS)), file.read_text()
        code, seen = blank_comments(text), collections.Counter()
        for kind, start, end, other in places_of(code):
            line = code.count("\n", 0, start) + 1
            source = code.split("\n")[line - 1].strip()
            change = kind if kind in ("order", "step") else f"{code[start:end].strip()} -> {other.strip()}"
            heads = head_of(code, start)
            again = (heads, source, change)
            seen[again] += 1
            if seen[again] > 1:
                change += f" ({seen[again]})"
            yield Flip(kind, name, line, *heads, source, change, text[:start] + other + text[end:])


def key_of(flip):
    return " | ".join((flip.file, flip.function, flip.source, flip.change))


def read_equivalent():
    """{key: reason}."""
    known = {}
    for number, line in enumerate(EQUIVALENT.read_text().splitlines(), 1):
        if line and line[0] != "#":
            parts = [part.strip() for part in line.split(" | ")]
            if len(parts) != 5:
                raise ValueError(f"{EQUIVALENT.name}:{number}: FILE | FUNCTION | LINE OF SOURCE | CHANGE | reason")
            known[" | ".join(parts[:4])] = parts[4]
    return known


class Bench:
    """A copy of the contracts and worlds for one worker; the judges that killed most come first."""

    def __init__(self, folder, plim, long):
        self.folder, self.plim = pathlib.Path(folder), plim
        shutil.copytree(CONTRACTS, self.folder / "contracts", ignore=shutil.ignore_patterns("examples", "*.md"))
        (self.folder / "tests" / "contracts").mkdir(parents=True)
        self.kills, self.events, self.worlds = collections.Counter(), judge.read_events(), []
        for world in sorted((ROOT / "tests" / "contracts").glob("*.world.json")):
            if re.search(r"contracts/(perp|margin_call|models/)", world.read_text()):
                self.worlds.append(shutil.copy(world, self.folder / "tests" / "contracts"))
        margin, where = ROOT / "tests" / "margin", ("--plim", plim, "--contracts", str(self.folder / "contracts"))
        books, days = ("6000", "40") if long else ("1500", "2")
        self.random = {"books": (sys.executable, margin / "books.py", *where, "--books", books),
                       "storm": (sys.executable, margin / "storm.py", *where, "--worlds", days)}

    def fails(self, command, cwd=None):
        """(exit code, first words of what was said)."""
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=SECONDS,
                                  cwd=cwd)
        except subprocess.TimeoutExpired:
            return 1, "does not end"
        return done.returncode, (done.stdout + done.stderr).strip()

    def killer(self, flip):
        """The judge that fails, or None; a flip that no longer compiles is killed by the compiler."""
        source = self.folder / "contracts" / flip.file
        kept = source.read_text()
        source.write_text(flip.text)
        try:
            return self.first_to_fail() or (self.blind(flip) if flip.head == "invariant" else None)
        finally:
            source.write_text(kept)

    def blind(self, flip):
        """The mutant that an invariant no longer catches, or None."""
        for line in (ROOT / "tests" / "contracts" / "mutants.txt").read_text().splitlines():
            parts = [part.strip() for part in line.split(" | ")]
            if line.startswith("#") or parts[-1].split(".")[-1] != flip.function:
                continue
            world, file, expression, invariant = parts
            source = self.folder / "contracts" / file
            kept = source.read_text()
            source.write_text(subprocess.run(["sed", expression], input=kept, capture_output=True, text=True,
                                             check=True).stdout)
            path = self.folder / "tests" / "contracts" / f"{world}.world.json"
            said = self.fails((self.plim, "run", path, "--contracts", self.folder / "contracts"))[1]
            source.write_text(kept)
            if f".{flip.function}\n" not in said + "\n":
                return f"mutants.txt: {world}"
        return None

    def first_to_fail(self):
        for world in sorted(self.worlds, key=lambda w: -self.kills[w]):
            command = (self.plim, "run", "--json", world, "--contracts", self.folder / "contracts")
            code, said = self.fails(command)
            if code:
                self.kills[world] += 1
                name = os.path.basename(world).removesuffix(".world.json")
                return name if code == 1 else "compiler" if ".plim:" in said else f"{name} ({code})"
            if judge.wrong_events(world, json.loads(said), self.events):
                return f"events.txt: {os.path.basename(world).removesuffix('.world.json')}"
        for name, command in self.random.items():
            if self.fails(command, ROOT)[0]:
                return name
        return None
