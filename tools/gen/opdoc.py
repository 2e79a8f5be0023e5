#!/usr/bin/env python3
"""Prints spec/03-instructions.md from vm/machine/ops.def, spec/08-errors.md from vm/base/errors.def, and the table
of formats in spec/05-oracle.md from vm/oracle/formats.def.

  python3 tools/gen/opdoc.py           writes the files
  python3 tools/gen/opdoc.py --check   exit 1 when one of them is stale, writes nothing
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STRING = r'"((?:[^"\\]|\\.)*)"'
OP = re.compile(r"^OP\((0x[0-9a-f]{2}),\s*(\w+)," + r"\s*(\w+)," * 5 + r"\s*(\d+),\s*" + STRING + r"\)$")
ERR = re.compile(r"^ERR\((\w+),\s*(\d+),\s*(\w+),\s*" + STRING + r"\)$")
SECTION = re.compile(r"^/\* ---- (.*?) -+ \*/$")
KINDS = {
    "TRAP": ("Traps", "The contract failed: recorded in the receipt, the transaction's writes are undone."),
    "REJECT": ("Rejects", "The input is invalid: every machine gives the same verdict."),
    "FAULT": ("Faults", "This machine failed: says nothing about the input, and never enters a receipt."),
}


def rows(path, pattern, word):
    """Yields ("section", title) and ("row", fields); a line that starts a row must be one."""
    seen = {}
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        section, row = SECTION.match(line), pattern.match(line)
        if section:
            yield "section", section.group(1)
        elif row:
            key = row.group(2) if word == "ERR" else row.group(1)
            if key in seen:
                sys.exit(f"{path}:{number}: number {key} is that of line {seen[key]} too")
            seen[key] = number
            yield "row", row.groups()
        elif line.startswith(word + "("):
            sys.exit(f"{path}:{number}: not a row of the form the head of the file gives")


def head_letters():
    """The operand letters, explained at the head of ops.def in two columns."""
    text = (ROOT / "vm/machine/ops.def").read_text()
    block = text[text.index(" *   _    "):text.index(" * In the meanings")]
    left, right = [], []
    for line in block.splitlines():
        # A letter and its meaning; one or two such pairs stand on a line, two spaces or more apart.
        parts = re.sub(r"^ \* +(DROW) ", r"\1  ", line).removeprefix(" *").strip()
        words = re.split(r" {2,}", parts)
        if len(words) >= 2:
            left.append(words[:2])
        if len(words) == 4:
            right.append(words[2:])
    return left + right


def instructions():
    out = ["# 03 Instructions", "",
           "Printed from `vm/machine/ops.def` by `tools/gen/opdoc.py`; do not edit. How instructions are written,",
           "what is checked about their operands and how gas is charged: [02](02-bytecode.md). Numbers, roundings and",
           "the loops of powers: [01](01-numbers.md).", "",
           "An instruction is `number u8 | e u8 | a u16 | b u16 | c u16 | d u16`. The operand columns hold one of:", "",
           "| | operand |", "|---|---|"]
    out += [f"| `{letter}` | {meaning} |" for letter, meaning in head_letters()]
    out += ["", "In the meanings, u means unsigned, s two's complement. Every result must fit its register or",
            "the instruction traps OVERFLOW; \"wrap\" is modulo 2^256, \"sat\" clips. Division by zero traps",
            "DIV_BY_ZERO before any other trap."]
    count = 0
    for kind, value in rows("vm/machine/ops.def", OP, "OP"):
        if kind == "section":
            out += ["", f"## {value}", "", "| number | name | a | b | c | d | e | gas | meaning |",
                    "|---|---|---|---|---|---|---|---|---|"]
        else:
            number, name, *rest = value
            *operands, gas, meaning = rest
            shown = " | ".join("" if operand == "_" else operand for operand in operands)
            cell = meaning.replace("|", "\\|")
            out.append(f"| {number} | {name} | {shown} | {gas} | {cell} |")
            count += 1
    return "\n".join(out + ["", f"{count} instructions.", ""])


def errors():
    out = ["# 08 Errors", "",
           "Printed from `vm/base/errors.def` by `tools/gen/opdoc.py`; do not edit. Numbers are part of the rules and",
           "never change; sentences are for people."]
    last = None
    for kind, value in rows("vm/base/errors.def", ERR, "ERR"):
        group, number, name, sentence = value
        if group != last:
            title, text = KINDS[group]
            out += ["", f"## {title}", "", text, "", "| number | name | sentence |", "|---|---|---|"]
            last = group
        out.append(f"| {number} | {name} | {sentence} |")
    return "\n".join(out + [""])


FORMAT = re.compile(r"^FORMAT\(\s*(\d+),\s*(\w+),\s*(\w+),\s*" + STRING + r",\s*(\w+)" * 4
                    + r",\s*([\w |]+)\)$")
MEMBERS = {"NONE": "", "ADDRESS": "address", "XONLY": "x-only", "KEY": "key"}
UNITS = {"NONE": "count", "S": "s", "MS": "ms", "US": "us", "NS": "ns"}
DECIMALS = {"FEED": "feed", "WIRE": "report", "NONE": "no price"}


def formats():
    """The chapter with the lines between its two comments printed anew."""
    out = ["| number | format | members | order | not newer | decimals | flags |", "|---|---|---|---|---|---|---|"]
    for _, value in rows("vm/oracle/formats.def", FORMAT, "FORMAT"):
        number, _, _, name, members, order, unit, scale, flags = value
        words = "" if flags == "0" else ", ".join(flags.lower().replace("low_s", "low s").split(" | "))
        out.append(f"| {number} | {name} | {MEMBERS[members]} | {UNITS[unit]} | {order} |"
                   f" {DECIMALS.get(scale, scale)} | {words} |")
    text = (ROOT / "spec/05-oracle.md").read_text()
    head, rest = text.split("do not edit -->\n", 1)
    return head + "do not edit -->\n" + "\n".join(out) + "\n" + rest[rest.index("<!-- end -->"):]


def main():
    stale = []
    for path, text in (("spec/03-instructions.md", instructions()), ("spec/08-errors.md", errors()),
                       ("spec/05-oracle.md", formats())):
        file = ROOT / path
        if file.exists() and file.read_text() == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv[1:]:
            file.write_text(text)
    if "--check" in sys.argv[1:] and stale:
        print("stale: " + ", ".join(stale) + "; run python3 tools/gen/opdoc.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
