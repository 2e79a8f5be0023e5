"""tests/bench/run.py: its help, its table, its JSON and its exit codes, over made-up programs. No time is looked at.

  python3 -m unittest tests.cli.test_bench
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tests.bench import host, run, targets, whole

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SPREAD = {"low", "median", "high", "rounds"}


def spread(median, off=0.01, rounds=9):
    return {"low": median * (1 - off), "median": median, "high": median * (1 + off), "rounds": rounds}


def row(name, ratio, off=0.01, yardstick=100):
    return {"name": name, "unit": "ns", "value": spread(yardstick * ratio), "against": "native C",
            "yardstick": spread(yardstick), "ratio": spread(ratio, off)}


class Bench(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory()
        self.addCleanup(self.kept.cleanup)
        self.folder = pathlib.Path(self.kept.name)
        (self.folder / "bench").mkdir()

    def program(self, name, lines, code=0, told=""):
        path = self.folder / "bench" / f"bench_{name}"
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        path.write_text(f"#!/bin/sh\necho '{told}' >&2\ncat <<'ROWS'\n{text}\nROWS\nexit {code}\n")
        path.chmod(0o755)

    def run_bench(self, *words):
        return subprocess.run([sys.executable, str(ROOT / "tests/bench/run.py"), "--build", str(self.folder),
                               "--no-look", *words], cwd=ROOT, capture_output=True, text=True)

    def two_programs(self):
        self.program("health", [row("health check, 4 reserves, in registers", 1.2), row("health check, no target", 9)])
        self.program("machine", [row("liquidation amounts", 1.7), row("muldiv, 512-bit product", 1.501, 0.05, 123456)],
                     told="bench_machine: note: one was left out")

    def test_help_teaches(self):
        told = self.run_bench("--help")
        self.assertEqual(told.returncode, 0)
        for needle in ("slope", "yardstick", "ratio", "spread", "median", "exit code", "--only NAME", "--full",
                       "--json FILE", "make bench JSON=out.json", "take turns"):
            self.assertIn(needle, told.stdout)

    def test_list_names_every_program(self):
        told = self.run_bench("--list")
        self.assertEqual(told.returncode, 0)
        for source in (ROOT / "tests/bench").glob("bench_*.c"):
            self.assertIn(f"  {source.stem.removeprefix('bench_')} ", told.stdout)

    def test_json_shape_and_verdicts(self):
        self.two_programs()
        out = self.folder / "out.json"
        done = self.run_bench("--json", str(out))
        self.assertEqual(done.returncode, 0, done.stderr)  # a miss is no failure
        self.assertEqual(done.stdout.splitlines()[-1], "1 meet, 2 miss")
        about = json.loads(out.read_text())
        self.assertEqual([p.name for p in self.folder.iterdir()].count("out.json.part"), 0)
        self.assertLessEqual({"bench", "commit", "changed", "machine", "compiler", "full", "only", "load_before",
                              "others_before", "others_meanwhile", "stolen_meanwhile", "rows", "notes", "failures",
                              "meet", "miss", "not_measured"}, about.keys())
        self.assertLessEqual({"cpu", "cores", "flags", "governor", "architecture", "system"}, about["machine"].keys())
        self.assertEqual((about["bench"], about["meet"], about["miss"], about["failures"]), (1, 1, 2, []))
        rows = {one["name"]: one for one in about["rows"]}
        self.assertEqual(len(rows), 4)
        for one in rows.values():
            self.assertEqual({*one["value"]}, SPREAD)
            self.assertEqual({*one["ratio"]}, SPREAD)
        self.assertNotIn("target", rows["health check, no target"])
        target = rows["liquidation amounts"]["target"]
        self.assertEqual((target["meets"], target["sense"], target["goal"], target["within_spread"]),
                         (False, "<=", 1.5, False))
        self.assertTrue(rows["muldiv, 512-bit product"]["target"]["within_spread"])
        self.assertEqual(rows["liquidation amounts"]["part"], "machine")
        self.assertEqual(about["notes"]["machine"], ["bench_machine: note: one was left out"])
        self.assertIn("commitment, change 1000 of 1000000 rows", about["not_measured"])
        self.assertNotIn("health check, 4 reserves, in registers", about["not_measured"])

    def test_table_is_aligned(self):
        self.two_programs()
        done = self.run_bench()
        lines = [line for line in done.stdout.splitlines() if "native C" in line]
        self.assertEqual(len(lines), 4)
        self.assertEqual(len({line.index("native C") for line in lines}), 1)
        self.assertTrue(lines[0].endswith("meets <= 1.3"), lines[0])
        self.assertTrue(lines[2].endswith("MISSES <= 1.5"), lines[2])
        self.assertTrue(lines[3].endswith("MISSES ~ <= 1.5"), lines[3])
        self.assertIn("note: one was left out", done.stdout)
        self.assertRegex(done.stdout, r"commit \w+")
        self.assertRegex(done.stdout, r"\d+ cores")

    def test_only_and_stdout(self):
        self.two_programs()
        done = self.run_bench("--json", "-", "--only", "health")
        about = json.loads(done.stdout)  # and nothing else on it
        self.assertEqual({one["part"] for one in about["rows"]}, {"health"})
        self.assertEqual(about["not_measured"], [])

    def test_full_asks_for_the_large_ones(self):
        path = self.folder / "bench" / "bench_num"
        path.write_text('#!/bin/sh\nprintf \'{"name": "asked%s", "unit": "ns", "value": {"low": 1, "median": 1, '
                        '"high": 1, "rounds": 1}}\\n\' "$1"\n')
        path.chmod(0o755)
        for words, name in (((), "asked"), (("--full",), "asked--chained")):
            about = json.loads(self.run_bench("--json", "-", *words).stdout)
            self.assertEqual(([one["name"] for one in about["rows"]], about["full"]), ([name], bool(words)))

    def test_contenders_change_places(self):
        self.assertEqual([whole.in_turn([1, 2, 3], number) for number in range(3)], [[1, 2, 3], [3, 2, 1], [1, 2, 3]])

    def test_failure_is_no_speed(self):
        self.two_programs()
        self.program("broken", [], 1, "machine and native C differ")
        self.program("garbled", ['{"name": oh}'])
        self.program("poor", [{"name": "no value"}])
        done = self.run_bench("--json", str(self.folder / "out.json"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 meet, 2 miss, 3 failed", done.stdout)  # the others were measured all the same
        self.assertIn("machine and native C differ", done.stdout)
        self.assertEqual(len(json.loads((self.folder / "out.json").read_text())["failures"]), 3)

    def test_usage(self):
        done = self.run_bench()
        self.assertEqual(done.returncode, 2)
        self.assertIn("make bench", done.stderr)
        self.two_programs()
        self.assertEqual(self.run_bench("--only", "nothing").returncode, 2)
        done = self.run_bench("--json", str(self.folder / "no" / "out.json"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("no such folder", done.stderr)

    def test_targets_have_one_row_each(self):
        starts = [target.start for target in targets.TARGETS]
        self.assertEqual(len(starts), len(set(starts)))
        for target in targets.TARGETS:
            self.assertIn(target.of, ("value", "ratio"))
            self.assertIn(target.sense, ("<=", ">="))
        ten_times = row("commitment, change 1000 of 10000000 rows", 0.6)
        targets.judge(ten_times)
        self.assertNotIn("target", ten_times)

    def test_statistics_of_whole_processes(self):
        made = whole.row("a", "s", [4, 1, 3, 2], "b", [2, 2, 2, 2])
        self.assertEqual(made["value"], {"low": 1.75, "median": 2.5, "high": 3.25, "rounds": 4})
        self.assertEqual(made["ratio"]["median"], 1.25)  # of the rounds, not of the medians alone
        self.assertEqual(run.scatter(made["value"]), "30.0%")
        self.assertEqual(run.scatter(spread(1, rounds=1)), "once")
        self.assertEqual(run.scatter(spread(1, rounds=0)), "-")

    def test_compiler_of_a_program(self):
        path = self.folder / "program"
        path.write_bytes(b"\0GNU C11 12.2.0 -O2 -g\0x\0Debian clang version 14.0.6\0")
        self.assertEqual(host.compiler([path]), ["GNU C11 12.2.0 -O2 -g", "Debian clang version 14.0.6"])


if __name__ == "__main__":
    unittest.main()
