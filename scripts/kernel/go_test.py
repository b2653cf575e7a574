"""Tests the go command of the notebook kernel."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

WRAPPER = Path(__file__).with_name("go")
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
        self.folder = Path(folder.name)
        (self.folder / "go.mod").write_text("module cell\n")

    def go(self, *args, go=None):
        env = dict(os.environ, D2L_GO=go or shutil.which("go"), GOFLAGS=GOFLAGS, GOWORK="off")
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

    def test_a_cell_is_linked_by_go(self):
        stub = self.stub('echo "$GOGC $GOFLAGS"')
        for args in (["build", "-o", "x"], ["test", "-c", "-o", "x"]):
            self.assertEqual(self.go(*args, go=stub).stderr, "off -buildvcs=false '-ldflags=-s -w -linkmode=internal'\n")

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
