"""Starts a chapter as a stranger does, and runs it; called by scripts/test."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AS_SET_UP = "-gcflags=all=-dwarf=false"  # With this flag all packages have been compiled.


class NewChapterTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name).resolve()

    def call(self, *command, cwd=None, status=0):
        # Without the GOWORK=off of scripts/test, which a stranger does not have.
        env = {name: value for name, value in os.environ.items() if name != "GOWORK"}
        done = subprocess.run(command, cwd=cwd or self.home, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def test_from_nothing_to_a_trained_net(self):
        self.call(ROOT / "scripts/new-chapter", "clothes")
        chapter = self.home / "clothes"
        self.assertRegex(self.call("go", "test", AS_SET_UP, "./...", cwd=chapter), r"^ok\s+clothes/nets\s")
        self.assertEqual(self.call("go", "vet", AS_SET_UP, "./...", cwd=chapter), "")

        said = self.call(ROOT / "scripts/chapter", "chapter.ipynb", cwd=chapter)
        self.assertIn("dense1 output shape: (1, 10)", said)
        accuracies = re.findall(r"^ +\| .*test acc ([\d.]+)$", said, re.M)  # not the line of a long cell
        self.assertEqual(len(accuracies), 2, said)
        self.assertEqual(accuracies[0], accuracies[1], "the parameters that were saved are not those that were trained")
        self.assertGreater(float(accuracies[0]), 0.6)

        out = chapter / "out"
        self.assertEqual({path.name for path in out.iterdir()}, {"chapter.html", "chapter.ipynb", "chapter.params"})
        cells = json.loads((out / "chapter.ipynb").read_text())["cells"]
        pictures = [
            cell["id"]
            for cell in cells
            if "<svg" in json.dumps(cell.get("outputs", [])) or "image/" in json.dumps(cell.get("outputs", []))
        ]
        self.assertEqual(pictures, ["train", "look"])

    def test_an_empty_module_of_ones_own(self):
        mine = self.home / "Lessons of mine"
        mine.mkdir()
        self.call("go", "mod", "init", "example.com/lessons", cwd=mine)
        (mine / ".gitignore").write_text("*.tmp\n")
        module = (mine / "go.mod").read_text()
        self.call(ROOT / "scripts/new-chapter", mine)
        self.assertEqual((mine / "go.mod").read_text(), module)
        self.assertRegex((mine / ".gitignore").read_text(), r"(?s)^\*\.tmp\n.*\nout/\n")
        self.assertIn('"example.com/lessons/nets\\"', (mine / "chapter.ipynb").read_text())
        self.assertRegex(self.call("go", "test", AS_SET_UP, "./...", cwd=mine), r"^ok\s+example.com/lessons/nets\s")

    def test_nothing_is_written_over(self):
        mine = self.home / "mine"
        mine.mkdir()
        (mine / "notes").write_text("mine")
        self.assertIn("is not empty", self.call(ROOT / "scripts/new-chapter", "mine", status=1))
        (mine / "go.mod").write_text("mine")
        self.assertIn("go cannot read", self.call(ROOT / "scripts/new-chapter", "mine", status=1))
        (mine / "go.mod").write_text("module mine\n")
        (mine / "chapter.ipynb").write_text("mine")
        self.assertIn("chapter.ipynb is there already", self.call(ROOT / "scripts/new-chapter", "mine", status=1))
        self.assertEqual({path.name for path in mine.iterdir()}, {"notes", "go.mod", "chapter.ipynb"})
        self.assertEqual((mine / "chapter.ipynb").read_text(), "mine")

    def test_a_name_that_cannot_be_a_module(self):
        for name, why in {
            "Mine": "small letters",
            "a b": "small letters",
            "image": "Go's own",
            ROOT / "mine": "outside",
        }.items():
            self.assertIn(why, self.call(ROOT / "scripts/new-chapter", name, status=1))
        self.assertEqual(list(self.home.iterdir()), [])

    def test_the_template_is_clean(self):
        template, copy = ROOT / "scripts/template/chapter.ipynb", self.home / "chapter.ipynb"
        shutil.copy(template, copy)
        self.call(ROOT / ".venv/bin/literate", "clean", copy, cwd=ROOT)
        self.assertEqual(copy.read_text(), template.read_text())


if __name__ == "__main__":
    unittest.main()
