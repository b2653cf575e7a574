import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from compare import differences, remarks  # noqa: E402

TRAINED = "loss 0.471, train acc 0.822, test acc 0.836\n9012.3 examples/sec on cpu(0)\n"
TOLERANCE = {"loss": 0.03, "train acc": 0.02, "test acc": 0.03}


def notebook(printed="", shown=None, tolerance=None):
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}]
    if shown is not None:
        outputs.append({"output_type": "display_data", "data": shown})
    metadata = {"d2l": {"tolerance": tolerance}} if tolerance else {}
    return {"cells": [{"cell_type": "code", "source": ["%%\n", "train()"], "metadata": metadata, "outputs": outputs}]}


class CompareTest(unittest.TestCase):
    def check(self, same, saved, executed):
        self.assertEqual(not differences(saved, executed), same, differences(saved, executed))

    def test_text_is_compared_exactly(self):
        self.check(True, notebook("(1, 6, 28, 28)\n"), notebook("(1, 6, 28, 28)\n"))
        self.check(False, notebook("(1, 6, 28, 28)\n"), notebook("(1, 6, 28, 29)\n"))
        self.check(False, notebook("a\nb\n"), notebook("a\n"))

    def test_speed_and_device_do_not_count(self):
        faster = TRAINED.replace("9012.3", "123456.7").replace("cpu(0)", "gpu(0)")
        self.check(True, notebook(TRAINED), notebook(faster))

    def test_figures_may_differ_within_their_tolerance(self):
        near = TRAINED.replace("0.471", "0.500").replace("0.822", "0.803")
        self.check(True, notebook(TRAINED, tolerance=TOLERANCE), notebook(near))
        self.check(False, notebook(TRAINED), notebook(near))
        for bad in ("0.502", "nan"):
            self.check(False, notebook(TRAINED, tolerance=TOLERANCE), notebook(TRAINED.replace("0.471", bad)))

    def test_pictures_are_compared_by_kind(self):
        self.check(True, notebook(shown={"image/svg+xml": "<svg>1"}), notebook(shown={"image/svg+xml": "<svg>2"}))
        self.check(False, notebook(shown={"image/svg+xml": "<svg>1"}), notebook())
        self.check(False, notebook(shown={"image/svg+xml": "<svg>1"}), notebook(shown={"image/svg+xml": ""}))
        self.check(False, notebook(shown={"image/svg+xml": "<svg>1"}), notebook(shown={"image/png": "aGk="}))

    def test_stderr_is_only_mentioned(self):
        warned = notebook("a\n")
        warned["cells"][0]["outputs"].append({"output_type": "stream", "name": "stderr", "text": ["no plugin\n", "cpu(0) it is\n"]})
        self.check(True, notebook("a\n"), warned)
        self.check(True, warned, notebook("a\n"))
        self.assertEqual(remarks(notebook("a\n")), [])
        self.assertEqual(remarks(warned), ["remark: code cell 1 (train()) wrote to stderr:\n  no plugin\n  cpu(0) it is"])

    def test_a_difference_names_cell_expected_and_got(self):
        (text,) = differences(notebook("one\n"), notebook("two\n"))
        for part in ("code cell 1 (train())", "expected: 'one'", "got:      'two'"):
            self.assertIn(part, text)


if __name__ == "__main__":
    unittest.main()
