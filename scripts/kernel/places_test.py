"""Two notebooks at once, a notebook in another folder, a project whose path has spaces; called by scripts/test."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import ROOT, Kernel, train

# A cell that trains, and writes to a folder beside its own.
SAVE = """
import "github.com/d2l-go/book/d2l"

%%
net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 10}})
trainIter, testIter := d2l.LoadDataFashionMnist(1000)
d2l.Must(d2l.TrainCh5(net, trainIter, testIter, 1, 0.1, d2l.TryGPU(0)))
d2l.Check(net.SaveParameters("../out/linear.params"))
"""


def copy_of_the_project(root: Path) -> None:
    """Copies what the kernel needs, and registers it there as set-up does."""
    leave_out = shutil.ignore_patterns("testdata", "*_test.go")
    for part in ("d2l", "lenet", "scripts/kernel"):
        shutil.copytree(ROOT / part, root / part, ignore=leave_out)
    programs = root / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        shutil.copy(ROOT / name, root / name)
    for name in ("gonb", "goimports", "gopls", "literate"):
        shutil.copy(ROOT / ".venv/bin" / name, programs / name)
    # The same cache, go command and flags as here.
    here = json.loads((ROOT / ".venv/share/jupyter/kernels/gonb/kernel.json").read_text())["env"]
    cache = here["PJRT_PLUGIN_LIBRARY_PATH"].partition("/pjrt/cpu:")[0]
    flags = subprocess.run(["go", "env", "GOFLAGS"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(
        [sys.executable, root / "scripts/kernel/register.py", root, cache, here["D2L_GO"], flags],
        check=True,
        stdout=subprocess.DEVNULL,
    )


class PlacesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name).resolve()

    def kernel(self, folder="notebooks", root=ROOT):
        (self.home / folder).mkdir(parents=True, exist_ok=True)
        kernel = Kernel(self.home / folder, root=root)
        self.addCleanup(kernel.close)
        return kernel

    def results(self, answer):
        """The line that training ends with."""
        self.assertEqual(answer.status, "ok", answer)
        return re.search(r"^loss .*", answer.stdout, re.M)[0]

    def test_two_at_once(self):
        two = [self.kernel("one"), self.kernel("other")]
        alone = self.results(two[0].run(train(epochs=1)))
        answers = [kernel.send(train(epochs=1)) for kernel in two]
        # Both have drawn something before either has ended.
        for kernel, answer in zip(two, answers):
            kernel.follow(answer, lambda a: a.pictures)
        self.assertEqual([len(kernel.at_work()) for kernel in two], [1, 1])
        for kernel, answer in zip(two, answers):
            self.assertEqual(self.results(kernel.follow(answer)), alone)

    def test_in_another_folder(self):
        self.results(self.kernel("my chapter/notebooks").run(SAVE))
        self.assertEqual([path.name for path in (self.home / "my chapter/out").iterdir()], ["linear.params"])

    def test_a_project_whose_path_has_spaces(self):
        root = self.home / "a book of $HOME's"
        copy_of_the_project(root)
        kernel = self.kernel(f"{root.name}/notebooks", root)
        self.results(kernel.run(SAVE))
        self.assertTrue((root / "out/linear.params").is_file())
        answer = kernel.run("%%\nfmt.Println(lr)")
        self.assertIn("lr is not declared in any cell that has run", answer.error)


if __name__ == "__main__":
    unittest.main()
