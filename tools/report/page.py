#!/usr/bin/env python3
"""Builds the page that verifies certificates: one file, nothing beside it.

  python3 tools/report/page.py [-o build/verify.html] [--secp256k1 build/cross/secp256k1] [--wasm FILE]

Compiles vm/ and the words of certificates for wasm32 (clang-14, wasi-libc, the source of libsecp256k1 from
`tools/deps.sh cross`) and puts the module and the script into tools/report/verify.html. --wasm keeps the module too.
"""
import argparse
import base64
import hashlib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tools/report"
WORDS = ["tools/report/verify_wasm.c", "tools/report/facts.c", "tools/report/certificate_facts.c",
         "tools/report/certificate_story.c", "tools/common/value.c", "tools/common/bytes.c",
         "tools/report/provider/sha256_block.c"]
LEFT_OUT = {"ahead", "certify", "certify_write", "history", "checkpoint", "suppose", "recorder", "disasm"}
FLAGS = ["--target=wasm32-wasi", "-mexec-model=reactor", "-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L", "-I.",
         "-Itools/report/provider", "-ffile-prefix-map=%s=." % ROOT, "-Wl,-z,stack-size=1048576", "-Wl,--strip-all"]
# A window of 8 costs some percent of speed and saves a megabyte of tables.
CURVE = ["-DENABLE_MODULE_RECOVERY=1", "-DENABLE_MODULE_EXTRAKEYS=1", "-DENABLE_MODULE_SCHNORRSIG=1",
         "-DECMULT_WINDOW_SIZE=8", "-DECMULT_GEN_PREC_BITS=2", "-Wno-unused-function"]


def compile_module(secp256k1, made):
    core = [path for path in sorted(ROOT.glob("vm/*/*.c")) if path.stem not in LEFT_OUT]
    curve = [secp256k1 / "src" / name for name in ("secp256k1.c", "precomputed_ecmult.c", "precomputed_ecmult_gen.c")]
    run = subprocess.run(["clang-14", *FLAGS, *CURVE, "-I%s/include" % secp256k1, "-I%s" % secp256k1, "-o", str(made),
                          *WORDS, *map(str, [*core, *curve])], cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit("page: clang-14 failed: %s" % run.stderr.strip()[-800:])


def with_hashes(page):
    """The page allows its own script and style by their hashes: nothing that a certificate says could run."""
    for tag in ("script", "style"):
        text = page.split("<%s>" % tag, 1)[1].split("</%s>" % tag, 1)[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        page = page.replace("%s-HASH" % tag.upper(), "sha256-" + digest, 1)
    return page


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", default=ROOT / "build/verify.html", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--secp256k1", default=ROOT / "build/cross/secp256k1", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--wasm", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    if not (options.secp256k1 / "src/secp256k1.c").exists():
        raise SystemExit("page: no source of libsecp256k1 in %s; run tools/deps.sh cross" % options.secp256k1)
    options.o.parent.mkdir(parents=True, exist_ok=True)
    made = options.wasm or options.o.with_suffix(".wasm")
    compile_module(options.secp256k1.resolve(), made.resolve())
    module = base64.b64encode(made.read_bytes()).decode()
    script = (HERE / "verify_page.js").read_text().replace("/*WASM*/", module)
    page = with_hashes((HERE / "verify.html").read_text().replace("/*SCRIPT*/", script))
    options.o.write_text(page)
    print("%s: %d bytes, of which the module is %d" % (options.o, len(page), made.stat().st_size))
    if options.wasm is None:
        made.unlink()


if __name__ == "__main__":
    sys.exit(main())
