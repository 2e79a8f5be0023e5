"""Each rule of tools/tidy.py finds its own offence and leaves clean text alone."""
import importlib.util
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("tidy", ROOT / "tools" / "tidy.py")
tidy = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tidy)
LAYERS = {"base": set(), "num": {"base"}, "oracle": {"base", "num"}, "state": {"base", "num"}}


class Rules(unittest.TestCase):
    def test_ladder_allows_down_and_refuses_up(self):
        self.assertEqual(tidy.check_ladder("vm/num/a.c", '#include "vm/base/error.h"\n', LAYERS), [])
        self.assertEqual(len(tidy.check_ladder("vm/base/a.c", '#include "vm/num/u256.h"\n', LAYERS)), 1)
        self.assertEqual(len(tidy.check_ladder("vm/state/a.c", '#include "vm/oracle/oracle.h"\n', LAYERS)), 1)

    def test_only_oracle_includes_the_curve_library(self):
        line = "#include <secp256k1.h>\n"
        self.assertEqual(tidy.check_ladder("vm/oracle/a.c", line, LAYERS), [])
        self.assertEqual(len(tidy.check_ladder("vm/num/a.c", line, LAYERS)), 1)

    def test_unknown_folder_needs_a_rung(self):
        self.assertEqual(len(tidy.check_ladder("vm/extra/a.c", "", LAYERS)), 1)

    def test_banned_words(self):
        for text in ("double x;", "p = malloc (4);", "t = time(NULL);", "#include <stdio.h>", "assert(x);",
                     "qsort(a, b, c, d);"):
            self.assertEqual(len(tidy.check_banned("vm/num/a.c", text)), 1, text)
        for text in ("/* a double entry */", '"float"', "uint64_t time_s;", "PL_ASSERT(x);", "memory->take(c, 1);"):
            self.assertEqual(tidy.check_banned("vm/num/a.c", text), [], text)

    def test_files_are_written_through_one_door(self):
        for text in ('f = fopen(path, "wb");', 'f = fopen(path, "r+b");', "rename(a, b);", "fd = open (p, O_RDONLY);",
                     "(void)unlink(p);", "fsync(fd);"):
            self.assertEqual(len(tidy.check_writes("tools/plim/a.c", text)), 1, text)
            self.assertEqual(tidy.check_writes(tidy.DISK, text), [], text)
        for text in ('f = fopen(path, "rb");', "pt_disk_rename(a, b);", "/* rename(a, b) */", "disk->open(c, p, m);"):
            self.assertEqual(tidy.check_writes("tools/plim/a.c", text), [], text)

    def test_long_lines_functions_and_files(self):
        self.assertEqual(len(tidy.check_lengths("a.c", "x" * 101 + "\n")), 1)
        self.assertEqual(tidy.check_lengths("a.c", "x" * 100 + "\n"), [])
        body = "int f(void)\n{\n" + "    x();\n" * 69 + "}\n"
        self.assertEqual(len(tidy.check_lengths("a.c", body)), 1)
        self.assertEqual(tidy.check_lengths("a.c", body.replace("    x();\n", "", 1)), [])
        self.assertEqual(len(tidy.check_lengths("a.py", "x\n" * 701)), 1)

    def test_spec_links(self):
        sections = {"04": {"3"}}
        self.assertEqual(tidy.check_spec_links("a.c", "/* spec 04 §3 */", sections), [])
        self.assertEqual(len(tidy.check_spec_links("a.c", "/* spec 04 §9 */", sections)), 1)
        self.assertEqual(len(tidy.check_spec_links("a.c", "/* spec 77 */", sections)), 1)

    def test_links(self):
        self.assertEqual(tidy.check_links("README.md", "[x](spec/00-start-here.md) [y](https://x.org)"), [])
        self.assertEqual(len(tidy.check_links("README.md", "[x](spec/nowhere.md)")), 1)

    def test_private_paths_and_keys(self):
        self.assertEqual(len(tidy.check_private("a.md", "see /" + "home/x")), 1)
        self.assertEqual(len(tidy.check_private("a.md", "-----BEGIN EC " + "PRIVATE KEY-----")), 1)
        self.assertEqual(tidy.check_private("a.md", "see fixtures/x"), [])

    def test_headers_must_compile_alone(self):
        bad = ROOT / "build" / "tidy_bad.h"
        bad.parent.mkdir(exist_ok=True)
        bad.write_text("unknown_type f(void);\n")
        try:
            self.assertEqual(len(tidy.check_headers([str(bad)])), 1)
            self.assertEqual(tidy.check_headers(["vm/base/error.h"]), [])
        finally:
            bad.unlink()


if __name__ == "__main__":
    unittest.main()
