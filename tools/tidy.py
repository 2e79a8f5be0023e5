#!/usr/bin/env python3
"""Style as a program: prints one line per finding, each saying what to do instead; exit 1 if any.

Checks: include ladder (vm/LAYERS) · headers compile alone · words banned in vm/ · line, function and
file lengths · spec references and links exist · generated tables fresh · format · names and paths that must not
be in a commit.  tests/test_tidy.py shows each of them failing.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COLUMNS, FUNCTION_LINES, FILE_LINES = 100, 70, 700
SCRIPT_COLUMNS = 120  # Python, shell, make

BANNED = {  # word in vm/: what to do instead
    r"\b(float|double)\b": "integers only; see vm/num",
    r"\b(malloc|calloc|realloc|free)\s*\(": "take memory from the caller's pl_memory",
    r"\b(time|clock|rand|random|getenv|setlocale|qsort)\s*\(": "not deterministic; it belongs to tools/",
    r"#include <(stdio|stdlib|time|math|locale|assert|errno|pthread)\.h>": "the core has no libc services",
    r"\bassert\s*\(": "PL_ASSERT of vm/base/assume.h stays on in release",
}
DISK = "tools/common/disk.c"  # the one door; tests put another disk behind it
WRITES = (r"(?<!->)\b(open|creat|rename|unlink|remove|mkdir|fsync|ftruncate|truncate)\s*\("
          r"|\bfopen\s*\([^;]*\"[wa]|\"r[bt]?\+")
FUNCTION_ALLOWED = {  # function: why it may be long
    "pl_exec_loop": "one dispatch loop, one body per instruction",
}


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                         cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({p for p in out.splitlines() if (ROOT / p).is_file()})


def read(path):
    return (ROOT / path).read_text(errors="replace")


def strip_comments(text):
    """Blanks comments and strings, keeping line numbers."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_ladder(path, text, layers):
    folder = path.split("/")[1]
    if folder not in layers:
        return [f"{path}: folder {folder} is not in vm/LAYERS; add its rung"]
    found = []
    for target in re.findall(r'#include "vm/(\w+)/', text):
        if target != folder and target not in layers[folder]:
            found.append(f"{path}: includes vm/{target}, above its rung; vm/LAYERS allows {folder}: "
                         f"{' '.join(sorted(layers[folder])) or 'nothing'}")
    if "secp256k1" in "".join(re.findall(r"#include <([^>]*)>", text)) and folder != "oracle":
        found.append(f"{path}: only vm/oracle includes secp256k1.h")
    return found


def check_banned(path, text):
    found = []
    for number, line in enumerate(strip_comments(text).splitlines(), 1):
        for pattern, instead in BANNED.items():
            if re.search(pattern, line):
                found.append(f"{path}:{number}: banned in vm/: {line.strip()[:60]!r}; {instead}")
    return found


def check_writes(path, text):
    """Files are written through tools/common/disk.h alone."""
    found = []
    for number, line in enumerate(re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                                         flags=re.S).splitlines(), 1):
        if path != DISK and re.search(WRITES, line):
            found.append(f"{path}:{number}: writes a file past tools/common/disk.h: {line.strip()[:60]!r}; "
                         "use pt_disk_ or pt_outputs_ functions")
    return found


def function_lengths(text):
    """Yields (name, first line, lines) of each function; bodies start with '{' in column 0."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{") and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 6):start - 1])
            names = re.findall(r"(\w+)\s*\(", head.split(";")[-1].split("}")[-1])
            yield (names[0] if names else "?"), start, number - start + 1
            start = None


def check_lengths(path, text):
    found = []
    lines = text.splitlines()
    columns = SCRIPT_COLUMNS if path.endswith((".py", ".sh", "Makefile")) else COLUMNS
    if len(lines) > FILE_LINES:
        found.append(f"{path}: {len(lines)} lines; split at a seam (at most {FILE_LINES})")
    for number, line in enumerate(lines, 1):
        if line.startswith("// call ") and path.startswith("tests/plc/"):
            continue  # one call and its result are one line
        if len(line.expandtabs(4)) > columns and not path.endswith((".def", ".md")):
            found.append(f"{path}:{number}: {len(line)} columns; break the line at {columns}")
    if path.endswith((".c", ".h")):
        for name, first, count in function_lengths(text):
            if count > FUNCTION_LINES and name not in FUNCTION_ALLOWED:
                found.append(f"{path}:{first}: {name} has {count} lines; name its steps (at most {FUNCTION_LINES})")
    return found


def spec_sections():
    """Chapter number -> its section numbers; item k of a numbered list in section n is n.k."""
    sections = {}
    for path in (ROOT / "spec").glob("[0-9][0-9]-*.md"):
        known, section = set(), None
        for line in path.read_text().splitlines():
            if heading := re.match(r"##+ (\d+(?:\.\d+)*)", line):
                section = heading.group(1)
                known.add(section)
            elif item := re.match(r"(\d+)\. ", line):
                known.add(f"{section}.{item.group(1)}")
        sections[path.name[:2]] = known
    return sections


def check_spec_links(path, text, sections):
    found = []
    for chapter, section in re.findall(r"spec (\d\d)(?:,? §(\d+(?:\.\d+)*))?", text):
        if chapter not in sections:
            found.append(f"{path}: quotes spec {chapter}, which does not exist")
        elif section and section not in sections[chapter]:
            found.append(f"{path}: quotes spec {chapter} §{section}, which does not exist")
    return found


def check_private(path, text):
    found = []
    for pattern, why in ((r"/(?:home|root|work|tmp/brief)/\w", "a path of one machine"),
                         (r"-----BEGIN [A-Z ]*PRIVATE KEY", "a secret")):
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {why} does not belong in the project")
    return found


def check_links(path, text):
    found = []
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        if not (ROOT / path).parent.joinpath(target).exists():
            found.append(f"{path}: links to {target}, which does not exist")
    return found


def check_headers(paths):
    found = []
    for path in paths:
        run = subprocess.run(["gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-fsyntax-only", "-I.",
                              "-x", "c", path], cwd=ROOT, capture_output=True, text=True)
        if run.returncode:
            found.append(f"{path}: does not compile alone: {run.stderr.strip().splitlines()[0]}")
    return found


def check_format(paths):
    run = subprocess.run(["clang-format", "--dry-run", "--Werror", *paths], cwd=ROOT,
                         capture_output=True, text=True)
    lines = re.findall(r"^(\S+?:\d+):\d+: error", run.stderr, re.M)
    return [f"{line}: not formatted; run make format" for line in lines[:20]]


def check_generated():
    run = subprocess.run([sys.executable, "tools/gen/opdoc.py", "--check"], cwd=ROOT,
                         capture_output=True, text=True)
    return [] if run.returncode == 0 else [f"generated tables: {(run.stdout + run.stderr).strip()}"]


def load_layers():
    layers = {}
    for line in read("vm/LAYERS").splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            layers[folder.strip()] = set(allowed.split())
    return layers


def main():
    layers, sections, found = load_layers(), spec_sections(), []
    sources = tracked("*.c", "*.h", "*.inc", "*.def")
    for path in sources:
        text = read(path)
        if path.startswith("vm/") and path.count("/") > 1:
            found += check_ladder(path, text, layers) + check_banned(path, text)
        if path.startswith("tools/"):
            found += check_writes(path, text)
        found += check_lengths(path, text) + check_spec_links(path, text, sections)
    for path in tracked("*.py", "*.sh", "*.plim", "Makefile"):
        found += check_lengths(path, read(path))
        if path != "tests/test_tidy.py":
            found += check_spec_links(path, read(path), sections)
    for path in tracked("*.c", "*.h", "*.def", "*.py", "*.sh", "*.plim", "*.md", "Makefile", "*.json"):
        found += check_private(path, read(path))
    for path in tracked("*.md"):
        found += check_links(path, read(path))
    found += check_headers([p for p in sources if p.endswith(".h")])
    found += check_format([p for p in sources if p.endswith((".c", ".h"))])
    found += check_generated()
    for line in found:
        print(line)
    print(f"tidy: {len(sources)} C files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
