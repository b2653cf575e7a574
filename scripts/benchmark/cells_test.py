import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parent))
from cells import changed, compared, one_epoch, parts, report

LOG = """\
I1124 23:59:59.500000   77 execcode.go:327] \x1b[7m[ab]\x1b[0m GoImports():
I1124 23:59:59.510000   77 execcode.go:385] \x1b[7m[ab]\x1b[0m GoImports(): cursorInFile=[NoCursor]
I1124 23:59:59.512000   77 execcode.go:113] \x1b[7m[ab]\x1b[0m ExecuteCell: after s.GoImports()
I1125 00:00:00.012000   77 execcode.go:126] \x1b[7m[ab]\x1b[0m ExecuteCell: after s.Compile()
I1125 00:00:00.262000   77 jpyexec.go:297] \x1b[7m[ab]\x1b[0m Execution finished successfully
"""


def times(*seconds):
    return [{"all": s, "goimports": 0.01, "go build": s / 2, "program": s / 4} for s in seconds]


class CellsTest(unittest.TestCase):
    def test_a_training_cell_trains_one_epoch(self):
        self.assertEqual(one_epoch("%%\nlr, numEpochs := 0.9, 10\n"), "%%\nlr, numEpochs := 0.9, 1\n")
        self.assertEqual(one_epoch("numEpochs := 10"), "numEpochs := 1")
        self.assertEqual(one_epoch("for range numEpochs { x = 10 }"), "for range numEpochs { x = 10 }")

    def test_each_run_makes_another_program(self):
        self.assertEqual(changed('import "a"\n%%\nf()', 3), 'import "a"\nconst benchmarkRun = 3\n%%\nf()')
        self.assertEqual(changed("%%\nf()", 4), "const benchmarkRun = 4\n%%\nf()")
        self.assertEqual(changed("func f() {}", 5), "func f() {}\nconst benchmarkRun = 5\n")

    def test_parts_come_from_the_log_also_at_midnight(self):
        got = parts(LOG)
        for part, want in {"goimports": 0.01, "go build": 0.5, "program": 0.25}.items():
            self.assertAlmostEqual(got[part], want, places=6)
        self.assertTrue(math.isnan(parts("")["program"]))

    def test_the_table_leaves_out_the_first_round_and_the_summary_what_trains(self):
        text = report(
            "here",
            {"small": times(9, 1, 2, 3)},
            {"a": times(9, 4, 4, 4), "b": times(9, 6, 6, 6), "t": times(9, 20, 20, 20)},
            {"t"},
        )
        self.assertIn("| *small* | 2.00 | 1.00 | 3.00 | 9.00 | 0.01 | 1.00 | 0.50 |", text)
        self.assertIn("| t (one epoch) | 20.00 |", text)
        self.assertIn("take 5.00 s (median), the slowest of them, b, 6.00 s", text)

    def test_two_revisions_are_compared_pair_by_pair(self):
        text = compared(
            "here",
            {"a": times(9, 4, 6, 5), "b": times(9, 2, 2, 2), "t": times(9, 20, 20, 20)},
            {"a": times(9, 2, 6, 1), "b": times(9, 1, 1, 1), "t": times(9, 20, 20, 20)},
            {"t"},
        )
        self.assertIn("| a | 5.00 (4.00–6.00) | 2.00 (1.00–6.00) | 0.50 |", text)
        self.assertIn("| t (one epoch) | 20.00 (20.00–20.00) | 20.00 (20.00–20.00) | 1.00 |", text)
        self.assertIn("take 3.50 s before and 1.50 s now", text)
        self.assertIn("ratio is 0.43); the median of their ratios is 0.50", text)

    def run_cells(self, source):
        with tempfile.TemporaryDirectory() as folder:
            notebook, out = Path(folder, "small.ipynb"), Path(folder, "out/cells.md")
            cell = nbformat.v4.new_code_cell(source, id="hello")
            nbformat.write(nbformat.v4.new_notebook(cells=[cell]), notebook)
            command = [sys.executable, Path(__file__).with_name("cells.py"), "--rounds", "1", "--out", out, notebook]
            done = subprocess.run(command, text=True, capture_output=True)
            return done, out.read_text() if out.exists() else None

    def test_a_notebook_is_measured(self):
        done, written = self.run_cells('%%\nfmt.Println("hello")')
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, written)
        for cell in ("*no import*", "*imports d2l*", "*one XLA computation*", "hello"):
            self.assertIn(f"| {cell} | ", written)
        self.assertNotIn("nan", written)

    def test_a_cell_that_fails_is_named(self):
        done, written = self.run_cells("%%\nmistake()")
        self.assertEqual((done.returncode, written), (1, None))
        self.assertIn("cell hello: ", done.stderr)
        self.assertIn("undefined: mistake", done.stderr)


if __name__ == "__main__":
    unittest.main()
