"""The chapter's cells forwards, backwards, and before those on which they build; called by scripts/test."""

import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import CHAPTER, Kernel, cells

RESTARTED = (
    "Nothing is declared any more after a restart of the kernel; in JupyterLab, "
    "Run > Run All Above Selected Cell fixes that."
)
LOAD = "in code cell 5 (var trainIter, testIter = d2l.LoadDataFashionMnist(batchSize)): run that cell first"
NET = "net is declared in code cell 2 (var net = d2l.NewNet(d2l.Sequential{): run that cell first"


class OrderTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        home = Path(folder.name, "notebooks")  # the chapter writes to ../out
        home.mkdir()
        self.notebook = home / "lenet.ipynb"
        text = CHAPTER.read_text()
        self.assertIn("numEpochs := 0.9, 10", text)
        self.notebook.write_text(text.replace("numEpochs := 0.9, 10", "numEpochs := 0.9, 1"))
        self.cells = cells(self.notebook)

    def kernel(self, notebook):
        kernel = Kernel(self.notebook.parent, notebook)
        self.addCleanup(kernel.close)
        return kernel

    def shows(self, kernel, name):
        """What a cell shows: the lines that are the same in each run, and the number of pictures."""
        answer = kernel.run(self.cells[name])
        self.assertEqual(answer.status, "ok", f"{name}: {answer}")
        return re.sub(r".* examples/sec on .*\n", "", answer.stdout), answer.pictures > 0

    def test_forwards_and_then_backwards(self):
        kernel, shown = self.kernel(self.notebook), {}
        for name in self.cells:
            if name in ("net", "load"):
                self.shows(kernel, name)  # Others follow what is declared again.
            shown[name] = self.shows(kernel, name)
        self.assertRegex(shown["train-lenet"][0], r"^loss [\d.]+, train acc [\d.]+, test acc [\d.]+\n$")
        for name in reversed(self.cells):
            self.assertEqual(self.shows(kernel, name), shown[name], name)

    def said(self, kernel, name):
        """The last lines of the error that a cell ends with."""
        answer = kernel.run(self.cells[name])
        self.assertEqual(answer.status, "error", f"{name}: {answer}")
        return answer.error.rstrip("\n").split("\n")

    def test_before_its_predecessors(self):
        kernel = self.kernel(self.notebook)
        for name, says in {
            "shapes": [NET],
            "figure-vertical": [NET],
            "batch": [f"trainIter is declared {LOAD}"],
            "train-lenet": [
                NET,
                f"trainIter and testIter are declared {LOAD}",
                "TrainCh5 is declared in code cell 8 (func TrainCh5[R d2l.Rate](net *d2l.Net, trainIter, testIter "
                "d2l.DataI...): run that cell first",
            ],
            "predict": [NET, f"testIter is declared {LOAD}"],
        }.items():
            lines = self.said(kernel, name)
            self.assertEqual(lines[: len(says) + 1], [*says, RESTARTED])
            self.assertRegex(lines[len(says) + 1], r"^line \d+: undefined: ")
        # What the messages name is all that is needed.
        names = list(self.cells)
        for number in (2, 5):
            self.shows(kernel, names[number - 1])
        self.assertRegex(
            self.said(kernel, "predict")[0],
            r"^error: there are no parameters in ../out/lenet.params: run what trains the net and calls "
            r"SaveParameters first",
        )
        self.assertIn("EvaluateAccuracyGPU is declared in code cell 7 (", self.said(kernel, "train-ch5")[0])
        for number in (7, 8):
            self.shows(kernel, names[number - 1])
        training = kernel.send(self.cells["train-lenet"])
        kernel.follow(training, lambda answer: answer.status or "train loss" in answer.plot)
        kernel.interrupt()  # It need not train to the end to save parameters.
        kernel.follow(training)
        self.shows(kernel, "predict")
        kernel.restart()
        self.assertEqual(self.said(kernel, "shapes")[:2], [NET, RESTARTED])

    def test_what_no_cell_declares(self):
        kernel = self.kernel(self.notebook)
        for source, says in {
            "batchSise": "batchSise is not declared in any cell of lenet.ipynb as it was saved last: fix the spelling "
            "or, if a cell does declare it, run that cell first",
            "lr": "lr belongs to code cell 9 alone, which declares it among its statements (lr, numEpochs := 0.9, 1): "
            "declare it above them, with var, to use it in other cells",
            "d2l.TryGpus()": "package d2l has no TryGpus: the nearest name that it has is TryGPU",
        }.items():
            answer = kernel.run(f"%%\nfmt.Println({source})")
            self.assertEqual(answer.error.split("\n")[0], says)

    def test_a_notebook_that_is_not_there(self):
        for notebook in (None, self.notebook.with_name("renamed.ipynb")):
            self.assertEqual(
                self.said(self.kernel(notebook), "batch")[0],
                "trainIter is not declared in any cell that has run since the kernel started: fix the spelling or, "
                "if a cell does declare it, run that cell first",
            )


if __name__ == "__main__":
    unittest.main()
