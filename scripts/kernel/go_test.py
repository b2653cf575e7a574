"""Tests the go command of the notebook kernel."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

WRAPPER = Path(__file__).resolve().with_name("go")
ROOT = WRAPPER.parents[2]
GOFLAGS = "-buildvcs=false '-ldflags=-s -w'"

# Go's own linker cannot place variables of C that each thread has for itself.
THREAD_LOCAL = """package main

// __thread int calls;
// int count(void) { return ++calls; }
import "C"

func main() { println(C.count()) }
"""


class GoTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.elsewhere = Path(folder.name, "cell").resolve(), Path(folder.name, "elsewhere").resolve()
        self.folder.mkdir()
        self.elsewhere.mkdir()
        (self.folder / "go.mod").write_text("module cell\n")

    def go(self, *args, go=None, notebook=None):
        env = dict(os.environ, D2L_GO=go or shutil.which("go"), GOFLAGS=GOFLAGS, GOWORK="off")
        if notebook:
            env.update(GOWORK="auto", GONB_DIR=str(notebook))  # as register.py and GoNB set them
        return subprocess.run([WRAPPER, *args], cwd=self.folder, env=env, text=True, capture_output=True)

    def stub(self, script):
        path = self.folder / "stub"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    def build(self, source):
        (self.folder / "main.go").write_text(source)
        return self.go("build", "-o", "program")

    def test_a_bare_get_does_nothing_and_all_else_is_real(self):
        stub = self.stub('echo "real $GOFLAGS: $*"')
        self.assertEqual(self.go("get", go=stub).stdout, "")
        self.assertEqual(self.go("get", "-t", go=stub).stdout, "")
        for args in (["get", "a@v1"], ["run", "."], ["test", "."]):
            self.assertEqual(self.go(*args, go=stub).stdout, f"real {GOFLAGS}: {' '.join(args)}\n")

    def workspace(self, notebook, status=0):
        """The modules of the cells' workspace, for a notebook in that folder, and what was said."""
        (self.folder / "go.work").unlink(missing_ok=True)
        self.assertEqual(self.go("work", "init", notebook=notebook).returncode, 0)
        done = self.go("work", "use", str(ROOT), ".", notebook=notebook)
        self.assertEqual(done.returncode, status, done.stderr)
        use = json.loads(self.go("work", "edit", "-json", notebook=notebook).stdout).get("Use") or []
        return {module["DiskPath"] for module in use}, done.stderr

    def module(self, folder, text):
        folder.mkdir(parents=True)
        (folder / "go.mod").write_text(text)
        return str(folder)

    def test_a_notebook_finds_the_modules_of_its_folder(self):
        plain = {".", str(ROOT)}
        for folder in (self.elsewhere, ROOT / "notebooks", ROOT):
            self.assertEqual(self.workspace(folder)[0], plain)

        mine = self.module(self.elsewhere / "my chapter", "module mine\n")
        inside = Path(mine, "notebooks")
        inside.mkdir()
        self.assertEqual(self.workspace(mine)[0], {mine, *plain})
        self.assertEqual(self.workspace(inside)[0], {mine, *plain})

        # Blanks at the ends of a folder's name are part of it.
        blanks = self.module(self.elsewhere / " blanks " / " at its ends ", "module blanks\n")
        self.assertEqual(self.workspace(blanks)[0], {blanks, *plain})

        # Of a workspace all, but for another clone of this project.
        more = self.module(self.elsewhere / "more", "module more\n")
        self.module(self.elsewhere / "clone", "module github.com/d2l-go/book\n")
        (self.elsewhere / "go.work").write_text('go 1.26\nuse (\n"./my chapter"\n./more\n./clone\n)\n')
        self.assertEqual(self.workspace(mine)[0], {mine, more, *plain})

    def test_modules_that_cannot_be_read_are_named(self):
        mine = self.module(self.elsewhere / "mine", "modul mine\n")
        said = self.workspace(mine, status=1)[1]
        self.assertIn("go.mod:1: unknown directive: modul", said)
        self.assertIn(f"the modules of the notebook's folder {mine} cannot be read", said)

    def test_a_cell_is_linked_by_go(self):
        stub = self.stub('echo "$GOGC $GOFLAGS"')
        for args in (["build", "-o", "x"], ["test", "-c", "-o", "x"]):
            self.assertEqual(
                self.go(*args, go=stub).stderr, "off -buildvcs=false '-ldflags=-s -w -linkmode=internal -libgcc=none'\n"
            )

    def test_go_links_what_computes_and_leaves_out_uncalled_methods(self):
        flags = ["-buildvcs=false", "-gcflags=all=-dwarf=false", "-tags=d2l_no_download"]  # as set-up compiles
        flags.append("-ldflags=-s -w -linkmode=internal -libgcc=none -dumpdep")
        command = ["go", "build", *flags, "-o", self.folder / "seeds", "./scripts/seeds"]
        done = subprocess.run(command, cwd=ROOT, env=dict(os.environ, GOFLAGS=""), text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)

        lines = done.stderr.splitlines()
        dependencies = [line for line in lines if " -> " in line]
        self.assertEqual([line for line in lines if " -> " not in line and not line.startswith("# ")], [])

        # One function that finds methods by reflection, anywhere, and the linker keeps all methods of all types, and
        # takes longer for each cell. With Go 1.26, protobuf 1.36.11 had one.
        self.assertGreater(sum("reflect." in line for line in dependencies), 100)
        self.assertEqual([line for line in dependencies if "<ReflectMethod>" in line], [])

    def test_what_go_cannot_link_is_left_to_gcc(self):
        done = self.build(THREAD_LOCAL)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = subprocess.run([self.folder / "program"], text=True, capture_output=True)
        self.assertEqual(done.stderr, "1\n")

    def test_a_mistake_is_reported_once(self):
        done = self.build("package main\n\nfunc main() { mistake() }\n")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stderr.count("undefined: mistake"), 1)


if __name__ == "__main__":
    unittest.main()
